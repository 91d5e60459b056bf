/** Quantities (`500m`, `1.5Gi`) as the API server stores and compares them. */
import { parseQuantity as parseNanos } from '../schema/cel-quantity.ts';

const SUFFIX = /(?:Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)$/;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;

/** What a text that is no quantity is told; the words of apimachinery. */
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Billionths of a unit; `undefined` when the value is no quantity. JSON numbers count as their text. */
export function quantityNanos(value: unknown): bigint | undefined {
  if (typeof value === 'number') return parseNanos(String(value))?.nanos;
  return typeof value === 'string' ? parseNanos(value)?.nanos : undefined;
}

/**
 * The canonical text of an amount in a resource list: rounded up to thousandths, the largest suffix that needs no
 * fraction, e.g. `0.5` → `500m`, `1024Mi` → `1Gi`. `undefined` when the value is no quantity.
 */
export function canonicalQuantity(value: string | number): string | undefined {
  const text = String(value);
  const exact = quantityNanos(text);
  if (exact === undefined) return undefined;
  const nanos = roundUp(exact);
  if (nanos === 0n) return '0';
  const suffix = SUFFIX.exec(text)?.[0] ?? '';
  const isBinary = suffix.length === 2 && suffix.endsWith('i');
  if (isBinary && nanos % NANO === 0n && magnitude(nanos) >= 1024n * NANO) {
    return withBinarySuffix(nanos / NANO);
  }
  return withDecimalSuffix(nanos, /^[eE][+-]?\d/.test(suffix));
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Away from zero. */
function roundUp(nanos: bigint): bigint {
  const rest = magnitude(nanos) % MILLI;
  if (rest === 0n) return nanos;
  return nanos < 0n ? nanos - (MILLI - rest) : nanos + (MILLI - rest);
}

function withBinarySuffix(units: bigint): string {
  let value = units;
  let power = 0;
  while (value % 1024n === 0n && power < BINARY.length - 1) {
    value /= 1024n;
    power += 1;
  }
  return `${value}${BINARY[power]}`;
}

function withDecimalSuffix(nanos: bigint, isExponent: boolean): string {
  let value = nanos;
  let power = 0;
  while (value % 1000n === 0n && power < DECIMAL.length - 1) {
    value /= 1000n;
    power += 1;
  }
  if (!isExponent) return `${value}${DECIMAL[power]}`;
  const exponent = (power - 3) * 3;
  return exponent === 0 ? String(value) : `${value}e${exponent}`;
}
