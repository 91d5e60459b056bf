/** The functions and operators of CEL itself (language definition, "List of Standard Definitions"). */
import { compilePattern } from '../pattern.ts';
import type { Declarations } from './library.ts';
import { parseDuration, parseTimestamp, timeFunctions } from './times.ts';
import {
  CelError,
  checkedInt,
  compareValues,
  Duration,
  isNumeric,
  type List,
  type MapValue,
  Optional,
  sizeOf,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
  valuesEqual,
} from './values.ts';

function divide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new CelError('division by zero');
  return checkedInt(a / b);
}

function modulo(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new CelError('modulus by zero');
  return a % b;
}

const arithmetic: Declarations = [
  ['_+_(int, int) -> int', (a: bigint, b: bigint) => checkedInt(a + b)],
  ['_+_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(a.value + b.value)],
  ['_+_(double, double) -> double', (a: number, b: number) => a + b],
  ['_+_(string, string) -> string', (a: string, b: string) => a + b],
  [
    '_+_(bytes, bytes) -> bytes',
    (a: Uint8Array, b: Uint8Array) => new Uint8Array(Buffer.concat([a, b])),
  ],
  ['_+_(list(A), list(A)) -> list(A)', (a: List, b: List) => a.concat(b)],
  [
    '_+_(timestamp, duration) -> timestamp',
    (a: Timestamp, b: Duration) => new Timestamp(a.nanos + b.nanos),
  ],
  [
    '_+_(duration, timestamp) -> timestamp',
    (a: Duration, b: Timestamp) => new Timestamp(a.nanos + b.nanos),
  ],
  [
    '_+_(duration, duration) -> duration',
    (a: Duration, b: Duration) => new Duration(a.nanos + b.nanos),
  ],
  ['_-_(int, int) -> int', (a: bigint, b: bigint) => checkedInt(a - b)],
  ['_-_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(a.value - b.value)],
  ['_-_(double, double) -> double', (a: number, b: number) => a - b],
  [
    '_-_(timestamp, timestamp) -> duration',
    (a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos),
  ],
  [
    '_-_(timestamp, duration) -> timestamp',
    (a: Timestamp, b: Duration) => new Timestamp(a.nanos - b.nanos),
  ],
  [
    '_-_(duration, duration) -> duration',
    (a: Duration, b: Duration) => new Duration(a.nanos - b.nanos),
  ],
  ['_*_(int, int) -> int', (a: bigint, b: bigint) => checkedInt(a * b)],
  ['_*_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(a.value * b.value)],
  ['_*_(double, double) -> double', (a: number, b: number) => a * b],
  ['_/_(int, int) -> int', divide],
  ['_/_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(divide(a.value, b.value))],
  ['_/_(double, double) -> double', (a: number, b: number) => a / b],
  ['_%_(int, int) -> int', modulo],
  ['_%_(uint, uint) -> uint', (a: Uint, b: Uint) => new Uint(modulo(a.value, b.value))],
  ['-_(int) -> int', (a: bigint) => checkedInt(-a)],
  ['-_(double) -> double', (a: number) => -a],
  ['!_(bool) -> bool', (a: boolean) => !a],
];

/** Number types compare with each other when one of them is `dyn`, and between themselves (cross-type comparison). */
const comparable = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
const numeric = ['int', 'uint', 'double'];
const comparisons: Declarations = (
  [
    ['<', (order) => order < 0],
    ['<=', (order) => order <= 0],
    ['>', (order) => order > 0],
    ['>=', (order) => order >= 0],
  ] as const satisfies [string, (order: number) => boolean][]
).flatMap(([operator, holds]) => {
  const run = (a: Value, b: Value) => holds(compareValues(a, b));
  const same = comparable.map((type) => [`_${operator}_(${type}, ${type}) -> bool`, run] as const);
  const mixed = numeric.flatMap((left) =>
    numeric
      .filter((right) => right !== left)
      .map((right) => [`_${operator}_(${left}, ${right}) -> bool`, run] as const),
  );
  return [...same, ...mixed];
});

function contains(item: Value, list: List): boolean {
  for (const other of list) if (valuesEqual(item, other)) return true;
  return false;
}

function atIndex(list: List, index: Value): Value {
  const position = wholeNumber(index);
  if (position === undefined || position < 0 || position >= list.size) {
    throw new CelError(`index out of bounds: ${showNumber(index)}`);
  }
  return list.at(position);
}

function wholeNumber(value: Value): number | undefined {
  if (!isNumeric(value)) return undefined;
  const number = Number(value instanceof Uint ? value.value : value);
  return Number.isSafeInteger(number) ? number : undefined;
}

function atKey(map: MapValue, key: Value): Value {
  const value = map.get(key);
  if (value === undefined) throw new CelError(`no such key: ${showNumber(key)}`);
  return value;
}

function showNumber(value: Value): string {
  return value instanceof Uint ? String(value.value) : String(value);
}

const access: Declarations = [
  ['@in(A, list(A)) -> bool', contains],
  ['@in(A, map(A, B)) -> bool', (key: Value, map: MapValue) => map.has(key)],
  ['_[_](list(A), int) -> A', atIndex],
  ['_[_](map(A, B), A) -> B', atKey],
  [
    '_[?_](list(A), int) -> optional(A)',
    (list: List, index: Value) => {
      const at = wholeNumber(index);
      return at !== undefined && at >= 0 && at < list.size
        ? new Optional(list.at(at))
        : Optional.none;
    },
  ],
  ['_[?_](map(A, B), A) -> optional(B)', (map: MapValue, key: Value) => new Optional(map.get(key))],
  [
    '_[_](optional(list(A)), int) -> optional(A)',
    (list: Optional, index: Value) => new Optional(optionalItem(list, index)),
  ],
  [
    '_[_](optional(map(A, B)), A) -> optional(B)',
    (map: Optional, key: Value) => new Optional((map.value as MapValue | undefined)?.get(key)),
  ],
  [
    '_[?_](optional(list(A)), int) -> optional(A)',
    (list: Optional, index: Value) => new Optional(optionalItem(list, index)),
  ],
  [
    '_[?_](optional(map(A, B)), A) -> optional(B)',
    (map: Optional, key: Value) => new Optional((map.value as MapValue | undefined)?.get(key)),
  ],
];

function optionalItem(list: Optional, index: Value): Value | undefined {
  if (list.value === undefined) return undefined;
  const position = wholeNumber(index);
  const items = list.value as List;
  return position !== undefined && position >= 0 && position < items.size
    ? items.at(position)
    : undefined;
}

function toInt(value: number): bigint {
  if (!Number.isFinite(value) || value >= 2 ** 63 || value <= -(2 ** 63)) {
    throw new CelError('integer overflow');
  }
  return BigInt(Math.trunc(value));
}

function conversionError(from: string, to: string): CelError {
  return new CelError(`type conversion error from '${from}' to '${to}'`);
}

function reading<T>(type: string, read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw error instanceof CelError ? conversionError('string', type) : error;
    }
  };
}

function parseInteger(text: string, type: 'int' | 'uint'): bigint {
  const pattern = type === 'int' ? /^[+-]?\d{1,40}$/ : /^\d{1,40}$/;
  const value = pattern.test(text) ? BigInt(text.replace('+', '')) : undefined;
  const isInRange =
    value !== undefined &&
    (type === 'int' ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value);
  if (!isInRange) throw conversionError('string', type);
  return value;
}

function parseDouble(text: string): number {
  if (!/^[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Inf|Infinity|NaN)$/i.test(text))
    throw conversionError('string', 'double');
  return Number(text.replace(/inf(inity)?/i, 'Infinity').replace(/nan/i, 'NaN'));
}

/** What Go reads as a boolean. */
function parseBoolean(text: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw conversionError('string', 'bool');
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

/** As Go prints a float64. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  // As few digits as tell the number from others (Go's `%g`).
  const text = value.toExponential();
  const exponent = Number(text.slice(text.indexOf('e') + 1));
  if (value === 0 || (exponent >= -4 && exponent < 6)) return value.toString();
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

const conversions: Declarations = [
  ['int(int) -> int', (value: bigint) => value],
  ['int(uint) -> int', (value: Uint) => checkedInt(value.value)],
  ['int(double) -> int', toInt],
  ['int(string) -> int', (text: string) => checkedInt(parseInteger(text, 'int'))],
  ['int(timestamp) -> int', (time: Timestamp) => floorDivide(time.nanos, 1_000_000_000n)],
  ['uint(uint) -> uint', (value: Uint) => value],
  ['uint(int) -> uint', (value: bigint) => new Uint(value)],
  ['uint(double) -> uint', (value: number) => new Uint(unsigned(value))],
  ['uint(string) -> uint', (text: string) => new Uint(parseInteger(text, 'uint'))],
  ['double(double) -> double', (value: number) => value],
  ['double(int) -> double', Number],
  ['double(uint) -> double', (value: Uint) => Number(value.value)],
  ['double(string) -> double', parseDouble],
  ['string(string) -> string', (text: string) => text],
  ['string(bool) -> string', String],
  ['string(int) -> string', String],
  ['string(uint) -> string', (value: Uint) => String(value.value)],
  ['string(double) -> string', doubleText],
  ['string(bytes) -> string', decodeText],
  ['bytes(bytes) -> bytes', (bytes: Uint8Array) => bytes],
  ['bytes(string) -> bytes', (text: string) => new TextEncoder().encode(text)],
  ['bool(bool) -> bool', (value: boolean) => value],
  ['bool(string) -> bool', parseBoolean],
  ['timestamp(timestamp) -> timestamp', (time: Timestamp) => time],
  ['timestamp(string) -> timestamp', reading('google.protobuf.Timestamp', parseTimestamp)],
  ['timestamp(int) -> timestamp', (seconds: bigint) => new Timestamp(seconds * 1_000_000_000n)],
  ['duration(duration) -> duration', (length: Duration) => length],
  ['duration(string) -> duration', reading('google.protobuf.Duration', parseDuration)],
  ['duration(int) -> duration', (nanos: bigint) => new Duration(nanos)],
  ['dyn(A) -> dyn', (value: Value) => value],
  ['type(A) -> type(A)', (value: Value) => new TypeValue(typeName(value))],
];

function unsigned(value: number): bigint {
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) {
    throw new CelError('unsigned integer overflow');
  }
  return BigInt(Math.trunc(value));
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function matches(text: string, pattern: string): boolean {
  return compileCelPattern(pattern).test(text);
}

/** @throws CelError when it is not RE2 */
export function compileCelPattern(pattern: string): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : pattern;
    throw new CelError(
      reason.startsWith('error parsing') ? reason : `error parsing regexp: ${reason}`,
    );
  }
}

const size = (value: Value): bigint => BigInt(sizeOf(value));

const others: Declarations = [
  ...['string', 'bytes', 'list(A)', 'map(A, B)'].flatMap((type) => [
    [`size(${type}) -> int`, size] as const,
    [`${type}.size() -> int`, size] as const,
  ]),
  ['string.contains(string) -> bool', (text: string, part: string) => text.includes(part)],
  ['string.startsWith(string) -> bool', (text: string, part: string) => text.startsWith(part)],
  ['string.endsWith(string) -> bool', (text: string, part: string) => text.endsWith(part)],
  ['matches(string, string) -> bool', matches],
  ['string.matches(string) -> bool', matches],
  ['_==_(A, A) -> bool', (a: Value, b: Value) => valuesEqual(a, b)],
  ['_!=_(A, A) -> bool', (a: Value, b: Value) => !valuesEqual(a, b)],
];

export const standardFunctions: readonly Declarations[] = [
  arithmetic,
  comparisons,
  access,
  conversions,
  timeFunctions,
  others,
];
