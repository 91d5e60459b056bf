/** Puts the reconcilers together: which kind is reconciled how, and which events ask for it. */
import {
  createReconciler,
  createWorkQueue,
  keyOfObject,
  type InformerChange,
  type KubeObject,
  type Reconciler,
} from '@kagent/kube';
import { createAgentReconcile } from './agent/reconcile.ts';
import type { ControllerContext, ReconcileFactory } from './context.ts';
import { createDependencyIndex, type DependencyIndex } from './dependencies.ts';
import type { ReferencedKind } from './lookup.ts';
import { createMcpServerDiscovery } from './mcp-server/discover-tools.ts';
import { createMcpServerReconcile } from './mcp-server/reconcile.ts';
import { createModelConfigReconcile } from './model-config/reconcile.ts';
import { type ControllerOptions, DEFAULT_MCP_SERVER_IMAGES } from './options.ts';
import { createRemoteMcpServerReconcile } from './remote-mcp-server/reconcile.ts';
import { createServiceDiscovery, isMcpService } from './service/discover-tools.ts';
import { createSources, type Sources } from './sources.ts';
import { GROUP_KINDS, type ToolServerKind } from './tool-servers.ts';

export interface Controller {
  /** Resolves when every cache holds the state of the cluster and the reconcilers work; rejects when stopped before. */
  ready: Promise<void>;
  /** Ends everything and waits for running reconciles. Idempotent. */
  stop(): Promise<void>;
}

type Primary = 'Agent' | 'ModelConfig' | 'RemoteMCPServer' | 'MCPServer' | 'Service';

interface Kind {
  name: string;
  primary: Primary;
  create: ReconcileFactory;
  /** Children whose changes concern their owner of kind `primary`. */
  owns: readonly (keyof Sources)[];
  /** Which changes of the object itself matter; default those of its spec and metadata. */
  matters?: (change: InformerChange<KubeObject>) => boolean;
  /** Talks to servers that may be slow or down: more at a time, slower retries. */
  isRemote?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'model-config', primary: 'ModelConfig', create: createModelConfigReconcile, owns: [] },
  {
    name: 'agent',
    primary: 'Agent',
    create: createAgentReconcile,
    owns: ['Secret', 'ServiceAccount', 'Service', 'Deployment'],
  },
  {
    name: 'remote-mcp-server',
    primary: 'RemoteMCPServer',
    create: createRemoteMcpServerReconcile,
    owns: [],
    isRemote: true,
  },
  {
    name: 'mcp-server',
    primary: 'MCPServer',
    create: createMcpServerReconcile,
    owns: ['ConfigMap', 'ServiceAccount', 'Service', 'Deployment'],
  },
  {
    name: 'mcp-server-tools',
    primary: 'MCPServer',
    create: createMcpServerDiscovery,
    owns: [],
    matters: () => true,
    isRemote: true,
  },
  {
    name: 'service-tools',
    primary: 'Service',
    create: createServiceDiscovery,
    owns: [],
    matters: isAboutMcpService,
    isRemote: true,
  },
];

const REMOTE_CONCURRENCY = 32;
const REMOTE_BACKOFF = { initialBackoffMs: 250, maxBackoffMs: 60_000 };

/** Starts the controller. Exactly one may run against a cluster at a time; leader election is the caller's. */
export function startController(options: ControllerOptions): Controller {
  const { client, clock, logger } = options;
  const sources = createSources({
    client,
    clock,
    logger,
    namespaces: options.watchNamespaces ?? [],
  });
  const context: ControllerContext = {
    client,
    sources,
    clock,
    logger,
    platform: {
      image: options.image,
      controllerUrl: `http://${options.controllerName}.${options.namespace}:8083`,
      otelEnv: options.otelEnv ?? {},
    },
    mcpServerImages: { ...DEFAULT_MCP_SERVER_IMAGES, ...options.mcpServerImages },
    discovery: options.discovery,
    toolRegistry: options.toolRegistry,
    discoveryIntervalMs: options.discoveryIntervalMs ?? 60_000,
  };
  const stopping = new AbortController();
  const running = run(context, { concurrency: options.concurrency ?? 8, signal: stopping.signal });
  running.ready.catch(() => undefined);
  return {
    ready: running.ready,
    async stop() {
      stopping.abort(new Error('the controller was stopped'));
      await Promise.all(Object.values(sources).map(async (source) => await source.stop()));
      await running.done;
    },
  };
}

interface Running {
  ready: Promise<void>;
  done: Promise<void>;
}

function run(
  context: ControllerContext,
  options: { concurrency: number; signal: AbortSignal },
): Running {
  const { sources } = context;
  const ready = Promise.all(
    Object.values(sources).map(async (source) => await source.synced()),
  ).then(async () => {
    options.signal.throwIfAborted();
    await forgetRemovedServers(context);
  });
  const done = ready.then(
    async () => {
      // Listening starts when all caches are full: a reconcile never mistakes "not read yet" for "does not exist".
      const reconcilers = KINDS.map((kind) => watch(kind, context, options.concurrency));
      await Promise.all(
        reconcilers.map(async (reconciler) => await reconciler.run(options.signal)),
      );
    },
    () => undefined,
  );
  return { ready, done };
}

function watch(kind: Kind, context: ControllerContext, concurrency: number): Reconciler {
  const { sources, clock, logger } = context;
  const dependencies = createDependencyIndex();
  const reconciler = createReconciler({
    name: kind.name,
    reconcile: kind.create(context, dependencies),
    clock,
    logger,
    concurrency: kind.isRemote === true ? Math.max(concurrency, REMOTE_CONCURRENCY) : concurrency,
    ...(kind.isRemote === true ? { queue: createWorkQueue({ clock, ...REMOTE_BACKOFF }) } : {}),
  });
  const matters = kind.matters ?? changesIntent;
  sources[kind.primary].onChange((change: InformerChange<KubeObject>) => {
    if (matters(change)) reconciler.enqueue(keyOfObject(change.object));
  });
  for (const child of kind.owns) watchChildren(sources, child, { owner: kind.primary, reconciler });
  watchReferences(sources, dependencies, reconciler);
  return reconciler;
}

/** A change of a child asks for its owner. Creations are our own doing. */
function watchChildren(
  sources: Sources,
  child: keyof Sources,
  { owner, reconciler }: { owner: Primary; reconciler: Reconciler },
): void {
  sources[child].onChange((change: InformerChange<KubeObject>) => {
    if (change.type === 'added' || !changesChild(change)) return;
    // What stood in the way of a child has its name, but another owner or none.
    if (change.type === 'deleted' && sources[owner].get(change.object.metadata) !== undefined)
      reconciler.enqueue(keyOfObject(change.object));
    for (const reference of change.object.metadata.ownerReferences ?? []) {
      if (reference.kind !== owner || reference.controller !== true) continue;
      reconciler.enqueue(
        keyOfObject({
          ...change.object,
          metadata: { ...change.object.metadata, name: reference.name },
        }),
      );
    }
  });
}

const REFERENCED: readonly ReferencedKind[] = [
  'Agent',
  'ModelConfig',
  'RemoteMCPServer',
  'MCPServer',
  'Secret',
  'ConfigMap',
  'Service',
  'Namespace',
];

/** Kinds of which others read the status as well. */
const STATUS_MATTERS: ReadonlySet<ReferencedKind> = new Set(['RemoteMCPServer', 'MCPServer']);

function watchReferences(
  sources: Sources,
  dependencies: DependencyIndex,
  reconciler: Reconciler,
): void {
  for (const kind of REFERENCED) {
    sources[kind].onChange((change: InformerChange<KubeObject>) => {
      if (!STATUS_MATTERS.has(kind) && !changesIntent(change)) return;
      const dependents = [...dependencies.dependentsOf(`${kind} ${keyOfObject(change.object)}`)];
      for (const key of dependents) reconciler.enqueue(key);
    });
  }
}

/** False for a change of the status only. Kinds without generation change intent with every write. */
function changesIntent(change: InformerChange<KubeObject>): boolean {
  if (change.type !== 'updated') return true;
  const { metadata: now } = change.object;
  const { metadata: before } = change.old;
  return (
    now.generation === undefined ||
    now.generation !== before.generation ||
    now.uid !== before.uid ||
    now.deletionTimestamp !== before.deletionTimestamp ||
    JSON.stringify([now.labels, now.annotations]) !==
      JSON.stringify([before.labels, before.annotations])
  );
}

/** Of a Deployment's status only the available pods are read. */
function changesChild(change: InformerChange<KubeObject>): boolean {
  if (change.type !== 'updated' || change.object.kind !== 'Deployment') return true;
  return changesIntent(change) || available(change.object) !== available(change.old);
}

function available(object: KubeObject & { status?: { availableReplicas?: number } }): number {
  return object.status?.availableReplicas ?? 0;
}

/** Most Services have nothing to do with tools. */
function isAboutMcpService(change: InformerChange<KubeObject>): boolean {
  if (isMcpService(change.object)) return changesIntent(change);
  return change.type === 'updated' && isMcpService(change.old);
}

/** Servers that were deleted while no controller ran. */
async function forgetRemovedServers({ sources, toolRegistry }: ControllerContext): Promise<void> {
  for (const { ref, groupKind } of await toolRegistry.list()) {
    const kind = (Object.keys(GROUP_KINDS) as ToolServerKind[]).find(
      (each) => GROUP_KINDS[each] === groupKind,
    );
    const [namespace = '', name = ''] = ref.split('/');
    if (kind === undefined || sources[kind].get({ namespace, name }) === undefined) {
      await toolRegistry.remove(ref, groupKind);
    }
  }
}
