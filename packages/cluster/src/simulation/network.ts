/** What a connection from a pod would meet: names, Services, endpoints, network policies, listening ports. Pure. */
import type {
  EndpointSlice,
  LabelSelector,
  Namespace,
  Pod,
  Service,
} from '../workloads/objects.ts';
import { matchesSelector } from '../workloads/selectors.ts';

interface PolicyPeer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string };
}

interface PolicyRule {
  from?: PolicyPeer[];
  to?: PolicyPeer[];
  ports?: { port?: number | string; protocol?: string; endPort?: number }[];
}

export interface NetworkPolicy {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec: {
    podSelector?: LabelSelector;
    policyTypes?: string[];
    ingress?: PolicyRule[];
    egress?: PolicyRule[];
  };
}

/** The objects a connection depends on. */
export interface NetworkView {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): EndpointSlice[];
  pod(namespace: string, name: string): Pod | undefined;
  namespace(name: string): Namespace | undefined;
  policies(namespace: string): NetworkPolicy[];
  /** The Service or pod that has an address of the cluster. */
  at(ip: string): { service?: Service | undefined; pod?: Pod | undefined };
  /** Whether something in the pod listens on the port now. */
  listens(pod: Pod, port: number): boolean;
}

/** `undefined` when the connection is made, else the error a Go or Node program would print. */
export type Connection = string | undefined;

/** Who answered, or the error a Go or Node program would print. */
export type Reached = { pod: Pod; port: number } | { error: string } | 'outside';

const DNS_SERVER = '10.96.0.10:53';

/** An empty selector selects everything here, unlike that of a workload. */
function selects(
  selector: LabelSelector | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  if (selector === undefined) return false;
  const size =
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length;
  return size === 0 || matchesSelector(selector, labels);
}

interface Traffic {
  view: NetworkView;
  /** The pod at the other end. */
  peer: Pod;
  port: number;
  /** The pod that is connected to: named ports are its. */
  target: Pod;
  policyNamespace: string;
}

function isPeer(peer: PolicyPeer, traffic: Traffic): boolean {
  if (peer.ipBlock !== undefined) return false;
  const namespace = traffic.peer.metadata.namespace ?? '';
  if (peer.namespaceSelector === undefined) {
    if (namespace !== traffic.policyNamespace) return false;
  } else {
    const labels = traffic.view.namespace(namespace)?.metadata.labels;
    if (!selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': namespace, ...labels }))
      return false;
  }
  return peer.podSelector === undefined || selects(peer.podSelector, traffic.peer.metadata.labels);
}

function allows(rule: PolicyRule, peers: PolicyPeer[] | undefined, traffic: Traffic): boolean {
  const isOpen = (peers ?? []).length === 0 || peers!.some((peer) => isPeer(peer, traffic));
  if (!isOpen) return false;
  if ((rule.ports ?? []).length === 0) return true;
  return rule.ports!.some(({ port, endPort }) => {
    if (port === undefined) return true;
    const number = portNumber(traffic.target, port);
    if (number === undefined) return false;
    return endPort === undefined
      ? traffic.port === number
      : traffic.port >= number && traffic.port <= endPort;
  });
}

function isAllowed(direction: 'Ingress' | 'Egress', subject: Pod, traffic: Traffic): boolean {
  const policies = traffic.view.policies(traffic.policyNamespace).filter(({ spec }) => {
    const types = spec.policyTypes ?? ['Ingress'];
    return types.includes(direction) && selects(spec.podSelector ?? {}, subject.metadata.labels);
  });
  if (policies.length === 0) return true;
  return policies.some(({ spec }) =>
    direction === 'Ingress'
      ? (spec.ingress ?? []).some((rule) => allows(rule, rule.from, traffic))
      : (spec.egress ?? []).some((rule) => allows(rule, rule.to, traffic)),
  );
}

/** Number of a named or numbered port of the pod. */
export function portNumber(pod: Pod, port: number | string): number | undefined {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  return pod.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === port)
    ?.containerPort;
}

/** The Service that a name means for a pod; undefined when the name cannot be one. */
export function serviceNamed(
  host: string,
  from: Pod,
): { namespace: string; name: string } | undefined {
  const labels = host
    .replace(/\.$/, '')
    .replace(/\.svc(\.cluster\.local)?$/, '')
    .split('.');
  if (labels.length === 1) return { namespace: from.metadata.namespace ?? '', name: labels[0]! };
  return labels.length === 2 ? { namespace: labels[1]!, name: labels[0]! } : undefined;
}

/** Tries a TCP connection from the pod to `host:port`. */
export function connectFrom(view: NetworkView, from: Pod, address: string): Connection {
  const reached = reachFrom(view, from, address);
  return reached !== 'outside' && 'error' in reached ? reached.error : undefined;
}

/** As `connectFrom`, with the pod that answers; `outside` when the name leads out of the cluster. */
export function reachFrom(view: NetworkView, from: Pod, address: string): Reached {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const port = Number(address.slice(colon + 1));
  const ip = isIPv4(host) ? view.at(host) : {};
  if (ip.pod !== undefined) return knock(view, from, { pod: ip.pod, port, shown: address });
  if (isIPv4(host) && ip.service === undefined)
    return { error: `dial tcp ${address}: connect: no route to host` };
  const target = ip.service === undefined ? serviceNamed(host, from) : ip.service.metadata;
  const { namespace = '', name = '' } = target ?? {};
  const service = target && view.service(namespace, name);
  if (service === undefined)
    return { error: `dial tcp: lookup ${host} on ${DNS_SERVER}: no such host` };
  const spec = service.spec ?? {};
  if (spec.type === 'ExternalName') return 'outside';
  const isHeadless = spec.clusterIP === 'None';
  const given = spec.ports?.find((candidate) => candidate.port === port);
  const shown = `${isHeadless ? host : (spec.clusterIP ?? host)}:${port}`;
  if (given === undefined && !isHeadless) return { error: `dial tcp ${shown}: i/o timeout` };
  const ends = view.slices(namespace, name).flatMap((slice) => {
    const slicePort = slice.ports?.find(({ name: own = '' }) => own === (given?.name ?? ''));
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .map((endpoint) => ({ pod: endpoint.targetRef?.name, port: slicePort?.port ?? port }));
  });
  if (ends.length === 0) {
    return {
      error: isHeadless
        ? `dial tcp: lookup ${host} on ${DNS_SERVER}: no such host`
        : `dial tcp ${shown}: connect: connection refused`,
    };
  }
  let reached: Reached = 'outside';
  for (const end of ends) {
    const pod = end.pod === undefined ? undefined : view.pod(namespace, end.pod);
    if (pod === undefined) continue;
    reached = knock(view, from, { pod, port: end.port, shown });
    if ('pod' in reached) return reached;
  }
  return reached;
}

function isIPv4(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** Whether policies and the pod let the connection in. `shown`: what the client dialled. */
function knock(
  view: NetworkView,
  from: Pod,
  { pod, port, shown }: { pod: Pod; port: number; shown: string },
): { pod: Pod; port: number } | { error: string } {
  const [source = '', goal = ''] = [from.metadata.namespace, pod.metadata.namespace];
  const towards = { view, port, target: pod };
  const isOpen =
    isAllowed('Egress', from, { ...towards, peer: pod, policyNamespace: source }) &&
    isAllowed('Ingress', pod, { ...towards, peer: from, policyNamespace: goal });
  if (!isOpen) return { error: `dial tcp ${shown}: i/o timeout` };
  if (view.listens(pod, port)) return { pod, port };
  return { error: `dial tcp ${shown}: connect: connection refused` };
}
