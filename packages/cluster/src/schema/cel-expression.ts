/**
 * CEL for admission: `matchConditions` of webhooks, ValidatingAdmissionPolicy and whatever else evaluates an expression over
 * request data. Schema rules have their own way in (`cel.ts`), with types.
 */
import { PER_CALL_LIMIT, REQUEST_COST_BUDGET } from './cel-limits.ts';
import { AUTHORIZER_TYPE, RESOURCE_CHECK } from './cel/authorizer.ts';
import { compileCel, type CelProgram } from './cel/environment.ts';
import { LazyRecord, plainValue, toJson } from './cel/json-values.ts';
import type { Activation as ProgramActivation, Frame } from './cel/frame.ts';
import { DYN, formatType, type Type } from './cel/types.ts';
import type { Opaque, Value } from './cel/values.ts';

export {
  authorizerValue,
  resourceCheckValue,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  type Decide,
} from './cel/authorizer.ts';
export { CelCompileError } from './cel/source-error.ts';
export { CelError, CostExceededError } from './cel/values.ts';

export { PER_CALL_LIMIT, REQUEST_COST_BUDGET };

export interface ExpressionOptions {
  /**
   * Names the expression may use: `object`, `oldObject`, `request`, `params`, `namespaceObject`, … each typed `dyn`, but
   * `authorizer` and `authorizer.requestResource`, whose values `authorizerValue` and `resourceCheckValue` make.
   */
  variables: readonly string[];
  /** `variables.<name>` of a policy, compiled before and in this order; evaluated when first used, once for an activation. */
  composition?: ReadonlyMap<string, CompiledExpression>;
}

/**
 * Values of the variables by name: decoded JSON, or what `authorizerValue` makes; absent and `undefined` read as null.
 * Evaluations that get the same activation object share what `variables.<name>` came to, so do not change it in between.
 */
export type Activation = Readonly<Record<string, unknown>>;

export interface Evaluation {
  /** boolean, string, null, number (int and double), array or object; `undefined` for what JSON cannot say (a type, a URL). */
  value: unknown;
  /** What it cost, in the units of cel-go; take it off the caller's budget. */
  cost: number;
}

export interface CompiledExpression {
  readonly text: string;
  /** What is known before running: `bool`, `string`, `dyn`, `list(dyn)`, … */
  readonly resultType: string;
  /** Names of the variables that occur (`object`, `variables`, …). */
  readonly used: ReadonlySet<string>;
  /**
   * Synchronous; ends within the cost limit (`PER_CALL_LIMIT` by default).
   * @throws CelError whose message is cel-go's (`no such key: x`); CostExceededError when the limit is reached
   */
  evaluate(activation: Activation, limits?: { costLimit?: number }): Evaluation;
}

class Expression implements CompiledExpression {
  readonly text: string;
  readonly program: CelProgram;
  /** What this came to as `variables.<name>`, by activation. */
  readonly #results = new WeakMap<Activation, Value>();
  readonly #composition: ReadonlyMap<string, CompiledExpression>;

  constructor(
    text: string,
    program: CelProgram,
    composition: ReadonlyMap<string, CompiledExpression>,
  ) {
    this.text = text;
    this.program = program;
    this.#composition = composition;
  }

  get resultType(): string {
    return formatType(this.program.resultType);
  }

  get used(): ReadonlySet<string> {
    return this.program.used;
  }

  evaluate(activation: Activation, limits: { costLimit?: number } = {}): Evaluation {
    const limit = limits.costLimit ?? PER_CALL_LIMIT;
    const outcome = this.program.run(this.#variablesOf(activation), limit);
    if ('error' in outcome) throw outcome.error;
    return { value: toJson(outcome.value), cost: outcome.cost };
  }

  #variablesOf(activation: Activation): ProgramActivation {
    return (name, frame) => {
      if (name !== 'variables' || this.#composition.size === 0) {
        return valueOf(Object.hasOwn(activation, name) ? activation[name] : undefined);
      }
      const names = new Set(this.#composition.keys());
      return new LazyRecord(names, (field) => {
        const expression = this.#composition.get(field);
        return expression instanceof Expression ? expression.#shared(activation, frame) : null;
      });
    };
  }

  /** The value for an activation, charged to the expression that needs it first. */
  #shared(activation: Activation, frame: Frame): Value {
    const known = this.#results.get(activation);
    if (known !== undefined) return known;
    const left = Math.max(0, frame.limit - frame.cost);
    const outcome = this.program.run(this.#variablesOf(activation), left);
    if ('error' in outcome) throw outcome.error;
    frame.charge(outcome.cost);
    this.#results.set(activation, outcome.value);
    return outcome.value;
  }
}

function valueOf(value: unknown): Value {
  return isOpaque(value) ? value : plainValue(value);
}

function isOpaque(value: unknown): value is Opaque {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.getPrototypeOf(value) !== Object.prototype && 'celType' in value;
}

const knownTypes: Readonly<Record<string, Type>> = {
  authorizer: { kind: AUTHORIZER_TYPE, params: [] },
  'authorizer.requestResource': { kind: RESOURCE_CHECK, params: [] },
};

/**
 * Compiles once; evaluate often.
 * @throws CelCompileError with position and text as cel-go prints them (`ERROR: <input>:1:1: …`)
 */
export function compileExpression(text: string, options: ExpressionOptions): CompiledExpression {
  const types = new Map<string, Type>();
  for (const name of options.variables) types.set(name, knownTypes[name] ?? DYN);
  const composition = options.composition ?? new Map<string, CompiledExpression>();
  if (composition.size > 0) types.set('variables', variablesType(composition));
  return new Expression(text, compileCel(text, types), composition);
}

function variablesType(composition: ReadonlyMap<string, CompiledExpression>): Type {
  const fields = new Map<string, Type>();
  for (const [name, expression] of composition) {
    fields.set(name, expression instanceof Expression ? expression.program.resultType : DYN);
  }
  return { kind: 'object', name: 'kubernetes.variables', params: [], fields };
}
