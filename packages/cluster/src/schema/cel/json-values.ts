/** Decoded JSON as CEL values, seen without a schema or through adapters made from one. Nothing is converted before it is used. */
import { escapeName, unescapeName } from '../cel-escape.ts';
import { isObject, jsonEqual, own, type JsonObject } from '../json.ts';
import type { Opaque } from './values.ts';
import { CelError, List, MapValue, type Value, valuesEqual } from './values.ts';
import { ValueSet } from './value-set.ts';

/** Gives the CEL value of a JSON value. */
export type Adapt = (json: unknown) => Value;

/** JSON without a schema: whole numbers are int, all others double. */
export function plainValue(json: unknown): Value {
  switch (typeof json) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return json;
    case 'number':
      return Number.isSafeInteger(json) ? BigInt(json) : json;
    default:
      if (Array.isArray(json)) return new JsonList(json, plainValue);
      return isObject(json) ? new PlainMap(json) : null;
  }
}

/** How items of a list are told apart, when order does not count. */
export type ListIdentity = { kind: 'set' } | { kind: 'map'; keys: readonly string[] };

/** A JSON array. */
export class JsonList extends List {
  readonly json: readonly unknown[];
  readonly #adapt: Adapt;
  readonly #identity: ListIdentity | undefined;

  constructor(json: readonly unknown[], adapt: Adapt, identity?: ListIdentity) {
    super();
    this.json = json;
    this.#adapt = adapt;
    this.#identity = identity;
  }

  get size(): number {
    return this.json.length;
  }

  at(index: number): Value {
    return this.#adapt(this.json[index]);
  }

  override equals(other: Opaque, work: { count: number }): boolean {
    if (other instanceof JsonList && other.json === this.json) return true;
    if (this.#identity === undefined) return super.equals(other, work);
    if (!(other instanceof List) || other.size !== this.size) return false;
    return sameItems(this, other, this.#identity);
  }

  /** Union of sets, merge of map lists: what is there keeps its place. */
  override concat(other: List): List {
    if (this.#identity === undefined) return super.concat(other);
    return new UniqueList(merge(this, other, this.#identity), this.#identity);
  }
}

/** What joining two sets or two map lists gives. */
class UniqueList extends List {
  readonly #items: readonly Value[];
  readonly #identity: ListIdentity;
  constructor(items: readonly Value[], identity: ListIdentity) {
    super();
    this.#items = items;
    this.#identity = identity;
  }
  get size(): number {
    return this.#items.length;
  }
  at(index: number): Value {
    return this.#items[index]!;
  }
  override equals(other: Opaque): boolean {
    return (
      other instanceof List && other.size === this.size && sameItems(this, other, this.#identity)
    );
  }
  override concat(other: List): List {
    return new UniqueList(merge(this, other, this.#identity), this.#identity);
  }
}

function itemKey(item: Value, keys: readonly string[]): string {
  if (!(item instanceof MapValue)) return '';
  return JSON.stringify(keys.map((key) => String(item.get(escapeName(key) ?? key))));
}

function sameItems(a: List, b: List, identity: ListIdentity): boolean {
  if (identity.kind === 'set') {
    const known = new ValueSet(a);
    return [...b].every((item) => known.has(item));
  }
  const index = new Map([...a].map((item) => [itemKey(item, identity.keys), item]));
  return [...b].every((item) => {
    const counterpart = index.get(itemKey(item, identity.keys));
    return counterpart !== undefined && valuesEqual(counterpart, item);
  });
}

function merge(a: List, b: List, identity: ListIdentity): Value[] {
  const items = [...a];
  if (identity.kind === 'set') {
    const known = new ValueSet(items);
    return [...items, ...[...b].filter((item) => known.add(item))];
  }
  const places = new Map(items.map((item, i) => [itemKey(item, identity.keys), i]));
  for (const item of b) {
    const place = places.get(itemKey(item, identity.keys));
    if (place === undefined) items.push(item);
    else items[place] = item;
  }
  return items;
}

/** A JSON object whose keys are data: no schema, or `additionalProperties`. */
export class JsonMap extends MapValue {
  readonly json: JsonObject;
  readonly #adapt: Adapt;
  constructor(json: JsonObject, adapt: Adapt) {
    super();
    this.json = json;
    this.#adapt = adapt;
  }
  get size(): number {
    return Object.keys(this.json).length;
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined;
    const json = own(this.json, key);
    return json === undefined ? undefined : this.#adapt(json);
  }
  has(key: Value): boolean {
    return typeof key === 'string' && Object.hasOwn(this.json, key);
  }
  keys(): Value[] {
    return Object.keys(this.json);
  }
}

/** A JSON object without a schema: fields answer to their escaped names as well. */
class PlainMap extends JsonMap {
  constructor(json: JsonObject) {
    super(json, plainValue);
  }
  override get(key: Value): Value | undefined {
    return super.get(this.#known(key));
  }
  override has(key: Value): boolean {
    return super.has(this.#known(key));
  }
  #known(key: Value): Value {
    if (typeof key !== 'string' || super.has(key) || !key.includes('__')) return key;
    return unescapeName(key) ?? key;
  }
}

/** Fields of an object by their CEL names. */
export type Fields = ReadonlyMap<string, { property: string; adapt: Adapt }>;

/** A JSON object with declared fields; others are not visible, but count for equality. */
export class JsonRecord extends MapValue {
  readonly json: JsonObject;
  readonly #fields: Fields;
  constructor(json: JsonObject, fields: Fields) {
    super();
    this.json = json;
    this.#fields = fields;
  }
  get size(): number {
    return this.keys().length;
  }
  get(key: Value): Value | undefined {
    const field = typeof key === 'string' ? this.#fields.get(key) : undefined;
    const json = field && own(this.json, field.property);
    // A field that is null is not there.
    return field === undefined || json === undefined || json === null
      ? undefined
      : field.adapt(json);
  }
  has(key: Value): boolean {
    const field = typeof key === 'string' ? this.#fields.get(key) : undefined;
    return field !== undefined && (own(this.json, field.property) ?? null) !== null;
  }
  keys(): Value[] {
    const names: string[] = [];
    for (const [name, { property }] of this.#fields) {
      if (Object.hasOwn(this.json, property)) names.push(name);
    }
    return names;
  }
  override equals(other: Opaque, work: { count: number }): boolean {
    if (!(other instanceof JsonRecord)) return super.equals(other, work);
    if (this.json === other.json) return true;
    const keys = Object.keys(this.json);
    if (keys.length !== Object.keys(other.json).length) return false;
    const adapters = new Map(
      [...this.#fields.values()].map((field) => [field.property, field.adapt]),
    );
    return keys.every((key) => {
      if (!Object.hasOwn(other.json, key)) return false;
      const adapt = adapters.get(key);
      if (adapt === undefined) return jsonEqual(this.json[key], other.json[key]);
      return valuesEqual(adapt(this.json[key]), adapt(other.json[key]), work);
    });
  }
}

/** An object whose fields are evaluated when they are used, and then kept. */
export class LazyRecord extends MapValue {
  readonly #names: ReadonlySet<string>;
  readonly #resolve: (name: string) => Value;
  constructor(names: ReadonlySet<string>, resolve: (name: string) => Value) {
    super();
    this.#names = names;
    this.#resolve = resolve;
  }
  get size(): number {
    return this.#names.size;
  }
  get(key: Value): Value | undefined {
    return typeof key === 'string' && this.#names.has(key) ? this.#resolve(key) : undefined;
  }
  has(key: Value): boolean {
    return typeof key === 'string' && this.#names.has(key);
  }
  keys(): Value[] {
    return [...this.#names];
  }
}

/** A value that does not fit its schema; only objects that skipped validation have one. */
export function misfit(expected: string, json: unknown): CelError {
  const actual = json === null ? '<nil>' : Array.isArray(json) ? '[]interface {}' : typeof json;
  return new CelError(`invalid data, expected ${expected}, got ${actual}`);
}

/** Back to plain JavaScript: numbers for int and double, arrays, objects; `undefined` for what JSON cannot say. */
export function toJson(value: Value): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number(value);
    case 'string':
    case 'boolean':
    case 'number':
      return value;
    default:
      if (value === null) return null;
      if (value instanceof JsonMap || value instanceof JsonRecord || value instanceof JsonList) {
        return value.json;
      }
      if (value instanceof List) return [...value].map(toJson);
      if (!(value instanceof MapValue)) return undefined;
      return Object.fromEntries(value.keys().map((key) => [String(key), toJson(value.get(key)!)]));
  }
}
