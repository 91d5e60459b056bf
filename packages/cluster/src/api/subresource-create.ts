/** POSTs below an object: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. */
import { isObject } from '../schema/json.ts';
import type { AdmissionRequest } from './admission/admission.ts';
import { decodeBody } from './body.ts';
import { withMetadata } from './decode-object.ts';
import { deleteObject } from './delete.ts';
import type { DeleteDependencies } from './delete.ts';
import { chargeDisruptionBudget } from './disruption-budget.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { timestamp } from './object.ts';
import { bindPod, evictionOptions } from './pod-subresources.ts';
import { json } from './request.ts';
import type { ApiResponse } from './request.ts';
import type { ResourceRequest } from './resource-handler.ts';
import { unknownPath } from './status-error.ts';
import { answerTokenRequest } from './token-request.ts';
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
): Eventual<ApiResponse> {
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

/** Asks admission about the body, which is of the subresource's own kind. */
function admit(
  { admission }: SubresourceDependencies,
  { request, target, warn }: ResourceRequest,
  body: unknown,
): Eventual<unknown> {
  if (!isObject(body)) return body;
  const { dryRun, options } = writeOptions(request, 'CreateOptions');
  const { resource, namespace, name, subresource } = target;
  const asked: AdmissionRequest = {
    operation: 'CREATE',
    resource,
    namespace,
    name,
    subresource,
    object: withMetadata(body, resource),
    user: request.user,
    warn,
    dryRun,
    options,
  };
  return after(admission.admit(asked), () => asked.object);
}

function bind(deps: SubresourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { request, target } = call;
  const options = writeOptions(request, 'CreateOptions');
  return after(admit(deps, call, decodeBody(request).value), (binding) =>
    after(
      deps.writer.update(target, options, (pod) =>
        bindPod(pod, binding, timestamp(deps.clock.now())),
      ),
      () => json(CREATED, 201),
    ),
  );
}

function evict(deps: SubresourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { request, target, warn } = call;
  return after(admit(deps, call, decodeBody(request).value), (eviction) => {
    const options = deleteOptions(evictionOptions(eviction), request.query);
    const caller = { user: request.user, warn };
    const pod = { ...target, subresource: undefined };
    if (!options.dryRun) chargeDisruptionBudget(deps, pod);
    return after(deleteObject(deps, pod, { ...options, caller }), () => json(CREATED, 201));
  });
}

function issueToken(deps: SubresourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { storage, writer, tokens } = deps;
  const { request, target } = call;
  const body = decodeBody(request).value;
  const { object } = writer.read({ ...target, subresource: undefined });
  return after(admit(deps, call, body), (asked) =>
    json(answerTokenRequest({ storage, tokens }, object, asked), 201),
  );
}
