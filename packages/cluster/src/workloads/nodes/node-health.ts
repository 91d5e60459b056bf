/**
 * What follows from the conditions of a Node: its taints, and the conditions of one nobody hears of any more. Pure.
 * https://kubernetes.io/docs/reference/node/node-status/ and
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
import type { Condition, NodeObject, Pod, Taint } from '../objects.ts';
import { timeText } from '../time-text.ts';
import { tolerates } from '../node-fit.ts';

const PREFIX = 'node.kubernetes.io/';
const NOT_READY = `${PREFIX}not-ready`;
const UNREACHABLE = `${PREFIX}unreachable`;
const UNSCHEDULABLE = `${PREFIX}unschedulable`;
const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: `${PREFIX}memory-pressure`,
  DiskPressure: `${PREFIX}disk-pressure`,
  PIDPressure: `${PREFIX}pid-pressure`,
  NetworkUnavailable: `${PREFIX}network-unavailable`,
};
const OURS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURES)]);
/** What a kubelet reports, and nobody else. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function nodeCondition(node: NodeObject, type: string): Condition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** The taints of the node with those that follow from its conditions; the same list when nothing changes. */
export function taintsFor(node: NodeObject, now: number): Taint[] {
  const known = node.spec?.taints ?? [];
  const wanted = wantedTaints(node);
  const isSame = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = known.filter(
    (taint) => !OURS.has(taint.key) || wanted.some((one) => isSame(one, taint)),
  );
  const missing = wanted.filter((taint) => !known.some((one) => isSame(one, taint)));
  if (missing.length === 0 && kept.length === known.length) return known;
  return [...kept, ...missing.map((taint) => ({ ...taint, timeAdded: timeText(now) }))];
}

function wantedTaints(node: NodeObject): Taint[] {
  const wanted: Taint[] = [];
  const ready = nodeCondition(node, 'Ready')?.status;
  if (ready === 'False' || ready === 'Unknown') {
    const key = ready === 'False' ? NOT_READY : UNREACHABLE;
    wanted.push({ key, effect: 'NoSchedule' }, { key, effect: 'NoExecute' });
  }
  for (const [type, key] of Object.entries(PRESSURES)) {
    if (nodeCondition(node, type)?.status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  return wanted;
}

/** The conditions of a node whose kubelet is silent; the times of its last words stay. */
export function silentConditions(node: NodeObject, now: number): Condition[] {
  const silent = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  const others = (node.status?.conditions ?? []).filter(({ type }) => !REPORTED.includes(type));
  const unknown = REPORTED.map((type): Condition => {
    const known = nodeCondition(node, type);
    const since =
      known?.status === 'Unknown' && known.lastTransitionTime !== undefined
        ? known.lastTransitionTime
        : timeText(now);
    return { ...known, type, status: 'Unknown', ...silent, lastTransitionTime: since };
  });
  return [...others, ...unknown];
}

/**
 * For how long the pod may stay on the node once it has this taint, in milliseconds; 0 = it must go at once, Infinity = it
 * may stay.
 */
export function toleratedMs(pod: Pod, taints: readonly Taint[]): number {
  let shortest = Infinity;
  for (const taint of taints.filter(({ effect }) => effect === 'NoExecute')) {
    const matching = (pod.spec.tolerations ?? []).filter((one) => tolerates([one], taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds !== undefined)
        shortest = Math.min(shortest, Math.max(0, tolerationSeconds) * 1000);
    }
  }
  return shortest;
}
