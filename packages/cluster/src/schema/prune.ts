/**
 * Removes what a schema does not know. Objects that preserve unknown fields keep them, but what is declared inside is
 * still pruned; apiVersion, kind and metadata of resources stay.
 */
import { isObject, type JsonObject } from './json.ts';
import type { SchemaNode } from './node.ts';

export interface PruneOptions {
  /**
   * Built-in kinds: a null field means absent and is dropped without report (Go's decoder does that;
   * `creationTimestamp: null` is in much generated YAML). CRDs treat nulls when defaulting.
   */
  dropNulls: boolean;
}

/**
 * Prunes in place.
 * @returns paths of removed fields, sorted: `spec.x`, `spec.list[0].y`
 */
export function pruneObject(object: JsonObject, node: SchemaNode, options: PruneOptions): string[] {
  const pruner = new Pruner(options);
  pruner.visitObject(object, node, node.preservesUnknown);
  return pruner.removed.sort();
}

const resourceKeys = new Set(['apiVersion', 'kind', 'metadata']);

class Pruner {
  readonly removed: string[] = [];
  readonly #options: PruneOptions;
  readonly #path: (string | number)[] = [];

  constructor(options: PruneOptions) {
    this.#options = options;
  }

  /** `keep`: unknown fields stay. `node` undefined: nothing below is known. */
  visitObject(object: JsonObject, node: SchemaNode | undefined, keep: boolean): void {
    for (const key of Object.keys(object)) {
      const child = node?.child(key);
      const value = object[key];
      if (child === undefined) {
        const isImplicit = node?.isResource === true && resourceKeys.has(key);
        if (!keep && !isImplicit) this.#remove(object, key);
      } else if (value === null) {
        if (!this.#options.dropNulls || child.schema.nullable === true) continue;
        // An entry of a map stays, with the empty text.
        const isText = child.schema.type === 'string' && node?.properties.has(key) !== true;
        if (isText) object[key] = '';
        else delete object[key];
      } else {
        this.#path.push(key);
        this.#visit(value, child, child.preservesUnknown);
        this.#path.pop();
      }
    }
  }

  #visit(value: unknown, node: SchemaNode | undefined, keep: boolean): void {
    if (isObject(value)) this.visitObject(value, node, keep);
    else if (Array.isArray(value)) this.#visitList(value, node, keep);
  }

  #visitList(list: unknown[], node: SchemaNode | undefined, keep: boolean): void {
    const items = node?.items;
    if (items === undefined && keep) return;
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item !== 'object') continue;
      this.#path.push(i);
      this.#visit(item, items, keep || items?.preservesUnknown === true);
      this.#path.pop();
    }
  }

  #remove(object: JsonObject, key: string): void {
    delete object[key];
    let path = '';
    for (const step of this.#path) {
      if (typeof step === 'number') path += `[${step}]`;
      else path += path === '' ? step : `.${step}`;
    }
    this.removed.push(path === '' ? key : `${path}.${key}`);
  }
}
