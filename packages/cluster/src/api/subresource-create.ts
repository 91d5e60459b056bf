/** POSTs below an object: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. */
import { isObject } from '../schema/json.ts';
import type { AdmissionRequest } from './admission/admission.ts';
import { withMetadata } from './decode-object.ts';
import { deleteObject } from './delete.ts';
import { deleteOptions, optionsInQuery } from './delete-options.ts';
import type { DeleteOptions } from './delete-options.ts';
import type { DeleteDependencies } from './delete.ts';
import { chargeDisruptionBudget } from './disruption-budget.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { timestamp } from './object.ts';
import type { WriteTarget } from './object-writer.ts';
import { bindingProblem, bindPod, evictedPod, evictionOptions } from './pod-subresources.ts';
import { json } from './request.ts';
import type { ApiResponse } from './request.ts';
import type { ResourceRequest } from './resource-handler.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, StatusError, unexpectedInput, unknownPath } from './status-error.ts';
import { decodeForm, SubresourceForm } from './subresource-forms.ts';
import { answerTokenRequest } from './token-request.ts';
import type { TokenAuthority } from './tokens.ts';
import { writeOptions } from './write-options.ts';

export interface SubresourceDependencies extends DeleteDependencies {
  tokens: TokenAuthority;
}

const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

const BINDING = new SubresourceForm('', 'core.Binding');
const EVICTION = new SubresourceForm('policy', 'policy.Eviction');
const TOKEN_REQUEST = new SubresourceForm('authentication.k8s.io', 'authentication.TokenRequest');

function misnamed(kind: string): StatusError {
  return badRequest(`name in URL does not match name in ${kind} object`);
}

type Answer = (deps: SubresourceDependencies, call: ResourceRequest) => Eventual<ApiResponse>;

const ANSWERS: Record<string, Answer> = {
  '/pods/binding': bind,
  '/pods/eviction': evict,
  '/serviceaccounts/token': issueToken,
};

/** `bindings`, the collection: the binding of a pod that is named in the body alone. */
export function isBinding({ group, plural }: ServedResource): boolean {
  return group === '' && plural === 'bindings';
}

export function createBinding(
  deps: SubresourceDependencies,
  call: ResourceRequest,
): Eventual<ApiResponse> {
  const pods = deps.registry.find('', 'v1', 'pods');
  if (!pods) throw unknownPath();
  const { name } = decodeForm(call, BINDING).metadata;
  const target = { ...call.target, resource: pods, name, subresource: 'binding' };
  return bind(deps, { ...call, target });
}

/** What answers a POST to a subresource; undefined for those that take none. */
export function postAnswer(resource: ServedResource, subresource = ''): Answer | undefined {
  return ANSWERS[`${resource.group}/${resource.plural}/${subresource}`];
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
  const body = decodeForm(call, BINDING);
  if (body.metadata.name !== target.name) throw misnamed('Binding');
  const problem = bindingProblem(body);
  if (problem !== undefined) throw unexpectedInput(problem);
  return after(admit(deps, call, body), (binding) =>
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
  const body = decodeForm(call, EVICTION);
  if (body.metadata.name !== target.name) throw misnamed('Eviction');
  return after(admit(deps, call, body), (eviction) => {
    const options = deleteOptions(evictionOptions(eviction) ?? optionsInQuery(request.query));
    const caller = { user: request.user, warn };
    const pod = { ...target, subresource: undefined };
    if (!options.dryRun) chargeDisruptionBudget(deps, pod);
    return after(markEvicted(deps, pod, options), (current) =>
      after(deleteObject(deps, pod, { ...current, caller }), () => json(CREATED, 201)),
    );
  });
}

/** Writes into the pod why it goes, unless the delete is going to be refused. The options then mean what was written. */
function markEvicted(
  { writer, clock }: SubresourceDependencies,
  target: WriteTarget,
  options: DeleteOptions,
): Eventual<DeleteOptions> {
  const { uid, resourceVersion } = options;
  const { metadata } = writer.read(target).object;
  const isOther =
    (uid !== undefined && uid !== metadata.uid) ||
    (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion);
  if (options.dryRun || isOther) return options;
  const status = { ...target, subresource: 'status' };
  const behaviour = { dryRun: false, manager: 'kube-apiserver', isTracked: true };
  const now = timestamp(clock.now());
  return after(
    writer.update(status, behaviour, (pod) => evictedPod(pod, now)),
    (written) => ({
      ...options,
      ...(resourceVersion !== undefined && { resourceVersion: written.metadata.resourceVersion }),
    }),
  );
}

function issueToken(deps: SubresourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { storage, writer, tokens, clock } = deps;
  const { target } = call;
  const body = decodeForm(call, TOKEN_REQUEST);
  const { object } = writer.read({ ...target, subresource: undefined });
  return after(admit(deps, call, body), (asked) =>
    json(answerTokenRequest({ storage, tokens, clock }, object, asked), 201),
  );
}
