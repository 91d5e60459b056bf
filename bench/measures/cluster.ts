/** The embedded Kubernetes alone: start, memory, writes, lists, watches, CRDs with rules. */
import { join } from 'node:path';
import { type ClusterOptions, startCluster } from '@kagent/cluster';
import {
  CONFIG_MAPS,
  CRDS,
  createKubeClient,
  type CustomResourceDefinition,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@kagent/kube';
import { installCrds } from '../../packages/cli/src/processes/crds.ts';
import { type BenchCluster, startClusterProcess } from '../children.ts';
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
const WIDTH = 16;
const WATCHERS = 500;
const EVENTS = 40;
const MIB = 1024 * 1024;

export const cluster: Measure = {
  name: 'cluster',
  title: 'the embedded Kubernetes alone: start, memory, writes, lists, 500 watches, rules',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    return [
      ...(await startFigures(context)),
      ...(await memoryFigures(context)),
      ...(await writeFigures(context)),
      ...(await watchFigures(context)),
      ...(await ruleFigures(context)),
    ];
  },
};

async function startFigures({ scratch, say }: BenchContext): Promise<Figure[]> {
  const dataDir = scratch();
  const options: ClusterOptions = { storage: { sqlite: join(dataDir, 'cluster.db') }, dataDir };
  const one = async () => {
    const { ms, result } = await timed(() => startCluster(options));
    await result.stop();
    return ms;
  };
  say('starts');
  const first = await one();
  const warm = await repeat(STARTS, one);
  const isolated = await repeat(STARTS, async () => {
    const running = await startCluster({ storage: 'memory' });
    await running.stop();
  });
  return [
    {
      what: 'cluster: start to ready, SQLite',
      value: percentile(warm, 0.5),
      unit: 'ms',
      target: { below: 300 },
      against: { what: 'new folder', value: first },
    },
    {
      what: 'cluster: start and stop in a test, memory',
      value: percentile(isolated, 0.5),
      unit: 'ms',
      target: { below: 300 },
    },
  ];
}

async function memoryFigures({ say }: BenchContext): Promise<Figure[]> {
  say('memory of the API server with all CRDs');
  const options = { storage: 'memory', workloads: false } as const;
  // the first start fills the compile cache, as it does for a person
  await (await startClusterProcess(options))[Symbol.asyncDispose]();
  await using server = await startClusterProcess(options);
  await installCrds(server.kube);
  const idle = await server.usage();
  const collected = await server.usage({ gc: true });
  return [
    {
      what: 'cluster: RSS of the API server with all CRDs',
      value: idle.rss / MIB,
      unit: 'MiB',
      target: { below: 120 },
      against: { what: 'after garbage collection', value: collected.rss / MIB },
    },
  ];
}

const configMap = (index: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    namespace: 'default',
    name: `object-${index}`,
    labels: { app: `app-${index % 10}` },
  },
  data: { text: 'some words that a person wrote '.repeat(8) },
});

async function writeFigures(context: BenchContext): Promise<Figure[]> {
  context.say('writes and lists in memory');
  const inMemory = await load('memory');
  context.say('writes and lists in SQLite');
  const inFile = await load({ sqlite: join(context.scratch(), 'cluster.db') });
  context.say('writes that survive a power cut');
  const flushed = await loadFlushed(join(context.scratch(), 'cluster.db'));
  return [
    {
      what: 'cluster: creates per second over TLS, memory',
      value: inMemory.tlsWrites,
      unit: '/s',
      target: { above: 2000 },
      against: { what: 'in process', value: inMemory.writes },
    },
    {
      what: 'cluster: creates per second over TLS, SQLite',
      value: inFile.tlsWrites,
      unit: '/s',
      target: { above: 1000 },
      against: { what: 'in process', value: inFile.writes },
    },
    {
      what: 'cluster: creates per second over TLS, SQLite, flushed to the disk',
      value: flushed,
      unit: '/s',
      target: { above: 1000 },
    },
    {
      what: 'cluster: list of 10,000 over TLS, p50',
      value: inFile.tlsList,
      unit: 'ms',
      target: { below: 100 },
      against: { what: 'JSON.parse of its text', value: inFile.parse },
    },
  ];
}

async function load(storage: ClusterOptions['storage']) {
  const inProcess = await loadInProcess(storage);
  await using server = await startClusterProcess({
    storage: storage === 'memory' ? storage : { sqlite: `${storage.sqlite}-process` },
    workloads: false,
  });
  const tlsWrites = await writesPerSecond(server.kube);
  const lists = await repeat(9, () => listAll(server.kube));
  const text = JSON.stringify(await server.kube.list(CONFIG_MAPS, { namespace: 'default' }));
  const parses = await repeat(9, async () => void JSON.parse(text));
  return {
    ...inProcess,
    parse: percentile(parses, 0.5),
    tlsWrites,
    tlsList: percentile(lists, 0.5),
  };
}

/** Creates per second of clients that wait for the disk. */
async function loadFlushed(sqlite: string): Promise<number> {
  await using server = await startClusterProcess({
    storage: { sqlite, survives: 'power' },
    workloads: false,
  });
  return await writesPerSecond(server.kube);
}

/** Leaves `OBJECTS` objects; the first ones, which warm up, do not count. */
async function writesPerSecond(kube: KubeClient): Promise<number> {
  const create = (index: number) => kube.create(CONFIG_MAPS, configMap(index));
  await spread({ count: WRITES, width: WIDTH }, create);
  const writing = await timed(() =>
    spread({ count: OBJECTS - WRITES, width: WIDTH }, (index) => create(WRITES + index)),
  );
  return ((OBJECTS - WRITES) / writing.ms) * 1000;
}

async function loadInProcess(storage: ClusterOptions['storage']) {
  await using stack = new AsyncDisposableStack();
  const running = await startCluster({ storage, workloads: false });
  stack.defer(() => running.stop());
  const kube = createKubeClient(running.transport());
  const create = (index: number) => kube.create(CONFIG_MAPS, configMap(index));
  const writing = await timed(() => repeat(WRITES, create));
  await spread({ count: OBJECTS - WRITES, width: WIDTH }, (index) => create(WRITES + index));
  const lists = await repeat(5, () => listAll(kube));
  return { writes: (WRITES / writing.ms) * 1000, list: percentile(lists, 0.5) };
}

async function listAll(client: KubeClient): Promise<void> {
  const { items } = await client.list(CONFIG_MAPS, { namespace: 'default' });
  if (items.length < OBJECTS) throw new Error(`the list has ${items.length} objects`);
}

async function watchFigures({ say }: BenchContext): Promise<Figure[]> {
  say(`${WATCHERS} watches`);
  await using server = await startClusterProcess({ storage: 'memory', workloads: false });
  const sent: number[] = [];
  const delays: number[] = [];
  const watches = new AbortController();
  const following = Array.from({ length: WATCHERS }, () =>
    follow(server, { sent, delays, signal: watches.signal }),
  );
  await Promise.all(following.map(({ isOpen }) => isOpen));
  for (let index = 0; index < EVENTS; index += 1) {
    const expected = WATCHERS * (index + 1);
    sent.push(performance.now());
    await server.kube.create(CONFIG_MAPS, configMap(index));
    while (delays.length < expected) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  watches.abort();
  await Promise.all(following.map(({ ended }) => ended));
  return [
    {
      what: 'cluster: one event to 500 watches over TLS, p99',
      value: percentile(delays, 0.99),
      unit: 'ms',
      target: { below: 50 },
      against: { what: 'p50', value: percentile(delays, 0.5) },
    },
  ];
}

function follow(
  server: BenchCluster,
  { sent, delays, signal }: { sent: number[]; delays: number[]; signal: AbortSignal },
): { isOpen: Promise<unknown>; ended: Promise<void> } {
  const opening = server.kube.watch(CONFIG_MAPS, {
    namespace: 'default',
    resourceVersion: '0',
    signal,
  });
  const read = async () => {
    for await (const { type, object } of await opening) {
      if (type !== 'ADDED') continue;
      const index = Number(object.metadata.name?.split('-')[1]);
      const start = sent[index];
      if (start !== undefined) delays.push(performance.now() - start);
    }
  };
  return {
    isOpen: opening,
    ended: read().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
  };
}

const WIDGETS: ResourceType = {
  group: 'bench.example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};

async function ruleFigures({ say }: BenchContext): Promise<Figure[]> {
  say('a CRD with rules');
  await using server = await startClusterProcess({ storage: 'memory', workloads: false });
  await server.kube.create(CRDS, widgetCrd());
  const create = (index: number) =>
    server.kube.create(WIDGETS, {
      apiVersion: 'bench.example.com/v1',
      kind: 'Widget',
      metadata: { namespace: 'default', name: `widget-${index}` },
      spec: {
        replicas: 3,
        maxReplicas: 5,
        mode: 'Auto',
        schedule: '0 3 * * *',
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443 },
        ],
        labels: { tier: 'web', team: 'shop' },
        limits: { memory: '512Mi', cpu: '500m' },
      },
    } as KubeObject);
  await spread({ count: 500, width: WIDTH }, create);
  const writing = await timed(() =>
    spread({ count: WRITES, width: WIDTH }, (index) => create(500 + index)),
  );
  return [
    {
      what: 'cluster: creates per second of a CRD with 10 CEL rules',
      value: (WRITES / writing.ms) * 1000,
      unit: '/s',
      target: { above: 1000 },
    },
  ];
}

function widgetCrd(): CustomResourceDefinition {
  const rule = (text: string) => ({ rule: text });
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['replicas', 'maxReplicas'],
        'x-kubernetes-validations': [
          rule('self.replicas <= self.maxReplicas'),
          rule("self.mode != 'Manual' || has(self.schedule)"),
          rule("!has(self.schedule) || self.schedule.matches('^[0-9*/ ,-]+$')"),
          rule('self.ports.all(p, p.port > 0 && p.port < 65536)'),
          rule('self.ports.exists_one(p, p.name == "http")'),
          rule('self.ports.map(p, p.port).sum() < 100000'),
          rule("self.labels.all(key, key.size() < 20 && !key.startsWith('kubernetes.io'))"),
          rule('quantity(self.limits.memory).isLessThan(quantity("4Gi"))'),
          rule('size(self.labels) <= 10'),
          rule('self.replicas != 4 || self.maxReplicas == 4'),
        ],
        properties: {
          replicas: { type: 'integer', minimum: 0 },
          maxReplicas: { type: 'integer', maximum: 100 },
          mode: { type: 'string', enum: ['Auto', 'Manual'], default: 'Auto' },
          schedule: { type: 'string', maxLength: 100 },
          ports: {
            type: 'array',
            maxItems: 20,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: {
              type: 'object',
              required: ['name', 'port'],
              properties: {
                name: { type: 'string', maxLength: 20 },
                port: { type: 'integer' },
                protocol: { type: 'string', default: 'TCP' },
              },
            },
          },
          labels: {
            type: 'object',
            maxProperties: 20,
            additionalProperties: { type: 'string', maxLength: 63 },
          },
          limits: {
            type: 'object',
            maxProperties: 10,
            properties: {
              memory: { type: 'string', maxLength: 20 },
              cpu: { type: 'string', maxLength: 20 },
            },
          },
        },
      },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.bench.example.com' },
    spec: {
      group: 'bench.example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  } as unknown as CustomResourceDefinition;
}
