/** Node objects of a scenario: what a kubelet registers and reports. Pure but for the calls of the client. */
import { isAlreadyExists } from '@kagent/kube';
import type { KubeClient } from '@kagent/kube';

import { canonicalQuantity } from '../builtin/quantity.ts';
import { LEASES, NODES } from '../workloads/objects.ts';
import type { Condition, NodeObject, Taint } from '../workloads/objects.ts';
import { microTimeText, timeText } from '../workloads/time-text.ts';
import { hashText } from './fill.ts';
import type { SimulatedNode } from './scenario.ts';

const DEFAULT_CAPACITY = {
  cpu: '4',
  memory: '16Gi',
  pods: '110',
  'ephemeral-storage': '40Gi',
} as const;

const UNREACHABLE: readonly Taint[] = [
  { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
];
const DISK_PRESSURE: Taint = { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' };

/** Stable for a name, so that it survives restarts. */
export function nodeAddress(name: string): string {
  const given = /^ip-(\d+)-(\d+)-(\d+)-(\d+)\b/.exec(name);
  if (given !== null) return given.slice(1).join('.');
  const hash = hashText(name);
  return `10.0.${32 + (hash % 8)}.${10 + ((hash >>> 8) % 240)}`;
}

/** First three numbers of the addresses of the node's pods. */
export function podNetwork(name: string): string {
  return `10.244.${1 + (hashText(name) % 250)}`;
}

const ZONES = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] as const;

/** Three ordinary nodes, for a scenario that is not about nodes. The names follow from its own. */
export function defaultNodes(scenario: string): SimulatedNode[] {
  return ZONES.map((zone, index) => {
    const hash = hashText(`${scenario}/${index}`);
    return {
      name: `ip-10-0-${32 + index * 32 + (hash % 32)}-${10 + ((hash >>> 8) % 240)}.eu-central-1.compute.internal`,
      labels: {
        'node.kubernetes.io/instance-type': 'm7i.xlarge',
        'topology.kubernetes.io/region': 'eu-central-1',
        'topology.kubernetes.io/zone': zone,
      },
    };
  });
}

interface Health {
  isSilent: boolean;
  hasDiskPressure: boolean;
}

function conditions(now: number, { isSilent, hasDiskPressure }: Health): Condition[] {
  const time = timeText(now);
  const silent = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  const one = (
    type: string,
    status: 'True' | 'False',
    why: { reason: string; message: string },
  ): Condition & { lastHeartbeatTime: string } => ({
    type,
    status: isSilent ? 'Unknown' : status,
    ...(isSilent ? silent : why),
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  return [
    one('MemoryPressure', 'False', {
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
    }),
    one('DiskPressure', hasDiskPressure ? 'True' : 'False', {
      reason: hasDiskPressure ? 'KubeletHasDiskPressure' : 'KubeletHasNoDiskPressure',
      message: hasDiskPressure ? 'kubelet has disk pressure' : 'kubelet has no disk pressure',
    }),
    one('PIDPressure', 'False', {
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    }),
    one('Ready', 'True', { reason: 'KubeletReady', message: 'kubelet is posting ready status' }),
  ];
}

function status(node: SimulatedNode, now: number): Record<string, unknown> {
  const capacity: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...DEFAULT_CAPACITY, ...node.capacity })) {
    capacity[name] = canonicalQuantity(value) ?? String(value);
  }
  const id = hashText(node.name).toString(16).padStart(8, '0');
  return {
    addresses: [
      { type: 'InternalIP', address: nodeAddress(node.name) },
      { type: 'Hostname', address: node.name },
    ],
    capacity,
    allocatable: capacity,
    conditions: conditions(now, { isSilent: false, hasDiskPressure: false }),
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      osImage: 'Ubuntu 24.04.3 LTS',
      kernelVersion: '6.8.0-1036-aws',
      containerRuntimeVersion: 'containerd://2.1.4',
      kubeletVersion: 'v1.35.0',
      kubeProxyVersion: '',
      machineID: id.repeat(4),
      systemUUID: `${id}-4f1c-4c7a-9d51-${id}a1b2`,
      bootID: `${id}-77d0-4d0b-8d6e-${id}c3d4`,
    },
  };
}

/** Creates the Node as its kubelet would; one that is there already is left as it is. */
export async function registerSimulatedNode(
  client: KubeClient,
  node: SimulatedNode,
  now: number,
): Promise<void> {
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': 'linux',
    ...node.labels,
  };
  const spec = {
    podCIDR: `${podNetwork(node.name)}.0/24`,
    podCIDRs: [`${podNetwork(node.name)}.0/24`],
    ...(node.taints === undefined ? {} : { taints: node.taints }),
    ...(node.unschedulable === true ? { unschedulable: true } : {}),
  };
  const object: NodeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels },
    spec,
  };
  try {
    await client.create(NODES, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return;
  }
  await client.patch(
    NODES,
    { name: node.name, patch: { type: 'merge', body: { status: status(node, now) } } },
    { subresource: 'status' },
  );
  await renewSimulatedLease(client, node.name, now);
}

/** Writes what the node's health is, with the taints that follow from it. */
export async function reportHealth(
  client: KubeClient,
  node: NodeObject,
  { now, ...health }: Health & { now: number },
): Promise<void> {
  const { name } = node.metadata;
  const ours = new Set([...UNREACHABLE, DISK_PRESSURE].map(({ key }) => key));
  const taints = [
    ...(node.spec?.taints ?? []).filter(({ key }) => !ours.has(key)),
    ...(health.isSilent ? UNREACHABLE : []),
    ...(health.hasDiskPressure ? [DISK_PRESSURE] : []),
  ];
  const body = { status: { conditions: conditions(now, health) } };
  await client.patch(NODES, { name, patch: { type: 'merge', body } }, { subresource: 'status' });
  await client.patch(NODES, { name, patch: { type: 'merge', body: { spec: { taints } } } });
}

/** The heartbeat of a node. */
export async function renewSimulatedLease(
  client: KubeClient,
  name: string,
  now: number,
): Promise<void> {
  await client.apply(
    LEASES,
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'kube-node-lease', name },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTimeText(now) },
    },
    { fieldManager: 'kubelet', force: true },
  );
}
