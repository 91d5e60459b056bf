/** Deployments: one ReplicaSet a template, rolled over within the limits; status; history. */
import { isDeepStrictEqual } from 'node:util';

import { isAlreadyExists, isNotFound, keyOfObject } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, indexByController, ORPHANS, watchDependents } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../objects.ts';
import type { Deployment, ReplicaSet } from '../objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import { controllerReference } from '../owners.ts';
import { matchesSelector } from '../selectors.ts';
import { deploymentStatus, untilDeadline } from './deployment-status.ts';
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
  current: ReplicaSet | undefined;
  old: ReplicaSet[];
}

function newReplicaSet(family: Family, replicas: number): ReplicaSet {
  const { deployment } = family;
  const hash = templateHash(deployment);
  const { template, selector, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const maxReplicas = (deployment.spec.replicas ?? 1) + rolloutLimits(deployment).maxSurge;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: replicaSetAnnotations(deployment, { current: undefined, others: family.old, maxReplicas }),
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

/** Rebuilt from the cluster at every run; see `planRollout` and `deploymentStatus` for what it decides. */
export function createDeploymentController(context: ControllerContext): Reconciler {
  const { client, informers, recorder, clock } = context;
  const deployments = informers.get(DEPLOYMENTS);
  const replicaSets = informers.get(REPLICA_SETS);
  const pods = informers.get(PODS);
  indexByController(replicaSets);
  const ownWrites = createOwnWrites(replicaSets, clock);

  async function adopt(deployment: Deployment): Promise<ReplicaSet[]> {
    const orphans = replicaSets
      .byIndex(ORPHANS, deployment.metadata.namespace ?? '')
      .filter((one) => matchesSelector(deployment.spec.selector, one.metadata.labels))
      .filter((one) => one.metadata.deletionTimestamp === undefined);
    return Promise.all(
      orphans.map((one) =>
        client.patch(REPLICA_SETS, {
          namespace: one.metadata.namespace,
          name: one.metadata.name,
          patch: {
            type: 'merge',
            body: {
              metadata: {
                uid: one.metadata.uid,
                ownerReferences: [...(one.metadata.ownerReferences ?? []), controllerReference(deployment)],
              },
            },
          },
        }),
      ),
    );
  }

  async function familyOf(deployment: Deployment): Promise<Family> {
    const uid = deployment.metadata.uid ?? '';
    const adopted = deployment.metadata.deletionTimestamp === undefined ? await adopt(deployment) : [];
    const all = ownWrites
      .view(uid, [...replicaSets.byIndex(BY_CONTROLLER, uid), ...adopted])
      .filter((one) => one.metadata.deletionTimestamp === undefined);
    const current = findNewReplicaSet(deployment, all);
    return { deployment, current, old: all.filter((one) => one !== current) };
  }

  async function scale(family: Family, replicaSet: ReplicaSet, replicas: number): Promise<ReplicaSet> {
    const { deployment } = family;
    const before = replicaSet.spec.replicas ?? 1;
    const { namespace, name, resourceVersion } = replicaSet.metadata;
    const maxReplicas = (deployment.spec.replicas ?? 1) + rolloutLimits(deployment).maxSurge;
    const scaled = await client.patch(REPLICA_SETS, {
      namespace,
      name,
      patch: {
        type: 'merge',
        body: { metadata: { resourceVersion, annotations: sizeAnnotations(deployment, maxReplicas) }, spec: { replicas } },
      },
    });
    const direction = replicas > before ? 'up' : 'down';
    recorder.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`,
    });
    return scaled;
  }

  async function create(family: Family, replicas: number): Promise<ReplicaSet> {
    const { deployment } = family;
    const wanted = newReplicaSet(family, replicas);
    try {
      const created = await client.create(REPLICA_SETS, wanted);
      ownWrites.created(deployment.metadata.uid ?? '', created);
      recorder.record(deployment, {
        type: 'Normal',
        reason: 'ScalingReplicaSet',
        message: `Scaled up replica set ${wanted.metadata.name} from 0 to ${replicas}`,
      });
      return created;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await client.get(REPLICA_SETS, wanted.metadata);
      const isOurs = existing.metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid) === true;
      if (isOurs && existing.metadata.deletionTimestamp === undefined) return existing;
      throw error;
    }
  }

  /** Revision and copied annotations of an existing current ReplicaSet, e.g. after `kubectl rollout undo`. */
  async function annotate(family: Family, current: ReplicaSet): Promise<ReplicaSet> {
    const { deployment, old } = family;
    const maxReplicas = (deployment.spec.replicas ?? 1) + rolloutLimits(deployment).maxSurge;
    const annotations = replicaSetAnnotations(deployment, { current, others: old, maxReplicas });
    const { minReadySeconds = 0 } = deployment.spec;
    const isSame =
      isDeepStrictEqual(annotations, current.metadata.annotations ?? {}) &&
      (current.spec.minReadySeconds ?? 0) === minReadySeconds;
    if (isSame) return current;
    const { namespace, name } = current.metadata;
    const body = { metadata: { annotations }, spec: { minReadySeconds } };
    return client.patch(REPLICA_SETS, { namespace, name, patch: { type: 'merge', body } });
  }

  function runningPods(family: Family): number {
    if (family.deployment.spec.strategy?.type !== 'Recreate') return 0;
    return family.old
      .flatMap((one) => pods.byIndex(BY_CONTROLLER, one.metadata.uid ?? ''))
      .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed').length;
  }

  async function rollOut(family: Family): Promise<Family> {
    const plan = planRollout({ ...family, oldPods: runningPods(family) });
    let { current } = family;
    if (current === undefined && plan.current !== undefined) current = await create(family, plan.current);
    else if (current !== undefined && plan.current !== undefined) {
      if ((current.spec.replicas ?? 1) !== plan.current) current = await scale(family, current, plan.current);
      current = await annotate(family, current);
    }
    const old = await Promise.all(
      family.old.map((one) => {
        const replicas = plan.old.get(one.metadata.uid ?? '');
        return replicas === undefined ? one : scale(family, one, replicas);
      }),
    );
    return { deployment: family.deployment, current, old };
  }

  async function publishRevision({ deployment, current }: Family): Promise<void> {
    const revision = current?.metadata.annotations?.[REVISION];
    if (revision === undefined || deployment.metadata.annotations?.[REVISION] === revision) return;
    const { namespace, name } = deployment.metadata;
    const body = { metadata: { annotations: { [REVISION]: revision } } };
    await client.patch(DEPLOYMENTS, { namespace, name, patch: { type: 'merge', body } });
  }

  async function publishStatus(family: Family): Promise<void | { requeueAfterMs: number }> {
    const { deployment } = family;
    const input = { ...family, now: clock.now() };
    const status = deploymentStatus(input);
    if (!isDeepStrictEqual(status, { ...deployment.status })) {
      const { namespace, name } = deployment.metadata;
      const patch = { type: 'merge', body: { status } } as const;
      await client.patch(DEPLOYMENTS, { namespace, name, patch }, { subresource: 'status' });
    }
    const requeueAfterMs = untilDeadline(input, status);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  async function trimHistory(family: Family): Promise<void> {
    for (const { metadata } of surplusHistory(family.deployment, family.old)) {
      const { namespace, name, uid } = metadata;
      await client.delete(REPLICA_SETS, { namespace, name }, { preconditions: { uid } });
    }
  }

  async function reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const deployment = deployments.get(key);
    if (deployment === undefined) return;
    try {
      const family = await familyOf(deployment);
      if (deployment.metadata.deletionTimestamp !== undefined) return await publishStatus(family);
      const rolled = await rollOut(family);
      await publishRevision(rolled);
      await trimHistory(rolled);
      return await publishStatus(rolled);
    } catch (error) {
      if (isNotFound(error) && deployments.get(key)?.metadata.uid !== deployment.metadata.uid) return;
      throw error;
    }
  }

  const controller = controllerFor(context, { name: 'deployment', reconcile });
  deployments.onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(replicaSets, 'Deployment', (key) => controller.enqueue(key));
  pods.onChange((change) => {
    if (change.type !== 'deleted') return;
    const owner = change.object.metadata.ownerReferences?.find(({ controller: is }) => is === true);
    const replicaSet = owner === undefined ? undefined : replicaSets.get(`${change.object.metadata.namespace ?? ''}/${owner.name}`);
    const parent = replicaSet?.metadata.ownerReferences?.find(({ controller: is }) => is === true);
    if (parent !== undefined) controller.enqueue(`${change.object.metadata.namespace ?? ''}/${parent.name}`);
  });
  return controller;
}
