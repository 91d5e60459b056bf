/** From method and path to what is asked for, as apiserver's RequestInfo does. */

/** A request for a resource. */
export interface ResourceRoute {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
  namespace?: string;
  name?: string;
  subresource?: string;
  verb: Verb;
}

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection';

/** Reads `/api/v1/…` and `/apis/<group>/<version>/…`; undefined for every other path, and for methods without a verb. */
export function parseResourceRoute(
  method: string,
  path: string,
  query: URLSearchParams,
): ResourceRoute | undefined {
  const parts = segments(path);
  if (!parts) return undefined;
  const [root, ...rest] = parts;
  const [group, version, ...tail] = root === 'api' ? ['', ...rest] : root === 'apis' ? rest : [];
  if (group === undefined || version === undefined || tail.length === 0) return undefined;
  const watchPath = tail[0] === 'watch' && tail.length > 1;
  const target = splitTarget(watchPath ? tail.slice(1) : tail);
  if (!target) return undefined;
  // Parameters of what is connected to are not ours.
  const isAsked = target.subresource !== 'proxy' && isTrue(query.get('watch'));
  const wantsWatch = watchPath ? 'path' : isAsked ? 'query' : undefined;
  const verb = verbOf(method, target.name !== undefined, wantsWatch);
  return verb && { group, version, ...target, verb };
}

/** Query flags as Go reads them: whatever is there is true, but `0` and `false` in any case. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** Decoded path segments without empty ones; undefined when an escape is broken. */
export function segments(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

type Target = Pick<ResourceRoute, 'plural' | 'namespace' | 'name' | 'subresource'>;

/** `namespaces/x/finalize` is about the namespace, `namespaces/x/pods` about what is in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

function splitTarget(parts: string[]): Target | undefined {
  const [first, second, third, ...rest] = parts;
  if (first === undefined) return undefined;
  if (first === 'namespaces' && third !== undefined && !NAMESPACE_SUBRESOURCES.has(third)) {
    const [name, subresource] = rest;
    return { plural: third, namespace: second, name, subresource };
  }
  return { plural: first, name: second, subresource: third };
}

function verbOf(
  method: string,
  named: boolean,
  wantsWatch: 'path' | 'query' | undefined,
): Verb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (wantsWatch === 'path' || (wantsWatch === 'query' && !named)) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}
