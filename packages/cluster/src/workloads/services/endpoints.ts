/** The endpoints of a Service from the pods it selects, as EndpointSlices and as the older Endpoints. Pure. */
import { hashName } from '../names.ts';
import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
  Pod,
  Service,
  ServicePort,
} from '../objects.ts';
import type { Endpoints, EndpointsAddress } from './endpoints-object.ts';
import { controllerReference } from '../owners.ts';
import { isPodReady } from '../pods.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
export const ENDPOINTS_MANAGER = 'endpoint-controller';
export const MANAGER = 'endpointslice-controller.k8s.io';

function portOf(pod: Pod, port: ServicePort): EndpointPort | undefined {
  const target = port.targetPort ?? port.port;
  const protocol = port.protocol ?? 'TCP';
  const named = pod.spec.containers
    .flatMap((container) => container.ports ?? [])
    .find((candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol);
  const number =
    typeof target === 'number' ? target : (named?.containerPort ?? (Number(target) || undefined));
  if (number === undefined) return undefined;
  const { appProtocol } = port;
  return {
    name: port.name ?? '',
    port: number,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

function endpointOf(pod: Pod, service: Service): Endpoint {
  const isTerminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isPodReady(pod);
  const { hostname, subdomain } = pod.spec;
  const { namespace, name, uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !isTerminating),
      serving,
      terminating: isTerminating,
    },
    ...(hostname === undefined || subdomain !== service.metadata.name ? {} : { hostname }),
    nodeName: pod.spec.nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function headlessLabel(service: Service): Record<string, string> {
  return service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
}

function isRoutable(pod: Pod): boolean {
  const { phase, podIP } = pod.status ?? {};
  return podIP !== undefined && podIP !== '' && phase !== 'Succeeded' && phase !== 'Failed';
}

interface PortGroup {
  ports: EndpointPort[];
  pods: Pod[];
}

function groupByPorts(service: Service, pods: Pod[]): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const pod of pods.filter(isRoutable)) {
    const ports = (service.spec?.ports ?? [])
      .map((port) => portOf(pod, port))
      .filter((port) => port !== undefined);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function byName(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** `--max-endpoints-per-slice` */
const MAX_ENDPOINTS = 100;

/** Oldest first, so that a new pod changes the last part and leaves the others alone. */
function parts(pods: Pod[]): Pod[][] {
  const age = ({ metadata }: Pod): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  const ordered =
    pods.length > MAX_ENDPOINTS ? pods.toSorted((a, b) => (age(a) < age(b) ? -1 : 1)) : pods;
  const found: Pod[][] = [];
  for (let start = 0; start === 0 || start < ordered.length; start += MAX_ENDPOINTS)
    found.push(ordered.slice(start, start + MAX_ENDPOINTS));
  return found;
}

/**
 * Slices the Service should have: for each set of target ports one for every hundred pods; one without endpoints when no
 * pod has an address.
 */
export function endpointSlices(service: Service, pods: Pod[]): EndpointSlice[] {
  const { namespace, name, uid = '' } = service.metadata;
  const groups = groupByPorts(service, pods);
  const split = (groups.length === 0 ? [{ ports: [], pods: [] }] : groups).flatMap((group) =>
    parts(group.pods).map((pods, index) => ({ ports: group.ports, pods, index })),
  );
  return split.map((group): EndpointSlice => {
    const identity = group.index === 0 ? [uid, group.ports] : [uid, group.ports, group.index];
    const suffix = hashName(identity).slice(0, 5);
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${suffix}`,
        generateName: `${name}-`,
        namespace,
        labels: {
          ...service.metadata.labels,
          ...headlessLabel(service),
          [SERVICE_NAME]: name,
          [MANAGED_BY]: MANAGER,
        },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      endpoints: group.pods.toSorted(byName).map((pod) => endpointOf(pod, service)),
      ports: group.ports,
    };
  });
}

interface AddressGroup {
  ports: EndpointPort[];
  pods: Pod[];
}

/** Ports that the same pods serve are one subset (`RepackSubsets`). */
function groupByPods(service: Service, pods: Pod[]): AddressGroup[] {
  const servedBy = new Map<string, { port: EndpointPort; pods: Pod[] }>();
  for (const { ports, pods: members } of groupByPorts(service, pods)) {
    for (const port of ports) {
      const key = JSON.stringify(port);
      const known = servedBy.get(key);
      servedBy.set(key, { port, pods: [...(known?.pods ?? []), ...members] });
    }
  }
  const groups = new Map<string, AddressGroup>();
  for (const { port, pods: members } of servedBy.values()) {
    const sorted = members.toSorted(byName);
    const key = sorted.map(({ metadata }) => metadata.name).join();
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ports: [port], pods: sorted });
    else known.ports.push(port);
  }
  return [...groups.values()];
}

function addressOf(pod: Pod, service: Service): EndpointsAddress {
  const { hostname, subdomain, nodeName } = pod.spec;
  const { namespace, name, uid } = pod.metadata;
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname === undefined || subdomain !== service.metadata.name ? {} : { hostname }),
    nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** The Endpoints object of the Service. Unlike slices it has no terminating pods, unless the Service wants all. */
export function endpointsOf(service: Service, pods: Pod[]): Endpoints {
  const { namespace, name, labels } = service.metadata;
  const wantsAll = service.spec?.publishNotReadyAddresses === true;
  const isPortless = (service.spec?.ports ?? []).length === 0;
  const present = pods.filter(
    ({ metadata }) => wantsAll || metadata.deletionTimestamp === undefined,
  );
  const groups = isPortless
    ? groupByPorts(service, present.toSorted(byName))
    : groupByPods(service, present);
  const subsets = groups.map(({ ports, pods: members }) => {
    const isReady = (pod: Pod): boolean => endpointOf(pod, service).conditions?.ready === true;
    const ready = members.filter(isReady);
    const notReady = members.filter((pod) => !isReady(pod));
    return {
      ...(ready.length === 0 ? {} : { addresses: ready.map((pod) => addressOf(pod, service)) }),
      ...(notReady.length === 0
        ? {}
        : { notReadyAddresses: notReady.map((pod) => addressOf(pod, service)) }),
      ...(isPortless
        ? {}
        : {
            ports: ports.map(({ name: portName, port = 0, protocol, appProtocol }) => ({
              ...(portName === '' ? {} : { name: portName }),
              port,
              protocol,
              ...(appProtocol === undefined ? {} : { appProtocol }),
            })),
          }),
    };
  });
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      labels: {
        ...labels,
        ...headlessLabel(service),
        [ENDPOINTS_MANAGED_BY]: ENDPOINTS_MANAGER,
      },
    },
    subsets,
  };
}

export const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
/** Endpoints that are a lock of an election, not addresses. */
const LEADER = 'control-plane.alpha.kubernetes.io/leader';

/** Slices for Endpoints that somebody keeps by hand: one for each subset, as readers of slices know nothing else. */
export function mirroredSlices(endpoints: Endpoints): EndpointSlice[] {
  const { namespace, name, uid = '', labels = {}, annotations = {} } = endpoints.metadata;
  const isOurs = labels[ENDPOINTS_MANAGED_BY] === ENDPOINTS_MANAGER;
  if (isOurs || labels[SKIP_MIRROR] === 'true' || annotations[LEADER] !== undefined) return [];
  return (endpoints.subsets ?? []).map((subset): EndpointSlice => {
    const endpoint =
      (ready: boolean) =>
      (address: EndpointsAddress): Endpoint => ({
        addresses: [address.ip],
        conditions: { ready },
        ...(address.hostname === undefined ? {} : { hostname: address.hostname }),
        ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
        ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
      });
    const ports = (subset.ports ?? []).map(({ name: port = '', ...rest }) => ({
      ...rest,
      name: port,
      protocol: rest.protocol ?? 'TCP',
    }));
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${hashName([uid, ports]).slice(0, 5)}`,
        generateName: `${name}-`,
        namespace,
        labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MIRROR },
        ownerReferences: [controllerReference(endpoints)],
      },
      addressType: 'IPv4',
      endpoints: [
        ...(subset.addresses ?? []).map(endpoint(true)),
        ...(subset.notReadyAddresses ?? []).map(endpoint(false)),
      ],
      ports,
    };
  });
}
