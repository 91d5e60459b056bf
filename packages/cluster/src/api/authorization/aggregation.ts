/** What an aggregated ClusterRole consists of: pure, used when a cluster begins and by the controller that keeps it so. */
import type { PolicyRule } from './policy-rule.ts';

/** A ClusterRole as far as aggregation looks at it. */
export interface AggregatedRole {
  metadata: { name: string; labels?: Record<string, string> };
  rules?: PolicyRule[] | null;
}

/** The rules of the other roles that `isSelected`, in the order of their names, each rule once. */
export function aggregatedRules(
  name: string,
  roles: Iterable<AggregatedRole>,
  isSelected: (labels: Record<string, string>) => boolean,
): PolicyRule[] {
  const rules = new Map<string, PolicyRule>();
  const parts = [...roles]
    .filter(({ metadata }) => metadata.name !== name && isSelected(metadata.labels ?? {}))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const rule of parts.flatMap((role) => role.rules ?? [])) {
    const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
    const key = JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs]);
    if (!rules.has(key)) rules.set(key, rule);
  }
  return [...rules.values()];
}
