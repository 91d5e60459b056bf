/** Ids that a repeat after a crash makes again: derived, not drawn. */
import { createHash } from 'node:crypto';

/** A UUID (version 8, RFC 9562) from the given words; the same words give the same id. */
export function derivedId(...words: string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(words)).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
