import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeContract } from '../../testing/store-contract.ts';
import { createSqliteStore } from './create-sqlite-store.ts';

storeContract('server/stores/sqlite in memory', (now) =>
  createSqliteStore({ path: ':memory:', now }),
);

describe('server/stores/sqlite', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kagent-store-'));
    path = join(folder, 'server.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds everything again after it was closed', async () => {
    const first = createSqliteStore({ path, now: () => 5 });
    await first.sessions.save({ id: 's', userId: 'u', agent: 'ns/a', name: 'n' });
    await first.close();
    const second = createSqliteStore({ path, now: () => 9 });
    expect(await second.sessions.get('s', 'u')).toMatchObject({ name: 'n', createdAt: 5 });
    await second.close();
  });

  it('refuses a file that is no database, says which, and leaves it as it is', () => {
    writeFileSync(path, 'not a database, but somebody may need it');
    expect(() => createSqliteStore({ path, now: () => 0 })).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(path) }),
    );
    expect(readFileSync(path, 'utf8')).toBe('not a database, but somebody may need it');
  });

  it('refuses a database of a newer release', () => {
    const database = new DatabaseSync(path);
    database.exec('pragma user_version = 999');
    database.close();
    expect(() => createSqliteStore({ path, now: () => 0 })).toThrow(/newer kagent/);
  });
});
