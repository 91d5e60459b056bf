/** Network policies. */
import { isIP } from 'node:net';

import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import {
  ensureObject,
  isPort,
  isUnset,
  items,
  labelSelectorErrors,
  part,
  PORT_RANGE,
  portOrNameErrors,
  strings,
  text,
  type Rules,
} from './rules.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const POLICY_TYPES = ['Egress', 'Ingress'];

export const networkPolicy: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    for (const direction of ['ingress', 'egress']) {
      for (const [rule] of items(spec, direction)) {
        for (const [port] of items(rule, 'ports')) {
          if (isUnset(port.protocol)) port.protocol = 'TCP';
        }
      }
    }
    if (strings(spec, 'policyTypes').length > 0) return;
    const hasEgress = items(spec, 'egress').length > 0;
    spec.policyTypes = hasEgress ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate(object) {
    const spec = part(object, 'spec');
    const errors = labelSelectorErrors(part(spec, 'podSelector'), 'spec.podSelector');
    for (const [rule, path] of items(spec, 'ingress', 'spec.')) {
      errors.push(...ruleErrors(rule, path, 'from'));
    }
    for (const [rule, path] of items(spec, 'egress', 'spec.')) {
      errors.push(...ruleErrors(rule, path, 'to'));
    }
    for (const [index, type] of strings(spec, 'policyTypes').entries()) {
      if (POLICY_TYPES.includes(type)) continue;
      errors.push(notSupported(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
    }
    return errors;
  },
};

function ruleErrors(rule: JsonObject, path: string, peers: 'from' | 'to'): FieldError[] {
  return [
    ...items(rule, 'ports', `${path}.`).flatMap(([port, place]) => portErrors(port, place)),
    ...items(rule, peers, `${path}.`).flatMap(([peer, place]) => peerErrors(peer, place)),
  ];
}

function portErrors(port: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const protocol = text(port, 'protocol');
  if (!isUnset(protocol) && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  errors.push(...portOrNameErrors(port.port, `${path}.port`));
  const { endPort } = port;
  if (isUnset(endPort)) return errors;
  if (isUnset(port.port)) {
    errors.push(required(`${path}.port`, 'must be specified when `endPort` is specified'));
  } else if (typeof port.port === 'string') {
    const why = 'may not be specified when `port` is non-numeric';
    errors.push(invalid(`${path}.endPort`, endPort, why));
  } else if (!isPort(endPort)) errors.push(invalid(`${path}.endPort`, endPort, PORT_RANGE));
  else if (Number(endPort) < Number(port.port)) {
    errors.push(invalid(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
  }
  return errors;
}

function peerErrors(peer: JsonObject, path: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors: FieldError[] = [];
  if (isObject(podSelector))
    errors.push(...labelSelectorErrors(podSelector, `${path}.podSelector`));
  if (isObject(namespaceSelector)) {
    errors.push(...labelSelectorErrors(namespaceSelector, `${path}.namespaceSelector`));
  }
  if (isObject(ipBlock)) errors.push(...ipBlockErrors(ipBlock, `${path}.ipBlock`));
  const hasSelector = isObject(podSelector) || isObject(namespaceSelector);
  if (!hasSelector && !isObject(ipBlock)) errors.push(required(path, 'must specify a peer'));
  else if (hasSelector && isObject(ipBlock)) {
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function ipBlockErrors(block: JsonObject, path: string): FieldError[] {
  const cidr = text(block, 'cidr');
  if (cidr === '') return [required(`${path}.cidr`)];
  if (!isCidr(cidr)) return [invalid(`${path}.cidr`, cidr, NO_CIDR)];
  return strings(block, 'except').flatMap((except, index) =>
    isCidr(except) ? [] : [invalid(`${path}.except[${index}]`, except, NO_CIDR)],
  );
}

function isCidr(value: string): boolean {
  const [address = '', length = '', ...rest] = value.split('/');
  const family = isIP(address);
  return (
    family !== 0 &&
    rest.length === 0 &&
    /^\d{1,3}$/.test(length) &&
    Number(length) <= (family === 4 ? 32 : 128)
  );
}
