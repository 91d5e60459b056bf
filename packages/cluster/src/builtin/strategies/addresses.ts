/** IP addresses as the older fields of core kinds take them. */
import { isIP } from 'node:net';
import { invalid } from '../../schema/field-error.ts';
import type { FieldError } from '../../schema/schema.ts';

const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** Errors of a text that is no IP address. Numbers may begin with zeros, as they always could. */
export function addressProblem(value: string, path: string): FieldError[] {
  const plain = value.replaceAll(/(?<=^|\.)0+(?=\d)/g, '');
  return isIP(plain) === 0 ? [invalid(path, value, NO_ADDRESS)] : [];
}

/** Errors of an address that nothing outside of its machine can be reached by. */
export function endpointAddressErrors(value: string, path: string): FieldError[] {
  if (isIP(value) === 0) return [invalid(path, value, 'must be a valid IP address')];
  const problem = RESERVED.find(({ addresses }) => addresses.test(value))?.problem;
  return problem === undefined ? [] : [invalid(path, value, problem.replace('%', value))];
}

/** Loopback is not among them, unlike on a real server: there the API server and the pods of this node listen. */
const RESERVED = [
  { addresses: /^(?:0\.0\.0\.0|::)$/, problem: 'may not be unspecified (%)' },
  {
    addresses: /^(?:169\.254\.|fe[89ab][\da-f]:)/i,
    problem: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    addresses: /^(?:224\.0\.0\.|ff02:)/i,
    problem: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];

const NO_RANGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Errors of a text that is no range of addresses. */
export function rangeProblem(value: string, path: string): FieldError[] {
  const [, address = '', bits = ''] = /^([^/]*)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address.replaceAll(/(?<=^|\.)0+(?=\d)/g, ''));
  const most = family === 4 ? 32 : 128;
  return family !== 0 && Number(bits) <= most ? [] : [invalid(path, value, NO_RANGE)];
}
