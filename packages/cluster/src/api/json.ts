/** Paths into JSON values, beside the operations of `schema/json.ts`. */
import { isObject, own, put } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';

export { goTypeOf } from '../patch/go-text.ts';

/** The value behind a chain of object keys, or undefined. */
export function valueAt(object: unknown, ...path: string[]): unknown {
  let value = object;
  for (const key of path) {
    if (!isObject(value)) return undefined;
    value = own(value, key);
  }
  return value;
}

/** The string behind a chain of object keys, or undefined. */
export function stringAt(object: unknown, ...path: string[]): string | undefined {
  const value = valueAt(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

/** The number behind a chain of object keys, or undefined. */
export function numberAt(object: unknown, ...path: string[]): number | undefined {
  const value = valueAt(object, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** The object behind a chain of object keys, or undefined. */
export function objectAt(object: unknown, ...path: string[]): JsonObject | undefined {
  const value = valueAt(object, ...path);
  return isObject(value) ? value : undefined;
}

/** The list behind a chain of object keys, or an empty one. */
export function listAt(object: unknown, ...path: string[]): unknown[] {
  const value = valueAt(object, ...path);
  return Array.isArray(value) ? value : [];
}

/** Sets a value behind a chain of keys, making the objects on the way. */
export function setAt(object: JsonObject, path: readonly string[], value: unknown): void {
  let target = object;
  for (const key of path.slice(0, -1)) {
    let next = own(target, key);
    if (!isObject(next)) put(target, key, (next = {}));
    target = next as JsonObject;
  }
  const last = path.at(-1);
  if (last !== undefined) put(target, last, value);
}

/** Freezes a value and everything below it; returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

/** Deeper than any API needs, and far from what recursion over a value can take. */
const MAX_NESTING = 1000;

/** Whether a value nests deeper than this server takes. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= MAX_NESTING) return true;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const part of parts) if (isTooDeep(part, depth + 1)) return true;
  return false;
}
