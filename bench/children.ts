/**
 * The processes that a measurement talks to. Each ends with the benchmark, whatever way that ends: it has an IPC channel
 * and leaves when the channel closes.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createHttpTransport,
  createKubeClient,
  type KubeClient,
  loadKubeconfig,
} from '@kagent/kube';
import type { ClusterOptions } from '@kagent/cluster';
import type { BenchContext } from './measure.ts';
import type { ClusterReady, ClusterUsage } from './processes/cluster.ts';
import type {
  PlatformAnswer,
  PlatformReady,
  PlatformSettings,
  Usage,
} from './processes/platform.ts';

const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/kagent', import.meta.url));

interface Child<Ready> extends AsyncDisposable {
  ready: Ready;
  pid: number;
  ask(request: unknown): Promise<unknown>;
}

async function start<Ready>(file: string, settings: unknown): Promise<Child<Ready>> {
  const path = fileURLToPath(new URL(`processes/${file}`, import.meta.url));
  const child = fork(path, [JSON.stringify(settings)], {
    execArgv: ['--expose-gc'],
    // as bin/kagent.mjs runs it
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${String(code)}`);
  });
  ended.catch(() => {});
  const next = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message as unknown;
  };
  const ready = (await next()) as Ready;
  return {
    ready,
    pid: child.pid ?? 0,
    async ask(request) {
      const answer = next();
      child.send(request as object);
      return await answer;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await exit;
      clearTimeout(timer);
    },
  };
}

export interface BenchPlatform extends AsyncDisposable {
  urls: PlatformReady['urls'];
  pid: number;
  /** Over TLS with the kubeconfig, as kubectl would. */
  kube: KubeClient;
  /** CPU and memory of the platform's process; `gc` collects garbage first. */
  usage(options?: { gc?: boolean }): Promise<Usage>;
  /** Runs the task; writes a CPU profile of the platform meanwhile, when profiles are asked for. */
  profiled<T>(name: string, task: () => Promise<T>): Promise<T>;
}

/** The whole platform in a process of its own, on free ports of the loopback. */
export async function startPlatformProcess(
  context: BenchContext,
  settings: Partial<PlatformSettings> = {},
): Promise<BenchPlatform> {
  const home = settings.home ?? context.scratch();
  const child = await start<PlatformReady>('platform.ts', {
    pods: 'tenant',
    ...settings,
    home,
  } satisfies PlatformSettings);
  const access = await loadKubeconfig({ path: child.ready.kubeconfig, env: {} });
  const transport = createHttpTransport(access.transport);
  const ask = (request: object) => child.ask(request) as Promise<PlatformAnswer>;
  return {
    urls: child.ready.urls,
    pid: child.pid,
    kube: createKubeClient(transport),
    usage: async ({ gc = false } = {}) => (await ask({ what: 'usage', gc })).usage,
    async profiled(name, task) {
      if (context.profiles === undefined) return await task();
      await ask({ what: 'profile-start' });
      try {
        return await task();
      } finally {
        await ask({ what: 'profile-stop', file: join(context.profiles, `${name}.cpuprofile`) });
      }
    },
    async [Symbol.asyncDispose]() {
      await transport.close();
      await child[Symbol.asyncDispose]();
    },
  };
}

export interface BenchModel extends AsyncDisposable {
  /** Base URL for a ModelConfig; the model answers at once. */
  url: string;
  /** Sends one chunk every 2 ms; each is the time it was sent at (`clock()`). */
  ticksUrl: string;
}

/** The model server in a process of its own, so that its work does not count as the platform's. */
export async function startModelProcess(): Promise<BenchModel> {
  const child = await start<{ url: string }>('model.ts', {});
  return {
    url: `${child.ready.url}/v1`,
    ticksUrl: `${child.ready.url}/ticks/v1`,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

export interface BenchCluster extends AsyncDisposable {
  kubeconfig: string;
  /** Over TLS, as kubectl would. */
  kube: KubeClient;
  pid: number;
  usage(options?: { gc?: boolean }): Promise<ClusterUsage>;
}

/** The embedded Kubernetes alone, in a process of its own, on a free port of the loopback. */
export async function startClusterProcess(
  options: Pick<ClusterOptions, 'storage' | 'dataDir' | 'workloads'>,
): Promise<BenchCluster> {
  const child = await start<ClusterReady>('cluster.ts', options);
  const { kubeconfig } = child.ready;
  const access = await loadKubeconfig({ text: kubeconfig, env: {} });
  const transport = createHttpTransport(access.transport);
  return {
    kubeconfig,
    kube: createKubeClient(transport),
    pid: child.pid,
    usage: async (request = {}) => (await child.ask(request)) as ClusterUsage,
    async [Symbol.asyncDispose]() {
      await transport.close();
      await child[Symbol.asyncDispose]();
    },
  };
}
