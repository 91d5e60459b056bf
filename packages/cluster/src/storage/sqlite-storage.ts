/**
 * The durable driver: one row for each object in a SQLite file, written before the write is acknowledged. Reads come
 * from memory. The event log is not kept: after a restart older watches get 410 and list again, as clients must.
 */
import { chmodSync, existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { createIndex, createIndexedStorage } from './memory-storage.ts';
import type { EventLogOptions, StorageJournal } from './memory-storage.ts';
import type { ObjectIndex } from './object-index.ts';
import { StorageError } from './storage.ts';
import type { Storage, StoredValue } from './storage.ts';

/** Layout of the tables below; a file with a higher number was written by a newer release. */
const SCHEMA_VERSION = 1;
/** Marks the file as ours ("kgnt"), so that another program's database is never touched. */
const APPLICATION_ID = 0x6b67_6e74;
/** How long to wait for a process that is just ending and still holds the file. */
const BUSY_MS = 200;
/** The structure check reads the whole file; above this size only what loading reads is checked. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;

const CREATE_TABLES = `
  CREATE TABLE objects (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
  INSERT INTO counter VALUES (1, 1);
  PRAGMA user_version = ${SCHEMA_VERSION};
  PRAGMA application_id = ${APPLICATION_ID};`;

export interface SqliteOptions extends EventLogOptions {
  /**
   * What an acknowledged write survives. `process`: the death of the process (WAL, `synchronous = NORMAL`); a power cut
   * may take the last writes, never the file. `power`: a power cut too (`synchronous = FULL`), at one disk flush for
   * each write. Default `process`.
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
    const index = load(database, path, options);
    return createIndexedStorage({ index, journal: createJournal(database, path) });
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
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  if (existsSync(path)) chmodSync(path, 0o600);
  // Taking the write lock now turns a second process away at once instead of at its first write.
  database.exec(isEmpty ? `BEGIN IMMEDIATE; ${CREATE_TABLES} COMMIT;` : 'BEGIN IMMEDIATE; COMMIT;');
  if (!isEmpty && existsSync(path) && statSync(path).size <= MAX_CHECKED_BYTES) {
    const result = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (result !== 'ok') throw damaged(path, String(result));
  }
}

function configure(database: DatabaseSync, { survives, maxBytes }: SqliteOptions): void {
  if (survives === 'power') database.exec('PRAGMA synchronous = FULL');
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

function load(database: DatabaseSync, path: string, options: EventLogOptions): ObjectIndex {
  const counter = database.prepare('SELECT revision FROM counter').get();
  if (typeof counter?.['revision'] !== 'number') throw damaged(path, 'the revision is missing');
  const index = createIndex(counter['revision'], options);
  for (const row of database
    .prepare('SELECT key, revision, value FROM objects ORDER BY key')
    .iterate()) {
    const key = String(row['key']);
    const value: unknown = parse(String(row['value']), key, path);
    if (!isStoredValue(value)) throw damaged(path, `object ${key} has no metadata`);
    const revision = Number(row['revision']);
    if (value.metadata.resourceVersion !== String(revision) || revision > index.revision)
      throw damaged(path, `object ${key} has a wrong revision`);
    index.load({ key, value, revision });
  }
  return index;
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

function createJournal(database: DatabaseSync, path: string): StorageJournal {
  const begin = database.prepare('BEGIN');
  const commit = database.prepare('COMMIT');
  const count = database.prepare('UPDATE counter SET revision = ?');
  const put = database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM objects WHERE key = ?');
  return {
    append(event) {
      begin.run();
      try {
        if (event.type === 'deleted') remove.run(event.key);
        else put.run(event.key, event.revision, JSON.stringify(event.value));
        count.run(event.revision);
        commit.run();
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw unwritten(error, path);
      }
    },
    close: () => database.close(),
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
