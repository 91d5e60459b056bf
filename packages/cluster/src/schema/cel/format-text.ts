/** `string.format` and `strings.quote` of CEL's string extension. */
import { durationText, timestampText } from './times.ts';
import {
  CelError,
  Duration,
  List,
  MapValue,
  Timestamp,
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
      return typeof value === 'number' && !Number.isFinite(value)
        ? notFinite(value)
        : String(integer(value, 'decimal'));
    case 'f':
      return decimal(value, (number) => number.toFixed(digits));
    case 'e':
      return decimal(value, (number) =>
        number.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2'),
      );
    case 'b':
      return (typeof value === 'boolean' ? BigInt(value) : integer(value, 'binary')).toString(2);
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

function decimal(value: Value, format: (number: number) => string): string {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'bigint'
        ? Number(value)
        : value instanceof Uint
          ? Number(value.value)
          : undefined;
  if (number === undefined) {
    throw new CelError(
      'error during formatting: fixed-point clause can only be used on doubles, integers, and unsigned integers',
    );
  }
  return Number.isFinite(number) ? format(number) : notFinite(number);
}

function notFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function integer(value: Value, name: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return value.value;
  throw new CelError(`error during formatting: ${name} clause can only be used on integers`);
}

function hex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint' || value instanceof Uint) return integer(value, 'hex').toString(16);
  throw new CelError(
    'error during formatting: only integers, byte buffers, and strings can be formatted as hex',
  );
}

/** How `%s` shows a value: lists and maps in their literal form, maps by key. */
function plainText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? String(value) : notFinite(value);
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof List) return `[${[...value].map(nestedText).join(', ')}]`;
  if (value instanceof MapValue) return `{${mapText(value)}}`;
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${value.celType}`,
  );
}

function mapText(map: MapValue): string {
  return map
    .keys()
    .map((key) => `${nestedText(key)}: ${nestedText(map.get(key) ?? null)}`)
    .toSorted()
    .join(', ');
}

function nestedText(value: Value): string {
  if (typeof value === 'string') return quoteText(value);
  if (value instanceof Timestamp) return `timestamp("${timestampText(value)}")`;
  if (value instanceof Duration) return `duration("${durationText(value)}")`;
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
