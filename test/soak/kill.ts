/** Kills the Kubernetes process again and again under write load, and compares what it promised with what it kept. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CONFIG_MAPS,
  createHttpTransport,
  createKubeClient,
  DEPLOYMENTS,
  isKubeError,
  type KubeClient,
  type KubeObject,
  loadKubeconfig,
  PODS,
  REPLICA_SETS,
} from '@kagent/kube';
import type { Random } from './random.ts';

export interface KillOptions {
  rounds: number;
  /** An empty folder. */
  folder: string;
  random: Random;
  /** Told after each round. */
  progress?(round: number): void;
}

export interface KillReport {
  rounds: number;
  /** Writes that were answered with success before a kill. */
  acknowledged: number;
  /** Writes that were under way when the process was killed. */
  inDoubt: number;
  /** What was promised and not kept; must be empty. */
  lost: string[];
  /** What had not settled at the end; must be empty. */
  unsettled: string[];
}

const WRITERS = 8;
const KEYS_EACH = 12;
const NAMESPACE = 'default';
const MAX_REPLICAS = 5;
const SETTLE_MS = 15_000;

/** What is known of one object: the state of the last answered write, and of one that was not answered. */
interface Known {
  value: string | undefined;
  doubt?: { value: string | undefined };
}

interface Server extends AsyncDisposable {
  kube: KubeClient;
  child: ChildProcess;
}

/** Runs all rounds, then lets the controllers settle. Rejects when a process does not come up again. */
export async function killUnderLoad(options: KillOptions): Promise<KillReport> {
  const { rounds, random } = options;
  const book = new Map<string, Known>();
  const report: KillReport = { rounds, acknowledged: 0, inDoubt: 0, lost: [], unsettled: [] };
  for (let round = 0; round < rounds; round += 1) {
    await using server = await startServer(options.folder);
    await compare(server.kube, book, report);
    const ended = new AbortController();
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      write(server.kube, { index, book, random, report, signal: ended.signal }),
    );
    writers.push(disturb(server.kube, random, ended.signal));
    await sleep(random.below(250));
    server.child.kill('SIGKILL');
    ended.abort();
    await Promise.all(writers);
    options.progress?.(round + 1);
  }
  await using server = await startServer(options.folder);
  await compare(server.kube, book, report);
  report.unsettled = await settle(server.kube);
  return report;
}

async function startServer(folder: string): Promise<Server> {
  const path = fileURLToPath(new URL('cluster-process.ts', import.meta.url));
  const child = fork(path, [folder], {
    env: { NODE_COMPILE_CACHE: join(folder, 'compile-cache') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => {
      throw new Error(`the process ended with ${String(code)} instead of starting`);
    }),
  ])) as [{ kubeconfig: string }];
  const access = await loadKubeconfig({ text: message.kubeconfig, env: {} });
  const transport = createHttpTransport(access.transport);
  return {
    kube: createKubeClient(transport),
    child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await transport.close();
    },
  };
}

interface Writer {
  index: number;
  book: Map<string, Known>;
  random: Random;
  report: KillReport;
  signal: AbortSignal;
}

/** Writes its own objects one after the other until the server is gone. */
async function write(kube: KubeClient, writer: Writer): Promise<void> {
  const { index, book, random, report, signal } = writer;
  let count = 0;
  while (!signal.aborted) {
    const name = `object-${index}-${random.below(KEYS_EACH)}`;
    const known = book.get(name) ?? { value: undefined };
    const isDelete = known.value !== undefined && random.below(5) === 0;
    const value = isDelete ? undefined : `${random.seed}-${index}-${Date.now()}-${count++}`;
    book.set(name, { value: known.value, doubt: { value } });
    try {
      await store(kube, name, { from: known.value, to: value });
      book.set(name, { value });
      report.acknowledged += 1;
    } catch (error) {
      if (!isKubeError(error) || error.reason !== 'Unreachable') throw error;
      report.inDoubt += 1;
      return;
    }
  }
}

async function store(
  kube: KubeClient,
  name: string,
  { from, to }: { from: string | undefined; to: string | undefined },
): Promise<void> {
  const key = { namespace: NAMESPACE, name };
  if (to === undefined) return kube.delete(CONFIG_MAPS, key);
  const data = { value: to };
  if (from === undefined)
    await kube.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...key, labels: { soak: 'true' } },
      data,
    });
  else await kube.patch(CONFIG_MAPS, { ...key, patch: { type: 'merge', body: { data } } });
}

/** Keeps the controllers busy: a Deployment that changes its size and template, owners with dependents that come and go. */
async function disturb(kube: KubeClient, random: Random, signal: AbortSignal): Promise<void> {
  try {
    await kube.apply(DEPLOYMENTS, deployment(random), { fieldManager: 'soak', force: true });
    for (let index = 0; !signal.aborted; index += 1) {
      const owner = await kube.create(CONFIG_MAPS, configMap(`owner-${Date.now()}-${index}`));
      const { name, uid = '' } = owner.metadata;
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid };
      await kube.create(CONFIG_MAPS, configMap(`dependent-of-${name}`, [reference]));
      await kube.delete(CONFIG_MAPS, { namespace: NAMESPACE, name });
      await kube.apply(DEPLOYMENTS, deployment(random), { fieldManager: 'soak', force: true });
    }
  } catch (error) {
    if (!isKubeError(error) || error.reason !== 'Unreachable') throw error;
  }
}

function configMap(name: string, ownerReferences: object[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: NAMESPACE, name, ownerReferences } as KubeObject['metadata'],
  };
}

function deployment(random: Random) {
  const labels = { app: 'soak' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: NAMESPACE, name: 'soak' },
    spec: {
      replicas: random.below(MAX_REPLICAS + 1),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { round: String(random.below(3)) } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'main', image: 'example.com/idle:1' }],
        },
      },
    },
  } as KubeObject as never;
}

/** Every object is as the last answered write left it, or as the one in doubt would have. */
async function compare(kube: KubeClient, book: Map<string, Known>, report: KillReport) {
  const { items } = await kube.list(CONFIG_MAPS, {
    namespace: NAMESPACE,
    labelSelector: 'soak=true',
  });
  const found = new Map(items.map((item) => [item.metadata.name, item.data?.['value']]));
  for (const [name, known] of book) {
    const value = found.get(name);
    const isKept = value === known.value || (known.doubt && value === known.doubt.value);
    if (!isKept) {
      const expected = known.doubt ? `${known.value} or ${known.doubt.value}` : known.value;
      report.lost.push(`${name} is ${value}, not ${expected}`);
    }
    book.set(name, { value });
  }
}

/** What is still wrong when the controllers have had their time. */
async function settle(kube: KubeClient): Promise<string[]> {
  const end = Date.now() + SETTLE_MS;
  for (;;) {
    const problems = await problemsOf(kube);
    if (problems.length === 0 || Date.now() > end) return problems;
    await sleep(20);
  }
}

async function problemsOf(kube: KubeClient): Promise<string[]> {
  const namespace = NAMESPACE;
  const [configMaps, pods, sets, web] = await Promise.all([
    kube.list(CONFIG_MAPS, { namespace }),
    kube.list(PODS, { namespace }),
    kube.list(REPLICA_SETS, { namespace }),
    kube.find(DEPLOYMENTS, { namespace, name: 'soak' }),
  ]);
  const problems: string[] = [];
  const alive = new Set(
    [...configMaps.items, ...pods.items, ...sets.items, ...(web ? [web] : [])].map(
      ({ metadata }) => metadata.uid,
    ),
  );
  for (const { metadata, kind } of [...configMaps.items, ...pods.items, ...sets.items]) {
    for (const owner of metadata.ownerReferences ?? [])
      if (!alive.has(owner.uid))
        problems.push(`${kind ?? 'object'} ${metadata.name} outlived its owner ${owner.name}`);
  }
  const { spec, status, metadata } = (web ?? { metadata: {} }) as {
    spec?: { replicas?: number };
    status?: { availableReplicas?: number; observedGeneration?: number; updatedReplicas?: number };
    metadata: { generation?: number };
  };
  const wanted = spec?.replicas ?? 0;
  if (pods.items.length !== wanted) problems.push(`${pods.items.length} pods instead of ${wanted}`);
  if ((status?.availableReplicas ?? 0) !== wanted || (status?.updatedReplicas ?? 0) !== wanted)
    problems.push(`the Deployment says ${JSON.stringify(status)}, wanted ${wanted}`);
  if (status?.observedGeneration !== metadata.generation)
    problems.push('the Deployment was not observed');
  return problems;
}
