/** `string.format` and `strings.quote` of CEL's string extension. */
import { doubleText } from './standard.ts';
import { durationText, timestampText } from './times.ts';
import {
  CelError,
  Duration,
  List,
  MapValue,
  Timestamp,
  typeName,
  TypeValue,
  Uint,
  type Value,
} from './values.ts';

const clause = /%(?:\.(\d+))?(.|$)/gsu;

/** Fills `%s %d %f %e %b %x %X %o`. @throws CelError on a wrong clause, too few values or one that does not fit */
export function formatText(template: string, values: List): string {
  let next = 0;
  return template.replace(clause, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (verb === '') throw new CelError('unexpected end of string');
    if (next >= values.size) throw new CelError(`index ${next} out of range`);
    return formatValue(values.at(next++), verb, precision);
  });
}

function formatValue(value: Value, verb: string, precision: string | undefined): string {
  const digits = Math.min(Number(precision ?? 6), 100);
  switch (verb) {
    case 's':
      return plainText(value);
    case 'd':
      return String(integer(value, 'decimal'));
    case 'f':
      return decimal(value, 'fixed-point', (number) => grouped(number, digits));
    case 'e':
      // What stands for a precision here is taken for a width, so there are always six digits.
      return decimal(value, 'scientific', scientific);
    case 'b':
      return binary(value);
    case 'o':
      return integer(value, 'octal').toString(8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
    default:
      throw new CelError(
        `could not parse formatting clause: unrecognized formatting clause "${verb}"`,
      );
  }
}

function decimal(value: Value, name: string, format: (number: number) => string): string {
  const isNamed = value === 'NaN' || value === 'Infinity' || value === '-Infinity';
  const number = isNamed ? Number(value) : value;
  if (typeof number !== 'number') throw misfit(`${name} clause can only be used on doubles`, value);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '∞' : '-∞';
  return format(number);
}

/** In English: thousands are set apart. */
function grouped(number: number, digits: number): string {
  const [whole = '', fraction] = number.toFixed(digits).split('.');
  const thousands = /[eE]/.test(whole) ? whole : whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function scientific(number: number): string {
  const [mantissa = '', exponent = '0'] = number.toExponential(6).split('e');
  const digits = String(Math.abs(Number(exponent))).padStart(2, '0');
  const raised = Array.from(digits, (digit) => RAISED[Number(digit)]).join('');
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${raised}`;
}

function misfit(text: string, value: Value): CelError {
  return new CelError(`error during formatting: ${text}, was given ${typeName(value)}`);
}

function integer(value: Value, name: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return value.value;
  throw misfit(`${name} clause can only be used on integers`, value);
}

function binary(value: Value): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint' || value instanceof Uint)
    return integer(value, 'binary').toString(2);
  throw misfit('only integers and bools can be formatted as binary', value);
}

function hex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint' || value instanceof Uint) return integer(value, 'hex').toString(16);
  throw misfit('only integers, byte buffers, and strings can be formatted as hex', value);
}

/** How `%s` shows a value: lists and maps in their literal form, maps by key. */
function plainText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return doubleText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof List) return `[${[...value].map(nestedText).join(', ')}]`;
  if (value instanceof MapValue) return `{${mapText(value)}}`;
  throw misfit(
    'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
    value,
  );
}

function mapText(map: MapValue): string {
  return map
    .keys()
    .map((key) => `${keyText(key)}:${nestedText(map.get(key) ?? null)}`)
    .toSorted()
    .join(', ');
}

function keyText(key: Value): string {
  if (typeof key === 'number') {
    throw new CelError(
      'error during formatting: no formatting function for map key of type double',
    );
  }
  return nestedText(key);
}

function nestedText(value: Value): string {
  if (typeof value === 'string') return quoteText(value);
  if (value instanceof Uint8Array) return `b${quoteText(Buffer.from(value).toString())}`;
  if (value instanceof Timestamp) return `timestamp("${timestampText(value)}")`;
  if (value instanceof Duration) return `duration("${durationText(value)}")`;
  if (typeof value === 'number')
    return Number.isFinite(value) ? value.toFixed(6) : quoteText(decimal(value, '', String));
  return plainText(value);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

/** The text in double quotes with escapes; safe to print. */
export function quoteText(text: string): string {
  let body = '';
  for (const character of text) body += escapes.get(character) ?? character;
  return `"${body.toWellFormed()}"`;
}
