/** Ranges of addresses as the older fields take them. */
import { isIP } from 'node:net';

export interface Range {
  /** The address as a number of `width` bits. */
  bits: bigint;
  width: 32 | 128;
  /** How many bits all addresses of the range have in common. */
  length: number;
}

/** The range; undefined for what is none. Numbers may begin with zeros, as they always could. */
export function parseCidr(value: string): Range | undefined {
  const [address = '', length = '', ...rest] = value.split('/');
  const plain = withoutZeros(address);
  const family = isIP(plain);
  const width = family === 4 ? 32 : 128;
  const isLength = rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= width;
  if (family === 0 || !isLength) return undefined;
  return { bits: addressBits(plain, family), width, length: Number(length) };
}

/** Whether the first range is a part of the second and not the same. */
export function isStrictlyInside(inner: Range, outer: Range): boolean {
  if (inner.width !== outer.width || inner.length <= outer.length) return false;
  const shift = BigInt(outer.width - outer.length);
  return inner.bits >> shift === outer.bits >> shift;
}

/** Whether bits are set that are not the range's. */
export function hasHostBits({ bits, width, length }: Range): boolean {
  const shift = BigInt(width - length);
  return (bits >> shift) << shift !== bits;
}

/** What may be refused one day. */
export function cidrWarnings(value: string, path: string): string[] {
  const range = parseCidr(value);
  if (range === undefined) return [];
  const [address = '', length = ''] = value.split('/');
  const plain = withoutZeros(address);
  if (plain !== address) {
    return [
      `${path}: non-standard CIDR value ${JSON.stringify(value)} will be considered invalid in a future Kubernetes release: use "${plain}/${length}"`,
    ];
  }
  if (!hasHostBits(range) || range.width === 128) return [];
  const whole = `${firstAddress(range)}/${length}`;
  return [
    `${path}: CIDR value ${JSON.stringify(value)} is ambiguous in this context (should be "${whole}" or "${plain}/${range.width}"?)`,
  ];
}

function withoutZeros(address: string): string {
  return address.includes(':') ? address : address.replaceAll(/(?<=^|\.)0+(?=\d)/g, '');
}

function firstAddress({ bits, width, length }: Range): string {
  const shift = BigInt(width - length);
  const first = (bits >> shift) << shift;
  return [24n, 16n, 8n, 0n].map((place) => String((first >> place) & 255n)).join('.');
}

function addressBits(address: string, family: number): bigint {
  if (family === 4) {
    return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  }
  // The last 32 bits may be written like an IPv4 address.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts) => {
    const [a, b, c, d] = parts.slice(0, 4).map(Number);
    return `${hex(a, b)}:${hex(c, d)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const all = [...before, ...zeros, ...after];
  return all.reduce((bits, part) => (bits << 16n) | BigInt(`0x${part}`), 0n);
}

function hex(high = 0, low = 0): string {
  return ((high << 8) | low).toString(16);
}
