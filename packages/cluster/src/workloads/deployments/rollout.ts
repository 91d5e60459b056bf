/** How many replicas each ReplicaSet of a Deployment should have now: RollingUpdate, Recreate, paused. Pure. */
import type { Deployment, IntOrString, ReplicaSet } from '../objects.ts';
import { byAge, DESIRED_REPLICAS, MAX_REPLICAS } from './revisions.ts';

export interface RolloutState {
  deployment: Deployment;
  /** Undefined when it must still be created. */
  current: ReplicaSet | undefined;
  old: ReplicaSet[];
  /** Pods of old ReplicaSets that still run, the terminating ones included. Only read for Recreate. */
  oldPods: number;
}

export interface RolloutPlan {
  /** Replicas of the current ReplicaSet; undefined = do not create it yet. */
  current: number | undefined;
  /** ReplicaSets that must change, by uid. */
  old: Map<string, number>;
}

function portion(
  value: IntOrString | undefined,
  total: number,
  round: (x: number) => number,
): number {
  if (value === undefined) return round(total * 0.25);
  if (typeof value === 'number') return value;
  const percent = Number.parseFloat(value);
  return value.endsWith('%') ? round((total * percent) / 100) : Math.trunc(percent) || 0;
}

/** maxSurge (rounded up) and maxUnavailable (rounded down) as numbers of pods; they are never both 0. */
export function rolloutLimits(deployment: Deployment): {
  maxSurge: number;
  maxUnavailable: number;
} {
  const replicas = deployment.spec.replicas ?? 1;
  const { strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: replicas };
  const maxSurge = portion(strategy?.rollingUpdate?.maxSurge, replicas, Math.ceil);
  const maxUnavailable = Math.min(
    replicas,
    portion(strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor),
  );
  return maxSurge === 0 && maxUnavailable === 0
    ? { maxSurge, maxUnavailable: 1 }
    : { maxSurge, maxUnavailable };
}

function size(replicaSet: ReplicaSet | undefined): number {
  return replicaSet?.spec.replicas ?? (replicaSet === undefined ? 0 : 1);
}

function available(replicaSet: ReplicaSet | undefined): number {
  return replicaSet?.status?.availableReplicas ?? 0;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function uid(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.uid ?? '';
}

function planRecreate(state: RolloutState): RolloutPlan {
  const old = new Map(state.old.filter((one) => size(one) > 0).map((one) => [uid(one), 0]));
  const isClear = old.size === 0 && state.oldPods === 0;
  const wanted = state.deployment.spec.replicas ?? 1;
  const before = state.current === undefined ? undefined : size(state.current);
  return { current: isClear ? wanted : before, old };
}

/** Scales old ones down as far as `minAvailable` allows: first their unavailable pods, then available ones, oldest first. */
function shrinkOld(state: RolloutState, minAvailable: number): Map<string, number> {
  const { current } = state;
  const plan = new Map<string, number>();
  const all = sum([...state.old.map(size), size(current)]);
  let spare = all - minAvailable - Math.max(0, size(current) - available(current));
  if (spare <= 0) return plan;
  const oldest = byAge(state.old).filter((one) => size(one) > 0);
  for (const one of oldest) {
    const unavailable = Math.min(spare, Math.max(0, size(one) - available(one)));
    if (unavailable === 0) continue;
    plan.set(uid(one), size(one) - unavailable);
    spare -= unavailable;
  }
  let removable = sum([...state.old.map(available), available(current)]) - minAvailable;
  for (const one of oldest) {
    const now = plan.get(uid(one)) ?? size(one);
    const removed = Math.min(now, Math.max(0, removable));
    if (removed === 0) continue;
    plan.set(uid(one), now - removed);
    removable -= removed;
  }
  return plan;
}

function planRolling(state: RolloutState): RolloutPlan {
  const wanted = state.deployment.spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = rolloutLimits(state.deployment);
  const before = size(state.current);
  const total = before + sum(state.old.map(size));
  const room = Math.max(0, wanted + maxSurge - total);
  const current = before > wanted ? wanted : before + Math.min(room, wanted - before);
  if (state.current === undefined || current !== before) return { current, old: new Map() };
  return { current, old: shrinkOld(state, wanted - maxUnavailable) };
}

/** Sizes were changed since the ReplicaSets were last scaled, while more than one has pods. */
function isResized({ deployment, current, old }: RolloutState): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  const active = [current, ...old].filter((one) => one !== undefined && size(one) > 0);
  return (
    active.length > 1 &&
    active.some((one) => {
      const known = Number(one?.metadata.annotations?.[DESIRED_REPLICAS] ?? Number.NaN);
      return !Number.isNaN(known) && known !== wanted;
    })
  );
}

/** A new size in the middle of a rollout is shared out, so that neither template takes all of the change. */
function planProportional(state: RolloutState): RolloutPlan {
  const wanted = state.deployment.spec.replicas ?? 1;
  const { maxSurge } = rolloutLimits(state.deployment);
  const allowed = wanted > 0 ? wanted + maxSurge : 0;
  const active = [...state.old, ...(state.current === undefined ? [] : [state.current])].filter(
    (one) => size(one) > 0,
  );
  const change = allowed - sum(active.map(size));
  // the larger ones first; among equals the newer ones when growing, the older ones when shrinking
  const byAgeNow = change > 0 ? byAge(active).toReversed() : byAge(active);
  const order = byAgeNow.toSorted((a, b) => size(b) - size(a));
  const sizes = new Map(order.map((one) => [one, size(one)]));
  let left = change;
  for (const one of order) {
    const max =
      Number(one.metadata.annotations?.[MAX_REPLICAS]) || (state.deployment.status?.replicas ?? 0);
    const share = max > 0 ? Math.round((size(one) * allowed) / max) - size(one) : 0;
    const part =
      change > 0 ? Math.min(Math.max(0, share), left) : Math.max(Math.min(0, share), left);
    sizes.set(one, Math.max(0, size(one) + part));
    left -= part;
  }
  const [first] = order;
  if (first !== undefined) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + left));
  const old = state.old
    .filter((one) => sizes.has(one))
    .map((one) => [uid(one), sizes.get(one) ?? 0] as const);
  const { current } = state;
  return {
    current: current === undefined ? undefined : (sizes.get(current) ?? size(current)),
    old: new Map(old),
  };
}

/** A paused Deployment only follows its size. */
function planPaused(state: RolloutState): RolloutPlan {
  const wanted = state.deployment.spec.replicas ?? 1;
  const active = [state.current, ...state.old].filter((one) => one !== undefined && size(one) > 0);
  const target = active.length === 0 ? state.current : active[0];
  const before = state.current === undefined ? undefined : size(state.current);
  if (active.length > 1 || target === undefined) return { current: before, old: new Map() };
  if (target === state.current) return { current: wanted, old: new Map() };
  return {
    current: before,
    old: size(target) === wanted ? new Map() : new Map([[uid(target), wanted]]),
  };
}

/** Idempotent: called again with the plan carried out and nothing else changed, it asks for nothing more. */
export function planRollout(state: RolloutState): RolloutPlan {
  const isRolling = state.deployment.spec.strategy?.type !== 'Recreate';
  if (isRolling && isResized(state)) return planProportional(state);
  if (state.deployment.spec.paused === true) return planPaused(state);
  return state.deployment.spec.strategy?.type === 'Recreate'
    ? planRecreate(state)
    : planRolling(state);
}
