/**
 * Compiles CEL expressions for the API server: Kubernetes' functions, RE2 instead of JavaScript's `matches`, and a meter on
 * every loop, call and comparison.
 */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { registerLibrary, SAFE_MATCHES } from './cel-library.ts';
import { hasMacro, registerMacros } from './cel-macros.ts';
import type { CostMeter } from './cel-meter.ts';

/** A compiled expression over `self` and `oldSelf`. */
export interface CelProgram {
  /** Whether the expression mentions `oldSelf`. */
  readonly usesOldSelf: boolean;
  /** What it is known to evaluate to before running: `bool`, `string`, `dyn`, … */
  readonly resultType: string;
  /** @throws Error whose message is for the user, e.g. `no such key: type` */
  run(variables: { self: unknown; oldSelf?: unknown }): unknown;
}

export interface CelCompiler {
  /**
   * `isOldOptional`: `oldSelf` is an optional value, made with `optional`.
   * @throws CelCompileError
   */
  compile(expression: string, isOldOptional?: boolean): CelProgram;
  /** The optional that `oldSelf` is in rules with `optionalOldSelf`; `undefined` gives none. */
  optional(value: unknown): unknown;
  /** A copy to register types in, for checks against a schema. */
  typedEnvironment(): Environment;
}

/** The expression cannot be compiled; the message has the form of cel-go. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';
}

export function createCelCompiler(meter: CostMeter): CelCompiler {
  const base = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 20_000, maxDepth: 100 },
  });
  registerLibrary(base);
  registerMacros(base, meter);
  const environmentWith = (oldSelf: string): Environment =>
    base.clone().registerVariable('self', 'dyn').registerVariable('oldSelf', oldSelf);
  const plain = environmentWith('dyn');
  const optional = environmentWith('optional<dyn>');
  return {
    compile: (expression, isOldOptional = false) =>
      compile(isOldOptional ? optional : plain, expression, meter),
    optional: (value) => (value === undefined ? Optional.none() : Optional.of(value)),
    typedEnvironment: () => base.clone(),
  };
}

/** The parts of the library's syntax tree that are looked at. */
interface AstNode {
  op: string;
  args: unknown;
  meta: { alternate?: AstNode; macro?: unknown };
  handle?: (...values: unknown[]) => unknown;
}

function compile(environment: Environment, expression: string, meter: CostMeter): CelProgram {
  const program = parse(environment, expression);
  const root = program.ast as unknown as AstNode;
  const check = program.check();
  if (!check.valid) throw compileError(check.error, expression);
  const usesOldSelf = mentions(root, 'oldSelf');
  const size = instrument(root, meter, new Set());
  return {
    usesOldSelf,
    resultType: check.type ?? 'dyn',
    run(variables) {
      meter.charge(size);
      try {
        return program(variables) as unknown;
      } catch (error) {
        throw new Error(evaluationMessage(error), { cause: error });
      }
    },
  };
}

/**
 * The library's parser with two corrections: calls of its backtracking `matches` go to RE2, and `has` takes any expression
 * before the last field.
 */
function parse(environment: Environment, expression: string): ReturnType<Environment['parse']> {
  try {
    const program = environment.parse(expression);
    visit(program.ast, (node) => {
      if (!Array.isArray(node.args)) return;
      const isCall = node.op === 'rcall' || node.op === 'call';
      if (isCall && node.args[0] === 'matches') node.args[0] = SAFE_MATCHES;
      if (node.op === 'call' && node.args[0] === 'has') {
        node.meta.macro = hasMacro((node.args[1] as AstNode[])[0]);
      }
    });
    return program;
  } catch (error) {
    throw compileError(error, expression);
  }
}

/** The type error in `expression`, if `environment` can see one without running it. */
export function checkExpression(
  environment: Environment,
  expression: string,
): { code: string; error: CelCompileError } | undefined {
  const { valid, error } = parse(environment, expression).check();
  if (valid || error === undefined) return undefined;
  return { code: error.code, error: compileError(error, expression) };
}

/** Position and text as cel-go prints them. */
function compileError(error: unknown, expression: string): CelCompileError {
  const details = error as { summary?: string; message?: string; range?: { start?: number } };
  const start = Math.min(details.range?.start ?? 0, expression.length);
  const before = expression.slice(0, start).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  const summary = details.summary ?? details.message ?? 'syntax error';
  const text = lowerFirst(summary).replace(/^no such key: (.*)$/, "undefined field '$1'");
  return new CelCompileError(
    `ERROR: <input>:${before.length}:${column + 1}: ${text}\n | ${line}\n | ${'.'.repeat(column)}^`,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The library's errors in the words of cel-go. */
function evaluationMessage(error: unknown): string {
  const summary =
    error instanceof Error && 'summary' in error && typeof error.summary === 'string'
      ? error.summary
      : error instanceof Error
        ? error.message
        : String(error);
  const index = /index out of bounds, index (-?\d+)/.exec(summary);
  if (index !== null) return `index out of bounds: ${index[1]}`;
  if (/^found no matching overload|^no such overload/.test(summary)) return 'no such overload';
  return lowerFirst(summary);
}

/** Children in the source, not in what macros expand to: both share the nodes. */
function visit(node: unknown, action: (node: AstNode) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, action);
  } else if (isNode(node)) {
    action(node);
    visit(node.args, action);
  }
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;
}

function mentions(root: AstNode, name: string): boolean {
  let isFound = false;
  visit(root, (node) => {
    if (node.op === 'id' && node.args === name) isFound = true;
  });
  return isFound;
}

interface Comprehension {
  iterable: AstNode;
  init: AstNode;
  step: AstNode;
}

/** Puts the meter into a checked tree. Returns the number of nodes, which is what one evaluation is charged at least. */
function instrument(node: unknown, meter: CostMeter, done: Set<AstNode>): number {
  if (Array.isArray(node)) {
    return node.reduce((size: number, item) => size + instrument(item, meter, done), 0);
  }
  if (!isNode(node)) return 0;
  const isNew = !done.has(node);
  done.add(node);
  const expansion = node.meta.alternate;
  if (expansion !== undefined) return 1 + instrument(expansion, meter, done);
  if (node.op === 'comprehension') {
    return meterLoop(node.args as Comprehension, meter, isNew ? done : undefined);
  }
  const size = 1 + instrument(node.args, meter, done);
  if (isNew && node.handle !== undefined) {
    if (node.op === 'call' || node.op === 'rcall') meterCall(node, node.handle, meter);
    else if (['==', '!=', 'in', '+'].includes(node.op)) meterOperator(node, node.handle, meter);
  }
  return size;
}

function meterLoop(loop: Comprehension, meter: CostMeter, done: Set<AstNode> | undefined): number {
  if (done === undefined) return 1;
  const size = instrument(loop.iterable, meter, done) + instrument(loop.init, meter, done);
  const step = loop.step;
  const stepSize = 1 + instrument(step, meter, done);
  const evaluate = (evaluator: Runner, _: unknown, scope: unknown): unknown => {
    meter.charge(stepSize);
    return evaluator.run(step, scope);
  };
  loop.step = Object.assign(Object.create(step) as AstNode, { evaluate });
  return size + stepSize;
}

interface Runner {
  run(node: AstNode, scope: unknown): unknown;
}

function meterCall(node: AstNode, call: (...values: unknown[]) => unknown, meter: CostMeter): void {
  node.handle = (values, ...rest) => {
    const result = call(values, ...rest);
    meter.charge(weight(values) + weight(result));
    return result;
  };
}

function meterOperator(
  node: AstNode,
  operate: (...values: unknown[]) => unknown,
  meter: CostMeter,
): void {
  node.handle = (left, right, ...rest) => {
    meter.charge(node.op === '+' ? length(left) + length(right) : weight(left) + weight(right));
    return operate(left, right, ...rest);
  };
}

/** What copying a value into a longer one costs. */
function length(value: unknown): number {
  if (typeof value === 'string') return value.length >> 3;
  return Array.isArray(value) ? 4 * value.length : 0;
}

/** What touching all of a value costs. */
function weight(value: unknown): number {
  if (typeof value === 'string') return value.length >> 3;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 1;
  if (Array.isArray(value)) for (const item of value) sum += 2 + weight(item);
  else if (value instanceof Map) for (const item of value.values()) sum += 2 + weight(item);
  else for (const key in value) sum += 2 + weight((value as Record<string, unknown>)[key]);
  return sum;
}
