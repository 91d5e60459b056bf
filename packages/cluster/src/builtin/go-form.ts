/**
 * The form in which a Go program writes a built-in object: structs and fields without `omitempty` are always there (`{}`,
 * `null`, `0`, `""`), other fields are left out when they hold nothing. Objects have this form in answers, for webhooks
 * and wherever two of them are compared.
 */
import { isObject, put, type JsonObject } from '../schema/json.ts';
import type { Field, FieldType, Scalar, TypeSet } from './types.ts';
import { objectTypeOf } from './types.ts';

interface FieldPlan {
  name: string;
  type: FieldType;
  /** A zero in it is nothing. */
  hasZero: boolean;
  /** What stands for nothing; undefined for a field that is left out. */
  zero: unknown;
  /** The type of the objects in it. */
  below: string | undefined;
}

interface TypePlan {
  byName: ReadonlyMap<string, FieldPlan>;
  /** Fields that are always there. */
  always: FieldPlan[];
}

/** Stands for an object that is made anew each time. */
const STRUCT = Symbol('struct');

const ZEROS: Partial<Record<Scalar, unknown>> = {
  string: '',
  bytes: null,
  int32: 0,
  int64: 0,
  double: 0,
  bool: false,
};

/** Structs that Go encodes as one value. */
const SCALAR_STRUCTS: Partial<Record<Scalar, unknown>> = {
  Time: null,
  MicroTime: null,
  RawExtension: null,
  Quantity: '0',
  IntOrString: 0,
};

/** Go forms of the types of one set. Plans are made when a type is first seen. */
export class GoForm {
  readonly #types: TypeSet;
  readonly #plans = new Map<string, TypePlan>();

  constructor(types: TypeSet) {
    this.#types = types;
  }

  /** Brings `object` into this form, in place. Values of the wrong shape are left for validation. */
  apply(object: JsonObject, type: string): void {
    const { byName, always } = this.#plan(type);
    for (const key of Object.keys(object)) {
      const field = byName.get(key);
      if (field === undefined) continue;
      if (isNothing(object[key], field)) {
        if (field.zero === undefined || object[key] !== field.zero) delete object[key];
      } else if (field.below !== undefined) this.#inside(object[key], field.type, field.below);
    }
    for (const { name, zero, below } of always) {
      if (Object.hasOwn(object, name)) continue;
      if (zero !== STRUCT || below === undefined) put(object, name, zero);
      else {
        const made: JsonObject = {};
        this.apply(made, below);
        put(object, name, made);
      }
    }
  }

  #inside(value: unknown, type: FieldType, below: string): void {
    if (Array.isArray(value) && type.form === 'list') {
      value.forEach((item, index) => {
        // A null item is a struct without values.
        if (item === null && type.items.form === 'object') value[index] = {};
        this.#inside(value[index], type.items, below);
      });
    } else if (isObject(value)) {
      if (type.form === 'object') this.apply(value, below);
      else if (type.form === 'map') {
        for (const item of Object.values(value)) this.#inside(item, type.values, below);
      }
    }
  }

  #plan(type: string): TypePlan {
    const known = this.#plans.get(type);
    if (known !== undefined) return known;
    const fields = this.#fields(type);
    const plan = {
      byName: new Map(fields.map((field) => [field.name, field])),
      always: fields.filter(({ zero }) => zero !== undefined),
    };
    this.#plans.set(type, plan);
    return plan;
  }

  #fields(type: string): FieldPlan[] {
    const { fields, isKind } = this.#types.get(type);
    return fields.flatMap((field) => {
      // Metadata of objects is the server's; only that of templates has the form of any part.
      if (isKind && field.name === 'metadata') return [];
      if (type === 'meta.ObjectMeta' && field.name === 'creationTimestamp') return [];
      if (field.name === '' && field.type.form === 'object') return this.#fields(field.type.type);
      return [fieldPlan(field)];
    });
  }
}

function fieldPlan({ name, type, isPointer, keepsZero, default: fallback }: Field): FieldPlan {
  const isStruct =
    type.form === 'object' ||
    (type.form === 'scalar' && Object.hasOwn(SCALAR_STRUCTS, type.scalar));
  // What holds nothing gets its default, which is not nothing.
  const isAlways = (keepsZero || (isStruct && !isPointer)) && fallback === undefined;
  const zero = isAlways ? zeroOf(type, isPointer) : undefined;
  const hasZero = !isPointer && type.form === 'scalar' && Object.hasOwn(ZEROS, type.scalar);
  return { name, type, hasZero, zero, below: objectTypeOf(type) };
}

function zeroOf(type: FieldType, isPointer: boolean): unknown {
  if (isPointer || type.form === 'list' || type.form === 'map') return null;
  if (type.form === 'object') return STRUCT;
  return SCALAR_STRUCTS[type.scalar] ?? ZEROS[type.scalar] ?? null;
}

/** Whether Go cannot tell the value from none. */
function isNothing(value: unknown, { type, hasZero }: FieldPlan): boolean {
  if (value === null || value === undefined) return true;
  if (type.form === 'list') return Array.isArray(value) && value.length === 0;
  if (type.form === 'map') return isObject(value) && Object.keys(value).length === 0;
  return hasZero && (value === '' || value === 0 || value === false);
}
