/** `matchConditions` of webhooks and policies: all must be true; an error counts only when none is false. */
import type { Activation } from '../../schema/cel-expression.ts';
import type { MatchCondition } from './webhooks/webhook-index.ts';

export type ConditionsResult = 'match' | 'no-match' | { error: string };

export function checkConditions(
  conditions: readonly MatchCondition[],
  activation: () => Activation,
): ConditionsResult {
  if (conditions.length === 0) return 'match';
  const variables = activation();
  const errors: string[] = [];
  for (const condition of conditions) {
    try {
      if (condition.compiled().evaluate(variables).value !== true) return 'no-match';
    } catch (error) {
      errors.push(
        `error evaluating matchCondition ${JSON.stringify(condition.name)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  if (errors.length === 0) return 'match';
  return { error: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}
