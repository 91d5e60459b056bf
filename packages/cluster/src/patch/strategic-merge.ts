/**
 * Strategic merge patch (apimachinery `strategicpatch`): lists of built-in kinds are merged by key, and directives in the
 * patch replace, delete, keep or order.
 */
import { cloneJson, isObject, own, put, type JsonObject } from '../schema/json.ts';
import { rootNodeOf, type SchemaNode } from '../schema/node.ts';
import type { SchemaSource } from '../schema/schema.ts';
import { malformedPatch, unexpectedPatch, type PatchError } from './errors.ts';
import { goText, goTypeName, goTypeOf } from './go-text.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

export interface StrategicMergeInput {
  original: JsonObject;
  patch: unknown;
  /** Patch strategies and merge keys of the kind. */
  source: SchemaSource;
}

/**
 * The patched object. What the schema does not know is merged when it is an object and replaced otherwise. `null` changes
 * nothing.
 * @throws PatchError for what is no patch, and for directives and merge keys that cannot be used
 */
export function applyStrategicMerge({ original, patch, source }: StrategicMergeInput): JsonObject {
  if (patch === null) return cloneJson(original);
  if (!isObject(patch)) {
    throw malformedPatch(
      `json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return mergeObject(cloneJson(original), patch, rootNodeOf(source));
}

function mergeObject(
  original: JsonObject,
  patch: JsonObject,
  node: SchemaNode | undefined,
): JsonObject {
  const directive = own(patch, DIRECTIVE);
  if (directive === 'replace') return clean(without(patch, DIRECTIVE));
  if (directive === 'delete') return {};
  if (directive !== undefined) throw unknownPatchType(directive, patch);
  const result = retainKeys(original, patch);
  const ordered = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(ELEMENT_ORDER)) continue;
    const field = key.slice(ELEMENT_ORDER.length);
    ordered.add(field);
    orderedMerge(result, patch, { field, node: node?.child(field) });
  }
  for (const key of Object.keys(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER)) continue;
    if (key.startsWith(DELETE_FROM_LIST)) {
      deleteFromList(result, key.slice(DELETE_FROM_LIST.length), patch[key]);
    } else if (!ordered.has(key)) {
      mergeField(result, { key, value: patch[key] }, node?.child(key));
    }
  }
  return result;
}

interface Field {
  key: string;
  value: unknown;
}

function mergeField(result: JsonObject, { key, value }: Field, node: SchemaNode | undefined): void {
  const current = own(result, key);
  if (value === null) delete result[key];
  else if (isObject(value) && isObject(current) && !strategies(node).has('replace')) {
    put(result, key, mergeObject(current, value, node));
  } else if (Array.isArray(value) && Array.isArray(current)) {
    put(result, key, mergeList(current, value, { node }));
  } else if (isObject(value)) {
    // The kinds differ or there is nothing yet: what has a directive is not put in.
    if (own(value, DIRECTIVE) === undefined) put(result, key, clean(value));
    else delete result[key];
  } else if (Array.isArray(value)) {
    put(result, key, cleanList(value));
  } else put(result, key, value);
}

function strategies(node: SchemaNode | undefined): Set<string> {
  return new Set((node?.schema['x-kubernetes-patch-strategy'] ?? '').split(','));
}

/** A copy of `original` with only the keys that `$retainKeys` names, all keys without it. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const names = own(patch, RETAIN_KEYS);
  if (names === undefined) return { ...original };
  if (!Array.isArray(names)) {
    throw malformedPatch('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$') && patch[key] !== null && !names.includes(key))
      throw malformedPatch('invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => names.includes(key)));
}

function deleteFromList(result: JsonObject, key: string, values: unknown): void {
  const current = own(result, key);
  if (!Array.isArray(current) || !Array.isArray(values)) return;
  put(
    result,
    key,
    current.filter((item) => !values.includes(item)),
  );
}

/** Without `order` the items of the patch are in the order of the patch. */
function mergeList(
  original: unknown[],
  patch: unknown[],
  { node, order }: { node: SchemaNode | undefined; order?: unknown[] },
): unknown[] {
  if (!strategies(node).has('merge')) return cleanList(patch);
  if (original.length === 0 && patch.length === 0) return original;
  checkElements([...original, ...patch], [original, patch]);
  const mergeKey = node?.schema['x-kubernetes-patch-merge-key'];
  if (!isObject([...patch, ...original][0])) {
    const merged = [...new Set([...original, ...patch])];
    return sortList(merged, { order: order ?? patch, before: original, identity: itself });
  }
  if (mergeKey === undefined) return cleanList(patch);
  const merged = mergeByKey(original, patch, { mergeKey, items: node?.items });
  if (patch.some((item) => isObject(item) && own(item, DIRECTIVE) === 'replace')) return merged;
  const identity = (item: unknown): unknown => (isObject(item) ? own(item, mergeKey) : item);
  return sortList(merged, { order: order ?? patch, before: original, identity });
}

function itself(item: unknown): unknown {
  return item;
}

function checkElements(items: unknown[], lists: unknown[][]): void {
  const types = new Set(items.map(goTypeName));
  if (types.size <= 1 && !types.has('<nil>')) return;
  throw unexpectedPatch(`list element types are not identical: ${goText(lists)}`);
}

interface KeyedList {
  mergeKey: string;
  items: SchemaNode | undefined;
}

function mergeByKey(
  original: unknown[],
  patch: unknown[],
  { mergeKey, items }: KeyedList,
): unknown[] {
  let result = [...original];
  const entries: JsonObject[] = [];
  let isReplaced = false;
  for (const item of patch) {
    if (Array.isArray(item)) throw malformedPatch('lists of lists are not supported');
    if (!isObject(item)) throw malformedPatch('lists of maps and of primitives cannot be mixed');
    const directive = own(item, DIRECTIVE);
    if (directive === undefined) entries.push(item);
    else if (directive === 'replace') isReplaced = true;
    else if (directive === 'delete') {
      const value = keyOf(item, mergeKey);
      result = result.filter((other) => !(isObject(other) && own(other, mergeKey) === value));
    } else if (directive === 'merge') {
      throw unexpectedPatch('merging lists cannot yet be specified in the patch');
    } else throw unknownPatchType(directive, item);
  }
  if (isReplaced) return entries.map(clean);
  const index = new Map<unknown, number>();
  result.forEach((item, i) => {
    if (isObject(item) && !index.has(own(item, mergeKey))) index.set(own(item, mergeKey), i);
  });
  for (const item of entries) {
    const value = keyOf(item, mergeKey);
    const at = index.get(value);
    const current = at === undefined ? undefined : result[at];
    if (at !== undefined && isObject(current)) result[at] = mergeObject(current, item, items);
    else index.set(value, result.push(mergeObject({}, item, items)) - 1);
  }
  return result;
}

function keyOf(item: JsonObject, mergeKey: string): unknown {
  const value = own(item, mergeKey);
  if (value !== undefined) return value;
  throw unexpectedPatch(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
}

function unknownPatchType(directive: unknown, patch: JsonObject): PatchError {
  return unexpectedPatch(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
}

/**
 * Merges one list and puts it into the order of `$setElementOrder`: items the patch knows in its order, the others keep
 * their place relative to them as far as the old order tells it.
 */
function orderedMerge(
  result: JsonObject,
  patch: JsonObject,
  { field, node }: { field: string; node: SchemaNode | undefined },
): void {
  const order = listIn(patch, ELEMENT_ORDER + field) ?? [];
  const original = listIn(result, field);
  const patchList = listIn(patch, field);
  const removed = patch[DELETE_FROM_LIST + field];
  const mergeKey = node?.schema['x-kubernetes-patch-merge-key'];
  const identity = mergeKey === undefined ? itself : keyReader(mergeKey);
  checkOrder(patchList ?? [], order, identity);
  if (original === undefined) {
    if (patchList !== undefined) put(result, field, cleanList(patchList));
    return;
  }
  const kept = Array.isArray(removed)
    ? original.filter((item) => !removed.includes(item))
    : original;
  const merged = patchList === undefined ? kept : mergeList(kept, patchList, { node, order });
  put(result, field, sortList(merged, { order, before: original, identity }));
}

/** The list in a field; undefined when there is no such field. */
function listIn(object: JsonObject, key: string): unknown[] | undefined {
  const value = own(object, key);
  if (value === undefined || Array.isArray(value)) return value;
  throw unexpectedPatch(`expected a []interface {}, but received a ${goTypeName(value)}`);
}

function keyReader(mergeKey: string): (item: unknown) => unknown {
  return (item) => {
    if (isObject(item)) return keyOf(item, mergeKey);
    throw unexpectedPatch(`expected a map[string]interface {}, but received a ${goTypeName(item)}`);
  };
}

/** What a patch adds or changes must be in the order that it asks for. */
function checkOrder(
  patch: unknown[],
  order: unknown[],
  identity: (item: unknown) => unknown,
): void {
  if (order.length === 0) return;
  const kept = patch.filter((item) => !(isObject(item) && own(item, DIRECTIVE) !== undefined));
  let next = 0;
  for (const item of order)
    if (next < kept.length && identity(kept[next]) === identity(item)) next += 1;
  if (next === kept.length) return;
  throw unexpectedPatch(
    `The order in patch list:\n${goText(kept)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
  );
}

/**
 * Items that `order` names are in its order; the others keep theirs and stand before the first item that came after them
 * in the old list.
 */
function sortList(
  list: unknown[],
  {
    order,
    before,
    identity,
  }: { order: unknown[]; before: unknown[]; identity: (item: unknown) => unknown },
): unknown[] {
  const wanted = positions(order, identity);
  const old = positions(before, identity);
  const at = (item: unknown, where: Map<unknown, number>): number =>
    where.get(identity(item)) ?? Number.MAX_SAFE_INTEGER;
  const known = list
    .filter((item) => wanted.has(identity(item)))
    .sort((a, b) => at(a, wanted) - at(b, wanted));
  const others = list.filter((item) => !wanted.has(identity(item)));
  const result: unknown[] = [];
  for (const item of known) {
    const place = old.get(identity(item));
    while (place !== undefined && others.length > 0 && at(others[0], old) < place) {
      result.push(others.shift());
    }
    result.push(item);
  }
  return [...result, ...others];
}

function positions(list: unknown[], identity: (item: unknown) => unknown): Map<unknown, number> {
  const result = new Map<unknown, number>();
  list.forEach((item, i) => {
    if (!result.has(identity(item))) result.set(identity(item), i);
  });
  return result;
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}

/** What a patch adds where nothing was: no directives, no nulls. */
function clean(patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (key.startsWith('$') && isDirective(key)) continue;
    if (value === null) continue;
    put(result, key, cleanValue(value));
  }
  return result;
}

function isDirective(key: string): boolean {
  return (
    key === DIRECTIVE ||
    key === RETAIN_KEYS ||
    key.startsWith(DELETE_FROM_LIST) ||
    key.startsWith(ELEMENT_ORDER)
  );
}

function cleanValue(value: unknown): unknown {
  if (isObject(value)) return clean(value);
  return Array.isArray(value) ? cleanList(value) : cloneJson(value);
}

/** Items that only carried a directive disappear. */
function cleanList(list: unknown[]): unknown[] {
  return list
    .filter((item) => !(isObject(item) && own(item, DIRECTIVE) !== undefined))
    .map(cleanValue);
}
