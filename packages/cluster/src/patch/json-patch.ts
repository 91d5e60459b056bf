/** JSON Patch (RFC 6902) as the API server applies it, which is more lenient than the RFC in places. */
import { cloneJson, isObject, jsonEqual, put, type JsonObject } from '../schema/json.ts';
import { malformedPatch, PatchError, unappliablePatch } from './errors.ts';
import { goTypeOf } from './go-text.ts';

const MAX_OPERATIONS = 10_000;
/** `copy` may not grow a document beyond this many characters of JSON. */
const MAX_COPIED = 3 * 1024 * 1024;

type Json = unknown;
type Container = JsonObject | Json[];

/**
 * Applies `operations` in order to a copy of `document`; either all of them take effect or none. `null` is no operation.
 * A negative index counts from the end of a list, and a value that is not given is null.
 * @throws PatchError 400 for a malformed patch, 413 for too many operations, 422 for one that does not apply (a failing
 *   `test` included)
 */
export function applyJsonPatch(document: JsonObject, operations: unknown): JsonObject {
  const list = operations ?? [];
  if (!Array.isArray(list)) throw undecodable(list, '[]handlers.jsonPatchOp');
  const steps = list.map(readOperation);
  if (steps.length > MAX_OPERATIONS) {
    throw new PatchError({
      status: 413,
      message: `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${steps.length}`,
    });
  }
  const target = new Target(cloneJson(document));
  for (const step of steps) target.apply(step);
  if (!isObject(target.root)) throw unappliablePatch('the patched document is not an object');
  return target.root;
}

function undecodable(value: unknown, type: string): PatchError {
  return malformedPatch(
    `error decoding patch: json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${type}`,
  );
}

interface Operation {
  op: string | undefined;
  path: string | undefined;
  from: string | undefined;
  /** Undefined when it is not given. */
  value: Json;
}

function readOperation(operation: unknown): Operation {
  if (operation === null) return { op: undefined, path: undefined, from: undefined, value: null };
  if (!isObject(operation)) throw undecodable(operation, 'handlers.jsonPatchOp');
  const text = (field: string): string | undefined => {
    const value = Object.hasOwn(operation, field) ? operation[field] : undefined;
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    throw malformedPatch(
      `error decoding patch: json: cannot unmarshal ${goTypeOf(value)} into Go struct field jsonPatchOp.${field} of type string`,
    );
  };
  return { op: text('op'), path: text('path'), from: text('from'), value: operation['value'] };
}

/** Where an operation does something. */
interface Place {
  container: Container;
  key: string;
}

/** The document while it is patched. */
class Target {
  root: Json;
  #copied = 0;

  constructor(root: Json) {
    this.root = root;
  }

  apply(operation: Operation): void {
    const { op, path, from } = operation;
    const value = operation.value === undefined ? null : cloneJson(operation.value);
    switch (op) {
      case 'add':
        add(this.#find(path, op), value, op);
        break;
      case 'remove':
        remove(this.#find(path, op), op);
        break;
      case 'replace':
        this.#replace(path, operation.value, value);
        break;
      case 'move': {
        const source = this.#find(from, op);
        const moved = get(source, op) ?? null;
        remove(source, op);
        add(this.#find(path, op), moved, op);
        break;
      }
      case 'copy':
        this.#copy(this.#find(from, op), this.#find(path, op));
        break;
      case 'test':
        this.#test(path, operation.value);
        break;
      default:
        throw unappliablePatch(`Unexpected kind: ${op ?? 'unknown'}`);
    }
  }

  #replace(path: string | undefined, given: Json, value: Json): void {
    if (path === '') {
      if (typeof given !== 'object') throw unappliablePatch('replace operation: no document');
      this.root = value;
      return;
    }
    const place = this.#find(path, 'replace');
    // A key that an object does not have yet may be replaced all the same.
    get(place, 'replace');
    const { container, key } = place;
    if (Array.isArray(container)) container[position(key, container.length)] = value;
    else put(container, key, value);
  }

  #copy(source: Place, destination: Place): void {
    const value = get(source, 'copy') ?? null;
    this.#copied += JSON.stringify(value).length;
    if (this.#copied > MAX_COPIED) {
      throw unappliablePatch('copy operation: the accumulated size of copies is too large');
    }
    add(destination, cloneJson(value), 'copy');
  }

  /** An absent value equals null. */
  #test(path: string | undefined, expected: Json): void {
    const actual = path === '' ? this.root : get(this.#find(path, 'test'), 'test');
    if (!jsonEqual(actual ?? null, expected ?? null))
      throw unappliablePatch(`testing value ${path ?? ''} failed: test failed`);
  }

  /** What stands before the first slash does not count. */
  #find(path: string | undefined, op: string): Place {
    if (path === undefined) throw unappliablePatch(`${op} operation: path is missing`);
    const [, ...steps] = path.split('/').map(unescapeStep);
    const key = steps.pop();
    let container = this.root;
    for (const step of steps) container = child(container, step);
    if (key !== undefined && (isObject(container) || Array.isArray(container)))
      return { container, key };
    throw unappliablePatch(
      `${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}`,
    );
  }
}

function child(container: Json, step: string): Json {
  if (Array.isArray(container)) {
    const at = position(step, container.length);
    return at < container.length ? container[at] : undefined;
  }
  return isObject(container) && Object.hasOwn(container, step) ? container[step] : undefined;
}

/** The value at a place: undefined for a key that is not there. Throws for an index that is not there. */
function get({ container, key }: Place, op: string): Json {
  if (Array.isArray(container) && position(key, container.length) >= container.length)
    throw noIndex(op, key);
  return child(container, key);
}

function add({ container, key }: Place, value: Json, op: string): void {
  if (!Array.isArray(container)) return put(container, key, value);
  const at = key === '-' ? container.length : position(key, container.length + 1);
  if (at > container.length) throw noIndex(op, key);
  container.splice(at, 0, value);
}

function remove({ container, key }: Place, op: string): void {
  if (Array.isArray(container)) {
    const at = position(key, container.length);
    if (at >= container.length) throw noIndex(op, key);
    container.splice(at, 1);
    return;
  }
  if (!Object.hasOwn(container, key))
    throw unappliablePatch(`${op} operation: Unable to remove nonexistent key: ${key}`);
  delete container[key];
}

/** The index that a step means in a list of a length, as Go's `Atoi` reads it; beyond the list for none. */
function position(step: string, length: number): number {
  if (!/^[+-]?\d+$/.test(step)) return Number.POSITIVE_INFINITY;
  const at = Number(step);
  if (at >= 0) return at;
  return at < -length ? Number.POSITIVE_INFINITY : at + length;
}

function noIndex(op: string, key: string): PatchError {
  return unappliablePatch(
    `${op} operation does not apply: Unable to access invalid index: ${key}: invalid index referenced`,
  );
}

function unescapeStep(step: string): string {
  return step.replaceAll(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~'));
}
