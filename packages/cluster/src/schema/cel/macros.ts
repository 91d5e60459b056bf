/** Recognises macros among the calls: those of CEL, of two-variable comprehensions, of optionals and lists. */
import type { Expression, MacroName } from './ast.ts';
import { ParseError } from './source-error.ts';

interface MacroCall {
  name: string;
  target?: Expression;
  args: Expression[];
  at: number;
}

/** `[variables, bodies]` each macro takes. */
const shapes: Readonly<Record<string, readonly (readonly [number, number, MacroName])[]>> = {
  all: [
    [1, 1, 'all'],
    [2, 1, 'all'],
  ],
  exists: [
    [1, 1, 'exists'],
    [2, 1, 'exists'],
  ],
  exists_one: [
    [1, 1, 'existsOne'],
    [2, 1, 'existsOne'],
  ],
  existsOne: [[2, 1, 'existsOne']],
  filter: [[1, 1, 'filter']],
  map: [
    [1, 1, 'map'],
    [1, 2, 'map'],
  ],
  transformList: [
    [2, 1, 'transformList'],
    [2, 2, 'transformList'],
  ],
  transformMap: [
    [2, 1, 'transformMap'],
    [2, 2, 'transformMap'],
  ],
  transformMapEntry: [
    [2, 1, 'transformMapEntry'],
    [2, 2, 'transformMapEntry'],
  ],
  sortBy: [[1, 1, 'sortBy']],
  optMap: [[1, 1, 'optMap']],
  optFlatMap: [[1, 1, 'optFlatMap']],
};

/** The macro a call stands for, `undefined` for ordinary calls. @throws ParseError on misuse of a macro */
export function expandMacro(call: MacroCall): Expression | undefined {
  const { name, target, args, at } = call;
  if (target === undefined) return name === 'has' ? presence(args, at) : undefined;
  if (!Object.hasOwn(shapes, name)) return undefined;
  const shape = shapeOf(name, args);
  if (shape === undefined) return undefined;
  const [count, , macro] = shape;
  const variables = args.slice(0, count).map((arg) => variableName(arg, 'argument'));
  if (count === 2 && variables[0] === variables[1]) {
    throw new ParseError(args[1]?.at ?? at, `duplicate variable name: ${variables[0]}`);
  }
  return { kind: 'macro', name: macro, at, range: target, variables, bodies: args.slice(count) };
}

/** With three arguments `map(x, f, t)` has a filter, `all(k, v, p)` two variables: the macro decides. */
function shapeOf(
  name: string,
  args: Expression[],
): readonly [number, number, MacroName] | undefined {
  return shapes[name]?.find(([variables, bodies]) => variables + bodies === args.length);
}

function presence(args: Expression[], at: number): Expression | undefined {
  const [arg] = args;
  if (args.length !== 1 || arg === undefined) return undefined;
  if (arg.kind === 'select' && !arg.isOptional) {
    return { kind: 'presence', at, operand: arg.operand, field: arg.field };
  }
  throw new ParseError(arg.at, 'invalid argument to has() macro');
}

function variableName(expression: Expression, what: string): string {
  if (expression.kind === 'identifier') return expression.name;
  throw new ParseError(expression.at, `${what} must be a simple name`);
}
