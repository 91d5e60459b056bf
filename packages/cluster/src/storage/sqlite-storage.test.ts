import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';

import { describeStorageContract } from '../testing/storage-contract.ts';
import { createTestApi } from '../testing/test-api.ts';
import { openSqliteStorage } from './sqlite-storage.ts';
import { StorageError } from './storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'kagent-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const newPath = () => join(directory, `${(files += 1)}.db`);

describeStorageContract('storage/sqlite-storage contract', (options) =>
  openSqliteStorage(newPath(), options),
);

describeStorageContract('storage/sqlite-storage contract, over a power cut', (options) =>
  openSqliteStorage(newPath(), { ...options, survives: 'power' }),
);

describe('storage/sqlite-storage', () => {
  test('finds everything again, at the same revision', () => {
    const path = newPath();
    const before = openSqliteStorage(path);
    before.create('/a', { metadata: { name: 'a' }, spec: { x: [1, 'ü', null] } });
    before.create('/b', { metadata: {} });
    before.delete('/b', 3);
    before.close();

    const after = openSqliteStorage(path);
    expect(after.revision()).toBe(4);
    expect(after.get('/a')?.value).toEqual({
      metadata: { name: 'a', resourceVersion: '2' },
      spec: { x: [1, 'ü', null] },
    });
    expect(after.get('/b')).toBeUndefined();
    expect(after.eventsSince(3, '/')).toMatchObject([{ type: 'deleted', key: '/b' }]);
    expect(after.eventsSince(4, '/')).toEqual([]);
    after.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('remembers its events over a restart, with the state before each', () => {
    const path = newPath();
    const before = openSqliteStorage(path);
    before.create('/a', { metadata: {}, text: 'one' });
    before.update('/a', { metadata: {}, text: 'two' }, 2);
    before.create('/b', { metadata: {} });
    before.delete('/a', 3);
    const events = before.eventsSince(1, '/');
    const then = before.list('/', { revision: 3 });
    before.close();
    const after = openSqliteStorage(path);
    expect(after.eventsSince(1, '/')).toEqual(events);
    expect(after.list('/', { revision: 3 })).toEqual(then);
    after.close();
  });

  test('forgets on disk what it forgets in memory', () => {
    const path = newPath();
    const before = openSqliteStorage(path, { maxEvents: 10 });
    before.create('/a', { metadata: {} });
    for (let revision = 2; revision < 100; revision += 1)
      before.update('/a', { metadata: {} }, revision);
    before.create('/b', { metadata: {} });
    before.delete('/b', 101);
    before.compact(102);
    before.close();
    const database = new DatabaseSync(path);
    const rows = database.prepare('SELECT key, revision FROM log').all();
    database.close();
    expect(rows).toEqual([{ key: '/a', revision: 100 }]);
    const after = openSqliteStorage(path);
    expect(after.revision()).toBe(102);
    expect(() => after.eventsSince(101, '/')).toThrow('too old');
    expect(after.update('/a', { metadata: {} }, 100).revision).toBe(103);
    after.close();
  });

  test('takes over a file of format 1', () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec(`
      CREATE TABLE objects (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
      INSERT INTO counter VALUES (1, 9);
      INSERT INTO objects VALUES ('/b', 4, '{"metadata":{"resourceVersion":"4"}}');
      INSERT INTO objects VALUES ('/a', 7, '{"metadata":{"resourceVersion":"7"}}');
      PRAGMA user_version = 1;
      PRAGMA application_id = ${0x6b67_6e74};`);
    database.close();
    const storage = openSqliteStorage(path);
    expect(storage.revision()).toBe(9);
    expect(storage.list('/').entries.map(({ key, revision }) => [key, revision])).toEqual([
      ['/a', 7],
      ['/b', 4],
    ]);
    storage.delete('/b', 4);
    storage.close();
    const again = openSqliteStorage(path);
    expect(again.list('/').entries.map(({ key }) => key)).toEqual(['/a']);
    expect(again.eventsSince(9, '/')).toMatchObject([{ type: 'deleted', key: '/b', revision: 10 }]);
    again.close();
  });

  test('loses no acknowledged write to kill -9', async () => {
    const path = newPath();
    const script = `
      import { openSqliteStorage } from ${JSON.stringify(new URL('./sqlite-storage.ts', import.meta.url).href)};
      const storage = openSqliteStorage(${JSON.stringify(path)});
      for (let i = 0; i < 500; i += 1) storage.create('/' + i, { metadata: {} });
      process.stdout.write(String(storage.revision()), () => process.kill(process.pid, 'SIGKILL'));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    const storage = openSqliteStorage(path);
    expect(storage.revision()).toBe(Number(output));
    expect(storage.list('/').entries).toHaveLength(500);
    storage.close();
  });

  test('refuses a damaged file, names it and the way out, and leaves it alone', () => {
    const path = newPath();
    writeFileSync(path, 'not a database at all, but long enough to be one'.repeat(50));
    const bytes = readFileSync(path);
    const error = refusal(path);
    expect(error.code).toBe('damaged');
    expect(error.message).toContain(path);
    expect(error.message).toContain('Restore the file from a backup, or move it away');
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test('refuses a file with a torn page', () => {
    const path = newPath();
    const storage = openSqliteStorage(path);
    for (let i = 0; i < 200; i += 1)
      storage.create(`/${i}`, { metadata: { note: 'x'.repeat(200) } });
    storage.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 8192, 12_288);
    writeFileSync(path, bytes);
    expect(refusal(path).code).toBe('damaged');
  });

  test('refuses an object that is not JSON', () => {
    const path = newPath();
    openSqliteStorage(path).close();
    const database = new DatabaseSync(path);
    database.exec(`INSERT INTO log VALUES (2, '/a', 0, '{"meta')`);
    database.close();
    expect(refusal(path).message).toContain('object /a is not JSON');
  });

  test.each([
    ['has no metadata', `INSERT INTO log VALUES (3, '/b', 0, '{}')`],
    ['has a wrong revision', `UPDATE log SET revision = 7`],
    ['is not JSON', `UPDATE log SET value = '{'`],
    ['the revision is missing', `DELETE FROM compacted`],
  ])('refuses a row that cannot be right: %s', (complaint, damage) => {
    const path = newPath();
    const storage = openSqliteStorage(path);
    storage.create('/a', { metadata: {} });
    storage.close();
    const database = new DatabaseSync(path);
    database.exec(damage);
    database.close();
    const error = refusal(path);
    expect(error.code).toBe('damaged');
    expect(error.message).toContain(complaint);
  });

  test('a full disk refuses the write, and nothing has happened', () => {
    const path = newPath();
    const storage = openSqliteStorage(path, { maxBytes: 64 * 1024 });
    const seen: string[] = [];
    storage.subscribe('/', ({ key, type }) => seen.push(`${type} ${key}`));
    let refused: unknown;
    let written = 0;
    try {
      for (; written < 1000; written += 1)
        storage.create(`/${written}`, { metadata: {}, text: 'x'.repeat(4000) });
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ name: 'StorageError', code: 'full' });
    expect(String(refused)).toContain(path);
    expect(storage.revision()).toBe(1 + written);
    expect(storage.get(`/${written}`)).toBeUndefined();
    expect(seen).toHaveLength(written);
    // What frees space still works, and then writes do again.
    storage.delete('/0', 2);
    storage.delete('/1', 3);
    storage.create('/after', { metadata: {}, text: 'x'.repeat(4000) });
    const keys = storage.list('/').entries.map(({ key }) => key);
    storage.close();
    const again = openSqliteStorage(path);
    expect(again.list('/').entries.map(({ key }) => key)).toEqual(keys);
    again.close();
  });

  test('a full disk is a 500 Status that says so, and the server goes on', async () => {
    const storage = openSqliteStorage(newPath(), { maxBytes: 256 * 1024 });
    using api = await createTestApi({ storage });
    const path = '/api/v1/namespaces/default/configmaps';
    const configMap = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { text: 'x'.repeat(20_000) },
    });
    let written = 0;
    let answer = await api.call('POST', path, { body: configMap('c0') });
    while (answer.status === 201 && written < 100) {
      written += 1;
      answer = await api.call('POST', path, { body: configMap(`c${written}`) });
    }
    expect(answer).toMatchObject({
      status: 500,
      body: {
        kind: 'Status',
        reason: 'InternalError',
        message: expect.stringMatching(/cannot grow: .*full.*Free space/),
      },
    });
    expect((await api.call('GET', `${path}/c${written}`)).status).toBe(404);
    expect((await api.call('GET', path)).body).toMatchObject({
      metadata: { resourceVersion: String(storage.revision()) },
    });
    for (const name of ['c0', 'c1'])
      expect((await api.call('DELETE', `${path}/${name}`)).status).toBe(200);
    expect((await api.call('POST', path, { body: configMap('after') })).status).toBe(201);
  });

  test('flushes writes that come together at once, when they are to survive a power cut', async () => {
    const storage = openSqliteStorage(newPath(), { survives: 'power' });
    expect(storage.flushed()).toBeUndefined();
    storage.create('/a', { metadata: {} });
    const first = storage.flushed();
    storage.create('/b', { metadata: {} });
    expect(storage.flushed()).toBe(first);
    await first;
    expect(storage.flushed()).toBeUndefined();
    storage.create('/c', { metadata: {} });
    const second = storage.flushed();
    expect(second).toBeInstanceOf(Promise);
    storage.close();
    await second;
  });

  test('has nothing to flush when only the death of the process is to be survived', () => {
    const storage = openSqliteStorage(newPath());
    storage.create('/a', { metadata: {} });
    expect(storage.flushed()).toBeUndefined();
    storage.close();
  });

  test('refuses a newer file', () => {
    const path = newPath();
    openSqliteStorage(path).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 7');
    database.close();
    const error = refusal(path);
    expect(error.code).toBe('newer');
    expect(error.message).toContain('format 7, this release reads up to 2');
  });

  test("refuses another program's database", () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE songs (title TEXT)');
    database.close();
    expect(refusal(path).message).toContain('another program');
  });

  test('refuses a file that another process uses', () => {
    const path = newPath();
    const storage = openSqliteStorage(path);
    expect(refusal(path).code).toBe('in_use');
    storage.create('/a', { metadata: {} });
    storage.close();
  });

  test('refuses a directory that does not exist', () => {
    const error = refusal(join(directory, 'missing', 'x.db'));
    expect(error.code).toBe('unusable');
    expect(error.message).toContain('Check that the directory exists');
  });
});

function refusal(path: string): StorageError {
  try {
    openSqliteStorage(path).close();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('The file was accepted.');
}
