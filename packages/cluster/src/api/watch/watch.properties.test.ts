import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { WatchFrame } from './watch-frame.ts';
import { WatchQueue } from './watch-queue.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const NAMES = ['a', 'b', 'c', 'd'];

interface Item {
  metadata: { name: string; resourceVersion: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

interface Event {
  type: string;
  object: Item & { kind?: string; code?: number; message?: string; rows?: unknown[] };
}

interface List {
  metadata: { resourceVersion: string; continue?: string };
  items: Item[];
}

type Operation =
  | { do: 'write'; name: string; app: string; value: number }
  | { do: 'delete'; name: string }
  | { do: 'collect'; app: string };

const name = fc.constantFrom(...NAMES);
const app = fc.constantFrom('web', 'db');
const operations = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('write' as const), name, app, value: fc.nat(3) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), name }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('collect' as const), app }) },
  ),
  { maxLength: 25 },
);

async function run(api: TestApi, operation: Operation): Promise<void> {
  const { status } = await send(api, operation);
  expect([200, 201, 404]).toContain(status);
}

function send(api: TestApi, operation: Operation): Promise<{ status: number }> {
  switch (operation.do) {
    case 'write': {
      const { name: of, app: label, value } = operation;
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: of, labels: { app: label } },
        data: { value: String(value) },
      };
      const headers = { 'content-type': 'application/apply-patch+yaml' };
      return api.call('PATCH', `${PATH}/${of}?fieldManager=t`, { body, headers });
    }
    case 'delete':
      return api.call('DELETE', `${PATH}/${operation.name}`);
    case 'collect':
      return api.call('DELETE', `${PATH}?labelSelector=app%3D${operation.app}`);
  }
}

async function list(api: TestApi, query = ''): Promise<List> {
  const { status, body } = await api.call('GET', `${PATH}?${query}`);
  expect(status).toBe(200);
  return body as List;
}

/** Every event that is there when `until` is reached. */
async function eventsUntil(api: TestApi, query: string, until: number): Promise<Event[]> {
  const stop = new AbortController();
  const response = await api.open('GET', `${PATH}?watch=true&allowWatchBookmarks=true&${query}`, {
    signal: stop.signal,
  });
  if (response.kind !== 'watch') throw new Error(JSON.stringify(response));
  // The bookmark is behind everything that has happened.
  api.server.hub.sendBookmarks();
  const events: Event[] = [];
  for await (const frame of response.frames) {
    const event = frame as unknown as Event;
    if (event.type === 'ERROR') throw new Error(event.object.message);
    if (event.type === 'BOOKMARK' && Number(event.object.metadata.resourceVersion) >= until) break;
    if (event.type !== 'BOOKMARK') events.push(event);
  }
  stop.abort();
  return events;
}

/** What a client that follows the events knows in the end; checks that each event makes sense to it. */
function fold(start: Item[], events: Event[]): Item[] {
  const known = new Map(start.map((item) => [item.metadata.name, item]));
  for (const { type, object } of events) {
    const { name: key } = object.metadata;
    expect({ type, key, isKnown: known.has(key) }).toEqual({
      type,
      key,
      isKnown: type !== 'ADDED',
    });
    if (type === 'DELETED') known.delete(key);
    else known.set(key, object);
  }
  return [...known.values()].toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

describe('api/watch/properties', () => {
  test('a watch from any revision, replayed on the list of that revision, is the list', async () => {
    await fc.assert(
      fc.asyncProperty(
        operations,
        fc.nat(25),
        fc.constantFrom('', 'labelSelector=app%3Dweb', 'fieldSelector=metadata.name%3Da'),
        async (steps, at, selector) => {
          using api = await createTestApi();
          let from = await list(api, selector);
          for (const [i, step] of steps.entries()) {
            if (i === at % (steps.length + 1)) from = await list(api, selector);
            await run(api, step);
          }
          const end = await list(api, selector);
          const until = Number(end.metadata.resourceVersion);
          const revision = from.metadata.resourceVersion;
          const events = await eventsUntil(api, `${selector}&resourceVersion=${revision}`, until);
          expect(fold(from.items, events)).toEqual(end.items);
          const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion));
          expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
          expect(revisions[0] ?? Infinity).toBeGreaterThan(Number(revision));
          const initial = `${selector}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
          expect(fold([], await eventsUntil(api, initial, until))).toEqual(end.items);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('pages of any size show the list of their first page, whatever is written between them', async () => {
    await fc.assert(
      fc.asyncProperty(
        operations,
        operations,
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('', '&labelSelector=app%3Dweb'),
        async (before, between, limit, selector) => {
          using api = await createTestApi();
          for (const step of before) await run(api, step);
          const whole = await list(api, selector.slice(1));
          const items: Item[] = [];
          const writes = [...between];
          let token = '';
          for (;;) {
            const page = await list(api, `limit=${limit}${selector}${token}`);
            expect(page.items.length).toBeLessThanOrEqual(limit);
            expect(page.metadata.resourceVersion).toBe(whole.metadata.resourceVersion);
            items.push(...page.items);
            if (page.metadata.continue === undefined) break;
            token = `&continue=${page.metadata.continue}`;
            for (const step of writes.splice(0, 3)) await run(api, step);
          }
          expect(items).toEqual(whole.items);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('revisions only grow: of the list with each write, of an object with each change', async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (steps) => {
        using api = await createTestApi();
        const last = new Map<string, { revision: number; text: string }>();
        let revision = 0;
        for (const step of steps) {
          await run(api, step);
          const { metadata, items } = await list(api);
          expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(revision);
          revision = Number(metadata.resourceVersion);
          for (const item of items) {
            const now = Number(item.metadata.resourceVersion);
            const text = JSON.stringify(item);
            const before = last.get(item.metadata.name);
            expect(now).toBeLessThanOrEqual(revision);
            expect(now > (before?.revision ?? 0)).toBe(before?.text !== text);
            last.set(item.metadata.name, { revision: now, text });
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('api/watch/bounds', () => {
  test('a reader that leaves too many frames or bytes waiting is dropped with 410', async () => {
    for (const bounds of [
      { maxLag: 3, maxLagBytes: 1e6 },
      { maxLag: 100, maxLagBytes: 3000 },
    ]) {
      let closed = 0;
      const queue = new WatchQueue({ ...bounds, onClose: () => (closed += 1) });
      for (let i = 0; i < 5; i += 1) queue.push(new WatchFrame('ADDED', { i }), 1000);
      expect(closed).toBe(1);
      const frames: WatchFrame[] = [];
      for await (const frame of queue) frames.push(frame);
      expect(frames).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    }
  });

  test('a reader that keeps up may get any number of bytes', async () => {
    const queue = new WatchQueue({ maxLag: 2, maxLagBytes: 1500, onClose: () => undefined });
    const frames = queue[Symbol.asyncIterator]();
    for (let i = 0; i < 50; i += 1) {
      queue.push(new WatchFrame('ADDED', { i }), 1000);
      expect((await frames.next()).value).toMatchObject({ object: { i } });
    }
    queue.end();
    expect((await frames.next()).done).toBe(true);
  });

  test('watches of one name, as metadata and as tables, enter and leave a selection alike', async () => {
    using api = await createTestApi();
    const stop = new AbortController();
    const open = async (path: string, accept: string) => {
      const response = await api.open('GET', path, { headers: { accept }, signal: stop.signal });
      if (response.kind !== 'watch') throw new Error('no watch');
      return response.frames[Symbol.asyncIterator]();
    };
    const json = 'application/json';
    const single = await open(`${PATH}?watch=true&fieldSelector=metadata.name%3Da`, json);
    const partial = await open(
      `${PATH}?watch=true&labelSelector=app%3Dweb`,
      `${json};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`,
    );
    const table = await open(
      `${PATH}?watch=true&labelSelector=app%3Dweb`,
      `${json};as=Table;v=v1;g=meta.k8s.io`,
    );
    await run(api, { do: 'write', name: 'b', app: 'web', value: 1 });
    await run(api, { do: 'write', name: 'a', app: 'web', value: 1 });
    await run(api, { do: 'write', name: 'a', app: 'db', value: 1 });
    const take = async (frames: AsyncIterator<unknown>) => (await frames.next()).value as Event;
    expect(await take(single)).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'a' } },
    });
    expect(await take(single)).toMatchObject({
      type: 'MODIFIED',
      object: { metadata: { labels: { app: 'db' } } },
    });
    for (const type of ['ADDED', 'ADDED', 'DELETED']) {
      const one = await take(partial);
      expect(one).toMatchObject({ type, object: { kind: 'PartialObjectMetadata' } });
      expect(one.object).not.toHaveProperty('data');
      expect(await take(table)).toMatchObject({ type, object: { kind: 'Table', rows: [{}] } });
    }
    stop.abort();
  });

  test('the watches of a kind end when its CRD is deleted', async () => {
    using api = await createTestApi();
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.demo.dev' },
      spec: {
        group: 'demo.dev',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object' } },
          },
        ],
      },
    };
    expect((await api.call('POST', crds, { body: crd })).status).toBe(201);
    const things = '/apis/demo.dev/v1/namespaces/default/things';
    const thing = { apiVersion: 'demo.dev/v1', kind: 'Thing', metadata: { name: 't' } };
    expect((await api.call('POST', things, { body: thing })).status).toBe(201);
    const response = await api.open('GET', `${things}?watch=true`);
    if (response.kind !== 'watch') throw new Error('no watch');
    await api.call('DELETE', `${crds}/things.demo.dev`);
    const types: string[] = [];
    for await (const { type } of response.frames) types.push(type);
    expect(types).toEqual(['ADDED', 'DELETED']);
    expect((await api.open('GET', `${things}?watch=true`)).status).toBe(404);
  });
});
