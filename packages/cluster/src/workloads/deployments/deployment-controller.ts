/** Deployments: one ReplicaSet a template, rolled over within the limits; status; history. */
import { isDeepStrictEqual } from 'node:util';

import { isAlreadyExists, isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import {
  BY_CONTROLLER,
  controllerFor,
  indexByController,
  ORPHANS,
  watchDependents,
  watchOrphans,
} from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../objects.ts';
import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from '../objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import type { OwnWrites } from '../own-writes.ts';
import { controllerOf, controllerReference } from '../owners.ts';
import { matchesSelector } from '../selectors.ts';
import { withoutZeros } from '../counters.ts';
import { mergeBody } from '../merge-body.ts';
import { createSettling } from '../settling.ts';
import type { Settling } from '../settling.ts';
import { deploymentStatus, isRolledOut, untilDeadline } from './deployment-status.ts';
import {
  findNewReplicaSet,
  HASH_LABEL,
  replicaSetAnnotations,
  REVISION,
  sizeAnnotations,
  surplusHistory,
  templateHash,
} from './revisions.ts';
import { planRollout, rolloutLimits } from './rollout.ts';

/** The ReplicaSets of one Deployment. */
interface Family {
  deployment: Deployment;
  hash: string;
  current: ReplicaSet | undefined;
  old: ReplicaSet[];
}

const OMITTED = [
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
] as const;

type Outcome = void | { requeueAfterMs: number };

function maxReplicas(deployment: Deployment): number {
  return (deployment.spec.replicas ?? 1) + rolloutLimits(deployment).maxSurge;
}

function newReplicaSet({ deployment, hash, old }: Family, replicas: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const facts = { current: undefined, others: old, maxReplicas: maxReplicas(deployment) };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: replicaSetAnnotations(deployment, facts),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Every run starts from the cluster's state; see `planRollout` and `deploymentStatus` for what it decides. */
class DeploymentController {
  readonly #context: ControllerContext;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #deployments: FreshView<Deployment>;
  readonly #fresh: FreshView<ReplicaSet>;
  readonly #ownWrites: OwnWrites<ReplicaSet>;
  readonly #settling: Settling;
  /** Template hashes by uid: a template changes with the generation only. */
  readonly #hashes = new Map<string, { generation: number | undefined; hash: string }>();

  constructor(context: ControllerContext) {
    const { informers, clock } = context;
    this.#context = context;
    this.#replicaSets = informers.get(REPLICA_SETS);
    this.#pods = informers.get(PODS);
    indexByController(this.#replicaSets);
    this.#deployments = createFreshView(informers.get(DEPLOYMENTS));
    this.#fresh = createFreshView(this.#replicaSets);
    this.#ownWrites = createOwnWrites(this.#replicaSets, clock);
    this.#settling = createSettling(clock);
    informers.get(DEPLOYMENTS).onChange(({ type, object }) => {
      if (type === 'deleted') this.#hashes.delete(object.metadata.uid ?? '');
    });
  }

  async reconcile(key: string): Promise<Outcome> {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) return;
    try {
      const family = await this.#familyOf(deployment);
      if (deployment.metadata.deletionTimestamp !== undefined)
        return await this.#publishStatus(key, family);
      const rolled = await this.#rollOut(family);
      const published = await this.#publishRevision(rolled);
      await this.#trimHistory(rolled);
      return await this.#publishStatus(key, { ...rolled, deployment: published });
    } catch (error) {
      if (isNotFound(error) && this.#deployments.get(key)?.metadata.uid !== deployment.metadata.uid)
        return;
      throw error;
    }
  }

  #hashOf(deployment: Deployment): string {
    const { uid = '', generation } = deployment.metadata;
    const known = this.#hashes.get(uid);
    if (known !== undefined && generation !== undefined && known.generation === generation)
      return known.hash;
    const hash = templateHash(deployment);
    this.#hashes.set(uid, { generation, hash });
    return hash;
  }

  async #adopt(deployment: Deployment): Promise<ReplicaSet[]> {
    const orphans = this.#replicaSets
      .byIndex(ORPHANS, deployment.metadata.namespace ?? '')
      .filter((one) => matchesSelector(deployment.spec.selector, one.metadata.labels))
      .filter((one) => one.metadata.deletionTimestamp === undefined);
    return Promise.all(
      orphans.map(({ metadata: { namespace, name, uid, ownerReferences = [] } }) => {
        const body = {
          metadata: { uid, ownerReferences: [...ownerReferences, controllerReference(deployment)] },
        };
        return this.#context.client.patch(REPLICA_SETS, {
          namespace,
          name,
          patch: { type: 'merge', body },
        });
      }),
    );
  }

  async #familyOf(deployment: Deployment): Promise<Family> {
    const { uid = '' } = deployment.metadata;
    const adopted =
      deployment.metadata.deletionTimestamp === undefined ? await this.#adopt(deployment) : [];
    const all = this.#ownWrites
      .view(uid, [...this.#replicaSets.byIndex(BY_CONTROLLER, uid), ...adopted])
      .map((one) => this.#fresh.newest(one))
      .filter((one) => one.metadata.deletionTimestamp === undefined);
    const hash = this.#hashOf(deployment);
    const current = findNewReplicaSet(deployment, all, hash);
    return { deployment, hash, current, old: all.filter((one) => one !== current) };
  }

  async #scale(
    { deployment }: Family,
    replicaSet: ReplicaSet,
    replicas: number,
  ): Promise<ReplicaSet> {
    const before = replicaSet.spec.replicas ?? 1;
    const { namespace, name, resourceVersion } = replicaSet.metadata;
    const annotations = sizeAnnotations(deployment, maxReplicas(deployment));
    const body = { metadata: { resourceVersion, annotations }, spec: { replicas } };
    const scaled = await this.#context.client.patch(REPLICA_SETS, {
      namespace,
      name,
      patch: { type: 'merge', body },
    });
    if (before === replicas) return this.#fresh.wrote(scaled);
    const direction = replicas > before ? 'up' : 'down';
    this.#tellScaling(
      deployment,
      `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`,
    );
    return this.#fresh.wrote(scaled);
  }

  #tellScaling(deployment: Deployment, message: string): void {
    this.#context.recorder.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message,
    });
  }

  async #create(family: Family, replicas: number): Promise<ReplicaSet> {
    const { deployment } = family;
    const wanted = newReplicaSet(family, replicas);
    try {
      const created = await this.#context.client.create(REPLICA_SETS, wanted);
      this.#ownWrites.created(deployment.metadata.uid ?? '', created);
      const message = `Scaled up replica set ${wanted.metadata.name} from 0 to ${replicas}`;
      if (replicas > 0) this.#tellScaling(deployment, message);
      return created;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await this.#context.client.get(REPLICA_SETS, wanted.metadata);
      const isOurs =
        existing.metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid) ===
        true;
      if (isOurs && existing.metadata.deletionTimestamp === undefined) return existing;
      if (!isOurs) await this.#collide(deployment);
      throw error;
    }
  }

  /** The name is taken by a stranger: the next try makes another one. */
  async #collide(deployment: Deployment): Promise<void> {
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    this.#hashes.delete(deployment.metadata.uid ?? '');
    await this.#writeStatus(deployment, { collisionCount });
  }

  /** Revision and copied annotations of an existing current ReplicaSet, e.g. after `kubectl rollout undo`. */
  async #annotate({ deployment, old }: Family, current: ReplicaSet): Promise<ReplicaSet> {
    const facts = { current, others: old, maxReplicas: maxReplicas(deployment) };
    const annotations = replicaSetAnnotations(deployment, facts);
    const { minReadySeconds = 0 } = deployment.spec;
    const isSame =
      isDeepStrictEqual(annotations, { ...current.metadata.annotations }) &&
      (current.spec.minReadySeconds ?? 0) === minReadySeconds;
    if (isSame) return current;
    const { namespace, name } = current.metadata;
    const body = { metadata: { annotations }, spec: { minReadySeconds } };
    const patched = await this.#context.client.patch(REPLICA_SETS, {
      namespace,
      name,
      patch: { type: 'merge', body },
    });
    return this.#fresh.wrote(patched);
  }

  #oldPods({ deployment, old }: Family): number {
    if (deployment.spec.strategy?.type !== 'Recreate') return 0;
    return old
      .flatMap((one) => this.#pods.byIndex(BY_CONTROLLER, one.metadata.uid ?? ''))
      .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed').length;
  }

  async #rollOut(family: Family): Promise<Family> {
    const plan = planRollout({ ...family, oldPods: this.#oldPods(family) });
    let { current } = family;
    if (current === undefined && plan.current !== undefined)
      current = await this.#create(family, plan.current);
    else if (current !== undefined && plan.current !== undefined) {
      if ((current.spec.replicas ?? 1) !== plan.current)
        current = await this.#scale(family, current, plan.current);
      current = await this.#annotate(family, current);
    }
    const old = await Promise.all(
      family.old.map(async (one) => {
        const replicas = plan.old.get(one.metadata.uid ?? '');
        return replicas === undefined ? one : this.#scale(family, one, replicas);
      }),
    );
    return { ...family, current, old };
  }

  async #publishRevision({ deployment, current }: Family): Promise<Deployment> {
    const revision = current?.metadata.annotations?.[REVISION];
    if (revision === undefined || deployment.metadata.annotations?.[REVISION] === revision)
      return deployment;
    const { namespace, name } = deployment.metadata;
    const body = { metadata: { annotations: { [REVISION]: revision } } };
    const patch = { type: 'merge', body } as const;
    // by way of the status, which leaves the generation alone
    const patched = await this.#context.client.patch(
      DEPLOYMENTS,
      { namespace, name, patch },
      { subresource: 'status' },
    );
    return this.#deployments.wrote(patched);
  }

  async #publishStatus(key: string, family: Family): Promise<Outcome> {
    const { deployment } = family;
    const input = { ...family, now: this.#context.clock.now() };
    const complete = deploymentStatus(input);
    const status = withoutZeros(complete, OMITTED);
    const next = untilDeadline(input, complete);
    const later = next === undefined ? undefined : { requeueAfterMs: next };
    if (isDeepStrictEqual(status, { ...deployment.status })) {
      this.#settling.done(key);
      return later;
    }
    const wait = isRolledOut(deployment, complete) ? 0 : this.#settling.delay(key);
    if (wait > 0) return { requeueAfterMs: wait };
    await this.#writeStatus(deployment, status);
    this.#settling.done(key);
    return later;
  }

  async #writeStatus(deployment: Deployment, status: DeploymentStatus): Promise<void> {
    const { namespace, name } = deployment.metadata;
    const body = { status: mergeBody(deployment.status, status) };
    const patch = { type: 'merge', body } as const;
    const patched = await this.#context.client.patch(
      DEPLOYMENTS,
      { namespace, name, patch },
      { subresource: 'status' },
    );
    this.#deployments.wrote(patched);
  }

  async #trimHistory(family: Family): Promise<void> {
    for (const { metadata } of surplusHistory(family.deployment, family.old)) {
      const { namespace, name, uid } = metadata;
      await this.#context.client.delete(
        REPLICA_SETS,
        { namespace, name },
        { preconditions: { uid } },
      );
    }
  }
}

export function createDeploymentController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new DeploymentController(context);
  const controller = controllerFor(context, {
    name: 'deployment',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(DEPLOYMENTS).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(REPLICA_SETS), 'Deployment', (key) => controller.enqueue(key));
  watchOrphans(informers.get(REPLICA_SETS), informers.get(DEPLOYMENTS), {
    selectorOf: ({ spec }) => spec.selector,
    enqueue: (key) => controller.enqueue(key),
  });
  // A Recreate rollout waits for the end of old pods, which their ReplicaSet no longer counts.
  informers.get(PODS).onChange((change) => {
    if (change.type !== 'deleted') return;
    const namespace = change.object.metadata.namespace ?? '';
    const replicaSet = informers
      .get(REPLICA_SETS)
      .get(`${namespace}/${controllerOf(change.object)?.name ?? ''}`);
    const owner = replicaSet === undefined ? undefined : controllerOf(replicaSet);
    if (owner !== undefined) controller.enqueue(`${namespace}/${owner.name}`);
  });
  return controller;
}
