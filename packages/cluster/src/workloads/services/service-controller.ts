/** EndpointSlices and Endpoints of Services. Their addresses and ports come from the API server (`api/services/`). */
import { isDeepStrictEqual } from 'node:util';

import { isAlreadyExists, isNotFound, keyOfObject, parseKey } from '@kagent/kube';
import type { Informer, KubeObject, Reconciler, ResourceType } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { ENDPOINT_SLICES, PODS, SERVICES } from '../objects.ts';
import type { EndpointSlice, Pod, Service } from '../objects.ts';
import { ENDPOINTS } from './endpoints-object.ts';
import type { Endpoints } from './endpoints-object.ts';
import { matchesLabels } from '../selectors.ts';
import { createSettling } from '../settling.ts';
import type { Settling } from '../settling.ts';
import {
  ENDPOINTS_MANAGED_BY,
  ENDPOINTS_MANAGER,
  endpointSlices,
  endpointsOf,
  MANAGED_BY,
  MANAGER,
  MIRROR,
  mirroredSlices,
  SERVICE_NAME,
} from './endpoints.ts';
import { createServiceIndex, labelTerm, labelTerms } from './service-index.ts';
import { content, matchSlices } from './slice-matching.ts';
import { createTriggerTimes, LAST_CHANGE } from './trigger-times.ts';

const BY_LABEL = 'label';
const BY_SERVICE = 'service';

type Outcome = void | { requeueAfterMs: number };

/** What of a pod its Services care about. */
function relevant(pod: Pod): unknown {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [
    pod.metadata.labels,
    pod.metadata.deletionTimestamp,
    pod.status?.podIP,
    pod.status?.phase,
    ready,
  ];
}

function serviceKeyOf(slice: EndpointSlice): string {
  return `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[SERVICE_NAME] ?? ''}`;
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** A merge patch of `old`, or a new object, that says when what changed happened. */
function withTime<T extends KubeObject>(wanted: T, old: T | undefined, time?: string): T {
  const isStale = old?.metadata.annotations?.[LAST_CHANGE] !== undefined;
  if (time === undefined && !isStale) return wanted;
  const annotations = { [LAST_CHANGE]: time ?? null };
  return { ...wanted, metadata: { ...wanted.metadata, annotations } } as T;
}

class ServiceController {
  readonly #context: ControllerContext;
  readonly #pods: Informer<Pod>;
  readonly #services: FreshView<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #freshSlices: FreshView<EndpointSlice>;
  readonly #endpoints: FreshView<Endpoints>;
  readonly #settling: Settling;
  readonly #times = createTriggerTimes();

  constructor(context: ControllerContext) {
    const { informers } = context;
    this.#context = context;
    this.#pods = informers.get(PODS);
    this.#slices = informers.get(ENDPOINT_SLICES);
    this.#services = createFreshView(informers.get(SERVICES));
    this.#freshSlices = createFreshView(this.#slices);
    this.#endpoints = createFreshView(informers.get(ENDPOINTS));
    this.#settling = createSettling(context.clock);
    this.#pods.addIndex(BY_LABEL, labelTerms);
    this.#slices.addIndex(BY_SERVICE, (slice) => [serviceKeyOf(slice)]);
  }

  async reconcile(key: string): Promise<Outcome> {
    const service = this.#services.get(key);
    if (service === undefined) return this.#dropEndpoints(key);
    if (service.metadata.deletionTimestamp !== undefined) return;
    try {
      if (service.spec?.type === 'ExternalName') return;
      if (Object.keys(service.spec?.selector ?? {}).length === 0)
        return await this.#mirror(service);
      const members = this.#selected(service);
      const wanted = endpointSlices(service, members);
      const wait = this.#wait(key, wanted);
      if (wait > 0) return { requeueAfterMs: wait };
      const time = this.#times.next(key, service, members);
      await this.#syncSlices(key, wanted, { manager: MANAGER, time });
      await this.#syncEndpoints(service, members, time);
      this.#settling.done(key);
    } catch (error) {
      if (isNotFound(error) && this.#services.get(key)?.metadata.uid !== service.metadata.uid)
        return;
      throw error;
    }
  }

  /** New endpoints that are not ready yet are only a step; the loss of an endpoint is never held back. */
  #wait(key: string, wanted: EndpointSlice[]): number {
    const next = wanted.flatMap((slice) => slice.endpoints ?? []);
    const before = this.#existing(key, MANAGER).flatMap((slice) => slice.endpoints ?? []);
    const isStep =
      before.length === 0 &&
      next.length > 0 &&
      next.every(({ conditions }) => conditions?.ready !== true);
    return isStep ? this.#settling.delay(key) : 0;
  }

  #existing(serviceKey: string, manager: string): EndpointSlice[] {
    return this.#slices
      .byIndex(BY_SERVICE, serviceKey)
      .map((slice) => this.#freshSlices.newest(slice))
      .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === manager);
  }

  #selected(service: Service): Pod[] {
    const selector = service.spec?.selector ?? {};
    const namespace = service.metadata.namespace ?? '';
    let smallest: Pod[] | undefined;
    // The last label of a selector tends to be the most telling one.
    for (const [key, value] of Object.entries(selector).toReversed()) {
      const found = this.#pods.byIndex(BY_LABEL, labelTerm(namespace, key, value));
      if (smallest === undefined || found.length < smallest.length) smallest = found;
      if (found.length <= 1) break;
    }
    return (smallest ?? []).filter((pod) => matchesLabels(selector, pod.metadata.labels));
  }

  async #upsert<T extends KubeObject>(
    type: ResourceType<T>,
    wanted: T,
    existing: T | undefined,
  ): Promise<T> {
    const { client } = this.#context;
    if (existing === undefined) {
      try {
        return await client.create(type, wanted);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    const { namespace, name } = wanted.metadata;
    return client.patch(type, { namespace, name, patch: { type: 'merge', body: wanted } });
  }

  /** Endpoints that are kept by hand, for a Service without a selector. */
  async #mirror(service: Service): Promise<void> {
    const key = keyOfObject(service);
    const endpoints = this.#endpoints.get(key);
    const wanted = endpoints === undefined ? [] : mirroredSlices(endpoints);
    await this.#syncSlices(key, wanted, { manager: MIRROR });
  }

  /** Slices that are no longer wanted are written anew as one that is, so that few come and go. */
  async #syncSlices(
    key: string,
    slices: EndpointSlice[],
    { manager, time }: { manager: string; time?: string | undefined },
  ): Promise<void> {
    const { pairs, surplus } = matchSlices(slices, this.#existing(key, manager));
    for (const { wanted, old } of pairs) {
      if (old !== undefined && isDeepStrictEqual(content(old), content(wanted))) continue;
      const stamped = withTime(wanted, old, time);
      this.#freshSlices.wrote(await this.#upsert(ENDPOINT_SLICES, stamped, old));
    }
    for (const { metadata } of surplus) {
      const { namespace, name } = metadata;
      await this.#context.client.delete(ENDPOINT_SLICES, { namespace, name }).catch(ignoreNotFound);
    }
  }

  async #syncEndpoints(service: Service, members: Pod[], time: string | undefined): Promise<void> {
    const wanted = endpointsOf(service, members);
    const existing = this.#endpoints.get(keyOfObject(service));
    const isSame =
      existing !== undefined &&
      isDeepStrictEqual(existing.subsets ?? [], wanted.subsets) &&
      isDeepStrictEqual(existing.metadata.labels, wanted.metadata.labels);
    if (isSame) return;
    const stamped = withTime(wanted, existing, time);
    this.#endpoints.wrote(await this.#upsert(ENDPOINTS, stamped, existing));
  }

  /** Endpoints carry no owner reference; they go with their Service. */
  async #dropEndpoints(key: string): Promise<void> {
    this.#times.forget(key);
    const { namespace, name } = parseKey(key);
    if (this.#endpoints.get(key)?.metadata.labels?.[ENDPOINTS_MANAGED_BY] !== ENDPOINTS_MANAGER)
      return;
    await this.#context.client.delete(ENDPOINTS, { namespace, name }).catch(ignoreNotFound);
  }
}

export function createServiceController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const index = createServiceIndex();
  const logic = new ServiceController(context);
  const controller = controllerFor(context, {
    name: 'service',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(SERVICES).onChange((change) => {
    if (change.type === 'deleted') index.delete(change.object);
    else index.set(change.object);
    controller.enqueue(keyOfObject(change.object));
  });
  informers.get(PODS).onChange((change) => {
    if (
      change.type === 'updated' &&
      isDeepStrictEqual(relevant(change.object), relevant(change.old))
    )
      return;
    const versions = change.type === 'updated' ? [change.object, change.old] : [change.object];
    for (const pod of versions) for (const key of index.selecting(pod)) controller.enqueue(key);
  });
  informers.get(ENDPOINTS).onChange(({ object }) => {
    if (object.metadata.labels?.[ENDPOINTS_MANAGED_BY] !== ENDPOINTS_MANAGER)
      controller.enqueue(keyOfObject(object));
  });
  informers.get(ENDPOINT_SLICES).onChange((change) => {
    if (change.type === 'deleted') controller.enqueue(serviceKeyOf(change.object));
  });
  return controller;
}
