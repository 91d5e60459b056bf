/**
 * The embedded home: the whole platform in one process. The same controller, server, engine and tools as on a cluster,
 * wired to the embedded Kubernetes and to SQLite files in one folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cluster, startCluster } from '@kagent/cluster';
import { type Controller, startController } from '@kagent/controller';
import { createBreakers, discoverTools } from '@kagent/engine';
import { createInformer, createKubeClient, type KubeClient, systemClock } from '@kagent/kube';
import {
  createHttpInvoker,
  createMetrics,
  createServer,
  createSqliteStore,
  type Store,
} from '@kagent/server';
import { AGENTS, MODEL_CONFIGS } from '@kagent/spec';
import { lockHome, openHome } from '../home.ts';
import { createFileLogger, type FileLogger, type LogLevel } from '../terminal/logger.ts';
import { BUILD_DATE, GIT_COMMIT, VERSION } from '../version.ts';
import { type ClusterFetch, createClusterFetch } from './cluster-fetch.ts';
import { installCrds } from './crds.ts';
import { applyDefaults, NAMESPACE } from './defaults.ts';
import { createLocalAgents, type LocalAgents } from './local-agents.ts';
import { clusterError, givenOf, writeKubeconfig } from './kubernetes.ts';
import { portError } from './listen.ts';
import { findModels } from './providers.ts';
import { settle } from './settle.ts';
import { createTenants, type Tenants } from './tenants.ts';

export interface PlatformOptions {
  /** Folder of all state; created when missing. */
  home: string;
  /** 0 picks a free port. */
  apiPort: number;
  uiPort: number;
  kubePort: number;
  pods: 'tenant' | 'process';
  provider?: string | undefined;
  model?: string | undefined;
  logLevel: LogLevel;
  /** Where provider keys are looked for. */
  env: Record<string, string | undefined>;
  /** Runs images of containers: `auto`, the default, `none`, or a program. */
  containerEngine?: string;
  signal?: AbortSignal;
}

export interface Platform {
  urls: { ui: string; api: string; kubernetes: string };
  /** Path of the file. */
  kubeconfig: string;
  home: string;
  /** Which model the default is, for people. */
  model: string;
  /** What a command needs to find this platform, when it is not at the usual place; ends with a blank or is empty. */
  flags: string;
  kube: KubeClient;
  store: Store;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Starts everything; resolves when UI, API and Kubernetes answer and the default agent is on its way. Rejects with a
 * message for people (port in use, folder in use, damaged state) after undoing what it had started.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const undo = new Undo();
  try {
    return await start(options, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

/** What was started, to be stopped in reverse order. */
class Undo {
  readonly #steps: (() => Promise<void> | void)[] = [];
  #running: Promise<void> | undefined;

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#all();
    return this.#running;
  }

  async #all(): Promise<void> {
    for (const step of this.#steps.toReversed()) {
      try {
        await step();
      } catch {
        // what else was started must be stopped all the same
      }
    }
  }
}

async function start(options: PlatformOptions, undo: Undo): Promise<Platform> {
  const { home, env } = options;
  openHome(home);
  const lock = lockHome(home);
  undo.add(lock.release);
  const logger = createFileLogger(join(home, 'kagent.log'), options.logLevel);
  undo.add(() => logger.flush());
  const store = createSqliteStore({ path: join(home, 'server.db'), now: Date.now });
  undo.add(() => store.close());
  // the lock says that nobody else runs on this store: leases are of processes that are gone
  await store.runs.releaseAll();
  const models = findModels(env, { provider: options.provider, model: options.model }, fetch);
  models.catch(() => {});

  const localAgents = createLocalAgents();
  const { cluster, tenants } = await startKubernetes(options, { undo, logger, store, localAgents });
  undo.add(() => tenants.close());
  const kube = createKubeClient(cluster.transport());
  const network = createClusterFetch((host, port) => cluster.resolve(host, port));
  undo.add(() => network.close());
  await installCrds(kube);

  const server = await startServer({ options, kube, store, network, localAgents, logger, undo });
  lock.announce(`http://${HOST}:${server.apiPort}`);
  await applyDefaults({
    kube,
    models: await models,
    controllerAddress: { host: HOST, port: server.apiPort },
  });
  const controller = startControllerFor({ kube, store, network, logger });
  undo.add(() => controller.stop());
  await controller.ready;
  await settle(kube, logger);
  return {
    urls: {
      ui: `http://${HOST}:${server.uiPort}`,
      api: `http://${HOST}:${server.apiPort}`,
      kubernetes: cluster.url,
    },
    kubeconfig: kubeconfigOf(home),
    home,
    model: await defaultModel(kube),
    flags: server.apiPort === 8083 ? '' : `--kagent-url http://${HOST}:${server.apiPort} `,
    kube,
    store,
    stop: () => undo.run(),
  };
}

const kubeconfigOf = (home: string) => join(home, 'kubeconfig');

interface KubernetesParts {
  undo: Undo;
  logger: FileLogger;
  store: Store;
  localAgents: LocalAgents;
}

async function startKubernetes(
  options: PlatformOptions,
  { undo, logger, store, localAgents }: KubernetesParts,
): Promise<{ cluster: Cluster; tenants: Tenants }> {
  let cluster: Cluster | undefined;
  const tenants = createTenants({
    podMode: options.pods,
    runs: store.runs,
    localAgents,
    breakers: createBreakers(),
    logger,
    holder: crypto.randomUUID(),
    kubeconfig: kubeconfigOf(options.home),
    transport: (user) => {
      if (!cluster) throw new Error('a pod started before its cluster');
      return cluster.transport(user);
    },
  });
  const listening = { host: HOST, port: options.kubePort };
  cluster = await startCluster({
    ...listening,
    storage: { sqlite: join(options.home, 'cluster.db') },
    dataDir: join(options.home, 'cluster'),
    images: tenants.rules,
    podMode: options.pods,
    // programs of this machine are found as in the person's own terminal
    extraEnv: { PATH: options.env['PATH'] ?? process.env['PATH'] ?? '' },
    containerEngine: options.containerEngine ?? 'auto',
    engineEnv: { PATH: process.env['PATH'] ?? '', ...givenOf(options.env) },
    logger,
    clock: systemClock,
  }).catch((error: unknown) => {
    throw clusterError(error, { ...listening, hint: '--kube-port or KAGENT_KUBE_PORT' });
  });
  const started = cluster;
  undo.add(() => started.stop());
  writeKubeconfig(kubeconfigOf(options.home), started);
  return { cluster, tenants };
}

interface ServerParts {
  options: PlatformOptions;
  kube: KubeClient;
  store: Store;
  network: ClusterFetch;
  localAgents: LocalAgents;
  logger: FileLogger;
  undo: Undo;
}

async function startServer({
  options,
  kube,
  store,
  network,
  localAgents,
  logger,
  undo,
}: ServerParts) {
  const informers = { client: kube, clock: systemClock, logger };
  const agents = createInformer({ ...informers, type: AGENTS });
  const modelConfigs = createInformer({ ...informers, type: MODEL_CONFIGS });
  undo.add(() => Promise.all([agents.stop(), modelConfigs.stop()]).then(() => {}));
  await Promise.all([agents.synced, modelConfigs.synced]);
  let apiPort = options.apiPort;
  const context = {
    store,
    kube,
    agents,
    modelConfigs,
    invoker: localAgents.invoker(
      createHttpInvoker({ fetch: network.fetch, randomId: () => crypto.randomUUID() }),
    ),
    metrics: createMetrics(),
    logger,
    namespace: NAMESPACE,
    publicUrl: () => `http://${HOST}:${apiPort}`,
    version: { kagent_version: VERSION, git_commit: GIT_COMMIT, build_date: BUILD_DATE },
    randomId: () => crypto.randomUUID(),
  };
  // pods of this machine call back by the Service's name
  const allowedHosts = [HOST, 'localhost', `kagent-controller.${NAMESPACE}`];
  const uiFolder = fileURLToPath(new URL('../../../ui/dist', import.meta.url));
  const serve = async (listener: { port: number; purpose: string; hint: string; ui: boolean }) => {
    const app = await createServer(context, {
      allowedHosts,
      ...(listener.ui && existsSync(uiFolder) ? { uiFolder } : {}),
    });
    undo.add(() => app.close());
    await app.listen({ host: HOST, port: listener.port }).catch((error: unknown) => {
      throw portError(error, { ...listener, host: HOST });
    });
    const address = app.server.address();
    return typeof address === 'object' && address ? address.port : listener.port;
  };
  apiPort = await serve({
    port: options.apiPort,
    purpose: 'API',
    hint: '--api-port or KAGENT_API_PORT',
    ui: false,
  });
  const uiPort = await serve({
    port: options.uiPort,
    purpose: 'UI',
    hint: '--ui-port or KAGENT_UI_PORT',
    ui: true,
  });
  return { apiPort, uiPort };
}

interface ControllerParts {
  kube: KubeClient;
  store: Store;
  network: ClusterFetch;
  logger: FileLogger;
}

function startControllerFor({ kube, store, network, logger }: ControllerParts): Controller {
  return startController({
    client: kube,
    namespace: NAMESPACE,
    controllerName: 'kagent-controller',
    image: {
      registry: 'cr.kagent.dev',
      repository: 'kagent-dev/kagent/app',
      tag: VERSION,
      pullPolicy: 'IfNotPresent',
    },
    discovery: {
      discover: async ({ tls, ...request }) => {
        const tools = await discoverTools({
          ...request,
          fetch: network.fetch,
          ...(tls ? { tls: { ...tls, ca: tls.caPem } } : {}),
        });
        return tools.map(({ name, description }) => ({ name, description: description ?? '' }));
      },
    },
    toolRegistry: store.toolServers,
    logger,
    clock: systemClock,
  });
}

async function defaultModel(kube: KubeClient): Promise<string> {
  const config = await kube.find(MODEL_CONFIGS, {
    namespace: NAMESPACE,
    name: 'default-model-config',
  });
  const { provider, model } = config?.spec ?? {};
  if (model === 'kagent-demo')
    return 'demo model: rules, not a language model (set OPENAI_API_KEY or another key for a real one)';
  return `${provider ?? 'none'} ${model ?? ''}`.trim();
}
