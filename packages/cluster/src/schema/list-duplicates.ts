/** Lists whose items must differ (`x-kubernetes-list-type` set and map; apiextensions `schema/listtype`). */
import { duplicate, invalid } from './field-error.ts';
import { canonicalJson, isObject, type JsonObject } from './json.ts';
import { listKeyValues } from './list-keys.ts';
import type { SchemaNode } from './node.ts';
import type { FieldError } from './schema.ts';

/** Complaints about repeated items anywhere below `object`; each repeated item is named once. */
export function listDuplicates(object: JsonObject, node: SchemaNode): FieldError[] {
  const errors: FieldError[] = [];
  visit(object, node, { path: '', errors });
  return errors;
}

interface Place {
  path: string;
  errors: FieldError[];
}

function visit(value: unknown, node: SchemaNode, { path, errors }: Place): void {
  if (Array.isArray(value)) {
    if (node.listType !== 'atomic') checkItems(value, node, { path, errors });
    const { items } = node;
    if (items === undefined) return;
    for (const [i, item] of value.entries()) visit(item, items, { path: `${path}[${i}]`, errors });
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = node.child(key);
    if (child === undefined || (node.isResource && key === 'metadata')) continue;
    const isField = node.properties.has(key);
    const step = !isField ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    visit(value[key], child, { path: step, errors });
  }
}

function checkItems(list: unknown[], node: SchemaNode, { path, errors }: Place): void {
  const isMap = node.listType === 'map';
  const stranger = isMap ? list.findIndex((item) => item !== null && !isObject(item)) : -1;
  if (stranger >= 0) {
    const why = 'must be an object for an array of list-type map';
    errors.push(invalid(`${path}[${stranger}]`, list[stranger], why));
    return;
  }
  const seen = new Map<string, number>();
  for (const [i, item] of list.entries()) {
    const value = isMap ? listKeyValues(node, item) : item;
    const identity = canonicalJson(value);
    const times = seen.get(identity) ?? 0;
    if (times === 1) errors.push(duplicate(`${path}[${i}]`, value));
    seen.set(identity, times + 1);
  }
}
