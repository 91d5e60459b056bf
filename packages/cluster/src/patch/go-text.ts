/** Values in error messages, as Go prints them with `%v`. */
import { isObject } from '../schema/json.ts';

const MAX_TEXT = 1000;

/** A value as Go prints it in error messages; long ones are cut. */
export function goText(value: unknown): string {
  const text = Array.isArray(value)
    ? `[${value.map(goText).join(' ')}]`
    : isObject(value)
      ? `map[${Object.keys(value)
          .toSorted()
          .map((key) => `${key}:${goText(value[key])}`)
          .join(' ')}]`
      : value === null
        ? '<nil>'
        : String(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/** What Go's JSON decoder calls the type of a value. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/** The type that Go decodes a value into when it knows none. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return 'string';
}
