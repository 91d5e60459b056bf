/** The types Kubernetes adds to CEL: quantities, addresses, semantic versions, named formats. */
import { isIP } from 'node:net';
import {
  addressProblem,
  Cidr,
  type IpAddress,
  ipProperties,
  parseCidr,
  parseIp,
  prefixProblem,
} from '../cel-net.ts';
import { parseQuantity, Quantity } from '../cel-quantity.ts';
import type { Declarations } from './library.ts';
import { namedFormats } from './named-formats.ts';
import { parseSemver, type Semver } from './semver.ts';
import { ArrayList, CelError, Optional } from './values.ts';

const QUANTITY = 'kubernetes.Quantity';

function quantity(text: string): Quantity {
  const parsed = parseQuantity(text);
  if (parsed !== undefined) return parsed;
  throw new CelError(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}

const MAX_INT = (1n << 63n) - 1n;

function isInteger(value: Quantity): boolean {
  return value.isInteger && value.integer <= MAX_INT && value.integer >= -MAX_INT - 1n;
}

function asInteger(value: Quantity): bigint {
  if (!isInteger(value)) throw new CelError('cannot convert value to integer');
  return value.integer;
}

function plus(value: Quantity, other: Quantity | bigint, sign: 1n | -1n): Quantity {
  const nanos = typeof other === 'bigint' ? other * 1_000_000_000n : other.nanos;
  return new Quantity(value.nanos + sign * nanos);
}

const quantityFunctions: Declarations = [
  [`quantity(string) -> ${QUANTITY}`, quantity],
  ['isQuantity(string) -> bool', (text: string) => parseQuantity(text) !== undefined],
  [`sign(${QUANTITY}) -> int`, (value: Quantity) => BigInt(value.compare(new Quantity(0n)))],
  [`${QUANTITY}.isInteger() -> bool`, isInteger],
  [`${QUANTITY}.asInteger() -> int`, asInteger],
  [`${QUANTITY}.asApproximateFloat() -> double`, ({ approximate }: Quantity) => approximate],
  [`${QUANTITY}.compareTo(${QUANTITY}) -> int`, (a: Quantity, b: Quantity) => BigInt(a.compare(b))],
  [
    `${QUANTITY}.isGreaterThan(${QUANTITY}) -> bool`,
    (a: Quantity, b: Quantity) => a.compare(b) > 0,
  ],
  [`${QUANTITY}.isLessThan(${QUANTITY}) -> bool`, (a: Quantity, b: Quantity) => a.compare(b) < 0],
  ...[QUANTITY, 'int'].flatMap((type) => [
    [
      `${QUANTITY}.add(${type}) -> ${QUANTITY}`,
      (a: Quantity, b: Quantity | bigint) => plus(a, b, 1n),
    ] as const,
    [
      `${QUANTITY}.sub(${type}) -> ${QUANTITY}`,
      (a: Quantity, b: Quantity | bigint) => plus(a, b, -1n),
    ] as const,
  ]),
];

function ip(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed !== undefined) return parsed;
  const shown = JSON.stringify(text);
  if (isIP(text) === 6)
    throw new CelError(
      text.includes('%')
        ? `IP address ${shown} with zone value is not allowed`
        : `IPv4-mapped IPv6 address ${shown} is not allowed`,
    );
  throw new CelError(
    `IP Address ${shown} parse error during conversion from string: ${addressProblem(text)}`,
  );
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed !== undefined) return parsed;
  const intro = 'network address parse error during conversion from string: ';
  const shown = JSON.stringify(text);
  if (isIP(text.split('/')[0] ?? '') === 6 && text.split('/')[0]?.includes('.'))
    throw new CelError(`${intro}IPv4-mapped IPv6 address ${shown} is not allowed`);
  throw new CelError(`${intro}${intro}netip.ParsePrefix(${shown}): ${prefixProblem(text)}`);
}

function known<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw new CelError('no such overload');
  return parsed;
}

const addressFunctions: Declarations = [
  ['ip(string) -> net.IP', ip],
  ['isIP(string) -> bool', (text: string) => parseIp(text) !== undefined],
  ['ip.isCanonical(string) -> bool', (text: string) => ip(text).toString() === text],
  ['string(net.IP) -> string', (address: IpAddress) => address.toString()],
  ['net.IP.family() -> int', ({ family }: IpAddress) => BigInt(family)],
  ...Object.entries(ipProperties).map(
    ([name, test]) => [`net.IP.${name}() -> bool`, test] as const,
  ),
  ['cidr(string) -> net.CIDR', cidr],
  ['isCIDR(string) -> bool', (text: string) => parseCidr(text) !== undefined],
  ['string(net.CIDR) -> string', (network: Cidr) => network.toString()],
  ['net.CIDR.containsIP(net.IP) -> bool', (a: Cidr, b: IpAddress) => a.containsIp(b)],
  ['net.CIDR.containsIP(string) -> bool', (a: Cidr, b: string) => a.containsIp(known(parseIp(b)))],
  ['net.CIDR.containsCIDR(net.CIDR) -> bool', (a: Cidr, b: Cidr) => a.containsCidr(b)],
  [
    'net.CIDR.containsCIDR(string) -> bool',
    (a: Cidr, b: string) => a.containsCidr(known(parseCidr(b))),
  ],
  ['net.CIDR.ip() -> net.IP', ({ address }: Cidr) => address],
  ['net.CIDR.masked() -> net.CIDR', (network: Cidr) => network.masked()],
  ['net.CIDR.prefixLength() -> int', ({ bits }: Cidr) => BigInt(bits)],
];

const SEMVER = 'kubernetes.Semver';

/** In the words of the library a real server reads versions with. */
function semverProblem(text: string): string {
  const [major = '', minor = '', patch] = text.split(/\.(.*?)\.(.*)/s);
  if (patch === undefined) return 'No Major.Minor.Patch elements found';
  const parts = { major, minor, patch: patch.replace(/[-+].*/s, '') };
  for (const [name, part] of Object.entries(parts)) {
    const shown = JSON.stringify(part);
    if (!/^\d+$/.test(part)) return `Invalid character(s) found in ${name} number ${shown}`;
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    if (/^0\d/.test(part)) return `${title} number must not contain leading zeroes ${shown}`;
  }
  return `Invalid character(s) found in prerelease ${JSON.stringify(patch)}`;
}

function semver(text: string, normalizes = false): Semver {
  const parsed = parseSemver(text, normalizes);
  if (parsed !== undefined) return parsed;
  throw new CelError(semverProblem(text));
}

const isSemver = (text: string, normalizes = false): boolean =>
  parseSemver(text, normalizes) !== undefined;

const semverFunctions: Declarations = [
  [`semver(string) -> ${SEMVER}`, (text: string) => semver(text)],
  [`semver(string, bool) -> ${SEMVER}`, semver],
  ['isSemver(string) -> bool', (text: string) => isSemver(text)],
  ['isSemver(string, bool) -> bool', isSemver],
  [`${SEMVER}.major() -> int`, ({ numbers }: Semver) => numbers[0]],
  [`${SEMVER}.minor() -> int`, ({ numbers }: Semver) => numbers[1]],
  [`${SEMVER}.patch() -> int`, ({ numbers }: Semver) => numbers[2]],
  [`${SEMVER}.compareTo(${SEMVER}) -> int`, (a: Semver, b: Semver) => BigInt(a.compare(b))],
  [`${SEMVER}.isGreaterThan(${SEMVER}) -> bool`, (a: Semver, b: Semver) => a.compare(b) > 0],
  [`${SEMVER}.isLessThan(${SEMVER}) -> bool`, (a: Semver, b: Semver) => a.compare(b) < 0],
];

const FORMAT = 'kubernetes.NamedFormat';

class NamedFormat {
  readonly celType = FORMAT;
  readonly name: string;
  readonly validate: (text: string) => string[];
  constructor(name: string, validate: (text: string) => string[]) {
    this.name = name;
    this.validate = validate;
  }
  equals(other: object): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

const formats: ReadonlyMap<string, NamedFormat> = new Map(
  Object.entries(namedFormats).map(([name, validate]) => [name, new NamedFormat(name, validate)]),
);

const formatFunctions: Declarations = [
  [
    `format.named(string) -> optional(${FORMAT})`,
    (name: string) => new Optional(formats.get(name)),
  ],
  ...[...formats].map(([name, format]) => [`format.${name}() -> ${FORMAT}`, () => format] as const),
  [
    `${FORMAT}.validate(string) -> optional(list(string))`,
    (format: NamedFormat, text: string) => {
      const problems = format.validate(text);
      return problems.length === 0 ? Optional.none : new Optional(new ArrayList(problems));
    },
  ],
];

export const kubernetesFunctions: readonly Declarations[] = [
  quantityFunctions,
  addressFunctions,
  semverFunctions,
  formatFunctions,
];
