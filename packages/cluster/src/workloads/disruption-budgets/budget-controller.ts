/** PodDisruptionBudgets: how many of their pods may be evicted now. */
import { isDeepStrictEqual } from 'node:util';

import { CRDS, isNotFound, keyOfObject } from '@kagent/kube';
import type {
  Informer,
  InformerChange,
  KubeObject,
  OwnerReference,
  Reconciler,
} from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { mergeBody } from '../merge-body.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import { controllerOf } from '../owners.ts';
import {
  POD_DISRUPTION_BUDGETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
} from '../workload-objects.ts';
import type { PodDisruptionBudget } from '../workload-objects.ts';
import { budgetStatus, countsControllers, selectsPod } from './budget-status.ts';

type Outcome = void | { requeueAfterMs: number };

class BudgetController {
  readonly #context: ControllerContext;
  readonly #budgets: FreshView<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#budgets = createFreshView(context.informers.get(POD_DISRUPTION_BUDGETS));
    this.#pods = context.informers.get(PODS);
  }

  async reconcile(key: string): Promise<Outcome> {
    const budget = this.#budgets.get(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const pods = this.#pods
      .list(budget.metadata.namespace)
      .filter((pod) => selectsPod(budget, pod));
    if (pods.length === 0) {
      const message = 'No matching pods found';
      this.#context.recorder.record(budget, { type: 'Normal', reason: 'NoPods', message });
    }
    const now = this.#context.clock.now();
    const scale = countsControllers(budget) ? await this.#scaleOf(budget, pods) : 0;
    const { status, nextMs } = budgetStatus(budget, { pods, scale, now });
    const later = nextMs === undefined ? undefined : { requeueAfterMs: nextMs };
    if (isDeepStrictEqual(status, { ...budget.status })) return later;
    const { namespace, name, resourceVersion } = budget.metadata;
    const disruptedPods =
      status.disruptedPods === undefined
        ? null
        : mergeBody(budget.status?.disruptedPods, status.disruptedPods);
    const body = { metadata: { resourceVersion }, status: { ...status, disruptedPods } };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    const options = { subresource: 'status' };
    try {
      this.#budgets.wrote(
        await this.#context.client.patch(POD_DISRUPTION_BUDGETS, target, options),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return later;
  }

  /** The sizes of the controllers of the pods, each once. */
  async #scaleOf(budget: PodDisruptionBudget, pods: Pod[]): Promise<number> {
    const sizes = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner === undefined) {
        unmanaged.push(pod.metadata.name);
        continue;
      }
      const [uid, size = sizes.get(owner.uid) ?? (await this.#customSize(pod, owner))] =
        this.#sizeOf(pod);
      sizes.set(uid, size);
    }
    if (unmanaged.length > 0) {
      const message = `found unmanaged pods associated with this PDB: [${unmanaged.join(' ')}]`;
      this.#context.recorder.record(budget, { type: 'Warning', reason: 'UnmanagedPods', message });
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** The owner that counts, and its size where it is a built-in kind. */
  #sizeOf(pod: Pod): [string, number | undefined] {
    const { informers } = this.#context;
    const owner = controllerOf(pod);
    if (owner === undefined) return ['', 0];
    const key = { namespace: pod.metadata.namespace, name: owner.name };
    if (owner.kind === 'StatefulSet')
      return [owner.uid, informers.get(STATEFUL_SETS).get(key)?.spec.replicas ?? 1];
    if (owner.kind === 'ReplicationController')
      return [owner.uid, informers.get(REPLICATION_CONTROLLERS).get(key)?.spec?.replicas ?? 1];
    if (owner.kind !== 'ReplicaSet') return [owner.uid, undefined];
    const replicaSet = informers.get(REPLICA_SETS).get(key);
    const parent = replicaSet === undefined ? undefined : controllerOf(replicaSet);
    if (parent?.kind !== 'Deployment') return [owner.uid, replicaSet?.spec.replicas ?? 1];
    const deployment = informers.get(DEPLOYMENTS).get({ ...key, name: parent.name });
    return [parent.uid, deployment?.spec.replicas ?? 1];
  }

  /** What the scale subresource of a custom resource says; 0 for a kind without one. */
  async #customSize(pod: Pod, { apiVersion, kind, name }: OwnerReference): Promise<number> {
    const [group = '', version = ''] = apiVersion.split('/');
    const { client, informers } = this.#context;
    const definition = informers
      .get(CRDS)
      .list()
      .find(({ spec }) => spec?.group === group && spec.names.kind === kind);
    if (definition?.spec === undefined) return 0;
    const { plural } = definition.spec.names;
    const path = `/apis/${group}/${version}/namespaces/${pod.metadata.namespace}/${plural}/${name}/scale`;
    try {
      const { body } = await client.raw({ method: 'GET', path });
      const replicas = (body as { spec?: { replicas?: unknown } }).spec?.replicas;
      return typeof replicas === 'number' ? replicas : 0;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return 0;
    }
  }
}

export function createBudgetController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new BudgetController(context);
  const controller = controllerFor(context, {
    name: 'disruption',
    reconcile: (key) => logic.reconcile(key),
  });
  const budgets = informers.get(POD_DISRUPTION_BUDGETS);
  budgets.onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  const enqueueAll = (namespace: string | undefined): void => {
    for (const budget of budgets.list(namespace)) controller.enqueue(keyOfObject(budget));
  };
  informers.get(PODS).onChange((change) => {
    const versions = change.type === 'updated' ? [change.object, change.old] : [change.object];
    for (const budget of budgets.list(change.object.metadata.namespace)) {
      if (versions.some((pod) => selectsPod(budget, pod))) controller.enqueue(keyOfObject(budget));
    }
  });
  // Sizes count, not the steps on the way to them.
  const resized = (change: InformerChange<KubeObject>): void => {
    const { metadata } = change.object;
    if (change.type === 'updated' && metadata.generation === change.old.metadata.generation) return;
    enqueueAll(metadata.namespace);
  };
  informers.get(DEPLOYMENTS).onChange(resized);
  informers.get(REPLICA_SETS).onChange(resized);
  informers.get(STATEFUL_SETS).onChange(resized);
  informers.get(REPLICATION_CONTROLLERS).onChange(resized);
  return controller;
}
