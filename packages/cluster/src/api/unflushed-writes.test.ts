/** Nobody hears of a write before it is as safe as the storage promises. */
import { describe, expect, test } from 'vitest';

import { createMemoryStorage } from '../storage/memory-storage.ts';
import { StorageError } from '../storage/storage.ts';
import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';

/** A server on a disk that is as slow as the test wants. */
async function slowDisk() {
  let disk: PromiseWithResolvers<void> | undefined;
  const storage = { ...createMemoryStorage(), flushed: () => disk?.promise };
  const api = await createTestApi({ storage });
  return {
    api,
    /** What is written from now on takes until the returned function is called, with what went wrong if anything did. */
    hold() {
      const held = Promise.withResolvers<void>();
      disk = held;
      return (error?: Error) => {
        disk = undefined;
        if (error) held.reject(error);
        else held.resolve();
      };
    },
  };
}

const isConfigMap = ({ key }: { key: string }) => key.includes('/configmaps/');
const create = ({ api }: { api: TestApi }, name: string) =>
  api.call('POST', PATH, { body: { metadata: { name } } });

describe('writes that are not on the disk yet', () => {
  test('are answered, and shown to readers, when they are', async () => {
    const disk = await slowDisk();
    using api = disk.api;
    const flush = disk.hold();
    const told: string[] = [];
    const write = create(disk, 'a').then(({ status }) => told.push(`created ${status}`));
    const read = api.call('GET', `${PATH}/a`).then(({ status }) => told.push(`read ${status}`));
    await expect.poll(() => api.storage.list('/').entries.some(isConfigMap)).toBe(true);
    await new Promise(setImmediate);
    expect(told).toEqual([]);
    flush();
    await Promise.all([write, read]);
    expect(told).toContain('created 201');
  });

  test('reach watches when they are', async () => {
    const disk = await slowDisk();
    using api = disk.api;
    const stop = new AbortController();
    const watch = await api.open('GET', `${PATH}?watch=true&resourceVersion=1`, stop);
    if (watch.kind !== 'watch') throw new Error(watch.kind);
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { type } of watch.frames) seen.push(type);
    })();
    await create(disk, 'before');
    await expect.poll(() => seen).toEqual(['ADDED']);
    const flush = disk.hold();
    const write = create(disk, 'after');
    await new Promise(setImmediate);
    expect(seen).toEqual(['ADDED']);
    flush();
    await write;
    await expect.poll(() => seen).toEqual(['ADDED', 'ADDED']);
    stop.abort();
    await watching;
  });

  test('are answered with the reason when the disk fails', async () => {
    const disk = await slowDisk();
    using _api = disk.api;
    const flush = disk.hold();
    const write = create(disk, 'a');
    await new Promise(setImmediate);
    flush(new StorageError('unusable', 'cluster.db cannot be written: EIO.'));
    expect((await write).body).toMatchObject({
      code: 500,
      message: expect.stringContaining('cannot be written: EIO'),
    });
  });
});
