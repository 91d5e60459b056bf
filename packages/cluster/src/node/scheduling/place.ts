/** Chooses the node of a pod, or says why there is none: filter, score, and the message people know. Pure. */
import type { Pod } from '../../workloads/objects.ts';
import { matchesTerm, untolerated } from '../../workloads/node-fit.ts';
import { misfit } from './filters.ts';
import type { Misfit } from './filters.ts';
import { allocatable, podRequests, requested } from './node-state.ts';
import type { NodeState } from './node-state.ts';
import type { NodeSelectorTerm } from '../../workloads/objects.ts';

/** What the volumes of a pod ask of nodes. */
export interface VolumeNeeds {
  /** Keeps it from every node, e.g. `pod has unbound immediate PersistentVolumeClaims`. */
  problem?: string;
  /** Terms of the volumes it has; a node must meet one of each. */
  affinity: NodeSelectorTerm[][];
}

export type Placement = { node: string } | { message: string };

const CONFLICT: Misfit = { reasons: ['node(s) had volume node affinity conflict'], isFinal: true };

/** 0 to 100: the emptier the better, measured after the pod (`LeastAllocated`). */
function emptiness(pod: Pod, state: NodeState): number {
  const total = allocatable(state.node);
  const used = requested(state);
  const own = podRequests(pod);
  const share = (name: string, fallback: number) => {
    const all = total[name] ?? 0;
    if (all === 0) return 0;
    const request = (own[name] ?? 0) === 0 ? fallback : own[name]!;
    return Math.max(0, (all - (used[name] ?? 0) - request) / all);
  };
  return 50 * (share('cpu', 0.1) + share('memory', 200 * 2 ** 20));
}

/** Pods of the same owner are kept apart. */
function apartness(pod: Pod, state: NodeState): number {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
  if (owner === undefined) return 100;
  const near = state.pods.filter((other) =>
    other.metadata.ownerReferences?.some(({ uid }) => uid === owner),
  ).length;
  return 100 / (1 + near);
}

function score(pod: Pod, state: NodeState): number {
  const soft = untolerated(pod.spec, state.node, ['PreferNoSchedule']).length;
  return emptiness(pod, state) + 2 * apartness(pod, state) - (soft === 0 ? 0 : 300);
}

function counted(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}

/** `0/3 nodes are available: …. no new claims to deallocate, preemption: …` as `FitError` of 1.35 writes it. */
export function unschedulableMessage(
  nodes: number,
  misfits: readonly Misfit[],
  problem?: string,
): string {
  const head = `0/${nodes} nodes are available`;
  if (nodes === 0) return 'no nodes available to schedule pods';
  if (problem !== undefined) return `${head}: ${problem}. not found`;
  const why = counted(misfits.flatMap(({ reasons }) => reasons));
  const preemption = counted(
    misfits.map(({ isFinal }) =>
      isFinal
        ? 'Preemption is not helpful for scheduling'
        : 'No preemption victims found for incoming pod',
    ),
  );
  return `${head}: ${why}. no new claims to deallocate, preemption: ${head}: ${preemption}.`;
}

/** Nodes are tried in the order of their names, so that equal scores give the same answer. */
export function place(pod: Pod, states: readonly NodeState[], volumes: VolumeNeeds): Placement {
  if (volumes.problem !== undefined || states.length === 0) {
    return { message: unschedulableMessage(states.length, [], volumes.problem) };
  }
  const misfits: Misfit[] = [];
  let best: { name: string; score: number } | undefined;
  for (const state of states.toSorted((a, b) =>
    a.node.metadata.name < b.node.metadata.name ? -1 : 1,
  )) {
    const reachesVolumes = volumes.affinity.every((terms) =>
      terms.some((term) => matchesTerm(term, state.node)),
    );
    const found = misfit(pod, state, states) ?? (reachesVolumes ? undefined : CONFLICT);
    if (found !== undefined) {
      misfits.push(found);
      continue;
    }
    if (state.isEmbedded) return { node: state.node.metadata.name };
    const points = score(pod, state);
    if (best === undefined || points > best.score)
      best = { name: state.node.metadata.name, score: points };
  }
  if (best !== undefined) return { node: best.name };
  return { message: unschedulableMessage(states.length, misfits) };
}
