/** The verbs on resources: which operation a route means, and what its answer looks like. */
import type { Clock } from '@kagent/kube';

import type { PodLogs } from '../node/pod-logs.ts';
import type { PodStreams } from '../node/streams/pod-streams.ts';
import type { FieldError } from '../schema/schema.ts';
import type { Storage } from '../storage/storage.ts';
import type { Caller } from './admission/admission.ts';
import { admitConnect } from './admission/chain.ts';
import { connectOptions } from './admission/connect-options.ts';
import type { DecodedBody } from './body.ts';
import { convertFrames, needsConversion, storedForm } from './conversion/convert-frames.ts';
import {
  frameFilter,
  listSelected,
  selectsConverted,
  withoutFields,
} from './conversion/select-converted.ts';
import type { VersionConverter } from './conversion/version-converter.ts';
import { decodeObject, pruneUnknown } from './decode-object.ts';
import { deleteObject } from './delete.ts';
import { deleteOptionsOf } from './delete-options.ts';
import type { DeleteOptions } from './delete-options.ts';
import { hasSubresource, verbsOf } from './discovery.ts';
import { after, inTurn } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { stringAt } from './json.ts';
import type { ApiObject } from './object.ts';
import type { ObjectWriter, WriteTarget } from './object-writer.ts';
import { parseSelection } from './list-selection.ts';
import { patchObject } from './patch-object.ts';
import { readPodLog } from './pod-subresources.ts';
import { isProxied, proxy } from './proxy/proxy.ts';
import { listComputed } from './reads.ts';
import type { ListResult } from './reads.ts';
import { negotiate, renderList, renderObject } from './representation.ts';
import type { RenderOptions } from './representation.ts';
import { json, pageNotFound } from './request.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';
import type { ResourceRoute, Verb } from './route.ts';
import { requireReplicas, toScale } from './scale.ts';
import { scaleForm, withUpdatedScale } from './scale-write.ts';
import {
  badRequest,
  deleted,
  invalid,
  methodNotAllowed,
  methodNotSupported,
  notFound,
  StatusError,
  unexpectedInput,
  unknownPath,
} from './status-error.ts';
import { connectPod, isConnectSubresource } from './streaming/connect.ts';
import { createBinding, isBinding, postAnswer } from './subresource-create.ts';
import type { SubresourceDependencies } from './subresource-create.ts';
import type { TablePrinter } from './table.ts';
import { decodeTyped } from './typed-body.ts';
import { isCreatedByPut, isUnset, needsRevision } from './update-rules.ts';
import { startWatch } from './watch/watch-request.ts';
import type { WatchHub } from './watch/watch-hub.ts';
import { numberProblem, writeOptions } from './write-options.ts';

export interface ResourceDependencies extends SubresourceDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  writer: ObjectWriter;
  converter: VersionConverter;
  printer: TablePrinter;
  hub: WatchHub;
  clock: Clock;
  podLogs(): PodLogs | undefined;
  podStreams(): PodStreams | undefined;
}

/** One request for a resource, with what has been found out about it. */
export interface ResourceRequest {
  request: ApiRequest;
  route: ResourceRoute;
  target: WriteTarget;
  warn: (text: string) => void;
}

/** On the path without a namespace; a built-in kind has a route there for other methods, a custom one has none. */
const ACROSS_NAMESPACES: ReadonlySet<Verb> = new Set(['list', 'watch']);

function isInScope(resource: ServedResource, { namespace, name, verb }: ResourceRoute): boolean {
  const { namespaced, isCustom } = resource;
  if (namespaced === (namespace !== undefined)) return true;
  if (!namespaced || name !== undefined || !verbsOf(resource).includes('list')) return false;
  return !isCustom || ACROSS_NAMESPACES.has(verb);
}

/** Throws for what can be asked of no resource. */
function refuseMethod(
  resource: ServedResource,
  { method }: ApiRequest,
  { namespace, name, verb, subresource }: ResourceRoute,
): void {
  const needsName = name === undefined && (verb === 'update' || verb === 'patch');
  if (resource.isCustom) {
    if (needsName) throw badRequest('name must be provided');
    return;
  }
  const isElsewhere =
    resource.namespaced && namespace === undefined && !ACROSS_NAMESPACES.has(verb);
  const isHead = method === 'HEAD' && subresource !== 'proxy';
  if (needsName || isElsewhere || isHead) throw methodNotAllowed();
}

/** Answers a request for a resource. Throws `StatusError`. */
export async function handleResource(
  deps: ResourceDependencies,
  request: ApiRequest,
  route: ResourceRoute,
): Promise<ApiResponse> {
  const resource = deps.registry.find(route.group, route.version, route.plural);
  if (!resource || !isInScope(resource, route)) {
    if (!deps.registry.isBuiltinGroup(route.group)) return pageNotFound();
    throw unknownPath();
  }
  refuseMethod(resource, request, route);
  const { namespace, name = '', subresource } = route;
  const { deprecation } = resource.version;
  const warnings: string[] = deprecation === undefined ? [] : [deprecation];
  const target: WriteTarget = { resource, namespace, name, subresource };
  const call: ResourceRequest = { request, route, target, warn: (text) => warnings.push(text) };
  const response = await answerOf(
    subresource === undefined ? onObject(deps, call) : onSubresource(deps, call),
    warnings,
  );
  if (warnings.length > 0) response.headers['warning'] = [...new Set(warnings)].map(warningHeader);
  return response;
}

/** What was found before a refusal is told with it. */
async function answerOf(
  response: Promise<ApiResponse>,
  warnings: readonly string[],
): Promise<ApiResponse> {
  try {
    return await response;
  } catch (error) {
    if (warnings.length === 0 || !(error instanceof StatusError)) throw error;
    return json(error.status, error.status.code);
  }
}

/** One value of the `Warning` header. */
export function warningHeader(text: string): string {
  const clean = text.replaceAll(/[\r\n]+/g, ' ');
  return `299 - ${JSON.stringify(clean)}`;
}

async function onObject(deps: ResourceDependencies, call: ResourceRequest): Promise<ApiResponse> {
  const { route, target } = call;
  const { resource } = target;
  if (!verbsOf(resource).includes(route.verb)) throw methodNotAllowed();
  // Before anything is done, and not when it is done and cannot be shown.
  if (route.verb !== 'watch') negotiate(call.request, resource);
  if (resource.definition.compute) return readComputed(deps, call);
  switch (route.verb) {
    case 'get':
      return after(deps.writer.view(target), ({ object }) => json(present(deps, call, object)));
    case 'list':
      return list(deps, call);
    case 'watch':
      return watch(deps, call);
    case 'create':
      return isBinding(target.resource) ? createBinding(deps, call) : create(deps, call);
    case 'update':
      return update(deps, call);
    case 'patch':
      return patch(deps, call);
    case 'delete':
      return remove(deps, call);
    case 'deletecollection':
      return removeAll(deps, call);
  }
}

async function onSubresource(
  deps: ResourceDependencies,
  call: ResourceRequest,
): Promise<ApiResponse> {
  const { route, target, request } = call;
  const { resource, subresource } = target;
  if (route.name === undefined) throw unknownPath();
  if (isProxied(resource, subresource)) return proxy(deps, call);
  if (subresource === 'proxy' && resource.group === '' && resource.plural === 'nodes')
    throw unreachableNode(deps.writer, target);
  const isPod = resource.group === '' && resource.plural === 'pods';
  if (isPod && subresource === 'log' && route.verb === 'get') {
    const { object } = deps.writer.read(target);
    return readPodLog(object, request, deps.podLogs());
  }
  if (isPod && isConnectSubresource(subresource)) {
    if (route.verb !== 'get' && route.verb !== 'create') throw methodNotAllowed();
    const { object } = deps.writer.read(target);
    const { namespace, name } = target;
    const { user, query } = request;
    await admitConnect(deps.admission, {
      resource,
      namespace,
      name,
      subresource,
      user,
      warn: call.warn,
      object: connectOptions(subresource, query),
    });
    return connectPod(object, request, { subresource, streams: deps.podStreams() });
  }
  const post = route.verb === 'create' ? postAnswer(resource, subresource) : undefined;
  if (post) return post(deps, call);
  const isFinalize =
    subresource === 'finalize' && resource.group === '' && resource.plural === 'namespaces';
  const isStatus = isStatusPart(resource, subresource);
  const isScale = subresource === 'scale' && resource.version.scale !== undefined;
  const isPartOfPod = isPod && (subresource === 'ephemeralcontainers' || subresource === 'resize');
  if (!isFinalize && !isStatus && !isScale && !isPartOfPod) throw unknownSubresource(target);
  switch (route.verb) {
    case 'get':
      if (isFinalize) throw methodNotAllowed();
      return after(deps.writer.view(target), ({ object }) => {
        if (isScale) requireReplicas(resource, object);
        return json(present(deps, call, object));
      });
    case 'update':
      return update(deps, call);
    case 'patch':
      if (isFinalize) throw methodNotAllowed();
      return patch(deps, call);
    default:
      throw resource.isCustom ? methodNotSupported(resource, route.verb) : methodNotAllowed();
  }
}

/** There is no kubelet that could be asked: the refusal is that for a node without addresses. */
function unreachableNode(writer: ObjectWriter, { resource, name }: WriteTarget): StatusError {
  writer.read({ resource, name });
  const message = 'no preferred addresses found; known addresses: []';
  return new StatusError({ code: 500, message });
}

/** Custom resources look for the object first; of built-in ones the paths are known. */
function unknownSubresource({ resource, subresource, name }: WriteTarget): StatusError {
  if (resource.isCustom) return notFound(resource, name);
  return hasSubresource(resource, subresource) ? methodNotAllowed() : unknownPath();
}

/** `status`, and the part of it in which certificate requests are approved. */
function isStatusPart({ kind, version }: ServedResource, subresource: string | undefined): boolean {
  if (subresource === 'approval') return kind === 'CertificateSigningRequest';
  return subresource === 'status' && version.status;
}

function renderOptions(
  { printer, clock }: ResourceDependencies,
  request: ApiRequest,
): RenderOptions {
  return { representation: negotiate(request), printer, now: clock.now() };
}

function list(
  deps: ResourceDependencies,
  { target, request }: ResourceRequest,
): Eventual<ApiResponse> {
  const { resource } = target;
  return after(listSelected(deps, target, request.query), ({ objects, metadata }) =>
    after(deps.converter.toVersion(objects, resource), (converted) =>
      listAnswer(resource, { objects: converted, metadata }, renderOptions(deps, request)),
    ),
  );
}

/** Items of built-in lists say nothing of their kind over the wire, as Go writes them. */
function listAnswer(
  resource: ServedResource,
  list: ListResult,
  options: RenderOptions,
): ApiResponse {
  const bareItems = options.representation.as === 'object' && !resource.isCustom;
  return { ...json(renderList(resource, list, options)), ...(bareItems && { bareItems }) };
}

/** get or list of a kind that is not stored. */
function readComputed(
  deps: ResourceDependencies,
  { route, target, request }: ResourceRequest,
): Eventual<ApiResponse> {
  const { resource, name } = target;
  return after(listComputed(target, request.query), ({ objects, metadata }) => {
    const options = renderOptions(deps, request);
    if (route.verb === 'list') return listAnswer(resource, { objects, metadata }, options);
    const [found] = objects;
    if (!found) throw notFound(resource, name);
    return json(renderObject(resource, found, options));
  });
}

function watch(
  deps: ResourceDependencies,
  { target, request, route }: ResourceRequest,
): ApiResponse {
  const { resource } = target;
  if (!needsConversion(resource)) return startWatch(deps, { request, route, resource });
  const { converter, printer, clock } = deps;
  const representation = negotiate(request);
  const headers = { ...request.headers, accept: 'application/json' };
  const matches = selectsConverted(resource, request.query)
    ? parseSelection(resource, {}, request.query).matches
    : undefined;
  const query = matches ? withoutFields(request.query) : request.query;
  const stored = { request: { ...request, headers, query }, route, resource: storedForm(resource) };
  const response = startWatch(deps, stored);
  if (response.kind !== 'watch') return response;
  const conversion = {
    converter,
    resource,
    representation,
    printer,
    now: () => clock.now(),
    filter: matches && frameFilter(matches),
  };
  return { ...response, frames: convertFrames(response.frames, conversion) };
}

/** The object, or its Scale on the scale endpoint. */
function present(
  deps: ResourceDependencies,
  { target, request }: ResourceRequest,
  object: ApiObject,
): object {
  if (target.subresource === 'scale') return toScale(target.resource, object);
  return renderObject(target.resource, object, renderOptions(deps, request));
}

function callerOf({ request, warn }: ResourceRequest): Caller {
  return { user: request.user, warn };
}

function create(deps: ResourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { request, target, warn } = call;
  if (target.name !== '') throw methodNotAllowed();
  const { resource } = target;
  const options = writeOptions(request, 'CreateOptions');
  const body = decodeTyped(request, resource);
  const object = decodeObject(body.value, target);
  refuseRevision(object);
  pruneUnknown(object, resource, { ...options, duplicates: body.duplicates, warn });
  const created = deps.writer.create(target, object, { ...options, caller: callerOf(call) });
  return after(created, (result) => json(present(deps, call, result), 201));
}

function update(deps: ResourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { request, target, warn } = call;
  const options = writeOptions(request, 'UpdateOptions');
  const isScale = target.subresource === 'scale';
  const resource = isScale ? scaleForm(target.resource) : target.resource;
  const first = decodeTyped(request, resource);
  if ((stringAt(first.value, 'metadata', 'name') ?? '') === '') throw unnamed(target);
  if (target.subresource === undefined && isCreatedByPut(resource) && !deps.writer.exists(target))
    return createByPut(deps, call, first);
  const behaviour = { ...options, isTracked: isScale, caller: callerOf(call) };
  const updated = deps.writer.update(target, behaviour, (current, attempt) => {
    const body = attempt === 1 ? first : decodeTyped(request, resource);
    const next = decodeObject(body.value, { ...target, resource });
    pruneUnknown(next, resource, { ...options, duplicates: body.duplicates, warn });
    if (!isScale) {
      requireRevision(resource, next, current);
      return next;
    }
    const { manager } = options;
    const write = { resource: target.resource, current, manager, now: deps.clock.now() };
    return withUpdatedScale(write, next);
  });
  return after(updated, (object) => json(present(deps, call, object)));
}

function createByPut(
  deps: ResourceDependencies,
  call: ResourceRequest,
  body: DecodedBody,
): Eventual<ApiResponse> {
  const { request, target, warn } = call;
  const options = writeOptions(request, 'UpdateOptions');
  const object = decodeObject(body.value, target);
  pruneUnknown(object, target.resource, { ...options, duplicates: body.duplicates, warn });
  delete object.metadata.resourceVersion;
  const created = deps.writer.create(target, object, { ...options, caller: callerOf(call) });
  return after(created, (result) => json(present(deps, call, result), 201));
}

function unnamed({ name }: WriteTarget): StatusError {
  const why = 'was undeterminable: name must be provided';
  return badRequest(`the name of the object (${name} based on URL) ${why}`);
}

/** A new object has no revision yet; the refusal has no reason, as a real server's. */
function refuseRevision({ metadata }: ApiObject): void {
  const { resourceVersion } = metadata;
  if (isUnset(resourceVersion) || numberProblem('ParseUint', resourceVersion ?? '')) return;
  throw unexpectedInput('resourceVersion should not be set on objects to be created');
}

/** What must not be replaced blindly needs the revision that is replaced. */
function requireRevision(resource: ServedResource, next: ApiObject, current: ApiObject): void {
  const { name, uid = '', resourceVersion } = next.metadata;
  // That it is another object is the first thing to be said.
  if (uid !== '' && uid !== current.metadata.uid) return;
  if (!isUnset(resourceVersion) || !needsRevision(resource)) return;
  const { group, plural: kind } = resource;
  const detail = 'Invalid value: 0: must be specified for an update';
  const error: FieldError = { type: 'Invalid', field: 'metadata.resourceVersion', detail };
  throw invalid({ group, kind }, name, [error]);
}

function patch(deps: ResourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { writer, clock } = deps;
  const { target, request, warn } = call;
  return after(
    patchObject({ writer, target, request, warn, now: clock.now() }),
    ({ object, isNew }) => json(present(deps, call, object), isNew ? 201 : 200),
  );
}

/** Kinds whose deletion answers with the object instead of a Status, as the responses of the OpenAPI document say. */
const RETURNED: ReadonlySet<string> = new Set([
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
]);

function returnsDeleted({ group, plural }: ServedResource): boolean {
  return RETURNED.has(`${group}/${plural}`);
}

function remove(deps: ResourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { request, target } = call;
  const options = deleteOptionsOf(request);
  const deletion = deleteObject(deps, target, { ...options, caller: callerOf(call) });
  return after(deletion, ({ object, isGone }) => {
    if (isGone && !returnsDeleted(target.resource))
      return json(deleted(target.resource, target.name, object.metadata.uid));
    return after(deps.converter.toVersion([object], target.resource), ([last = object]) =>
      json(present(deps, call, last), !isGone && options.isCascading ? 202 : 200),
    );
  });
}

/** Deletes what a list with the same parameters shows: with `limit`, one page. Answers with that list. */
function removeAll(deps: ResourceDependencies, call: ResourceRequest): Eventual<ApiResponse> {
  const { request, target } = call;
  const options = deleteOptionsOf(request);
  return after(listSelected(deps, target, request.query), (list) =>
    removeListed(deps, call, { list, options }),
  );
}

function removeListed(
  deps: ResourceDependencies,
  call: ResourceRequest,
  { list, options }: { list: ListResult; options: DeleteOptions },
): Eventual<ApiResponse> {
  const { request, target } = call;
  const { resource } = target;
  const caller = callerOf(call);
  const removed = inTurn(list.objects, ({ metadata: { namespace, name } }) => {
    // Deleting an earlier one may have taken this one along.
    if (!deps.writer.exists({ resource, namespace, name })) return;
    const deletion = deleteObject(deps, { resource, namespace, name }, { ...options, caller });
    return after(deletion, () => undefined);
  });
  return after(removed, () =>
    after(deps.converter.toVersion(list.objects, resource), (converted) =>
      listAnswer(
        resource,
        { objects: converted, metadata: list.metadata },
        renderOptions(deps, request),
      ),
    ),
  );
}
