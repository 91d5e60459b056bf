/** The transport-free API server: one function from request to response that holds all semantics. */
import { randomUUID } from 'node:crypto';

import { isKubeError } from '@kagent/kube';
import type { Clock, Logger } from '@kagent/kube';

import type { PodLogs } from '../node/pod-logs.ts';
import type { PodStreams } from '../node/streams/pod-streams.ts';
import type { Storage } from '../storage/storage.ts';
import { createAdmission } from './admission/create-admission.ts';
import { createAuditor } from './audit/auditor.ts';
import type { AuditTrail } from './audit/audit-event.ts';
import type { Auditor, AuditSink } from './audit/auditor.ts';
import { authorizedCreates } from './authorization/apply-creates.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import { rbacEscalation } from './authorization/escalation.ts';
import { createRbacAuthorizer } from './authorization/rbac-authorizer.ts';
import { createWebhookConverter } from './conversion/webhook-converter.ts';
import { furnish } from './furnish.ts';
import { followCrds } from './crd-lifecycle.ts';
import type { KindDefinition } from './kinds.ts';
import { ObjectWriter } from './object-writer.ts';
import { OpenApiPublisher } from './openapi.ts';
import { json } from './request.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from './request.ts';
import type { ResourceDependencies } from './resource-handler.ts';
import { ResourceRegistry } from './resource-registry.ts';
import { Router } from './router.ts';
import { createRequestMetrics } from './monitoring/request-metrics.ts';
import type { Measured, RequestMetrics } from './monitoring/request-metrics.ts';
import { internalError, StatusError } from './status-error.ts';
import { createServiceAllocator } from './services/service-allocator.ts';
import { TablePrinter } from './table.ts';
import { TokenAuthority } from './tokens.ts';
import type { StaticToken } from './tokens.ts';
import { WatchHub } from './watch/watch-hub.ts';
import { createWebhookClient } from './webhook/webhook-client.ts';
import type { ServiceResolver } from './webhook/webhook-client.ts';

export interface ApiServerOptions {
  storage: Storage;
  kinds: KindDefinition[];
  clock: Clock;
  logger: Logger;
  /** Signs service account tokens: PEM of a private key on the curve P-256, the same over restarts. */
  tokenKey: string;
  /** `gitVersion` of `/version`, e.g. `v1.35.2-kagent`. */
  version: string;
  /** The node's logs, once there is a node. */
  podLogs(): PodLogs | undefined;
  /** The node's exec, attach and port-forward, once there is a node. */
  podStreams?(): PodStreams | undefined;
  /** Role-based access control by default. */
  authorizer?: Authorizer;
  /** Bearer tokens of people, beside service account tokens. */
  staticTokens?: StaticToken[];
  /** Where the audit log goes; without it there is none. */
  audit?: AuditSink;
  randomId?: () => string;
  random?: () => number;
  /** Where webhooks behind Services are; without it they cannot be reached. */
  resolveService?: ServiceResolver;
  /** PEM of the certificate authority clients in pods trust, for `kube-root-ca.crt`. */
  rootCertificate?: string;
  /** Frames a watch may lag behind before it is dropped. */
  maxWatchLag?: number;
}

export interface ApiServer {
  handle: ApiHandler;
  tokens: TokenAuthority;
  registry: ResourceRegistry;
  hub: WatchHub;
  /** For the audit log: a request that was turned away before it got here, because nobody knows who made it. */
  auditRefusal(request: ApiRequest, refusal: StatusError): void;
  /** Ends all watches; later requests are still answered. */
  stop(): void;
}

/** What kubectl 1.34 to 1.36 accept without a word about version skew. */
export const DEFAULT_VERSION = 'v1.35.2-kagent';
const DEFAULT_WATCH_LAG = 8192;

/** Builds the server over a storage. CRDs in the storage are served at once. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, logger, rootCertificate, randomId = randomUUID } = options;
  const { resources, authorizer, close } = assemble(options);
  const { storage, registry, writer, tokens, hub } = resources;
  const stopCrds = followCrds({ ...resources, logger });
  const stopFurnishing = furnish({ storage, registry, writer, logger, rootCertificate });
  const requests = createRequestMetrics({ registry, clock });
  const router = new Router({
    resources,
    requests,
    openApi: new OpenApiPublisher(registry),
    authorizer,
    version: options.version,
  });
  const auditor = options.audit && createAuditor(options.audit, { clock, randomId });
  return {
    handle: (request) =>
      answer({ router, requests, auditor, logger, storage: options.storage }, request),
    tokens,
    registry,
    hub,
    auditRefusal(request, { status }) {
      const trail = auditor?.begin(request);
      if (trail) auditor?.end(trail, json(status, status.code));
    },
    stop() {
      stopFurnishing();
      stopCrds();
      close();
      hub.endWatches(() => true);
    },
  };
}

/** What requests are answered with, and who may make them. */
function assemble(options: ApiServerOptions): {
  resources: ResourceDependencies;
  authorizer: Authorizer;
  close(): void;
} {
  const { storage, clock, logger, randomId = randomUUID, random = Math.random } = options;
  const registry = new ResourceRegistry(options.kinds);
  const printer = new TablePrinter();
  const maxLag = options.maxWatchLag ?? DEFAULT_WATCH_LAG;
  const hub = new WatchHub({ storage, printer, clock, maxLag });
  const rbac = createRbacAuthorizer(storage);
  const authorizer = options.authorizer ?? rbac;
  const webhooks = createWebhookClient({ clock, resolveService: options.resolveService });
  const converter = createWebhookConverter({ client: webhooks, randomId });
  const writing = { storage, registry, converter, clock, randomId, random };
  const { chain: admission, close: closeAdmission } = createAdmission({
    ...writing,
    logger,
    client: webhooks,
    authorizer,
    plugins: [authorizedCreates(authorizer), rbacEscalation(authorizer, rbac)],
  });
  const services = createServiceAllocator(storage);
  const writer = new ObjectWriter({ ...writing, admission, services });
  const { tokenKey: key, staticTokens } = options;
  const tokens = new TokenAuthority({ key, storage, clock, randomId, staticTokens });
  const resources: ResourceDependencies = {
    storage,
    registry,
    writer,
    admission,
    converter,
    printer,
    hub,
    clock,
    tokens,
    podLogs: () => options.podLogs(),
    podStreams: () => options.podStreams?.(),
  };
  return {
    resources,
    authorizer,
    close() {
      rbac.close();
      closeAdmission();
      services.close();
      webhooks.close();
    },
  };
}

interface Answering {
  router: Router;
  requests: RequestMetrics;
  auditor: Auditor | undefined;
  logger: Logger;
  storage: Storage;
}

async function answer(
  { router, requests, auditor, logger, storage }: Answering,
  request: ApiRequest,
): Promise<ApiResponse> {
  const trail = auditor?.begin(request);
  const measured = requests.begin(request);
  const response = await route(router, { request, trail, measured, logger, storage });
  requests.end(measured, request, response);
  return auditor && trail ? auditor.end(trail, response) : response;
}

interface Routed {
  request: ApiRequest;
  trail?: AuditTrail;
  measured: Measured;
  logger: Logger;
  storage: Storage;
}

async function route(
  router: Router,
  { request, trail, measured, logger, storage }: Routed,
): Promise<ApiResponse> {
  try {
    const response = await router.route(request, trail, measured);
    const unflushed = storage.flushed();
    if (unflushed) await unflushed;
    return response;
  } catch (error) {
    if (error instanceof StatusError) return json(error.status, error.status.code);
    // The node's refusals come in the words of the client port.
    if (isKubeError(error) && error.status) return json(error.status, error.code);
    const { method, path } = request;
    logger.error(
      { method, path, error: error instanceof Error ? error.stack : String(error) },
      'request failed',
    );
    const failure = internalError(error instanceof Error ? error.message : String(error), error);
    return json(failure.status, failure.status.code);
  }
}
