/** Which pods a ReplicaSet gives up first when it shrinks. Pure. */
import type { Pod } from '../objects.ts';
import { isPodReady, podCondition } from '../pods.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function rank(pod: Pod): (number | string)[] {
  const restarts = (pod.status?.containerStatuses ?? []).reduce(
    (sum, one) => sum + one.restartCount,
    0,
  );
  return [
    pod.spec.nodeName === undefined ? 0 : 1,
    PHASES[pod.status?.phase ?? 'Pending'] ?? 1,
    isPodReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.[COST] ?? 0) || 0,
    -Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0,
    -restarts,
    -Date.parse(pod.metadata.creationTimestamp ?? '') || 0,
    pod.metadata.name,
  ];
}

/**
 * Pods in the order in which they go: unassigned, pending, not ready, cheap by `pod-deletion-cost`, ready for a shorter
 * time, restarted more often, younger; the name decides last.
 */
export function firstToGo(pods: Pod[]): Pod[] {
  const ranks = new Map(pods.map((pod) => [pod, rank(pod)]));
  return pods.toSorted((a, b) => {
    const [first, second] = [ranks.get(a)!, ranks.get(b)!];
    const index = first.findIndex((value, position) => value !== second[position]);
    return index === -1 || first[index]! < second[index]! ? -1 : 1;
  });
}
