/** What a StatefulSet does next: one decision from the state of its pods. Pure. */
import { REVISION_HASH } from '../controller-revisions.ts';
import type { IntOrString, Pod } from '../objects.ts';
import { isPodReady, untilAvailable } from '../pods.ts';
import type { StatefulSet, StatefulSetStatus } from '../workload-objects.ts';
import { ordinalOf, wantedOrdinals } from './stateful-set-pods.ts';

export interface StatefulSetState {
  set: StatefulSet;
  pods: Pod[];
  /** Names of ControllerRevisions. */
  currentRevision: string;
  updateRevision: string;
  collisionCount: number;
  /** Milliseconds. */
  now: number;
}

export interface StatefulSetPlan {
  create: { ordinal: number; revision: string }[];
  /** Pods to delete, in this order. */
  remove: Pod[];
  /** Pods without a place any more, highest ordinal first. */
  condemned: Pod[];
  status: StatefulSetStatus;
  /** Milliseconds until something changes by time alone (minReadySeconds). */
  nextMs?: number;
}

interface Replica {
  ordinal: number;
  pod: Pod;
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}

function revisionOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_HASH];
}

class Planner {
  readonly #state: StatefulSetState;
  readonly #replicas: Map<number, Pod>;
  readonly #condemned: Pod[];
  readonly #isOrdered: boolean;
  readonly create: StatefulSetPlan['create'] = [];
  readonly remove: Pod[] = [];

  constructor(state: StatefulSetState) {
    this.#state = state;
    const placed = state.pods.flatMap((pod): Replica[] => {
      const ordinal = ordinalOf(state.set, pod);
      return ordinal === undefined ? [] : [{ ordinal, pod }];
    });
    const wanted = new Set(wantedOrdinals(state.set));
    this.#replicas = new Map(
      placed.filter(({ ordinal }) => wanted.has(ordinal)).map(({ ordinal, pod }) => [ordinal, pod]),
    );
    this.#condemned = placed
      .filter(({ ordinal }) => !wanted.has(ordinal))
      .toSorted((a, b) => b.ordinal - a.ordinal)
      .map(({ pod }) => pod);
    this.#isOrdered = state.set.spec.podManagementPolicy !== 'Parallel';
  }

  get condemned(): Pod[] {
    return this.#condemned;
  }

  /** Fills `create` and `remove`: replicas upward, then scale down, then the update. */
  decide(): void {
    if (this.#state.set.metadata.deletionTimestamp !== undefined) return;
    if (!this.#growTo()) return;
    if (!this.#shrink()) return;
    this.#update();
  }

  wait(pod: Pod): number | undefined {
    if (!isRunningAndReady(pod)) return undefined;
    return untilAvailable(pod, this.#state.set.spec.minReadySeconds ?? 0, this.#state.now);
  }

  /** True when the next phase may go on. */
  #growTo(): boolean {
    for (const ordinal of wantedOrdinals(this.#state.set)) {
      const pod = this.#replicas.get(ordinal);
      if (pod === undefined) {
        this.create.push({ ordinal, revision: this.#revisionFor(ordinal) });
        if (this.#isOrdered) return false;
      } else if (isOver(pod) && !isTerminating(pod)) {
        this.remove.push(pod);
        if (this.#isOrdered) return false;
      } else if (this.#isOrdered && (isTerminating(pod) || this.wait(pod) !== 0)) return false;
    }
    return true;
  }

  /** True when the next phase may go on. */
  #shrink(): boolean {
    const first = this.#firstUnhealthy();
    for (const pod of this.#condemned) {
      if (isTerminating(pod)) {
        if (this.#isOrdered) return false;
        continue;
      }
      if (this.#isOrdered && this.wait(pod) !== 0 && pod !== first) return false;
      this.remove.push(pod);
      if (this.#isOrdered) return false;
    }
    return true;
  }

  #firstUnhealthy(): Pod | undefined {
    const isUnhealthy = (pod: Pod): boolean => isTerminating(pod) || !isRunningAndReady(pod);
    const replicas = wantedOrdinals(this.#state.set).flatMap(
      (ordinal) => this.#replicas.get(ordinal) ?? [],
    );
    return replicas.find(isUnhealthy) ?? this.#condemned.findLast(isUnhealthy);
  }

  /** From the highest ordinal down to the partition, never more at a time than may be unavailable. */
  #update(): void {
    const { set, updateRevision } = this.#state;
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const all = wantedOrdinals(set);
    const start = set.spec.ordinals?.start ?? 0;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const unavailable = all.filter((ordinal) => {
      const pod = this.#replicas.get(ordinal);
      return pod === undefined || isTerminating(pod) || this.wait(pod) !== 0;
    });
    let room =
      maxUnavailable(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable, all.length) -
      unavailable.length;
    for (const ordinal of all.filter((one) => one - start >= partition).toReversed()) {
      const pod = this.#replicas.get(ordinal);
      if (pod === undefined || isTerminating(pod)) continue;
      if (revisionOf(pod) === updateRevision) continue;
      // An old pod that is down already is replaced at once: it costs no availability.
      const isDown = unavailable.includes(ordinal);
      if (!isDown && room <= 0) return;
      if (!isDown) room -= 1;
      this.remove.push(pod);
      if (isDown) return;
    }
  }

  /** Below the partition replicas come back with the template they had (KEP: rolling updates of StatefulSets). */
  #revisionFor(ordinal: number): string {
    const { set, currentRevision, updateRevision } = this.#state;
    const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
    if (type !== 'RollingUpdate') return updateRevision;
    const start = set.spec.ordinals?.start ?? 0;
    const limit = rollingUpdate?.partition ?? set.status?.currentReplicas ?? 0;
    return ordinal < start + limit ? currentRevision : updateRevision;
  }
}

function maxUnavailable(value: IntOrString | undefined, replicas: number): number {
  if (value === undefined) return 1;
  const isPercent = typeof value === 'string' && value.endsWith('%');
  const number = isPercent
    ? Math.floor((replicas * Number.parseFloat(value)) / 100)
    : Number.parseInt(String(value), 10);
  return Math.max(1, number || 0);
}

function countsOf(state: StatefulSetState, planner: Planner): StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision } = state;
  const living = pods.filter((pod) => !isTerminating(pod));
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: living.filter(isRunningAndReady).length,
    availableReplicas: living.filter((pod) => planner.wait(pod) === 0).length,
    currentReplicas: living.filter((pod) => revisionOf(pod) === currentRevision).length,
    updatedReplicas: living.filter((pod) => revisionOf(pod) === updateRevision).length,
    currentRevision,
    updateRevision,
    collisionCount: state.collisionCount,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  const wanted = set.spec.replicas ?? 1;
  const isComplete =
    (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate' &&
    status.updatedReplicas === wanted &&
    status.readyReplicas === wanted &&
    status.replicas === wanted;
  return isComplete
    ? { ...status, currentReplicas: wanted, currentRevision: updateRevision }
    : status;
}

/** Idempotent: it asks for the next steps only, and for nothing while those are under way. */
export function planStatefulSet(state: StatefulSetState): StatefulSetPlan {
  const planner = new Planner(state);
  planner.decide();
  const waits = state.pods
    .filter((pod) => !isTerminating(pod))
    .map((pod) => planner.wait(pod) ?? 0)
    .filter((wait) => wait > 0);
  return {
    create: planner.create,
    remove: planner.remove,
    condemned: planner.condemned,
    status: countsOf(state, planner),
    ...(waits.length === 0 ? {} : { nextMs: Math.min(...waits) }),
  };
}
