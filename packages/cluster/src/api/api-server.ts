/** The transport-free API server: one function from request to response that holds all semantics. */
import { randomUUID } from 'node:crypto';

import { isKubeError } from '@kagent/kube';
import type { Clock, Logger } from '@kagent/kube';

import type { PodLogs } from '../node/pod-logs.ts';
import { isObject } from '../schema/json.ts';
import type { Storage } from '../storage/storage.ts';
import { allowAll } from './authorization.ts';
import type { AccessRequest, Authorizer } from './authorization.ts';
import { decodeBody } from './body.ts';
import { followCrds } from './crd-lifecycle.ts';
import { discover } from './discovery.ts';
import type { KindDefinition } from './kinds.ts';
import { ObjectWriter } from './object-writer.ts';
import { OpenApiPublisher } from './openapi.ts';
import { json } from './request.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from './request.ts';
import { handleResource } from './resource-handler.ts';
import type { ResourceDependencies } from './resource-handler.ts';
import { ResourceRegistry } from './resource-registry.ts';
import { answerReview, reviewOf } from './reviews.ts';
import { parseResourceRoute } from './route.ts';
import type { ResourceRoute } from './route.ts';
import {
  badRequest,
  forbidden,
  internalError,
  methodNotAllowed,
  StatusError,
  unknownPath,
} from './status-error.ts';
import { TablePrinter } from './table.ts';
import { TokenAuthority } from './tokens.ts';
import { WatchHub } from './watch/watch-hub.ts';

export interface ApiServerOptions {
  storage: Storage;
  kinds: KindDefinition[];
  clock: Clock;
  logger: Logger;
  /** Signs service account tokens; at least 32 bytes, the same over restarts. */
  tokenKey: Uint8Array;
  /** `gitVersion` of `/version`, e.g. `v1.35.2-kagent`. */
  version: string;
  /** The node's logs, once there is a node. */
  podLogs(): PodLogs | undefined;
  authorizer?: Authorizer;
  randomId?: () => string;
  random?: () => number;
  /** Frames a watch may lag behind before it is dropped. */
  maxWatchLag?: number;
}

export interface ApiServer {
  handle: ApiHandler;
  tokens: TokenAuthority;
  registry: ResourceRegistry;
  hub: WatchHub;
  /** Ends all watches; later requests are still answered. */
  stop(): void;
}

/** What kubectl 1.34 to 1.36 accept without a word about version skew. */
export const DEFAULT_VERSION = 'v1.35.2-kagent';
const DEFAULT_WATCH_LAG = 8192;

/** Builds the server over a storage. CRDs in the storage are served at once. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { storage, clock, logger } = options;
  const registry = new ResourceRegistry(options.kinds);
  const printer = new TablePrinter();
  const hub = new WatchHub({
    storage,
    printer,
    clock,
    maxLag: options.maxWatchLag ?? DEFAULT_WATCH_LAG,
  });
  const writer = new ObjectWriter({
    storage,
    registry,
    clock,
    randomId: options.randomId ?? randomUUID,
    random: options.random ?? Math.random,
  });
  const tokens = new TokenAuthority({ key: options.tokenKey, storage, clock });
  const resources: ResourceDependencies = {
    storage,
    registry,
    writer,
    printer,
    hub,
    clock,
    tokens,
    podLogs: () => options.podLogs(),
  };
  const stopCrds = followCrds({ ...resources, logger });
  const router = new Router({
    resources,
    openApi: new OpenApiPublisher(registry),
    authorizer: options.authorizer ?? allowAll,
    version: options.version,
  });
  return {
    handle: (request) => answer(router, request, logger),
    tokens,
    registry,
    hub,
    stop() {
      stopCrds();
      hub.endWatches(() => true);
    },
  };
}

async function answer(router: Router, request: ApiRequest, logger: Logger): Promise<ApiResponse> {
  try {
    return await router.route(request);
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

interface RouterOptions {
  resources: ResourceDependencies;
  openApi: OpenApiPublisher;
  authorizer: Authorizer;
  version: string;
}

class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async route(request: ApiRequest): Promise<ApiResponse> {
    const route = parseResourceRoute(request.method, request.path, request.query);
    if (route) {
      this.#authorize({ user: request.user, ...accessOf(route) });
      const review = route.verb === 'create' ? reviewOf(route.group, route.plural) : undefined;
      if (review) return this.#review(request, route, review);
      return handleResource(this.#options.resources, request, route);
    }
    this.#authorize({ user: request.user, verb: request.method.toLowerCase(), path: request.path });
    return this.#routePath(request);
  }

  #routePath(request: ApiRequest): ApiResponse {
    const { path } = request;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) throw /^\/(api|apis)\//.test(path) ? methodNotAllowed() : unknownPath();
    if (path === '/version' || path === '/version/')
      return json(versionInfo(this.#options.version));
    if (isHealthPath(path))
      return {
        kind: 'text',
        status: 200,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: 'ok',
      };
    if (path.startsWith('/openapi/')) return this.#options.openApi.answer(request);
    const discovered = discover(this.#options.resources.registry, request);
    if (!discovered) throw unknownPath();
    return discovered;
  }

  #authorize(access: AccessRequest): void {
    const { allowed, reason } = this.#options.authorizer.authorize(access);
    if (allowed) return;
    const { user, verb, group = '', resource, subresource, namespace, name = '', path } = access;
    if (resource === undefined) {
      const message = `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`;
      throw new StatusError({ code: 403, reason: 'Forbidden', message, details: {} });
    }
    const scope =
      namespace === undefined
        ? 'at the cluster scope'
        : `in the namespace ${JSON.stringify(namespace)}`;
    const subject = subresource === undefined ? resource : `${resource}/${subresource}`;
    const why = `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(subject)} in API group ${JSON.stringify(group)} ${scope}`;
    throw forbidden({ group, plural: resource }, name, reason === '' ? why : `${why}: ${reason}`);
  }

  #review(
    request: ApiRequest,
    route: ResourceRoute,
    review: NonNullable<ReturnType<typeof reviewOf>>,
  ): ApiResponse {
    const { resources, authorizer } = this.#options;
    if (!resources.registry.find(route.group, route.version, route.plural)) throw unknownPath();
    const body = decodeBody(request).value;
    if (!isObject(body)) throw badRequest('the body is not a review');
    const { user } = request;
    return json(answerReview(review, body, { user, authorizer, tokens: resources.tokens }), 201);
  }
}

/** Paths that answer without credentials. */
export function isHealthPath(path: string): boolean {
  return /^\/(?:healthz|livez|readyz)(?:\/|$)/.test(path);
}

function accessOf({
  group,
  plural,
  namespace,
  name,
  subresource,
  verb,
}: ResourceRoute): Omit<AccessRequest, 'user'> {
  return { verb, group, resource: plural, subresource, namespace, name };
}

function versionInfo(gitVersion: string): object {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
