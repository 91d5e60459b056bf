/**
 * What decoding into Go types does to any built-in object: amounts get their canonical text, and an empty string in a field
 * with a default or fixed values counts as absent. Walks only the parts of a type where there is something to do.
 */
import { invalid } from '../schema/field-error.ts';
import { isObject, put, type JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { canonicalQuantity, QUANTITY_ERROR, quantityNanos } from './quantity.ts';
import type { Field, FieldType, TypeSet } from './types.ts';
import { objectTypeOf } from './types.ts';

interface Step {
  field: Field;
  /** The type below, where something is to do. */
  below?: string;
}

/** Normal forms of the types of one set. Plans are made when a type is first seen. */
export class NormalForm {
  readonly #types: TypeSet;
  readonly #plans = new Map<string, Step[]>();

  constructor(types: TypeSet) {
    this.#types = types;
  }

  /** Brings `object` into normal form, in place. Values of the wrong shape are left for validation. */
  apply(object: JsonObject, type: string): void {
    for (const { field, below } of this.#plan(type)) {
      if (field.name === '') {
        if (below !== undefined) this.apply(object, below);
        continue;
      }
      const value = object[field.name];
      if (value === undefined || value === null) continue;
      if (below !== undefined) eachObject(value, field.type, (item) => this.apply(item, below));
      else if (value === '' && !isAmount(field.type)) delete object[field.name];
      else if (isResourceList(field.type)) normaliseAmounts(value);
      else if (isAmount(field.type)) normaliseAmount(object, field.name);
    }
  }

  /** Amounts that are none. `path` is that of `object`, empty or with a dot at its end. */
  problems(object: JsonObject, type: string, path = ''): FieldError[] {
    return this.#plan(type).flatMap(({ field, below }) => {
      if (field.name === '') return below === undefined ? [] : this.problems(object, below, path);
      const value = object[field.name];
      const place = `${path}${field.name}`;
      if (below !== undefined) {
        const errors: FieldError[] = [];
        eachObject(value, field.type, (item, key) => {
          errors.push(...this.problems(item, below, `${place}${key}.`));
        });
        return errors;
      }
      if (!isAmount(field.type)) return [];
      if (field.type.form !== 'map') return amountProblems(place, value);
      if (!isObject(value)) return [];
      return Object.keys(value).flatMap((key) => amountProblems(`${place}[${key}]`, value[key]));
    });
  }

  #plan(type: string): Step[] {
    const known = this.#plans.get(type);
    if (known !== undefined) return known;
    const steps: Step[] = [];
    this.#plans.set(type, steps);
    for (const field of this.#types.get(type).fields) {
      const below = objectTypeOf(field.type);
      if (below !== undefined) {
        if (this.#plan(below).length > 0) steps.push({ field, below });
      } else if (isAmount(field.type) || dropsEmpty(field)) steps.push({ field });
    }
    return steps;
  }
}

function isAmount(type: FieldType): boolean {
  if (type.form === 'map') return isAmount(type.values);
  return type.form === 'scalar' && type.scalar === 'Quantity';
}

function isResourceList(type: FieldType): boolean {
  return type.form === 'map' && isAmount(type);
}

function dropsEmpty(field: Field): boolean {
  if (field.type.form !== 'scalar' || field.type.scalar !== 'string' || field.isPointer)
    return false;
  return field.enum !== undefined || (field.default !== undefined && field.default !== '');
}

/** `key` is what stands behind the field in a path: `[0]`, `[name]` or nothing. */
function eachObject(
  value: unknown,
  type: FieldType,
  visit: (item: JsonObject, key: string) => void,
): void {
  if (type.form === 'list') {
    if (!Array.isArray(value)) return;
    value.forEach((item, index) => {
      if (isObject(item)) visit(item, `[${index}]`);
    });
  } else if (!isObject(value)) {
    return;
  } else if (type.form === 'map') {
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (isObject(item)) visit(item, `[${key}]`);
    }
  } else visit(value, '');
}

function normaliseAmount(object: JsonObject, key: string): void {
  const value = object[key];
  if (typeof value !== 'string' && typeof value !== 'number') return;
  const text = canonicalQuantity(value, { isExact: true });
  // What did not change may be shared with a stored object.
  if (text !== undefined && text !== value) object[key] = text;
}

function normaliseAmounts(amounts: unknown): void {
  if (!isObject(amounts)) return;
  for (const key of Object.keys(amounts)) {
    const value = amounts[key];
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = canonicalQuantity(value);
    if (text !== undefined && text !== value) put(amounts, key, text);
  }
}

function amountProblems(path: string, value: unknown): FieldError[] {
  if (value === undefined || value === null || quantityNanos(value) !== undefined) return [];
  return [invalid(path, value, QUANTITY_ERROR)];
}
