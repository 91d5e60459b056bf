/**
 * Fans storage events out to watches. What an event looks like on the wire is made once for each shape (object, table,
 * metadata; version; transition) and shared by all watches that need it.
 */
import type { Clock } from '@kagent/kube';

import type { Storage, StorageEvent } from '../../storage/storage.ts';
import type { Selection } from '../list-selection.ts';
import { fromStorage } from '../object.ts';
import type { ApiObject } from '../object.ts';
import { inVersion, renderObject } from '../representation.ts';
import type { Representation } from '../representation.ts';
import type { ServedResource } from '../resource-registry.ts';
import { expired } from '../status-error.ts';
import type { TablePrinter } from '../table.ts';
import { WatchFrame } from './watch-frame.ts';
import type { WatchEventType } from './watch-frame.ts';
import { WatchQueue } from './watch-queue.ts';

export interface WatchHubOptions {
  storage: Storage;
  printer: TablePrinter;
  clock: Clock;
  /** Frames a watch may lag behind before it is dropped with 410. */
  maxLag: number;
  /** The same in bytes of their objects; 64 MiB by default. */
  maxLagBytes?: number;
}

const DEFAULT_LAG_BYTES = 64 * 1024 * 1024;

export interface WatchStart {
  selection: Selection;
  representation: Representation;
  /** `state`: the current objects first; a number: events after that revision; `now`: only what comes. */
  from: 'state' | 'now' | number;
  /** After `state`, send the bookmark that says so. */
  markInitialEnd: boolean;
  /** Send bookmarks from time to time. */
  bookmarks: boolean;
  signal?: AbortSignal;
}

interface Watch extends WatchStart {
  queue: WatchQueue;
  /** Tables carry their columns only once. */
  hasSentColumns: boolean;
}

type SharedFrames = Map<string, WatchFrame>;

export class WatchHub {
  readonly #options: WatchHubOptions;
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #unsubscribe = new Map<string, () => void>();

  constructor(options: WatchHubOptions) {
    this.#options = options;
  }

  /** Number of open watches. */
  get size(): number {
    let size = 0;
    for (const set of this.#watches.values()) size += set.size;
    return size;
  }

  /** Open watches by resource version. */
  sizes(): { resource: ServedResource; size: number }[] {
    const sizes = new Map<string, { resource: ServedResource; size: number }>();
    for (const set of this.#watches.values()) {
      for (const { selection } of set) {
        const { resource } = selection;
        const key = `${resource.apiVersion}/${resource.plural}`;
        const known = sizes.get(key);
        if (known === undefined) sizes.set(key, { resource, size: 1 });
        else known.size += 1;
      }
    }
    return [...sizes.values()];
  }

  /**
   * Begins a watch. Frames come in revision order without gap or repetition; a watch that lags too far behind, or asks
   * for events that are no longer known, gets an ERROR frame with 410 and ends.
   */
  watch(start: WatchStart): WatchQueue {
    const { storage, maxLag, maxLagBytes = DEFAULT_LAG_BYTES } = this.#options;
    const { selection, signal } = start;
    const watch: Watch = {
      ...start,
      queue: new WatchQueue({
        maxLag,
        maxLagBytes,
        signal,
        settled: () => storage.flushed(),
        onClose: () => this.#remove(watch),
      }),
      hasSentColumns: false,
    };
    if (signal?.aborted === true) return watch.queue;
    try {
      watch.queue.startWith(this.#initialFrames(watch));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      watch.queue.end(new WatchFrame('ERROR', expired(message).status));
      return watch.queue;
    }
    const { prefix } = selection.resource;
    const watches = this.#watches.get(prefix) ?? new Set();
    this.#watches.set(prefix, watches);
    watches.add(watch);
    if (!this.#unsubscribe.has(prefix)) {
      this.#unsubscribe.set(
        prefix,
        storage.subscribe(prefix, (event) => this.#publish(prefix, event)),
      );
    }
    return watch.queue;
  }

  /** Sends a bookmark with the current revision to every watch that wants them. */
  sendBookmarks(): void {
    for (const set of this.#watches.values()) {
      for (const watch of set) if (watch.bookmarks) watch.queue.push(this.#bookmark(watch, false));
    }
  }

  /** Ends all watches whose resource `isGone` says is no longer served. */
  endWatches(isGone: (resource: ServedResource) => boolean): void {
    for (const set of this.#watches.values()) {
      for (const watch of set) if (isGone(watch.selection.resource)) watch.queue.end();
    }
  }

  #remove(watch: Watch): void {
    const { prefix } = watch.selection.resource;
    const watches = this.#watches.get(prefix);
    watches?.delete(watch);
    if (watches?.size !== 0) return;
    this.#watches.delete(prefix);
    this.#unsubscribe.get(prefix)?.();
    this.#unsubscribe.delete(prefix);
  }

  #publish(prefix: string, event: StorageEvent): void {
    const shared: SharedFrames = new Map();
    for (const watch of this.#watches.get(prefix) ?? []) {
      const frame = this.#frameFor(watch, event, shared);
      if (frame) watch.queue.push(frame, event.size);
    }
  }

  /** A lazy sequence: a watch over ten thousand objects does not hold ten thousand frames. */
  #initialFrames(watch: Watch): Iterable<WatchFrame> {
    const { storage } = this.#options;
    const { selection, from } = watch;
    if (from === 'now') return [];
    if (typeof from === 'number') {
      return withFirst(this.#replay(watch, storage.eventsSince(from, selection.prefix)));
    }
    const { entries } = storage.list(selection.prefix);
    const end = watch.markInitialEnd ? this.#bookmark(watch, true) : undefined;
    return withFirst(this.#state(watch, entries.map(fromStorage), end));
  }

  *#replay(watch: Watch, events: StorageEvent[]): Generator<WatchFrame> {
    for (const event of events) {
      const frame = this.#frameFor(watch, event, new Map());
      if (frame) yield frame;
    }
  }

  *#state(watch: Watch, objects: ApiObject[], end: WatchFrame | undefined): Generator<WatchFrame> {
    for (const object of objects) {
      if (watch.selection.matches(object))
        yield this.#render(watch, { type: 'ADDED', object }, new Map());
    }
    if (end) yield end;
  }

  #frameFor(watch: Watch, event: StorageEvent, shared: SharedFrames): WatchFrame | undefined {
    const change = transition(watch.selection, event);
    return change && this.#render(watch, change, shared);
  }

  #render(watch: Watch, change: Change, shared: SharedFrames): WatchFrame {
    const { representation, selection } = watch;
    const { resource } = selection;
    const withColumns = representation.as === 'table' && !watch.hasSentColumns;
    watch.hasSentColumns = true;
    const include = representation.as === 'table' ? representation.include : '';
    const key = `${change.type} ${representation.as} ${include} ${withColumns} ${resource.apiVersion}`;
    let frame = shared.get(key);
    if (!frame) {
      frame = new WatchFrame(change.type, this.#rendered(watch, change.object, withColumns));
      shared.set(key, frame);
    }
    return frame;
  }

  #rendered(watch: Watch, object: ApiObject, withColumns: boolean): object {
    const { printer, clock } = this.#options;
    const { representation, selection } = watch;
    const { resource } = selection;
    const now = clock.now();
    if (representation.as !== 'table')
      return renderObject(resource, object, { representation, printer, now });
    const { include } = representation;
    return printer.table(resource, [inVersion(object, resource)], { include, now, withColumns });
  }

  #bookmark({ selection, representation }: Watch, isInitialEnd: boolean): WatchFrame {
    const { kind, apiVersion } = selection.resource;
    const metadata = {
      resourceVersion: String(this.#options.storage.revision()),
      ...(isInitialEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
    };
    switch (representation.as) {
      case 'object':
        return new WatchFrame('BOOKMARK', { kind, apiVersion, metadata });
      case 'metadata':
        return new WatchFrame('BOOKMARK', {
          kind: 'PartialObjectMetadata',
          apiVersion: 'meta.k8s.io/v1',
          metadata,
        });
      case 'table': {
        const object = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
        const table = {
          kind: 'Table',
          apiVersion: 'meta.k8s.io/v1',
          metadata: { resourceVersion: metadata.resourceVersion },
          columnDefinitions: null,
          rows: [{ cells: [], object }],
        };
        return new WatchFrame('BOOKMARK', table);
      }
    }
  }
}

/** Makes the first frame at once, so that it, and not an event that comes meanwhile, carries the columns. */
function withFirst(frames: Generator<WatchFrame>): Iterable<WatchFrame> {
  const first = frames.next();
  if (first.done === true) return [];
  return (function* all() {
    yield first.value;
    yield* frames;
  })();
}

interface Change {
  type: WatchEventType;
  object: ApiObject;
}

/** What an event means to a watch: an object that stops matching is deleted, one that begins to match is added. */
function transition(selection: Selection, event: StorageEvent): Change | undefined {
  if (!event.key.startsWith(selection.prefix)) return undefined;
  const object = fromStorage(event);
  const previous = event.previous && fromStorage({ ...event, value: event.previous });
  const matched = previous !== undefined && selection.matches(previous);
  if (event.type === 'deleted') return matched ? { type: 'DELETED', object } : undefined;
  if (selection.matches(object)) return { type: matched ? 'MODIFIED' : 'ADDED', object };
  if (!matched) return undefined;
  const metadata = { ...previous.metadata, resourceVersion: String(event.revision) };
  return { type: 'DELETED', object: { ...previous, metadata } };
}
