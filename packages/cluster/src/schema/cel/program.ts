/**
 * Turns a checked expression into closures and runs them. Everything that runs is charged, before it runs where the
 * arguments tell the cost, so that no expression takes longer than its limit allows.
 */
import type { Call, Expression, Macro, Presence, Select } from './ast.ts';
import type { Checked, Resolved } from './checker.ts';
import { callCost, LIST_COST, MAP_COST, SELECT_COST } from './costs.ts';
import { fieldsOf, type Frame, isTrue, type Program } from './frame.ts';
import { LOOP_COSTS } from './estimate.ts';
import type { Overload } from './library.ts';
import { type Loop, loopProgram } from './loops.ts';
import { compileCelPattern } from './standard.ts';
import type { Type } from './types.ts';
import {
  ArrayList,
  CelError,
  LiteralMap,
  MapValue,
  Optional,
  sizeOf,
  typeName,
  TypeValue,
  Uint,
  type Value,
} from './values.ts';

/** The expression must have been checked without problems. @throws CelError for a literal pattern that is not RE2 */
export function buildProgram(expression: Expression, checked: Checked): Program {
  return new Builder(checked).build(expression, undefined);
}

interface Locals {
  name: string;
  depth: number;
  outer: Locals | undefined;
}

function depthOf(locals: Locals | undefined): number {
  return locals === undefined ? 0 : locals.depth + 1;
}

/** What is made of a literal is made once; what cannot be made refuses the expression. */
const CONVERSIONS: ReadonlySet<string> = new Set(
  'bool bytes double dyn duration int string timestamp uint'.split(' '),
);

class Builder {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  build(expression: Expression, locals: Locals | undefined): Program {
    switch (expression.kind) {
      case 'literal': {
        const value = literalValue(expression);
        return () => value;
      }
      case 'identifier':
        return this.#identifier(expression, locals);
      case 'select':
        return this.#select(expression, locals);
      case 'presence':
        return this.#presence(expression, locals);
      case 'call':
        return this.#call(expression, locals);
      case 'list':
        return this.#list(expression, locals);
      case 'map':
        return this.#map(expression, locals);
      case 'macro':
        return this.#macro(expression, locals);
    }
  }

  #identifier(
    expression: Expression & { kind: 'identifier' },
    locals: Locals | undefined,
  ): Program {
    let local = locals;
    while (local !== undefined && local.name !== expression.name) local = local.outer;
    if (local === undefined) return this.#global(expression);
    const { depth } = local;
    return (frame) => {
      frame.charge(SELECT_COST);
      return frame.locals[depth]!;
    };
  }

  #global(expression: Expression): Program {
    const found = this.#checked.names.get(expression);
    if (found === undefined) throw new CelError('unresolved name');
    if ('type' in found) {
      const value = new TypeValue(found.type);
      return () => value;
    }
    const { variable } = found;
    return (frame) => {
      frame.charge(SELECT_COST);
      const value = frame.activation(variable, frame);
      if (value === undefined) throw new CelError(`no such attribute(s): ${variable}`);
      return value;
    };
  }

  #select(expression: Select, locals: Locals | undefined): Program {
    if (this.#checked.names.has(expression)) return this.#global(expression);
    const operand = this.build(expression.operand, locals);
    const { field, isOptional } = expression;
    const isOfOptional = this.#type(expression.operand)?.kind === 'optional_type';
    if (!isOptional && !isOfOptional) {
      return (frame) => {
        const value = operand(frame);
        frame.charge(SELECT_COST);
        return selectField(value, field);
      };
    }
    return (frame) => {
      let value: Value | undefined = operand(frame);
      frame.charge(SELECT_COST);
      if (value instanceof Optional) value = value.value;
      if (value === undefined) return Optional.none;
      return new Optional(fieldsOf(value).get(field));
    };
  }

  #presence({ operand: of, field }: Presence, locals: Locals | undefined): Program {
    const operand = this.build(of, locals);
    return (frame) => {
      let value: Value | undefined = operand(frame);
      if (value instanceof Optional) value = value.value;
      return value !== undefined && fieldsOf(value).has(field);
    };
  }

  #list(expression: Expression & { kind: 'list' }, locals: Locals | undefined): Program {
    const items = expression.items.map(({ value, isOptional }) => ({
      run: this.build(value, locals),
      isOptional,
    }));
    if (expression.items.every(({ value }) => value.kind === 'literal')) {
      const constant = new ArrayList(
        expression.items.map(({ value }) =>
          literalValue(value as Expression & { kind: 'literal' }),
        ),
      );
      return () => constant;
    }
    return (frame) => {
      frame.charge(LIST_COST);
      const values: Value[] = [];
      for (const { run, isOptional } of items) {
        const value = run(frame);
        if (!isOptional) values.push(value);
        else if (optionalOf(value).value !== undefined) values.push(optionalOf(value).value!);
      }
      return new ArrayList(values);
    };
  }

  #map(expression: Expression & { kind: 'map' }, locals: Locals | undefined): Program {
    const entries = expression.entries.map(({ key, value, isOptional }) => ({
      key: this.build(key, locals),
      run: this.build(value, locals),
      isOptional,
    }));
    return (frame) => {
      frame.charge(MAP_COST);
      const pairs: [Value, Value][] = [];
      for (const { key, run, isOptional } of entries) {
        const name = key(frame);
        const value = run(frame);
        if (!isOptional) pairs.push([name, value]);
        else if (optionalOf(value).value !== undefined)
          pairs.push([name, optionalOf(value).value!]);
      }
      return new LiteralMap(pairs);
    };
  }

  #call(call: Call, locals: Locals | undefined): Program {
    if (call.name === '_&&_') return this.#logic(call, locals, false);
    if (call.name === '_||_') return this.#logic(call, locals, true);
    if (call.name === '_?_:_') return this.#choice(call, locals);
    const resolved = this.#checked.calls.get(call);
    if (resolved === undefined) throw new CelError('unresolved call');
    const args = resolved.args.map((arg) => this.build(arg, locals));
    if (resolved.name === 'or' || resolved.name === 'orValue') return lazyOr(resolved.name, args);
    const [only] = resolved.args;
    if (args.length === 1 && only?.kind === 'literal' && CONVERSIONS.has(resolved.name)) {
      const value = dispatch(resolved.overloads)(literalValue(only));
      return () => value;
    }
    const pattern = this.#patternCall(resolved, args);
    if (pattern !== undefined) return pattern;
    const types = resolved.args.map((arg) => this.#type(arg));
    return callProgram(resolved, args, types);
  }

  /** The side that decides wins, whatever the others are; errors count only when none decides. */
  #logic(call: Call, locals: Locals | undefined, decides: boolean): Program {
    const sides = call.args.map((arg) => this.build(arg, locals));
    return (frame) => {
      let error: CelError | undefined;
      for (const side of sides) {
        try {
          const value = side(frame);
          if (value === decides) return decides;
          if (value !== !decides) error ??= new CelError('no such overload');
        } catch (caught) {
          if (!(caught instanceof CelError)) throw caught;
          error ??= caught;
        }
      }
      if (error !== undefined) throw error;
      return !decides;
    };
  }

  #choice(call: Call, locals: Locals | undefined): Program {
    const [condition, truthy, falsy] = call.args.map((arg) => this.build(arg, locals)) as [
      Program,
      Program,
      Program,
    ];
    return (frame) => (isTrue(condition(frame)) ? truthy(frame) : falsy(frame));
  }

  /** A literal pattern is compiled once. */
  #patternCall(resolved: Resolved, args: readonly Program[]): Program | undefined {
    const { name } = resolved;
    const source = resolved.args[1];
    if (name !== 'matches' && name !== 'find' && name !== 'findAll') return undefined;
    if (source?.kind !== 'literal' || typeof source.value !== 'string') return undefined;
    const pattern = compileCelPattern(source.value);
    const weight = Math.ceil(source.value.length * 0.25);
    const [subject, , limit] = args;
    return (frame) => {
      const text = subject!(frame);
      if (typeof text !== 'string') throw new CelError('no such overload');
      frame.charge(Math.ceil((1 + sizeOf(text)) * 0.1) * weight);
      if (name === 'matches') return pattern.test(text);
      if (name === 'find') return pattern.first(text);
      const count = limit === undefined ? -1n : limit(frame);
      return new ArrayList(pattern.all(text, Number(count)));
    };
  }

  #type(expression: Expression): Type | undefined {
    return this.#checked.types.get(expression);
  }

  #macro(macro: Macro, locals: Locals | undefined): Program {
    const range = this.build(macro.range, locals);
    const depth = depthOf(locals);
    let inner: Locals = { name: macro.variables[0]!, depth, outer: locals };
    const isPair = macro.variables.length === 2;
    if (isPair) inner = { name: macro.variables[1]!, depth: depth + 1, outer: inner };
    const bodies = macro.bodies.map((body) => this.build(body, inner));
    const body = bodies.at(-1)!;
    switch (macro.name) {
      case 'optMap':
      case 'optFlatMap':
        return optionalMacro(macro.name, { range, body, depth });
      default: {
        const filter = bodies.length === 2 ? bodies[0] : undefined;
        const [round = 1, base = 1] = LOOP_COSTS[macro.name] ?? [];
        const loop: Loop = { range, body, filter, depth, isPair, round, base };
        return loopProgram(macro.name, loop);
      }
    }
  }
}

function literalValue({ type, value }: Expression & { kind: 'literal' }): Value {
  return type === 'uint' ? new Uint(value as bigint) : value;
}

function optionalOf(value: Value): Optional {
  if (value instanceof Optional) return value;
  throw new CelError(`cannot initialize optional entry from non-optional value ${typeName(value)}`);
}

function selectField(value: Value, field: string): Value {
  if (value instanceof Optional) {
    return value.value === undefined ? value : new Optional(fieldsOf(value.value).get(field));
  }
  const found = value instanceof MapValue ? value.get(field) : undefined;
  if (found === undefined) throw new CelError(`no such key: ${field}`);
  return found;
}

/** The alternative is evaluated only when it is needed. */
function lazyOr(name: 'or' | 'orValue', [left, right]: readonly Program[]): Program {
  return (frame) => {
    const value = left!(frame);
    frame.charge(1);
    if (!(value instanceof Optional)) throw new CelError('no such overload');
    if (value.value === undefined) return right!(frame);
    return name === 'or' ? value : value.value;
  };
}

function callProgram(
  { name, overloads }: Resolved,
  args: readonly Program[],
  types: readonly (Type | undefined)[],
): Program {
  const cost = callCost(name);
  const only = overloads.length === 1 ? overloads[0] : undefined;
  const isDecided = only !== undefined && types.every((type, i) => fitsAlways(type, only.args[i]!));
  const run = isDecided ? only.run : dispatch(overloads);
  const isJoin = name === 'join';
  const evaluate = (frame: Frame, values: Value[]): Value => {
    frame.charge(cost === undefined ? 1 : cost(values));
    const result = run(...values);
    if (isJoin) frame.charge(Math.ceil(sizeOf(result) * 0.2));
    return result;
  };
  const [first, second] = args;
  if (args.length === 1) return (frame) => evaluate(frame, [first!(frame)]);
  if (args.length === 2) return (frame) => evaluate(frame, [first!(frame), second!(frame)]);
  return (frame) =>
    evaluate(
      frame,
      args.map((arg) => arg(frame)),
    );
}

function fitsAlways(given: Type | undefined, wanted: Type): boolean {
  if (wanted.kind === 'param' || wanted.kind === 'dyn') return true;
  return given?.kind === wanted.kind;
}

/** Picks the overload by the values. */
function dispatch(overloads: readonly Overload[]): (...values: Value[]) => Value {
  return (...values) => {
    const overload = overloads.find(({ args }) =>
      args.every((type, i) => isOfType(values[i]!, type)),
    );
    if (overload === undefined) throw new CelError('no such overload');
    return overload.run(...values);
  };
}

function isOfType(value: Value, type: Type): boolean {
  switch (type.kind) {
    case 'param':
    case 'dyn':
      return true;
    case 'map':
      return value instanceof MapValue;
    case 'optional_type': {
      if (!(value instanceof Optional)) return false;
      const [inner] = type.params;
      return value.value === undefined || inner === undefined || isOfType(value.value, inner);
    }
    default:
      return typeName(value) === type.kind;
  }
}

function optionalMacro(
  name: 'optMap' | 'optFlatMap',
  { range, body, depth }: { range: Program; body: Program; depth: number },
): Program {
  return (frame) => {
    const value = range(frame);
    frame.charge(2);
    if (!(value instanceof Optional)) throw new CelError('no such overload');
    if (value.value === undefined) return Optional.none;
    frame.locals[depth] = value.value;
    const result = body(frame);
    return name === 'optMap' ? new Optional(result) : optionalOf(result);
  };
}
