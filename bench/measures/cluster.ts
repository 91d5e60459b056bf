/** The embedded Kubernetes alone: start, writes and lists. */
import { join } from 'node:path';
import { type ClusterOptions, startCluster } from '@kagent/cluster';
import {
  CONFIG_MAPS,
  createHttpTransport,
  createKubeClient,
  type KubeClient,
  loadKubeconfig,
} from '@kagent/kube';
import {
  type BenchContext,
  type Figure,
  type Measure,
  percentile,
  repeat,
  spread,
  timed,
} from '../measure.ts';

const STARTS = 5;
const WRITES = 2000;
const OBJECTS = 10_000;

export const cluster: Measure = {
  name: 'cluster',
  title: 'the embedded Kubernetes alone: start, writes, list of 10,000 objects',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    const starts = await startTimes(context);
    context.say('writes and lists in memory');
    const inMemory = await load('memory');
    context.say('writes and lists in SQLite');
    const inFile = await load({ sqlite: join(context.scratch(), 'cluster.db') });
    return [
      {
        what: 'cluster: start to ready, SQLite',
        value: percentile(starts.warm, 0.5),
        unit: 'ms',
        target: { below: 300 },
        against: { what: 'new folder', value: starts.first },
      },
      { what: 'cluster: creates per second, memory', value: inMemory.writes, unit: '/s' },
      {
        what: 'cluster: creates per second, SQLite',
        value: inFile.writes,
        unit: '/s',
        against: { what: 'memory', value: inMemory.writes },
      },
      { what: 'cluster: list of 10,000, in process, p50', value: inFile.list, unit: 'ms' },
      {
        what: 'cluster: list of 10,000, over TLS, p50',
        value: inFile.listOverTls,
        unit: 'ms',
        against: { what: 'in process', value: inFile.list },
      },
    ];
  },
};

async function startTimes({
  scratch,
  say,
}: BenchContext): Promise<{ first: number; warm: number[] }> {
  const dataDir = scratch();
  const options: ClusterOptions = { storage: { sqlite: join(dataDir, 'cluster.db') }, dataDir };
  const one = async () => {
    const { ms, result } = await timed(() => startCluster(options));
    await result.stop();
    return ms;
  };
  say('starts');
  const first = await one();
  const warm: number[] = [];
  for (let index = 0; index < STARTS; index += 1) warm.push(await one());
  return { first, warm };
}

async function load(storage: ClusterOptions['storage']) {
  await using stack = new AsyncDisposableStack();
  const running = await startCluster({ storage, workloads: false });
  stack.defer(() => running.stop());
  const kube = createKubeClient(running.transport());
  const create = (index: number) =>
    kube.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace: 'default',
        name: `object-${index}`,
        labels: { app: `app-${index % 10}` },
      },
      data: { text: 'some words that a person wrote '.repeat(8) },
    });
  const writing = await timed(() => repeat(WRITES, create));
  await spread({ count: OBJECTS - WRITES, width: 16 }, (index) => create(WRITES + index));
  const list = async (client: KubeClient) => {
    const { items } = await client.list(CONFIG_MAPS, { namespace: 'default' });
    if (items.length < OBJECTS) throw new Error(`the list has ${items.length} objects`);
  };
  const access = await loadKubeconfig({ text: running.kubeconfig, env: {} });
  const transport = createHttpTransport(access.transport);
  stack.defer(() => transport.close());
  const inProcess = await repeat(5, () => list(kube));
  const overTls = await repeat(5, () => list(createKubeClient(transport)));
  return {
    writes: (WRITES / writing.ms) * 1000,
    list: percentile(inProcess, 0.5),
    listOverTls: percentile(overTls, 0.5),
  };
}
