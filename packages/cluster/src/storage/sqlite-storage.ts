/**
 * The durable driver: a log with one row for each write in a SQLite file, written before the write is acknowledged. Reads
 * come from memory. Rows that are superseded go when the events they stand for are compacted, so that watches go on over a
 * restart as if there had been none.
 */
import { chmodSync, existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { createDiskFlush } from './disk-flush.ts';
import type { DiskFlush } from './disk-flush.ts';
import { createIndex, createIndexedStorage } from './memory-storage.ts';
import type { EventLogOptions, IndexOptions, StorageJournal } from './memory-storage.ts';
import { approximateSize } from './object-index.ts';
import type { ObjectIndex } from './object-index.ts';
import { StorageError } from './storage.ts';
import type { Storage, StorageEvent, StoredValue } from './storage.ts';

/** Layout of the tables below; a file with a higher number was written by a newer release. */
const SCHEMA_VERSION = 2;
/** Marks the file as ours ("kgnt"), so that another program's database is never touched. */
const APPLICATION_ID = 0x6b67_6e74;
/** How long to wait for a process that is just ending and still holds the file. */
const BUSY_MS = 200;
/** The structure check reads the whole file; above this size only what loading reads is checked. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;

/** `floor` is the revision up to which events are compacted: of those rows only the newest of each living object is left. */
const CREATE_TABLES = `
  CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL, value TEXT NOT NULL);
  CREATE TABLE compacted (id INTEGER PRIMARY KEY CHECK (id = 1), floor INTEGER NOT NULL);
  INSERT INTO compacted VALUES (1, 1);
  PRAGMA user_version = ${SCHEMA_VERSION};
  PRAGMA application_id = ${APPLICATION_ID};`;

/** Format 1 kept the objects only, and the last revision. */
const MIGRATE_FROM_1 = `
  ${CREATE_TABLES}
  INSERT INTO log SELECT revision, key, 0, value FROM objects;
  UPDATE compacted SET floor = (SELECT revision FROM counter);
  DROP TABLE objects;
  DROP TABLE counter;`;

export interface SqliteOptions extends EventLogOptions {
  /**
   * What an acknowledged write survives. `process`: the death of the process (WAL, `synchronous = NORMAL`); a power cut
   * may take the last writes, never the file. `power`: a power cut too, at one disk flush for
   * the writes that come together; `Storage.flushed` tells when. Default `process`.
   */
  survives?: 'process' | 'power';
  /** Writes that would make the file larger are refused with `full`. Unlimited by default. */
  maxBytes?: number;
}

/**
 * Opens or makes the database at `path` (mode 0600) and loads it. The file is locked for this process. Throws
 * `StorageError` `damaged`, `newer`, `in_use` or `unusable`; the file is then left as it was.
 */
export function openSqliteStorage(path: string, options: SqliteOptions = {}): Storage {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    prepare(database, path);
    configure(database, options);
    // what is committed stands in the WAL until SQLite itself flushes it and moves it to the database
    const disk = options.survives === 'power' ? createDiskFlush(`${path}-wal`) : undefined;
    const journal = createJournal(database, { path, disk });
    const index = load(database, path, { ...options, onCompact: journal.compact });
    return createIndexedStorage({ index, journal });
  } catch (error) {
    if (database?.isOpen) database.close();
    throw error instanceof StorageError ? error : explain(error, path);
  }
}

function prepare(database: DatabaseSync, path: string): void {
  // The lock mode must be set before WAL is first touched; it also keeps the WAL index out of a file of its own.
  database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = ${BUSY_MS};`);
  const version = numberOf(database, 'user_version');
  const isEmpty = version === 0 && tableCount(database) === 0;
  if (!isEmpty) refuseForeign({ database, path, version });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  if (existsSync(path)) chmodSync(path, 0o600);
  // Taking the write lock now turns a second process away at once instead of at its first write.
  database.exec(isEmpty ? `BEGIN IMMEDIATE; ${CREATE_TABLES} COMMIT;` : 'BEGIN IMMEDIATE; COMMIT;');
  if (!isEmpty && existsSync(path) && statSync(path).size <= MAX_CHECKED_BYTES) {
    const result = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (result !== 'ok') throw damaged(path, String(result));
  }
  if (version === 1) database.exec(`BEGIN IMMEDIATE; ${MIGRATE_FROM_1} COMMIT;`);
  // from here on a commit is written, and flushed by us or at the next checkpoint
  database.exec('PRAGMA synchronous = NORMAL;');
}

function configure(database: DatabaseSync, { maxBytes }: SqliteOptions): void {
  if (maxBytes === undefined) return;
  const pages = Math.max(1, Math.floor(maxBytes / numberOf(database, 'page_size')));
  database.exec(`PRAGMA max_page_count = ${pages}`);
}

function refuseForeign(file: { database: DatabaseSync; path: string; version: number }): void {
  if (numberOf(file.database, 'application_id') !== APPLICATION_ID) {
    throw new StorageError(
      'unusable',
      `${file.path} is an SQLite database of another program. Choose another data directory.`,
    );
  }
  if (file.version > SCHEMA_VERSION) {
    throw new StorageError(
      'newer',
      `${file.path} was written by a newer release (format ${file.version}, this release reads up to ${SCHEMA_VERSION}). ` +
        'Start the newer release again, or choose another data directory.',
    );
  }
}

function load(database: DatabaseSync, path: string, options: IndexOptions): ObjectIndex {
  const floor = database.prepare('SELECT floor FROM compacted').get()?.['floor'];
  if (typeof floor !== 'number') throw damaged(path, 'the revision is missing');
  const index = createIndex(floor, options);
  for (const row of database.prepare('SELECT * FROM log ORDER BY revision').iterate()) {
    const { key, revision, deleted } = row;
    if (typeof key !== 'string' || typeof revision !== 'number')
      throw damaged(path, 'a row has no key');
    const value: unknown = parse(String(row['value']), key, path);
    if (!isStoredValue(value)) throw damaged(path, `object ${key} has no metadata`);
    if (value.metadata.resourceVersion !== String(revision))
      throw damaged(path, `object ${key} has a wrong revision`);
    if (revision <= floor) index.load({ key, value, revision });
    else index.apply(replayed(index, { key, value, revision, isDeleted: deleted === 1 }));
  }
  return index;
}

function replayed(
  index: ObjectIndex,
  row: { key: string; value: StoredValue; revision: number; isDeleted: boolean },
): StorageEvent {
  const { key, value, revision, isDeleted } = row;
  const previous = index.get(key)?.value;
  const type = isDeleted ? 'deleted' : previous === undefined ? 'created' : 'updated';
  return { type, key, value, revision, previous, size: approximateSize(value) };
}

function parse(text: string, key: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, `object ${key} is not JSON`, error);
  }
}

function isStoredValue(value: unknown): value is StoredValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'metadata' in value &&
    typeof value.metadata === 'object' &&
    value.metadata !== null
  );
}

interface SqliteJournal extends StorageJournal {
  /** Removes the rows that only the forgotten events needed. */
  compact(floor: number, forgotten: readonly StorageEvent[]): void;
}

function createJournal(
  database: DatabaseSync,
  { path, disk }: { path: string; disk: DiskFlush | undefined },
): SqliteJournal {
  const add = database.prepare('INSERT INTO log VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM log WHERE revision = ?');
  const raise = database.prepare('UPDATE compacted SET floor = ?');
  return {
    append({ revision, key, type, value, previous }, isTight = false) {
      const isDeleted = type === 'deleted';
      try {
        if (isTight) database.exec('BEGIN');
        if (isTight && isDeleted) remove.run(Number(previous?.metadata.resourceVersion));
        add.run(revision, key, isDeleted ? 1 : 0, JSON.stringify(value));
        if (isTight) database.exec('COMMIT');
        disk?.wrote();
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw unwritten(error, path);
      }
    },
    compact(floor, forgotten) {
      database.exec('BEGIN');
      try {
        for (const { type, revision, previous } of forgotten) {
          if (previous) remove.run(Number(previous.metadata.resourceVersion));
          if (type === 'deleted') remove.run(revision);
        }
        raise.run(floor);
        database.exec('COMMIT');
      } catch {
        // The rows are merely in the way; they go with the next start or the next compaction that succeeds.
        if (database.isTransaction) database.exec('ROLLBACK');
      }
    },
    flushed: () => disk?.done(),
    close() {
      database.close();
      disk?.close();
    },
  };
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function tableCount(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
}

function damaged(path: string, what: string, cause?: unknown): StorageError {
  return new StorageError(
    'damaged',
    `${path} is damaged: ${what}. Nothing was changed. Restore the file from a backup, or move it away to start empty.`,
    { cause },
  );
}

function primaryCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

/** Why a write did not happen. */
function unwritten(error: unknown, path: string): StorageError {
  const message = error instanceof Error ? error.message : String(error);
  return primaryCode(error) === 13
    ? new StorageError('full', `${path} cannot grow: ${message}. Free space, then try again.`, {
        cause: error,
      })
    : new StorageError('unusable', `${path} cannot be written: ${message}.`, { cause: error });
}

/** SQLite's own result codes, as `node:sqlite` reports them in `errcode` (low byte: primary code). */
function explain(error: unknown, path: string): StorageError {
  const message = error instanceof Error ? error.message : String(error);
  const code = primaryCode(error);
  if (code === 11 || code === 26) return damaged(path, message, error);
  if (code === 5 || code === 6) {
    return new StorageError(
      'in_use',
      `${path} is in use by another process. Stop that process, or choose another data directory.`,
      { cause: error },
    );
  }
  return new StorageError(
    'unusable',
    `${path} cannot be opened: ${message}. Check that the directory exists and may be written, or choose another data directory.`,
    { cause: error },
  );
}
