/**
 * The storage port of the API server: every object of every kind under one key space with one global, monotone
 * revision. It is synchronous on purpose: the embedded cluster is one process, and a read-modify-write without an
 * `await` in it cannot be interleaved.
 */

/** A Kubernetes object as it is stored. Handed-out values are shared and must be treated as frozen. */
export interface StoredValue {
  [field: string]: unknown;
  metadata: { resourceVersion?: string; [field: string]: unknown };
}

export interface StoredEntry {
  /** `/group/plural/namespace/name`; see `objectKey` in `api/object-key.ts`. The storage only compares prefixes. */
  key: string;
  value: StoredValue;
  /** Revision of the last write; equals `Number(value.metadata.resourceVersion)`. */
  revision: number;
}

/** One committed write. Revisions are strictly increasing and belong to exactly one event. */
export interface StorageEvent {
  type: 'created' | 'updated' | 'deleted';
  revision: number;
  key: string;
  /** The new state; for `deleted` the last state with the resourceVersion of the deletion. */
  value: StoredValue;
  /** The state before; absent for `created`. */
  previous?: StoredValue;
  /** About how many bytes `value` takes, for those who bound what they keep. */
  size: number;
}

export interface ListRange {
  /** Only keys behind this one, in key order. */
  after?: string;
  limit?: number;
  /** The state as it was at this revision; the current state by default. `compacted` if it is no longer known. */
  revision?: number;
}

export interface ListPage {
  entries: StoredEntry[];
  /** The revision this page shows. */
  revision: number;
  /** Entries of the range behind this page. */
  remaining: number;
}

/** Why a storage call was refused. Callers compare `code`, never the text. */
export type StorageErrorCode =
  | 'exists'
  | 'missing'
  | 'conflict'
  | 'compacted'
  | 'damaged'
  | 'newer'
  | 'in_use'
  | 'full'
  | 'unusable';

/** The one error of this port. `message` of all codes from `damaged` on names the file and the way out. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
  }
}

export interface Storage {
  /** Revision of the last committed write; 1 for an empty storage, as clients treat 0 as "any". */
  revision(): number;
  get(key: string): StoredEntry | undefined;
  /** Entries whose key starts with `prefix`, in key order. Throws `compacted`. */
  list(prefix: string, range?: ListRange): ListPage;
  /**
   * Stores a new object. Takes over `value` and writes its `metadata.resourceVersion`. Throws `exists`. This and the
   * other writes throw `full` or `unusable` when a durable driver cannot write; then nothing has happened.
   */
  create(key: string, value: StoredValue): StoredEntry;
  /** Replaces an object last written at `expected`. Takes over `value`. Throws `missing`, `conflict`. */
  update(key: string, value: StoredValue, expected: number): StoredEntry;
  /** Removes an object last written at `expected`. Returns its last state. Throws `missing`, `conflict`. */
  delete(key: string, expected: number): StoredEntry;
  /** Every event after `revision` below `prefix`, oldest first. Throws `compacted` when some are no longer known. */
  eventsSince(revision: number, prefix: string): StorageEvent[];
  /**
   * Calls `listener` for each committed write below `prefix`, once, in revision order, before the write call returns
   * (or, for a write made by a listener, after the listeners of the earlier event). A listener must not throw.
   * Returns the unsubscribe function.
   */
  subscribe(prefix: string, listener: (event: StorageEvent) => void): () => void;
  /** Forgets events up to and including `revision`; the current state is never touched. */
  compact(revision: number): void;
  /**
   * Settles when every write so far survives what the driver promises; undefined when that is so already, which is always
   * true of drivers that write at once. Whoever tells others of a write waits for it. Rejects with `unusable`.
   */
  flushed(): Promise<void> | undefined;
  /** Idempotent. Every later call throws. */
  close(): void;
}
