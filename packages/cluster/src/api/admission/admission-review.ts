/** The request part of an AdmissionReview, for webhooks and as the `request` of CEL expressions. */
import type { JsonObject } from '../../schema/json.ts';
import { groupVersion } from '../object.ts';
import type { ApiObject } from '../object.ts';
import type { User } from '../request.ts';
import type { ServedResource } from '../resource-registry.ts';
import { toScale } from '../scale.ts';
import type { AdmissionRequest } from './admission.ts';

/** UserInfo as in reviews. */
export function userInfo({ name, uid, groups, extra }: User): JsonObject {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) };
}

/** The group, version and kind of what a request carries; subresources have kinds of their own. */
function kindOf(request: AdmissionRequest, resource: ServedResource): JsonObject {
  const { subresource, object } = request;
  if (subresource === 'scale') return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const isOwn = subresource === undefined || subresource === 'status' || subresource === 'finalize';
  if (isOwn || !object)
    return { group: resource.group, version: resource.version.version, kind: resource.kind };
  const [version = '', group = ''] = object.apiVersion.split('/').toReversed();
  return { group, version, kind: object.kind };
}

/**
 * Everything but `object`, `oldObject` and `uid`. `resource` is the version the review speaks, which may be another one
 * than the client's.
 */
export function reviewRequest(request: AdmissionRequest, resource: ServedResource): JsonObject {
  const { name, namespace, operation, subresource, user, dryRun, options } = request;
  const place = (of: ServedResource) => ({
    group: of.group,
    version: of.version.version,
    resource: of.plural,
  });
  return {
    kind: kindOf(request, resource),
    resource: place(resource),
    ...(subresource !== undefined && { subResource: subresource }),
    requestKind: kindOf(request, request.resource),
    requestResource: place(request.resource),
    ...(subresource !== undefined && { requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...(namespaceField(request) !== undefined && { namespace: namespaceField(request) }),
    operation,
    userInfo: userInfo(user),
    dryRun,
    options: options ?? null,
  };

  /** Requests about a namespace carry its name here too. */
  function namespaceField({ resource: of }: AdmissionRequest): string | undefined {
    if (namespace !== undefined) return namespace;
    return of.group === '' && of.plural === 'namespaces' && name !== '' ? name : undefined;
  }
}

/** What webhooks and expressions see of an object: on the scale endpoint its Scale. */
export function presented(
  { subresource, resource }: AdmissionRequest,
  object: ApiObject | undefined,
): ApiObject | JsonObject | undefined {
  return object && subresource === 'scale' ? toScale(resource, object) : object;
}

/** `example.com/v1, Kind=Widget`, as Go prints a GroupVersionKind. */
export function kindText(apiVersion: string, kind: string): string {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return `${groupVersion(group, version).replace(/^([^/]*)$/, '/$1')}, Kind=${kind}`;
}
