/** API server and workload controllers without a node: the test says which pods run, or a small kubelet runs them all. */
import { randomUUID } from 'node:crypto';

import { createInformer, isNotFound, isConflict, systemClock } from '@kagent/kube';
import type { Clock, KubeClient, Logger, ResourceType } from '@kagent/kube';
import { expect } from 'vitest';

import type { Storage } from '../../storage/storage.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { EVENTS, NODES, PODS } from '../objects.ts';
import type { NodeObject, Pod } from '../objects.ts';
import { startWorkloads } from '../start-workloads.ts';

export interface TestControllersOptions {
  clock?: Clock;
  storage?: Storage;
  /** Runs every pod that is bound or can be bound: what it returns is the pod's phase. Without it pods stay as they are. */
  run?(pod: Pod): 'Running' | 'Succeeded' | 'Failed' | 'Pending';
  nodes?: string[];
}

export interface TestControllers extends AsyncDisposable {
  api: TestApi;
  client: KubeClient;
  warnings: string[];
  /** Reasons and messages of the events so far, in order. */
  events(): Promise<string[]>;
  pods(): Promise<Pod[]>;
  /** Sets phase and readiness of one pod of the default namespace. */
  setPhase(name: string, phase: string, patch?: Record<string, unknown>): Promise<Pod>;
  /** Ends the controllers and keeps the API server, as when the process dies. */
  halt(): Promise<void>;
}

/** Waits until `read` gives what `check` accepts; fails the test with the last value otherwise. */
export async function until<T>(
  read: () => T | Promise<T>,
  check: (value: T) => boolean,
): Promise<T> {
  let last: T | undefined;
  const attempt = async (): Promise<string> => {
    last = await read();
    const skip = (key: string, value: unknown): unknown =>
      key === 'managedFields' ? undefined : value;
    return check(last) ? 'accepted' : (JSON.stringify(last, skip, 1)?.slice(0, 3000) ?? '');
  };
  await expect.poll(attempt, { interval: 5, timeout: 5000 }).toBe('accepted');
  return last as T;
}

function nodeOf(name: string): NodeObject {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

export function phaseStatus(phase: string, now: number): Record<string, unknown> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const status = phase === 'Running' ? 'True' : 'False';
  return { phase, conditions: [{ type: 'Ready', status, lastTransitionTime: time }] };
}

/** The node a DaemonSet pinned the pod to, else the first. */
function nodeFor(pod: Pod, nodes: string[]): string {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields)[0]?.values?.[0] ?? nodes[0] ?? 'n1';
}

async function attend(
  client: KubeClient,
  pod: Pod,
  options: TestControllersOptions & { nodes: string[] },
): Promise<void> {
  const { namespace = '', name, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined) {
    if (pod.metadata.deletionGracePeriodSeconds === 0) return;
    await client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0 });
    return;
  }
  const phase = options.run?.(pod) ?? 'Pending';
  if (pod.spec.nodeName === undefined) {
    const target = { apiVersion: 'v1', kind: 'Node', name: nodeFor(pod, options.nodes) };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
    await client.create(PODS as ResourceType, binding, { subresource: 'binding' });
  } else if (pod.status?.phase !== phase && phase !== 'Pending') {
    const status = phaseStatus(phase, (options.clock ?? systemClock).now());
    const patch = { type: 'merge', body: { status } } as const;
    await client.patch(PODS, { namespace, name, patch }, { subresource: 'status' });
  }
}

export async function startTestControllers(
  options: TestControllersOptions = {},
): Promise<TestControllers> {
  const { clock = systemClock, nodes = ['n1'] } = options;
  const warnings: string[] = [];
  const warn = (fields: object, text: string): void =>
    void warnings.push(`${text} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug() {}, info() {}, warn, error: warn };
  const api = await createTestApi({ clock, storage: options.storage });
  const { client } = api;
  for (const name of nodes) {
    if ((await client.find(NODES, { name })) === undefined)
      await client.create(NODES, nodeOf(name));
  }
  const workloads = startWorkloads({ client, logger, clock, randomId: randomUUID });
  await workloads.ready;
  const kubelet = createInformer<Pod>({ client, type: PODS, clock, logger });
  const work = new Set<Promise<void>>();
  if (options.run !== undefined) {
    kubelet.onChange(({ type, object }) => {
      if (type === 'deleted') return;
      const done: Promise<void> = attend(client, object, { ...options, nodes })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        })
        .finally(() => work.delete(done));
      work.add(done);
    });
  }
  let halted: Promise<void> | undefined;

  async function halt(): Promise<void> {
    await kubelet.stop();
    await Promise.all(work);
    await workloads.stop();
  }

  return {
    api,
    client,
    warnings,
    events: async () =>
      (await client.list(EVENTS)).items.map(({ reason, message }) => `${reason}: ${message}`),
    pods: async () => (await client.list(PODS, { namespace: 'default' })).items,
    async setPhase(name, phase, patch = {}) {
      const status = { ...phaseStatus(phase, clock.now()), ...patch };
      return client.patch(
        PODS,
        { namespace: 'default', name, patch: { type: 'merge', body: { status } } },
        { subresource: 'status' },
      );
    },
    halt: () => (halted ??= halt()),
    async [Symbol.asyncDispose]() {
      await (halted ??= halt());
      api[Symbol.dispose]();
    },
  };
}
