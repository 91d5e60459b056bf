/** Lists, sets and optionals (Kubernetes `lists`; cel-go `ext.Lists`, `ext.Sets`, optional types). */
import type { Declarations } from './library.ts';
import {
  ArrayList,
  CelError,
  checkedInt,
  compareNumbers,
  compareValues,
  CostExceededError,
  Duration,
  isNumeric,
  List,
  MapValue,
  Optional,
  sizeOf,
  Uint,
  type Value,
  valuesEqual,
} from './values.ts';
import { ValueSet } from './value-set.ts';

/** Items one function may make or sort. */
const MAX_ITEMS = 1_000_000;

/** Items of a list as an array. @throws CostExceededError when it is beyond what the cost limits allow to touch */
export function itemsOf(list: List): Value[] {
  if (list.size > MAX_ITEMS) throw new CostExceededError();
  return [...list];
}

function isSorted(list: List): boolean {
  const items = itemsOf(list);
  return items.every((item, i) => i === 0 || compareValues(items[i - 1]!, item) <= 0);
}

function sum(list: List): Value {
  let total: Value | undefined;
  for (const item of itemsOf(list)) total = total === undefined ? item : add(total, item);
  return total ?? 0n;
}

function add(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a + b);
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value + b.value);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos + b.nanos);
  throw new CelError('no such overload');
}

function extreme(name: 'min' | 'max'): (list: List) => Value {
  return (list) => {
    const [first, ...rest] = itemsOf(list);
    if (first === undefined) throw new CelError(`${name} called on empty list`);
    return rest.reduce((best, item) => {
      const order = compareValues(item, best);
      return (name === 'min' ? order < 0 : order > 0) ? item : best;
    }, first);
  };
}

function indexOf(list: List, item: Value): bigint {
  const work = { count: 0 };
  for (let i = 0; i < list.size; i++) if (valuesEqual(list.at(i), item, work)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: List, item: Value): bigint {
  const work = { count: 0 };
  for (let i = list.size - 1; i >= 0; i--) {
    if (valuesEqual(list.at(i), item, work)) return BigInt(i);
  }
  return -1n;
}

function slice(list: List, from: bigint, to: bigint): List {
  const call = `cannot slice(${from}, ${to})`;
  if (from < 0n || to < 0n) throw new CelError(`${call}, negative indexes not supported`);
  if (from > to) {
    throw new CelError(`${call}, start index must be less than or equal to end index`);
  }
  if (to > BigInt(list.size)) throw new CelError(`${call}, list is length ${list.size}`);
  return new ArrayList(itemsOf(list).slice(Number(from), Number(to)));
}

function flatten(list: List, depth = 1n): List {
  if (depth < 0n) throw new CelError('level must be non-negative');
  const items: Value[] = [];
  flattenInto(items, list, depth);
  return new ArrayList(items);
}

function flattenInto(items: Value[], list: List, depth: bigint): void {
  for (const item of list) {
    if (item instanceof List && depth > 0n) flattenInto(items, item, depth - 1n);
    else items.push(item);
    if (items.length > MAX_ITEMS) throw new CostExceededError();
  }
}

function distinct(list: List): List {
  const seen = new ValueSet();
  return new ArrayList(itemsOf(list).filter((item) => seen.add(item)));
}

function range(count: bigint): List {
  if (count > BigInt(MAX_ITEMS)) throw new CostExceededError();
  return new ArrayList(Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i)));
}

/** Sorts `items` by `keys`, which must be of one ordered type. */
export function sortByKeys(items: Value[], keys: Value[]): List {
  const order = items.map((_, i) => i).toSorted((a, b) => compareValues(keys[a]!, keys[b]!));
  return new ArrayList(order.map((i) => items[i]!));
}

function includesAll(list: List, items: List): boolean {
  const known = new ValueSet(itemsOf(list));
  return itemsOf(items).every((item) => known.has(item));
}

function intersects(a: List, b: List): boolean {
  const known = new ValueSet(itemsOf(a));
  return itemsOf(b).some((item) => known.has(item));
}

export const listFunctions: Declarations = [
  ['list(A).isSorted() -> bool', isSorted],
  ...['int', 'uint', 'double', 'duration'].map(
    (type) => [`list(${type}).sum() -> ${type}`, sum] as const,
  ),
  ['list(A).min() -> A', extreme('min')],
  ['list(A).max() -> A', extreme('max')],
  ['list(A).indexOf(A) -> int', indexOf],
  ['list(A).lastIndexOf(A) -> int', lastIndexOf],
  ['list(A).slice(int, int) -> list(A)', slice],
  ['list(list(A)).flatten() -> list(A)', (list: List) => flatten(list)],
  ['list(dyn).flatten(int) -> list(dyn)', flatten],
  ['list(A).distinct() -> list(A)', distinct],
  ['list(A).reverse() -> list(A)', (list: List) => new ArrayList(itemsOf(list).toReversed())],
  [
    'list(A).sort() -> list(A)',
    (list: List) => {
      const items = itemsOf(list);
      return sortByKeys(items, items);
    },
  ],
  ['lists.range(int) -> list(int)', range],
  [
    'list(A).first() -> optional(A)',
    (list: List) => new Optional(list.size > 0 ? list.at(0) : undefined),
  ],
  [
    'list(A).last() -> optional(A)',
    (list: List) => new Optional(list.size > 0 ? list.at(list.size - 1) : undefined),
  ],
  ['sets.contains(list(A), list(A)) -> bool', includesAll],
  [
    'sets.equivalent(list(A), list(A)) -> bool',
    (a: List, b: List) => includesAll(a, b) && includesAll(b, a),
  ],
  ['sets.intersects(list(A), list(A)) -> bool', intersects],
];

function isZero(value: Value): boolean {
  if (value === null || value === false) return true;
  if (isNumeric(value)) return compareNumbers(value, 0n) === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  const isSized =
    typeof value === 'string' ||
    value instanceof Uint8Array ||
    value instanceof List ||
    value instanceof MapValue;
  return isSized && sizeOf(value) === 0;
}

function valueOf({ value }: Optional): Value {
  if (value === undefined) throw new CelError('optional.none() dereference');
  return value;
}

function unwrap(list: List): List {
  const items: Value[] = [];
  for (const item of itemsOf(list)) {
    if (item instanceof Optional && item.value !== undefined) items.push(item.value);
  }
  return new ArrayList(items);
}

/** `or` and `orValue` are evaluated lazily by the compiler; what stands here is their meaning and type. */
export const optionalFunctions: Declarations = [
  ['optional.of(A) -> optional(A)', (value: Value) => new Optional(value)],
  [
    'optional.ofNonZeroValue(A) -> optional(A)',
    (value: Value) => (isZero(value) ? Optional.none : new Optional(value)),
  ],
  ['optional.none() -> optional(A)', () => Optional.none],
  ['optional(A).hasValue() -> bool', ({ value }: Optional) => value !== undefined],
  ['optional(A).value() -> A', valueOf],
  [
    'optional(A).or(optional(A)) -> optional(A)',
    (a: Optional, b: Optional) => (a.value === undefined ? b : a),
  ],
  ['optional(A).orValue(A) -> A', (a: Optional, b: Value) => a.value ?? b],
  ['optional.unwrap(list(optional(A))) -> list(A)', unwrap],
  ['list(optional(A)).unwrapOpt() -> list(A)', unwrap],
];
