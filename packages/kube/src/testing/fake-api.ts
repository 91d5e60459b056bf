/**
 * An API server in a few hundred lines of memory, behind the Transport port: discovery, CRUD, list, watch, patch, apply,
 * logs, Table. Just enough for tests of clients; the embedded cluster is the real thing.
 */
import { createKubeClient, apiVersionOf } from '../create-kube-client.ts';
import type { KubeClient } from '../client.ts';
import { KubeError, kubeErrorFromResponse } from '../errors.ts';
import { isRecord } from '../parse-json.ts';
import * as kinds from '../resources.ts';
import type { KubeRequest, KubeResponse, Transport } from '../transport.ts';
import type { KubeObject, ResourceType } from '../types.ts';
import { discoveryAnswer, isTableRequest, toTable } from './fake-discovery.ts';
import { applyPatch, matchesFields, matchesLabels, mergePatch } from './fake-patch.ts';
import { parseResourcePath, type FakeTarget } from './fake-path.ts';

export interface FakeKind extends ResourceType {
  shortNames?: string[];
}

export interface FakeApiOptions {
  /** Served besides the built-in kinds of `resources.ts`. */
  kinds?: FakeKind[];
  now?: () => number;
  /** Answer WatchList requests with 422, as a server without the feature does. */
  refuseWatchList?: boolean;
}

export interface FakeApi {
  transport: Transport;
  client: KubeClient;
  /** Every request so far, watches and streams included. */
  requests: KubeRequest[];
  /** Log text by `namespace/pod/container`. */
  logs: Map<string, string>;
  /** Ends all watches, as a restart does. */
  closeWatches(): void;
  /** Forgets history: a watch from an older resourceVersion gets 410. */
  compact(): void;
  readonly openWatches: number;
}

interface LogEntry {
  revision: number;
  event: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: FakeKind;
  object: KubeObject;
  /** Serialised once by whoever needs it; kept out of the hot path. */
}

const SHORT_NAMES: Record<string, string[]> = {
  pods: ['po'],
  services: ['svc'],
  deployments: ['deploy'],
  replicasets: ['rs'],
  namespaces: ['ns'],
  configmaps: ['cm'],
  serviceaccounts: ['sa'],
  nodes: ['no'],
  events: ['ev'],
  statefulsets: ['sts'],
  daemonsets: ['ds'],
  customresourcedefinitions: ['crd', 'crds'],
};

function builtInKinds(): FakeKind[] {
  return Object.values(kinds)
    .filter(
      (value): value is ResourceType => isRecord(value) && typeof value['plural'] === 'string',
    )
    .map((type) => ({ ...type, shortNames: SHORT_NAMES[type.plural] }));
}

export function createFakeApi(options: FakeApiOptions = {}): FakeApi {
  const served = [...builtInKinds(), ...(options.kinds ?? [])];
  const now = options.now ?? Date.now;
  const objects = new Map<string, KubeObject>();
  const history: LogEntry[] = [];
  const logs = new Map<string, string>();
  const requests: KubeRequest[] = [];
  let revision = 1;
  let compacted = 0;
  let epoch = 0;
  let openWatches = 0;
  let changed = Promise.withResolvers<void>();

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  }

  function keyOf(target: FakeTarget): string {
    return `${target.kind.group}/${target.kind.plural}/${target.namespace ?? ''}/${target.name}`;
  }

  function commit(event: LogEntry['event'], target: FakeTarget, object: KubeObject): KubeObject {
    revision += 1;
    const stored = deepFreeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(revision) },
    });
    if (event === 'DELETED') objects.delete(keyOf(target));
    else objects.set(keyOf(target), stored);
    history.push({ revision, event, kind: target.kind, object: stored });
    wake();
    return stored;
  }

  function existing(target: FakeTarget): KubeObject {
    const found = objects.get(keyOf(target));
    if (found === undefined)
      throw failure(404, 'NotFound', `${resourceName(target)} "${target.name}" not found`);
    return found;
  }

  function create(target: FakeTarget, body: unknown): KubeObject {
    const object = structuredClone(body) as KubeObject;
    const name = object.metadata.name ?? `${object.metadata.generateName ?? ''}${revision}`;
    const named = { ...target, name };
    if (objects.has(keyOf(named)))
      throw failure(409, 'AlreadyExists', `${resourceName(target)} "${name}" already exists`);
    return commit('ADDED', named, {
      ...object,
      apiVersion: apiVersionOf(target.kind),
      kind: target.kind.kind,
      metadata: {
        ...object.metadata,
        name,
        ...(target.kind.namespaced ? { namespace: target.namespace } : {}),
        uid: `uid-${revision}`,
        generation: 1,
        creationTimestamp: new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      },
    });
  }

  function update(target: FakeTarget, next: KubeObject): KubeObject {
    const old = existing(target);
    const wanted = next.metadata.resourceVersion;
    if (wanted !== undefined && wanted !== old.metadata.resourceVersion)
      throw failure(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${resourceName(target)} "${target.name}": the object has been modified; please apply your changes to the latest version and try again`,
      );
    const metadata = {
      ...next.metadata,
      uid: old.metadata.uid,
      creationTimestamp: old.metadata.creationTimestamp,
    };
    return commit('MODIFIED', target, { ...next, metadata });
  }

  function patch(target: FakeTarget, request: KubeRequest): KubeObject {
    const contentType = request.headers?.['content-type'] ?? '';
    if (contentType.startsWith('application/apply-patch')) {
      const current = objects.get(keyOf(target));
      if (current === undefined) return create(target, request.body);
      return update(target, mergePatch(current, request.body) as KubeObject);
    }
    const old = existing(target);
    return update(
      target,
      applyPatch(contentType, { target: old, patch: request.body }) as KubeObject,
    );
  }

  function select(target: FakeTarget, query: Record<string, string>): KubeObject[] {
    const prefix = `${target.kind.group}/${target.kind.plural}/`;
    return [...objects.entries()]
      .filter(([key, object]) => key.startsWith(prefix) && isSelected(object, { target, query }))
      .map(([, object]) => object)
      .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }

  function list(target: FakeTarget, request: KubeRequest): unknown {
    const query = request.query ?? {};
    const all = select(target, query);
    const start = Number(query['continue'] ?? 0);
    const limit = Number(query['limit'] ?? 0) || all.length;
    const items = all.slice(start, start + limit);
    const more = start + limit < all.length ? { continue: String(start + limit) } : {};
    const metadata = { resourceVersion: String(revision), ...more };
    if (isTableRequest(request)) return toTable(items, { metadata, now: now() });
    return {
      apiVersion: apiVersionOf(target.kind),
      kind: `${target.kind.kind}List`,
      metadata,
      items,
    };
  }

  async function handle(request: KubeRequest): Promise<unknown> {
    const discovery = discoveryAnswer(served, request);
    if (discovery !== undefined) return discovery;
    const target = parseResourcePath(served, request.path);
    if (target === undefined)
      throw failure(404, 'NotFound', 'the server could not find the requested resource');
    if (target.name === undefined)
      return request.method === 'POST' ? create(target, request.body) : list(target, request);
    switch (request.method) {
      case 'GET': {
        const object = existing(target);
        return isTableRequest(request) ? toTable([object], { metadata: {}, now: now() }) : object;
      }
      case 'PUT':
        return update(target, structuredClone(request.body) as KubeObject);
      case 'PATCH':
        return patch(target, request);
      case 'DELETE':
        return commit('DELETED', target, existing(target));
      case 'POST':
        throw failure(
          405,
          'MethodNotAllowed',
          'the server does not allow this method on the requested resource',
        );
    }
  }

  async function* follow(target: FakeTarget, request: KubeRequest): AsyncGenerator<unknown> {
    const query = request.query ?? {};
    const myEpoch = epoch;
    let position = Number(query['resourceVersion'] ?? revision);
    openWatches += 1;
    try {
      if (query['sendInitialEvents'] === 'true') {
        position = revision;
        for (const object of select(target, query)) yield { type: 'ADDED', object };
        yield bookmark(position, { 'k8s.io/initial-events-end': 'true' });
      }
      if (position < compacted) {
        yield { type: 'ERROR', object: failure(410, 'Expired', 'too old resource version').status };
        return;
      }
      const aborted = abortion(request.signal);
      let index = history.findIndex((entry) => entry.revision > position);
      if (index === -1) index = history.length;
      for (;;) {
        for (; index < history.length; index += 1) {
          if (epoch !== myEpoch || request.signal?.aborted === true) return;
          const { event, kind, object } = history[index]!;
          if (kind === target.kind && isSelected(object, { target, query }))
            yield { type: event, object };
        }
        if (epoch !== myEpoch || request.signal?.aborted === true) return;
        await Promise.race([changed.promise, aborted]);
      }
    } finally {
      openWatches -= 1;
    }
  }

  async function* logText(target: FakeTarget, request: KubeRequest): AsyncGenerator<string> {
    const pod = existing(target) as kinds.Pod;
    const container = request.query?.['container'] ?? pod.spec?.containers[0]?.name ?? '';
    const previous = request.query?.['previous'] === 'true' ? '/previous' : '';
    const text = logs.get(`${target.namespace}/${target.name}/${container}${previous}`) ?? '';
    const lines = text.split(/(?<=\n)/);
    const tail = Number(request.query?.['tailLines'] ?? lines.length);
    yield* lines.slice(-tail);
  }

  const transport: Transport = {
    async request(request) {
      await Promise.resolve();
      requests.push(request);
      if (request.signal?.aborted === true) throw request.signal.reason;
      try {
        return answer(request.method === 'POST' ? 201 : 200, await handle(request));
      } catch (error) {
        if (error instanceof KubeError && error.code > 0) return answer(error.code, error.status);
        throw error;
      }
    },
    async watch(request) {
      requests.push(request);
      const target = parseResourcePath(served, request.path);
      if (target === undefined)
        throw failure(404, 'NotFound', 'the server could not find the requested resource');
      if (options.refuseWatchList === true && request.query?.['sendInitialEvents'] === 'true')
        throw failure(
          422,
          'Invalid',
          'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
        );
      return follow(target, request);
    },
    async stream(request) {
      requests.push(request);
      const target = parseResourcePath(served, request.path);
      if (target?.subresource !== 'log' || !objects.has(keyOf(target)))
        throw kubeErrorFromResponse(
          request,
          answer(404, failure(404, 'NotFound', `pods "${target?.name}" not found`).status),
        );
      return logText(target, request);
    },
  };

  return {
    transport,
    client: createKubeClient(transport),
    requests,
    logs,
    closeWatches() {
      epoch += 1;
      wake();
    },
    compact() {
      compacted = revision;
    },
    get openWatches() {
      return openWatches;
    },
  };
}

function answer(status: number, body: unknown): KubeResponse {
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function failure(code: number, reason: string, message: string): KubeError {
  return new KubeError({
    reason,
    code,
    message,
    status: {
      apiVersion: 'v1',
      kind: 'Status',
      metadata: {},
      status: 'Failure',
      reason,
      code,
      message,
    },
  });
}

function resourceName(target: FakeTarget): string {
  const { group, plural } = target.kind;
  return group === '' ? plural : `${plural}.${group}`;
}

function sortKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function isSelected(
  object: KubeObject,
  { target, query }: { target: FakeTarget; query: Record<string, string> },
): boolean {
  if (target.namespace !== undefined && object.metadata.namespace !== target.namespace)
    return false;
  return (
    matchesLabels(object, query['labelSelector']) && matchesFields(object, query['fieldSelector'])
  );
}

function bookmark(revision: number, annotations: Record<string, string>): unknown {
  return {
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: String(revision), annotations } },
  };
}

function abortion(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
