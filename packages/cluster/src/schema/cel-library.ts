/**
 * The functions Kubernetes adds to CEL: strings, lists, regular expressions, URLs, quantities, addresses, sets and
 * named formats. Numbers are BigInt (int) or number (double), as the CEL library has them.
 */
import { EvaluationError, Optional, type Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { formatString, quoteString } from './cel-format.ts';
import { Cidr, IpAddress, ipProperties, parseCidr, parseIp } from './cel-net.ts';
import { parseQuantity, Quantity } from './cel-quantity.ts';
import { parseUrl, Url } from './cel-url.ts';
import { hasFormat } from './formats.ts';
import { canonicalJson } from './json.ts';
import { patternCache } from './pattern.ts';

/** The library's own `matches` backtracks and cannot be overridden: calls to it are renamed to this. */
export const SAFE_MATCHES = 'matchesRe2';

class Format {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
class SetsNamespace {}
class FormatNamespace {}
class IpNamespace {}
class StringsNamespace {}
class Base64Namespace {}

type Handler = (...values: never[]) => unknown;

/** Adds everything to `environment`. Call once, before it is cloned. */
export function registerLibrary(environment: Environment): void {
  const add = (signature: string, handler: Handler): void => {
    environment.registerFunction(signature, handler, { async: false });
  };
  environment
    .registerType('kubernetes.Quantity', Quantity)
    .registerType('kubernetes.URL', Url)
    .registerType('net.IP', IpAddress)
    .registerType('net.CIDR', Cidr)
    .registerType('kubernetes.NamedFormat', Format);
  registerNamespaces(environment);
  registerStrings(add);
  registerPatterns(add);
  registerLists(add);
  registerTimes(add);
  registerUrls(add);
  registerQuantities(environment, add);
  registerAddresses(environment, add);
  registerFormats(add);
}

type Add = (signature: string, handler: Handler) => void;

function fail(message: string): never {
  throw new EvaluationError(message);
}

function registerNamespaces(environment: Environment): void {
  const namespaces = {
    sets: SetsNamespace,
    format: FormatNamespace,
    ip: IpNamespace,
    strings: StringsNamespace,
    base64: Base64Namespace,
  };
  for (const [name, Namespace] of Object.entries(namespaces)) {
    environment
      .registerType(Namespace.name, Namespace)
      .registerConstant(name, Namespace.name, new Namespace());
  }
}

function registerStrings(add: Add): void {
  add('string.charAt(int): string', (text: string, at: bigint) => {
    const index = Number(at);
    if (index < 0 || index > text.length) fail(`index out of range: ${at}`);
    return text.charAt(index);
  });
  add('string.reverse(): string', (text: string) => Array.from(text).reverse().join(''));
  add('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  );
  add('string.replace(string, string, int): string', replaceSome);
  add('string.format(list): string', (text: string, values: unknown[]) =>
    formatString(text, values),
  );
  add('StringsNamespace.quote(string): string', (_: unknown, text: string) => quoteString(text));
  add('Base64Namespace.encode(bytes): string', (_: unknown, bytes: Uint8Array) =>
    Buffer.from(bytes).toString('base64'),
  );
  add('Base64Namespace.decode(string): bytes', (_: unknown, text: string) =>
    Buffer.from(text, 'base64'),
  );
}

/** Replaces the first `limit` occurrences, all when it is negative. */
function replaceSome(...[text, from, to, limit]: [string, string, string, bigint]): string {
  let left = limit;
  return text.replaceAll(from, (found) => {
    if (left === 0n) return found;
    left -= 1n;
    return to;
  });
}

function registerPatterns(add: Add): void {
  const compiled = patternCache();
  const pattern = (source: string) => {
    try {
      return compiled(source);
    } catch (error) {
      return fail(`error parsing regexp: ${error instanceof Error ? error.message : source}`);
    }
  };
  add(`string.${SAFE_MATCHES}(string): bool`, (text: string, source: string) =>
    pattern(source).test(text),
  );
  add(`${SAFE_MATCHES}(string, string): bool`, (text: string, source: string) =>
    pattern(source).test(text),
  );
  add('string.find(string): string', (text: string, source: string) => pattern(source).first(text));
  const findAll = (text: string, source: string, limit = -1n): string[] =>
    pattern(source).all(text, Number(limit));
  add('string.findAll(string): list<string>', findAll);
  add('string.findAll(string, int): list<string>', findAll);
}

function registerLists(add: Add): void {
  add('list.isSorted(): bool', (list: Comparable[]) =>
    list.every((item, i) => i === 0 || !(item < list[i - 1]!)),
  );
  add('list.sum(): dyn', sum);
  add('list.min(): dyn', (list: Comparable[]) => extreme(list, 'min'));
  add('list.max(): dyn', (list: Comparable[]) => extreme(list, 'max'));
  add('list.indexOf(dyn): int', (list: unknown[], item: unknown) =>
    BigInt(list.findIndex((other) => same(other, item))),
  );
  add('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) =>
    BigInt(list.findLastIndex((other) => same(other, item))),
  );
  const contains = (list: unknown[], items: unknown[]): boolean => {
    const known = new Set(list.map(identity));
    return items.every((item) => known.has(identity(item)));
  };
  add('SetsNamespace.contains(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) =>
    contains(a, b),
  );
  add(
    'SetsNamespace.equivalent(list, list): bool',
    (_: unknown, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
  );
  add('SetsNamespace.intersects(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) => {
    const known = new Set(a.map(identity));
    return b.some((item) => known.has(identity(item)));
  });
}

/** Values that `<` orders: int, double, string, bool, timestamp, duration. */
type Comparable = bigint | number | string | boolean | Date;

function sum(list: unknown[]): unknown {
  let total: unknown = list.length === 0 ? 0n : list[0];
  for (const item of list.slice(1)) {
    if (typeof total === 'bigint' && typeof item === 'bigint') total += item;
    else if (typeof total === 'number' && typeof item === 'number') total += item;
    else if (total instanceof Duration && item instanceof Duration) {
      total = new Duration(total.seconds + item.seconds, total.nanos + item.nanos);
    } else fail('no such overload: sum');
  }
  return total;
}

function extreme(list: Comparable[], which: 'min' | 'max'): Comparable {
  const [first, ...rest] = list;
  if (first === undefined) return fail(`${which} called on empty list`);
  return rest.reduce((best, item) => {
    const isBetter = which === 'min' ? item < best : item > best;
    return isBetter ? item : best;
  }, first);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && identity(a) === identity(b));
}

/** Text that equal values share; numbers of both kinds are the same value. */
function identity(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return `n${Number(value)}`;
  if (typeof value !== 'object' || value === null) return canonicalJson(value);
  if (value instanceof Date) return `t${value.getTime()}`;
  if (Array.isArray(value)) return `[${value.map(identity).join(',')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries
    .map(([key, item]) => `${JSON.stringify(String(key))}:${identity(item)}`)
    .sort()
    .join(',')}}`;
}

function registerTimes(add: Add): void {
  const timestamp = 'google.protobuf.Timestamp';
  const duration = 'google.protobuf.Duration';
  add(`string(${timestamp}): string`, (time: Date) =>
    time.toISOString().replace(/\.?0*Z$/, (zeros) => (zeros.startsWith('.') ? 'Z' : zeros)),
  );
  add(`int(${timestamp}): int`, (time: Date) => BigInt(Math.floor(time.getTime() / 1000)));
  add(`timestamp(${timestamp}): ${timestamp}`, (time: Date) => time);
  add(`string(${duration}): string`, (value: Duration) => String(value));
  add(`duration(${duration}): ${duration}`, (value: Duration) => value);
}

function registerUrls(add: Add): void {
  add('url(string): kubernetes.URL', (text: string) => {
    return parseUrl(text) ?? fail(`URL parse error during conversion from string: ${text}`);
  });
  add('isURL(string): bool', (text: string) => parseUrl(text) !== undefined);
  add('kubernetes.URL.getScheme(): string', (url: Url) => url.scheme);
  add('kubernetes.URL.getHost(): string', (url: Url) => url.host);
  add('kubernetes.URL.getHostname(): string', (url: Url) => url.hostname);
  add('kubernetes.URL.getPort(): string', (url: Url) => url.port);
  add('kubernetes.URL.getEscapedPath(): string', (url: Url) => url.path);
  add('kubernetes.URL.getQuery(): map<string, list<string>>', (url: Url) => url.query);
}

function registerQuantities(environment: Environment, add: Add): void {
  const type = 'kubernetes.Quantity';
  add(`quantity(string): ${type}`, (text: string) => {
    return (
      parseQuantity(text) ??
      fail(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      )
    );
  });
  add('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined);
  add(`${type}.isInteger(): bool`, (value: Quantity) => value.isInteger);
  add(`${type}.asInteger(): int`, (value: Quantity) =>
    value.isInteger ? value.integer : fail('cannot convert value to integer'),
  );
  add(`${type}.asApproximateFloat(): double`, (value: Quantity) => value.approximate);
  add(`${type}.sign(): int`, (value: Quantity) => BigInt(value.compare(new Quantity(0n))));
  add(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) => BigInt(a.compare(b)));
  add(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => a.compare(b) > 0);
  add(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => a.compare(b) < 0);
  for (const [name, sign] of [
    ['add', 1n],
    ['sub', -1n],
  ] as const) {
    add(
      `${type}.${name}(${type}): ${type}`,
      (a: Quantity, b: Quantity) => new Quantity(a.nanos + sign * b.nanos),
    );
    add(
      `${type}.${name}(int): ${type}`,
      (a: Quantity, b: bigint) => new Quantity(a.nanos + sign * b * 1_000_000_000n),
    );
  }
  environment.registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => {
    return a.compare(b) === 0;
  });
}

function registerAddresses(environment: Environment, add: Add): void {
  const address = (text: string): IpAddress =>
    parseIp(text) ?? fail(`IP Address "${text}" parse error during conversion from string`);
  const network = (text: string): Cidr =>
    parseCidr(text) ?? fail(`network address parse error during conversion from string: ${text}`);
  add('ip(string): net.IP', address);
  add('isIP(string): bool', (text: string) => parseIp(text) !== undefined);
  add('IpNamespace.isCanonical(string): bool', (_: unknown, text: string) =>
    Boolean(address(text).toString() === text),
  );
  add('string(net.IP): string', (ip: IpAddress) => ip.toString());
  add('net.IP.family(): int', (ip: IpAddress) => BigInt(ip.family));
  for (const [name, test] of Object.entries(ipProperties)) add(`net.IP.${name}(): bool`, test);
  add('cidr(string): net.CIDR', network);
  add('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined);
  add('string(net.CIDR): string', (cidr: Cidr) => cidr.toString());
  add('net.CIDR.containsIP(net.IP): bool', (cidr: Cidr, ip: IpAddress) => cidr.containsIp(ip));
  add('net.CIDR.containsIP(string): bool', (cidr: Cidr, ip: string) =>
    cidr.containsIp(address(ip)),
  );
  add('net.CIDR.containsCIDR(net.CIDR): bool', (a: Cidr, b: Cidr) => a.containsCidr(b));
  add('net.CIDR.containsCIDR(string): bool', (a: Cidr, b: string) => a.containsCidr(network(b)));
  add('net.CIDR.ip(): net.IP', (cidr: Cidr) => cidr.address);
  add('net.CIDR.masked(): net.CIDR', (cidr: Cidr) => cidr.masked());
  add('net.CIDR.prefixLength(): int', (cidr: Cidr) => BigInt(cidr.bits));
  environment.registerOperator('net.IP == net.IP', (a: IpAddress, b: IpAddress) => a.equals(b));
  environment.registerOperator('net.CIDR == net.CIDR', (a: Cidr, b: Cidr) => {
    return a.bits === b.bits && a.address.equals(b.address);
  });
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const dns = (text: string): boolean => text.split('.').every((part) => label.test(part));

const namedFormats: Readonly<Record<string, (text: string) => boolean>> = {
  dns1123Label: (text) => text.length <= 63 && label.test(text),
  dns1123Subdomain: (text) => text.length <= 253 && dns(text),
  dns1035Label: (text) => text.length <= 63 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text),
  dns1123LabelPrefix: (text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?-?$/.test(text),
  dns1123SubdomainPrefix: (text) => dns(text.replace(/[-.]$/, '')),
  dns1035LabelPrefix: (text) => /^[a-z]([-a-z0-9]*[a-z0-9])?-?$/.test(text),
  qualifiedName(text) {
    const [name = '', prefix, ...rest] = text.split('/').reverse();
    if (rest.length > 0 || name === '' || name.length > 63 || !labelValue.test(name)) return false;
    return prefix === undefined || (prefix.length <= 253 && dns(prefix));
  },
  labelValue: (text) => text.length <= 63 && labelValue.test(text),
  uri: (text) => parseUrl(text) !== undefined,
  uuid: (text) => hasFormat(text, 'uuid'),
  byte: (text) => hasFormat(text, 'byte'),
  date: (text) => hasFormat(text, 'date'),
  datetime: (text) => hasFormat(text, 'datetime'),
};

function registerFormats(add: Add): void {
  const type = 'kubernetes.NamedFormat';
  add(`FormatNamespace.named(string): optional<${type}>`, (_: unknown, name: string) =>
    Object.hasOwn(namedFormats, name) ? Optional.of(new Format(name)) : Optional.none(),
  );
  for (const name of Object.keys(namedFormats)) {
    add(`FormatNamespace.${name}(): ${type}`, () => new Format(name));
  }
  add(`${type}.validate(string): optional<list<string>>`, (format: Format, text: string) =>
    namedFormats[format.name]?.(text) === true
      ? Optional.none()
      : Optional.of([`must be a valid ${format.name}`]),
  );
}
