/**
 * Watches against a server that is restarted again and again while objects change. A watch that goes on from the last
 * revision it saw must get every write once, in order. The official JavaScript client's informers must get the events of
 * one object in order, nothing twice, and have exactly the state of the server in the end.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '@kagent/cluster';
import {
  CONFIG_MAPS,
  createHttpTransport,
  createKubeClient,
  isKubeError,
  type KubeClient,
  loadKubeconfig,
  silentLogger,
} from '@kagent/kube';
import {
  CoreV1Api,
  KubeConfig,
  ListWatch,
  makeInformer,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import type { Random } from './random.ts';

export interface InformerOptions {
  restarts: number;
  /** An empty folder. */
  folder: string;
  random: Random;
  progress?(restarts: number): void;
}

export interface InformerReport {
  restarts: number;
  writes: number;
  events: number;
  /** How often an informer had to begin anew. */
  relists: number;
  /** Events that came late, twice or out of order, and differences at the end; must be empty. */
  problems: string[];
}

const NAMESPACE = 'default';
const KEYS = 40;
const INFORMERS = 3;
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const SETTLE_MS = 10_000;

/** Runs all restarts with writes between and during them. */
export async function informersThroughRestarts(options: InformerOptions): Promise<InformerReport> {
  const { restarts, random, folder } = options;
  const start = (port: number) =>
    startCluster({
      storage: { sqlite: join(folder, 'cluster.db') },
      dataDir: folder,
      port,
      workloads: false,
      logger: silentLogger,
    });
  let cluster = await start(0);
  const { port, kubeconfig } = cluster;
  const report: InformerReport = { restarts, writes: 0, events: 0, relists: 0, problems: [] };
  const followers = Array.from({ length: INFORMERS }, () => follow(kubeconfig, report));
  const newest = new Map<string, number>();
  const writes: string[] = [];
  const witness = watchAll(kubeconfig);
  for (let restart = 0; restart < restarts; restart += 1) {
    await write(cluster, { count: 1 + random.below(20), random, newest, writes, report });
    await sleep(random.below(60));
    await cluster.stop();
    cluster = await start(port);
    options.progress?.(restart + 1);
  }
  await write(cluster, { count: 20, random, newest, writes, report });
  const kube = createKubeClient(cluster.transport());
  await Promise.all(followers.map((follower) => follower.settled(kube)));
  report.problems.push(...(await witness.compare(writes)));
  await Promise.all(followers.map((follower) => follower.stop()));
  await cluster.stop();
  return report;
}

interface Writing {
  count: number;
  random: Random;
  newest: Map<string, number>;
  /** What a complete watch must tell, in this order. */
  writes: string[];
  report: InformerReport;
}

async function write(
  cluster: Cluster,
  { count, random, newest, writes, report }: Writing,
): Promise<void> {
  const kube = createKubeClient(cluster.transport());
  for (let index = 0; index < count; index += 1) {
    const name = `object-${random.below(KEYS)}`;
    const key = { namespace: NAMESPACE, name };
    const number = report.writes++;
    const data = { number: String(number) };
    if (!newest.has(name)) {
      await kube.create(CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: key,
        data,
      });
      newest.set(name, number);
      writes.push(`ADDED ${name} ${number}`);
    } else if (random.below(4) === 0) {
      await kube.delete(CONFIG_MAPS, key);
      writes.push(`DELETED ${name} ${newest.get(name)}`);
      newest.delete(name);
    } else {
      await kube.patch(CONFIG_MAPS, { ...key, patch: { type: 'merge', body: { data } } });
      newest.set(name, number);
      writes.push(`MODIFIED ${name} ${number}`);
    }
  }
}

/** Watches from the beginning and, whenever the watch ends, from the last revision it saw. */
function watchAll(kubeconfig: string): {
  /** Waits for the last write; tells where what was seen differs from what was written. */
  compare(writes: readonly string[]): Promise<string[]>;
} {
  const seen: string[] = [];
  const problems: string[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    const access = await loadKubeconfig({ text: kubeconfig, env: {} });
    const transport = createHttpTransport(access.transport);
    const kube = createKubeClient(transport);
    let resourceVersion = '1';
    while (!signal.aborted) {
      try {
        const options = { namespace: NAMESPACE, resourceVersion, signal };
        for await (const event of await kube.watch(CONFIG_MAPS, options)) {
          if (event.type === 'ERROR') throw new Error(event.object.message);
          resourceVersion = event.object.metadata.resourceVersion ?? '';
          if (event.type === 'BOOKMARK') continue;
          const { metadata, data } = event.object;
          if (data?.['number'] !== undefined)
            seen.push(`${event.type} ${metadata.name} ${data['number']}`);
        }
      } catch (error) {
        if (!isKubeError(error) && !signal.aborted) problems.push(String(error));
        if (isKubeError(error) && error.code === 410) problems.push(error.message);
      }
      await sleep(1);
    }
    await transport.close();
  };
  const running = run();
  return {
    async compare(writes) {
      const end = Date.now() + SETTLE_MS;
      while (seen.length < writes.length && problems.length === 0 && Date.now() < end)
        await sleep(5);
      stopping.abort();
      await running;
      const at = writes.findIndex((entry, index) => seen[index] !== entry);
      if (at >= 0) problems.push(`write ${at} was ${writes[at]}, the watch told ${seen[at]}`);
      if (seen.length > writes.length)
        problems.push(`the watch told ${seen.length} events of ${writes.length} writes`);
      return problems;
    },
  };
}

interface Follower {
  /** Resolves when the informer holds what the server has; adds a problem when it does not come to that. */
  settled(kube: KubeClient): Promise<void>;
  stop(): Promise<void>;
}

function follow(kubeconfig: string, report: InformerReport): Follower {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  // restarts come every few milliseconds here: the client's pause of up to 30 s between tries would hide them
  Object.assign(ListWatch, { BASE_RECONNECT_DELAY_MS: 1, MAX_RECONNECT_DELAY_MS: 5 });
  const informer = makeInformer(config, PATH, () =>
    core.listNamespacedConfigMap({ namespace: NAMESPACE }),
  );
  const seen = new Map<string, { version: number; uid: string | undefined }>();
  let isStopped = false;
  const check = (verb: 'add' | 'update' | 'delete', { metadata }: V1ConfigMap): void => {
    report.events += 1;
    const { name = '', uid } = metadata ?? {};
    const version = Number(metadata?.resourceVersion);
    const before = seen.get(name);
    if (before && version < before.version)
      report.problems.push(`${verb} of ${name} at ${version} after ${before.version}`);
    if (verb === 'update' && before && before.uid === uid && version === before.version)
      report.problems.push(`${verb} of ${name} at ${version} came twice`);
    seen.set(name, { version, uid });
  };
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, (object: V1ConfigMap) => check(verb, object));
  // a failed start is told twice, as a rejection and as an error
  let retry: NodeJS.Timeout | undefined;
  const beginAgain = (): void => {
    retry ??= setTimeout(() => {
      retry = undefined;
      report.relists += 1;
      if (!isStopped) informer.start().catch(beginAgain);
    }, 2);
  };
  informer.on('error', beginAgain);
  informer.start().catch(beginAgain);
  return {
    async settled(kube) {
      const end = Date.now() + SETTLE_MS;
      for (;;) {
        const difference = await differenceOf(kube, informer.list());
        if (difference === undefined) return;
        if (Date.now() > end) {
          report.problems.push(difference);
          return;
        }
        await sleep(5);
      }
    },
    async stop() {
      isStopped = true;
      await informer.stop();
    },
  };
}

async function differenceOf(
  kube: KubeClient,
  cached: readonly V1ConfigMap[],
): Promise<string | undefined> {
  const { items } = await kube.list(CONFIG_MAPS, { namespace: NAMESPACE });
  const line = (name: string | undefined, version: string | undefined) => `${name}@${version}`;
  const served = items.map(({ metadata }) => line(metadata.name, metadata.resourceVersion));
  const held = cached.map(({ metadata }) => line(metadata?.name, metadata?.resourceVersion));
  const missing = served.filter((entry) => !held.includes(entry));
  const extra = held.filter((entry) => !served.includes(entry));
  if (missing.length === 0 && extra.length === 0) return undefined;
  return `the informer lacks ${missing.join(', ') || 'nothing'} and still has ${extra.join(', ') || 'nothing'}`;
}
