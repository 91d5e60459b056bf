/** One line of the audit log: an Event of audit.k8s.io/v1 at the stage ResponseComplete. */
import { isIP } from 'node:net';

import type { AccessDecision } from '../authorization/authorizer.ts';
import { objectAt, stringAt } from '../json.ts';
import { groupVersion } from '../object.ts';
import type { ApiRequest, ApiResponse, User } from '../request.ts';
import { parseResourceRoute } from '../route.ts';
import type { ResourceRoute } from '../route.ts';

/** How much is written of each request. `Request` adds the body of accepted writes, except of those that hold secrets. */
export type AuditLevel = 'Metadata' | 'Request';

export interface AuditEvent {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  [field: string]: unknown;
}

/** What is noted of a request on its way. */
export interface AuditTrail {
  id: string;
  /** Milliseconds. */
  receivedAt: number;
  request: ApiRequest;
  route?: ResourceRoute;
  /** Whom the request acts as, when that is somebody else. */
  impersonated?: User;
  decision?: AccessDecision;
}

/** Bodies of these are never written, at no level. */
const CONFIDENTIAL = new Set([
  '/secrets',
  '/configmaps',
  '/serviceaccounts/token',
  'authentication.k8s.io/tokenreviews',
]);

/** A longer body is left out, so that one line stays readable and the queue bounded. */
const MAX_BODY_CHARACTERS = 128 * 1024;

export function beginTrail(request: ApiRequest, id: string, now: number): AuditTrail {
  const route = parseResourceRoute(request.method, request.path, request.query);
  return { id, receivedAt: now, request, route };
}

/** The event for a request that has been answered; `body` is read only when it is going to be written. */
export function auditEvent(
  trail: AuditTrail,
  response: ApiResponse,
  options: { level: AuditLevel; now: number; body: () => unknown },
): AuditEvent {
  const { request, route, impersonated, decision } = trail;
  const query = request.query.toString();
  const isConfidential = route !== undefined && CONFIDENTIAL.has(resourceOf(route));
  const isOpen = options.level === 'Request' && !isConfidential && response.status < 300;
  const requestObject =
    isOpen && request.body !== undefined ? printable(options.body()) : undefined;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: options.level,
    auditID: trail.id,
    stage: 'ResponseComplete',
    requestURI: query === '' ? request.path : `${request.path}?${query}`,
    verb: route?.verb ?? request.method.toLowerCase(),
    user: userOf(request.user),
    ...(impersonated && { impersonatedUser: userOf(impersonated) }),
    ...(request.remoteAddress !== undefined && {
      sourceIPs: [...forwardedFor(request), request.remoteAddress],
    }),
    ...(request.headers['user-agent'] !== undefined && {
      userAgent: request.headers['user-agent'],
    }),
    ...(route && { objectRef: objectReference(route, response) }),
    responseStatus: responseStatus(response, isConfidential),
    ...(requestObject !== undefined && { requestObject }),
    requestReceivedTimestamp: microTime(trail.receivedAt),
    stageTimestamp: microTime(options.now),
    annotations: {
      ...(decision && {
        'authorization.k8s.io/decision': decision.allowed ? 'allow' : 'forbid',
        'authorization.k8s.io/reason': decision.reason,
      }),
      ...issuedCredential(route, response),
    },
  };
}

function resourceOf({ group, plural, subresource }: ResourceRoute): string {
  const isToken = group === '' && plural === 'serviceaccounts' && subresource === 'token';
  return isToken ? '/serviceaccounts/token' : `${group}/${plural}`;
}

function userOf({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) };
}

function objectReference(route: ResourceRoute, response: ApiResponse): object {
  const { group, version, plural, namespace, subresource } = route;
  const name = route.name ?? (route.verb === 'create' ? createdName(response) : undefined);
  const isNamespace = group === '' && plural === 'namespaces';
  const place = isNamespace && route.verb !== 'create' ? name : namespace;
  return {
    resource: plural,
    ...(place !== undefined && { namespace: place }),
    ...(name !== undefined && { name }),
    ...(group !== '' && { apiGroup: group }),
    apiVersion: groupVersion('', version),
    ...(subresource !== undefined && { subresource }),
  };
}

/** The name that was asked for: one the server made up is in no request. */
function createdName(response: ApiResponse): string | undefined {
  if (response.kind !== 'json') return undefined;
  const { body } = response;
  if (response.status >= 400) return stringAt(body, 'details', 'name');
  return stringAt(body, 'metadata', 'generateName') === undefined
    ? stringAt(body, 'metadata', 'name')
    : undefined;
}

/** Proxies that say for whom they ask. */
function forwardedFor({ headers }: ApiRequest): string[] {
  return (headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => isIP(address) !== 0);
}

/** By the identity of a new token its uses are found. */
function issuedCredential(
  route: ResourceRoute | undefined,
  response: ApiResponse,
): Record<string, string> {
  if (route?.subresource !== 'token' || response.kind !== 'json') return {};
  const [, payload = ''] = (stringAt(response.body, 'status', 'token') ?? '').split('.');
  const id = /"jti":"([^"]+)"/.exec(Buffer.from(payload, 'base64url').toString('utf8'))?.[1];
  return id === undefined
    ? {}
    : { 'authentication.kubernetes.io/issued-credential-id': `JTI=${id}` };
}

/** Refusals quote what they refuse: of confidential kinds only code and reason are kept. */
function responseStatus(response: ApiResponse, isConfidential: boolean): object {
  const status = { metadata: {}, code: response.status };
  if (response.kind !== 'json' || stringAt(response.body, 'kind') !== 'Status') return status;
  const { body } = response;
  const message = isConfidential ? undefined : stringAt(body, 'message');
  const details = isConfidential ? undefined : objectAt(body, 'details');
  const reason = stringAt(body, 'reason');
  return {
    ...status,
    status: stringAt(body, 'status'),
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
    ...(details && { details }),
  };
}

function printable(body: unknown): unknown {
  return JSON.stringify(body)?.length <= MAX_BODY_CHARACTERS ? body : undefined;
}

/** Kubernetes' MicroTime; this clock counts milliseconds. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
