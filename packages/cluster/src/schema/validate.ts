/**
 * Structural validation with the texts of kube-openapi. Paths look like `spec.tools[0].name`; values of maps are
 * `spec.labels.key`.
 */
import {
  duplicate,
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
import { correlateItems, listKeyValues } from './list-keys.ts';
import type { SchemaNode } from './node.ts';
import type { FieldError, Schema } from './schema.ts';

export interface ValidateOptions {
  /** Report repeated items of set and map lists. Built-in kinds leave that to their strategies. */
  listDuplicates: boolean;
}

/**
 * All structural complaints about `object`. With `old`, complaints about parts that did not change are tolerated
 * (ratcheting): equality is judged where old and new can be told to be the same place.
 */
export function validateObject(
  object: JsonObject,
  node: SchemaNode,
  options: ValidateOptions & { old?: JsonObject },
): FieldError[] {
  const errors = new Validator(options, false).run(object, node);
  if (errors.length === 0 || options.old === undefined) return errors;
  const changed = new Validator(options, true).run(object, node, options.old);
  if (!changed.some(isDuplicate)) return changed;
  // Once a stored object repeats items anywhere, no list of it is checked for that (apiextensions, on update).
  const stored = new Validator(options, false).run(options.old, node);
  return stored.some(isDuplicate) ? changed.filter((error) => !isDuplicate(error)) : changed;
}

function isDuplicate({ type }: FieldError): boolean {
  return type === 'Duplicate';
}

/** Of the object itself: these can't be compared with the past, both sides have been converted to the same version. */
const TYPE_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind']);

class Validator {
  #errors: FieldError[] = [];
  readonly #path: (string | number)[] = [];
  readonly #options: ValidateOptions;
  readonly #ratchets: boolean;

  constructor(options: ValidateOptions, ratchets: boolean) {
    this.#options = options;
    this.#ratchets = ratchets;
  }

  run(object: JsonObject, node: SchemaNode, old?: JsonObject): FieldError[] {
    this.#visit(object, node, old);
    return this.#errors;
  }

  #visit(value: unknown, node: SchemaNode, old: unknown): void {
    if (this.#ratchets && old !== undefined && jsonEqual(value, old)) return;
    if (!this.#hasType(value, node.schema)) {
      this.#typeError(value, node);
      return;
    }
    if (value === null) {
      if (node.schema.enum?.includes(null) === false) this.#enum(value, node.schema.enum);
      return;
    }
    this.#junctors(value, node);
    if (typeof value === 'string') this.#string(value, node);
    else if (typeof value === 'number') this.#number(value, node.schema);
    if (node.schema.enum !== undefined) this.#enum(value, node.schema.enum);
    if (Array.isArray(value)) this.#list(value, node, old);
    else if (isObject(value)) this.#object(value, node, old);
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
    for (const item of allowed) if (item === value || jsonEqual(item, value)) return;
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
    const { maximum, minimum, multipleOf, format } = schema;
    const isInteger = schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true;
    // Rounded already, and its text may be more than 64 bits: programs in Go could read no list with it.
    if (isInteger && !Number.isSafeInteger(value)) {
      this.#complain(value, 'is an integer beyond 2^53, which cannot be stored exactly');
      return;
    }
    if (format === 'int32' && (value > 2147483647 || value < -2147483648)) {
      const detail = `Checked value must be of type integer with format int32 in ${this.#field()}`;
      this.#errors.push(invalid('<nil>', '', detail));
    }
    if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
      this.#complain(value, `should be a multiple of ${multipleOf}`);
    }
    if (maximum !== undefined) {
      const isExclusive = schema.exclusiveMaximum === true;
      if (value > maximum || (isExclusive && value === maximum)) {
        this.#complain(value, `should be less than ${isExclusive ? '' : 'or equal to '}${maximum}`);
      }
    }
    if (minimum !== undefined) {
      const isExclusive = schema.exclusiveMinimum === true;
      if (value < minimum || (isExclusive && value === minimum)) {
        const bound = `${isExclusive ? '' : 'or equal to '}${minimum}`;
        this.#complain(value, `should be greater than ${bound}`);
      }
    }
  }

  #list(list: unknown[], node: SchemaNode, old: unknown): void {
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
    if (this.#options.listDuplicates && node.listType !== 'atomic') this.#duplicates(list, node);
    const items = node.items;
    if (items === undefined) return;
    const oldItem = this.#ratchets ? correlateItems(node, old) : undefined;
    for (let i = 0; i < list.length; i++) {
      this.#path.push(i);
      this.#visit(list[i], items, oldItem?.(list[i]));
      this.#path.pop();
    }
  }

  #duplicates(list: unknown[], node: SchemaNode): void {
    const seen = new Set<string>();
    for (let i = 0; i < list.length; i++) {
      const item = node.listType === 'map' ? listKeyValues(node, list[i]) : list[i];
      const identity = canonicalJson(item);
      if (seen.has(identity)) this.#errors.push(duplicate(`${this.#field()}[${i}]`, item));
      seen.add(identity);
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
    if (names !== undefined) {
      for (const name of names) {
        if (!Object.hasOwn(object, name)) this.#errors.push(required(this.#field(name)));
      }
    }
    if (node.isResource && this.#path.length > 0) this.#embedded(object);
    const oldObject = isObject(old) ? old : undefined;
    const isRoot = this.#path.length === 0;
    for (const key of Object.keys(object)) {
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
  }

  /** An embedded resource must say what it is. */
  #embedded(object: JsonObject): void {
    for (const name of ['apiVersion', 'kind']) {
      const value = object[name];
      if (value === undefined || value === '') {
        this.#errors.push(required(this.#field(name), 'must not be empty'));
      }
    }
  }

  #junctors(value: unknown, node: SchemaNode): void {
    const { anyOf, oneOf, allOf, not } = node.schema;
    if (anyOf !== undefined) this.#anyOf(value, node, anyOf);
    if (oneOf !== undefined) this.#oneOf(value, node, oneOf);
    if (allOf !== undefined) this.#allOf(value, node, allOf);
    if (not !== undefined && this.#attempt(value, node.nested(not)).length === 0) {
      this.#junctorError('must not validate the schema (not)');
    }
  }

  #anyOf(value: unknown, node: SchemaNode, schemas: Schema[]): void {
    let best: FieldError[] | undefined;
    for (const schema of schemas) {
      const errors = this.#attempt(value, node.nested(schema));
      if (errors.length === 0) return;
      if (best === undefined || errors.length < best.length) best = errors;
    }
    this.#junctorError('must validate at least one schema (anyOf)');
    this.#errors.push(...(best ?? []));
  }

  #oneOf(value: unknown, node: SchemaNode, schemas: Schema[]): void {
    const results = schemas.map((schema) => this.#attempt(value, node.nested(schema)));
    const valid = results.filter((errors) => errors.length === 0).length;
    if (valid === 1) return;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    this.#junctorError(`must validate one and only one schema (oneOf). ${found}`);
    if (valid > 0) return;
    const best = results.reduce((a, b) => (b.length < a.length ? b : a), results[0] ?? []);
    this.#errors.push(...best);
  }

  #allOf(value: unknown, node: SchemaNode, schemas: Schema[]): void {
    let valid = 0;
    for (const schema of schemas) {
      const errors = this.#attempt(value, node.nested(schema));
      if (errors.length === 0) valid++;
      else this.#errors.push(...errors);
    }
    if (valid === schemas.length) return;
    this.#junctorError(
      `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`,
    );
  }

  /** Errors of `value` against another schema of the same place, without keeping them. */
  #attempt(value: unknown, node: SchemaNode): FieldError[] {
    const kept = this.#errors;
    this.#errors = [];
    this.#visit(value, node, undefined);
    const errors = this.#errors;
    this.#errors = kept;
    return errors;
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
