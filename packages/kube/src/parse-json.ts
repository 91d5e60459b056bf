/** The one place where JSON text becomes a value, and the guards that narrow such values. */

/** `unknown` on purpose: the caller narrows. Throws `SyntaxError` on malformed text. */
export function parseJson(text: string): unknown {
  return JSON.parse(text) as unknown;
}

/** True for a JSON object (not an array, not null). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is a non-empty string. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
