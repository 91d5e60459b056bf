/** The pod of a DaemonSet on one node, and which nodes it belongs on. Pure. */
import { REVISION_HASH } from '../controller-revisions.ts';
import { matchesNodeSelection, untolerated } from '../node-fit.ts';
import type { NodeObject, Pod, PodSpec, Toleration } from '../objects.ts';
import { podFromTemplate } from '../pod-template.ts';
import type { DaemonSet } from '../workload-objects.ts';

/** Set by API servers on DaemonSets; counts template changes. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** What daemons live through: a node's troubles must not drive away what is to repair them. */
const ALWAYS_TOLERATED = [
  { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
];
const NETWORK = { key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' };

function withTolerations(spec: PodSpec): Toleration[] {
  const added = (spec.hostNetwork === true ? [...ALWAYS_TOLERATED, NETWORK] : ALWAYS_TOLERATED).map(
    ({ key, effect }) => ({ key, operator: 'Exists', effect }),
  );
  const given = (spec.tolerations ?? []).filter(
    ({ key, effect }) => !added.some((one) => one.key === key && one.effect === effect),
  );
  return [...given, ...added];
}

/** Every alternative of the template's own affinity, pinned to the node by name. */
function pinned(spec: PodSpec, node: string): NonNullable<PodSpec['affinity']> {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const { nodeAffinity, ...rest } = spec.affinity ?? {};
  const { requiredDuringSchedulingIgnoredDuringExecution: required, ...preferred } =
    nodeAffinity ?? {};
  const terms = required?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms =
    terms.length === 0 ? [{ matchFields }] : terms.map((term) => ({ ...term, matchFields }));
  return {
    ...rest,
    nodeAffinity: {
      ...preferred,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
}

export function daemonPod(
  set: DaemonSet,
  facts: { node: string; hash: string },
  randomId: () => string,
): Pod {
  const { metadata, spec } = set.spec.template;
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION] ?? '1';
  const labels = {
    ...metadata?.labels,
    [REVISION_HASH]: facts.hash,
    'pod-template-generation': generation,
  };
  const template = {
    metadata: { ...metadata, labels },
    spec: { ...spec, affinity: pinned(spec, facts.node), tolerations: withTolerations(spec) },
  };
  return podFromTemplate(set, template, randomId);
}

/** Whether a pod should be started on the node, and whether one that is there may stay. */
export function placement(
  set: DaemonSet,
  node: NodeObject,
): { shouldRun: boolean; mayStay: boolean } {
  const { spec } = set.spec.template;
  const full = { ...spec, tolerations: withTolerations(spec) };
  const { nodeName = '' } = spec;
  if (nodeName !== '' && nodeName !== node.metadata.name)
    return { shouldRun: false, mayStay: false };
  if (!matchesNodeSelection(full, node)) return { shouldRun: false, mayStay: false };
  if (untolerated(full, node, ['NoExecute', 'NoSchedule']).length === 0)
    return { shouldRun: true, mayStay: true };
  return { shouldRun: false, mayStay: untolerated(full, node, ['NoExecute']).length === 0 };
}
