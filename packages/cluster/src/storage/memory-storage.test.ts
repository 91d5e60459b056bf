import { describe, expect, test } from 'vitest';
import { describeStorageContract } from '../testing/storage-contract.ts';
import { createIndex, createIndexedStorage, createMemoryStorage } from './memory-storage.ts';
import type { StorageEvent } from './storage.ts';

describeStorageContract('storage/memory-storage contract', (options) =>
  createMemoryStorage(options),
);

describe('storage/memory-storage', () => {
  test('a write that the journal refuses has not happened, for anybody', () => {
    const journaled: string[] = [];
    let isBroken = false;
    const storage = createIndexedStorage({
      index: createIndex(1, {}),
      journal: {
        append({ type, revision }: StorageEvent) {
          if (isBroken) throw new Error('disk full');
          journaled.push(`${type} ${revision}`);
        },
        close: () => undefined,
      },
    });
    const seen: string[] = [];
    storage.subscribe('/', ({ type, revision }) => seen.push(`${type} ${revision}`));
    storage.create('/a', { metadata: {}, text: 'one' });
    isBroken = true;
    expect(() => storage.create('/b', { metadata: {} })).toThrow('disk full');
    expect(() => storage.update('/a', { metadata: {}, text: 'two' }, 2)).toThrow('disk full');
    expect(() => storage.delete('/a', 2)).toThrow('disk full');
    expect(storage.revision()).toBe(2);
    expect(storage.get('/a')).toMatchObject({ revision: 2, value: { text: 'one' } });
    expect(storage.get('/b')).toBeUndefined();
    expect(storage.eventsSince(1, '/')).toHaveLength(1);
    isBroken = false;
    storage.update('/a', { metadata: {}, text: 'three' }, 2);
    expect(seen).toEqual(['created 2', 'updated 3']);
    expect(journaled).toEqual(seen);
  });
});
