/** JSON Patch (RFC 6902) with the limits and errors of the API server. */
import { cloneJson, isObject, jsonEqual, put, type JsonObject } from '../schema/json.ts';
import { malformedPatch, PatchError, unappliablePatch } from './errors.ts';

const MAX_OPERATIONS = 10_000;
/** `copy` may not grow a document beyond this many characters of JSON. */
const MAX_COPIED = 3 * 1024 * 1024;

type Json = unknown;

/**
 * Applies `operations` in order to a copy of `document`; either all of them take effect or none.
 * A negative index counts from the end of a list, as the API server allows.
 * @throws PatchError 400 for a malformed patch, 413 for too many operations, 422 for one that does not apply (a failing
 *   `test` included)
 */
export function applyJsonPatch(document: JsonObject, operations: unknown): JsonObject {
  if (!Array.isArray(operations)) throw malformedPatch('error decoding patch: expected a list');
  if (operations.length > MAX_OPERATIONS) {
    throw new PatchError({
      status: 413,
      message: `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    });
  }
  const steps = operations.map(parseOperation);
  const target = new Target(cloneJson(document));
  for (const step of steps) target.apply(step);
  if (!isObject(target.root)) throw unappliablePatch('the patched document is not an object');
  return target.root;
}

interface Operation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from: string;
  value: Json;
}

const kinds: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

function parseOperation(operation: unknown): Operation {
  if (!isObject(operation)) throw malformedPatch('error decoding patch: operation is no object');
  const { op, path, from, value } = operation;
  if (typeof op !== 'string' || !kinds.has(op)) {
    throw unappliablePatch(`Unexpected kind: ${String(op)}`);
  }
  if (typeof path !== 'string') throw unappliablePatch(`${op} operation: path is missing`);
  const needsFrom = op === 'move' || op === 'copy';
  if (needsFrom && typeof from !== 'string') {
    throw unappliablePatch(`${op} operation: from is missing`);
  }
  return { op: op as Operation['op'], path, from: typeof from === 'string' ? from : '', value };
}

/** The document while it is patched. */
class Target {
  root: Json;
  #copied = 0;

  constructor(root: Json) {
    this.root = root;
  }

  apply({ op, path, from, value }: Operation): void {
    const steps = parsePointer(path);
    switch (op) {
      case 'add':
        this.#add(steps, value === undefined ? null : cloneJson(value), op);
        break;
      case 'remove':
        this.#remove(steps, op);
        break;
      case 'replace':
        this.#replace(steps, value === undefined ? null : cloneJson(value));
        break;
      case 'move':
        this.#move(parsePointer(from), steps);
        break;
      case 'copy':
        this.#copy(parsePointer(from), steps);
        break;
      case 'test':
        this.#test(steps, value ?? null);
        break;
    }
  }

  #add(steps: string[], value: Json, op: string): void {
    const last = steps.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#parent(steps, op);
    if (Array.isArray(parent)) {
      parent.splice(last === '-' ? parent.length : index(last, parent.length, op), 0, value);
    } else {
      put(parent, last, value);
    }
  }

  #remove(steps: string[], op: string): Json {
    const last = steps.at(-1);
    if (last === undefined) throw missing(op, steps);
    const parent = this.#parent(steps, op);
    const removed = child(parent, last);
    if (removed === undefined) throw missing(op, steps);
    if (Array.isArray(parent)) parent.splice(index(last, parent.length - 1, op), 1);
    else delete parent[last];
    return removed;
  }

  #replace(steps: string[], value: Json): void {
    const last = steps.at(-1);
    if (last === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#parent(steps, 'replace');
    if (child(parent, last) === undefined) throw missing('replace', steps);
    if (Array.isArray(parent)) parent[index(last, parent.length - 1, 'replace')] = value;
    else put(parent, last, value);
  }

  #move(from: string[], to: string[]): void {
    if (to.length > from.length && from.every((step, i) => step === to[i])) {
      throw unappliablePatch('move operation: a value cannot be moved into itself');
    }
    this.#add(to, this.#remove(from, 'move'), 'move');
  }

  #copy(from: string[], to: string[]): void {
    const value = this.#get(from, 'copy');
    this.#copied += JSON.stringify(value).length;
    if (this.#copied > MAX_COPIED) {
      throw unappliablePatch('copy operation: the accumulated size of copies is too large');
    }
    this.#add(to, cloneJson(value), 'copy');
  }

  /** An absent value equals null, as in the API server's implementation. */
  #test(steps: string[], expected: Json): void {
    const last = steps.at(-1);
    const actual = last === undefined ? this.root : child(this.#parent(steps, 'test'), last);
    if (!jsonEqual(actual ?? null, expected)) {
      throw unappliablePatch(`testing value ${pointer(steps)} failed: test failed`);
    }
  }

  /** `named` is the path that an error names. */
  #get(steps: string[], op: string, named = steps): Json {
    let value: Json = this.root;
    for (const step of steps) {
      value = child(value, step);
      if (value === undefined) throw missing(op, named);
    }
    return value;
  }

  #parent(steps: string[], op: string): JsonObject | Json[] {
    const parent = this.#get(steps.slice(0, -1), op, steps);
    if (isObject(parent) || Array.isArray(parent)) return parent;
    throw missing(op, steps);
  }
}

function missing(op: string, steps: string[]): PatchError {
  return unappliablePatch(
    `${op} operation does not apply: doc is missing path: ${JSON.stringify(pointer(steps))}`,
  );
}

function child(parent: Json, step: string): Json {
  if (Array.isArray(parent)) {
    const at = /^(0|-?[1-9]\d*)$/.test(step) ? Number(step) : Number.NaN;
    return parent.at(Number.isNaN(at) || at < -parent.length ? parent.length : at);
  }
  return isObject(parent) && Object.hasOwn(parent, step) ? parent[step] : undefined;
}

function index(step: string, maximum: number, op: string): number {
  const at = /^(0|-?[1-9]\d*)$/.test(step) ? Number(step) : Number.NaN;
  const position = at < 0 ? maximum + 1 + at : at;
  if (position >= 0 && position <= maximum) return position;
  throw unappliablePatch(
    `${op} operation does not apply: Unable to access invalid index: ${step}: invalid index referenced`,
  );
}

function parsePointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw unappliablePatch(`invalid JSON pointer: ${text}`);
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function pointer(steps: string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
