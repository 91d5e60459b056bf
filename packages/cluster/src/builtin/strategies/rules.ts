/** What the strategies of built-in kinds are made of, and the small operations they share. */
import { qualifiedNameProblems } from '../../api/names.ts';
import type { User } from '../../api/request.ts';
import { duplicate, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, put, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';

/** Behaviour of one kind. Objects are in normal form (`normal-form.ts`) when these run. */
export interface Rules {
  /** Defaults that depend on other fields; on create and on update. Idempotent. */
  defaults?(object: JsonObject): void;
  /** What only a new object gets; runs before `defaults`. */
  create?(object: JsonObject, user?: User): void;
  /** Carries over what the server gave out; runs before `defaults`. `old` is not to be changed. */
  update?(object: JsonObject, old: JsonObject): void;
  validate?(object: JsonObject, old?: JsonObject): FieldError[];
  /** Selectable fields whose value is not simply the one at their path. */
  fields?(object: JsonObject): Record<string, string>;
}

/** Absent as Go sees it: missing, null or the empty string. */
export function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Sets a field that is unset. */
export function setDefault(object: JsonObject, key: string, value: unknown): void {
  if (isUnset(object[key])) put(object, key, value);
}

/** The object in a field, made when there is none. */
export function ensureObject(object: JsonObject, key: string): JsonObject {
  const known = object[key];
  if (isObject(known)) return known;
  const made: JsonObject = {};
  put(object, key, made);
  return made;
}

/** The object in a field; an empty one that belongs to nobody when there is none. */
export function part(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** The objects of a list field, each with its path. Items of another type are left to the schema. */
export function items(object: JsonObject, key: string, path = ''): [JsonObject, string][] {
  const list = object[key];
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, index): [JsonObject, string][] =>
    isObject(item) ? [[item, `${path}${key}[${index}]`]] : [],
  );
}

/** The strings of a list field. */
export function strings(object: JsonObject, key: string): string[] {
  const list = object[key];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

export function text(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

export function number(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

/** `Required value` for each of the fields that is unset. */
export function requiredFields(object: JsonObject, path: string, keys: string[]): FieldError[] {
  return keys.filter((key) => isUnset(object[key])).map((key) => required(`${path}.${key}`));
}

export const NOT_NEGATIVE = 'must be greater than or equal to 0';

export function nonNegativeFields(object: JsonObject, path: string, keys: string[]): FieldError[] {
  return keys
    .filter((key) => (number(object, key) ?? 0) < 0)
    .map((key) => invalid(`${path}.${key}`, object[key], NOT_NEGATIVE));
}

/** `field is immutable` when a field differs from the stored one. */
export function immutable(
  place: { object: JsonObject; old: JsonObject },
  path: string,
  key: string,
): FieldError[] {
  const { object, old } = place;
  if (jsonEqual(object[key] ?? null, old[key] ?? null)) return [];
  return [invalid(path === '' ? key : `${path}.${key}`, object[key] ?? null, 'field is immutable')];
}

/** `Duplicate value` for a repeated, non-empty string field of list items. */
export function duplicates(list: [JsonObject, string][], key: string): FieldError[] {
  const seen = new Set<string>();
  return list.flatMap(([item, path]) => {
    const value = text(item, key);
    if (value === '') return [];
    if (seen.has(value)) return [duplicate(`${path}.${key}`, value)];
    seen.add(value);
    return [];
  });
}

export const PORT_RANGE = 'must be between 1 and 65535, inclusive';

export function isPort(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= 65535;
}

export const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** What is wrong with an RFC 1123 label. */
export function labelProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push('must be no more than 63 characters');
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value)) {
    problems.push(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
        `an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${DNS_LABEL}')`,
    );
  }
  return problems;
}

/** What is wrong with a port name (IANA service name). */
export function portNameProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) {
    problems.push('must not begin or end with a hyphen');
  }
  return problems;
}

/** A port number or the name of one. */
export function portOrNameErrors(value: unknown, path: string): FieldError[] {
  if (typeof value === 'number') return isPort(value) ? [] : [invalid(path, value, PORT_RANGE)];
  if (typeof value !== 'string') return [];
  return portNameProblems(value).map((problem) => invalid(path, value, problem));
}

const OPERATORS = ['DoesNotExist', 'Exists', 'In', 'NotIn'];

/** Errors of a meta/v1 LabelSelector. */
export function labelSelectorErrors(selector: JsonObject, path: string): FieldError[] {
  const labels = part(selector, 'matchLabels');
  const errors = Object.keys(labels).flatMap((key) =>
    qualifiedNameProblems(key).map((problem) => invalid(`${path}.matchLabels`, key, problem)),
  );
  for (const [term, place] of items(selector, 'matchExpressions', `${path}.`)) {
    const operator = text(term, 'operator');
    const values = strings(term, 'values');
    const key = text(term, 'key');
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        errors.push(
          required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push({ type: 'Forbidden', field: `${place}.values`, detail: `Forbidden: ${why}` });
      }
    } else errors.push(notSupported(`${place}.operator`, operator, OPERATORS));
    errors.push(...qualifiedNameProblems(key).map((why) => invalid(`${place}.key`, key, why)));
  }
  return errors;
}

/** Whether a LabelSelector selects an object with these labels; an empty one selects everything. */
export function selects(selector: JsonObject, labels: JsonObject): boolean {
  const wanted = part(selector, 'matchLabels');
  if (!Object.keys(wanted).every((key) => labels[key] === wanted[key])) return false;
  return items(selector, 'matchExpressions').every(([term]) => {
    const value = labels[text(term, 'key')];
    const isListed = typeof value === 'string' && strings(term, 'values').includes(value);
    switch (text(term, 'operator')) {
      case 'In':
        return isListed;
      case 'NotIn':
        return !isListed;
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}

export function isEmptySelector(selector: JsonObject): boolean {
  return (
    Object.keys(part(selector, 'matchLabels')).length === 0 &&
    items(selector, 'matchExpressions').length === 0
  );
}

/** A number of pods or a percentage of them. */
export function amountOrPercentErrors(value: unknown, path: string): FieldError[] {
  if (typeof value === 'number') return value < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];
  if (typeof value !== 'string' || /^\d+%$/.test(value)) return [];
  return [
    invalid(
      path,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}
