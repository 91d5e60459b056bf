/**
 * The store over SQLite: one file in WAL mode. What was acknowledged survives the death of any process; a power cut may
 * take the last moments, but never the record of a tool call that must not be repeated: that is flushed to the disk.
 */
import { chmodSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { KagentError } from '@kagent/spec';
import { Kysely } from 'kysely';
import type { Store } from '../../store.ts';
import { createRunJournal } from '../run-journal.ts';
import { MIGRATIONS, type Tables } from '../schema.ts';
import { createSessionStore } from '../session-store.ts';
import { createTaskStore } from '../task-store.ts';
import { createToolServerStore } from '../tool-server-store.ts';
import { sqliteDialect } from './dialect.ts';

export interface SqliteStoreOptions {
  /** File, or `:memory:`. */
  path: string;
  now: () => number;
}

/**
 * Opens (and migrates forward) the database, which only its owner may read. Never deletes or repairs anything: a file that is damaged or was written by
 * a newer release rejects with `unavailable` and a message that says which file and what to do.
 */
export function createSqliteStore({ path, now }: SqliteStoreOptions): Store {
  const database = open(path);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  const context = {
    db,
    now,
    flush: () => {
      database.exec('pragma wal_checkpoint(passive)');
      return Promise.resolve();
    },
  };
  return {
    runs: createRunJournal(context),
    sessions: createSessionStore(context),
    tasks: createTaskStore(context),
    toolServers: createToolServerStore(context),
    close: () => db.destroy(),
  };
}

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    if (path !== ':memory:') chmodSync(path, 0o600);
    database.exec(
      'pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000',
    );
    migrate(database, path);
    check(database, path);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof KagentError) throw error;
    throw new KagentError('unavailable', damaged(path, error), { cause: error });
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const row = database.prepare('pragma user_version').get();
  const version = Number(row?.user_version ?? 0);
  if (version > MIGRATIONS.length) {
    throw new KagentError(
      'unavailable',
      `${path} was written by a newer kagent (schema ${version}, this one knows ${MIGRATIONS.length}). ` +
        'Start the newer kagent, or point KAGENT_HOME at another folder. Nothing was changed.',
    );
  }
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec('begin immediate');
    try {
      for (const statement of statements) database.exec(statement);
      database.exec(`pragma user_version = ${index + 1}`);
      database.exec('commit');
    } catch (error) {
      database.exec('rollback');
      throw error;
    }
  }
}

/** The structure check reads the whole file, so larger ones are taken as they are. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;

function check(database: DatabaseSync, path: string): void {
  if (path === ':memory:' || statSync(path).size > MAX_CHECKED_BYTES) return;
  const result = database.prepare('pragma quick_check(1)').get()?.quick_check;
  if (result !== 'ok') throw new Error(String(result));
}

function damaged(path: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return (
    `${path} can't be opened as a kagent database: ${reason}. Nothing was changed. ` +
    'Restore the file from a backup, or move it away (or point KAGENT_HOME at another folder) to start empty.'
  );
}
