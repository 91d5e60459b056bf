/**
 * Fits recorded owners to a schema that may have changed since (structured-merge-diff `ReconcileFieldSetWithSchema`): what
 * was owned part by part and is atomic now is owned as a whole. The other way round nothing changes.
 */
import type { SchemaNode } from '../schema/node.ts';
import { OWNED, type FieldEntry, type FieldSet } from './fields.ts';

type Node = SchemaNode | undefined;

/** The fitted set; the same one when there is nothing to change. */
export function reconcileFields(fields: FieldSet, node: Node): FieldSet {
  let result: Map<string, FieldEntry> | undefined;
  for (const [element, entry] of fields) {
    const child = element.startsWith('f:') ? node?.child(element.slice(2)) : node?.items;
    const fitted = reconcileEntry(entry, child);
    if (fitted !== entry) (result ??= new Map(fields)).set(element, fitted);
  }
  return result ?? fields;
}

function reconcileEntry(entry: FieldEntry, node: Node): FieldEntry {
  if (entry.children.size === 0) return entry;
  if (isAtomic(entry.children, node)) return OWNED;
  const children = reconcileFields(entry.children, node);
  return children === entry.children ? entry : { owned: entry.owned, children };
}

/** Content without a schema has granular objects and atomic lists. */
function isAtomic(children: FieldSet, node: Node): boolean {
  const [first = ''] = children.keys();
  const isMap = first.startsWith('f:');
  if (node === undefined) return !isMap;
  if (node.schema.type === 'array') return isMap || node.listType === 'atomic';
  return node.isAtomicMap;
}
