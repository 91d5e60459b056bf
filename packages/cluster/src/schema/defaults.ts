/**
 * Fills defaults as the API server does: only inside objects that are present, a default value is itself defaulted, and a
 * null that the schema does not allow is replaced by the default or, without one, removed.
 */
import { cloneJson, isObject, put, type JsonObject } from './json.ts';
import type { SchemaNode } from './node.ts';

/** How a place in the object is defaulted. */
interface Mode {
  isRoot: boolean;
  keepsNulls: boolean;
}

/**
 * Defaults `object` in place. The metadata of the root is left alone. With `keepsNulls` a null without a default stays: what
 * is absent was taken out before, and parts may be shared with what is stored.
 */
export function defaultObject(
  object: JsonObject,
  root: SchemaNode,
  { keepsNulls = false }: { keepsNulls?: boolean } = {},
): void {
  visitObject(object, root, { isRoot: root.isResource, keepsNulls });
}

function visit(value: unknown, node: SchemaNode, mode: Mode): void {
  if (isObject(value)) {
    visitObject(value, node, mode.isRoot ? { ...mode, isRoot: false } : mode);
  } else if (Array.isArray(value)) {
    const items = node.items;
    if (items !== undefined) visitList(value, items, mode);
  }
}

function visitObject(object: JsonObject, node: SchemaNode, mode: Mode): void {
  for (const [name, child] of node.defaults) {
    const isReplaceable =
      !Object.hasOwn(object, name) || (object[name] === null && child.schema.nullable !== true);
    if (isReplaceable) put(object, name, cloneJson(child.schema.default));
  }
  for (const key of Object.keys(object)) {
    if (mode.isRoot && key === 'metadata') continue;
    const child = node.child(key);
    if (child === undefined) continue;
    const value = object[key];
    if (value === null && child.schema.nullable !== true) replaceNull({ object, key }, child, mode);
    else if (typeof value === 'object') visit(value, child, mode);
  }
}

function replaceNull(
  { object, key }: { object: JsonObject; key: string },
  node: SchemaNode,
  mode: Mode,
): void {
  if (node.schema.default === undefined) {
    if (!mode.keepsNulls) delete object[key];
    return;
  }
  const value = cloneJson(node.schema.default);
  put(object, key, value);
  visit(value, node, mode);
}

/** A null item without a default stays and fails validation: removing it would shift its neighbours. */
function visitList(list: unknown[], items: SchemaNode, mode: Mode): void {
  const { default: fallback, nullable } = items.schema;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === null && nullable !== true && fallback !== undefined) {
      list[i] = cloneJson(fallback);
    }
    visit(list[i], items, mode);
  }
}
