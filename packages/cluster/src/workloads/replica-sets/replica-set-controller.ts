/** ReplicaSets and ReplicationControllers: as many pods as wanted, by controller reference and selector; status. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, KubeObject, Reconciler, ResourceType } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, watchDependents, watchOrphans } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { PODS, REPLICA_SETS } from '../objects.ts';
import type { Condition, Pod, ReplicaSet, ReplicaSetStatus } from '../objects.ts';
import { createPodControl } from '../pod-control.ts';
import type { PodControl } from '../pod-control.ts';
import { podFromTemplate } from '../pod-template.ts';
import { isPodActive, isPodReady, untilAvailable } from '../pods.ts';
import { withoutZeros } from '../counters.ts';
import { mergeBody } from '../merge-body.ts';
import { createSettling } from '../settling.ts';
import type { Settling } from '../settling.ts';
import { timeText } from '../time-text.ts';
import { REPLICATION_CONTROLLERS } from '../workload-objects.ts';
import type { ReplicationController } from '../workload-objects.ts';
import { firstToGo } from './deletion-order.ts';

/** Pods made or deleted in one run; the rest follows in the next, as their changes bring the key back. */
const BURST = 500;
const FAILURE = 'ReplicaFailure';

type Outcome = void | { requeueAfterMs: number };

interface Observed {
  active: Pod[];
  /** Being deleted and not over. */
  terminating: number;
  /** Why pods could not be made, if so. */
  failure?: string;
}

function withFailure(before: Condition[], failure: string | undefined, now: number): Condition[] {
  const others = before.filter(({ type }) => type !== FAILURE);
  if (failure === undefined) return others;
  // Texts carry the names of pods, which differ with every try: a newer text would be written, and tried, without end.
  if (before.some(({ type, status }) => type === FAILURE && status === 'True')) return before;
  const condition: Condition = {
    type: FAILURE,
    status: 'True',
    reason: 'FailedCreate',
    message: failure,
    lastTransitionTime: timeText(now),
  };
  return [...others, condition];
}

const OMITTED = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

function statusOf(
  replicaSet: ReplicaSet,
  { active, terminating, failure }: Observed,
  now: number,
): { status: ReplicaSetStatus; nextMs?: number } {
  const minReady = replicaSet.spec.minReadySeconds ?? 0;
  const labels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  const waits = active
    .map((pod) => untilAvailable(pod, minReady, now))
    .filter((wait) => wait !== undefined);
  const coming = waits.filter((wait) => wait > 0);
  const before = replicaSet.status?.conditions;
  const conditions = withFailure(before ?? [], failure, now);
  const isReplicaSet = replicaSet.kind === 'ReplicaSet';
  return {
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) =>
        labels.every(([key, value]) => pod.metadata.labels?.[key] === value),
      ).length,
      readyReplicas: active.filter(isPodReady).length,
      availableReplicas: waits.length - coming.length,
      ...(isReplicaSet ? { terminatingReplicas: terminating } : {}),
      observedGeneration: replicaSet.metadata.generation ?? 0,
      ...(before === undefined && conditions.length === 0 ? {} : { conditions }),
    },
    ...(coming.length === 0 ? {} : { nextMs: Math.min(...coming) }),
  };
}

/** Where the objects come from and how they are seen as ReplicaSets. */
interface Source<T extends KubeObject> {
  type: ResourceType<T>;
  view(object: T): ReplicaSet;
}

class ReplicaController<T extends KubeObject> {
  readonly #context: ControllerContext;
  readonly #source: Source<T>;
  readonly #pods: Informer<Pod>;
  readonly #objects: FreshView<T>;
  readonly #control: PodControl;
  readonly #settling: Settling;

  constructor(context: ControllerContext, source: Source<T>) {
    this.#context = context;
    this.#source = source;
    this.#pods = context.informers.get(PODS);
    this.#objects = createFreshView(context.informers.get(source.type));
    this.#control = createPodControl({ context });
    this.#settling = createSettling(context.clock);
  }

  async reconcile(key: string): Promise<Outcome> {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    const replicaSet = this.#source.view(object);
    try {
      return await this.#sync(key, replicaSet);
    } catch (error) {
      if (isNotFound(error) && this.#objects.get(key)?.metadata.uid !== replicaSet.metadata.uid)
        return;
      throw error;
    }
  }

  async #sync(key: string, replicaSet: ReplicaSet): Promise<Outcome> {
    const { uid = '' } = replicaSet.metadata;
    const claimed = await this.#control.claim(replicaSet, { selector: replicaSet.spec.selector });
    const active = claimed.filter(isPodActive);
    const terminating = this.#pods
      .byIndex(BY_CONTROLLER, uid)
      .filter(
        ({ metadata, status }) =>
          metadata.deletionTimestamp !== undefined &&
          status?.phase !== 'Succeeded' &&
          status?.phase !== 'Failed',
      ).length;
    if (replicaSet.metadata.deletionTimestamp !== undefined)
      return this.#publish(key, replicaSet, { active, terminating });
    try {
      const scaled = await this.#scale(replicaSet, active);
      return await this.#publish(key, replicaSet, { active: scaled, terminating });
    } catch (error) {
      if (isNotFound(error)) throw error;
      const failure = error instanceof Error ? error.message : String(error);
      await this.#publish(key, replicaSet, { active, terminating, failure });
      throw error;
    }
  }

  async #publish(key: string, replicaSet: ReplicaSet, observed: Observed): Promise<Outcome> {
    const { status: complete, nextMs } = statusOf(replicaSet, observed, this.#context.clock.now());
    const status = withoutZeros(complete, OMITTED);
    const later = nextMs === undefined ? undefined : { requeueAfterMs: nextMs };
    if (isDeepStrictEqual(status, { ...replicaSet.status })) {
      this.#settling.done(key);
      return later;
    }
    const isSettled =
      observed.failure !== undefined ||
      (complete.replicas === complete.availableReplicas &&
        complete.replicas === (replicaSet.spec.replicas ?? 1));
    const wait = isSettled ? 0 : this.#settling.delay(key);
    if (wait > 0) return { requeueAfterMs: wait };
    const { namespace, name } = replicaSet.metadata;
    const body = { status: mergeBody(replicaSet.status, status) };
    const patch = { type: 'merge', body } as const;
    const target = { namespace, name, patch };
    const options = { subresource: 'status' };
    this.#objects.wrote(await this.#context.client.patch(this.#source.type, target, options));
    this.#settling.done(key);
    return later;
  }

  async #scale(replicaSet: ReplicaSet, active: Pod[]): Promise<Pod[]> {
    const missing = (replicaSet.spec.replicas ?? 1) - active.length;
    if (missing > 0) return [...active, ...(await this.#grow(replicaSet, missing))];
    if (missing === 0) return active;
    const doomed = firstToGo(active).slice(0, Math.min(-missing, BURST));
    await Promise.all(doomed.map((pod) => this.#control.delete(replicaSet, pod)));
    return active.filter((pod) => !doomed.includes(pod));
  }

  /** The first pod alone: when the server refuses it, it refuses all. */
  async #grow(replicaSet: ReplicaSet, count: number): Promise<Pod[]> {
    const template = replicaSet.spec.template ?? { spec: { containers: [] } };
    const make = (): Promise<Pod> => {
      const pod = podFromTemplate(replicaSet, template, this.#context.randomId);
      return this.#control.create(replicaSet, pod);
    };
    const first = await make();
    const rest = Array.from({ length: Math.min(count, BURST) - 1 }, make);
    return [first, ...(await Promise.all(rest))];
  }
}

function createReplicaController<T extends KubeObject>(
  context: ControllerContext,
  source: Source<T>,
): Reconciler {
  const { informers } = context;
  const { kind } = source.type;
  const logic = new ReplicaController(context, source);
  const controller = controllerFor(context, {
    name: kind.toLowerCase(),
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(source.type).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(PODS), kind, (key) => controller.enqueue(key));
  watchOrphans(informers.get(PODS), informers.get(source.type), {
    selectorOf: (owner) => source.view(owner).spec.selector,
    enqueue: (key) => controller.enqueue(key),
  });
  return controller;
}

/** Needs the pod index of `indexByController`. */
export function createReplicaSetController(context: ControllerContext): Reconciler {
  return createReplicaController(context, { type: REPLICA_SETS, view: (object) => object });
}

function asReplicaSet(object: ReplicationController): ReplicaSet {
  const { selector, ...spec } = object.spec ?? {};
  return { ...object, spec: { ...spec, selector: { matchLabels: selector ?? {} } } };
}

/** Needs the pod index of `indexByController`. */
export function createReplicationControllerController(context: ControllerContext): Reconciler {
  return createReplicaController(context, { type: REPLICATION_CONTROLLERS, view: asReplicaSet });
}
