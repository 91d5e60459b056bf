/** The typed client over any Transport: builds paths and queries, turns refusals into KubeError. Holds no state. */
import type { KubeClient, ListOptions, WatchOptions, WriteOptions } from './client.ts';
import { KubeError, kubeErrorFromResponse, unreachable } from './errors.ts';
import { isRecord } from './parse-json.ts';
import { PODS } from './resources.ts';
import type { KubeRequest, KubeResponse, Transport } from './transport.ts';
import type { KubeList, KubeObject, ObjectKey, Patch, ResourceType, WatchEvent } from './types.ts';

const PATCH_CONTENT_TYPE = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** `v1` or `apps/v1`. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/**
 * Path of a collection (no name) or an object, e.g. `/apis/apps/v1/namespaces/kagent/deployments/web/scale`. Without a
 * namespace a namespaced kind's collection spans all namespaces. Segments are URI-encoded.
 */
export function resourcePath(
  type: ResourceType,
  target: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const segments = type.group === '' ? ['api', type.version] : ['apis', type.group, type.version];
  if (type.namespaced && target.namespace !== undefined)
    segments.push('namespaces', target.namespace);
  segments.push(type.plural);
  if (target.name !== undefined) segments.push(target.name);
  const path = `/${segments.map(encodeURIComponent).join('/')}`;
  return target.subresource === undefined ? path : `${path}/${target.subresource}`;
}

function objectPath(type: ResourceType, key: ObjectKey, subresource?: string): string {
  if (key.name === undefined || key.name === '')
    throw badRequest(`${type.kind}: metadata.name is required`);
  return resourcePath(type, { ...scoped(type, key.namespace), name: key.name, subresource });
}

function scoped(type: ResourceType, namespace: string | undefined): { namespace?: string } {
  if (!type.namespaced) return {};
  if (namespace === undefined || namespace === '')
    throw badRequest(`${type.kind} is namespaced: metadata.namespace is required`);
  return { namespace };
}

function badRequest(message: string): KubeError {
  return new KubeError({ reason: 'BadRequest', code: 0, message });
}

function listQuery(options: ListOptions): Record<string, string> {
  const query: Record<string, string> = {};
  if (options.labelSelector !== undefined) query['labelSelector'] = options.labelSelector;
  if (options.fieldSelector !== undefined) query['fieldSelector'] = options.fieldSelector;
  if (options.limit !== undefined) query['limit'] = String(options.limit);
  if (options.continue !== undefined) query['continue'] = options.continue;
  if (options.resourceVersion !== undefined) query['resourceVersion'] = options.resourceVersion;
  return query;
}

function watchQuery(options: WatchOptions): Record<string, string> {
  const query = { ...listQuery(options), watch: 'true', allowWatchBookmarks: 'true' } as Record<
    string,
    string
  >;
  if (options.timeoutSeconds !== undefined)
    query['timeoutSeconds'] = String(options.timeoutSeconds);
  if (options.sendInitialEvents === true) {
    query['sendInitialEvents'] = 'true';
    query['resourceVersionMatch'] = 'NotOlderThan';
  }
  return query;
}

function writeQuery(options: WriteOptions): Record<string, string> {
  const query: Record<string, string> = {};
  if (options.fieldManager !== undefined) query['fieldManager'] = options.fieldManager;
  if (options.dryRun === true) query['dryRun'] = 'All';
  return query;
}

/** A server leaves apiVersion and kind out of the items of built-in lists; callers get whole objects. */
function toList<T extends KubeObject>(type: ResourceType<T>, body: unknown): KubeList<T> {
  if (!isRecord(body) || !Array.isArray(body['items']))
    throw new KubeError({
      reason: 'InvalidResponse',
      code: 0,
      message: `list of ${type.plural}: the answer is not a list`,
    });
  const apiVersion = apiVersionOf(type);
  const list = body as unknown as KubeList<T>;
  const items = list.items.map((item) =>
    item.kind === undefined || item.apiVersion === undefined
      ? { ...item, apiVersion, kind: type.kind }
      : item,
  );
  return { ...list, items };
}

function isWatchEvent(value: unknown): value is WatchEvent<never> {
  return isRecord(value) && typeof value['type'] === 'string' && isRecord(value['object']);
}

async function* watchEvents<T extends KubeObject>(
  events: AsyncIterable<unknown>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const event of events) if (isWatchEvent(event)) yield event as WatchEvent<T>;
}

/** Makes a transport call, unless its signal has aborted already; a rejection that is neither a KubeError nor an abort becomes `Unreachable`. */
async function answered<R>(
  request: KubeRequest,
  call: (request: KubeRequest) => Promise<R>,
): Promise<R> {
  request.signal?.throwIfAborted();
  try {
    return await call(request);
  } catch (error) {
    if (error instanceof KubeError) throw error;
    if (request.signal?.aborted === true) throw request.signal.reason;
    throw unreachable(request, error);
  }
}

/** The call every method is made of: rejects for a status ≥ 400 and when there is no answer. */
type Call = (request: KubeRequest) => Promise<KubeResponse>;

async function send<T>(call: Call, request: KubeRequest): Promise<T> {
  return (await call(request)).body as T;
}

/**
 * The one implementation of `KubeClient`. Safe to share; closing the transport is its owner's task. An aborted signal
 * rejects with the signal's reason.
 */
export function createKubeClient(transport: Transport): KubeClient {
  async function raw(request: KubeRequest): Promise<KubeResponse> {
    const response = await answered(request, (sent) => transport.request(sent));
    if (response.status >= 400) throw kubeErrorFromResponse(request, response);
    return response;
  }
  return { raw, ...reads(transport, raw), ...streams(transport), ...writes(raw), ...patches(raw) };
}

function reads(transport: Transport, call: Call): Pick<KubeClient, 'get' | 'find' | 'list'> {
  return {
    async get(type, key) {
      return await send(call, { method: 'GET', path: objectPath(type, key) });
    },
    async find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey) {
      const request: KubeRequest = { method: 'GET', path: objectPath(type, key) };
      const response = await answered(request, (sent) => transport.request(sent));
      if (response.status === 404) return undefined;
      if (response.status >= 400) throw kubeErrorFromResponse(request, response);
      return response.body as T;
    },
    async list(type, options = {}) {
      const path = resourcePath(type, { namespace: options.namespace });
      const query = listQuery(options);
      return toList(type, await send(call, { method: 'GET', path, query, signal: options.signal }));
    },
  };
}

function streams(transport: Transport): Pick<KubeClient, 'watch' | 'logs'> {
  return {
    async watch(type, options = {}) {
      const path = resourcePath(type, { namespace: options.namespace });
      const query = watchQuery(options);
      const request: KubeRequest = { method: 'GET', path, query, signal: options.signal };
      return watchEvents(await answered(request, (sent) => transport.watch(sent)));
    },
    async logs(pod, options = {}) {
      const { signal, ...rest } = options;
      const query: Record<string, string> = {};
      for (const [name, value] of Object.entries(rest))
        if (value !== undefined && value !== false) query[name] = String(value);
      const request: KubeRequest = {
        method: 'GET',
        path: objectPath(PODS, pod, 'log'),
        query,
        signal,
      };
      return await answered(request, (sent) => transport.stream(sent));
    },
  };
}

function writes(call: Call): Pick<KubeClient, 'create' | 'replace' | 'delete'> {
  return {
    async create(type, object, options = {}) {
      const { subresource, signal } = options;
      const target = scoped(type, object.metadata.namespace);
      const path =
        subresource === undefined
          ? resourcePath(type, target)
          : objectPath(type, object.metadata, subresource);
      const query = writeQuery(options);
      return await send(call, { method: 'POST', path, query, body: object, signal });
    },
    async replace(type, object, options = {}) {
      const path = objectPath(type, object.metadata, options.subresource);
      const query = writeQuery(options);
      return await send(call, { method: 'PUT', path, query, body: object, signal: options.signal });
    },
    async delete(type, key, options = {}) {
      const { signal, ...body } = options;
      const hasBody = Object.values(body).some((value) => value !== undefined);
      await call({
        method: 'DELETE',
        path: objectPath(type, key),
        ...(hasBody ? { body: { apiVersion: 'v1', kind: 'DeleteOptions', ...body } } : {}),
        signal,
      });
    },
  };
}

function patches(call: Call): Pick<KubeClient, 'patch' | 'apply'> {
  return {
    async patch<T extends KubeObject>(
      type: ResourceType<T>,
      target: ObjectKey & { patch: Patch },
      options: WriteOptions = {},
    ) {
      return await send<T>(call, {
        method: 'PATCH',
        path: objectPath(type, target, options.subresource),
        query: writeQuery(options),
        headers: { 'content-type': PATCH_CONTENT_TYPE[target.patch.type] },
        body: target.patch.body,
        signal: options.signal,
      });
    },
    async apply(type, object, options) {
      const force: Record<string, string> = options.force === true ? { force: 'true' } : {};
      return await send(call, {
        method: 'PATCH',
        path: objectPath(type, object.metadata, options.subresource),
        query: { ...writeQuery(options), ...force },
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: object,
        signal: options.signal,
      });
    },
  };
}
