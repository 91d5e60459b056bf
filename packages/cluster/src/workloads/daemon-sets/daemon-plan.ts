/** What a DaemonSet does next on all nodes: starts, stops, rolling update, counters. Pure. */
import { REVISION_HASH } from '../controller-revisions.ts';
import { nodeNameOf } from '../node-fit.ts';
import type { IntOrString, NodeObject, Pod } from '../objects.ts';
import { isPodReady, untilAvailable } from '../pods.ts';
import type { DaemonSet, DaemonSetStatus } from '../workload-objects.ts';
import { placement } from './daemon-pods.ts';

export interface DaemonState {
  set: DaemonSet;
  nodes: NodeObject[];
  pods: Pod[];
  /** Hash of the current revision. */
  hash: string;
  collisionCount: number;
  /** Milliseconds. */
  now: number;
}

export interface DaemonPlan {
  /** Names of nodes that get a pod of the current revision. */
  create: string[];
  remove: Pod[];
  /** Those of `remove` that had failed. */
  failed: Pod[];
  status: DaemonSetStatus;
  /** Milliseconds until something changes by time alone (minReadySeconds). */
  nextMs?: number;
}

interface Place {
  node: NodeObject;
  shouldRun: boolean;
  mayStay: boolean;
  pods: Pod[];
}

function amount(value: IntOrString | undefined, total: number, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number') return value;
  return value.endsWith('%')
    ? Math.ceil((total * Number.parseFloat(value)) / 100)
    : Number.parseInt(value, 10) || 0;
}

function isFailed(pod: Pod): boolean {
  return pod.status?.phase === 'Failed';
}

function isLeaving(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function age(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
}

class Planner {
  readonly #state: DaemonState;
  readonly #places: Place[];
  readonly create = new Set<string>();
  readonly remove = new Set<Pod>();
  readonly failed: Pod[] = [];

  constructor(state: DaemonState) {
    this.#state = state;
    const byNode = Map.groupBy(state.pods, (pod) => nodeNameOf(pod) ?? '');
    this.#places = state.nodes.map((node) => ({
      node,
      ...placement(state.set, node),
      pods: byNode.get(node.metadata.name) ?? [],
    }));
    const names = new Set(state.nodes.map(({ metadata }) => metadata.name));
    const isDeleting = state.set.metadata.deletionTimestamp !== undefined;
    for (const pod of isDeleting ? [] : state.pods) {
      const node = nodeNameOf(pod);
      if (node !== undefined && !names.has(node) && !isLeaving(pod)) this.remove.add(pod);
    }
  }

  decide(): void {
    const { set } = this.#state;
    if (set.metadata.deletionTimestamp !== undefined) return;
    for (const place of this.#places) this.#manage(place);
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    if (this.#maxSurge() > 0) this.#surge();
    else this.#replace();
  }

  wait(pod: Pod): number | undefined {
    return untilAvailable(pod, this.#state.set.spec.minReadySeconds ?? 0, this.#state.now);
  }

  #isAvailable(pod: Pod): boolean {
    return this.wait(pod) === 0;
  }

  #isNew(pod: Pod): boolean {
    return pod.metadata.labels?.[REVISION_HASH] === this.#state.hash;
  }

  #wanted(): number {
    return this.#places.filter(({ shouldRun }) => shouldRun).length;
  }

  #maxSurge(): number {
    return amount(this.#state.set.spec.updateStrategy?.rollingUpdate?.maxSurge, this.#wanted(), 0);
  }

  #maxUnavailable(): number {
    const { maxUnavailable } = this.#state.set.spec.updateStrategy?.rollingUpdate ?? {};
    return amount(maxUnavailable, this.#wanted(), 1);
  }

  /** One pod where one should be, none elsewhere, a new one for a failed one. */
  #manage({ node, shouldRun, mayStay, pods }: Place): void {
    const living = pods.filter((pod) => !isLeaving(pod));
    if (!shouldRun && !mayStay) {
      for (const pod of living) this.remove.add(pod);
      return;
    }
    if (shouldRun && pods.length === 0) this.create.add(node.metadata.name);
    for (const pod of living.filter(isFailed)) {
      this.remove.add(pod);
      this.failed.push(pod);
    }
    const running = living.filter((pod) => !isFailed(pod)).toSorted((a, b) => age(a) - age(b));
    // Two are right only while an update surges: one of each revision.
    const kept =
      this.#maxSurge() > 0
        ? [running.findLast((pod) => !this.#isNew(pod)), running.find((pod) => this.#isNew(pod))]
        : [running[0]];
    for (const pod of running) if (!kept.includes(pod)) this.remove.add(pod);
  }

  #pair({ pods }: Place): { old: Pod | undefined; fresh: Pod | undefined; isUnclear: boolean } {
    const living = pods.filter((pod) => !isLeaving(pod) && !this.remove.has(pod));
    const old = living.filter((pod) => !this.#isNew(pod));
    const fresh = living.filter((pod) => this.#isNew(pod));
    const isUnclear = old.length > 1 || fresh.length > 1;
    return { old: old[0], fresh: fresh[0], isUnclear };
  }

  /** maxSurge 0: old pods go, as many as may be missing; the next run starts new ones. */
  #replace(): void {
    const candidates: Pod[] = [];
    let unavailable = 0;
    for (const place of this.#places.filter(({ shouldRun }) => shouldRun)) {
      const { old, fresh, isUnclear } = this.#pair(place);
      if (isUnclear || (old === undefined) === (fresh === undefined)) unavailable += 1;
      else if (fresh !== undefined) unavailable += this.#isAvailable(fresh) ? 0 : 1;
      else if (old !== undefined && this.#isAvailable(old)) candidates.push(old);
      else if (old !== undefined) {
        // Down already: replacing it costs nothing.
        unavailable += 1;
        this.remove.add(old);
      }
    }
    const room = Math.max(0, this.#maxUnavailable() - unavailable);
    for (const pod of candidates.slice(0, room)) this.remove.add(pod);
  }

  /** maxSurge above 0: new pods start beside old ones, which go when the new ones are available. */
  #surge(): void {
    const candidates: string[] = [];
    let surging = 0;
    for (const { place, pair } of this.#places
      .filter(({ shouldRun }) => shouldRun)
      .map((place) => ({ place, pair: this.#pair(place) }))) {
      const { old, fresh, isUnclear } = pair;
      const name = place.node.metadata.name;
      if (isUnclear || old === undefined) continue;
      if (fresh === undefined) {
        const isFull = place.pods.some((pod) => isLeaving(pod) && this.#isNew(pod));
        if (!this.#isAvailable(old)) this.create.add(name);
        else if (!isFull) candidates.push(name);
      } else if (this.#isAvailable(fresh)) this.remove.add(old);
      else if (!this.#isAvailable(old)) continue;
      else surging += 1;
    }
    for (const name of candidates.slice(0, Math.max(0, this.#maxSurge() - surging)))
      this.create.add(name);
  }

  status(): DaemonSetStatus {
    const { set, collisionCount } = this.#state;
    const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
    for (const { shouldRun, pods } of this.#places) {
      const running = pods.filter((pod) => !isFailed(pod) && pod.status?.phase !== 'Succeeded');
      if (!shouldRun) {
        counts.misscheduled += running.length > 0 ? 1 : 0;
        continue;
      }
      counts.desired += 1;
      counts.current += pods.length > 0 ? 1 : 0;
      const best = pods.toSorted((a, b) => age(a) - age(b)).findLast((pod) => isPodReady(pod));
      counts.ready += best === undefined ? 0 : 1;
      counts.available += pods.some((pod) => this.#isAvailable(pod)) ? 1 : 0;
      counts.updated += pods.some((pod) => this.#isNew(pod)) ? 1 : 0;
    }
    const { conditions } = set.status ?? {};
    const unavailable = counts.desired - counts.available;
    return {
      currentNumberScheduled: counts.current,
      numberMisscheduled: counts.misscheduled,
      desiredNumberScheduled: counts.desired,
      numberReady: counts.ready,
      observedGeneration: set.metadata.generation ?? 0,
      ...(counts.updated === 0 ? {} : { updatedNumberScheduled: counts.updated }),
      ...(counts.available === 0 ? {} : { numberAvailable: counts.available }),
      ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
      ...(collisionCount === 0 ? {} : { collisionCount }),
      ...(conditions === undefined ? {} : { conditions }),
    };
  }
}

/** Idempotent: it asks for nothing while its earlier steps are under way. */
export function planDaemonSet(state: DaemonState): DaemonPlan {
  const planner = new Planner(state);
  planner.decide();
  const waits = state.pods.map((pod) => planner.wait(pod) ?? 0).filter((wait) => wait > 0);
  return {
    create: [...planner.create],
    remove: [...planner.remove],
    failed: planner.failed,
    status: planner.status(),
    ...(waits.length === 0 ? {} : { nextMs: Math.min(...waits) }),
  };
}
