/** Quantities (`500m`, `1.5Gi`) as the API server stores and compares them. */
import { parseQuantity as parseNanos } from '../schema/cel-quantity.ts';

const SUFFIX = /(?:Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)$/;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;
/** What binary amounts end at. */
const MOST = (2n ** 63n - 1n) * NANO;

/** What a text that is no quantity is told; the words of apimachinery. */
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Billionths of a unit; `undefined` when the value is no quantity. JSON numbers count as their text. */
export function quantityNanos(value: unknown): bigint | undefined {
  if (typeof value === 'number') return parseNanos(String(value))?.nanos;
  return typeof value === 'string' ? parseNanos(value)?.nanos : undefined;
}

const PARTS = /^[+-]?0*(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

/** What is wrong with a value as the text of an amount, in the words of apimachinery; undefined when nothing is. */
export function quantityProblem(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : String(value);
  if ((typeof value !== 'string' && typeof value !== 'number') || text === '')
    return QUANTITY_ERROR;
  if (quantityNanos(text) !== undefined) return undefined;
  if (!PARTS.test(text)) return QUANTITY_ERROR;
  return /^[+-]?[\d.]*$/.test(text)
    ? 'unable to parse numeric part of quantity'
    : "unable to parse quantity's suffix";
}

/**
 * The canonical text of an amount: the largest suffix that needs no fraction, e.g. `0.5` → `500m`, `1024Mi` → `1Gi`.
 * Amounts in resource lists are rounded up to thousandths, unless `isExact`. `undefined` when the value is no quantity.
 */
export function canonicalQuantity(
  value: string | number,
  { isExact = false }: { isExact?: boolean } = {},
): string | undefined {
  const text = String(value).trim();
  const exact = quantityNanos(text);
  if (exact === undefined) return undefined;
  const nanos = isExact ? exact : roundUp(exact);
  const suffix = SUFFIX.exec(text)?.[0] ?? '';
  const isBinary = suffix.length === 2 && suffix.endsWith('i');
  if (isBinary && nanos > MOST) return String(MOST / NANO);
  if (isWritten(text, suffix) && nanos === exact) return text;
  if (nanos === 0n) return '0';
  if (isBinary && nanos % NANO === 0n && magnitude(nanos) >= 1024n * NANO) {
    return withBinarySuffix(nanos / NANO);
  }
  return withDecimalSuffix(nanos, /^[eE][+-]?\d/.test(suffix));
}

/** Whether an amount keeps the text it came in: a real server makes a new one only where it may differ. */
function isWritten(text: string, suffix: string): boolean {
  if (text === '0') return true;
  const [, digits = '', decimals] = PARTS.exec(text) ?? [];
  const mantissa = digits + (decimals ?? '');
  if (mantissa === '' || mantissa.length > 15) return false;
  if (BINARY.includes(suffix) && suffix !== '') {
    return decimals === undefined && Number(mantissa) % 8 !== 0;
  }
  const exponent = /^[eE]/.test(suffix) && suffix.length > 1 ? Number(suffix.slice(1)) : 0;
  const scale = exponent - (decimals ?? '').length;
  return scale % 3 === 0 && !mantissa.endsWith('000') && !mantissa.startsWith('0');
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
