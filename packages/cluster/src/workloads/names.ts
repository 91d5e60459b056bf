/** Names of generated objects: the hash of a pod template and random endings, in the alphabet Kubernetes uses. */
import { createHash } from 'node:crypto';

/** No vowels and no look-alikes, so that no words come out. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function encode(bytes: Uint8Array, length: number): string {
  return [...bytes.subarray(0, length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** A stable text of a JSON value: keys sorted, absent members left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
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
