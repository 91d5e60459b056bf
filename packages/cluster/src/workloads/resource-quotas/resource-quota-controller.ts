/**
 * ResourceQuotas: `status.used` tells people what a namespace holds. Admission does not read it: it counts the objects
 * themselves (`api/admission/plugins/resource-quota.ts`, with the same rules).
 */
import { isConflict, isNotFound, keyOfObject } from '@kagent/kube';
import type { KubeObject, Reconciler, ResourceType } from '@kagent/kube';

import { formatNanos } from '../../api/admission/pod-resources.ts';
import { countName, hardOf, sumOf } from '../../api/admission/quota-usage.ts';
import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { resourceName } from '../informer-set.ts';
import { discoverKinds } from '../namespaces/discovery.ts';
import { PODS, SERVICES } from '../objects.ts';

interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, string> };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

const RESOURCE_QUOTAS: ResourceType<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
};

/** A kind that a CRD brings later is looked for so often. */
const UNKNOWN_KIND_MS = 30_000;

class ResourceQuotaController {
  readonly #context: ControllerContext;
  readonly #enqueue: (key: string) => void;
  readonly #watched = new Set<string>();

  constructor(context: ControllerContext, enqueue: (key: string) => void) {
    this.#context = context;
    this.#enqueue = enqueue;
  }

  async reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const { client, informers } = this.#context;
    const quota = informers.get(RESOURCE_QUOTAS).get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return;
    const { namespace } = quota.metadata;
    const hard = quota.spec?.hard ?? {};
    const { types, isComplete } = await this.#typesOf(Object.keys(hard));
    const used: Record<string, bigint> = Object.fromEntries(
      [...hardOf(quota).keys()].map((amount) => [amount, 0n]),
    );
    for (const type of types) {
      const sum = sumOf(quota, type, (await this.#follow(type)).list(namespace));
      for (const amount of Object.keys(used))
        used[amount] = (used[amount] ?? 0n) + (sum.get(amount) ?? 0n);
    }
    const status = {
      hard,
      used: Object.fromEntries(
        Object.entries(used).map(([amount, nanos]) => [amount, formatNanos(amount, nanos)]),
      ),
    };
    const retry = isComplete ? undefined : { requeueAfterMs: UNKNOWN_KIND_MS };
    if (isSame(quota.status?.hard, status.hard) && isSame(quota.status?.used, status.used))
      return retry;
    try {
      await client.replace(RESOURCE_QUOTAS, { ...quota, status }, { subresource: 'status' });
    } catch (error) {
      // Changed or gone meanwhile: its next event tells.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return retry;
  }

  /** The kinds that the names of a quota count. */
  async #typesOf(names: string[]): Promise<{ types: ResourceType[]; isComplete: boolean }> {
    const plurals = new Set(names.flatMap(pluralsOf));
    const counts = names.filter((name) => name.startsWith('count/'));
    const kinds = await discoverKinds(this.#context.client);
    const types = kinds.filter(
      (kind) =>
        kind.namespaced &&
        ((kind.group === '' && plurals.has(kind.plural)) || counts.includes(countName(kind))),
    );
    const isComplete = counts.every((name) => kinds.some((kind) => countName(kind) === name));
    return { types, isComplete };
  }

  async #follow(type: ResourceType) {
    const informer = this.#context.informers.get(type);
    const name = resourceName(type);
    if (!this.#watched.has(name)) {
      this.#watched.add(name);
      informer.onChange(({ object }) => this.#enqueueIn(object.metadata.namespace));
    }
    await informer.synced;
    return informer;
  }

  #enqueueIn(namespace: string | undefined): void {
    if (namespace === undefined) return;
    for (const quota of this.#context.informers.get(RESOURCE_QUOTAS).list(namespace))
      this.#enqueue(keyOfObject(quota));
  }
}

/** The core resource that an amount is counted over. */
function pluralsOf(name: string): string[] {
  if (name.startsWith('count/')) return [];
  if (name.startsWith('services.')) return [SERVICES.plural];
  if (name.endsWith('requests.storage') || name.includes('.storageclass.storage.k8s.io/'))
    return ['persistentvolumeclaims'];
  if (/^(?:requests|limits)\.|^(?:cpu|memory|ephemeral-storage)$/.test(name)) return [PODS.plural];
  return [name];
}

function isSame(a: Record<string, string> | undefined, b: Record<string, string>): boolean {
  const keys = Object.keys(b);
  return (
    a !== undefined &&
    Object.keys(a).length === keys.length &&
    keys.every((key) => a[key] === b[key])
  );
}

export function createResourceQuotaController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const enqueue = (key: string) => controller.enqueue(key);
  const logic = new ResourceQuotaController(context, enqueue);
  const controller = controllerFor(context, {
    name: 'resource-quota',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(RESOURCE_QUOTAS).onChange(({ object }) => enqueue(keyOfObject(object)));
  return controller;
}
