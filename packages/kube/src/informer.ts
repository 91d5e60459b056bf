/** A local, always current copy of one kind: list once, then follow the watch for ever, over breaks and restarts. */
import { backoffMs } from './backoff.ts';
import { createObjectCache, type IndexFunction, type ObjectCache } from './cache.ts';
import type { KubeClient } from './client.ts';
import type { Clock } from './clock.ts';
import { isGone, isKubeError, KubeError, kubeErrorFromStatus } from './errors.ts';
import { keyOf, keyOfObject } from './keys.ts';
import type { Logger } from './logger.ts';
import type { KubeObject, ObjectKey, ResourceType, WatchEvent } from './types.ts';

export interface InformerOptions<T extends KubeObject> {
  client: KubeClient;
  type: ResourceType<T>;
  /** Default: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  clock: Clock;
  logger: Logger;
  random?: () => number;
}

/** `old` is the last state this informer knew. A deletion that happened during a break is told with the last known state. */
export type InformerChange<T extends KubeObject> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; old: T }
  | { type: 'deleted'; object: T };

/**
 * Every object in the cache was told to every listener, in the server's order, before the next one: what a listener sees
 * in the cache is the state right after its change. States between two breaks may be skipped, the latest never. Objects
 * are shared and must be treated as frozen.
 */
export interface Informer<T extends KubeObject> {
  readonly type: ResourceType<T>;
  /** Resolves when the cache holds the first full state and its `added`s were delivered; rejects when stopped before. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** By key text (`namespace/name`) or key. */
  get(key: string | ObjectKey): T | undefined;
  list(namespace?: string): T[];
  /** Throws when there is no such index. */
  byIndex(name: string, value: string): T[];
  /** Call any time; existing objects are indexed too. */
  addIndex(name: string, fn: IndexFunction<T>): void;
  /** Existing objects are delivered as `added` before this returns. Returns the way to unsubscribe. A throw is logged. */
  onChange(listener: (change: InformerChange<T>) => void): () => void;
  /** Ends the watch; resolves when nothing runs any more. The cache stays readable. Idempotent. */
  stop(): Promise<void>;
}

const PAGE_SIZE = 500;
/** The server is asked to end a watch after 5 to 10 minutes, so that no broken connection lives for ever. */
const WATCH_SECONDS = 300;
/** A server that ignores `sendInitialEvents` never ends the initial state; after so much silence a list is used. */
const INITIAL_SILENCE_MS = 10_000;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
const RETRY = { initialMs: 200, maxMs: 30_000 };

/** Starts at once. Needs `list` and `watch` on the kind; anything the server refuses is retried with backoff (max 30 s). */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { type } = options;
  const cache = createObjectCache<T>();
  const audience = createAudience(options);
  const stopping = new AbortController();
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => undefined);
  let hasSynced = false;
  const sink = createSink({
    cache,
    tell: audience.tell,
    onState() {
      hasSynced = true;
      synced.resolve();
    },
  });
  const finished = follow({ ...options, sink, signal: stopping.signal });

  return {
    type,
    synced: synced.promise,
    get hasSynced() {
      return hasSynced;
    },
    get: (key) => cache.get(typeof key === 'string' ? key : keyOf(key)),
    list(namespace) {
      const all = [...cache.values()];
      return namespace === undefined
        ? all
        : all.filter((object) => object.metadata.namespace === namespace);
    },
    byIndex: (name, value) => cache.byIndex(name, value),
    addIndex: (name, fn) => cache.addIndex(name, fn),
    onChange: (listener) => audience.join(listener, cache.values()),
    async stop() {
      stopping.abort(new Error(`the ${type.kind} informer was stopped`));
      synced.reject(stopping.signal.reason);
      await finished;
    },
  };
}

type Listener<T extends KubeObject> = (change: InformerChange<T>) => void;

interface Audience<T extends KubeObject> {
  tell(change: InformerChange<T>): void;
  /** Tells the listener what exists, then every change. */
  join(listener: Listener<T>, existing: Iterable<T>): () => void;
}

function createAudience<T extends KubeObject>({ type, logger }: InformerOptions<T>): Audience<T> {
  /** Replaced, never changed: one who joins during a change must not be told it twice. */
  let listeners: readonly Listener<T>[] = [];

  function deliver(listener: Listener<T>, change: InformerChange<T>): void {
    try {
      listener(change);
    } catch (error) {
      const key = keyOfObject(change.object);
      logger.error({ kind: type.kind, key, error: textOf(error) }, 'informer listener threw');
    }
  }

  return {
    tell(change) {
      for (const listener of listeners) deliver(listener, change);
    },
    join(listener, existing) {
      for (const object of existing) deliver(listener, { type: 'added', object });
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },
  };
}

interface Sink<T> {
  upsert(object: T): void;
  remove(object: T): void;
  replaceAll(objects: T[]): void;
}

function createSink<T extends KubeObject>(options: {
  cache: ObjectCache<T>;
  tell(change: InformerChange<T>): void;
  /** The cache holds a full state. */
  onState(): void;
}): Sink<T> {
  const { cache, tell } = options;
  const sink: Sink<T> = {
    upsert(object) {
      const old = cache.set(object);
      if (old === undefined) tell({ type: 'added', object });
      else if (!isSameState(old, object)) tell({ type: 'updated', object, old });
    },
    remove(object) {
      if (cache.delete(keyOfObject(object)) !== undefined) tell({ type: 'deleted', object });
    },
    replaceAll(objects) {
      const keep = new Set(objects.map(keyOfObject));
      for (const key of cache.keys()) {
        const object = keep.has(key) ? undefined : cache.delete(key);
        if (object !== undefined) tell({ type: 'deleted', object });
      }
      for (const object of objects) sink.upsert(object);
      options.onState();
    },
  };
  return sink;
}

function isSameState(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid
  );
}

interface Follow<T extends KubeObject> extends InformerOptions<T> {
  sink: Sink<T>;
  signal: AbortSignal;
}

/** What survives from one connection to the next. */
interface Position {
  /** Where to go on; undefined = the state must be read whole again. */
  resourceVersion: string | undefined;
  /** False once the server has shown that it can't stream the initial state. */
  useWatchList: boolean;
  /** Whether the current connection has brought anything. */
  progressed: boolean;
}

async function follow<T extends KubeObject>(options: Follow<T>): Promise<void> {
  const { clock, signal, type, logger } = options;
  const position: Position = { resourceVersion: undefined, useWatchList: true, progressed: false };
  let failures = 0;
  // Handlers registered right after createInformer must see the first event.
  await Promise.resolve();
  while (!signal.aborted) {
    const startedAt = clock.now();
    let hasFailed = false;
    position.progressed = false;
    try {
      await connectOnce(options, position);
    } catch (error) {
      if (signal.aborted) return;
      hasFailed = true;
      if (isGone(error)) {
        position.resourceVersion = undefined;
        logger.debug({ kind: type.kind }, 'watch position is gone, reading the state again');
      } else logger.warn({ kind: type.kind, error: textOf(error) }, 'watch failed, will reconnect');
    }
    const wasUseful = position.progressed || clock.now() - startedAt >= 1000;
    if (wasUseful) failures = 0;
    if (wasUseful && !hasFailed) continue;
    const delay = backoffMs(failures, { ...RETRY, random: options.random });
    failures += 1;
    await clock.sleep(delay, signal).catch(() => undefined);
  }
}

/** One connection: the initial state if it is needed, then events until the server ends the watch. */
async function connectOnce<T extends KubeObject>(
  options: Follow<T>,
  position: Position,
): Promise<void> {
  if (position.resourceVersion === undefined) {
    if (position.useWatchList) return await watchFromState(options, position);
    position.resourceVersion = await readList(options);
  }
  const events = await options.client.watch(options.type, {
    ...scopeOf(options),
    resourceVersion: position.resourceVersion,
    timeoutSeconds: watchSeconds(options),
    signal: options.signal,
  });
  for await (const event of events) applyEvent(options, { event, position });
}

/** One event of a running watch. Throws for an ERROR event. */
function applyEvent<T extends KubeObject>(
  { sink }: Follow<T>,
  { event, position }: { event: WatchEvent<T>; position: Position },
): void {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      sink.upsert(event.object);
      break;
    case 'DELETED':
      sink.remove(event.object);
      break;
    case 'BOOKMARK':
      break;
    case 'ERROR':
      throw kubeErrorFromStatus(event.object);
  }
  position.resourceVersion = event.object.metadata.resourceVersion ?? position.resourceVersion;
  position.progressed = true;
}

/** The streaming list: the state as ADDED events up to a marked bookmark, then the watch itself, on one connection. */
async function watchFromState<T extends KubeObject>(
  options: Follow<T>,
  position: Position,
): Promise<void> {
  const { sink, signal } = options;
  const state = new Map<string, T>();
  const patience = new AbortController();
  const connection = AbortSignal.any([signal, patience.signal]);
  let initial = true;
  const silent = silence(options, { connection, count: () => (initial ? state.size : -1) }).then(
    (isSilent) => {
      if (isSilent) patience.abort(new Error('the server does not stream the initial state'));
    },
  );
  try {
    const events = await options.client.watch(options.type, {
      ...scopeOf(options),
      sendInitialEvents: true,
      timeoutSeconds: watchSeconds(options),
      signal: connection,
    });
    for await (const event of events) {
      if (!initial) {
        applyEvent(options, { event, position });
        continue;
      }
      if (event.type === 'ERROR') throw kubeErrorFromStatus(event.object);
      if (event.type === 'DELETED') state.delete(keyOfObject(event.object));
      else if (event.type !== 'BOOKMARK') state.set(keyOfObject(event.object), event.object);
      else if (event.object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true') {
        initial = false;
        sink.replaceAll([...state.values()]);
        state.clear();
        position.resourceVersion = event.object.metadata.resourceVersion;
        position.progressed = true;
      }
    }
    if (initial && !signal.aborted && !patience.signal.aborted) throw cutShort(options.type);
  } catch (error) {
    if (!(initial && isRefusalOfWatchList(error)) && !patience.signal.aborted) throw error;
    useList(position);
  } finally {
    if (patience.signal.aborted) useList(position);
    patience.abort();
    await silent;
  }
}

/** Goes on at once with a plain list. */
function useList(position: Position): void {
  position.useWatchList = false;
  position.progressed = true;
}

/** Resolves true when the initial state made no progress for `INITIAL_SILENCE_MS`, false when it is complete or over. */
async function silence<T extends KubeObject>(
  { clock }: Follow<T>,
  { connection, count }: { connection: AbortSignal; count: () => number },
): Promise<boolean> {
  for (let before = -2, now = count(); now !== -1; before = now, now = count()) {
    if (before === now) return true;
    try {
      await clock.sleep(INITIAL_SILENCE_MS, connection);
    } catch {
      return false;
    }
  }
  return false;
}

function isRefusalOfWatchList(error: unknown): boolean {
  return isKubeError(error) && (error.code === 400 || error.code === 422);
}

function cutShort(type: ResourceType): KubeError {
  return new KubeError({
    reason: 'Unreachable',
    code: 0,
    message: `the watch of ${type.plural} ended before the initial state was complete`,
  });
}

/** Reads all pages; returns the resourceVersion to watch from. A stale page token rejects with Expired. */
async function readList<T extends KubeObject>(options: Follow<T>): Promise<string> {
  const objects: T[] = [];
  let token: string | undefined;
  for (;;) {
    const list = await options.client.list(options.type, {
      ...scopeOf(options),
      limit: PAGE_SIZE,
      continue: token,
      signal: options.signal,
    });
    objects.push(...list.items);
    token = list.metadata.continue;
    if (token === undefined || token === '') {
      options.sink.replaceAll(objects);
      return list.metadata.resourceVersion;
    }
  }
}

function scopeOf(options: { namespace?: string; labelSelector?: string; fieldSelector?: string }): {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
} {
  const { namespace, labelSelector, fieldSelector } = options;
  return { namespace, labelSelector, fieldSelector };
}

function watchSeconds({ random = Math.random }: { random?: () => number }): number {
  return Math.round(WATCH_SECONDS * (1 + random()));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
