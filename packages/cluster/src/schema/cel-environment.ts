/**
 * Compiles CEL expressions for the API server: Kubernetes' functions, RE2 instead of JavaScript's `matches`, and a meter on
 * every loop, call and comparison.
 */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { registerLibrary, SAFE_MATCHES } from './cel-library.ts';
import { registerMacros } from './cel-macros.ts';
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
  /** @throws CelCompileError */
  compile(expression: string): CelProgram;
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
  const dynamic = base
    .clone()
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', 'dyn');
  return {
    compile: (expression) => compile(dynamic, expression, meter),
    optional: (value) => (value === undefined ? Optional.none() : Optional.of(value)),
    typedEnvironment: () => base.clone(),
  };
}

/** The parts of the library's syntax tree that are looked at. */
interface AstNode {
  op: string;
  args: unknown;
  meta: { alternate?: AstNode };
  handle?: (...values: unknown[]) => unknown;
  checkedType?: unknown;
}

function compile(environment: Environment, expression: string, meter: CostMeter): CelProgram {
  const program = parse(environment, expression);
  const root = program.ast as unknown as AstNode;
  renameMatches(root);
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

function parse(environment: Environment, expression: string): ReturnType<Environment['parse']> {
  try {
    return environment.parse(expression);
  } catch (error) {
    throw compileError(error, expression);
  }
}

/** Position and text as cel-go prints them. */
export function compileError(error: unknown, expression: string): CelCompileError {
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

function renameMatches(root: AstNode): void {
  visit(root, (node) => {
    const isCall = node.op === 'rcall' || node.op === 'call';
    if (isCall && Array.isArray(node.args) && node.args[0] === 'matches') {
      node.args[0] = SAFE_MATCHES;
    }
  });
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

function meterCall(
  node: AstNode,
  call: (...values: unknown[]) => unknown,
  meter: CostMeter,
): void {
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
