/** How items of `x-kubernetes-list-type: map` lists are told apart. */
import { canonicalJson, isObject, own, type JsonObject } from './json.ts';
import type { SchemaNode } from './node.ts';

/** The key fields of an item; a missing one takes its default, or is left out when it has none. */
export function listKeyValues(list: SchemaNode, item: unknown): JsonObject {
  const values: JsonObject = {};
  if (!isObject(item)) return values;
  for (const key of list.listKeys) {
    const value = own(item, key) ?? list.items?.properties.get(key)?.schema.default;
    if (value !== undefined) values[key] = value;
  }
  return values;
}

/**
 * Finds the item of an old list that is the same entry as an item of the new one. Only map lists can tell;
 * `undefined` for the others.
 */
export function correlateItems(
  list: SchemaNode,
  old: unknown,
): ((item: unknown) => unknown) | undefined {
  if (list.listType !== 'map' || !Array.isArray(old)) return undefined;
  const index = new Map<string, unknown>();
  for (const item of old) index.set(canonicalJson(listKeyValues(list, item)), item);
  return (item) => index.get(canonicalJson(listKeyValues(list, item)));
}
