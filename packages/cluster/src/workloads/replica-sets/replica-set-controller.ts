/** ReplicaSets: as many pods as wanted, by controller reference and selector; status. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, OwnerReference, Reconciler } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, ORPHANS, watchDependents } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { PODS, REPLICA_SETS } from '../objects.ts';
import type { Pod, ReplicaSet, ReplicaSetStatus } from '../objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import type { OwnWrites } from '../own-writes.ts';
import { controllerReference } from '../owners.ts';
import { podFromTemplate } from '../pod-template.ts';
import { isPodActive, isPodReady, untilAvailable } from '../pods.ts';
import { matchesSelector } from '../selectors.ts';
import { createSettling } from '../settling.ts';
import type { Settling } from '../settling.ts';
import { firstToGo } from './deletion-order.ts';

/** Pods made or deleted in one run; the rest follows in the next, as their changes bring the key back. */
const BURST = 500;

type Outcome = void | { requeueAfterMs: number };

function statusOf(
  replicaSet: ReplicaSet,
  pods: Pod[],
  now: number,
): { status: ReplicaSetStatus; nextMs?: number } {
  const minReady = replicaSet.spec.minReadySeconds ?? 0;
  const labels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  const waits = pods
    .map((pod) => untilAvailable(pod, minReady, now))
    .filter((wait) => wait !== undefined);
  const coming = waits.filter((wait) => wait > 0);
  const { conditions } = replicaSet.status ?? {};
  return {
    status: {
      replicas: pods.length,
      fullyLabeledReplicas: pods.filter((pod) =>
        labels.every(([key, value]) => pod.metadata.labels?.[key] === value),
      ).length,
      readyReplicas: pods.filter(isPodReady).length,
      availableReplicas: waits.length - coming.length,
      observedGeneration: replicaSet.metadata.generation ?? 0,
      ...(conditions === undefined ? {} : { conditions }),
    },
    ...(coming.length === 0 ? {} : { nextMs: Math.min(...coming) }),
  };
}

class ReplicaSetController {
  readonly #context: ControllerContext;
  readonly #pods: Informer<Pod>;
  readonly #replicaSets: FreshView<ReplicaSet>;
  readonly #ownWrites: OwnWrites<Pod>;
  readonly #settling: Settling;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = context.informers.get(PODS);
    this.#replicaSets = createFreshView(context.informers.get(REPLICA_SETS));
    this.#ownWrites = createOwnWrites(this.#pods, context.clock);
    this.#settling = createSettling(context.clock);
  }

  async reconcile(key: string): Promise<Outcome> {
    const replicaSet = this.#replicaSets.get(key);
    if (replicaSet === undefined) return;
    try {
      const claimed = (await this.#claim(replicaSet)).filter(isPodActive);
      const isDeleting = replicaSet.metadata.deletionTimestamp !== undefined;
      const active = isDeleting ? claimed : await this.#scale(replicaSet, claimed);
      return await this.#publish(key, replicaSet, active);
    } catch (error) {
      if (isNotFound(error) && this.#replicaSets.get(key)?.metadata.uid !== replicaSet.metadata.uid)
        return;
      throw error;
    }
  }

  async #publish(key: string, replicaSet: ReplicaSet, active: Pod[]): Promise<Outcome> {
    const { status, nextMs } = statusOf(replicaSet, active, this.#context.clock.now());
    const later = nextMs === undefined ? undefined : { requeueAfterMs: nextMs };
    if (isDeepStrictEqual(status, { ...replicaSet.status })) {
      this.#settling.done(key);
      return later;
    }
    const isSettled =
      status.replicas === status.availableReplicas &&
      status.replicas === (replicaSet.spec.replicas ?? 1);
    const wait = isSettled ? 0 : this.#settling.delay(key);
    if (wait > 0) return { requeueAfterMs: wait };
    const { namespace, name } = replicaSet.metadata;
    const patch = { type: 'merge', body: { status } } as const;
    const patched = await this.#context.client.patch(
      REPLICA_SETS,
      { namespace, name, patch },
      { subresource: 'status' },
    );
    this.#replicaSets.wrote(patched);
    this.#settling.done(key);
    return later;
  }

  /** Takes in pods without a controller that match, and lets go those that no longer match. */
  async #claim(replicaSet: ReplicaSet): Promise<Pod[]> {
    const { uid = '', namespace = '' } = replicaSet.metadata;
    const { selector } = replicaSet.spec;
    const owned = this.#ownWrites.view(uid, this.#pods.byIndex(BY_CONTROLLER, uid));
    if (replicaSet.metadata.deletionTimestamp !== undefined) return owned;
    const kept: Pod[] = [];
    for (const pod of owned) {
      const owners = pod.metadata.ownerReferences ?? [];
      if (matchesSelector(selector, pod.metadata.labels)) kept.push(pod);
      else
        await this.#setOwners(
          pod,
          owners.filter((owner) => owner.uid !== uid),
        );
    }
    for (const pod of this.#pods.byIndex(ORPHANS, namespace)) {
      if (!isPodActive(pod) || !matchesSelector(selector, pod.metadata.labels)) continue;
      const owners = [...(pod.metadata.ownerReferences ?? []), controllerReference(replicaSet)];
      kept.push(await this.#setOwners(pod, owners));
    }
    return kept;
  }

  #setOwners(pod: Pod, ownerReferences: OwnerReference[]): Promise<Pod> {
    const { namespace, name, uid } = pod.metadata;
    const body = { metadata: { uid, ownerReferences } };
    return this.#context.client.patch(PODS, { namespace, name, patch: { type: 'merge', body } });
  }

  async #scale(replicaSet: ReplicaSet, active: Pod[]): Promise<Pod[]> {
    const missing = (replicaSet.spec.replicas ?? 1) - active.length;
    if (missing > 0) return [...active, ...(await this.#grow(replicaSet, missing))];
    if (missing === 0) return active;
    const doomed = firstToGo(active).slice(0, Math.min(-missing, BURST));
    await Promise.all(doomed.map((pod) => this.#deletePod(replicaSet, pod)));
    return active.filter((pod) => !doomed.includes(pod));
  }

  /** The first pod alone: when the server refuses it, it refuses all. */
  async #grow(replicaSet: ReplicaSet, count: number): Promise<Pod[]> {
    const first = await this.#createPod(replicaSet);
    const rest = Array.from({ length: Math.min(count, BURST) - 1 }, () =>
      this.#createPod(replicaSet),
    );
    return [first, ...(await Promise.all(rest))];
  }

  async #createPod(replicaSet: ReplicaSet): Promise<Pod> {
    const { client, recorder, randomId } = this.#context;
    try {
      const template = replicaSet.spec.template ?? { spec: { containers: [] } };
      const pod = await client.create(PODS, podFromTemplate(replicaSet, template, randomId));
      this.#ownWrites.created(replicaSet.metadata.uid ?? '', pod);
      const message = `Created pod: ${pod.metadata.name}`;
      recorder.record(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return pod;
    } catch (error) {
      const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
      recorder.record(replicaSet, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  async #deletePod(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const undo = this.#ownWrites.deleting(pod);
    try {
      await this.#context.client.delete(PODS, { namespace, name }, { preconditions: { uid } });
      const message = `Deleted pod: ${name}`;
      this.#context.recorder.record(replicaSet, {
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message,
      });
    } catch (error) {
      undo();
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Needs the pod index of `indexByController`. */
export function createReplicaSetController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new ReplicaSetController(context);
  const controller = controllerFor(context, {
    name: 'replicaset',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(REPLICA_SETS).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(PODS), 'ReplicaSet', (key) => controller.enqueue(key));
  return controller;
}
