/** Whether a pod may be on a node: name, selector, node affinity, taints. What the scheduler, DaemonSets and the node lifecycle share. Pure. */
import type { NodeObject, NodeSelectorTerm, Pod, PodSpec, Taint, Toleration } from './objects.ts';
import { meetsRequirement } from './selectors.ts';

/** A term without requirements matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: NodeObject): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => meetsRequirement(one, node.metadata.labels?.[one.key])) &&
    matchFields.every((one) =>
      meetsRequirement(one, one.key === 'metadata.name' ? node.metadata.name : undefined),
    )
  );
}

export function matchesNodeSelection(spec: PodSpec, node: NodeObject): boolean {
  const pairs = Object.entries(spec.nodeSelector ?? {});
  if (!pairs.every(([key, value]) => node.metadata.labels?.[key] === value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node))
  );
}

export function tolerates(tolerations: Toleration[], taint: Taint): boolean {
  return tolerations.some((one) => {
    if ((one.effect ?? '') !== '' && one.effect !== taint.effect) return false;
    if ((one.key ?? '') !== '' && one.key !== taint.key) return false;
    if (one.operator === 'Exists') return true;
    return (one.key ?? '') !== '' && (one.value ?? '') === (taint.value ?? '');
  });
}

/** Taints of the node with one of the effects that the pod does not tolerate. */
export function untolerated(spec: PodSpec, node: NodeObject, effects: string[]): Taint[] {
  return (node.spec?.taints ?? []).filter(
    (taint) => effects.includes(taint.effect) && !tolerates(spec.tolerations ?? [], taint),
  );
}

/** The node a pod is on, or the one it is pinned to by name. */
export function nodeNameOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const field = required?.nodeSelectorTerms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
  return field?.values?.[0];
}
