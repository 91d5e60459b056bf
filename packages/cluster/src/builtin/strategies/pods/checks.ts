/** Checks of single values that the rules of pods are made of: names, paths, lists of known words. */
import {
  dnsLabelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from '../../../api/names.ts';
import { invalid, notSupported, required } from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { isUnset, number, text } from '../rules.ts';

/** One error for each problem of a value. */
export function told(problems: readonly string[], path: string, value: unknown): FieldError[] {
  return problems.map((problem) => invalid(path, value, problem));
}

export function labelErrors(value: string, path: string): FieldError[] {
  return told(dnsLabelProblems(value), path, value);
}

export function subdomainErrors(value: string, path: string): FieldError[] {
  return told(subdomainProblems(value), path, value);
}

export function qualifiedNameErrors(value: string, path: string): FieldError[] {
  return told(qualifiedNameProblems(value), path, value);
}

/** Errors of labels that are asked for, e.g. a node selector: key and value. */
export function labelMapErrors(labels: JsonObject, path: string): FieldError[] {
  return Object.keys(labels).flatMap((key) => [
    ...qualifiedNameErrors(key, path),
    ...told(labelValueProblems(text(labels, key)), path, text(labels, key)),
  ]);
}

/** A value that has to be one of a list, in the order a real API server tells them. An unset one is `Required`. */
export function choiceErrors(value: unknown, path: string, allowed: string[]): FieldError[] {
  if (isUnset(value)) return [required(path)];
  return allowed.includes(String(value)) ? [] : [notSupported(path, value, allowed)];
}

/** As `choiceErrors`, but of a field that may be left out. */
export function optionalChoiceErrors(
  value: unknown,
  path: string,
  allowed: string[],
): FieldError[] {
  if (value === undefined || value === null || allowed.includes(String(value))) return [];
  return [notSupported(path, value, allowed)];
}

/** A number that has to be in a range, when there is one. */
export function rangeErrors(
  value: unknown,
  path: string,
  [least, most]: [number, number],
): FieldError[] {
  if (typeof value !== 'number' || (value >= least && value <= most)) return [];
  return [invalid(path, value, `must be between ${least} and ${most}, inclusive`)];
}

const MAX_MODE = 0o777;

/** The permission bits in a field. */
export function modeErrors(object: JsonObject, key: string, path: string): FieldError[] {
  const mode = number(object, key);
  if (mode === undefined || (mode >= 0 && mode <= MAX_MODE)) return [];
  const why = 'must be a number between 0 and 0777 (octal), both inclusive';
  return [invalid(`${path}.${key}`, mode, why)];
}

export function hasBacksteps(path: string): boolean {
  return path.split('/').includes('..');
}

export function noBackstepErrors(value: string, path: string): FieldError[] {
  return hasBacksteps(value) ? [invalid(path, value, "must not contain '..'")] : [];
}

/** A path inside of a volume. */
export function relativePathErrors(value: string, path: string): FieldError[] {
  const errors = noBackstepErrors(value, path);
  return value.startsWith('/')
    ? [invalid(path, value, 'must be a relative path'), ...errors]
    : errors;
}

/** A path inside of a volume that the node writes itself: what begins with two dots is its own. */
export function writtenPathErrors(value: string, path: string): FieldError[] {
  const errors = relativePathErrors(value, path);
  if (value.startsWith('..') && !value.startsWith('../')) {
    errors.push(invalid(path, value, "must not start with '..'"));
  }
  return errors;
}

const KEY = /^[-._a-zA-Z0-9]+$/;
const KEY_PROBLEM =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex " +
  "used for validation is '[-._a-zA-Z0-9]+')";

/** What is wrong with a key of a ConfigMap or Secret. */
export function configKeyProblems(key: string): string[] {
  const problems: string[] = [];
  if (key.length > 253) problems.push('must be no more than 253 characters');
  if (!KEY.test(key)) problems.push(KEY_PROBLEM);
  if (key === '.' || key === '..') problems.push(`must not be '${key}'`);
  else if (key.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** The objects in the fields of another, in the order asked for. */
export function given(object: JsonObject, keys: readonly string[]): string[] {
  return keys.filter((key) => isObject(object[key]));
}
