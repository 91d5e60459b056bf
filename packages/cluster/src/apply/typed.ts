/**
 * Apply's view of values: which parts are owned one by one and which as a whole, and how they are compared, merged and
 * removed (structured-merge-diff `typed`).
 */
import { isObject, jsonEqual, own, put, type JsonObject } from '../schema/json.ts';
import { listKeyValues } from '../schema/list-keys.ts';
import type { SchemaNode } from '../schema/node.ts';
import {
  fieldElement,
  keyElement,
  NO_FIELDS,
  OWNED,
  readableElement,
  valueElement,
  type FieldEntry,
  type FieldSet,
} from './fields.ts';

type Node = SchemaNode | undefined;

/** `leaf`: owned as a whole. Without a schema objects are granular and lists atomic. */
type Shape = 'leaf' | 'map' | 'list';

function shapeOf(value: unknown, node: Node): Shape {
  if (isObject(value)) return node?.isAtomicMap === true ? 'leaf' : 'map';
  if (!Array.isArray(value) || node === undefined) return 'leaf';
  return node.listType === 'atomic' ? 'leaf' : 'list';
}

/** What tells an item of a set or map list from the others. */
export function itemElement(list: SchemaNode, item: unknown): string {
  return list.listType === 'map' ? keyElement(listKeyValues(list, item)) : valueElement(item);
}

/** The fields that applying `value` claims. */
export function claimedFields(value: unknown, node: Node): FieldSet {
  if (Array.isArray(value)) return claimedItems(value, node);
  if (!isObject(value)) return NO_FIELDS;
  const set = new Map<string, FieldEntry>();
  for (const key of Object.keys(value)) {
    const child = node?.child(key);
    const isDeclared = node?.properties.has(key) === true;
    set.set(fieldElement(key), claim(value[key], child, isDeclared));
  }
  return set;
}

function claimedItems(list: unknown[], node: Node): FieldSet {
  const set = new Map<string, FieldEntry>();
  if (node === undefined) return set;
  for (const item of list) {
    const children =
      shapeOf(item, node.items) === 'leaf' ? NO_FIELDS : claimedFields(item, node.items);
    set.set(itemElement(node, item), { owned: true, children });
  }
  return set;
}

/** A declared field is claimed through its content, if it has any; an entry of a map also by itself. */
function claim(value: unknown, node: Node, isDeclared: boolean): FieldEntry {
  const shape = shapeOf(value, node);
  if (shape === 'leaf') return OWNED;
  const children = claimedFields(value, node);
  return { owned: !isDeclared || children.size === 0, children };
}

export interface Comparison {
  /** Fields that are new or have another value. */
  changed: FieldSet;
  removed: FieldSet;
}

/** Differences between two objects. Both the parts and what holds them count when one side lacks them. */
export function compare(before: JsonObject, after: JsonObject, node: Node): Comparison {
  const difference = compareMaps(before, after, node);
  return {
    changed: difference.changed ?? NO_FIELDS,
    removed: difference.removed ?? NO_FIELDS,
  };
}

interface Difference<T> {
  changed?: T;
  removed?: T;
}

function compareValues(before: unknown, after: unknown, node: Node): Difference<FieldEntry> {
  if (before === after) return {};
  const shape = shapeOf(after === undefined ? before : after, node);
  const other = before === undefined || after === undefined ? shape : shapeOf(before, node);
  if (shape === 'leaf' || other !== shape) {
    if (after === undefined) return { removed: OWNED };
    return before === undefined || !jsonEqual(before, after) ? { changed: OWNED } : {};
  }
  const below =
    shape === 'map'
      ? compareMaps(asObject(before), asObject(after), node)
      : compareLists(asList(before), asList(after), node);
  const changed = below.changed ?? NO_FIELDS;
  const removed = below.removed ?? NO_FIELDS;
  const result: Difference<FieldEntry> = {};
  if (before === undefined) result.changed = { owned: true, children: changed };
  else if (changed.size > 0) result.changed = { owned: false, children: changed };
  if (after === undefined) result.removed = { owned: true, children: removed };
  else if (removed.size > 0) result.removed = { owned: false, children: removed };
  return result;
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Collects differences; the sets are made when there is something to put in. */
class Collector {
  readonly result: { changed?: Map<string, FieldEntry>; removed?: Map<string, FieldEntry> } = {};

  add(element: string, { changed, removed }: Difference<FieldEntry>): void {
    if (changed !== undefined) (this.result.changed ??= new Map()).set(element, changed);
    if (removed !== undefined) (this.result.removed ??= new Map()).set(element, removed);
  }
}

function compareMaps(before: JsonObject, after: JsonObject, node: Node): Difference<FieldSet> {
  const collector = new Collector();
  for (const key of Object.keys(after)) {
    const difference = compareValues(own(before, key), after[key], node?.child(key));
    collector.add(fieldElement(key), difference);
  }
  for (const key of Object.keys(before)) {
    if (Object.hasOwn(after, key)) continue;
    collector.add(fieldElement(key), compareValues(before[key], undefined, node?.child(key)));
  }
  return collector.result;
}

function compareLists(before: unknown[], after: unknown[], node: Node): Difference<FieldSet> {
  const collector = new Collector();
  if (node === undefined) return collector.result;
  const old = indexItems(before, node);
  const current = indexItems(after, node);
  for (const [element, item] of current) {
    collector.add(element, compareValues(old.get(element), item, node.items));
  }
  for (const [element, item] of old) {
    if (!current.has(element)) {
      collector.add(element, compareValues(item, undefined, node.items));
    }
  }
  return collector.result;
}

function indexItems(list: unknown[], node: SchemaNode): Map<string, unknown> {
  const index = new Map<string, unknown>();
  for (const item of list) {
    const element = itemElement(node, item);
    if (!index.has(element)) index.set(element, item);
  }
  return index;
}

/** `live` with everything `applied` says. Containers are new; leaves are shared with the inputs. */
export function mergeObjects(live: JsonObject, applied: JsonObject, node: Node): JsonObject {
  const result: JsonObject = { ...live };
  for (const key of Object.keys(applied)) {
    put(result, key, mergeValues(own(live, key), applied[key], node?.child(key)));
  }
  return result;
}

function mergeValues(live: unknown, applied: unknown, node: Node): unknown {
  if (live === undefined || live === null) return applied;
  const shape = shapeOf(applied, node);
  if (shape === 'leaf' || shapeOf(live, node) !== shape) return applied;
  if (shape === 'map') return mergeObjects(asObject(live), asObject(applied), node);
  return node === undefined ? applied : mergeLists(asList(live), asList(applied), node);
}

/**
 * Items of both lists. Applied items are in their applied order; items only in `live` keep their place relative to the
 * items both have.
 */
function mergeLists(live: unknown[], applied: unknown[], node: SchemaNode): unknown[] {
  const liveIndex = indexItems(live, node);
  const appliedItems = applied.map((item) => ({ item, element: itemElement(node, item) }));
  const appliedElements = new Set(appliedItems.map(({ element }) => element));
  const shared = appliedItems.filter(({ element }) => liveIndex.has(element));
  const result: unknown[] = [];
  let nextApplied = 0;
  let nextShared = 0;
  const takeApplied = (): string | undefined => {
    const taken = appliedItems[nextApplied];
    nextApplied += 1;
    if (taken === undefined) return undefined;
    result.push(mergeValues(liveIndex.get(taken.element), taken.item, node.items));
    if (shared[nextShared]?.element === taken.element) nextShared += 1;
    return taken.element;
  };
  const taken = new Set<string | undefined>();
  for (const item of live) {
    const element = itemElement(node, item);
    if (!appliedElements.has(element)) {
      result.push(item);
      continue;
    }
    if (taken.has(element) || shared[nextShared]?.element !== element) continue;
    while (nextApplied < appliedItems.length && !taken.has(element)) taken.add(takeApplied());
  }
  while (nextApplied < appliedItems.length) takeApplied();
  return result;
}

/** Which fields may go, and which stay whoever removes them. */
export interface Removal {
  /** What the manager owned before. */
  last: FieldSet;
  /** What anybody owns now. */
  kept: FieldSet;
}

/**
 * Removes fields of `last` that nobody owns any more, with all they hold. A container that becomes empty goes too, unless
 * somebody owns it.
 */
export function removeUnclaimed(object: JsonObject, node: Node, removal: Removal): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    const last = removal.last.get(fieldElement(key));
    if (last === undefined) {
      put(result, key, value);
      continue;
    }
    const kept = removal.kept.get(fieldElement(key));
    const isDeclared = node?.properties.has(key) === true;
    if (isMember(last, isDeclared) && !isMember(kept, isDeclared)) continue;
    const below = { last: last.children, kept: kept?.children ?? NO_FIELDS };
    const reduced = removeBelow(value, node?.child(key), below);
    const isEmptied = sizeOf(reduced) === 0 && sizeOf(value) > 0;
    if (!isEmptied || kept?.owned === true) put(result, key, reduced);
  }
  return result;
}

/** A declared field is in a set with its content; map entries and list items only by themselves. */
function isMember(entry: FieldEntry | undefined, isDeclared: boolean): boolean {
  return entry !== undefined && (entry.owned || (isDeclared && entry.children.size > 0));
}

function removeBelow(value: unknown, node: Node, removal: Removal): unknown {
  if (removal.last.size === 0) return value;
  const shape = shapeOf(value, node);
  if (shape === 'map') return removeUnclaimed(asObject(value), node, removal);
  if (shape === 'leaf' || node === undefined) return value;
  const result: unknown[] = [];
  for (const item of asList(value)) {
    const element = itemElement(node, item);
    const last = removal.last.get(element);
    const kept = removal.kept.get(element);
    if (last?.owned === true && kept?.owned !== true) continue;
    const below = { last: last?.children ?? NO_FIELDS, kept: kept?.children ?? NO_FIELDS };
    result.push(removeBelow(item, node.items, below));
  }
  return result;
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 1;
}

/** The first reason why `value` cannot be applied: a list item that cannot be told from the others. */
export function identityProblem(value: unknown, node: Node, path = ''): string | undefined {
  const shape = shapeOf(value, node);
  if (shape === 'map') {
    for (const [key, item] of Object.entries(asObject(value))) {
      const problem = identityProblem(item, node?.child(key), `${path}.${key}`);
      if (problem !== undefined) return problem;
    }
  } else if (shape === 'list' && node !== undefined) {
    return listProblem(asList(value), node, path);
  }
  return undefined;
}

function listProblem(list: unknown[], node: SchemaNode, path: string): string | undefined {
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const keys = node.listType === 'map' ? listKeyValues(node, item) : {};
    const missing = node.listKeys.find((key) => keys[key] === undefined);
    if (node.listType === 'map' && missing !== undefined) {
      return `${path}: element ${i}: associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
    }
    const element = itemElement(node, item);
    if (seen.has(element)) return `${path}: duplicate entries for key ${readableElement(element)}`;
    seen.add(element);
    const problem = identityProblem(item, node.items, `${path}[${i}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
