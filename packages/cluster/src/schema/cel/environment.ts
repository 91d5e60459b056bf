/** Compiles expressions with everything the API server knows: parse, check, estimate, build. */
import { authorizerFunctions } from './authorizer.ts';
import { checkExpression } from './checker.ts';
import { listFunctions, optionalFunctions } from './collections.ts';
import { estimateCost } from './estimate.ts';
import { kubernetesFunctions } from './kubernetes.ts';
import { createLibrary } from './library.ts';
import { parseExpression } from './parser.ts';
import { type Activation, Frame } from './frame.ts';
import { buildProgram } from './program.ts';
import { CelCompileError, compileError } from './source-error.ts';
import { standardFunctions } from './standard.ts';
import { stringFunctions } from './strings.ts';
import type { Type } from './types.ts';
import { validateExpression } from './validators.ts';
import { CelError, CostExceededError, type Value } from './values.ts';

const library = createLibrary([
  ...standardFunctions,
  stringFunctions,
  listFunctions,
  optionalFunctions,
  ...kubernetesFunctions,
  authorizerFunctions,
]);

/** What an evaluation came to; it costs also when it fails. */
export type Outcome =
  | { value: Value; cost: number }
  | { error: CelError | CostExceededError; cost: number };

export interface CelProgram {
  readonly resultType: Type;
  /** Names of the variables that occur. */
  readonly used: ReadonlySet<string>;
  /** Worst case cost; infinite when the types do not limit it. */
  readonly maxCost: number;
  /** Never throws; ends within `limit` units of cost. */
  run(activation: Activation, limit: number): Outcome;
}

/** The expression is sound, but its result is of another type. */
export class CelResultError extends CelCompileError {}

/** The program could not be made from a valid expression, as with a literal pattern that is not RE2. */
export class CelInstantiationError extends CelCompileError {}

/**
 * Compiles an expression over typed variables, whose result must be of the type that is asked for.
 * @throws CelCompileError with place and text; CelResultError; CelInstantiationError
 */
export function compileCel(
  source: string,
  variables: ReadonlyMap<string, Type>,
  { result }: { result?: 'bool' | 'string' } = {},
): CelProgram {
  const expression = parseExpression(source);
  const checked = checkExpression(expression, { variables, library });
  if (checked.problems.length > 0) throw compileError(source, checked.problems);
  const problems = validateExpression(expression, checked);
  if (problems.length > 0) throw compileError(source, problems);
  if (result !== undefined && checked.result.kind !== result) throw new CelResultError();
  const program = build();
  return {
    resultType: checked.result,
    used: checked.used,
    maxCost: estimateCost(expression, checked),
    run(activation, limit) {
      const frame = new Frame(activation, limit);
      try {
        return { value: program(frame), cost: frame.cost };
      } catch (error) {
        return { error: asEvaluationError(error), cost: frame.cost };
      }
    },
  };

  function build(): ReturnType<typeof buildProgram> {
    try {
      return buildProgram(expression, checked);
    } catch (error) {
      if (error instanceof CelError) throw new CelInstantiationError(error.message);
      throw error;
    }
  }
}

/** Values nested deeper than the stack, or of the wrong class behind `dyn`, are refused like other values that do not fit. */
function asEvaluationError(error: unknown): CelError | CostExceededError {
  if (error instanceof CelError || error instanceof CostExceededError) return error;
  if (error instanceof RangeError) return new CostExceededError();
  if (error instanceof TypeError) return new CelError('no such overload');
  throw error;
}
