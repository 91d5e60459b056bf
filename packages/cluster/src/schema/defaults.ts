/**
 * Fills defaults as the API server does: only inside objects that are present, a default value is itself defaulted, and a
 * null that the schema does not allow is replaced by the default or, without one, removed.
 */
import { cloneJson, isObject, put, type JsonObject } from './json.ts';
import type { SchemaNode } from './node.ts';

/** Defaults `object` in place. The metadata of the root is left alone. */
export function defaultObject(object: JsonObject, root: SchemaNode): void {
  visitObject(object, root, root.isResource);
}

function visit(value: unknown, node: SchemaNode): void {
  if (isObject(value)) {
    visitObject(value, node, false);
  } else if (Array.isArray(value)) {
    const items = node.items;
    if (items !== undefined) visitList(value, items);
  }
}

function visitObject(object: JsonObject, node: SchemaNode, isRoot: boolean): void {
  for (const [name, child] of node.defaults) {
    const isReplaceable =
      !Object.hasOwn(object, name) || (object[name] === null && child.schema.nullable !== true);
    if (isReplaceable) put(object, name, cloneJson(child.schema.default));
  }
  for (const key of Object.keys(object)) {
    if (isRoot && key === 'metadata') continue;
    const child = node.child(key);
    if (child === undefined) continue;
    const value = object[key];
    if (value === null && child.schema.nullable !== true) replaceNull(object, key, child);
    else if (typeof value === 'object') visit(value, child);
  }
}

function replaceNull(object: JsonObject, key: string, node: SchemaNode): void {
  if (node.schema.default === undefined) {
    delete object[key];
    return;
  }
  const value = cloneJson(node.schema.default);
  put(object, key, value);
  visit(value, node);
}

/** A null item without a default stays and fails validation: removing it would shift its neighbours. */
function visitList(list: unknown[], items: SchemaNode): void {
  const { default: fallback, nullable } = items.schema;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === null && nullable !== true && fallback !== undefined) {
      list[i] = cloneJson(fallback);
    }
    visit(list[i], items);
  }
}
