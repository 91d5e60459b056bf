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
  valueElement,
  type FieldEntry,
  type FieldSet,
} from './fields.ts';

type Node = SchemaNode | undefined;

/** `leaf`: owned as a whole. */
export type Shape = 'leaf' | 'map' | 'list';

/** How a value is owned. Without a schema objects are granular and lists atomic. */
export function shapeOf(value: unknown, node: Node): Shape {
  if (isObject(value)) return node?.isAtomicMap === true ? 'leaf' : 'map';
  if (!Array.isArray(value) || node === undefined) return 'leaf';
  return node.listType === 'atomic' ? 'leaf' : 'list';
}

/** What tells an item of a set or map list from the others. */
export function itemElement(list: SchemaNode, item: unknown): string {
  if (list.listType !== 'map') return valueElement(item);
  const [key = ''] = list.listKeys;
  const value = list.listKeys.length === 1 && isObject(item) ? own(item, key) : undefined;
  // By far the most frequent case, and the costliest part of applying long lists.
  if (typeof value === 'string') return `k:{${JSON.stringify(key)}:${JSON.stringify(value)}}`;
  return keyElement(listKeyValues(list, item));
}

/** The fields that applying `value` claims. */
export function claimedFields(value: unknown, node: Node): FieldSet {
  if (Array.isArray(value)) return claimedItems(value, node);
  if (!isObject(value)) return NO_FIELDS;
  const set = new Map<string, FieldEntry>();
  for (const key of Object.keys(value)) {
    const isDeclared = node?.properties.has(key) === true;
    const entry = claim(value[key], node?.child(key), isDeclared);
    if (entry !== undefined) set.set(fieldElement(key), entry);
  }
  return set;
}

function claimedItems(list: unknown[], node: Node): FieldSet {
  const set = new Map<string, FieldEntry>();
  if (node === undefined) return set;
  for (const item of list) {
    const element = itemElement(node, item);
    const isLeaf = set.has(element) || shapeOf(item, node.items) === 'leaf';
    set.set(element, isLeaf ? OWNED : { owned: true, children: claimedFields(item, node.items) });
  }
  return set;
}

/**
 * A declared field is claimed through its content; an entry of a map also by itself, and so is an empty object. An empty
 * list claims nothing, unless it is atomic.
 */
function claim(value: unknown, node: Node, isDeclared: boolean): FieldEntry | undefined {
  const shape = shapeOf(value, node);
  if (shape === 'leaf') return OWNED;
  const children = claimedFields(value, node);
  const owned = !isDeclared || (shape === 'map' && sizeOf(value) === 0);
  return owned || children.size > 0 ? { owned, children } : undefined;
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
  const shape = shapeOf(after ?? before, node);
  // null takes the shape of the other side; two sides without content are a leaf, so that null and {} can be told apart.
  const other = isAbsent(before) || isAbsent(after) ? shape : shapeOf(before, node);
  const isEmpty = sizeOf(before ?? []) === 0 && sizeOf(after ?? []) === 0;
  if (other !== shape) return compareShapes(before, after, node);
  if (shape === 'leaf' || isEmpty) {
    if (after === undefined) return { removed: OWNED };
    return before === undefined || !jsonEqual(before, after) ? { changed: OWNED } : {};
  }
  const below = contents(before, after, node);
  const changed = below.changed ?? NO_FIELDS;
  const removed = below.removed ?? NO_FIELDS;
  const result: Difference<FieldEntry> = {};
  if (before === undefined) result.changed = { owned: true, children: changed };
  else if (changed.size > 0) result.changed = { owned: false, children: changed };
  if (after === undefined) result.removed = { owned: true, children: removed };
  else if (removed.size > 0) result.removed = { owned: false, children: removed };
  return result;
}

/** The value has another shape now: what the old one held is removed, what the new one holds is added. */
function compareShapes(before: unknown, after: unknown, node: Node): Difference<FieldEntry> {
  const { removed } = contents(before, undefined, node);
  const { changed = NO_FIELDS } = contents(undefined, after, node);
  const result: Difference<FieldEntry> = { changed: { owned: true, children: changed } };
  if (removed !== undefined) result.removed = { owned: false, children: removed };
  return result;
}

function contents(before: unknown, after: unknown, node: Node): Difference<FieldSet> {
  switch (shapeOf(after ?? before, node)) {
    case 'map':
      return compareMaps(asObject(before), asObject(after), node);
    case 'list':
      return compareLists(asList(before), asList(after), node);
    case 'leaf':
      return {};
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
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
  const old = groupItems(before, node);
  const current = groupItems(after, node);
  for (const [element, items] of current) {
    compareItems(collector, { element, before: old.get(element) ?? [], after: items }, node.items);
  }
  for (const [element, items] of old) {
    if (!current.has(element)) {
      compareItems(collector, { element, before: items, after: [] }, node.items);
    }
  }
  return collector.result;
}

interface ItemGroup {
  element: string;
  before: unknown[];
  after: unknown[];
}

/** Items that cannot be told apart are one leaf. */
function compareItems(
  collector: Collector,
  { element, before, after }: ItemGroup,
  node: Node,
): void {
  if (before.length <= 1 && after.length <= 1) {
    collector.add(element, compareValues(before[0], after[0], node));
  } else if (before.length > 1 && after.length > 1) {
    if (!jsonEqual(before, after)) collector.add(element, { changed: OWNED });
  } else if (before.length > 1) {
    const changed =
      after.length === 0 ? undefined : compareValues(undefined, after[0], node).changed;
    collector.add(element, { ...(changed && { changed }), removed: OWNED });
  } else {
    const removed =
      before.length === 0 ? undefined : compareValues(before[0], undefined, node).removed;
    collector.add(element, { changed: OWNED, ...(removed && { removed }) });
  }
}

function groupItems(list: unknown[], node: SchemaNode): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(node, item);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}

/**
 * `live` with everything `applied` says. What does not change is shared with `live`, which makes comparing the two cheap;
 * the rest may be shared with `applied`.
 */
export function mergeObjects(live: JsonObject, applied: JsonObject, node: Node): JsonObject {
  let result: JsonObject | undefined;
  for (const key of Object.keys(applied)) {
    const current = own(live, key);
    const merged = mergeValues(current, applied[key], node?.child(key));
    if (merged === current && Object.hasOwn(live, key)) continue;
    result ??= { ...live };
    put(result, key, merged);
  }
  return result ?? live;
}

function mergeValues(live: unknown, applied: unknown, node: Node): unknown {
  if (isAbsent(live)) return applied;
  // null has no content to add to a list or object.
  if (applied === null && sizeOf(live) > 0 && shapeOf(live, node) !== 'leaf') return live;
  const shape = shapeOf(applied, node);
  if (shape === 'leaf' || shapeOf(live, node) !== shape) {
    return jsonEqual(live, applied) ? live : applied;
  }
  if (shape === 'map') return mergeObjects(asObject(live), asObject(applied), node);
  return node === undefined ? applied : mergeLists(asList(live), asList(applied), node);
}

/**
 * Items of both lists. Applied items are in their applied order; items only in `live` keep their place relative to the
 * items both have. Several live items with the key of an applied one give way to it.
 */
function mergeLists(live: unknown[], applied: unknown[], node: SchemaNode): unknown[] {
  const elements = live.map((item) => itemElement(node, item));
  const index = new Map<string, unknown>();
  for (const [i, element] of elements.entries()) {
    index.set(element, index.has(element) ? undefined : live[i]);
  }
  const wanted = applied.map((item) => itemElement(node, item));
  const isWanted = new Set(wanted);
  const shared = wanted.filter((element) => index.has(element));
  const result: unknown[] = [];
  const taken = new Set<string>();
  let next = 0;
  let nextShared = 0;
  const take = (): void => {
    const element = wanted[next] ?? '';
    taken.add(element);
    result.push(mergeValues(index.get(element), applied[next], node.items));
    next += 1;
    if (shared[nextShared] === element) nextShared += 1;
  };
  for (const [i, element] of elements.entries()) {
    if (!isWanted.has(element)) result.push(live[i]);
    else if (!taken.has(element) && shared[nextShared] === element) {
      while (!taken.has(element)) take();
    }
  }
  while (next < wanted.length) take();
  const isSame = result.length === live.length && result.every((item, i) => item === live[i]);
  return isSame ? live : result;
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
