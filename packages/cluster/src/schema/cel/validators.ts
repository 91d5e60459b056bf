/**
 * What is checked of a well-typed expression before it is used (cel-go `validator.go`, `ext/formatting.go`): literals that can
 * never be read, literals of mixed types, and format strings that do not fit their arguments.
 */
import { compilePattern } from '../pattern.ts';
import type { Call, Expression } from './ast.ts';
import type { Checked } from './checker.ts';
import type { SourceProblem } from './source-error.ts';
import { parseDuration, parseTimestamp } from './times.ts';
import { formatType, type Type } from './types.ts';

/** Complaints in no particular order. The expression must have been checked without problems. */
export function validateExpression(expression: Expression, checked: Checked): SourceProblem[] {
  const problems: SourceProblem[] = [];
  visit(expression, { checked, problems, isFormatted: false });
  return problems;
}

interface Context {
  checked: Checked;
  problems: SourceProblem[];
  /** Inside of the arguments of `format`, whose lists and maps may be mixed. */
  isFormatted: boolean;
}

function visit(expression: Expression, context: Context): void {
  if (expression.kind === 'call') visitCall(expression, context);
  if (!context.isFormatted) checkMixed(expression, context);
  const isFormatted =
    context.isFormatted || (expression.kind === 'call' && expression.name === 'format');
  for (const part of partsOf(expression)) visit(part, { ...context, isFormatted });
}

function partsOf(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'identifier':
      return [];
    case 'select':
    case 'presence':
      return [expression.operand];
    case 'call':
      return [...(expression.target ? [expression.target] : []), ...expression.args];
    case 'list':
      return expression.items.map(({ value }) => value);
    case 'map':
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case 'macro':
      return [expression.range, ...expression.bodies];
  }
}

/** Functions whose first argument must make sense when it is a literal. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  duration: parseDuration,
  timestamp: parseTimestamp,
  matches: compilePattern,
};

function visitCall(call: Call, { checked, problems }: Context): void {
  const [first] = call.args;
  const read = Object.hasOwn(READERS, call.name) ? READERS[call.name] : undefined;
  if (read !== undefined && first?.kind === 'literal' && typeof first.value === 'string') {
    try {
      read(first.value);
    } catch {
      problems.push({ at: first.at, text: `invalid ${call.name} argument` });
    }
  }
  const { target } = call;
  if (call.name !== 'format' || target?.kind !== 'literal' || first?.kind !== 'list') return;
  const args = first.items.map(({ value }) => value);
  const found = formatProblem(String(target.value), args, checked);
  if (found !== undefined) problems.push({ at: found.at ?? call.at, text: found.text });
}

function checkMixed(expression: Expression, { checked, problems }: Context): void {
  // What is known to be an optional may be one of nothing, whose type is anything.
  const typeOf = (part: Expression, isOptional: boolean): Type | undefined => {
    const type = checked.types.get(part);
    if (!isOptional) return type;
    return type?.params[0]?.kind === 'dyn' ? undefined : type?.params[0];
  };
  const differ = (wanted: Type | undefined, found: Type | undefined, at: number): boolean => {
    if (wanted === undefined || found === undefined || isSameType(wanted, found)) return false;
    const text = `expected type '${formatType(wanted)}' but found '${formatType(found)}'`;
    problems.push({ at, text });
    return true;
  };
  if (expression.kind === 'list') {
    const types = expression.items.map(({ value, isOptional }) => typeOf(value, isOptional));
    expression.items.some(({ value }, i) => differ(types[0], types[i], value.at));
  } else if (expression.kind === 'map') {
    const [first] = expression.entries;
    if (first === undefined) return;
    const [keys, values] = [typeOf(first.key, false), typeOf(first.value, first.isOptional)];
    for (const { key, value, isOptional } of expression.entries) {
      differ(keys, typeOf(key, false), key.at);
      differ(values, typeOf(value, isOptional), value.at);
    }
  }
}

/** An empty list or map is of any type of its kind. */
function isSameType(a: Type, b: Type): boolean {
  if (a.kind !== b.kind) return false;
  if (a.max === 0 || b.max === 0 || a.kind === 'optional_type') return true;
  if (a.kind === 'object' || a.params.length !== b.params.length)
    return formatType(a) === formatType(b);
  return a.params.every((param, i) => isSameType(param, b.params[i]!));
}

const NUMBERS = ['int', 'uint'];
const ONLY_DOUBLES = 'clause can only be used on doubles';
const HEXADECIMAL = 'only integers, byte buffers, and strings can be formatted as hex';
/** Verbs of format strings: the types they take, and what is said of another. */
const VERBS: Readonly<Record<string, readonly [types: readonly string[], text: string]>> = {
  d: [NUMBERS, 'decimal clause can only be used on integers'],
  f: [['double', 'string'], `fixed-point ${ONLY_DOUBLES}`],
  e: [['double', 'string'], `scientific ${ONLY_DOUBLES}`],
  b: [[...NUMBERS, 'bool'], 'only integers and bools can be formatted as binary'],
  o: [NUMBERS, 'octal clause can only be used on integers'],
  x: [[...NUMBERS, 'string', 'bytes'], HEXADECIMAL],
  X: [[...NUMBERS, 'string', 'bytes'], HEXADECIMAL],
};
const STRING_TYPES: ReadonlySet<string> = new Set(
  (
    'string bool bytes int uint double map list type null_type dyn param ' +
    'google.protobuf.Duration google.protobuf.Timestamp'
  ).split(' '),
);
const STRING_TEXT =
  'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps';

function formatProblem(
  format: string,
  args: readonly Expression[],
  checked: Checked,
): { at?: number; text: string } | undefined {
  let next = 0;
  for (const [clause, precision, verb = ''] of format.matchAll(/%(\.\d*)?(.|$)/gsu)) {
    if (clause === '%%') continue;
    const arg = args[next];
    if (arg === undefined) return { text: `index ${next} out of range` };
    next++;
    if (clause === '%') return { text: 'unexpected end of string' };
    const parsing = 'could not parse formatting clause: ';
    if (precision === '.')
      return {
        text: `${parsing}error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax`,
      };
    const [types, text] = VERBS[verb] ?? [undefined, STRING_TEXT];
    if (types === undefined && verb !== 's')
      return { text: `${parsing}unrecognized formatting clause "${verb}"` };
    const kind = checked.types.get(arg)?.kind ?? 'dyn';
    const fits = types === undefined ? STRING_TYPES.has(kind) : types.includes(kind);
    if (!fits && kind !== 'dyn' && kind !== 'param')
      return { at: arg.at, text: `error during formatting: ${text}, was given ${kind}` };
  }
  if (next >= args.length) return undefined;
  return {
    text: `too many arguments supplied to string.format (expected ${next}, got ${args.length})`,
  };
}
