/** What every storage driver must do. Each driver's test file runs it with its own factory. */
import { describe, expect, test } from 'vitest';

import { StorageError } from '../storage/storage.ts';
import type { Storage, StorageEvent, StoredValue } from '../storage/storage.ts';

/** Registers the suite. `open` must return a new, empty storage whose event log holds `maxEvents` events. */
export function describeStorageContract(
  name: string,
  open: (options: { maxEvents: number }) => Storage,
): void {
  describe(`${name}`, () => {
    const fresh = () => open({ maxEvents: 100 });

    test('starts at revision 1 and counts every write once', () => {
      using storage = closing(fresh());
      expect(storage.revision()).toBe(1);
      const created = storage.create('/a', object('one'));
      expect(created).toMatchObject({ key: '/a', revision: 2 });
      expect(storage.update('/a', object('two'), 2).revision).toBe(3);
      expect(storage.delete('/a', 3).revision).toBe(4);
      expect(storage.revision()).toBe(4);
      expect(storage.get('/a')).toBeUndefined();
    });

    test('writes the revision into the object', () => {
      using storage = closing(fresh());
      storage.create('/a', object('one'));
      expect(storage.get('/a')?.value.metadata.resourceVersion).toBe('2');
      const gone = storage.delete('/a', 2);
      expect(gone.value.metadata.resourceVersion).toBe('3');
    });

    test('refuses what is not as expected and changes nothing', () => {
      using storage = closing(fresh());
      storage.create('/a', object('one'));
      expect(code(() => storage.create('/a', object('two')))).toBe('exists');
      expect(code(() => storage.update('/b', object('two'), 2))).toBe('missing');
      expect(code(() => storage.delete('/b', 2))).toBe('missing');
      expect(code(() => storage.update('/a', object('two'), 1))).toBe('conflict');
      expect(code(() => storage.delete('/a', 9))).toBe('conflict');
      expect(storage.revision()).toBe(2);
      expect(storage.get('/a')?.value['text']).toBe('one');
    });

    test('lists a prefix in key order, in pages', () => {
      using storage = closing(fresh());
      for (const key of ['/x/c', '/x/a', '/y/z', '/x/b', '/w']) storage.create(key, object(key));
      expect(keys(storage.list('/x/'))).toEqual(['/x/a', '/x/b', '/x/c']);
      expect(storage.list('/x/')).toMatchObject({ revision: 6, remaining: 0 });
      const first = storage.list('/x/', { limit: 2 });
      expect(keys(first)).toEqual(['/x/a', '/x/b']);
      expect(first.remaining).toBe(1);
      expect(keys(storage.list('/x/', { limit: 2, after: '/x/b' }))).toEqual(['/x/c']);
      expect(keys(storage.list('/none/'))).toEqual([]);
    });

    test('lists the state of an older revision', () => {
      using storage = closing(fresh());
      storage.create('/x/a', object('a1')); // 2
      storage.create('/x/b', object('b1')); // 3
      storage.update('/x/a', object('a2'), 2); // 4
      storage.delete('/x/b', 3); // 5
      storage.create('/x/c', object('c1')); // 6
      storage.update('/x/a', object('a3'), 4); // 7
      const then = storage.list('/x/', { revision: 3 });
      expect(then.entries.map((entry) => entry.value['text'])).toEqual(['a1', 'b1']);
      expect(then.entries.map((entry) => entry.revision)).toEqual([2, 3]);
      const page = storage.list('/x/', { revision: 4, limit: 1 });
      expect(page).toMatchObject({ revision: 4, remaining: 1 });
      expect(keys(storage.list('/x/', { revision: 4, after: '/x/a' }))).toEqual(['/x/b']);
    });

    test('tells events since a revision, below a prefix, in order', () => {
      using storage = closing(fresh());
      storage.create('/x/a', object('1'));
      storage.create('/y/a', object('2'));
      storage.update('/x/a', object('3'), 2);
      storage.delete('/x/a', 4);
      expect(storage.eventsSince(2, '/x/').map(({ type, revision }) => [type, revision])).toEqual([
        ['updated', 4],
        ['deleted', 5],
      ]);
      expect(storage.eventsSince(2, '/x/')[0]?.previous?.['text']).toBe('1');
      expect(storage.eventsSince(1, '/').map((event) => event.revision)).toEqual([2, 3, 4, 5]);
      expect(storage.eventsSince(5, '/')).toEqual([]);
    });

    test('forgets on request and refuses to tell half the story', () => {
      using storage = closing(fresh());
      for (const key of ['/a', '/b', '/c']) storage.create(key, object(key));
      storage.compact(3);
      expect(code(() => storage.eventsSince(2, '/'))).toBe('compacted');
      expect(code(() => storage.list('/', { revision: 2 }))).toBe('compacted');
      expect(storage.eventsSince(3, '/')).toHaveLength(1);
      expect(storage.list('/').entries).toHaveLength(3);
      storage.compact(2);
      expect(storage.eventsSince(3, '/')).toHaveLength(1);
    });

    test('keeps a bounded number of events', () => {
      using storage = closing(open({ maxEvents: 10 }));
      for (let i = 0; i < 100; i += 1) storage.create(`/${i}`, object(''));
      expect(code(() => storage.eventsSince(50, '/'))).toBe('compacted');
      expect(storage.eventsSince(91, '/')).toHaveLength(10);
    });

    test('tells subscribers each event once, in order, before the write returns', () => {
      using storage = closing(fresh());
      const seen: string[] = [];
      const stop = storage.subscribe('/x/', (event) => seen.push(`${event.type} ${event.key}`));
      storage.create('/x/a', object(''));
      expect(seen).toEqual(['created /x/a']);
      storage.create('/y/a', object(''));
      storage.delete('/x/a', 2);
      stop();
      storage.create('/x/b', object(''));
      expect(seen).toEqual(['created /x/a', 'deleted /x/a']);
    });

    test('keeps the order for everybody when a subscriber writes', () => {
      using storage = closing(fresh());
      const first: number[] = [];
      const second: number[] = [];
      storage.subscribe('/', (event: StorageEvent) => {
        first.push(event.revision);
        if (event.key === '/a') storage.create('/b', object(''));
      });
      storage.subscribe('/', (event: StorageEvent) => second.push(event.revision));
      storage.create('/a', object(''));
      expect(first).toEqual([2, 3]);
      expect(second).toEqual([2, 3]);
    });

    test('refuses work after close', () => {
      const storage = fresh();
      storage.close();
      storage.close();
      expect(code(() => storage.get('/a'))).toBe('unusable');
      expect(code(() => storage.create('/a', object('')))).toBe('unusable');
    });
  });
}

function object(text: string): StoredValue {
  return { metadata: {}, text };
}

function keys(page: { entries: { key: string }[] }): string[] {
  return page.entries.map((entry) => entry.key);
}

function code(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof StorageError ? error.code : 'other';
  }
  return undefined;
}

function closing(storage: Storage): Storage & Disposable {
  return { ...storage, [Symbol.dispose]: () => storage.close() };
}
