/** Compiles the rules of one place of a schema (apiextensions `schema/cel/compilation.go`). */
import type { Shape } from './cel-schema.ts';
import {
  CelInstantiationError,
  type CelProgram,
  CelResultError,
  compileCel,
} from './cel/environment.ts';
import { CelCompileError } from './cel/source-error.ts';
import { optionalOf, type Type } from './cel/types.ts';
import type { SchemaNode } from './node.ts';
import type { ValidationRule } from './schema.ts';

export interface CompiledRule {
  rule: ValidationRule;
  /** Absent when the rule is empty or has a problem. */
  program?: CelProgram;
  message?: CelProgram;
  /** Whether the rule looks at the value before, which makes it a transition rule. */
  usesOldSelf: boolean;
  /** Why the rule cannot run. */
  problem?: string;
  /** Why the messageExpression cannot be used. */
  messageProblem?: string;
}

/** The rules in their order. Never throws: what cannot be compiled is kept as its problem. */
export function compileRules({ schema }: SchemaNode, shape: Shape | undefined): CompiledRule[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  return rules.map((rule) => {
    if (shape !== undefined) return compileRule(rule, shape.type);
    const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
    const problem = `rule declared on schema that does not support validation rules type: '${schema.type ?? ''}' x-kubernetes-preserve-unknown-fields: '${preserves}'`;
    return { rule, usesOldSelf: false, problem };
  });
}

function compileRule(rule: ValidationRule, self: Type): CompiledRule {
  const compiled: CompiledRule = { rule, usesOldSelf: false };
  if (rule.rule.trim() === '') return compiled;
  const variables = new Map([
    ['self', self],
    ['oldSelf', rule.optionalOldSelf === true ? optionalOf(self) : self],
  ]);
  try {
    const program = compileCel(rule.rule, variables, { result: 'bool' });
    compiled.usesOldSelf = program.used.has('oldSelf');
    compiled.program = program;
  } catch (error) {
    const isOther = error instanceof CelResultError;
    compiled.problem = isOther
      ? 'cel expression must evaluate to a bool'
      : describe('compilation failed', error);
  }
  compileMessage(compiled, variables);
  return compiled;
}

function compileMessage(compiled: CompiledRule, variables: ReadonlyMap<string, Type>): void {
  const { messageExpression = '' } = compiled.rule;
  if (messageExpression.trim() === '' || compiled.problem !== undefined) return;
  try {
    compiled.message = compileCel(messageExpression, variables, { result: 'string' });
  } catch (error) {
    const isOther = error instanceof CelResultError;
    compiled.messageProblem = isOther
      ? 'messageExpression must evaluate to a string'
      : describe('messageExpression compilation failed', error);
  }
}

function describe(what: string, error: unknown): string {
  if (error instanceof CelInstantiationError)
    return `program instantiation failed: ${error.message}`;
  if (error instanceof CelCompileError) return `${what}: ${error.message}`;
  throw error;
}
