/**
 * Fits recorded owners to a schema that may have changed since (structured-merge-diff `ReconcileFieldSetWithSchema`). What
 * was owned part by part and is atomic now is owned as a whole. Who owns a list or object and none of its parts, as after
 * a change from atomic to granular, owns all parts it has.
 */
import { isObject, own } from '../schema/json.ts';
import type { SchemaNode } from '../schema/node.ts';
import { OWNED, type FieldEntry, type FieldSet } from './fields.ts';
import { claimedFields, itemElement, shapeOf } from './typed.ts';

type Node = SchemaNode | undefined;
/** The live value of a place, found only when it is needed. */
type Value = () => unknown;

/** The fitted set; the same one when there is nothing to change. */
export function reconcileFields(fields: FieldSet, node: Node, value: Value): FieldSet {
  let result: Map<string, FieldEntry> | undefined;
  let index: Map<string, unknown> | undefined;
  const part = (element: string): unknown => {
    if (!element.startsWith('f:')) return (index ??= indexItems(value(), node)).get(element);
    const object = value();
    return isObject(object) ? own(object, element.slice(2)) : undefined;
  };
  for (const [element, entry] of fields) {
    const child = element.startsWith('f:') ? node?.child(element.slice(2)) : node?.items;
    const fitted = reconcileEntry(entry, child, () => part(element));
    if (fitted !== entry) (result ??= new Map(fields)).set(element, fitted);
  }
  return result ?? fields;
}

function reconcileEntry(entry: FieldEntry, node: Node, value: Value): FieldEntry {
  if (entry.children.size > 0) {
    if (isAtomic(entry.children, node)) return OWNED;
    const children = reconcileFields(entry.children, node, value);
    return children === entry.children ? entry : { owned: entry.owned, children };
  }
  if (isLeaf(node)) return entry;
  const current = value();
  const children = shapeOf(current, node) === 'leaf' ? undefined : claimedFields(current, node);
  return children === undefined || children.size === 0 ? entry : { owned: true, children };
}

/** Content without a schema has granular objects and atomic lists. */
function isAtomic(children: FieldSet, node: Node): boolean {
  const [first = ''] = children.keys();
  const isMap = first.startsWith('f:');
  if (node === undefined) return !isMap;
  if (node.schema.type === 'array') return isMap || node.listType === 'atomic';
  return node.isAtomicMap;
}

function isLeaf(node: Node): boolean {
  switch (node?.schema.type) {
    case undefined:
      return node?.isIntOrString === true;
    case 'object':
      return node?.isAtomicMap === true;
    case 'array':
      return node?.listType === 'atomic';
    default:
      return true;
  }
}

function indexItems(list: unknown, node: Node): Map<string, unknown> {
  const index = new Map<string, unknown>();
  if (!Array.isArray(list) || node === undefined) return index;
  for (const item of list as unknown[]) {
    const element = itemElement(node, item);
    // Items that cannot be told apart are one leaf.
    index.set(element, index.has(element) ? undefined : item);
  }
  return index;
}
