/**
 * Cluster DNS and Service routing in one lookup: from a host name (or a cluster IP, or a pod IP) and a port to the
 * address a connection must really go to. Kept up to date by events; a lookup scans nothing.
 */
import { keyOfObject } from '@kagent/kube';

import type { EndpointSlice, Service, ServicePort } from '../workloads/objects.ts';
import type { HostPort, PodAddresses } from './addresses.ts';

/** Nobody listens here: a connection is refused at once, as kube-proxy does for a Service without endpoints. */
const NOWHERE: HostPort = { host: '127.0.0.1', port: 1 };
const SERVICE_NAME = 'kubernetes.io/service-name';

export interface ServiceTable {
  setService(service: Service): void;
  deleteService(service: Service): void;
  setSlice(slice: EndpointSlice): void;
  deleteSlice(slice: EndpointSlice): void;
  /**
   * - `name.namespace`, with or without `.svc` and `.svc.cluster.local`; `name` alone needs `namespace`.
   * - A Service's port goes to one of its ready endpoints in turn; without one, to an address that refuses.
   * - A pod's address is answered as it is (or as it is mapped on this machine).
   * - `undefined`: not a name or address of this cluster.
   */
  resolve(host: string, port: number, namespace?: string): HostPort | undefined;
}

function serviceKey(host: string, namespace: string | undefined): string | undefined {
  const name = host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/(\.svc|\.svc\.cluster\.local)$/, '');
  const labels = name.split('.');
  if (labels.length === 1) return namespace === undefined ? undefined : `${namespace}/${labels[0]}`;
  return labels.length === 2 ? `${labels[1]}/${labels[0]}` : undefined;
}

function clusterIPOf(service: Service): string | undefined {
  const ip = service.spec?.clusterIP;
  return ip === undefined || ip === '' || ip === 'None' ? undefined : ip;
}

function sliceOwner(slice: EndpointSlice): string | undefined {
  const service = slice.metadata.labels?.[SERVICE_NAME];
  return service === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${service}`;
}

/** Whether the endpoints of this slice serve the Service's port, and on which port of theirs. */
function slicePort(slice: EndpointSlice, port: ServicePort): number | undefined {
  return slice.ports?.find((candidate) => (candidate.name ?? '') === (port.name ?? ''))?.port;
}

class IndexedServiceTable implements ServiceTable {
  readonly #addresses: Pick<PodAddresses, 'route'>;
  readonly #services = new Map<string, Service>();
  readonly #keyByIP = new Map<string, string>();
  /** By the key of the Service, then by name. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  #turn = 0;

  constructor(addresses: Pick<PodAddresses, 'route'>) {
    this.#addresses = addresses;
  }

  setService(service: Service): void {
    const key = keyOfObject(service);
    this.#forgetIP(key);
    this.#services.set(key, service);
    const ip = clusterIPOf(service);
    if (ip !== undefined) this.#keyByIP.set(ip, key);
  }

  deleteService(service: Service): void {
    const key = keyOfObject(service);
    this.#forgetIP(key);
    this.#services.delete(key);
  }

  setSlice(slice: EndpointSlice): void {
    const owner = sliceOwner(slice);
    if (owner === undefined) return;
    const known = this.#slices.get(owner) ?? new Map<string, EndpointSlice>();
    known.set(slice.metadata.name, slice);
    this.#slices.set(owner, known);
  }

  deleteSlice(slice: EndpointSlice): void {
    const owner = sliceOwner(slice);
    if (owner === undefined) return;
    const known = this.#slices.get(owner);
    known?.delete(slice.metadata.name);
    if (known?.size === 0) this.#slices.delete(owner);
  }

  resolve(host: string, port: number, namespace?: string): HostPort | undefined {
    const byIP = this.#keyByIP.get(host);
    if (byIP !== undefined) return this.#toService(byIP, port);
    const pod = this.#addresses.route(host, port);
    if (pod !== undefined) return pod;
    const key = serviceKey(host, namespace);
    return key === undefined ? undefined : this.#toService(key, port);
  }

  #forgetIP(key: string): void {
    const old = this.#services.get(key);
    const ip = old === undefined ? undefined : clusterIPOf(old);
    if (ip !== undefined && this.#keyByIP.get(ip) === key) this.#keyByIP.delete(ip);
  }

  #endpoints(key: string, port: ServicePort): HostPort[] {
    const found: HostPort[] = [];
    for (const slice of this.#slices.get(key)?.values() ?? []) {
      const target = slicePort(slice, port);
      if (target === undefined) continue;
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false) continue;
        for (const host of endpoint.addresses) found.push({ host, port: target });
      }
    }
    return found;
  }

  #toService(key: string, portNumber: number): HostPort | undefined {
    const spec = this.#services.get(key)?.spec;
    if (spec === undefined) return undefined;
    if (spec.type === 'ExternalName') return { host: spec.externalName ?? '', port: portNumber };
    const port = spec.ports?.find((candidate) => candidate.port === portNumber);
    if (port === undefined && spec.clusterIP !== 'None') return NOWHERE;
    const ready = this.#endpoints(key, port ?? spec.ports?.[0] ?? { port: portNumber });
    if (ready.length === 0) return NOWHERE;
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const chosen = ready[this.#turn % ready.length]!;
    const target = port === undefined ? portNumber : chosen.port;
    return this.#addresses.route(chosen.host, target) ?? { host: chosen.host, port: target };
  }
}

export function createServiceTable(addresses: Pick<PodAddresses, 'route'>): ServiceTable {
  return new IndexedServiceTable(addresses);
}
