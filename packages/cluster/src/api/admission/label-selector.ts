/** LabelSelector objects of the API, where an empty one selects everything. */
import { listAt, objectAt, stringAt } from '../json.ts';

/** Whether `labels` match a `metav1.LabelSelector`. No selector, and an empty one, match everything. */
export function selectsLabels(selector: unknown, labels: Record<string, string> = {}): boolean {
  const value = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  const pairs = Object.entries(objectAt(selector, 'matchLabels') ?? {});
  if (!pairs.every(([key, wanted]) => value(key) === wanted)) return false;
  return listAt(selector, 'matchExpressions').every((expression) => {
    const found = value(stringAt(expression, 'key') ?? '');
    const values = listAt(expression, 'values');
    switch (stringAt(expression, 'operator')) {
      case 'In':
        return found !== undefined && values.includes(found);
      case 'NotIn':
        return found === undefined || !values.includes(found);
      case 'Exists':
        return found !== undefined;
      case 'DoesNotExist':
        return found === undefined;
      default:
        return false;
    }
  });
}
