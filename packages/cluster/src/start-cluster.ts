/** Puts the embedded cluster together: storage, API server, HTTPS, workload controllers, node. */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { silentLogger, systemClock } from '@kagent/kube';
import type { Clock, Logger, Transport } from '@kagent/kube';

import { ensureApiServerService } from './api/api-server-service.ts';
import { createApiServer, DEFAULT_VERSION } from './api/api-server.ts';
import type { ApiServer } from './api/api-server.ts';
import { createAuditFile } from './api/audit/audit-file.ts';
import type { AuditLevel } from './api/audit/audit-event.ts';
import type { AuditSink } from './api/audit/auditor.ts';
import { allowAll } from './api/authorization/authorizer.ts';
import { StartError } from './api/start-error.ts';
import { ensureBootstrapPolicy } from './api/authorization/bootstrap-policy.ts';
import { createSystemNamespaces, expireEvents, SYSTEM_USER } from './api/bootstrap.ts';
import { followGroupVersions } from './api/local-api-services.ts';
import { ensureStandardObjects } from './api/standard-objects.ts';
import { metricsKinds } from './api/metrics.ts';
import { loadCertificates } from './api/pki/certificates.ts';
import type { Certificates } from './api/pki/certificates.ts';
import { startHttpServer } from './api/http-server.ts';
import { renderKubeconfig } from './api/pki/kubeconfig.ts';
import { createLocalTransport } from './api/local-transport.ts';
import type { User } from './api/request.ts';
import type { StaticToken } from './api/tokens.ts';
import { builtinKinds } from './builtin/registry.ts';
import type { EngineChoice } from './node/engine/container-engine.ts';
import type { PodMode } from './node/image-rules.ts';
import type { PodLogs } from './node/pod-logs.ts';
import type { ImageRule } from './node/tenant.ts';
import { createMemoryStorage } from './storage/memory-storage.ts';
import { openSqliteStorage } from './storage/sqlite-storage.ts';
import type { Storage } from './storage/storage.ts';
import type { Workers } from './start-workers.ts';

export interface ClusterOptions {
  /**
   * Where objects live: in this process only, or in a SQLite file (made when missing). An acknowledged write survives the
   * death of the process; with `survives: 'power'` a power cut too, at the wait for a flush of the disk.
   */
  storage: 'memory' | { sqlite: string; survives?: 'process' | 'power' };
  /** Certificates, pod logs and files of processes. Without it they end with the cluster. */
  dataDir?: string;
  /** Address to listen on; `127.0.0.1` by default. */
  host?: string;
  /** Port of the Kubernetes API; 0, the default, picks a free one. */
  port?: number;
  logger?: Logger;
  clock?: Clock;
  /** What the node can run beside local commands. */
  images?: ImageRule[];
  /** `process` gives each pod a process where its image allows it. Default `tenant`. */
  podMode?: PodMode;
  /** Base environment of every container, e.g. PATH. */
  extraEnv?: Record<string, string>;
  /**
   * Runs images no rule matches: `auto`, the default, takes podman or docker when one of them answers; `none`, or the name
   * or path of a program. It is searched in the PATH of `engineEnv`.
   */
  containerEngine?: EngineChoice;
  /** Environment of the engine's program, e.g. PATH, HOME, DOCKER_HOST; `extraEnv` by default. Containers don't get it. */
  engineEnv?: Record<string, string>;
  /** Lets pods mount folders of this machine by `hostPath`. Default false. */
  allowHostPath?: boolean;
  /** `gitVersion` of `/version`. */
  version?: string;
  nodeName?: string;
  /** Name of cluster and context in the kubeconfig. */
  name?: string;
  /** How many times faster than the clock delays pass in scenarios that run. Default 1. */
  simulationPace?: number;
  /** False leaves out the workload controllers and the node: only the API server. */
  workloads?: boolean;
  /**
   * `RBAC`, the default, lets users do what Roles and ClusterRoles allow them; the administrator of the kubeconfig may do
   * everything. `AlwaysAllow` makes every authenticated user an administrator.
   */
  authorization?: 'RBAC' | 'AlwaysAllow';
  /** Bearer tokens of people and programs, beside client certificates and service account tokens. Secrets. */
  tokens?: StaticToken[];
  /** Writes who did what to a file, one audit.k8s.io/v1 Event a line; `maxBytes` until it is rotated (64 MiB). */
  audit?: { path: string; policy?: AuditLevel | 'None'; maxBytes?: number };
}

export interface Cluster {
  /** `https://127.0.0.1:6443` */
  url: string;
  port: number;
  /** YAML text with an administrator's client certificate inside: a secret. */
  kubeconfig: string;
  /** PEM of the certificate authority that signed the server's certificate. */
  caCertificate: string;
  /** A client's way to the API server without a socket, as an administrator by default. */
  transport(user?: User): Transport;
  /** Logs of the containers on the node; undefined without workloads. */
  podLogs: PodLogs | undefined;
  /** Where a connection to a Service, its cluster IP or a pod really goes; undefined = not a cluster address. */
  resolve(
    host: string,
    port: number,
    namespace?: string,
  ): { host: string; port: number } | undefined;
  /** Graceful and idempotent: pods first, the storage last. */
  stop(): Promise<void>;
}

const BOOKMARK_MS = 60_000;
const HOUSEKEEPING_MS = 5 * 60_000;

/**
 * Starts a cluster. Resolves when it answers and the node takes pods. Rejects with `StorageError` or `StartError`, whose
 * messages say what is wrong and what to do; everything already started is then stopped again.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const stack = new AsyncDisposableStack();
  try {
    const cluster = await start(options, stack);
    let stopping: Promise<void> | undefined;
    return { ...cluster, stop: () => (stopping ??= stack.disposeAsync()) };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function start(
  options: ClusterOptions,
  stack: AsyncDisposableStack,
): Promise<Omit<Cluster, 'stop'>> {
  const { clock = systemClock, logger = silentLogger, host = '127.0.0.1', dataDir } = options;
  const storage = openStorage(options.storage);
  stack.defer(() => storage.close());
  const certificates = loadCertificates({
    directory: dataDir && join(dataDir, 'pki'),
    host,
    clock,
  });
  let node: Workers | undefined;
  const api = await startApi(options, { storage, certificates, stack, node: () => node });
  const { handle: handler, tokens } = api;
  const port = options.port ?? 0;
  const http = await startHttpServer({
    handler,
    tokens,
    certificates,
    host,
    port,
    logger,
    onUnauthenticated: (request, refusal) => api.auditRefusal(request, refusal),
  });
  stack.defer(() => http.close());
  await ensureApiServerService(handler, { host, port: http.port, clock, logger });
  stack.defer(startHousekeeping({ api, storage, clock, logger }));
  const transport = (user: User = SYSTEM_USER) => createLocalTransport(handler, user);
  if (options.workloads !== false) {
    // an API server alone does not load what it does not need
    const { startWorkers } = await import('./start-workers.ts');
    const rootCertificate = certificates.ca.cert;
    node = await startWorkers(
      {
        ...options,
        clock,
        logger,
        transport: transport(),
        store: storage,
        rootCertificate,
        tokenAuthority: tokens,
      },
      stack,
    );
  }
  return {
    url: http.url,
    port: http.port,
    kubeconfig: renderKubeconfig({
      url: http.url,
      ca: certificates.ca.cert,
      client: certificates.admin,
      name: options.name ?? 'kagent',
    }),
    caCertificate: certificates.ca.cert,
    transport,
    podLogs: node?.logs,
    resolve: (...address) => node?.resolve(...address),
  };
}

interface ApiParts {
  storage: Storage;
  certificates: Certificates;
  stack: AsyncDisposableStack;
  node(): Workers | undefined;
}

/** The API server with what every cluster has from its first moment. */
async function startApi(options: ClusterOptions, parts: ApiParts): Promise<ApiServer> {
  const { clock = systemClock, logger = silentLogger } = options;
  const { storage, certificates, stack, node } = parts;
  const api = createApiServer({
    storage,
    kinds: [
      ...builtinKinds(),
      ...(options.workloads === false
        ? []
        : metricsKinds({ storage, sources: () => node()?.metrics ?? [] })),
    ],
    clock,
    logger,
    tokenKey: certificates.tokenKey,
    version: options.version ?? DEFAULT_VERSION,
    podLogs: () => node()?.logs,
    podStreams: () => node()?.streams,
    resolveService: (name, servicePort) => node()?.resolve(name, servicePort),
    rootCertificate: certificates.ca.cert,
    authorizer: options.authorization === 'AlwaysAllow' ? allowAll : undefined,
    staticTokens: options.tokens,
    audit: startAudit(options.audit, { logger, stack }),
  });
  stack.defer(() => api.stop());
  await createSystemNamespaces(api.handle);
  if (options.authorization !== 'AlwaysAllow')
    ensureBootstrapPolicy({ storage, clock, randomId: randomUUID });
  const clientAuthority = certificates.ca.cert;
  ensureStandardObjects({ storage, clock, randomId: randomUUID, clientAuthority });
  const { registry } = api;
  stack.defer(followGroupVersions({ storage, registry, clock, randomId: randomUUID }));
  return api;
}

function startAudit(
  audit: ClusterOptions['audit'],
  { logger, stack }: { logger: Logger; stack: AsyncDisposableStack },
): AuditSink | undefined {
  if (audit === undefined || audit.policy === 'None') return undefined;
  const { path, policy: level, maxBytes } = audit;
  assertWritable(path);
  const file = createAuditFile({ path, level, maxBytes, logger });
  stack.defer(() => file.close());
  return file;
}

function assertWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError('cannot_write', `The audit log can't be written: ${reason}`, {
      cause: error,
    });
  }
}

function openStorage(kind: ClusterOptions['storage']): Storage {
  return kind === 'memory'
    ? createMemoryStorage()
    : openSqliteStorage(kind.sqlite, { survives: kind.survives });
}

interface HousekeepingOptions {
  api: ApiServer;
  storage: Storage;
  clock: Clock;
  logger: Logger;
}

/** Bookmarks for quiet watches; forgets old revisions and old Events. Returns the stop. */
function startHousekeeping({
  api,
  storage,
  clock,
  logger,
}: HousekeepingOptions): () => Promise<void> {
  const stopping = new AbortController();
  let known = storage.revision();
  const every = async (milliseconds: number, task: () => void) => {
    while (!stopping.signal.aborted) {
      await clock.sleep(milliseconds, stopping.signal);
      task();
    }
  };
  const work = [
    every(BOOKMARK_MS, () => api.hub.sendBookmarks()),
    every(HOUSEKEEPING_MS, () => {
      expireEvents(storage, clock);
      // What was current at the last round is at least one round old now.
      storage.compact(known);
      known = storage.revision();
    }),
  ].map((task) =>
    task.catch((error: unknown) => {
      if (!stopping.signal.aborted) logger.error({ error: String(error) }, 'housekeeping failed');
    }),
  );
  return async () => {
    stopping.abort();
    await Promise.all(work);
  };
}
