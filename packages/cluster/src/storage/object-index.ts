/** The in-memory state both drivers answer reads from: sorted keys, entries, and a bounded log of events. */
import { StorageError } from './storage.ts';
import type { ListPage, ListRange, StorageEvent, StoredEntry } from './storage.ts';

export class ObjectIndex {
  readonly #entries = new Map<string, StoredEntry>();
  readonly #keys: string[] = [];
  readonly #maxEvents: number;
  readonly #maxEventBytes: number;
  readonly #onCompact: (floor: number, forgotten: readonly StorageEvent[]) => void;
  #events: StorageEvent[] = [];
  #eventBytes = 0;
  #compacted: number;
  #revision: number;

  /** `revision` is that of the last write; what led to it is unknown, so it counts as compacted. */
  constructor(options: {
    revision: number;
    maxEvents: number;
    maxEventBytes: number;
    onCompact(floor: number, forgotten: readonly StorageEvent[]): void;
  }) {
    this.#revision = options.revision;
    this.#onCompact = options.onCompact;
    this.#maxEventBytes = options.maxEventBytes;
    this.#compacted = options.revision;
    this.#maxEvents = options.maxEvents;
  }

  get revision(): number {
    return this.#revision;
  }

  get(key: string): StoredEntry | undefined {
    return this.#entries.get(key);
  }

  /** Puts an entry in place without an event: how a driver fills the index when it opens. */
  load(entry: StoredEntry): void {
    this.#put(entry);
  }

  /** Takes one committed event into state and log. */
  apply(event: StorageEvent): void {
    this.#revision = event.revision;
    if (event.type === 'deleted') this.#remove(event.key);
    else this.#put({ key: event.key, value: event.value, revision: event.revision });
    this.#events.push(event);
    this.#eventBytes += event.size;
    // Cut in blocks, so that a full log does not cost a copy for each write.
    const isFull =
      this.#events.length > this.#maxEvents * 1.25 || this.#eventBytes > this.#maxEventBytes * 1.25;
    if (isFull) this.#cut();
  }

  /** Forgets the oldest events until the rest is within both bounds. */
  #cut(): void {
    let bytes = this.#eventBytes;
    let count = this.#events.length;
    let revision = 0;
    for (const event of this.#events) {
      if (count <= this.#maxEvents && bytes <= this.#maxEventBytes) break;
      count -= 1;
      bytes -= event.size;
      revision = event.revision;
    }
    this.compact(revision);
  }

  list(prefix: string, range: ListRange = {}): ListPage {
    const revision = range.revision ?? this.#revision;
    if (revision !== this.#revision) return this.#listAt(prefix, revision, range);
    const { after = '' } = range;
    const from = this.#position(after < prefix ? prefix : `${after}\0`);
    const end = this.#position(`${prefix}\uffff`);
    const to = range.limit === undefined ? end : Math.min(end, from + Math.max(0, range.limit));
    const entries: StoredEntry[] = [];
    for (let i = from; i < to; i += 1) entries.push(this.#entries.get(this.#keys[i]!)!);
    return { entries, revision, remaining: Math.max(0, end - to) };
  }

  eventsSince(revision: number, prefix: string): StorageEvent[] {
    if (revision < this.#compacted) {
      throw new StorageError(
        'compacted',
        `too old resource version: ${revision} (${this.#compacted})`,
      );
    }
    const first = firstAfter(this.#events, revision);
    const events: StorageEvent[] = [];
    for (let i = first; i < this.#events.length; i += 1) {
      const event = this.#events[i]!;
      if (event.key.startsWith(prefix)) events.push(event);
    }
    return events;
  }

  compact(revision: number): void {
    if (revision <= this.#compacted) return;
    this.#compacted = Math.min(revision, this.#revision);
    const first = firstAfter(this.#events, this.#compacted);
    const forgotten = this.#events.splice(0, first);
    for (const event of forgotten) this.#eventBytes -= event.size;
    this.#onCompact(this.#compacted, forgotten);
  }

  /** The state at an older revision: the current one with the later events taken back. */
  #listAt(prefix: string, revision: number, range: ListRange): ListPage {
    const undone = new Map<string, StoredEntry | undefined>();
    for (const { key, previous } of this.eventsSince(revision, prefix)) {
      if (undone.has(key)) continue;
      const before = Number(previous?.metadata.resourceVersion);
      undone.set(key, previous && { key, value: previous, revision: before });
    }
    const state = this.list(prefix).entries.filter((entry) => !undone.has(entry.key));
    for (const entry of undone.values()) if (entry) state.push(entry);
    const { after } = range;
    const rest = (
      after === undefined ? state : state.filter((entry) => entry.key > after)
    ).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const entries = rest.slice(0, range.limit);
    return { entries, revision, remaining: rest.length - entries.length };
  }

  #put(entry: StoredEntry): void {
    if (!this.#entries.has(entry.key)) this.#keys.splice(this.#position(entry.key), 0, entry.key);
    this.#entries.set(entry.key, entry);
  }

  #remove(key: string): void {
    if (this.#entries.delete(key)) this.#keys.splice(this.#position(key), 1);
  }

  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** About how many bytes a value takes in memory: cheap, and right where it matters, for long texts. */
export function approximateSize(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 32;
  if (Array.isArray(value)) for (const item of value) size += approximateSize(item);
  else
    for (const key in value) size += 16 + approximateSize((value as Record<string, unknown>)[key]);
  return size;
}

function firstAfter(events: StorageEvent[], revision: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events[middle]!.revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
