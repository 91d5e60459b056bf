/** ReplicaSets: as many pods as wanted, by controller reference and selector; status. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, indexByController, ORPHANS, watchDependents } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { PODS, REPLICA_SETS } from '../objects.ts';
import type { Pod, ReplicaSet, ReplicaSetStatus } from '../objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import { controllerReference } from '../owners.ts';
import { podFromTemplate } from '../pod-template.ts';
import { isPodActive, isPodReady, untilAvailable } from '../pods.ts';
import { matchesSelector } from '../selectors.ts';
import { firstToGo } from './deletion-order.ts';

/** Pods made or deleted in one run; the rest follows in the next, as their changes bring the key back. */
const BURST = 500;

function statusOf(replicaSet: ReplicaSet, pods: Pod[], now: number): { status: ReplicaSetStatus; nextMs?: number } {
  const minReady = replicaSet.spec.minReadySeconds ?? 0;
  const labels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  const waits = pods.map((pod) => untilAvailable(pod, minReady, now)).filter((wait) => wait !== undefined);
  const coming = waits.filter((wait) => wait > 0);
  const { conditions } = replicaSet.status ?? {};
  return {
    status: {
      replicas: pods.length,
      fullyLabeledReplicas: pods.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
      readyReplicas: pods.filter(isPodReady).length,
      availableReplicas: waits.length - coming.length,
      observedGeneration: replicaSet.metadata.generation ?? 0,
      ...(conditions === undefined ? {} : { conditions }),
    },
    ...(coming.length === 0 ? {} : { nextMs: Math.min(...coming) }),
  };
}

export function createReplicaSetController(context: ControllerContext): Reconciler {
  const { client, informers, recorder, clock, randomId } = context;
  const replicaSets = informers.get(REPLICA_SETS);
  const pods = informers.get(PODS);
  indexByController(pods);
  const ownWrites = createOwnWrites(pods, clock);

  /** Takes in pods without a controller that match, and lets go those that no longer match. */
  async function claim(replicaSet: ReplicaSet): Promise<Pod[]> {
    const uid = replicaSet.metadata.uid ?? '';
    const { selector } = replicaSet.spec;
    const owned = ownWrites.view(uid, pods.byIndex(BY_CONTROLLER, uid));
    if (replicaSet.metadata.deletionTimestamp !== undefined) return owned;
    const kept: Pod[] = [];
    for (const pod of owned) {
      if (matchesSelector(selector, pod.metadata.labels)) kept.push(pod);
      else await setOwners(pod, (pod.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid));
    }
    for (const pod of pods.byIndex(ORPHANS, replicaSet.metadata.namespace ?? '')) {
      if (!isPodActive(pod) || !matchesSelector(selector, pod.metadata.labels)) continue;
      kept.push(await setOwners(pod, [...(pod.metadata.ownerReferences ?? []), controllerReference(replicaSet)]));
    }
    return kept;
  }

  function setOwners(pod: Pod, ownerReferences: NonNullable<Pod['metadata']['ownerReferences']>): Promise<Pod> {
    const { namespace, name, uid } = pod.metadata;
    const body = { metadata: { uid, ownerReferences } };
    return client.patch(PODS, { namespace, name, patch: { type: 'merge', body } });
  }

  async function createPod(replicaSet: ReplicaSet): Promise<Pod> {
    try {
      const template = replicaSet.spec.template ?? { spec: { containers: [] } };
      const pod = await client.create(PODS, podFromTemplate(replicaSet, template, randomId));
      ownWrites.created(replicaSet.metadata.uid ?? '', pod);
      recorder.record(replicaSet, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created pod: ${pod.metadata.name}`,
      });
      return pod;
    } catch (error) {
      const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
      recorder.record(replicaSet, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  async function deletePod(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const undo = ownWrites.deleting(pod);
    try {
      await client.delete(PODS, { namespace, name }, { preconditions: { uid } });
      recorder.record(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
    } catch (error) {
      undo();
      if (!isNotFound(error)) throw error;
    }
  }

  /** The first pod alone: when the server refuses it, it refuses all. */
  async function grow(replicaSet: ReplicaSet, count: number): Promise<Pod[]> {
    const first = await createPod(replicaSet);
    const rest = Array.from({ length: Math.min(count, BURST) - 1 }, () => createPod(replicaSet));
    return [first, ...(await Promise.all(rest))];
  }

  async function scale(replicaSet: ReplicaSet, active: Pod[]): Promise<Pod[]> {
    const missing = (replicaSet.spec.replicas ?? 1) - active.length;
    if (missing > 0) return [...active, ...(await grow(replicaSet, missing))];
    if (missing === 0) return active;
    const doomed = firstToGo(active).slice(0, Math.min(-missing, BURST));
    await Promise.all(doomed.map((pod) => deletePod(replicaSet, pod)));
    return active.filter((pod) => !doomed.includes(pod));
  }

  async function reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const replicaSet = replicaSets.get(key);
    if (replicaSet === undefined) return;
    try {
      const claimed = (await claim(replicaSet)).filter(isPodActive);
      const isDeleting = replicaSet.metadata.deletionTimestamp !== undefined;
      const active = isDeleting ? claimed : await scale(replicaSet, claimed);
      const { status, nextMs } = statusOf(replicaSet, active, clock.now());
      if (!isDeepStrictEqual(status, { ...replicaSet.status })) {
        const { namespace, name } = replicaSet.metadata;
        const patch = { type: 'merge', body: { status } } as const;
        await client.patch(REPLICA_SETS, { namespace, name, patch }, { subresource: 'status' });
      }
      return nextMs === undefined ? undefined : { requeueAfterMs: nextMs };
    } catch (error) {
      if (isNotFound(error) && replicaSets.get(key)?.metadata.uid !== replicaSet.metadata.uid) return;
      throw error;
    }
  }

  const controller = controllerFor(context, { name: 'replicaset', reconcile });
  replicaSets.onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(pods, 'ReplicaSet', (key) => controller.enqueue(key));
  return controller;
}
