/** What a request is about: a resource, a review, discovery, health. Who may ask is decided here, before anything else. */
import type { AuditTrail } from './audit/audit-event.ts';
import { accessOf, refusal } from './authorization/access.ts';
import type { AccessRequest, Authorizer } from './authorization/authorizer.ts';
import { impersonate } from './authorization/impersonation.ts';
import { decodeObject, pruneUnknown } from './decode-object.ts';
import { discover } from './discovery.ts';
import { discoverIssuer } from './issuer-discovery.ts';
import type { OpenApiPublisher } from './openapi.ts';
import { metricsAnswer } from './monitoring/server-metrics.ts';
import type { Measured, RequestMetrics } from './monitoring/request-metrics.ts';
import { json, pageNotFound } from './request.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import type { ResourceRegistry } from './resource-registry.ts';
import { handleResource, warningHeader } from './resource-handler.ts';
import type { ResourceDependencies } from './resource-handler.ts';
import { requireOwnShape } from './representation.ts';
import { answerReview, reviewOf } from './reviews.ts';
import { parseResourceRoute, segments } from './route.ts';
import type { ResourceRoute } from './route.ts';
import { answerHealth, healthMetrics, isHealthPath, versionInfo } from './server-state.ts';
import { methodNotAllowed, unknownPath } from './status-error.ts';
import { ISSUER } from './tokens.ts';
import { decodeTyped } from './typed-body.ts';
import { writeOptions } from './write-options.ts';

export interface RouterOptions {
  resources: ResourceDependencies;
  openApi: OpenApiPublisher;
  requests: RequestMetrics;
  authorizer: Authorizer;
  version: string;
}

/** Lets a request in, or not, and finds who answers it. */
export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** `trail` notes for the audit log who was let in and why, `measured` for the metrics where to. Rejects with the refusal. */
  async route(
    received: ApiRequest,
    trail: AuditTrail | undefined,
    measured: Measured,
  ): Promise<ApiResponse> {
    const user = impersonate(received, this.#options.authorizer);
    if (trail && user !== received.user) trail.impersonated = user;
    const request = user === received.user ? received : { ...received, user };
    const { method, path, query } = request;
    const route = parseResourceRoute(method, path, query);
    measured.route = route;
    if (!route) {
      if (!isHealthPath(path)) this.#authorize({ user, verb: method.toLowerCase(), path }, trail);
      return this.#routePath(request);
    }
    const access = { user, ...accessOf(route, query) };
    this.#authorize(access, trail);
    if (opensShell(route)) this.#authorize({ ...access, verb: 'create' }, trail);
    const review = route.verb === 'create' ? reviewOf(route.group, route.plural) : undefined;
    if (review) return this.#review(request, route, review);
    return handleResource(this.#options.resources, request, route);
  }

  #routePath(request: ApiRequest): ApiResponse {
    const { path, method } = request;
    const { resources } = this.#options;
    if (method !== 'GET' && this.#isOnlyRead(path)) throw methodNotAllowed();
    if (path === '/version' || path === '/version/')
      return json(versionInfo(this.#options.version));
    if (path === '/metrics') return this.#metrics();
    if (path === '/metrics/slis') return healthMetrics();
    const health = answerHealth(request);
    if (health) return health;
    if (path.startsWith('/openapi/')) return this.#options.openApi.answer(request);
    const { jwk } = resources.tokens;
    const issuer = discoverIssuer(request, { issuer: ISSUER, jwk });
    if (issuer) return issuer;
    const discovered = discover(resources.registry, request);
    if (discovered) return discovered;
    if (isBuiltinPath(resources.registry, path)) throw unknownPath();
    return pageNotFound();
  }

  /** Every method is a read to most of these paths; a few were made for GET alone. */
  #isOnlyRead(path: string): boolean {
    if (/^\/(?:api|version)\/?$/.test(path)) return true;
    const parts = segments(path) ?? [];
    const isGroup = parts[0] === 'apis' && parts.length < 3;
    return !isGroup && isBuiltinPath(this.#options.resources.registry, path);
  }

  #metrics(): ApiResponse {
    const { resources, requests, version } = this.#options;
    const { registry, storage, hub } = resources;
    return metricsAnswer({ requests, registry, storage, hub, version });
  }

  #authorize(access: AccessRequest, trail: AuditTrail | undefined): void {
    const decision = this.#options.authorizer.authorize(access);
    if (trail) trail.decision = decision;
    if (!decision.allowed) throw refusal(access, decision.reason);
  }

  #review(
    request: ApiRequest,
    route: ResourceRoute,
    review: NonNullable<ReturnType<typeof reviewOf>>,
  ): ApiResponse {
    const { resources, authorizer } = this.#options;
    const resource = resources.registry.find(route.group, route.version, route.plural);
    const { namespace } = route;
    if (!resource || resource.namespaced !== (namespace !== undefined)) throw unknownPath();
    requireOwnShape(request);
    const { fieldValidation } = writeOptions(request, 'CreateOptions');
    const { value, duplicates } = decodeTyped(request, resource);
    const asked = decodeObject(value, { resource, namespace, name: '' });
    const warnings: string[] = [];
    const warn = (text: string) => warnings.push(text);
    pruneUnknown(asked, resource, { fieldValidation, duplicates, warn });
    const { tokens, clock } = resources;
    const context = { user: request.user, namespace, authorizer, tokens, now: clock.now() };
    const response = json(answerReview(review, asked, context), 201);
    if (warnings.length > 0) response.headers['warning'] = warnings.map(warningHeader);
    return response;
  }
}

/** Below a group of the server's own, where refusals are Statuses. */
function isBuiltinPath(registry: ResourceRegistry, path: string): boolean {
  const [root, group = ''] = segments(path) ?? [];
  if (root === 'api') return true;
  return root === 'apis' && registry.isBuiltinGroup(group);
}

const SHELLS = new Set(['exec', 'attach', 'portforward']);

/**
 * WebSockets begin with a GET, but a command in a pod is no read: since Kubernetes 1.35 it needs `create` as well
 * (KEP-5368, AuthorizePodWebsocketUpgradeCreatePermission).
 */
function opensShell({ group, plural, subresource = '', verb }: ResourceRoute): boolean {
  return group === '' && plural === 'pods' && SHELLS.has(subresource) && verb === 'get';
}
