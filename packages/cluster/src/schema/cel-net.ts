/** IP addresses and networks for CEL, after the `ip` and `cidr` libraries of the API server. */
import { isIP } from 'node:net';

/** An address as a number; IPv4 and IPv6 are different families even when mapped. */
export class IpAddress {
  readonly celType = 'net.IP';
  readonly family: 4 | 6;
  readonly value: bigint;

  constructor(family: 4 | 6, value: bigint) {
    this.family = family;
    this.value = value;
  }

  equals(other: object): boolean {
    return other instanceof IpAddress && this.family === other.family && this.value === other.value;
  }

  /** Whether the first `bits` bits are those of `other`. */
  sharesPrefix(other: IpAddress, bits: number): boolean {
    if (this.family !== other.family) return false;
    const shift = BigInt(width(this.family) - bits);
    return this.value >> shift === other.value >> shift;
  }

  /** Canonical text (RFC 5952). */
  toString(): string {
    return this.family === 4 ? dotted(this.value) : compressed(this.value);
  }
}

export class Cidr {
  readonly celType = 'net.CIDR';
  readonly address: IpAddress;
  readonly bits: number;

  constructor(address: IpAddress, bits: number) {
    this.address = address;
    this.bits = bits;
  }

  equals(other: object): boolean {
    return other instanceof Cidr && this.bits === other.bits && this.address.equals(other.address);
  }

  containsIp(ip: IpAddress): boolean {
    return this.address.sharesPrefix(ip, this.bits);
  }

  containsCidr(other: Cidr): boolean {
    return other.bits >= this.bits && this.containsIp(other.address);
  }

  /** The network with all host bits zero. */
  masked(): Cidr {
    const shift = BigInt(width(this.address.family) - this.bits);
    const value = (this.address.value >> shift) << shift;
    return new Cidr(new IpAddress(this.address.family, value), this.bits);
  }

  toString(): string {
    return `${this.address.toString()}/${this.bits}`;
  }
}

/** `undefined` for anything but a plain address: no zone, no IPv4-mapped IPv6. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes('%')) return undefined;
  const family = isIP(text);
  if (family === 4) return new IpAddress(4, fromDotted(text));
  if (family !== 6) return undefined;
  const value = fromColons(text);
  return value >> 32n === 0xffffn ? undefined : new IpAddress(6, value);
}

export function parseCidr(text: string): Cidr | undefined {
  const [address, bits, ...rest] = text.split('/');
  if (rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits ?? '')) return undefined;
  const ip = parseIp(address ?? '');
  if (ip === undefined || Number(bits) > width(ip.family)) return undefined;
  return new Cidr(ip, Number(bits));
}

/** Why a text is no address, in Go's words. */
export function addressProblem(text: string): string {
  const problem = (why: string, at?: string): string =>
    `ParseAddr(${JSON.stringify(text)}): ${why}${at === undefined ? '' : ` (at ${JSON.stringify(at)})`}`;
  const [kind] = /[.:%]/.exec(text) ?? [];
  if (kind !== '.') return problem(kind === '%' ? 'missing IPv6 address' : 'unable to parse IP');
  let fields = 0;
  let field = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (/\d/.test(character)) {
      if (field === '0') return problem('IPv4 field has octet with leading zero');
      field += character;
      if (Number(field) > 255) return problem('IPv4 field has value >255');
    } else if (character !== '.') return problem('unexpected character', text.slice(i));
    else if (field === '' || i === text.length - 1)
      return problem('IPv4 field must have at least one digit', text.slice(i));
    else if (fields === 3) return problem('IPv4 address too long');
    else {
      fields++;
      field = '';
    }
  }
  return problem('IPv4 address too short');
}

/** Why a text is no network, in Go's words. */
export function prefixProblem(text: string): string {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return "no '/'";
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)];
  if (isIP(address) === 0) return addressProblem(address);
  if (!/^(0|[1-9]\d*)$/.test(bits)) return `bad bits after slash: ${JSON.stringify(bits)}`;
  return 'prefix length out of range';
}

/** Properties of an address as Go's netip names them. */
export const ipProperties: Readonly<Record<string, (ip: IpAddress) => boolean>> = {
  isUnspecified: (ip) => ip.value === 0n,
  isLoopback: (ip) => (ip.family === 4 ? ip.value >> 24n === 127n : ip.value === 1n),
  isLinkLocalMulticast: (ip) =>
    ip.family === 4 ? ip.value >> 8n === 0xe00000n : ip.value >> 112n === 0xff02n,
  isLinkLocalUnicast: (ip) =>
    ip.family === 4 ? ip.value >> 16n === 0xa9fen : ip.value >> 118n === 0x3fan,
  isGlobalUnicast: isGlobalUnicast,
};

function isGlobalUnicast(ip: IpAddress): boolean {
  const isMulticast = ip.family === 4 ? ip.value >> 28n === 0xen : ip.value >> 120n === 0xffn;
  const isBroadcast = ip.family === 4 && ip.value === 0xffffffffn;
  return (
    !isMulticast &&
    !isBroadcast &&
    !ipProperties.isUnspecified!(ip) &&
    !ipProperties.isLoopback!(ip) &&
    !ipProperties.isLinkLocalUnicast!(ip)
  );
}

function width(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function fromDotted(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function fromColons(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | group, 0n);
}

function groups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)];
    const value = fromDotted(part);
    return [value >> 16n, value & 0xffffn];
  });
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

function compressed(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, i) => {
    const group = (value >> BigInt(112 - 16 * i)) & 0xffffn;
    return group.toString(16);
  });
  const zeros = [...parts.join(':').matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)];
  const longest = zeros.reduce((best, run) => (run[0].length > best.length ? run[0] : best), '');
  if (longest === '') return parts.join(':');
  const text = parts.join(':');
  const at = zeros.find((run) => run[0] === longest)?.index ?? 0;
  const head = text.slice(0, at).replace(/:$/, '');
  const tail = text.slice(at + longest.length).replace(/^:/, '');
  return `${head}::${tail}`;
}
