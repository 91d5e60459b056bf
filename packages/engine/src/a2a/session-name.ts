/** How a session is called when a message creates it. */
import type { Part } from '@kagent/spec';

const LENGTH = 20;

/** The first 20 characters, as people count them, of the first text; `...` when there is more. */
export function sessionName(parts: readonly Part[]): string {
  const text = parts.find((part) => part.kind === 'text')?.text.trim() ?? '';
  // No character people see is longer than this many code units in practice; keeps long texts cheap.
  const start = text.slice(0, LENGTH * 32);
  const characters = /^[ -~]*$/.test(start)
    ? start.split('')
    : Array.from(new Intl.Segmenter().segment(start), (part) => part.segment);
  if (characters.length <= LENGTH) return text;
  return `${characters.slice(0, LENGTH).join('')}...`;
}
