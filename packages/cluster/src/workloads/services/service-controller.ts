/** Services: cluster IP when missing, EndpointSlices and Endpoints of those with a selector. */
import { isDeepStrictEqual } from 'node:util';

import { isAlreadyExists, isNotFound, keyOfObject, parseKey } from '@kagent/kube';
import type { KubeObject, Reconciler, ResourceType } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICES } from '../objects.ts';
import type { Endpoints, EndpointSlice, Pod, Service } from '../objects.ts';
import { matchesLabels } from '../selectors.ts';
import { createClusterIPs, needsClusterIP } from './cluster-ips.ts';
import { endpointSlices, ENDPOINTS_MANAGED_BY, ENDPOINTS_MANAGER, endpointsOf, MANAGED_BY, MANAGER, SERVICE_NAME } from './endpoints.ts';
import { createServiceIndex, labelTerm, labelTerms } from './service-index.ts';

const BY_LABEL = 'label';
const BY_SERVICE = 'service';

/** What of a pod its Services care about. */
function relevant(pod: Pod): unknown {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [pod.metadata.labels, pod.metadata.deletionTimestamp, pod.status?.podIP, pod.status?.phase, ready];
}

export function createServiceController(context: ControllerContext): Reconciler {
  const { client, informers } = context;
  const services = informers.get(SERVICES);
  const pods = informers.get(PODS);
  const slices = informers.get(ENDPOINT_SLICES);
  const endpoints = informers.get(ENDPOINTS);
  const index = createServiceIndex();
  const addresses = createClusterIPs();
  pods.addIndex(BY_LABEL, labelTerms);
  slices.addIndex(BY_SERVICE, (slice) => [`${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[SERVICE_NAME] ?? ''}`]);

  function selected(service: Service): Pod[] {
    const selector = service.spec?.selector ?? {};
    const namespace = service.metadata.namespace ?? '';
    let smallest: Pod[] | undefined;
    for (const [key, value] of Object.entries(selector)) {
      const found = pods.byIndex(BY_LABEL, labelTerm(namespace, key, value));
      if (smallest === undefined || found.length < smallest.length) smallest = found;
      if (found.length <= 1) break;
    }
    return (smallest ?? []).filter((pod) => matchesLabels(selector, pod.metadata.labels));
  }

  async function upsert<T extends KubeObject>(type: ResourceType<T>, wanted: T, existing: T | undefined): Promise<void> {
    if (existing === undefined) {
      try {
        await client.create(type, wanted);
        return;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    const { namespace, name } = wanted.metadata;
    await client.patch(type, { namespace, name, patch: { type: 'merge', body: wanted } });
  }

  async function syncSlices(service: Service, members: Pod[]): Promise<void> {
    const existing = slices
      .byIndex(BY_SERVICE, keyOfObject(service))
      .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER);
    const wanted = endpointSlices(service, members);
    const content = (slice: EndpointSlice): unknown => [slice.endpoints ?? [], slice.ports ?? [], slice.metadata.labels];
    for (const slice of wanted) {
      const old = existing.find((candidate) => candidate.metadata.name === slice.metadata.name);
      if (old !== undefined && isDeepStrictEqual(content(old), content(slice))) continue;
      if (old === undefined && slice.endpoints?.length === 0 && existing.length > 0) continue;
      await upsert(ENDPOINT_SLICES, slice, old);
    }
    if (wanted.every((slice) => slice.endpoints?.length === 0)) return emptyRest(existing, wanted);
    for (const old of existing) {
      if (wanted.some((slice) => slice.metadata.name === old.metadata.name)) continue;
      const { namespace, name } = old.metadata;
      await client.delete(ENDPOINT_SLICES, { namespace, name }).catch(ignoreNotFound);
    }
  }

  /** No pod is left: the slices stay, without endpoints, so that their names and ports do not flap. */
  async function emptyRest(existing: EndpointSlice[], wanted: EndpointSlice[]): Promise<void> {
    for (const old of existing) {
      if ((old.endpoints ?? []).length === 0 || wanted.some(({ metadata }) => metadata.name === old.metadata.name)) continue;
      const { namespace, name } = old.metadata;
      await client.patch(ENDPOINT_SLICES, { namespace, name, patch: { type: 'merge', body: { endpoints: [] } } });
    }
  }

  async function syncEndpoints(service: Service, members: Pod[]): Promise<void> {
    const wanted = endpointsOf(service, members);
    const existing = endpoints.get(keyOfObject(service));
    const isSame =
      existing !== undefined &&
      isDeepStrictEqual(existing.subsets ?? [], wanted.subsets) &&
      isDeepStrictEqual(existing.metadata.labels, wanted.metadata.labels);
    if (!isSame && (existing !== undefined || (wanted as Endpoints).subsets?.length !== 0)) {
      await upsert(ENDPOINTS, wanted, existing);
    }
  }

  async function giveAddress(service: Service): Promise<void> {
    const clusterIP = addresses.next();
    const { namespace, name, resourceVersion } = service.metadata;
    const body = { metadata: { resourceVersion }, spec: { clusterIP, clusterIPs: [clusterIP] } };
    await client.patch(SERVICES, { namespace, name, patch: { type: 'merge', body } });
  }

  /** Endpoints carry no owner reference; they go with their Service. */
  async function dropEndpoints(key: string): Promise<void> {
    const { namespace, name } = parseKey(key);
    if (endpoints.get(key)?.metadata.labels?.[ENDPOINTS_MANAGED_BY] !== ENDPOINTS_MANAGER) return;
    await client.delete(ENDPOINTS, { namespace, name }).catch(ignoreNotFound);
  }

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    if (service === undefined) return dropEndpoints(key);
    if (service.metadata.deletionTimestamp !== undefined) return;
    try {
      if (needsClusterIP(service)) await giveAddress(service);
      if (Object.keys(service.spec?.selector ?? {}).length === 0 || service.spec?.type === 'ExternalName') return;
      const members = selected(service);
      await syncSlices(service, members);
      await syncEndpoints(service, members);
    } catch (error) {
      if (isNotFound(error) && services.get(key)?.metadata.uid !== service.metadata.uid) return;
      throw error;
    }
  }

  const controller = controllerFor(context, { name: 'service', reconcile });
  services.onChange((change) => {
    if (change.type === 'deleted') {
      index.delete(change.object);
      addresses.release(change.object);
    } else {
      index.set(change.object);
      addresses.claim(change.object);
    }
    controller.enqueue(keyOfObject(change.object));
  });
  pods.onChange((change) => {
    if (change.type === 'updated' && isDeepStrictEqual(relevant(change.object), relevant(change.old))) return;
    const versions = change.type === 'updated' ? [change.object, change.old] : [change.object];
    for (const pod of versions) for (const key of index.selecting(pod)) controller.enqueue(key);
  });
  slices.onChange((change) => {
    const service = change.object.metadata.labels?.[SERVICE_NAME];
    if (change.type === 'deleted' && service !== undefined) {
      controller.enqueue(`${change.object.metadata.namespace ?? ''}/${service}`);
    }
  });
  return controller;
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
