/** StatefulSets: replicas with stable names and claims, rolled out one after the other; status; history. */
import { isDeepStrictEqual } from 'node:util';

import { isAlreadyExists, isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { controllerFor, watchDependents, watchOrphans } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createRevisionHistory } from '../controller-revisions.ts';
import type { RevisionHistory, RevisionState } from '../controller-revisions.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { withoutZeros } from '../counters.ts';
import { mergeBody } from '../merge-body.ts';
import { PODS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import { createPodControl } from '../pod-control.ts';
import type { PodControl, PodEvents } from '../pod-control.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../storage-objects.ts';
import type { PersistentVolumeClaim } from '../storage-objects.ts';
import { CONTROLLER_REVISIONS, STATEFUL_SETS } from '../workload-objects.ts';
import type { StatefulSet, StatefulSetStatus } from '../workload-objects.ts';
import {
  claimOwners,
  claimsOf,
  identityLabels,
  ordinalOf,
  POD_NAME_LABEL,
  statefulPod,
} from './stateful-set-pods.ts';
import { planStatefulSet } from './stateful-set-plan.ts';
import type { StatefulSetPlan } from './stateful-set-plan.ts';

const OMITTED = ['readyReplicas', 'currentReplicas', 'updatedReplicas'] as const;

type Outcome = void | { requeueAfterMs: number };

const HASH_LABEL = 'controller.kubernetes.io/hash';

function subject(verb: string, pod: string): string {
  return `${verb} Pod ${pod} in StatefulSet ${pod.replace(/-\d+$/, '')}`;
}

const EVENTS: PodEvents = {
  created: (pod) => `${subject('Create', pod)} successful`,
  refused: (pod, error) => `${subject('Create', pod)} failed error: ${error}`,
  deleted: (pod) => `${subject('Delete', pod)} successful`,
};

class StatefulSetController {
  readonly #context: ControllerContext;
  readonly #sets: FreshView<StatefulSet>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #history: RevisionHistory;
  readonly #pods: PodControl;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = createFreshView(context.informers.get(STATEFUL_SETS));
    this.#claims = context.informers.get(PERSISTENT_VOLUME_CLAIMS);
    this.#history = createRevisionHistory(context, HASH_LABEL);
    this.#pods = createPodControl({ context, keepDeleted: true, events: EVENTS });
  }

  async reconcile(key: string): Promise<Outcome> {
    const set = this.#sets.get(key);
    if (set === undefined) return;
    try {
      return await this.#sync(set);
    } catch (error) {
      if (isNotFound(error) && this.#sets.get(key)?.metadata.uid !== set.metadata.uid) return;
      throw error;
    }
  }

  async #sync(set: StatefulSet): Promise<Outcome> {
    const pods = await this.#pods.claim(set, {
      selector: set.spec.selector,
      accepts: (pod) => ordinalOf(set, pod) !== undefined,
    });
    const revisions = await this.#history.sync(set);
    const known = revisions.all.find(
      ({ metadata }) => metadata.name === set.status?.currentRevision,
    );
    const plan = planStatefulSet({
      set,
      pods,
      currentRevision: (known ?? revisions.update).metadata.name,
      updateRevision: revisions.update.metadata.name,
      collisionCount: revisions.collisionCount,
      now: this.#context.clock.now(),
    });
    try {
      await this.#keepIdentity(set, pods);
      await this.#keepClaims(set, pods, plan);
      await this.#carryOut(set, revisions, plan);
    } finally {
      await this.#publish(set, plan.status);
    }
    const used = pods.map((pod) => pod.metadata.labels?.['controller-revision-hash'] ?? '');
    const inUse = new Set([...used, known?.metadata.name ?? '', plan.status.currentRevision ?? '']);
    if (set.metadata.deletionTimestamp === undefined)
      await this.#history.trim(set, revisions, inUse);
    return plan.nextMs === undefined ? undefined : { requeueAfterMs: plan.nextMs };
  }

  async #carryOut(set: StatefulSet, state: RevisionState, plan: StatefulSetPlan): Promise<void> {
    await Promise.all(
      plan.create.map(async ({ ordinal, revision }) => {
        const found = state.all.find(({ metadata }) => metadata.name === revision) ?? state.update;
        await this.#createClaims(set, ordinal);
        await this.#pods.create(set, statefulPod(set, ordinal, found));
      }),
    );
    for (const pod of plan.remove) {
      this.#tellRestart(set, pod);
      await this.#pods.delete(set, pod);
    }
  }

  #tellRestart(set: StatefulSet, pod: Pod): void {
    const phase = pod.status?.phase;
    if (phase !== 'Failed' && phase !== 'Succeeded') return;
    const { namespace, name } = set.metadata;
    const isFailed = phase === 'Failed';
    this.#context.recorder.record(set, {
      type: isFailed ? 'Warning' : 'Normal',
      reason: isFailed ? 'RecreatingFailedPod' : 'RecreatingTerminatedPod',
      message: `StatefulSet ${namespace}/${name} is recreating ${isFailed ? 'failed' : 'terminated'} Pod ${pod.metadata.name}`,
    });
  }

  async #createClaims(set: StatefulSet, ordinal: number): Promise<void> {
    const { client, recorder } = this.#context;
    for (const wanted of claimsOf(set, ordinal).values()) {
      const existing = this.#claims.get(keyOfObject(wanted));
      if (existing?.metadata.deletionTimestamp !== undefined)
        throw new Error(`pvc ${wanted.metadata.name} is being deleted`);
      if (existing !== undefined) continue;
      const ownerReferences = claimOwners(set, wanted, { pod: undefined, isCondemned: false });
      const metadata = { ...wanted.metadata, ownerReferences };
      const { name: claim } = wanted.metadata;
      const { name } = set.metadata;
      try {
        await client.create(PERSISTENT_VOLUME_CLAIMS, { ...wanted, metadata });
        const message = `Create Claim ${claim} Pod ${name}-${ordinal} in StatefulSet ${name} success`;
        recorder.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
      } catch (error) {
        if (isAlreadyExists(error)) continue;
        const why = error instanceof Error ? error.message : String(error);
        const message = `Create Claim ${claim} for Pod ${name}-${ordinal} in StatefulSet ${name} failed error: ${why}`;
        recorder.record(set, { type: 'Warning', reason: 'FailedCreate', message });
        throw error;
      }
    }
  }

  /** Labels that an adopted pod lacks. */
  async #keepIdentity(set: StatefulSet, pods: Pod[]): Promise<void> {
    for (const pod of pods) {
      const { namespace, name, uid, labels, deletionTimestamp } = pod.metadata;
      const ordinal = ordinalOf(set, pod);
      if (ordinal === undefined || deletionTimestamp !== undefined) continue;
      if (labels?.[POD_NAME_LABEL] === name) continue;
      const body = { metadata: { uid, labels: identityLabels(set, ordinal) } };
      const patch = { type: 'merge', body } as const;
      await this.#context.client.patch(PODS, { namespace, name, patch });
    }
  }

  /** Owners of the claims, before any pod goes: the garbage collector deletes a claim with its last owner. */
  async #keepClaims(set: StatefulSet, pods: Pod[], plan: StatefulSetPlan): Promise<void> {
    for (const pod of pods) {
      const ordinal = ordinalOf(set, pod);
      if (ordinal === undefined) continue;
      const isCondemned = plan.condemned.includes(pod);
      for (const { metadata } of claimsOf(set, ordinal).values()) {
        const claim = this.#claims.get(metadata);
        if (claim === undefined) continue;
        const owners = claimOwners(set, claim, { pod, isCondemned });
        const uids = (claim.metadata.ownerReferences ?? []).map(({ uid }) => uid);
        if (isDeepStrictEqual(uids.toSorted(), owners.map(({ uid }) => uid).toSorted())) continue;
        const { namespace, name, uid } = claim.metadata;
        const body = { metadata: { uid, ownerReferences: owners } };
        const patch = { type: 'merge', body } as const;
        await this.#context.client
          .patch(PERSISTENT_VOLUME_CLAIMS, { namespace, name, patch })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
      }
    }
  }

  async #publish(set: StatefulSet, complete: StatefulSetStatus): Promise<void> {
    const status = withoutZeros(complete, OMITTED);
    if (isDeepStrictEqual(status, { ...set.status })) return;
    const { namespace, name } = set.metadata;
    const patch = { type: 'merge', body: { status: mergeBody(set.status, status) } } as const;
    const target = { namespace, name, patch };
    const options = { subresource: 'status' };
    this.#sets.wrote(await this.#context.client.patch(STATEFUL_SETS, target, options));
  }
}

/** Needs the pod index of `indexByController`. */
export function createStatefulSetController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new StatefulSetController(context);
  const controller = controllerFor(context, {
    name: 'statefulset',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(STATEFUL_SETS).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(PODS), 'StatefulSet', (key) => controller.enqueue(key));
  watchOrphans(informers.get(PODS), informers.get(STATEFUL_SETS), {
    selectorOf: ({ spec }) => spec.selector,
    enqueue: (key) => controller.enqueue(key),
  });
  watchDependents(informers.get(CONTROLLER_REVISIONS), 'StatefulSet', (key) =>
    controller.enqueue(key),
  );
  return controller;
}
