/**
 * Structural validation with the texts of kube-openapi. Paths look like `spec.tools[0].name`; values of maps are
 * `spec.labels.key`.
 */
import {
  forbidden,
  invalid,
  notSupported,
  printValue,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from './field-error.ts';
import { hasFormat } from './formats.ts';
import { canonicalJson, isObject, jsonEqual, own, type JsonObject } from './json.ts';
import { correlateItems } from './list-keys.ts';
import type { SchemaNode } from './node.ts';
import type { FieldError, Schema } from './schema.ts';

export interface ValidateOptions {
  /** Null counts as absent, as it does for Go. */
  nullIsAbsent?: boolean;
}

/**
 * All structural complaints about `object`. With `old`, complaints about parts that did not change are tolerated
 * (ratcheting): equality is judged where old and new can be told to be the same place.
 */
export function validateObject(
  object: JsonObject,
  node: SchemaNode,
  options: ValidateOptions & { old?: JsonObject } = {},
): FieldError[] {
  const errors = new Validator(options, false).run(object, node);
  if (errors.length === 0 || options.old === undefined) return errors;
  return new Validator(options, true).run(object, node, options.old);
}

/** Structural complaints about any value, by itself: paths begin with `[0]` or the name of a field, or are empty. */
export function validateValue(value: unknown, node: SchemaNode): FieldError[] {
  return new Validator({}, false).run(value, node);
}

/** Of the object itself: these can't be compared with the past, both sides have been converted to the same version. */
const TYPE_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind']);

interface Attempt {
  errors: FieldError[];
  matches: number;
}

class Validator {
  #errors: FieldError[] = [];
  /** Checks passed so far, as kube-openapi counts them to tell which of several schemas comes closest. */
  #matches = 0;
  readonly #path: (string | number)[] = [];
  readonly #options: ValidateOptions;
  readonly #ratchets: boolean;

  constructor(options: ValidateOptions, ratchets: boolean) {
    this.#options = options;
    this.#ratchets = ratchets;
  }

  run(value: unknown, node: SchemaNode, old?: JsonObject): FieldError[] {
    this.#visit(value, node, old);
    return this.#errors;
  }

  #visit(value: unknown, node: SchemaNode, old: unknown): void {
    if (value === null && this.#options.nullIsAbsent === true) return;
    if (this.#ratchets && old !== undefined && jsonEqual(value, old)) return;
    const { schema } = node;
    const hasType = this.#hasType(value, schema);
    if (hasType) this.#matches++;
    else this.#typeError(value, node);
    if (value !== null) {
      this.#matches += 4;
      this.#junctors(value, node);
      if (typeof value === 'string') this.#string(value, node);
      else if (typeof value === 'number') this.#number(value, schema);
      else if (Array.isArray(value)) this.#list(value, node, old);
    }
    // Null is never one of the values, not even when it is listed.
    if (schema.enum !== undefined && schema.enum.length > 0) this.#enum(value, schema.enum);
    if (isObject(value)) this.#object(value, node, old);
  }

  #hasType(value: unknown, schema: Schema): boolean {
    if (value === null) {
      if (schema.nullable === true) return true;
      return schema.type === undefined && schema['x-kubernetes-int-or-string'] !== true;
    }
    if (schema['x-kubernetes-int-or-string'] === true) {
      return typeof value === 'string' || isInt64(value);
    }
    switch (schema.type) {
      case undefined:
        return true;
      case 'string':
      case 'boolean':
      case 'number':
        return typeof value === schema.type;
      case 'integer':
        return isInt64(value);
      case 'array':
        return Array.isArray(value);
      case 'object':
        return isObject(value);
    }
  }

  #typeError(value: unknown, node: SchemaNode): void {
    const expected = node.isIntOrString ? 'integer,string' : (node.schema.type ?? 'object');
    const actual = typeName(value);
    const detail = `${this.#inBody()} must be of type ${expected}: ${printValue(actual)}`;
    this.#errors.push(typeInvalid(this.#field(), actual, detail));
  }

  #enum(value: unknown, allowed: unknown[]): void {
    if (value !== null) for (const item of allowed) if (isSameChoice(value, item)) return;
    this.#errors.push(notSupported(this.#field(), value, allowed));
  }

  #string(value: string, node: SchemaNode): void {
    const { maxLength, minLength, pattern, format } = node.schema;
    if (maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength) {
      this.#errors.push(tooLong(this.#field(), maxLength));
    } else if (minLength !== undefined && codePoints(value) < minLength) {
      this.#complain(value, `should be at least ${minLength} chars long`);
    } else if (pattern !== undefined && !node.pattern.test(value)) {
      this.#complain(value, `should match '${pattern}'`);
    }
    if (format !== undefined && !hasFormat(value, format)) {
      const detail = `${this.#inBody()} must be of type ${format}: ${printValue(value)}`;
      this.#errors.push(typeInvalid(this.#field(), value, detail));
    }
  }

  #number(value: number, schema: Schema): void {
    const isInteger = schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true;
    // Rounded already, and its text may be more than 64 bits: programs in Go could read no list with it.
    if (isInteger && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#complain(value, 'is an integer beyond 2^53, which cannot be stored exactly');
      return;
    }
    // Whole values are compared with whole bounds, which loses what bounds have behind the point.
    const bound = (of: number | undefined): number | undefined =>
      of !== undefined && Number.isInteger(value) ? Math.trunc(of) : of;
    const [maximum, minimum] = [bound(schema.maximum), bound(schema.minimum)];
    const multipleOf = bound(schema.multipleOf);
    if (multipleOf !== undefined && multipleOf <= 0) {
      const path = this.#field();
      const detail = `factor MultipleOf declared for ${path} must be positive: ${multipleOf}`;
      this.#errors.push(invalid(path, multipleOf, detail));
    } else if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
      this.#complain(value, `should be a multiple of ${multipleOf}`);
    }
    if (minimum !== undefined) {
      const isExclusive = schema.exclusiveMinimum === true;
      if (value < minimum || (isExclusive && value === minimum)) {
        const text = `${isExclusive ? '' : 'or equal to '}${minimum}`;
        this.#complain(value, `should be greater than ${text}`);
      }
    }
    if (maximum !== undefined) {
      const isExclusive = schema.exclusiveMaximum === true;
      if (value > maximum || (isExclusive && value === maximum)) {
        this.#complain(value, `should be less than ${isExclusive ? '' : 'or equal to '}${maximum}`);
      }
    }
  }

  #list(list: unknown[], node: SchemaNode, old: unknown): void {
    this.#items(list, node, old);
    const { minItems, maxItems, uniqueItems } = node.schema;
    if (minItems !== undefined && list.length < minItems) {
      this.#complain(list.length, `should have at least ${minItems} items`);
    }
    if (maxItems !== undefined && list.length > maxItems) {
      this.#errors.push(tooMany(this.#field(), list.length, maxItems));
    }
    if (uniqueItems === true && new Set(list.map(canonicalJson)).size < list.length) {
      this.#complain('', "shouldn't contain duplicates");
    }
  }

  #items(list: unknown[], node: SchemaNode, old: unknown): void {
    const items = node.items;
    if (items === undefined) return;
    const oldItem = this.#ratchets ? correlateItems(node, old) : undefined;
    for (let i = 0; i < list.length; i++) {
      this.#path.push(i);
      this.#visit(list[i], items, oldItem?.(list[i]));
      this.#path.pop();
    }
  }

  #object(object: JsonObject, node: SchemaNode, old: unknown): void {
    const { required: names, minProperties, maxProperties } = node.schema;
    if (minProperties !== undefined || maxProperties !== undefined) {
      const size = Object.keys(object).length;
      if (minProperties !== undefined && size < minProperties) {
        this.#complain(size, `should have at least ${minProperties} properties`);
      }
      if (maxProperties !== undefined && size > maxProperties) {
        this.#errors.push(tooMany(this.#field(), size, maxProperties));
      }
    }
    const oldObject = isObject(old) ? old : undefined;
    const isRoot = this.#path.length === 0;
    for (const key of Object.keys(object)) {
      if (object[key] === undefined) continue;
      const child = node.child(key);
      if (child === undefined) {
        if (node.schema.additionalProperties === false) {
          this.#errors.push(forbidden(this.#field(key), 'unknown field'));
        }
        continue;
      }
      this.#path.push(key);
      const isTolerated = oldObject !== undefined && !(isRoot && TYPE_FIELDS.has(key));
      this.#visit(object[key], child, isTolerated ? own(oldObject, key) : undefined);
      this.#path.pop();
    }
    for (const name of names ?? []) {
      if (!Object.hasOwn(object, name)) this.#errors.push(required(this.#field(name)));
    }
  }

  #junctors(value: unknown, node: SchemaNode): void {
    const { anyOf, oneOf, allOf, not } = node.schema;
    if (anyOf !== undefined) this.#anyOf(value, node, anyOf);
    if (oneOf !== undefined) this.#oneOf(value, node, oneOf);
    if (allOf !== undefined) this.#allOf(value, node, allOf);
    if (not !== undefined && this.#attempt(value, node.nested(not)).errors.length === 0) {
      this.#junctorError('must not validate the schema (not)');
    }
  }

  #anyOf(value: unknown, node: SchemaNode, schemas: Schema[]): void {
    let best: Attempt | undefined;
    for (const schema of schemas) {
      const attempt = this.#attempt(value, node.nested(schema));
      if (attempt.errors.length === 0) {
        this.#matches += attempt.matches;
        return;
      }
      if (best === undefined || attempt.matches > best.matches) best = attempt;
    }
    this.#junctorError('must validate at least one schema (anyOf)');
    this.#keep(best);
  }

  #oneOf(value: unknown, node: SchemaNode, schemas: Schema[]): void {
    const attempts = schemas.map((schema) => this.#attempt(value, node.nested(schema)));
    const passed = attempts.filter(({ errors }) => errors.length === 0);
    const valid = passed.length;
    if (valid === 1) {
      this.#keep(passed[0]);
      return;
    }
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    this.#junctorError(`must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) this.#keep(attempts.reduce((a, b) => (b.matches > a.matches ? b : a)));
  }

  #allOf(value: unknown, node: SchemaNode, schemas: Schema[]): void {
    let valid = 0;
    for (const schema of schemas) {
      const attempt = this.#attempt(value, node.nested(schema));
      if (attempt.errors.length === 0) valid++;
      this.#keep(attempt);
    }
    if (valid === schemas.length) return;
    this.#junctorError(
      `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`,
    );
  }

  /** What comes of `value` and another schema of the same place, without keeping it. */
  #attempt(value: unknown, node: SchemaNode): Attempt {
    const kept = { errors: this.#errors, matches: this.#matches };
    this.#errors = [];
    this.#matches = 0;
    this.#visit(value, node, undefined);
    const attempt = { errors: this.#errors, matches: this.#matches };
    this.#errors = kept.errors;
    this.#matches = kept.matches;
    return attempt;
  }

  #keep(attempt: Attempt | undefined): void {
    this.#errors.push(...(attempt?.errors ?? []));
    this.#matches += attempt?.matches ?? 0;
  }

  /** These have no field on a real server either: the path is in the text. */
  #junctorError(text: string): void {
    this.#errors.push(invalid('<nil>', '', `${JSON.stringify(this.#field())} ${text}`));
  }

  #complain(value: unknown, text: string): void {
    this.#errors.push(invalid(this.#field(), value, `${this.#inBody()} ${text}`));
  }

  #inBody(): string {
    return `${this.#field()} in body`;
  }

  #field(last?: string): string {
    let path = '';
    for (const step of last === undefined ? this.#path : [...this.#path, last]) {
      if (typeof step === 'number') path += `[${step}]`;
      else path += path === '' ? step : `.${step}`;
    }
    return path;
  }
}

/** A number is compared with whole ones without what it has behind the point. */
function isSameChoice(value: unknown, allowed: unknown): boolean {
  if (value === allowed) return true;
  if (typeof value === 'number' && Number.isInteger(allowed)) return Math.trunc(value) === allowed;
  return jsonEqual(allowed, value);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return isInt64(value) ? 'integer' : 'number';
  return typeof value;
}

/** Whole numbers beyond 64 bits are decoded as floating point by a real server, and are no integers. */
function isInt64(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function isMultiple(value: number, factor: number): boolean {
  if (factor <= 0) return false;
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}
