/**
 * Macros the CEL library lacks: comprehensions with two variables (`all(key, value, …)`, `transformMap`, …),
 * `existsOne`, `optMap` and `optFlatMap`.
 */
import { EvaluationError, Optional, type Environment } from '@marcbachmann/cel-js';
import type { CostMeter } from './cel-meter.ts';

/** What a macro sees of the library's checker, evaluator and scopes. */
interface Scope {
  forkWithVariable(name: string, type: TypeDeclaration): Scope;
  reuse(parent: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}
interface TypeDeclaration {
  kind: string;
  keyType?: TypeDeclaration;
  valueType?: TypeDeclaration;
}
interface Node {
  op: string;
  args: unknown;
}
interface Checker {
  check(node: Node, scope: Scope): TypeDeclaration;
  getType(name: string): TypeDeclaration;
}
interface Evaluator {
  run(node: Node, scope: Scope): unknown;
}
interface Call {
  args: Node[];
  receiver: Node;
}

/** Result of a loop body step: go on, or stop with what was found. */
type Fold = { initial: () => unknown; step(state: unknown, entry: Entry): unknown; done?: unknown };
interface Entry {
  key: unknown;
  value: unknown;
  /** Evaluates the macro's expression number `index` with both variables set. */
  run(index: number): unknown;
}

const folds: Readonly<Record<string, { bodies: number; type: string; fold: Fold }>> = {
  'all/3': { bodies: 1, type: 'bool', fold: every() },
  'exists/3': { bodies: 1, type: 'bool', fold: some() },
  'existsOne/3': { bodies: 1, type: 'bool', fold: exactlyOne() },
  'transformList/3': { bodies: 1, type: 'list', fold: collectList(false) },
  'transformList/4': { bodies: 2, type: 'list', fold: collectList(true) },
  'transformMap/3': { bodies: 1, type: 'map', fold: collectMap(false) },
  'transformMap/4': { bodies: 2, type: 'map', fold: collectMap(true) },
};

/** Registers the macros; `meter` is charged for every step. */
export function registerMacros(environment: Environment, meter: CostMeter): void {
  for (const [name, { bodies, type, fold }] of Object.entries(folds)) {
    const [macro] = name.split('/');
    const parameters = Array.from({ length: bodies + 2 }, () => 'ast').join(', ');
    environment.registerFunction(
      `list.${macro}(${parameters}): ${type}`,
      (call: Call) => twoVariableMacro(call, { meter, type, fold }),
      { async: false },
    );
  }
  for (const name of ['optMap', 'optFlatMap']) {
    environment.registerFunction(
      `optional.${name}(ast, ast): optional<dyn>`,
      (call: Call) => optionalMacro(call, name === 'optFlatMap'),
      { async: false },
    );
  }
}

/**
 * `has(e.field)` for any `e`. An error in `e` is an error; only the last field may be absent. Used in place of the library's
 * macro, which takes plain field chains only.
 */
export function hasMacro(argument: Node | undefined): object {
  const [base, field] = Array.isArray(argument?.args) ? argument.args : [];
  return {
    async: false,
    typeCheck(checker: Checker, _: unknown, scope: Scope) {
      if (argument?.op !== '.') throw new EvaluationError('invalid argument to has() macro');
      checker.check(argument, scope);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, _: unknown, scope: Scope) {
      const value = evaluator.run(base as Node, scope);
      return holds(value instanceof Optional ? value.orValue(null) : value, String(field));
    },
  };
}

function holds(value: unknown, field: string): boolean {
  if (value instanceof Map) return value.has(field);
  if (typeof value !== 'object') throw new EvaluationError('no such overload: has()');
  return value !== null && !Array.isArray(value) && Object.hasOwn(value, field);
}

function identifier(node: Node | undefined): string {
  if (node?.op !== 'id' || typeof node.args !== 'string') {
    throw new Error('argument must be a simple name');
  }
  return node.args;
}

function twoVariableMacro(
  call: Call,
  { meter, type, fold }: { meter: CostMeter; type: string; fold: Fold },
): object {
  const [first, second] = [identifier(call.args[0]), identifier(call.args[1])];
  const bodies = call.args.slice(2);
  let outer: Scope | undefined;
  let inner: Scope | undefined;
  return {
    async: false,
    typeCheck(checker: Checker, _: unknown, scope: Scope) {
      const range = checker.check(call.receiver, scope);
      const dyn = checker.getType('dyn');
      const keyType = range.kind === 'list' ? checker.getType('int') : (range.keyType ?? dyn);
      outer = scope.forkWithVariable(first, keyType);
      inner = outer.forkWithVariable(second, range.valueType ?? dyn);
      for (const body of bodies) checker.check(body, inner);
      return checker.getType(type);
    },
    evaluate(evaluator: Evaluator, _: unknown, scope: Scope) {
      let state = fold.initial();
      for (const [key, value] of entriesOf(evaluator.run(call.receiver, scope))) {
        meter.charge(10);
        const run = (index: number): unknown => {
          const keyScope = outer?.reuse(scope).setIterValue(key, evaluator);
          const both = keyScope && inner?.reuse(keyScope).setIterValue(value, evaluator);
          const body = bodies[index];
          return both && body ? evaluator.run(body, both) : undefined;
        };
        state = fold.step(state, { key, value, run });
        if (fold.done !== undefined && state === fold.done) break;
      }
      return type === 'bool' && typeof state === 'number' ? state === 1 : state;
    },
  };
}

function optionalMacro(call: Call, isFlat: boolean): object {
  const name = identifier(call.args[0]);
  const body = call.args[1];
  let inner: Scope | undefined;
  return {
    async: false,
    typeCheck(checker: Checker, _: unknown, scope: Scope) {
      const receiver = checker.check(call.receiver, scope);
      inner = scope.forkWithVariable(name, receiver.valueType ?? checker.getType('dyn'));
      if (body !== undefined) checker.check(body, inner);
      return checker.getType('optional');
    },
    evaluate(evaluator: Evaluator, _: unknown, scope: Scope) {
      const receiver = evaluator.run(call.receiver, scope);
      if (!(receiver instanceof Optional)) throw new Error('receiver must be optional');
      if (!receiver.hasValue() || inner === undefined || body === undefined) return Optional.none();
      const value = evaluator.run(
        body,
        inner.reuse(scope).setIterValue(receiver.value(), evaluator),
      );
      return isFlat ? value : Optional.of(value);
    },
  };
}

/** Key and value of every map entry, index and item of every list. */
function entriesOf(range: unknown): Iterable<[unknown, unknown]> {
  if (Array.isArray(range)) return range.map((item, i) => [BigInt(i), item]);
  if (range instanceof Map) return range.entries();
  if (typeof range === 'object' && range !== null) return Object.entries(range);
  throw new Error('no such overload');
}

function bool(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new Error('no such overload: predicate must return bool');
}

function every(): Fold {
  return { initial: () => true, step: (_, entry) => bool(entry.run(0)), done: false };
}

function some(): Fold {
  return { initial: () => false, step: (_, entry) => bool(entry.run(0)), done: true };
}

function exactlyOne(): Fold {
  return {
    initial: () => 0,
    step: (count, entry) => (typeof count === 'number' && bool(entry.run(0)) ? count + 1 : count),
  };
}

function collectList(isFiltered: boolean): Fold {
  return {
    initial: () => [],
    step(list, entry) {
      if (!Array.isArray(list)) return list;
      if (!isFiltered || bool(entry.run(0))) list.push(entry.run(isFiltered ? 1 : 0));
      return list;
    },
  };
}

function collectMap(isFiltered: boolean): Fold {
  return {
    initial: () => new Map(),
    step(map, entry) {
      if (!(map instanceof Map)) return map;
      if (!isFiltered || bool(entry.run(0))) map.set(entry.key, entry.run(isFiltered ? 1 : 0));
      return map;
    },
  };
}
