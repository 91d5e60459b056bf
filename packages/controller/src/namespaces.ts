/** Who may refer to an object from another namespace (`spec.allowedNamespaces`). */
import type { AllowedNamespaces, LabelSelector } from '@kagent/spec';
import type { Lookup } from './lookup.ts';

/** Unset means the own namespace only. `Selector` looks at the labels of the referring namespace. */
export function isNamespaceAllowed(
  allowed: AllowedNamespaces | undefined,
  names: { from: string; to: string },
  lookup: Lookup,
): boolean {
  if (names.from === names.to) return true;
  switch (allowed?.from) {
    case 'All':
      return true;
    case 'Selector': {
      const namespace = lookup.get('Namespace', { name: names.from });
      return (
        namespace !== undefined &&
        matchesSelector(allowed.selector, namespace.metadata.labels ?? {})
      );
    }
    default:
      return false;
  }
}

function matchesSelector(
  selector: LabelSelector | undefined,
  labels: Record<string, string>,
): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(
    ([key, value]) => labels[key] === value,
  );
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values?.includes(value) === true;
        case 'NotIn':
          return value === undefined || values?.includes(value) !== true;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
