/** What every storage driver must do. Each driver's test file runs it with its own factory. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { StorageError } from '../storage/storage.ts';
import type { Storage, StorageEvent, StoredValue } from '../storage/storage.ts';

/** Registers the suite. `open` must return a new, empty storage whose event log holds `maxEvents` events. */
export function describeStorageContract(
  name: string,
  open: (options: { maxEvents: number; maxEventBytes?: number }) => Storage,
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

    test('keeps events of a bounded size', () => {
      using storage = closing(open({ maxEvents: 1000, maxEventBytes: 100_000 }));
      for (let i = 0; i < 100; i += 1) storage.create(`/${i}`, object('x'.repeat(10_000)));
      expect(code(() => storage.eventsSince(80, '/'))).toBe('compacted');
      const known = storage.eventsSince(97, '/');
      expect(known.map((event) => event.revision)).toEqual([98, 99, 100, 101]);
      expect(known[0]?.size).toBeGreaterThan(10_000);
      storage.create('/large', object('x'.repeat(200_000)));
      expect(storage.eventsSince(102, '/')).toEqual([]);
    });

    test('a page begins within its prefix, whatever it is told', () => {
      using storage = closing(fresh());
      for (const key of ['/a/1', '/b/1', '/b/2', '/c/1']) storage.create(key, object(key));
      for (const after of ['', '/', '/a/1', '/b'])
        expect(keys(storage.list('/b/', { after }))).toEqual(['/b/1', '/b/2']);
      expect(keys(storage.list('/b/', { after: '/c/1' }))).toEqual([]);
      storage.create('/b/3', object(''));
      expect(keys(storage.list('/b/', { after: '/a/1', revision: 4 }))).toEqual(['/b/1', '/b/2']);
    });

    test('a listener that stops others or itself changes nothing for the rest', () => {
      using storage = closing(fresh());
      const seen: string[] = [];
      const stopOwn = storage.subscribe('/', () => {
        seen.push('own');
        stopOwn();
      });
      storage.subscribe('/', ({ revision }) => seen.push(`other ${revision}`));
      storage.create('/a', object(''));
      storage.create('/b', object(''));
      expect(seen).toEqual(['own', 'other 2', 'other 3']);
    });

    test('hands out objects that later writes do not touch', () => {
      using storage = closing(fresh());
      storage.create('/a', object('one'));
      const before = storage.get('/a')?.value;
      storage.update('/a', object('two'), 2);
      storage.delete('/a', 3);
      expect(before).toMatchObject({ text: 'one', metadata: { resourceVersion: '2' } });
      expect(
        storage
          .eventsSince(1, '/')
          .map(({ type, value }) => [type, value.metadata.resourceVersion]),
      ).toEqual([
        ['created', '2'],
        ['updated', '3'],
        ['deleted', '4'],
      ]);
    });

    test('random writes: the log replayed from any revision is the list, revisions only grow', () => {
      const write = fc.record({
        key: fc.constantFrom('/x/a', '/x/b', '/x/c', '/y/a'),
        remove: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(write, { maxLength: 30 }), fc.nat(), (writes, from) => {
          using storage = closing(open({ maxEvents: 1000 }));
          const states = [snapshot(storage, '/x/')];
          for (const [i, { key, remove }] of writes.entries()) {
            const current = storage.get(key);
            const before = storage.revision();
            if (current === undefined) storage.create(key, object(String(i)));
            else if (remove) storage.delete(key, current.revision);
            else storage.update(key, object(String(i)), current.revision);
            expect(storage.revision()).toBe(before + 1);
            states.push(snapshot(storage, '/x/'));
          }
          const start = 1 + (from % states.length);
          expect(snapshot(storage, '/x/', start)).toEqual(states[start - 1]);
          const replayed = new Map(states[start - 1]);
          for (const { key, type, value } of storage.eventsSince(start, '/x/')) {
            if (type === 'deleted') replayed.delete(key);
            else replayed.set(key, String(value['text']));
          }
          expect(new Map([...replayed].toSorted())).toEqual(states.at(-1));
        }),
        { numRuns: 40 },
      );
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

function snapshot(storage: Storage, prefix: string, revision?: number): Map<string, string> {
  const { entries } = storage.list(prefix, { revision });
  return new Map(entries.map(({ key, value }) => [key, String(value['text'])]));
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
