/**
 * Builds FieldErrors with the texts of apimachinery's `field` package (1.35), so that clients and people read the same
 * sentences as from a real API server.
 */
import type { FieldError } from './schema.ts';

/** Instead of a value that is not to be printed. */
export const OMITTED = Symbol('omitted');

/** Text that stands for a value in a message. */
export class Printed {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const UNSAFE: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON as Go writes it: safe inside of HTML. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replaceAll(/[<>&\u2028\u2029]/g, (character) => UNSAFE[character] ?? character);
}

/** A value as it is printed inside a message: strings quoted, everything else as Go's JSON with sorted keys. */
export function printValue(value: unknown): string {
  if (value instanceof Printed) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return goJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

export function required(field: string, detail = ''): FieldError {
  return { type: 'Required', field, detail: withDetail('Required value', detail) };
}

export function forbidden(field: string, detail: string): FieldError {
  return { type: 'Forbidden', field, detail: withDetail('Forbidden', detail) };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    type: 'Invalid',
    field,
    detail: withDetail(
      value === OMITTED ? 'Invalid value' : `Invalid value: ${printValue(value)}`,
      detail,
    ),
  };
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { ...invalid(field, value, detail), type: 'TypeInvalid' };
}

export function duplicate(field: string, value: unknown): FieldError {
  return {
    type: 'Duplicate',
    field,
    detail: value === OMITTED ? 'Duplicate value' : `Duplicate value: ${printValue(value)}`,
  };
}

/** `supported` may hold any JSON; strings are printed as they are, the rest as JSON text. */
export function notSupported(field: string, value: unknown, supported: unknown[]): FieldError {
  const values = supported.map((item) =>
    JSON.stringify(typeof item === 'string' ? item : printValue(item)),
  );
  const detail = values.length > 0 ? `supported values: ${values.join(', ')}` : '';
  return {
    type: 'NotSupported',
    field,
    detail: withDetail(`Unsupported value: ${printValue(value)}`, detail),
  };
}

export function tooLong(field: string, maximum: number): FieldError {
  const unit = maximum === 1 ? 'byte' : 'bytes';
  return { type: 'TooLong', field, detail: `Too long: may not be more than ${maximum} ${unit}` };
}

export function tooMany(field: string, actual: number, maximum: number): FieldError {
  const unit = maximum === 1 ? 'item' : 'items';
  return {
    type: 'TooMany',
    field,
    detail: `Too many: ${actual}: must have at most ${maximum} ${unit}`,
  };
}
