/** Names of generated objects: the hash of a pod template and random endings, in the alphabet Kubernetes uses. */
import { createHash } from 'node:crypto';

/** No vowels and no look-alikes, so that no words come out. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function encode(bytes: Uint8Array, length: number): string {
  return [...bytes.subarray(0, length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** The same JSON value with all keys in order, as a text that Go makes of a map has them; absent members are left out. */
export function canonical<T>(value: T): T {
  return sorted(value) as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}

/** A stable text of a JSON value: keys sorted, absent members left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** Ten characters that depend on the whole value; `collisions` gives another name when one is taken. */
export function hashName(value: unknown, collisions = 0): string {
  const digest = createHash('sha256')
    .update(canonicalJson(value))
    .update(String(collisions))
    .digest();
  return encode(digest, 10);
}

/** Five characters made of a random id. */
export function randomEnding(randomId: () => string): string {
  return encode(createHash('sha256').update(randomId()).digest(), 5);
}

/** `prefix` cut so that prefix, dash and a five-letter ending make a valid name. */
export function generatedName(prefix: string, randomId: () => string): string {
  return `${prefix.slice(0, 57)}-${randomEnding(randomId)}`;
}
