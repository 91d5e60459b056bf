/** Label selectors over plain label maps. */
import type { LabelSelector } from './objects.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** Equality selector of Services. An empty one selects nothing here. */
export function matchesLabels(selector: Readonly<Record<string, string>>, labels: Labels): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value);
}

function matchesExpression(
  expression: { key: string; operator: string; values?: string[] },
  labels: Labels,
): boolean {
  const value = labels?.[expression.key];
  const values = expression.values ?? [];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** metav1.LabelSelector. An empty selector selects nothing: no workload may select everything. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  const expressions = selector?.matchExpressions ?? [];
  if (pairs.length + expressions.length === 0) return false;
  return (
    pairs.every(([key, value]) => labels?.[key] === value) &&
    expressions.every((expression) => matchesExpression(expression, labels))
  );
}
