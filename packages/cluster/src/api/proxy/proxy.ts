/** The `proxy` subresource of pods and services: HTTP to a pod with the API server's authentication and authorization. */
import type { PodStreams } from '../../node/streams/pod-streams.ts';
import { admitConnect } from '../admission/chain.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import type { ApiObject } from '../object.ts';
import type { ObjectWriter, WriteTarget } from '../object-writer.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import type { ResourceRegistry, ServedResource } from '../resource-registry.ts';
import { badRequest, unknownPath } from '../status-error.ts';
import { forward } from './forward.ts';
import { parseProxyPath } from './proxy-paths.ts';
import { proxyTarget } from './proxy-target.ts';

export interface ProxyDependencies {
  writer: ObjectWriter;
  registry: ResourceRegistry;
  admission: AdmissionChain;
  podStreams(): PodStreams | undefined;
}

export interface ProxyCall {
  request: ApiRequest;
  target: WriteTarget;
  warn(text: string): void;
}

export function isProxied({ group, plural }: ServedResource, subresource?: string): boolean {
  return subresource === 'proxy' && group === '' && (plural === 'pods' || plural === 'services');
}

/**
 * Admits the request as a CONNECT and passes it on. A path without a trailing slash is redirected to one, so that relative
 * links work. Rejects with StatusError.
 */
export async function proxy(deps: ProxyDependencies, call: ProxyCall): Promise<ApiResponse> {
  const { request, target, warn } = call;
  const { resource, namespace = '', name: id } = target;
  const plural = resource.plural === 'pods' ? 'pods' : 'services';
  const path = parseProxyPath(request.path);
  if (!path) throw unknownPath();
  if (/^(?:websocket|spdy)/i.test(request.headers['upgrade'] ?? ''))
    throw badRequest('upgrades are not possible through a proxy; use port-forward');
  await admitConnect(deps.admission, {
    resource,
    namespace,
    name: id,
    subresource: 'proxy',
    user: request.user,
    warn,
    object: proxyOptions(plural, path.rest),
  });
  const destination = proxyTarget({ plural, namespace, id, find: finder(deps, namespace) });
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path.rest === '' && isRead) return redirectToSlash(request, path.prefix);
  const streams = deps.podStreams();
  return forward(request, {
    target: destination,
    path: { ...path, rest: path.rest === '' ? '/' : path.rest },
    streams,
  });
}

/** A `PodProxyOptions` or `ServiceProxyOptions` (core/v1), as admission sees it. */
function proxyOptions(plural: 'pods' | 'services', rest: string): ApiObject {
  const kind = plural === 'pods' ? 'PodProxyOptions' : 'ServiceProxyOptions';
  const options: ApiObject = { kind, apiVersion: 'v1', metadata: { name: '' } };
  // The router has refused broken escapes.
  if (rest !== '') options['path'] = decodeURIComponent(rest);
  return options;
}

function finder(deps: ProxyDependencies, namespace: string) {
  return (plural: string, name: string): ApiObject | undefined => {
    const resource = deps.registry.find('', 'v1', plural);
    const target = resource && { resource, namespace, name };
    return target && deps.writer.exists(target) ? deps.writer.read(target).object : undefined;
  };
}

function redirectToSlash({ wire, query }: ApiRequest, prefix: string): ApiResponse {
  const [, search = query.toString()] = wire?.url.split(/\?(.*)/s) ?? [];
  const location = `${prefix}/${search === '' ? '' : `?${search}`}`;
  return { kind: 'text', status: 301, headers: { location }, body: '' };
}
