/** API server, workload controllers and node in one test, without sockets for the API: what `startCluster` wires, smaller. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SERVICE_ACCOUNTS, systemClock } from '@kagent/kube';
import type { Clock, KubeClient, Logger } from '@kagent/kube';
import { expect } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { Storage } from '../../storage/storage.ts';
import { createMemoryStorage } from '../../storage/memory-storage.ts';
import { startWorkloads } from '../../workloads/start-workloads.ts';
import { PODS } from '../../workloads/objects.ts';
import type { Container, Pod, PodSpec } from '../../workloads/objects.ts';
import type { NodeOptions, RunningNode } from '../start-node.ts';
import { startNode } from '../start-node.ts';
import type { ContainerContext, ImageRule, Tenant } from '../tenant.ts';

export interface TestPlatformOptions extends Partial<
  Pick<
    NodeOptions,
    | 'images'
    | 'clock'
    | 'restartBackoff'
    | 'podMode'
    | 'extraEnv'
    | 'dataDir'
    | 'containerEngine'
    | 'engineEnv'
    | 'allowHostPath'
  >
> {
  logger?: Logger;
  /** To start a second platform on what a first one left. */
  storage?: Storage;
  /** False: only API server and workload controllers. */
  node?: boolean;
  /** False: only API server and node. */
  workloads?: boolean;
}

export interface TestPlatform extends AsyncDisposable {
  client: KubeClient;
  node: RunningNode;
  storage: Storage;
  dataDir: string;
  /** What controllers and node complained about. */
  warnings: { message: string; fields: Record<string, unknown> }[];
  pod(name: string): Promise<Pod | undefined>;
  /** Ends node and controllers and keeps storage and data, as when the platform is killed. */
  halt(): Promise<void>;
}

/** Waits until `read` gives what `check` accepts; fails the test with the last value otherwise. */
export async function eventually<T>(
  read: () => T | Promise<T>,
  check: (value: T) => boolean,
): Promise<T> {
  let last: T | undefined;
  await expect
    .poll(
      async () => {
        last = await read();
        return check(last)
          ? 'accepted'
          : JSON.stringify(last, withoutManagedFields, 1)?.slice(0, 3000);
      },
      { interval: 5, timeout: 8000 },
    )
    .toBe('accepted');
  return last as T;
}

/** Managed fields would drown what a failed test has to say. */
function withoutManagedFields(key: string, value: unknown): unknown {
  return key === 'managedFields' ? undefined : value;
}

/** A tenant that serves HTTP on 8080 and tells what it sees; `/fail` lets the next requests fail. */
export function webImage(onStart?: (context: ContainerContext) => void): ImageRule {
  return {
    name: 'web',
    matches: ({ image }) => image.startsWith('web'),
    run: { mode: 'tenant', start: (context) => startWeb(context, onStart) },
  };
}

async function startWeb(
  context: ContainerContext,
  onStart?: (context: ContainerContext) => void,
): Promise<Tenant> {
  onStart?.(context);
  const { promise: exited, resolve: exit } = Promise.withResolvers<number>();
  let isFailing = false;
  const server = createServer((request, response) => {
    if (request.url === '/fail') isFailing = true;
    if (request.url === '/exit') exit(3);
    response.statusCode = isFailing ? 500 : 200;
    response.end(JSON.stringify({ env: context.env, pod: context.podName }));
  });
  const bind = (await context.listen?.(8080)) ?? { host: context.podIP, port: 8080 };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(bind, resolve);
  });
  context.log(`listening as ${context.podName}`);
  return {
    exited: exited.finally(() => {
      server.closeAllConnections();
      server.close();
    }),
    async stop() {
      context.log('stopping');
      exit(0);
    },
  };
}

/** A tenant without a socket, run by a function: what it returns is the exit code. */
export function scriptImage(
  name: string,
  run: (context: ContainerContext) => Promise<number> | number,
): ImageRule {
  return {
    name,
    matches: ({ image }) => image === name,
    run: {
      mode: 'tenant',
      async start(context) {
        const stopped = new Promise<number>((resolve) => {
          context.signal.addEventListener('abort', () => resolve(143), { once: true });
        });
        const exited = Promise.race([Promise.resolve().then(() => run(context)), stopped]);
        return { exited, stop: async () => void (await exited) };
      },
    },
  };
}

export const readinessProbe = {
  httpGet: { path: '/', port: 8080 },
  initialDelaySeconds: 15,
  periodSeconds: 15,
};

export function podOf(name: string, spec: Partial<PodSpec> & { containers: Container[] }): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec,
  };
}

export function isReady(pod: Pod | undefined): boolean {
  return (
    pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
    true
  );
}

async function ensureServiceAccount(client: KubeClient): Promise<void> {
  const metadata = { namespace: 'default', name: 'default' };
  if (await client.find(SERVICE_ACCOUNTS, metadata)) return;
  await client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
}

export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const clock: Clock = options.clock ?? systemClock;
  const warnings: TestPlatform['warnings'] = [];
  const collect = (fields: Record<string, unknown>, message: string): void =>
    void warnings.push({ fields, message });
  const logger = options.logger ?? { debug() {}, info() {}, warn: collect, error: collect };
  const storage = options.storage ?? createMemoryStorage();
  const api = await createTestApi({
    storage,
    clock,
    podLogs: { read: (query) => node.logs.read(query) },
    // What the controllers publish by default too.
    rootCertificate: '',
  });
  const { client } = api;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'node-')));
  // without the controllers nobody else makes the account that every pod needs
  if (options.workloads === false) await ensureServiceAccount(client);
  const workloads =
    options.workloads === false
      ? undefined
      : startWorkloads({ client, logger, clock, randomId: randomUUID });
  const node = startNode({
    client,
    nodeName: 'node-1',
    images: [webImage()],
    logger,
    clock,
    dataDir,
    randomId: randomUUID,
    ...options,
  });
  if (options.node === false) await node.stop();
  await Promise.all([workloads?.ready, options.node === false ? undefined : node.ready]);
  let halted: Promise<void> | undefined;

  async function halt(): Promise<void> {
    await node.stop();
    await workloads?.stop();
    api.server.stop();
  }

  const platform: TestPlatform = {
    client,
    node,
    storage,
    dataDir,
    warnings,
    pod: (name) => client.find(PODS, { namespace: 'default', name }),
    halt: () => (halted ??= halt()),
    async [Symbol.asyncDispose]() {
      await platform.halt();
      if (options.storage === undefined) storage.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
  return platform;
}
