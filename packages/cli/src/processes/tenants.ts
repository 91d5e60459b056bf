/** The images the embedded node knows, and how each runs inside this process. */
import { fileURLToPath } from 'node:url';
import type { ContainerContext, ImageRule, StartTenant } from '@kagent/cluster';
import {
  type Breakers,
  createMcpPool,
  type McpPool,
  type RunStore,
  startDemoModel,
  systemClock,
} from '@kagent/engine';
import { createKubeClient, type Transport } from '@kagent/kube';
import { KagentError } from '@kagent/spec';
import { startMcpAdapter, startToolServer } from '@kagent/tools';
import type { FileLogger } from '../terminal/logger.ts';
import { VERSION } from '../version.ts';
import { type ClusterFetch, createClusterFetch, type Resolve } from './cluster-fetch.ts';
import { runtimeInvoker } from './runtime-invoker.ts';
import { type LocalAgents } from './local-agents.ts';
import { startEngineRole } from './roles/engine.ts';

export interface TenantPlatform {
  podMode: 'tenant' | 'process';
  runs: RunStore;
  localAgents: LocalAgents;
  breakers: Breakers;
  /** Kubernetes as a service account of the cluster sees it. */
  transport: (user: { name: string; groups: string[] }) => Transport;
  logger: FileLogger;
  /** Name of this process in run leases. */
  holder: string;
  /** For roles that run as a process of their own and talk to Kubernetes. */
  kubeconfig: string;
}

export interface Tenants {
  rules: ImageRule[];
  close(): Promise<void>;
}

/** Repositories of the engine: ours and those of the older system, whose config it reads. */
const ENGINE_IMAGE = /(^|\/)(kagent\/app|golang-adk|kagent-adk)(:|@|$)/;
const PLATFORM_IMAGE = /(^|\/)kagent(:|@|$)/;
const ADAPTER = '/adapterbin/agentgateway';

export function createTenants(platform: TenantPlatform): Tenants {
  const network = createNetworks(platform);
  const inProcess = (role: string, start: Start): ImageRule['run'] =>
    platform.podMode === 'tenant'
      ? { mode: 'tenant', start: tenant(start) }
      : {
          mode: 'process',
          command: [
            process.execPath,
            '--max-semi-space-size=1',
            EXECUTABLE,
            ...(role === '' ? [] : [role]),
          ],
          // an agent has no business with the administrator's file
          env: role === 'engine' ? {} : { KUBECONFIG: platform.kubeconfig },
        };
  const rules: ImageRule[] = [
    {
      name: 'kagent engine',
      matches: ({ image }) => ENGINE_IMAGE.test(image),
      run: inProcess('engine', (context) => startEngine(context, { platform, network })),
    },
    {
      name: 'kagent',
      matches: ({ image }) => PLATFORM_IMAGE.test(image),
      run: inProcess('', (context) => startRole(context, platform)),
    },
    {
      name: 'MCP adapter',
      matches: ({ command }) => command[0] === ADAPTER,
      run: { mode: 'tenant', start: tenant(startAdapter) },
    },
    {
      name: 'MCP adapter (copy)',
      matches: ({ args }) => args[0] === '--copy-self',
      run: {
        mode: 'tenant',
        start: () => Promise.resolve({ exited: Promise.resolve(0), stop: async () => {} }),
      },
    },
  ];
  return { rules, close: () => network.close() };
}

const EXECUTABLE = fileURLToPath(new URL('../../bin/kagent.mjs', import.meta.url));

type Start = (context: ContainerContext) => Promise<{ stop(): Promise<void> }>;

/** A tenant that runs until it is stopped. */
function tenant(start: Start): StartTenant {
  return async (context) => {
    const running = await start(context);
    const { promise: exited, resolve } = Promise.withResolvers<number>();
    let stopping: Promise<void> | undefined;
    const stop = () => (stopping ??= running.stop().finally(() => resolve(0)));
    return { exited, stop };
  };
}

interface Networks {
  of(context: ContainerContext): { fetch: typeof globalThis.fetch; mcpPool: McpPool };
  close(): Promise<void>;
}

/** Names resolve per namespace; agents of one namespace share connections. */
function createNetworks(platform: TenantPlatform): Networks {
  const networks = new Map<string, { network: ClusterFetch; mcpPool: McpPool }>();
  return {
    of(context) {
      let entry = networks.get(context.namespace);
      if (!entry) {
        const resolve: Resolve = (host, port) => context.resolve(host, port);
        const network = createClusterFetch(resolve);
        const mcpPool = createMcpPool({
          fetch: network.fetch,
          clock: systemClock,
          logger: platform.logger,
        });
        entry = { network, mcpPool };
        networks.set(context.namespace, entry);
      }
      return { fetch: entry.network.fetch, mcpPool: entry.mcpPool };
    },
    async close() {
      await Promise.allSettled([...networks.values()].map(({ mcpPool }) => mcpPool.close()));
      await Promise.allSettled([...networks.values()].map(({ network }) => network.close()));
    },
  };
}

async function startEngine(
  context: ContainerContext,
  { platform, network }: { platform: TenantPlatform; network: Networks },
) {
  const address = await context.listen(Number(argument(context.args, '--port') ?? 8080));
  const engine = await startEngineRole({
    ...network.of(context),
    ...address,
    env: context.env,
    readFile: (path) => readMounted(context, path),
    breakers: platform.breakers,
    runs: platform.runs,
    holder: `${platform.holder}/${context.podName}`,
    logger: containerLogger(context),
  });
  const name = context.env['KAGENT_NAME'] ?? context.podName;
  const remove = platform.localAgents.add(
    `${context.namespace}/${name}`,
    runtimeInvoker(engine.runtime),
  );
  context.log(`agent ${context.namespace}/${name} is listening on ${context.podIP}`);
  return {
    async stop() {
      remove();
      await engine.stop();
    },
  };
}

/** `kagent <role> --host … --port …` as a tenant. */
async function startRole(
  context: ContainerContext,
  platform: TenantPlatform,
): Promise<{ stop(): Promise<void> }> {
  const [role] = context.args;
  const address = await context.listen(Number(argument(context.args, '--port') ?? 8080));
  const logger = containerLogger(context);
  switch (role) {
    case 'tools': {
      const account = `system:serviceaccount:${context.namespace}:kagent-tools`;
      const kube = createKubeClient(
        platform.transport({
          name: account,
          groups: [
            'system:serviceaccounts',
            `system:serviceaccounts:${context.namespace}`,
            'system:authenticated',
          ],
        }),
      );
      return startToolServer({ ...address, kube, logger, version: VERSION });
    }
    case 'demo-model':
      return startDemoModel({ ...address, logger });
    default:
      throw new KagentError(
        'invalid_argument',
        `kagent has no role "${role ?? ''}" that runs in a pod here.`,
      );
  }
}

function startAdapter(context: ContainerContext) {
  const file = argument(context.args, '-f') ?? '/config/local.yaml';
  return startMcpAdapter({
    configYaml: context.readFile(file) ?? '',
    env: context.env,
    host: context.podIP,
    logger: containerLogger(context),
    signal: context.signal,
  });
}

function argument(args: readonly string[], flag: string): string | undefined {
  const index = args.indexOf(flag);
  return index < 0 ? undefined : args[index + 1];
}

function readMounted(context: ContainerContext, path: string): Promise<string> {
  const text = context.readFile(path);
  return text === undefined
    ? Promise.reject(new KagentError('not_found', `${path} is not mounted.`))
    : Promise.resolve(text);
}

/** Container logs are JSON lines as well; what reads them adds the time. */
function containerLogger(context: ContainerContext) {
  const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
    context.log(
      JSON.stringify({ level, time: new Date().toISOString(), message, ...printable(fields) }),
    );
  return { debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') };
}

function printable(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? value.message : value,
    ]),
  );
}
