/** Why a node cannot take a pod: the filters of kube-scheduler's default plugins, with their words. Pure. */
import { matchesNodeSelection, tolerates, untolerated } from '../../workloads/node-fit.ts';
import type { LabelSelector, Pod } from '../../workloads/objects.ts';
import { matchesSelector } from '../../workloads/selectors.ts';
import { allocatable, podRequests, requested } from './node-state.ts';
import type { NodeState } from './node-state.ts';

/** `isFinal`: evicting pods from the node would not help. */
export interface Misfit {
  reasons: string[];
  isFinal: boolean;
}

interface AffinityTerm {
  labelSelector?: LabelSelector;
  namespaces?: string[];
  namespaceSelector?: LabelSelector;
  topologyKey: string;
}

interface SpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: string;
  labelSelector?: LabelSelector;
}

function final(reason: string): Misfit {
  return { reasons: [reason], isFinal: true };
}

function passing(reason: string): Misfit {
  return { reasons: [reason], isFinal: false };
}

function nodeAffinity(pod: Pod, { node }: NodeState): Misfit | undefined {
  return matchesNodeSelection(pod.spec, node)
    ? undefined
    : final("node(s) didn't match Pod's node affinity/selector");
}

function unschedulable(pod: Pod, { node }: NodeState): Misfit | undefined {
  if (node.spec?.unschedulable !== true) return undefined;
  const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  return tolerates(pod.spec.tolerations ?? [], taint)
    ? undefined
    : final('node(s) were unschedulable');
}

function taints(pod: Pod, { node }: NodeState): Misfit | undefined {
  return untolerated(pod.spec, node, ['NoSchedule', 'NoExecute']).length === 0
    ? undefined
    : final('node(s) had untolerated taint(s)');
}

interface HostPort {
  hostPort?: number;
  hostIP?: string;
  protocol?: string;
}

const ANY_ADDRESS = '0.0.0.0';

/** By protocol and number, e.g. `TCP/80`, with the addresses of the machine. */
function hostPorts(pod: Pod): { port: string; ip: string }[] {
  return [
    ...(pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always'),
    ...pod.spec.containers,
  ]
    .flatMap(({ ports = [] }) => ports as HostPort[])
    .flatMap(({ hostPort = 0, hostIP = ANY_ADDRESS, protocol = 'TCP' }) =>
      hostPort > 0 ? [{ port: `${protocol}/${hostPort}`, ip: hostIP || ANY_ADDRESS }] : [],
    );
}

/** Whether the pod wants a port of the machine that another one has there. */
export function wantsTakenPort(pod: Pod, others: () => Iterable<Pod>): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = [...others()].flatMap(hostPorts);
  return wanted.some(({ port, ip }) =>
    taken.some(
      (other) => other.port === port && (other.ip === ip || [ip, other.ip].includes(ANY_ADDRESS)),
    ),
  );
}

export const NO_FREE_PORT = "node(s) didn't have free ports for the requested pod ports";

function ports(pod: Pod, state: NodeState): Misfit | undefined {
  return wantsTakenPort(pod, () => state.pods) ? passing(NO_FREE_PORT) : undefined;
}

function resources(pod: Pod, state: NodeState): Misfit | undefined {
  if (state.isEmbedded) return undefined;
  const total = allocatable(state.node);
  const used = requested(state);
  const reasons: string[] = [];
  let isFinal = false;
  if (state.pods.length + 1 > (total['pods'] ?? Number.POSITIVE_INFINITY))
    reasons.push('Too many pods');
  for (const [name, value] of Object.entries(podRequests(pod))) {
    const room = (total[name] ?? 0) - (used[name] ?? 0);
    if (value === 0 || value <= room + 1e-9) continue;
    reasons.push(`Insufficient ${name}`);
    if (value > (total[name] ?? 0) + 1e-9) isFinal = true;
  }
  return reasons.length === 0 ? undefined : { reasons, isFinal };
}

function termSelects(term: AffinityTerm, owner: Pod, candidate: Pod): boolean {
  const namespaces = term.namespaces ?? [];
  const namespace = candidate.metadata.namespace ?? '';
  const isNear =
    term.namespaceSelector !== undefined ||
    (namespaces.length === 0
      ? namespace === owner.metadata.namespace
      : namespaces.includes(namespace));
  return isNear && matchesSelector(term.labelSelector, candidate.metadata.labels);
}

function requiredTerms(affinity: Record<string, unknown> | undefined): AffinityTerm[] {
  const terms = affinity?.['requiredDuringSchedulingIgnoredDuringExecution'];
  return Array.isArray(terms) ? (terms as AffinityTerm[]) : [];
}

function sameDomain(key: string, a: NodeState, b: NodeState): boolean {
  const value = a.node.metadata.labels?.[key];
  return value !== undefined && value === b.node.metadata.labels?.[key];
}

function podAffinity(pod: Pod, state: NodeState, all: readonly NodeState[]): Misfit | undefined {
  for (const term of requiredTerms(pod.spec.affinity?.podAffinity)) {
    const found = all.filter(({ pods }) => pods.some((one) => termSelects(term, pod, one)));
    const isFirst = found.length === 0 && termSelects(term, pod, pod);
    const hasKey = state.node.metadata.labels?.[term.topologyKey] !== undefined;
    if (hasKey && (isFirst || found.some((one) => sameDomain(term.topologyKey, state, one))))
      continue;
    return final("node(s) didn't match pod affinity rules");
  }
  for (const term of requiredTerms(pod.spec.affinity?.podAntiAffinity)) {
    const isNear = all.some(
      (one) =>
        sameDomain(term.topologyKey, state, one) &&
        one.pods.some((other) => termSelects(term, pod, other)),
    );
    if (isNear) return passing("node(s) didn't match pod anti-affinity rules");
  }
  for (const one of all) {
    for (const other of one.pods) {
      const isRefused = requiredTerms(other.spec.affinity?.podAntiAffinity).some(
        (term) => termSelects(term, other, pod) && sameDomain(term.topologyKey, state, one),
      );
      if (isRefused) return passing("node(s) didn't satisfy existing pods anti-affinity rules");
    }
  }
  return undefined;
}

function spread(pod: Pod, state: NodeState, all: readonly NodeState[]): Misfit | undefined {
  const { topologySpreadConstraints = [] } = pod.spec as {
    topologySpreadConstraints?: SpreadConstraint[];
  };
  for (const constraint of topologySpreadConstraints) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue;
    const { topologyKey: key } = constraint;
    const domain = state.node.metadata.labels?.[key];
    const text = "node(s) didn't match pod topology spread constraints";
    if (domain === undefined) return final(`${text} (missing required label)`);
    const counts = new Map<string, number>();
    for (const one of all) {
      const name = one.node.metadata.labels?.[key];
      if (name === undefined || nodeAffinity(pod, one) !== undefined) continue;
      const here = one.pods.filter(
        (other) =>
          other.metadata.namespace === pod.metadata.namespace &&
          other.metadata.deletionTimestamp === undefined &&
          matchesSelector(constraint.labelSelector, other.metadata.labels),
      ).length;
      counts.set(name, (counts.get(name) ?? 0) + here);
    }
    const self = matchesSelector(constraint.labelSelector, pod.metadata.labels) ? 1 : 0;
    const least = Math.min(...counts.values());
    if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew) return passing(text);
  }
  return undefined;
}

/** The first filter that refuses, in the order of kube-scheduler; undefined when the node fits. */
export function misfit(pod: Pod, state: NodeState, all: readonly NodeState[]): Misfit | undefined {
  return (
    unschedulable(pod, state) ??
    taints(pod, state) ??
    nodeAffinity(pod, state) ??
    ports(pod, state) ??
    resources(pod, state) ??
    spread(pod, state, all) ??
    podAffinity(pod, state, all)
  );
}
