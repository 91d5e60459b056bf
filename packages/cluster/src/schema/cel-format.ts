/** `string.format` and `strings.quote` of CEL's string extension. */
import { EvaluationError } from '@marcbachmann/cel-js';

const clause = /%(?:\.(\d+))?([a-zA-Z%])/g;

/**
 * Fills `%s %d %f %e %b %x %X %o` from `values`.
 * @throws EvaluationError on a wrong clause, too few values or a value that does not fit
 */
export function formatString(template: string, values: unknown[]): string {
  let next = 0;
  return template.replace(clause, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= values.length) throw new EvaluationError(`index ${next} out of range`);
    return formatValue(values[next++], verb, precision);
  });
}

function formatValue(value: unknown, verb: string, precision: string | undefined): string {
  const digits = Math.min(Number(precision ?? 6), 100);
  switch (verb) {
    case 's':
      return toText(value);
    case 'd':
      return String(integer(value));
    case 'f':
      return Number(value).toFixed(digits);
    case 'e':
      return Number(value)
        .toExponential(digits)
        .replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      return (typeof value === 'boolean' ? BigInt(value) : integer(value)).toString(2);
    case 'o':
      return integer(value).toString(8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
    default:
      throw new EvaluationError(`unrecognized formatting clause "${verb}"`);
  }
}

function integer(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  throw new EvaluationError('decimal clause can only be used on integers');
}

function hex(value: unknown): string {
  return typeof value === 'string'
    ? Buffer.from(value).toString('hex')
    : integer(value).toString(16);
}

/** How `%s` shows a value: lists and maps in their literal form. */
function toText(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(nested).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  const isMap = value instanceof Map;
  if (!isMap && value.constructor !== Object && value.constructor !== undefined) return `${value}`;
  const entries = (isMap ? [...value] : Object.entries(value)) as [unknown, unknown][];
  return `{${entries.map(([key, item]) => `${nested(key)}: ${nested(item)}`).join(', ')}}`;
}

function nested(value: unknown): string {
  return typeof value === 'string' ? quoteString(value) : toText(value);
}

/** The text in double quotes with escapes. */
export function quoteString(text: string): string {
  return JSON.stringify(text);
}
