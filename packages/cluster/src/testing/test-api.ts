/** The API server alone, without sockets, workloads or node: for tests of what the Kubernetes API answers. */
import { randomUUID } from 'node:crypto';

import { createKubeClient, silentLogger, systemClock } from '@kagent/kube';
import type { Clock, KubeClient, Logger, Transport } from '@kagent/kube';

import { createApiServer, DEFAULT_VERSION } from '../api/api-server.ts';
import type { ApiServer } from '../api/api-server.ts';
import type { AuditSink } from '../api/audit/auditor.ts';
import { allowAll } from '../api/authorization/authorizer.ts';
import { ensureBootstrapPolicy } from '../api/authorization/bootstrap-policy.ts';
import { createSystemNamespaces, SYSTEM_USER } from '../api/bootstrap.ts';
import { deepFreeze } from '../api/json.ts';
import { createLocalTransport } from '../api/local-transport.ts';
import { newSigningKey } from '../api/pki/certificates.ts';
import type { ApiRequest, ApiResponse, User } from '../api/request.ts';
import type { StaticToken } from '../api/tokens.ts';
import type { ServiceResolver } from '../api/webhook/webhook-client.ts';
import { builtinKinds } from '../builtin/registry.ts';
import type { PodLogs } from '../node/pod-logs.ts';
import type { PodStreams } from '../node/streams/pod-streams.ts';
import { createMemoryStorage } from '../storage/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';

/** One for all: servers on the same storage accept each other's tokens, as over a restart. */
const TOKEN_KEY = newSigningKey();

export interface TestApiOptions {
  /** In memory by default. */
  storage?: Storage;
  clock?: Clock;
  logger?: Logger;
  podLogs?: PodLogs;
  podStreams?: PodStreams;
  maxWatchLag?: number;
  /** `AlwaysAllow` switches role-based access control off. */
  authorization?: 'RBAC' | 'AlwaysAllow';
  /** True adds the default roles and bindings; without it only `system:masters` may do anything. */
  bootstrapPolicy?: boolean;
  staticTokens?: StaticToken[];
  audit?: AuditSink;
  /** Where webhooks behind Services are. */
  resolveService?: ServiceResolver;
  /** Published as `kube-root-ca.crt` in every namespace; without it there is none. */
  rootCertificate?: string;
}

export interface TestApi extends Disposable {
  server: ApiServer;
  storage: Storage;
  transport: Transport;
  client: KubeClient;
  /** A raw request as an administrator; `path` may carry a query, `body` is sent as JSON text unless it is a string. */
  call(method: string, path: string, options?: TestCall): Promise<ApiResponse & { kind: 'json' }>;
  /** Like `call`, for any kind of answer. */
  open(method: string, path: string, options?: TestCall): Promise<ApiResponse>;
}

export interface TestCall {
  body?: unknown;
  /** `content-type` defaults to `application/json`. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** The administrator by default. */
  user?: User;
}

/** Builds the server with the system namespaces. Everything stored is frozen, so that a write to it throws. */
export async function createTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const storage = options.storage ?? createMemoryStorage();
  storage.subscribe('/', ({ value }) => void deepFreeze(value));
  const server = createApiServer({
    storage,
    kinds: builtinKinds(),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
    tokenKey: TOKEN_KEY,
    version: DEFAULT_VERSION,
    podLogs: () => options.podLogs,
    podStreams: () => options.podStreams,
    maxWatchLag: options.maxWatchLag,
    resolveService: options.resolveService,
    rootCertificate: options.rootCertificate,
    authorizer: options.authorization === 'AlwaysAllow' ? allowAll : undefined,
    staticTokens: options.staticTokens,
    audit: options.audit,
  });
  await createSystemNamespaces(server.handle);
  if (options.bootstrapPolicy === true)
    ensureBootstrapPolicy({ storage, clock: options.clock ?? systemClock, randomId: randomUUID });
  const transport = createLocalTransport(server.handle, SYSTEM_USER);
  const open = (method: string, path: string, call: TestCall = {}) =>
    server.handle(toRequest(method, path, call));
  return {
    server,
    storage,
    transport,
    client: createKubeClient(transport),
    open,
    async call(method, path, call) {
      const response = await open(method, path, call);
      if (response.kind !== 'json')
        throw new Error(`${method} ${path} answered with ${response.kind}`);
      return response;
    },
    [Symbol.dispose]() {
      server.stop();
      storage.close();
    },
  };
}

function toRequest(
  method: string,
  path: string,
  { body, headers = {}, signal, user = SYSTEM_USER }: TestCall,
): ApiRequest {
  const url = new URL(path, 'https://cluster.test');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: { 'content-type': 'application/json', 'user-agent': 'test/1.0', ...headers },
    ...(body !== undefined && { body: { bytes: Buffer.from(text) } }),
    user,
    signal,
  };
}
