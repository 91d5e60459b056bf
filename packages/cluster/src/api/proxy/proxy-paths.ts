/** The two paths of a proxied request: the one up to `proxy`, which is ours, and what follows, which is the pod's. */

/** Seven segments: `/api/v1/namespaces/<namespace>/<pods or services>/<name>/proxy`. */
const PROXY_PATH =
  /^(\/+api\/+v1\/+namespaces\/+[^/]+\/+(?:pods|services)\/+[^/]+\/+proxy)(\/.*)?$/;

/** Host, path, and what follows the path. */
const LOCATION = /^(?:(?:https?:)?\/\/([^/?#]*))?([^?#]*)(.*)$/is;

export interface ProxyPath {
  /** `/api/v1/namespaces/default/pods/p/proxy` */
  prefix: string;
  /** Still encoded; empty or with a leading slash. */
  rest: string;
}

/** Undefined for every other path; `path` has no query. */
export function parseProxyPath(path: string): ProxyPath | undefined {
  const match = PROXY_PATH.exec(path);
  return match ? { prefix: match[1] ?? '', rest: match[2] ?? '' } : undefined;
}

/**
 * A `Location` of the pod as the client must follow it: paths of the pod get the prefix, relative ones and other hosts stay.
 * `hosts` are the names under which this pod was asked. As the transport of apimachinery's `util/proxy`.
 */
export function rewriteLocation(
  location: string,
  { prefix, hosts }: { prefix: string; hosts: string[] },
): string {
  const [, host, path = '', tail = ''] = LOCATION.exec(location) ?? [];
  if (!path.startsWith('/') || (host !== undefined && !hosts.includes(host))) return location;
  const isOurs = path === prefix || path.startsWith(`${prefix}/`);
  return `${isOurs ? '' : prefix}${path}${tail}`;
}
