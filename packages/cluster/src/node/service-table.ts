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
  const name = host.toLowerCase().replace(/\.$/, '').replace(/(\.svc|\.svc\.cluster\.local)$/, '');
  const labels = name.split('.');
  if (labels.length === 1) return namespace === undefined ? undefined : `${namespace}/${labels[0]}`;
  return labels.length === 2 ? `${labels[1]}/${labels[0]}` : undefined;
}

function clusterIPOf(service: Service): string | undefined {
  const ip = service.spec?.clusterIP;
  return ip === undefined || ip === '' || ip === 'None' ? undefined : ip;
}

/** Whether the endpoints of this slice serve the Service's port, and on which port of theirs. */
function slicePort(slice: EndpointSlice, port: ServicePort): number | undefined {
  return slice.ports?.find((candidate) => (candidate.name ?? '') === (port.name ?? ''))?.port;
}

export function createServiceTable(addresses: Pick<PodAddresses, 'route'>): ServiceTable {
  const services = new Map<string, Service>();
  const keyByIP = new Map<string, string>();
  const slices = new Map<string, Map<string, EndpointSlice>>();
  let turn = 0;

  function sliceOwner(slice: EndpointSlice): string | undefined {
    const service = slice.metadata.labels?.[SERVICE_NAME];
    return service === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${service}`;
  }

  function forgetIP(key: string): void {
    const old = services.get(key);
    const ip = old === undefined ? undefined : clusterIPOf(old);
    if (ip !== undefined && keyByIP.get(ip) === key) keyByIP.delete(ip);
  }

  function endpoints(key: string, port: ServicePort): HostPort[] {
    const found: HostPort[] = [];
    for (const slice of slices.get(key)?.values() ?? []) {
      const target = slicePort(slice, port);
      if (target === undefined) continue;
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false) continue;
        for (const host of endpoint.addresses) found.push({ host, port: target });
      }
    }
    return found;
  }

  function toService(key: string, portNumber: number): HostPort | undefined {
    const service = services.get(key);
    if (service?.spec === undefined) return undefined;
    if (service.spec.type === 'ExternalName') return { host: service.spec.externalName ?? '', port: portNumber };
    const isHeadless = service.spec.clusterIP === 'None';
    const port = service.spec.ports?.find((candidate) => candidate.port === portNumber);
    if (port === undefined && !isHeadless) return NOWHERE;
    const ready = endpoints(key, port ?? service.spec.ports?.[0] ?? { port: portNumber });
    if (ready.length === 0) return NOWHERE;
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    const chosen = ready[turn % ready.length]!;
    const target = port === undefined ? portNumber : chosen.port;
    return addresses.route(chosen.host, target) ?? { host: chosen.host, port: target };
  }

  return {
    setService(service) {
      const key = keyOfObject(service);
      forgetIP(key);
      services.set(key, service);
      const ip = clusterIPOf(service);
      if (ip !== undefined) keyByIP.set(ip, key);
    },
    deleteService(service) {
      const key = keyOfObject(service);
      forgetIP(key);
      services.delete(key);
    },
    setSlice(slice) {
      const owner = sliceOwner(slice);
      if (owner === undefined) return;
      const known = slices.get(owner) ?? new Map<string, EndpointSlice>();
      known.set(slice.metadata.name, slice);
      slices.set(owner, known);
    },
    deleteSlice(slice) {
      const owner = sliceOwner(slice);
      const known = owner === undefined ? undefined : slices.get(owner);
      known?.delete(slice.metadata.name);
      if (owner !== undefined && known?.size === 0) slices.delete(owner);
    },
    resolve(host, port, namespace) {
      const byIP = keyByIP.get(host);
      if (byIP !== undefined) return toService(byIP, port);
      const pod = addresses.route(host, port);
      if (pod !== undefined) return pod;
      const key = serviceKey(host, namespace);
      return key === undefined ? undefined : toService(key, port);
    },
  };
}
