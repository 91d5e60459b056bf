/** The application over an in-memory store, with objects and an agent that the test provides. */
import type { FastifyInstance } from 'fastify';
import type { KubeClient, KubeObject } from '@kagent/kube';
import type { Agent, ModelConfig } from '@kagent/spec';
import type { AgentInvoker } from '../agent-invoker.ts';
import type { Logger, ObjectCache } from '../context.ts';
import { createServer } from '../create-server.ts';
import { createMetrics } from '../metrics.ts';
import type { Store } from '../store.ts';
import { createSqliteStore } from '../stores/sqlite/create-sqlite-store.ts';

export interface TestServer {
  app: FastifyInstance;
  store: Store;
  close(): Promise<void>;
}

export interface TestServerOptions {
  agents?: Agent[];
  modelConfigs?: ModelConfig[];
  invoker?: Partial<AgentInvoker>;
  kube?: Partial<KubeClient>;
  allowedHosts?: string[];
  bodyLimit?: number;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  let id = 0;
  let time = Date.now();
  const store = createSqliteStore({ path: ':memory:', now: () => (time += 1000) });
  const app = await createServer(
    {
      store,
      kube: refusing('kube', options.kube ?? {}) as KubeClient,
      agents: cache(options.agents ?? []),
      modelConfigs: cache(options.modelConfigs ?? []),
      invoker: refusing('invoker', options.invoker ?? {}) as AgentInvoker,
      metrics: createMetrics(),
      logger: SILENT,
      namespace: 'kagent',
      publicUrl: () => 'http://127.0.0.1:8083',
      version: { kagent_version: '1.2.3', git_commit: 'abc', build_date: 'today' },
      randomId: () => `id-${(id += 1)}`,
    },
    {
      allowedHosts: options.allowedHosts ?? [],
      ...(options.bodyLimit ? { bodyLimit: options.bodyLimit } : {}),
    },
  );
  const close = async () => {
    await app.close();
    await store.close();
  };
  return { app, store, close };
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function cache<T extends KubeObject>(items: T[]): ObjectCache<T> {
  return {
    list: (namespace) =>
      items.filter((item) => namespace === undefined || item.metadata.namespace === namespace),
    get: ({ namespace, name }) =>
      items.find((item) => item.metadata.namespace === namespace && item.metadata.name === name),
  };
}

/** Anything a test did not provide fails loudly. */
function refusing<T extends object>(what: string, given: T): T {
  return new Proxy(given, {
    get: (target, property, receiver) =>
      Reflect.get(target, property, receiver) ??
      (() => {
        throw new Error(`${what}.${String(property)} is not part of this test`);
      }),
  });
}
