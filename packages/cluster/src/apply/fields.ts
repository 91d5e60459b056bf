/**
 * Sets of field paths, as server-side apply records them in `managedFields[].fieldsV1`. A path element is kept in its
 * FieldsV1 form: `f:name` a field, `k:{"name":"a"}` an item of a map list, `v:"x"` an item of a set, `i:0` an index.
 */
import { canonicalJson, isObject, put, type JsonObject } from '../schema/json.ts';

/** Paths below one place. Never changed once it is built; never holds entries that own nothing. */
export type FieldSet = ReadonlyMap<string, FieldEntry>;

export interface FieldEntry {
  /** The place itself belongs to the set, not only places below it. */
  readonly owned: boolean;
  readonly children: FieldSet;
}

export const NO_FIELDS: FieldSet = new Map();
export const OWNED: FieldEntry = { owned: true, children: NO_FIELDS };

export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** Keys in the order of their names, so that equal items have equal elements. */
export function keyElement(keys: JsonObject): string {
  return `k:${canonicalJson(keys)}`;
}

export function valueElement(value: unknown): string {
  return `v:${canonicalJson(value)}`;
}

/** Reads FieldsV1; what is not understood is skipped. */
export function parseFields(fields: unknown): FieldSet {
  if (!isObject(fields)) return NO_FIELDS;
  const set = new Map<string, FieldEntry>();
  for (const element of Object.keys(fields)) {
    const name = canonicalElement(element);
    if (name === undefined) continue;
    const value = fields[element];
    if (isObject(value) && isEmptyObject(value)) {
      set.set(name, OWNED);
      continue;
    }
    const owned = isObject(value) && Object.hasOwn(value, '.');
    const children = parseFields(value);
    if (owned || children.size > 0) set.set(name, { owned, children });
  }
  return set;
}

function isEmptyObject(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

/** One key whose name and value need no escapes: equal items have equal elements as they are. */
const SIMPLE_KEY = /^k:\{"[^"\\]*":"[^"\\]*"\}$/;

function canonicalElement(element: string): string | undefined {
  const kind = element.slice(0, 2);
  if (kind === 'f:' || kind === 'i:') return element;
  if (kind !== 'k:' && kind !== 'v:') return undefined;
  if (SIMPLE_KEY.test(element)) return element;
  const text = element.slice(2);
  try {
    return kind + canonicalJson(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Writes FieldsV1 with sorted elements. */
export function formatFields(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  for (const element of [...set.keys()].sort()) {
    const entry = set.get(element);
    if (entry === undefined) continue;
    const below = formatFields(entry.children);
    const isBoth = entry.owned && entry.children.size > 0;
    put(fields, element, isBoth ? { '.': {}, ...below } : below);
  }
  return fields;
}

/** Paths of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const result = new Map(a);
  for (const [element, entry] of b) {
    const other = result.get(element);
    result.set(
      element,
      other === undefined
        ? entry
        : {
            owned: entry.owned || other.owned,
            children: union(other.children, entry.children),
          },
    );
  }
  return result;
}

/** Paths of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => ({
    owned: x.owned && y.owned,
    children: intersection(x.children, y.children),
  }));
}

/** Paths of `a` that `b` does not have. Paths below a path of `b` stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return a;
  const result = new Map<string, FieldEntry>();
  let isSame = true;
  for (const [element, entry] of a) {
    const other = b.get(element);
    if (other === undefined) {
      result.set(element, entry);
      continue;
    }
    const owned = entry.owned && !other.owned;
    const children = difference(entry.children, other.children);
    isSame &&= owned === entry.owned && children === entry.children;
    if (owned || children.size > 0) result.set(element, { owned, children });
  }
  return isSame ? a : result;
}

function combine(
  a: FieldSet,
  b: FieldSet,
  merge: (x: FieldEntry, y: FieldEntry) => FieldEntry,
): FieldSet {
  if (a.size === 0 || b.size === 0) return NO_FIELDS;
  const result = new Map<string, FieldEntry>();
  for (const [element, entry] of a) {
    const other = b.get(element);
    if (other === undefined) continue;
    const merged = merge(entry, other);
    if (merged.owned || merged.children.size > 0) result.set(element, merged);
  }
  return result;
}

export function sameFields(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [element, entry] of a) {
    const other = b.get(element);
    if (other === undefined || other.owned !== entry.owned) return false;
    if (!sameFields(entry.children, other.children)) return false;
  }
  return true;
}

/**
 * Every path of the set as people read it: `.spec.containers[name="a"].image`. Paths of one place come before those
 * below it, each in order.
 */
export function* fieldPaths(set: FieldSet, prefix = ''): Iterable<string> {
  const elements = [...set.keys()].sort();
  for (const element of elements) {
    if (set.get(element)?.owned === true) yield prefix + readableElement(element);
  }
  for (const element of elements) {
    const below = set.get(element)?.children ?? NO_FIELDS;
    if (below.size > 0) yield* fieldPaths(below, prefix + readableElement(element));
  }
}

/** `[name="a"]`, `[="x"]`, `.field` */
export function readableElement(element: string): string {
  const text = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${text}`;
    case 'k:': {
      const keys = JSON.parse(text) as JsonObject;
      const parts = Object.keys(keys).map((key) => `${key}=${JSON.stringify(keys[key])}`);
      return `[${parts.join(',')}]`;
    }
    case 'v:':
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}
