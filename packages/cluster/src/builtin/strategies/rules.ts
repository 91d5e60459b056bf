/** What the strategies of built-in kinds are made of, and the small operations they share. */
import {
  dnsLabelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../api/names.ts';
import type { User } from '../../api/request.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  goJson,
  Printed,
} from '../../schema/field-error.ts';
import { isObject, jsonEqual, put, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';

/** Behaviour of one kind. Objects are in normal form (`normal-form.ts`) when these run. */
export interface Rules {
  /** Defaults that depend on other fields; on create and on update. Idempotent. */
  defaults?(object: JsonObject): void;
  /** A new object may bring its status. */
  keepsNewStatus?: boolean;
  /** What only a new object gets; runs before `defaults`. */
  create?(object: JsonObject, user?: User): void;
  /** Carries over what the server gave out; runs before `defaults`. `old` is not to be changed. */
  update?(object: JsonObject, old: JsonObject): void;
  /** `subresource` is that by which the object is changed, if any. */
  validate?(object: JsonObject, old?: JsonObject, subresource?: string): FieldError[];
  /** Completes a status that is written by itself. May replace `object.status` and parts of `object.metadata`, and change nothing else. */
  prepareStatus?(object: JsonObject, old: JsonObject): void;
  /** Takes the place of `validate` where only the status is written. */
  status?(object: JsonObject, old: JsonObject): FieldError[];
  /** What is answered and yet worth a `Warning`. */
  warnings?(object: JsonObject, old?: JsonObject): string[];
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

/** `Required value` for nothing, `Unsupported value` for what is not among the values. */
export function requiredOneOf(value: string, values: string[], path: string): FieldError[] {
  if (value === '') {
    const list = values.map((item) => JSON.stringify(item)).join(' ');
    return [required(path, `valid values: [${list}]`)];
  }
  return values.includes(value) ? [] : [notSupported(path, value, values)];
}

export const NOT_NEGATIVE = 'must be greater than or equal to 0';

export function nonNegativeFields(object: JsonObject, path: string, keys: string[]): FieldError[] {
  return keys
    .filter((key) => (number(object, key) ?? 0) < 0)
    .map((key) => invalid(path === '' ? key : `${path}.${key}`, object[key], NOT_NEGATIVE));
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

/** What is wrong with an RFC 1123 label. */
export function labelProblems(value: string): string[] {
  return dnsLabelProblems(value);
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

/** Errors of labels at a path: bad keys and bad values. */
export function labelsErrors(labels: JsonObject, path: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid(path, key, problem)),
    ...(typeof value === 'string' ? labelValueProblems(value) : []).map((problem) =>
      invalid(path, value, problem),
    ),
  ]);
}

/** Errors of a meta/v1 LabelSelector. */
export function labelSelectorErrors(selector: JsonObject, path: string): FieldError[] {
  return [
    ...labelsErrors(part(selector, 'matchLabels'), `${path}.matchLabels`),
    ...items(selector, 'matchExpressions', `${path}.`).flatMap(([term, place]) =>
      requirementErrors(term, place),
    ),
  ];
}

function requirementErrors(term: JsonObject, path: string): FieldError[] {
  const [operator, values] = [text(term, 'operator'), strings(term, 'values')];
  return [
    ...operatorErrors(operator, values, path),
    ...qualifiedNameProblems(text(term, 'key')).map((problem) =>
      invalid(`${path}.key`, text(term, 'key'), problem),
    ),
    ...values.flatMap((value, index) =>
      labelValueProblems(value).map((problem) =>
        invalid(`${path}.values[${index}]`, value, problem),
      ),
    ),
  ];
}

function operatorErrors(operator: string, values: string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const why = "must be specified when `operator` is 'In' or 'NotIn'";
      return values.length === 0 ? [required(`${path}.values`, why)] : [];
    }
    case 'Exists':
    case 'DoesNotExist': {
      const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return values.length > 0 ? [forbidden(`${path}.values`, why)] : [];
    }
    default:
      return [invalid(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** Errors of a path with a domain before it: `example.com/name`. */
export function domainPathErrors(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const [host, rest] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash < 1 || rest === '') {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = subdomainProblems(host).map((problem) => invalid(path, host, problem));
  if (new RegExp(`^${HTTP_PATH}$`).test(rest)) return errors;
  return [
    ...errors,
    invalid(path, rest, `Invalid path (regex used for validation is '${HTTP_PATH}')`),
  ];
}

/** A value whose fields stand in an order of their own, as those of a Go struct do. */
export function struct(value: JsonObject): Printed {
  return new Printed(goJson(value));
}

/** Labels as Go prints a map: sorted, `null` when there are none. */
export function sorted(labels: unknown): JsonObject | null {
  if (!isObject(labels)) return null;
  return Object.fromEntries(
    Object.keys(labels)
      .toSorted()
      .map((key) => [key, labels[key]]),
  );
}

/** A LabelSelector as Go prints it. */
export function printedSelector(selector: unknown): JsonObject | null {
  if (!isObject(selector)) return null;
  const { matchLabels, matchExpressions } = selector;
  return {
    ...(isObject(matchLabels) && { matchLabels: sorted(matchLabels) }),
    ...(Array.isArray(matchExpressions) && { matchExpressions }),
  };
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

/** The warning about a new object whose name its pods cannot have. */
export function podNameWarnings(object: JsonObject, old?: JsonObject): string[] {
  const problems = dnsLabelProblems(text(part(object, 'metadata'), 'name'));
  if (old !== undefined || problems.length === 0) return [];
  const why =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${why}: [${problems.join(' ')}]`];
}

const PERCENT = /^\d+%$/;

/** A number of pods or a percentage of them. */
export function amountOrPercentErrors(value: unknown, path: string): FieldError[] {
  if (typeof value === 'number') return value < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];
  if (typeof value !== 'string' || PERCENT.test(value)) return [];
  return [
    invalid(
      path,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

export function above100Errors(value: unknown, path: string): FieldError[] {
  const isAbove = typeof value === 'string' && PERCENT.test(value) && Number.parseInt(value) > 100;
  return isAbove ? [invalid(path, value, 'must not be greater than 100%')] : [];
}

/** The number in an amount or percentage; 0 where there is none. */
export function amountOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^[-+]?\d+%?$/.test(value) ? Number.parseInt(value) : 0;
}
