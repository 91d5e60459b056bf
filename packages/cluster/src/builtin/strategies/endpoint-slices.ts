/** EndpointSlices, IPAddresses and ServiceCIDRs. */
import { isIP } from 'node:net';

import {
  dnsLabelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../api/names.ts';
import { duplicate, invalid, notSupported, required, tooMany } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { addressProblem } from './addresses.ts';
import {
  immutable,
  isUnset,
  items,
  labelsErrors,
  part,
  requiredFields,
  strings,
  text,
  type Rules,
} from './rules.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ADDRESSES = 100;
const MAX_ENDPOINTS = 1000;

export const endpointSlice: Rules = {
  defaults(object) {
    for (const [port] of items(object, 'ports')) port.name ??= '';
  },
  validate(object, old) {
    const type = text(object, 'addressType');
    const errors: FieldError[] = [];
    if (type === '') errors.push(required('addressType'));
    else if (!ADDRESS_TYPES.includes(type)) {
      errors.push(notSupported('addressType', type, ADDRESS_TYPES));
    }
    errors.push(...portErrors(items(object, 'ports')));
    // What somebody else has stored is not complained about.
    if (old === undefined || !jsonEqual(object.endpoints ?? null, old.endpoints ?? null)) {
      errors.push(...endpointsErrors(object, type));
    }
    if (old !== undefined) errors.push(...immutable({ object, old }, '', 'addressType'));
    return errors;
  },
  warnings: (object, old) =>
    old === undefined && object.addressType === 'FQDN'
      ? ['spec.addressType: FQDN endpoints are deprecated']
      : [],
};

function portErrors(ports: [JsonObject, string][]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(([port, path]) => {
    const name = text(port, 'name');
    const errors =
      name === ''
        ? []
        : dnsLabelProblems(name).map((problem) => invalid(`${path}.name`, name, problem));
    if (seen.has(name)) errors.push(duplicate(`${path}.name`, name));
    seen.add(name);
    const { protocol, appProtocol } = port;
    if (!isUnset(protocol) && !PROTOCOLS.includes(text(port, 'protocol'))) {
      errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    }
    if (typeof appProtocol === 'string') {
      const problems = qualifiedNameProblems(appProtocol);
      errors.push(...problems.map((why) => invalid(`${path}.appProtocol`, appProtocol, why)));
    }
    return errors;
  });
}

function endpointsErrors(object: JsonObject, type: string): FieldError[] {
  const endpoints = items(object, 'endpoints');
  if (endpoints.length > MAX_ENDPOINTS) {
    return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  }
  return endpoints.flatMap(([endpoint, path]) => endpointErrors(endpoint, type, path));
}

function endpointErrors(endpoint: JsonObject, type: string, path: string): FieldError[] {
  const addresses = strings(endpoint, 'addresses');
  const place = `${path}.addresses`;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(place, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) {
    errors.push(tooMany(place, addresses.length, MAX_ADDRESSES));
  }
  addresses.forEach((address, index) => {
    errors.push(...addressErrors(address, type, { list: place, item: `${place}[${index}]` }));
  });
  const { nodeName, hostname, hints } = endpoint;
  if (typeof nodeName === 'string') {
    const problems = subdomainProblems(nodeName);
    errors.push(...problems.map((why) => invalid(`${path}.nodeName`, nodeName, why)));
  }
  errors.push(...labelsErrors(part(endpoint, 'deprecatedTopology'), `${path}.deprecatedTopology`));
  if (typeof hostname === 'string') {
    const problems = dnsLabelProblems(hostname);
    errors.push(...problems.map((why) => invalid(`${path}.hostname`, hostname, why)));
  }
  return isObject(hints) ? [...errors, ...hintErrors(hints, `${path}.hints`)] : errors;
}

function addressErrors(
  address: string,
  type: string,
  { list, item }: { list: string; item: string },
): FieldError[] {
  if (type === 'FQDN') return domainErrors(address, item);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const errors = addressProblem(address, item);
  if (errors.length > 0) return errors;
  if (address.includes(':') !== (type === 'IPv6')) {
    errors.push(invalid(list, address, `must be an ${type} address`));
  }
  return [...errors, ...specialErrors(address, item)];
}

/** At least two labels, the last of which may be empty. */
function domainErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const bare = name.replace(/\.$/, '');
  const errors = subdomainProblems(bare).map((problem) => invalid(path, bare, problem));
  if (errors.length > 0 || bare.includes('.')) return errors;
  return [invalid(path, bare, 'should be a domain with at least two segments separated by dots')];
}

const SPECIAL: readonly [RegExp, string][] = [
  [/^169\.254\.|^fe[89ab]/i, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [
    /^224\.0\.0\.|^ff02:/i,
    'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  ],
];

/** Addresses that no endpoint can have; loopback is where the pods of this node are. */
function specialErrors(address: string, path: string): FieldError[] {
  if (address === '0.0.0.0' || address === '::') {
    return [invalid(path, address, `may not be unspecified (${address})`)];
  }
  return SPECIAL.filter(([range]) => range.test(address)).map(([, why]) =>
    invalid(path, address, why),
  );
}

const MAX_HINTS = 8;

function hintErrors(hints: JsonObject, path: string): FieldError[] {
  return [
    ...hintListErrors(items(hints, 'forZones', `${path}.`), labelValueProblems),
    ...hintListErrors(items(hints, 'forNodes', `${path}.`), subdomainProblems),
  ];
}

function hintListErrors(
  hints: [JsonObject, string][],
  problemsOf: (name: string) => string[],
): FieldError[] {
  if (hints.length > MAX_HINTS) {
    const path = hints[0]?.[1].replace(/\[0\]$/, '') ?? '';
    return [tooMany(path, hints.length, MAX_HINTS)];
  }
  const seen = new Set<string>();
  return hints.flatMap(([hint, path]) => {
    const name = text(hint, 'name');
    const errors = problemsOf(name).map((problem) => invalid(`${path}.name`, name, problem));
    if (seen.has(name)) errors.unshift(duplicate(`${path}.name`, name));
    seen.add(name);
    return errors;
  });
}

export const ipAddress: Rules = {
  validate(object, old) {
    const { parentRef } = part(object, 'spec');
    const name = text(part(object, 'metadata'), 'name');
    const errors =
      isIP(name) === 0 && old === undefined ? addressProblem(name, 'metadata.name') : [];
    if (!isObject(parentRef)) errors.push(required('spec.parentRef'));
    else errors.push(...requiredFields(parentRef, 'spec.parentRef', ['resource', 'name']));
    if (old === undefined) return errors;
    return [
      ...errors,
      ...immutable({ object: part(object, 'spec'), old: part(old, 'spec') }, 'spec', 'parentRef'),
    ];
  },
};
