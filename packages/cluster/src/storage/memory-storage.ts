/** The driver without a disk, and the half of the SQLite driver that answers reads and wakes watchers. */
import { approximateSize, ObjectIndex } from './object-index.ts';
import { StorageError } from './storage.ts';
import type { Storage, StorageEvent, StoredEntry } from './storage.ts';

/** How many past events are kept for watches that start in the past and for consistent paging. */
export const DEFAULT_MAX_EVENTS = 10_000;
/** How much memory the objects of those events may take, roughly. */
export const DEFAULT_MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** Bounds of the event log. What falls out of it is `compacted`. */
export interface EventLogOptions {
  /** 10,000 by default. */
  maxEvents?: number;
  /** 64 MiB by default. */
  maxEventBytes?: number;
}

export interface IndexOptions extends EventLogOptions {
  /** Told which events were forgotten, all of them up to `floor`. Must not throw. */
  onCompact?(floor: number, forgotten: readonly StorageEvent[]): void;
}

/** What a durable driver adds: called with each write before anything in this process can see it. May throw. */
export interface StorageJournal {
  /** `isTight`: there was no room a moment ago; a deletion then makes room for itself. Throws `full`, `unusable`. */
  append(event: StorageEvent, isTight?: boolean): void;
  /** See `Storage.flushed`. */
  flushed?(): Promise<void> | undefined;
  close(): void;
}

export interface IndexedStorageOptions {
  index: ObjectIndex;
  journal?: StorageJournal;
}

/** A storage whose content ends with the process. */
export function createMemoryStorage(options: EventLogOptions = {}): Storage {
  return createIndexedStorage({ index: createIndex(1, options) });
}

/** An empty index at a revision. */
export function createIndex(revision: number, options: IndexOptions): ObjectIndex {
  const {
    maxEvents = DEFAULT_MAX_EVENTS,
    maxEventBytes = DEFAULT_MAX_EVENT_BYTES,
    onCompact = () => {},
  } = options;
  return new ObjectIndex({ revision, maxEvents, maxEventBytes, onCompact });
}

/** A storage over an index, made durable by a journal. A write that the journal refuses has not happened. */
export function createIndexedStorage({ index, journal }: IndexedStorageOptions): Storage {
  const listeners = new ListenerTable();
  let closed = false;

  function open(): ObjectIndex {
    if (closed) throw new StorageError('unusable', 'The storage is closed.');
    return index;
  }

  function commit(change: Omit<StorageEvent, 'size'>): StoredEntry {
    change.value.metadata.resourceVersion = String(change.revision);
    const event = { ...change, size: approximateSize(change.value) };
    append(event, { index, journal });
    index.apply(event);
    listeners.publish(event);
    return { key: event.key, value: event.value, revision: event.revision };
  }

  function expect(key: string, expected: number): StoredEntry {
    const entry = open().get(key);
    if (!entry) throw new StorageError('missing', `${key} does not exist.`);
    if (entry.revision !== expected) {
      throw new StorageError(
        'conflict',
        `${key} is at revision ${entry.revision}, not ${expected}.`,
      );
    }
    return entry;
  }

  return {
    revision: () => open().revision,
    get: (key) => open().get(key),
    list: (prefix, range) => open().list(prefix, range),
    create(key, value) {
      if (open().get(key)) throw new StorageError('exists', `${key} exists.`);
      return commit({ type: 'created', revision: index.revision + 1, key, value });
    },
    update(key, value, expected) {
      const previous = expect(key, expected).value;
      return commit({ type: 'updated', revision: index.revision + 1, key, value, previous });
    },
    delete(key, expected) {
      const previous = expect(key, expected).value;
      const value = { ...previous, metadata: { ...previous.metadata } };
      return commit({ type: 'deleted', revision: index.revision + 1, key, value, previous });
    },
    eventsSince: (revision, prefix) => open().eventsSince(revision, prefix),
    subscribe: (prefix, listener) => listeners.add(prefix, listener),
    compact: (revision) => open().compact(revision),
    flushed: () => journal?.flushed?.(),
    close() {
      if (closed) return;
      closed = true;
      journal?.close();
    },
  };
}

/** Rather forgets the past than refuses the present. */
function append(event: StorageEvent, { index, journal }: IndexedStorageOptions): void {
  try {
    journal?.append(event);
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'full') throw error;
    index.compact(index.revision);
    journal?.append(event, true);
  }
}

type Listener = (event: StorageEvent) => void;

/** Listeners by prefix, called in order even when one of them writes. */
class ListenerTable {
  readonly #byPrefix = new Map<string, Set<Listener>>();
  readonly #queue: StorageEvent[] = [];
  #publishing = false;

  add(prefix: string, listener: Listener): () => void {
    const set = this.#byPrefix.get(prefix) ?? new Set<Listener>();
    this.#byPrefix.set(prefix, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#byPrefix.get(prefix) === set) this.#byPrefix.delete(prefix);
    };
  }

  publish(event: StorageEvent): void {
    this.#queue.push(event);
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#deliver(next);
    } finally {
      this.#publishing = false;
    }
  }

  #deliver(event: StorageEvent): void {
    for (const [prefix, set] of this.#byPrefix) {
      if (event.key.startsWith(prefix)) for (const listener of set) listener(event);
    }
  }
}
