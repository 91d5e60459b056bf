/** The verbs on resources: which operation a route means, and what its answer looks like. */
import type { Clock } from '@kagent/kube';

import type { PodLogs } from '../node/pod-logs.ts';
import type { Storage } from '../storage/storage.ts';
import { decodeBody } from './body.ts';
import { decodeObject, pruneUnknown } from './decode-object.ts';
import { deleteObject } from './delete.ts';
import { verbsOf } from './discovery.ts';
import type { ApiObject } from './object.ts';
import type { ObjectWriter, WriteTarget } from './object-writer.ts';
import { patchObject } from './patch-object.ts';
import { readPodLog } from './pod-subresources.ts';
import { listObjects } from './reads.ts';
import { negotiate, renderList, renderObject } from './representation.ts';
import type { RenderOptions } from './representation.ts';
import { json } from './request.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';
import type { ResourceRoute } from './route.ts';
import { fromScale, toScale } from './scale.ts';
import { isCrd } from './special-kinds.ts';
import { deleted, invalid, methodNotAllowed, unknownPath } from './status-error.ts';
import { createSubresource } from './subresource-create.ts';
import type { SubresourceDependencies } from './subresource-create.ts';
import type { TablePrinter } from './table.ts';
import { startWatch } from './watch/watch-request.ts';
import type { WatchHub } from './watch/watch-hub.ts';
import { deleteOptions, writeOptions } from './write-options.ts';

export interface ResourceDependencies extends SubresourceDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  writer: ObjectWriter;
  printer: TablePrinter;
  hub: WatchHub;
  clock: Clock;
  podLogs(): PodLogs | undefined;
}

/** One request for a resource, with what has been found out about it. */
export interface ResourceRequest {
  request: ApiRequest;
  route: ResourceRoute;
  target: WriteTarget;
  warn: (text: string) => void;
}

/** Answers a request for a resource. Throws `StatusError`. */
export async function handleResource(
  deps: ResourceDependencies,
  request: ApiRequest,
  route: ResourceRoute,
): Promise<ApiResponse> {
  const resource = deps.registry.find(route.group, route.version, route.plural);
  if (!resource) throw unknownPath();
  if (resource.namespaced && route.namespace === undefined && route.name !== undefined)
    throw unknownPath();
  if (!resource.namespaced && route.namespace !== undefined) throw unknownPath();
  const { namespace, name = '', subresource } = route;
  const warnings: string[] = [];
  const target: WriteTarget = { resource, namespace, name, subresource };
  const call: ResourceRequest = { request, route, target, warn: (text) => warnings.push(text) };
  const response = await (subresource === undefined
    ? onObject(deps, call)
    : onSubresource(deps, call));
  if (warnings.length > 0) response.headers['warning'] = warnings.map(warningHeader);
  return response;
}

function warningHeader(text: string): string {
  const clean = text.replaceAll(/[\r\n]+/g, ' ');
  return `299 - ${JSON.stringify(clean)}`;
}

async function onObject(deps: ResourceDependencies, call: ResourceRequest): Promise<ApiResponse> {
  const { route, target, request } = call;
  if (!verbsOf(target.resource).includes(route.verb)) throw methodNotAllowed();
  switch (route.verb) {
    case 'get':
      return json(
        renderObject(
          target.resource,
          deps.writer.read(target).object,
          renderOptions(deps, request),
        ),
      );
    case 'list': {
      const list = listObjects(deps.storage, target, request.query);
      return json(renderList(target.resource, list, renderOptions(deps, request)));
    }
    case 'watch':
      return startWatch(deps, { request, route, resource: target.resource });
    case 'create':
      return create(deps, call);
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
  const isPod = resource.group === '' && resource.plural === 'pods';
  if (isPod && subresource === 'log' && route.verb === 'get') {
    const { object } = deps.writer.read(target);
    return readPodLog(object, request, deps.podLogs());
  }
  if (route.verb === 'create') return createSubresource(deps, call);
  const isFinalize =
    subresource === 'finalize' && resource.group === '' && resource.plural === 'namespaces';
  const isStatus = subresource === 'status' && resource.version.status;
  const isScale = subresource === 'scale' && resource.version.scale !== undefined;
  if (!isFinalize && !isStatus && !isScale) throw unknownPath();
  switch (route.verb) {
    case 'get':
      if (isFinalize) throw methodNotAllowed();
      return json(present(deps, call, deps.writer.read(target).object));
    case 'update':
      return update(deps, call);
    case 'patch':
      return patch(deps, call);
    default:
      throw methodNotAllowed();
  }
}

function renderOptions(
  { printer, clock }: ResourceDependencies,
  request: ApiRequest,
): RenderOptions {
  return { representation: negotiate(request), printer, now: clock.now() };
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

function create(deps: ResourceDependencies, call: ResourceRequest): ApiResponse {
  const { request, target, warn } = call;
  if (target.name !== '') throw methodNotAllowed();
  const { resource } = target;
  if (resource.namespaced && target.namespace === undefined) throw methodNotAllowed();
  const options = writeOptions(request, 'CreateOptions');
  const body = decodeBody(request);
  const object = decodeObject(body.value, target);
  pruneUnknown(object, resource, { ...options, duplicates: body.duplicates, warn });
  return json(present(deps, call, deps.writer.create(target, object, options)), 201);
}

function update(deps: ResourceDependencies, call: ResourceRequest): ApiResponse {
  const { request, target, warn } = call;
  const options = writeOptions(request, 'UpdateOptions');
  const body = decodeBody(request);
  const object = deps.writer.update(target, options, (current) => {
    if (target.subresource === 'scale') return fromScale(target.resource, current, body.value);
    const next = decodeObject(body.value, target);
    pruneUnknown(next, target.resource, { ...options, duplicates: body.duplicates, warn });
    requireRevision(target.resource, next);
    return next;
  });
  return json(present(deps, call, object));
}

/** Custom resources and CRDs are never replaced blindly. */
function requireRevision(resource: ServedResource, next: ApiObject): void {
  const { name, resourceVersion = '' } = next.metadata;
  if (resourceVersion !== '' || (!resource.isCustom && !isCrd(resource))) return;
  const detail = 'Invalid value: 0x0: must be specified for an update';
  throw invalid(resource, name, [{ type: 'Invalid', field: 'metadata.resourceVersion', detail }]);
}

function patch(deps: ResourceDependencies, call: ResourceRequest): ApiResponse {
  const { writer, clock } = deps;
  const { target, request, warn } = call;
  const { object, isNew } = patchObject({ writer, target, request, warn, now: clock.now() });
  return json(present(deps, call, object), isNew ? 201 : 200);
}

function remove(deps: ResourceDependencies, call: ResourceRequest): ApiResponse {
  const { request, target } = call;
  const options = deleteOptions(decodeBody(request).value, request.query);
  const { object, isGone } = deleteObject(deps, target, options);
  if (!isGone) return json(present(deps, call, object));
  return json(deleted(target.resource, target.name, object.metadata.uid));
}

function removeAll(deps: ResourceDependencies, call: ResourceRequest): ApiResponse {
  const { request, target } = call;
  const { resource } = target;
  const options = deleteOptions(decodeBody(request).value, request.query);
  const list = listObjects(deps.storage, target, request.query);
  const objects = list.objects.map((object) => {
    const { namespace, name } = object.metadata;
    return deleteObject(deps, { resource, namespace, name }, options).object;
  });
  return json(
    renderList(resource, { objects, metadata: list.metadata }, renderOptions(deps, request)),
  );
}
