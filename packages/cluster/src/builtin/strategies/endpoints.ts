/** Endpoints: addresses and ports behind a Service. */
import { invalid, required } from '../../schema/field-error.ts';
import { jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { addressProblem, endpointAddressErrors } from './addresses.ts';
import { choiceErrors, labelErrors, qualifiedNameErrors, subdomainErrors } from './pods/checks.ts';
import { isPort, items, PORT_RANGE, text, type Rules } from './rules.ts';

export const endpoints: Rules = {
  validate(object, old) {
    if (old !== undefined && jsonEqual(object.subsets ?? null, old.subsets ?? null)) return [];
    return items(object, 'subsets').flatMap(([subset, path]) => {
      const ready = items(subset, 'addresses', `${path}.`);
      const unready = items(subset, 'notReadyAddresses', `${path}.`);
      const errors: FieldError[] = [];
      if (ready.length === 0 && unready.length === 0) {
        errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
      }
      for (const [address, place] of [...ready, ...unready])
        errors.push(...endpointErrors(address, place));
      return [...errors, ...portErrors(subset, path)];
    });
  },
};

function endpointErrors(address: JsonObject, path: string): FieldError[] {
  const [ip, hostname] = [text(address, 'ip'), text(address, 'hostname')];
  const errors = addressProblem(ip, `${path}.ip`);
  if (hostname !== '') errors.push(...labelErrors(hostname, `${path}.hostname`));
  if (typeof address.nodeName === 'string')
    errors.push(...subdomainErrors(address.nodeName, `${path}.nodeName`));
  return [...errors, ...endpointAddressErrors(ip, `${path}.ip`)];
}

function portErrors(subset: JsonObject, path: string): FieldError[] {
  const ports = items(subset, 'ports', `${path}.`);
  return ports.flatMap(([port, place]) => {
    const name = text(port, 'name');
    const errors: FieldError[] = [];
    if (name !== '') errors.push(...labelErrors(name, `${place}.name`));
    else if (ports.length > 1) errors.push(required(`${place}.name`));
    if (!isPort(port.port)) errors.push(invalid(`${place}.port`, port.port ?? 0, PORT_RANGE));
    errors.push(...choiceErrors(port.protocol, `${place}.protocol`, ['SCTP', 'TCP', 'UDP']));
    if (typeof port.appProtocol !== 'string') return errors;
    return [...errors, ...qualifiedNameErrors(port.appProtocol, `${place}.appProtocol`)];
  });
}
