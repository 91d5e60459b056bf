/** From a request to the question an authorizer answers, and from its no to the refusal a client gets. */
import type { ResourceRoute } from '../route.ts';
import { parseFieldSelector } from '../selectors.ts';
import { forbidden, StatusError } from '../status-error.ts';
import type { AccessRequest } from './authorizer.ts';

/** What a route asks for, as apiserver's RequestInfo tells it to authorizers. */
export function accessOf(
  route: ResourceRoute,
  query: URLSearchParams,
): Omit<AccessRequest, 'user'> & { resource: string } {
  const { group, plural, subresource, verb } = route;
  const isNamespace = group === '' && plural === 'namespaces';
  // A namespace is seen from inside: a RoleBinding in it may allow to read it.
  const namespace = isNamespace ? (route.name ?? route.namespace) : route.namespace;
  const name = route.name ?? nameIn(verb, query);
  return { verb, group, resource: plural, subresource, namespace, name };
}

/** Reading a collection by `metadata.name` is reading one object, so that rules with resourceNames can allow it. */
function nameIn(verb: string, query: URLSearchParams): string | undefined {
  if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') return undefined;
  try {
    return parseFieldSelector(query.get('fieldSelector'), () => undefined)?.name;
  } catch {
    return undefined;
  }
}

/** What a client reads that may not do this; `reason` of the decision may be empty. */
export function refusal(access: AccessRequest, reason: string): StatusError {
  const { user, verb, group = '', resource, subresource, namespace, name = '', path } = access;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  const because = reason === '' ? '' : `: ${reason}`;
  if (resource === undefined) {
    const message = `forbidden: ${who} path ${JSON.stringify(path)}${because}`;
    return new StatusError({ code: 403, reason: 'Forbidden', message, details: {} });
  }
  const scope =
    namespace === undefined || namespace === ''
      ? 'at the cluster scope'
      : `in the namespace ${JSON.stringify(namespace)}`;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const why = `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${scope}${because}`;
  return forbidden({ group, plural: resource }, name, why);
}
