/** Finds the type of every part of an expression and which functions its calls can mean, with the complaints of cel-go. */
import {
  type Call,
  type Expression,
  type Macro,
  qualifiedName,
  type Presence,
  type Select,
} from './ast.ts';
import type { Library, Overload } from './library.ts';
import { resultSize } from './sizes.ts';
import type { SourceProblem } from './source-error.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  ERROR,
  formatType,
  INT,
  isAssignable,
  joinTypes,
  listOf,
  mapOf,
  NAMED_TYPES,
  NULL,
  optionalOf,
  STRING,
  substitute,
  type Type,
  typeOfType,
  UINT,
} from './types.ts';

export interface CheckScope {
  /** Variables by name; a name may have dots (`authorizer.requestResource`). */
  variables: ReadonlyMap<string, Type>;
  library: Library;
}

/** What a call means: the arguments (receiver first) and the overloads that may fit when it runs. */
export interface Resolved {
  name: string;
  args: readonly Expression[];
  overloads: readonly Overload[];
}

export interface Checked {
  result: Type;
  types: ReadonlyMap<Expression, Type>;
  calls: ReadonlyMap<Expression, Resolved>;
  /** Identifiers and dotted names that are variables or types. */
  names: ReadonlyMap<Expression, { variable: string } | { type: string }>;
  problems: readonly SourceProblem[];
  /** Variables of the scope that occur. */
  used: ReadonlySet<string>;
}

/** Never throws; an expression with problems must not be run. */
export function checkExpression(expression: Expression, scope: CheckScope): Checked {
  const checker = new Checker(scope);
  const result = checker.check(expression, undefined);
  return { result, ...checker.found };
}

/** Variables of macros, innermost first. */
interface Locals {
  name: string;
  type: Type;
  outer: Locals | undefined;
}

function findLocal(locals: Locals | undefined, name: string): Locals | undefined {
  let local = locals;
  while (local !== undefined && local.name !== name) local = local.outer;
  return local;
}

class Checker {
  readonly found = {
    types: new Map<Expression, Type>(),
    calls: new Map<Expression, Resolved>(),
    names: new Map<Expression, { variable: string } | { type: string }>(),
    problems: [] as SourceProblem[],
    used: new Set<string>(),
  };
  readonly #scope: CheckScope;

  constructor(scope: CheckScope) {
    this.#scope = scope;
  }

  check(expression: Expression, locals: Locals | undefined): Type {
    const type = this.#typeOf(expression, locals);
    this.found.types.set(expression, type);
    return type;
  }

  #typeOf(expression: Expression, locals: Locals | undefined): Type {
    switch (expression.kind) {
      case 'literal':
        return literalType(expression.type, expression.value);
      case 'identifier':
        return this.#identifier(expression, locals);
      case 'select':
        return this.#select(expression, locals);
      case 'presence':
        return this.#presence(expression, locals);
      case 'call':
        return this.#call(expression, locals);
      case 'list':
        return this.#list(expression.items, locals);
      case 'map':
        return this.#map(expression.entries, locals);
      case 'macro':
        return this.#macro(expression, locals);
    }
  }

  #complain(at: number, text: string): Type {
    this.found.problems.push({ at, text });
    return ERROR;
  }

  #identifier(expression: Expression & { kind: 'identifier' }, locals: Locals | undefined): Type {
    const local = findLocal(locals, expression.name);
    if (local !== undefined) return local.type;
    const type = this.#global(expression, expression.name);
    if (type !== undefined) return type;
    const text = `undeclared reference to '${expression.name}' (in container '')`;
    return this.#complain(expression.at, text);
  }

  /** A variable or a type name. */
  #global(expression: Expression, name: string): Type | undefined {
    const variable = this.#scope.variables.get(name);
    if (variable !== undefined) {
      this.found.names.set(expression, { variable: name });
      this.found.used.add(name);
      return variable;
    }
    const type = NAMED_TYPES.get(name);
    if (type === undefined) return undefined;
    this.found.names.set(expression, { type: name });
    return typeOfType(type);
  }

  #select(expression: Select, locals: Locals | undefined): Type {
    const name = qualifiedName(expression);
    const first = name?.split('.')[0] ?? '';
    if (name !== undefined && findLocal(locals, first) === undefined) {
      const type = this.#global(expression, name);
      if (type !== undefined) return type;
    }
    const operand = this.check(expression.operand, locals);
    if (!expression.isOptional) return this.#field(operand, expression);
    const inner = operand.kind === 'optional_type' ? (operand.params[0] ?? DYN) : operand;
    const field = this.#field(inner, expression);
    return optionalOf(field);
  }

  #field(operand: Type, { at, field }: { at: number; field: string }): Type {
    switch (operand.kind) {
      case 'dyn':
      case 'param':
        return DYN;
      case 'map':
        return operand.params[1] ?? DYN;
      case 'optional_type':
        return optionalOf(this.#field(operand.params[0] ?? DYN, { at, field }));
      case 'object':
        return operand.fields?.get(field) ?? this.#complain(at, `undefined field '${field}'`);
      default:
        return this.#complain(at, `type '${formatType(operand)}' does not support field selection`);
    }
  }

  #presence(expression: Presence, locals: Locals | undefined): Type {
    this.#field(this.check(expression.operand, locals), {
      at: expression.at,
      field: expression.field,
    });
    return BOOL;
  }

  #list(
    items: readonly { value: Expression; isOptional: boolean }[],
    locals: Locals | undefined,
  ): Type {
    let element: Type | undefined;
    for (const { value, isOptional } of items) {
      const type = this.#element(value, isOptional, locals);
      element = element === undefined ? type : joinTypes(element, type);
    }
    return listOf(element ?? DYN, items.length);
  }

  #map(
    entries: readonly { key: Expression; value: Expression; isOptional: boolean }[],
    locals: Locals | undefined,
  ): Type {
    let keys: Type | undefined;
    let values: Type | undefined;
    for (const { key, value, isOptional } of entries) {
      const keyType = this.check(key, locals);
      keys = keys === undefined ? keyType : joinTypes(keys, keyType);
      const type = this.#element(value, isOptional, locals);
      values = values === undefined ? type : joinTypes(values, type);
    }
    return mapOf(keys ?? DYN, values ?? DYN, entries.length);
  }

  #element(value: Expression, isOptional: boolean, locals: Locals | undefined): Type {
    const type = this.check(value, locals);
    if (!isOptional || type.kind === 'dyn') return type;
    if (type.kind === 'optional_type') return type.params[0] ?? DYN;
    return this.#complain(
      value.at,
      `expected type 'optional_type(${formatType(type)})' but found '${formatType(type)}'`,
    );
  }

  #call(expression: Call, locals: Locals | undefined): Type {
    const { name, target, args } = expression;
    if (name === '_&&_' || name === '_||_') return this.#logic(expression, locals);
    if (name === '_?_:_') return this.#choice(expression, locals);
    const qualified = target === undefined ? undefined : qualifiedName(target);
    if (qualified !== undefined && findLocal(locals, qualified.split('.')[0] ?? '') === undefined) {
      const functionName = `${qualified}.${name}`;
      if (this.#scope.library.has(functionName) && !this.#scope.variables.has(qualified)) {
        return this.#resolve(expression, functionName, {
          args,
          types: args.map((arg) => this.check(arg, locals)),
          isMember: false,
        });
      }
    }
    const all = target === undefined ? args : [target, ...args];
    const types = all.map((arg) => this.check(arg, locals));
    return this.#resolve(expression, name, { args: all, types, isMember: target !== undefined });
  }

  #resolve(
    expression: Call,
    name: string,
    call: { args: readonly Expression[]; types: readonly Type[]; isMember: boolean },
  ): Type {
    const overloads = this.#scope.library.get(name);
    if (overloads === undefined) {
      return this.#complain(expression.at, `undeclared reference to '${name}' (in container '')`);
    }
    let result: Type | undefined;
    const fitting: Overload[] = [];
    for (const overload of overloads) {
      const type = resultOf(overload, call);
      if (type === undefined) continue;
      fitting.push(overload);
      const isSame = result === undefined || formatType(result) === formatType(type);
      result = isSame ? type : DYN;
      if (call.types.every(isExact)) break;
    }
    if (result === undefined) {
      const shown = call.types.map(formatType);
      const [receiver, ...rest] = shown;
      const applied = call.isMember ? `${receiver}.(${rest.join(', ')})` : `(${shown.join(', ')})`;
      return this.#complain(
        expression.at,
        `found no matching overload for '${name}' applied to '${applied}'`,
      );
    }
    this.found.calls.set(expression, { name, args: call.args, overloads: fitting });
    const max = resultSize(name, call.types, call.args);
    return max === undefined ? result : { ...result, max };
  }

  #logic(expression: Call, locals: Locals | undefined): Type {
    const types = expression.args.map((arg) => this.check(arg, locals));
    if (types.every(isBoolean)) return BOOL;
    const wrong = types.findIndex((type) => !isBoolean(type));
    const from = Math.max(0, wrong - 1);
    const shown = types.slice(from, from + 2).map((type) => formatType(type));
    this.#complain(
      expression.at,
      `found no matching overload for '${expression.name}' applied to '(${shown.join(', ')})'`,
    );
    return BOOL;
  }

  #choice(expression: Call, locals: Locals | undefined): Type {
    const [condition, truthy, falsy] = expression.args.map((arg) => this.check(arg, locals)) as [
      Type,
      Type,
      Type,
    ];
    const fits = isAssignable(truthy, falsy, new Map()) || isAssignable(falsy, truthy, new Map());
    if (isBoolean(condition) && fits) return joinTypes(truthy, falsy);
    const shown = [condition, truthy, falsy].map(formatType).join(', ');
    return this.#complain(
      expression.at,
      `found no matching overload for '_?_:_' applied to '(${shown})'`,
    );
  }

  #macro(macro: Macro, locals: Locals | undefined): Type {
    const range = this.check(macro.range, locals);
    const { name, variables, bodies } = macro;
    if (name === 'optMap' || name === 'optFlatMap') return this.#optional(macro, range, locals);
    const entry = this.#entryTypes(range, macro.range.at);
    const isPair = variables.length === 2;
    const first = isPair || range.kind === 'map' ? entry.key : entry.value;
    let inner: Locals = { name: variables[0]!, type: first, outer: locals };
    if (isPair) inner = { name: variables[1]!, type: entry.value, outer: inner };
    const types = bodies.map((body) => this.check(body, inner));
    return this.#macroResult(macro, types, { range, entry });
  }

  #macroResult(
    { name, at, bodies }: Macro,
    types: readonly Type[],
    { range, entry }: { range: Type; entry: { key: Type; value: Type } },
  ): Type {
    const last = types.at(-1) ?? DYN;
    const bodyAt = bodies.at(-1)?.at ?? at;
    const made = name === 'transformMap' ? mapOf(entry.key, last) : listOf(last);
    if (types.length === 2 && !isBoolean(types[0]!)) this.#notBoolean(types[0]!, made, at);
    const size = range.max;
    switch (name) {
      case 'all':
        if (!isBoolean(last)) this.#notLogical('_&&_', last, at);
        return BOOL;
      case 'exists':
        if (!isBoolean(last))
          this.#complain(bodyAt, `expected type 'bool' but found '${formatType(last)}'`);
        return BOOL;
      case 'existsOne':
        if (!isBoolean(last)) this.#notBoolean(last, INT, at);
        return BOOL;
      case 'filter':
        if (!isBoolean(last))
          this.#notBoolean(last, listOf(range.kind === 'map' ? entry.key : entry.value), at);
        return range.kind === 'map' ? listOf(entry.key, size) : listOf(entry.value, size);
      case 'sortBy':
        return listOf(entry.value, size);
      case 'transformMap':
        return mapOf(entry.key, last, size);
      case 'transformMapEntry':
        if (last.kind !== 'map' && last.kind !== 'dyn')
          this.#complain(
            at,
            `found no matching overload for 'cel.@mapInsert' applied to '(map(dyn, dyn), ${formatType(last)})'`,
          );
        return last.kind === 'map' ? { ...last, ...(size !== undefined && { max: size }) } : DYN;
      default:
        return listOf(last, size);
    }
  }

  #notLogical(name: string, type: Type, at: number): void {
    const shown = `bool, ${formatType(type)}`;
    this.#complain(at, `found no matching overload for '${name}' applied to '(${shown})'`);
  }

  /** `made`: what the macro would make. */
  #notBoolean(type: Type, made: Type, at: number): void {
    const shown = [type, made, made].map(formatType).join(', ');
    this.#complain(at, `found no matching overload for '_?_:_' applied to '(${shown})'`);
  }

  #entryTypes(range: Type, at: number): { key: Type; value: Type } {
    const [first = DYN, second = DYN] = range.params;
    switch (range.kind) {
      case 'list':
        return { key: INT, value: first };
      case 'map':
        return { key: first, value: second };
      case 'dyn':
      case 'param':
        return { key: DYN, value: DYN };
      default:
        this.#complain(
          at,
          `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        );
        return { key: DYN, value: DYN };
    }
  }

  #optional({ name, variables, bodies, at }: Macro, range: Type, locals: Locals | undefined): Type {
    if (range.kind !== 'optional_type' && range.kind !== 'dyn') {
      this.#complain(
        at,
        `found no matching overload for 'hasValue' applied to '${formatType(range)}.()'`,
      );
    }
    const type = range.params[0] ?? DYN;
    const result = this.check(bodies[0]!, { name: variables[0]!, type, outer: locals });
    if (name === 'optMap') return optionalOf(result);
    return result.kind === 'optional_type' ? result : DYN;
  }
}

function isBoolean(type: Type): boolean {
  return type.kind === 'bool' || type.kind === 'dyn' || type.kind === 'param';
}

/** Whether the type leaves nothing to be decided when the expression runs. */
function isExact(type: Type): boolean {
  return type.kind !== 'dyn' && type.kind !== 'param';
}

function resultOf(
  overload: Overload,
  call: { types: readonly Type[]; isMember: boolean },
): Type | undefined {
  if (overload.isMember !== call.isMember || overload.args.length !== call.types.length) {
    return undefined;
  }
  const bindings = new Map<string, Type>();
  const fits = overload.args.every((arg, i) => isAssignable(arg, call.types[i]!, bindings));
  return fits ? substitute(overload.result, bindings) : undefined;
}

const literalTypes: Readonly<Record<string, Type>> = {
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
  null_type: NULL,
};

function literalType(type: string, value: unknown): Type {
  const known = literalTypes[type] ?? DYN;
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return { ...known, max: value.length };
  }
  return known;
}
