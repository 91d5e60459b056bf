/**
 * Strategic merge patch (apimachinery `strategicpatch`): lists of built-in kinds are merged by key, and directives in the
 * patch replace, delete, keep or order.
 */
import { cloneJson, isObject, own, put, type JsonObject } from '../schema/json.ts';
import { rootNodeOf, type SchemaNode } from '../schema/node.ts';
import type { SchemaSource } from '../schema/schema.ts';
import { malformedPatch, type PatchError } from './errors.ts';

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
 * The patched object. What the schema does not know is merged when it is an object and replaced otherwise.
 * @throws PatchError 400 for a malformed patch, directives and merge keys that cannot be used included
 */
export function applyStrategicMerge({ original, patch, source }: StrategicMergeInput): JsonObject {
  if (!isObject(patch)) throw malformedPatch('error decoding patch: the patch is not an object');
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
  if (directive !== undefined && directive !== 'merge') {
    throw unknownPatchType(directive, patch);
  }
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
    put(result, key, mergeList(current, value, node));
  } else if (isObject(value)) {
    // The kinds differ or there is nothing yet: directives still must not get into the object.
    const isDeleted = own(value, DIRECTIVE) === 'delete';
    put(result, key, isDeleted ? {} : clean(value));
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
    if (!key.startsWith('$') && patch[key] !== null && !names.includes(key)) {
      throw malformedPatch("patch content doesn't match retainKeys list");
    }
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => names.includes(key)));
}

function deleteFromList(result: JsonObject, key: string, values: unknown): void {
  const current = own(result, key);
  if (!Array.isArray(values)) {
    throw malformedPatch('invalid patch format of primitive list');
  }
  if (!Array.isArray(current)) return;
  put(
    result,
    key,
    current.filter((item) => !values.includes(item)),
  );
}

function mergeList(original: unknown[], patch: unknown[], node: SchemaNode | undefined): unknown[] {
  if (!strategies(node).has('merge')) return cleanList(patch);
  if (!isObject([...patch, ...original][0])) return mergeScalars(original, patch);
  const mergeKey = node?.schema['x-kubernetes-patch-merge-key'];
  if (mergeKey === undefined) return cleanList(patch);
  return mergeByKey(original, patch, { mergeKey, items: node?.items });
}

function mergeScalars(original: unknown[], patch: unknown[]): unknown[] {
  const result: unknown[] = [];
  for (const item of [...original, ...patch]) if (!result.includes(item)) result.push(item);
  return result;
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
      throw malformedPatch('merging lists cannot yet be specified in the patch');
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
  throw malformedPatch(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
}

function unknownPatchType(directive: unknown, patch: JsonObject): PatchError {
  return malformedPatch(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
}

const MAX_TEXT = 1000;

/** A value as Go prints it in error messages; long ones are cut. */
function goText(value: unknown): string {
  const text = Array.isArray(value)
    ? `[${value.map(goText).join(' ')}]`
    : isObject(value)
      ? `map[${Object.keys(value)
          .toSorted()
          .map((key) => `${key}:${goText(value[key])}`)
          .join(' ')}]`
      : value === null
        ? '<nil>'
        : String(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
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
  const order = patch[ELEMENT_ORDER + field];
  const patchList = own(patch, field);
  const original = own(result, field);
  if (!Array.isArray(order)) {
    throw malformedPatch('invalid patch format of setElementOrder list');
  }
  if (patchList !== undefined && !Array.isArray(patchList)) {
    mergeField(result, { key: field, value: patchList }, node);
    return;
  }
  const before = Array.isArray(original) ? original : [];
  const removed = patch[DELETE_FROM_LIST + field];
  const kept = Array.isArray(removed) ? before.filter((item) => !removed.includes(item)) : before;
  if (!Array.isArray(original) && patchList === undefined) return;
  const merged = patchList === undefined ? kept : mergeList(kept, patchList, node);
  const mergeKey = node?.schema['x-kubernetes-patch-merge-key'];
  const identity = (item: unknown): unknown =>
    isObject(item) && mergeKey !== undefined ? own(item, mergeKey) : item;
  checkOrder(patchList ?? [], order, identity);
  put(result, field, sortList(merged, { order, before, identity }));
}

/** What a patch adds or changes must be in the order that it asks for. */
function checkOrder(
  patch: unknown[],
  order: unknown[],
  identity: (item: unknown) => unknown,
): void {
  const kept = patch.filter((item) => !(isObject(item) && own(item, DIRECTIVE) !== undefined));
  let next = 0;
  for (const item of order)
    if (next < kept.length && identity(kept[next]) === identity(item)) next += 1;
  if (next === kept.length) return;
  throw malformedPatch(
    `The order in patch list:\n${goText(kept)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
  );
}

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
    while (others.length > 0 && (place === undefined || at(others[0], old) < place)) {
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
