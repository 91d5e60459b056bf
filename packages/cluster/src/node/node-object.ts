/** The Node object of this machine and the lease that shows it is alive. */
import { arch, cpus, release, totalmem } from 'node:os';

import { isAlreadyExists, isNotFound } from '@kagent/kube';
import type { Clock, KubeClient, Logger } from '@kagent/kube';

import { LEASES, NAMESPACES, NODES } from '../workloads/objects.ts';
import type { Lease, NodeObject } from '../workloads/objects.ts';
import { microTimeText, timeText } from '../workloads/time-text.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const HEARTBEAT_MS = 10_000;
const MAX_PODS = 10_000;

export interface NodeObjectOptions {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  nodeName: string;
  hostIP: string;
}

function architecture(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  return names[arch()] ?? arch();
}

/** Labels that pods select nodes by. The system is `linux` everywhere: images are written for it. */
export function nodeLabels(nodeName: string): Record<string, string> {
  return {
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture(),
    'node-role.kubernetes.io/control-plane': '',
  };
}

/** Cores and bytes. */
export function nodeCapacity(): { cpu: number; memory: number } {
  return { cpu: Math.max(1, cpus().length), memory: totalmem() };
}

function nodeStatus(options: NodeObjectOptions): Record<string, unknown> {
  const { cpu, memory } = nodeCapacity();
  const now = timeText(options.clock.now());
  const resources = {
    cpu: String(cpu),
    memory: `${Math.floor(memory / 1024)}Ki`,
    pods: String(MAX_PODS),
  };
  const condition = (
    type: string,
    status: string,
    why: { reason: string; message: string },
  ): unknown => ({
    type,
    status,
    ...why,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    addresses: [
      { type: 'InternalIP', address: options.hostIP },
      { type: 'Hostname', address: options.nodeName },
    ],
    capacity: resources,
    allocatable: resources,
    conditions: [
      condition('MemoryPressure', 'False', {
        reason: 'KubeletHasSufficientMemory',
        message: 'kubelet has sufficient memory available',
      }),
      condition('DiskPressure', 'False', {
        reason: 'KubeletHasNoDiskPressure',
        message: 'kubelet has no disk pressure',
      }),
      condition('PIDPressure', 'False', {
        reason: 'KubeletHasSufficientPID',
        message: 'kubelet has sufficient PID available',
      }),
      condition('Ready', 'True', {
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
      }),
    ],
    nodeInfo: {
      architecture: architecture(),
      operatingSystem: 'linux',
      osImage: 'kagent embedded node',
      kernelVersion: release(),
      containerRuntimeVersion: `kagent://${process.versions.node}`,
      kubeletVersion: 'v1.35.0',
      kubeProxyVersion: '',
      machineID: '',
      systemUUID: '',
      bootID: '',
    },
  };
}

/** Creates the Node, or brings an old one up to date; its status says Ready. */
export async function registerNode(options: NodeObjectOptions): Promise<void> {
  const { client, nodeName } = options;
  const node: NodeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels: nodeLabels(nodeName) },
    spec: {},
  };
  try {
    await client.create(NODES, node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const body = { metadata: { labels: nodeLabels(nodeName) } };
    await client.patch(NODES, { name: nodeName, patch: { type: 'merge', body } });
  }
  const body = { status: nodeStatus(options) };
  await client.patch(
    NODES,
    { name: nodeName, patch: { type: 'merge', body } },
    { subresource: 'status' },
  );
}

async function renew(options: NodeObjectOptions): Promise<void> {
  const { client, clock, nodeName } = options;
  const spec = {
    holderIdentity: nodeName,
    leaseDurationSeconds: LEASE_SECONDS,
    renewTime: microTimeText(clock.now()),
  };
  const key = { namespace: LEASE_NAMESPACE, name: nodeName };
  try {
    await client.patch(LEASES, { ...key, patch: { type: 'merge', body: { spec } } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: key,
      spec,
    };
    await client.create(LEASES, lease);
  }
}

/** After a time in which the lease could not be renewed the node counts as unreachable until it says something. */
async function reportAgain(options: NodeObjectOptions): Promise<void> {
  const { client, nodeName: name } = options;
  const node = await client.find(NODES, { name });
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'Unknown') return;
  const patch = { type: 'merge', body: { status: nodeStatus(options) } } as const;
  await client.patch(NODES, { name, patch }, { subresource: 'status' });
}

async function ensureNamespace(client: KubeClient): Promise<void> {
  if ((await client.find(NAMESPACES, { name: LEASE_NAMESPACE })) !== undefined) return;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LEASE_NAMESPACE } };
  await client.create(NAMESPACES, namespace).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

/** Renews the lease every 10 s until the signal aborts. Never rejects. */
export async function heartbeat(options: NodeObjectOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await ensureNamespace(options.client);
      await renew(options);
      await reportAgain(options);
    } catch (error) {
      if (!signal.aborted)
        options.logger.warn({ error: String(error) }, 'the node lease could not be renewed');
    }
    await options.clock.sleep(HEARTBEAT_MS, signal).catch(() => {});
  }
}
