/** Hashes that decide when pods roll. Their algorithms are contract (reference of the kinds, sections 3.8 and 4.2). */
import { createHash } from 'node:crypto';

/**
 * JSON as the older system wrote it: compact, with `<`, `>`, `&` and the two line separators escaped. Keys keep their
 * order; undefined members are left out.
 */
export function compactJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Decimal of the first 8 bytes, big endian, of SHA-256 over the parts one after the other. */
export function configHash(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().readBigUInt64BE(0).toString();
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One object whose content goes into a secret hash; values are bytes. */
export interface HashedObject {
  namespace: string;
  name: string;
  data: Record<string, Uint8Array>;
}

/** Hex SHA-256 over objects sorted by `namespace/name`: that text, then each key (sorted) and its value. */
export function secretHash(objects: readonly HashedObject[]): string {
  const hash = createHash('sha256');
  const sorted = objects
    .map((object) => ({ ref: `${object.namespace}/${object.name}`, data: object.data }))
    .toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
  for (const { ref, data } of sorted) {
    hash.update(ref);
    for (const key of Object.keys(data).toSorted()) hash.update(key).update(data[key] ?? '');
  }
  return hash.digest('hex');
}
