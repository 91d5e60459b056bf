/**
 * Values while an expression runs. Scalars are JavaScript's: boolean, string, null, bigint (int), number (double), Uint8Array
 * (bytes). Everything else is one of these classes or a type of the library; `celType` tells which.
 */

/** An expression could not be evaluated; the message is cel-go's, e.g. `no such key: x`. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

/** A cost limit was reached. No operator of CEL absorbs it. */
export class CostExceededError extends Error {
  override readonly name = 'CostExceededError';
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** Comparisons done for one `==`. */
interface Work {
  count: number;
}

export interface Opaque {
  readonly celType: string;
  /** `other` may be of any type. */
  equals(other: Opaque, work: Work): boolean;
}

export type Value = boolean | string | null | bigint | number | Uint8Array | Opaque;

const MAX_INT = (1n << 63n) - 1n;
const MAX_UINT = (1n << 64n) - 1n;

/** @throws CelError when `value` is no 64 bit integer */
export function checkedInt(value: bigint): bigint {
  if (value > MAX_INT || value < -MAX_INT - 1n) throw new CelError('integer overflow');
  return value;
}

export class Uint implements Opaque {
  readonly celType = 'uint';
  readonly value: bigint;
  /** @throws CelError when `value` does not fit in 64 bits */
  constructor(value: bigint) {
    if (value < 0n || value > MAX_UINT) throw new CelError('unsigned integer overflow');
    this.value = value;
  }
  equals(other: Opaque): boolean {
    return other instanceof Uint && other.value === this.value;
  }
}

/** A moment with nanoseconds, in years 1 to 9999. */
export class Timestamp implements Opaque {
  readonly celType = 'google.protobuf.Timestamp';
  /** Since 1970 UTC. */
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos < -62_135_596_800_000_000_000n || nanos >= 253_402_300_800_000_000_000n) {
      throw new CelError('timestamp overflow');
    }
    this.nanos = nanos;
  }
  equals(other: Opaque): boolean {
    return other instanceof Timestamp && other.nanos === this.nanos;
  }
}

/** A signed length of time as Go has it: 64 bits of nanoseconds. */
export class Duration implements Opaque {
  readonly celType = 'google.protobuf.Duration';
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos > MAX_INT || nanos < -MAX_INT - 1n) throw new CelError('duration overflow');
    this.nanos = nanos;
  }
  equals(other: Opaque): boolean {
    return other instanceof Duration && other.nanos === this.nanos;
  }
}

/** What `type(x)` and type names evaluate to. */
export class TypeValue implements Opaque {
  readonly celType = 'type';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  equals(other: Opaque): boolean {
    return other instanceof TypeValue && other.name === this.name;
  }
}

/** A value that may be missing. */
export class Optional implements Opaque {
  static readonly none: Optional = new Optional(undefined);
  readonly celType = 'optional_type';
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
  equals(other: Opaque, work: Work): boolean {
    if (!(other instanceof Optional)) return false;
    if (this.value === undefined || other.value === undefined) return this.value === other.value;
    return valuesEqual(this.value, other.value, work);
  }
}

/** Lists, whatever is behind them. */
export abstract class List implements Opaque {
  readonly celType = 'list';
  abstract readonly size: number;
  /** The item at an index within bounds. */
  abstract at(index: number): Value;
  equals(other: Opaque, work: Work): boolean {
    return other instanceof List && listsEqual(this, other, work);
  }
  *[Symbol.iterator](): Iterator<Value> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }
  /** This list followed by another. */
  concat(other: List): List {
    return new JoinedList(this, other);
  }
}

export class ArrayList extends List {
  readonly #items: readonly Value[];
  constructor(items: readonly Value[]) {
    super();
    this.#items = items;
  }
  get size(): number {
    return this.#items.length;
  }
  at(index: number): Value {
    return this.#items[index]!;
  }
}

/** Two lists seen as one: joining costs nothing, so that it need not be limited. */
class JoinedList extends List {
  readonly size: number;
  readonly #left: List;
  readonly #right: List;
  constructor(left: List, right: List) {
    super();
    this.#left = left;
    this.#right = right;
    this.size = left.size + right.size;
  }
  at(index: number): Value {
    const { size } = this.#left;
    return index < size ? this.#left.at(index) : this.#right.at(index - size);
  }
}

/** Maps and objects. Keys are strings in everything that comes from JSON; literals may have other scalars. */
export abstract class MapValue implements Opaque {
  readonly celType: string = 'map';
  abstract readonly size: number;
  abstract get(key: Value): Value | undefined;
  abstract has(key: Value): boolean;
  abstract keys(): Value[];
  equals(other: Opaque, work: Work): boolean {
    if (!(other instanceof MapValue) || other.size !== this.size) return false;
    return this.keys().every((key) => {
      const left = this.get(key);
      const right = other.get(key);
      return left !== undefined && right !== undefined && valuesEqual(left, right, work);
    });
  }
}

/** A map made by an expression. */
export class LiteralMap extends MapValue {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    super();
    for (const [key, value] of entries) this.#entries.set(keyIdentity(key), [key, value]);
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyIdentity(key))?.[1];
  }
  has(key: Value): boolean {
    return this.#entries.has(keyIdentity(key));
  }
  keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }
}

/** Text that equal keys share: 1, 1u and 1.0 are the same key. */
function keyIdentity(key: Value): string {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'boolean':
      return `b${key}`;
    case 'bigint':
      return `n${key}`;
    case 'number':
      return `n${Number.isInteger(key) ? BigInt(key) : key}`;
    default:
      if (key instanceof Uint) return `n${key.value}`;
      throw new CelError('unsupported key type');
  }
}

/** Runtime name of the type of a value. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    default:
      if (value === null) return 'null_type';
      return value instanceof Uint8Array ? 'bytes' : value.celType;
  }
}

/**
 * Values one `==` compares at most. Nesting the same list in itself makes equality exponential while its cost, as cel-go
 * counts it, stays small.
 */
const MAX_COMPARISONS = 2_000_000;

/** `==` of CEL: numbers of all kinds by value, lists by item, maps by key; values of different types differ. */
export function valuesEqual(a: Value, b: Value, work: Work = { count: 0 }): boolean {
  if (++work.count > MAX_COMPARISONS) throw new CostExceededError();
  if (a === b) return typeof a !== 'number' || !Number.isNaN(a);
  if (typeof a === 'string' || typeof a === 'boolean' || a === null || b === null) return false;
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  if (typeof b !== 'object' || b instanceof Uint8Array) return false;
  return a.equals(b, work);
}

function listsEqual(a: List, b: List, work: Work): boolean {
  if (a.size !== b.size) return false;
  for (let i = 0; i < a.size; i++) if (!valuesEqual(a.at(i), b.at(i), work)) return false;
  return true;
}

export function isNumeric(value: Value): value is bigint | number | Uint {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;
}

/** -1, 0, 1; NaN when one of them is not a number. JavaScript compares bigint with number exactly. */
export function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number {
  const left = a instanceof Uint ? a.value : a;
  const right = b instanceof Uint ? b.value : b;
  if (left < right) return -1;
  if (left > right) return 1;
  return left == right ? 0 : Number.NaN;
}

/** Order of two values of one type; numbers of all kinds are one type. @throws CelError for what has no order */
export function compareValues(a: Value, b: Value): number {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  const isTime = a instanceof Timestamp && b instanceof Timestamp;
  if (isTime || (a instanceof Duration && b instanceof Duration)) {
    const right = (b as Timestamp | Duration).nanos;
    return a.nanos < right ? -1 : a.nanos > right ? 1 : 0;
  }
  throw new CelError('no such overload');
}

/** Order by code points, which for text outside the basic plane is not JavaScript's. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const isLeftSurrogate = left >= 0xd800 && left <= 0xdfff;
    const isRightSurrogate = right >= 0xd800 && right <= 0xdfff;
    if (isLeftSurrogate !== isRightSurrogate) return isLeftSurrogate ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** `size()`: code points, bytes, items or entries; 1 for everything else, as costs want it. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return textSize(value);
  if (value instanceof Uint8Array) return value.length;
  return value instanceof List || value instanceof MapValue ? value.size : 1;
}

/** Code points of a text. */
export function textSize(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdbff) {
      size--;
      i++;
    }
  }
  return size;
}
