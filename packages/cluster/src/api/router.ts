/** What a request is about: a resource, a review, discovery, health. Who may ask is decided here, before anything else. */
import { isObject } from '../schema/json.ts';
import type { AuditTrail } from './audit/audit-event.ts';
import { accessOf, refusal } from './authorization/access.ts';
import type { AccessRequest, Authorizer } from './authorization/authorizer.ts';
import { impersonate } from './authorization/impersonation.ts';
import { decodeBody } from './body.ts';
import { discover } from './discovery.ts';
import { discoverIssuer } from './issuer-discovery.ts';
import type { OpenApiPublisher } from './openapi.ts';
import { metricsAnswer } from './monitoring/server-metrics.ts';
import type { Measured, RequestMetrics } from './monitoring/request-metrics.ts';
import { json } from './request.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { handleResource } from './resource-handler.ts';
import type { ResourceDependencies } from './resource-handler.ts';
import { answerReview, reviewOf } from './reviews.ts';
import { parseResourceRoute } from './route.ts';
import type { ResourceRoute } from './route.ts';
import { answerHealth, isHealthPath, versionInfo } from './server-state.ts';
import { badRequest, methodNotAllowed, unknownPath } from './status-error.ts';
import { ISSUER } from './tokens.ts';

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
    const { path } = request;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) throw /^\/(api|apis)\//.test(path) ? methodNotAllowed() : unknownPath();
    if (path === '/version' || path === '/version/')
      return json(versionInfo(this.#options.version));
    if (path === '/metrics') return this.#metrics();
    const health = answerHealth(request);
    if (health) return health;
    if (path.startsWith('/openapi/')) return this.#options.openApi.answer(request);
    const { jwk } = this.#options.resources.tokens;
    const issuer = discoverIssuer(request, { issuer: ISSUER, jwk });
    if (issuer) return issuer;
    const discovered = discover(this.#options.resources.registry, request);
    if (!discovered) throw unknownPath();
    return discovered;
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
    if (!resources.registry.find(route.group, route.version, route.plural)) throw unknownPath();
    const body = decodeBody(request).value;
    if (!isObject(body)) throw badRequest('the body is not a review');
    const { user } = request;
    const context = { user, namespace: route.namespace, authorizer, tokens: resources.tokens };
    return json(answerReview(review, body, context), 201);
  }
}

const SHELLS = new Set(['exec', 'attach', 'portforward']);

/**
 * WebSockets begin with a GET, but a command in a pod is no read: since Kubernetes 1.35 it needs `create` as well
 * (KEP-5368, AuthorizePodWebsocketUpgradeCreatePermission).
 */
function opensShell({ group, plural, subresource = '', verb }: ResourceRoute): boolean {
  return group === '' && plural === 'pods' && SHELLS.has(subresource) && verb === 'get';
}
