/** Network policies. */
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { cidrWarnings, isStrictlyInside, parseCidr } from './cidr.ts';
import {
  ensureObject,
  isPort,
  isUnset,
  items,
  part,
  PORT_RANGE,
  portOrNameErrors,
  strings,
  text,
  type Rules,
  labelSelectorErrors,
} from './rules.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

export const networkPolicy: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    for (const direction of ['ingress', 'egress']) {
      for (const [rule] of items(spec, direction)) {
        for (const [port] of items(rule, 'ports')) {
          port.protocol ??= 'TCP';
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
    const types = strings(spec, 'policyTypes');
    if (types.length > POLICY_TYPES.length) {
      const why = 'may not specify more than two policyTypes';
      return [...errors, invalid('spec.policyTypes', types, why)];
    }
    for (const [index, type] of types.entries()) {
      if (POLICY_TYPES.includes(type)) continue;
      errors.push(notSupported(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
    }
    return errors;
  },
  warnings: (object) =>
    ['ingress', 'egress'].flatMap((direction) =>
      items(part(object, 'spec'), direction, 'spec.').flatMap(([rule, path]) =>
        items(rule, direction === 'ingress' ? 'from' : 'to', `${path}.`).flatMap(([peer, place]) =>
          blockWarnings(part(peer, 'ipBlock'), `${place}.ipBlock`),
        ),
      ),
    ),
};

function blockWarnings(block: JsonObject, path: string): string[] {
  return [
    ...cidrWarnings(text(block, 'cidr'), `${path}.cidr`),
    ...strings(block, 'except').flatMap((cidr, index) =>
      cidrWarnings(cidr, `${path}.except[${index}]`),
    ),
  ];
}

function ruleErrors(rule: JsonObject, path: string, peers: 'from' | 'to'): FieldError[] {
  return [
    ...items(rule, 'ports', `${path}.`).flatMap(([port, place]) => portErrors(port, place)),
    ...items(rule, peers, `${path}.`).flatMap(([peer, place]) => peerErrors(peer, place)),
  ];
}

function portErrors(port: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const protocol = text(port, 'protocol');
  if (typeof port.protocol === 'string' && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  const place = `${path}.endPort`;
  const { port: from, endPort: to } = port;
  if (typeof from === 'string' && !isUnset(to)) {
    errors.push(invalid(place, to, 'may not be specified when `port` is non-numeric'));
  }
  errors.push(...portOrNameErrors(from, `${path}.port`));
  if (isUnset(to) || typeof from === 'string') return errors;
  if (isUnset(from)) {
    return [...errors, invalid(place, to, 'may not be specified when `port` is not specified')];
  }
  // A real server complains about `endPort` and shows `port`.
  const why = 'must be greater than or equal to `port`';
  if (Number(to) < Number(from)) errors.push(invalid(place, from, why));
  return isPort(to) ? errors : [...errors, invalid(place, to, PORT_RANGE)];
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
  const allowed = parseCidr(cidr);
  if (allowed === undefined) return [invalid(`${path}.cidr`, cidr, NO_CIDR)];
  return strings(block, 'except').flatMap((except, index) => {
    const place = `${path}.except[${index}]`;
    const range = parseCidr(except);
    if (range === undefined) return [invalid(place, except, NO_CIDR)];
    if (isStrictlyInside(range, allowed)) return [];
    return [invalid(place, except, 'must be a strict subset of `cidr`')];
  });
}
