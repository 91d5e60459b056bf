/** POSTs below an object: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. */
import { isObject } from '../schema/json.ts';
import { decodeBody } from './body.ts';
import { deleteObject } from './delete.ts';
import type { DeleteDependencies } from './delete.ts';
import { listAt, numberAt, objectAt, stringAt } from './json.ts';
import { timestamp } from './object.ts';
import { bindPod, evictionOptions } from './pod-subresources.ts';
import { json } from './request.ts';
import type { ApiResponse } from './request.ts';
import type { ResourceRequest } from './resource-handler.ts';
import { badRequest, invalid, unknownPath } from './status-error.ts';
import { ISSUER } from './tokens.ts';
import type { TokenAuthority } from './tokens.ts';
import { deleteOptions, writeOptions } from './write-options.ts';

export interface SubresourceDependencies extends DeleteDependencies {
  tokens: TokenAuthority;
}

const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Answers a POST to a subresource. Throws 404 for those that take none. */
export function createSubresource(
  deps: SubresourceDependencies,
  call: ResourceRequest,
): ApiResponse {
  const { resource, subresource } = call.target;
  switch (`${resource.group}/${resource.plural}/${subresource}`) {
    case '/pods/binding':
      return bind(deps, call);
    case '/pods/eviction':
      return evict(deps, call);
    case '/serviceaccounts/token':
      return issueToken(deps, call);
    default:
      throw unknownPath();
  }
}

function bind(
  { writer, clock }: SubresourceDependencies,
  { request, target }: ResourceRequest,
): ApiResponse {
  const options = writeOptions(request, 'CreateOptions');
  const binding = decodeBody(request).value;
  writer.update(target, options, (pod) => bindPod(pod, binding, timestamp(clock.now())));
  return json(CREATED, 201);
}

function evict(deps: SubresourceDependencies, { request, target }: ResourceRequest): ApiResponse {
  const options = deleteOptions(evictionOptions(decodeBody(request).value), request.query);
  deleteObject(deps, { ...target, subresource: undefined }, options);
  return json(CREATED, 201);
}

const MIN_TOKEN_SECONDS = 600;
const DEFAULT_TOKEN_SECONDS = 3600;

function issueToken(
  { writer, tokens }: SubresourceDependencies,
  { request, target }: ResourceRequest,
): ApiResponse {
  const body = decodeBody(request).value;
  if (!isObject(body)) throw badRequest('the body is not an object of kind TokenRequest');
  const { object } = writer.read({ ...target, subresource: undefined });
  const { namespace = '', name, uid = '' } = object.metadata;
  const expirationSeconds = numberAt(body, 'spec', 'expirationSeconds') ?? DEFAULT_TOKEN_SECONDS;
  if (expirationSeconds < MIN_TOKEN_SECONDS) {
    const detail = `Invalid value: ${expirationSeconds}: may not specify a duration less than 10 minutes`;
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [
      { type: 'Invalid', field: 'spec.expirationSeconds', detail },
    ]);
  }
  const audiences = listAt(body, 'spec', 'audiences').filter((item) => typeof item === 'string');
  const status = tokens.issue({
    namespace,
    name,
    uid,
    audiences,
    expirationSeconds,
    pod: boundPod(body),
  });
  const spec = {
    ...objectAt(body, 'spec'),
    audiences: audiences.length > 0 ? audiences : [ISSUER],
    expirationSeconds,
  };
  return json(
    { ...body, metadata: { ...objectAt(body, 'metadata'), name, namespace }, spec, status },
    201,
  );
}

function boundPod(body: unknown): { name: string; uid: string } | undefined {
  const reference = objectAt(body, 'spec', 'boundObjectRef');
  if (stringAt(reference, 'kind') !== 'Pod') return undefined;
  return { name: stringAt(reference, 'name') ?? '', uid: stringAt(reference, 'uid') ?? '' };
}
