/** Label selectors over plain label maps. */
import type { LabelSelector } from './objects.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** Equality selector of Services. An empty one selects nothing here. */
export function matchesLabels(selector: Readonly<Record<string, string>>, labels: Labels): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value);
}

/** One requirement of a label or node selector against the value of its key. `Gt` and `Lt` are for nodes; labels never have them. */
export function meetsRequirement(
  { operator, values = [] }: { operator: string; values?: string[] },
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
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
    expressions.every((expression) => meetsRequirement(expression, labels?.[expression.key]))
  );
}
