/** The informer's cache: objects by key, with secondary indexes kept up to date at every write. */
import { keyOfObject } from './keys.ts';
import type { KubeObject } from './types.ts';

/** The values an object is found under in an index; none is fine. */
export type IndexFunction<T extends KubeObject> = (object: T) => readonly string[];

export interface ObjectCache<T extends KubeObject> {
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  keys(): IterableIterator<string>;
  /** Returns the object that was there before. */
  set(object: T): T | undefined;
  delete(key: string): T | undefined;
  addIndex(name: string, fn: IndexFunction<T>): void;
  byIndex(name: string, value: string): T[];
}

interface Index<T extends KubeObject> {
  fn: IndexFunction<T>;
  keysByValue: Map<string, Set<string>>;
}

export function createObjectCache<T extends KubeObject>(): ObjectCache<T> {
  const objects = new Map<string, T>();
  const indexes = new Map<string, Index<T>>();

  function insert(index: Index<T>, entry: { key: string; object: T }): void {
    for (const value of index.fn(entry.object)) {
      const keys = index.keysByValue.get(value);
      if (keys === undefined) index.keysByValue.set(value, new Set([entry.key]));
      else keys.add(entry.key);
    }
  }

  function remove(index: Index<T>, entry: { key: string; object: T }): void {
    for (const value of index.fn(entry.object)) {
      const keys = index.keysByValue.get(value);
      keys?.delete(entry.key);
      if (keys?.size === 0) index.keysByValue.delete(value);
    }
  }

  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    keys: () => objects.keys(),
    set(object) {
      const key = keyOfObject(object);
      const old = objects.get(key);
      objects.set(key, object);
      for (const index of indexes.values()) {
        if (old !== undefined) remove(index, { key, object: old });
        insert(index, { key, object });
      }
      return old;
    },
    delete(key) {
      const old = objects.get(key);
      if (old === undefined) return undefined;
      objects.delete(key);
      for (const index of indexes.values()) remove(index, { key, object: old });
      return old;
    },
    addIndex(name, fn) {
      const index: Index<T> = { fn, keysByValue: new Map() };
      for (const [key, object] of objects) insert(index, { key, object });
      indexes.set(name, index);
    },
    byIndex(name, value) {
      const index = indexes.get(name);
      if (index === undefined) throw new Error(`no index named ${name}`);
      const found: T[] = [];
      for (const key of index.keysByValue.get(value) ?? []) {
        const object = objects.get(key);
        if (object !== undefined) found.push(object);
      }
      return found;
    },
  };
}
