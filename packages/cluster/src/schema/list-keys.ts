/** How items of `x-kubernetes-list-type: map` lists are told apart. */
import { canonicalJson, isObject, own, type JsonObject } from './json.ts';
import type { SchemaNode } from './node.ts';

/** The key fields of an item; a missing one takes its default, or is left out when it has none. */
export function listKeyValues(list: SchemaNode, item: unknown): JsonObject {
  const values: JsonObject = {};
  if (!isObject(item)) return values;
  for (const key of list.listKeys) {
    const value = own(item, key) ?? list.items?.keyDefault(key);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

/**
 * Finds the item of an old list that is the same entry as an item of the new one: by key in map lists, by value in sets.
 * `undefined` for atomic lists, whose items nothing identifies.
 */
export function correlateItems(
  list: SchemaNode,
  old: unknown,
): ((item: unknown) => unknown) | undefined {
  if (list.listType === 'atomic' || !Array.isArray(old)) return undefined;
  const identify = (item: unknown): string =>
    canonicalJson(list.listType === 'map' ? listKeyValues(list, item) : item);
  const index = new Map<string, unknown>();
  for (const item of old) index.set(identify(item), item);
  return (item) => index.get(identify(item));
}
