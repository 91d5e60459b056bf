import { CONFIG_MAPS, isGone, PODS } from '@kagent/kube';
import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';

interface List {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: { metadata: { name: string; resourceVersion: string } }[];
}

async function create(
  api: TestApi,
  name: string,
  labels: Record<string, string> = {},
): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels },
  };
  await api.client.create(CONFIG_MAPS, object);
}

async function relabel(
  api: TestApi,
  name: string,
  labels: Record<string, string | null>,
): Promise<void> {
  const patch = { type: 'merge', body: { metadata: { labels } } } as const;
  await api.client.patch(CONFIG_MAPS, { namespace: 'default', name, patch });
}

async function list(api: TestApi, query: string): Promise<List> {
  const { body, status } = await api.call('GET', `${PATH}?${query}`);
  expect(status).toBe(200);
  return body as List;
}

const names = ({ items }: List) => items.map((item) => item.metadata.name);

describe('api/list', () => {
  test('pages over the state at the first page', async () => {
    using api = await createTestApi();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(api, name);
    const first = await list(api, 'limit=2');
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    await api.client.delete(CONFIG_MAPS, { namespace: 'default', name: 'c' });
    await create(api, 'bb');
    const second = await list(api, `limit=2&continue=${first.metadata.continue}`);
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const third = await list(api, `limit=2&continue=${second.metadata.continue}`);
    expect(names(third)).toEqual(['e']);
    expect(third.metadata.continue).toBeUndefined();
    const exact = `resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`;
    expect(names(await list(api, exact))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(names(await list(api, ''))).toEqual(['a', 'b', 'bb', 'd', 'e']);
  });

  test('says when a page token is too old, and how to go on', async () => {
    using api = await createTestApi();
    for (const name of ['a', 'b', 'c']) await create(api, name);
    const first = await list(api, 'limit=1');
    await create(api, 'd');
    api.storage.compact(api.storage.revision());
    const { status, body } = await api.call(
      'GET',
      `${PATH}?limit=5&continue=${first.metadata.continue}`,
    );
    expect(status).toBe(410);
    expect(body).toMatchObject({ reason: 'Expired', metadata: { continue: expect.any(String) } });
    const token = (body as List).metadata.continue;
    expect(names(await list(api, `limit=5&continue=${token}`))).toEqual(['b', 'c', 'd']);
    expect((await api.call('GET', `${PATH}?continue=rubbish`)).status).toBe(400);
  });

  test('selects by labels and fields', async () => {
    using api = await createTestApi();
    await create(api, 'a', { app: 'web', tier: 'front' });
    await create(api, 'b', { app: 'web' });
    await create(api, 'c', { app: 'db' });
    const by = async (selector: string) =>
      names(await list(api, `labelSelector=${encodeURIComponent(selector)}`));
    expect(await by('app=web')).toEqual(['a', 'b']);
    expect(await by('app==web,tier=front')).toEqual(['a']);
    expect(await by('app!=web')).toEqual(['c']);
    expect(await by('app in (db, cache)')).toEqual(['c']);
    expect(await by('app notin (db),tier')).toEqual(['a']);
    expect(await by('!tier')).toEqual(['b', 'c']);
    expect(names(await list(api, 'fieldSelector=metadata.name=b'))).toEqual(['b']);
    expect(
      names(await list(api, 'fieldSelector=metadata.name!=b,metadata.namespace=default')),
    ).toEqual(['a', 'c']);
    expect(names(await list(api, 'labelSelector=app=web&limit=1'))).toEqual(['a']);
  });

  test('answers in tables and metadata on request', async () => {
    using api = await createTestApi();
    await create(api, 'a');
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = await api.call('GET', PATH, { headers: { accept } });
    expect(table.body).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [
        {
          cells: ['a', 0, expect.stringMatching(/^\ds$/)],
          object: { kind: 'PartialObjectMetadata' },
        },
      ],
    });
    const partial = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    const metadata = await api.call('GET', PATH, { headers: partial });
    expect(metadata.body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ metadata: { name: 'a' } }],
    });
    expect((await api.call('GET', PATH, { headers: { accept: 'application/cbor' } })).status).toBe(
      406,
    );
  });

  test('refuses a revision from the future', async () => {
    using api = await createTestApi();
    const { status, body } = await api.call('GET', `${PATH}?resourceVersion=99999`);
    expect(status).toBe(504);
    expect(body).toMatchObject({ details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } });
  });
});

interface Event {
  type: string;
  object: {
    kind: string;
    metadata: { name?: string; resourceVersion: string; annotations?: Record<string, string> };
  };
}

/** A watch whose frames are taken one at a time. */
async function watch(api: TestApi, query: string, accept = 'application/json') {
  const stop = new AbortController();
  const response = await api.open('GET', `${PATH}?watch=true&${query}`, {
    headers: { accept },
    signal: stop.signal,
  });
  if (response.kind !== 'watch') throw new Error(JSON.stringify(response));
  const frames = response.frames[Symbol.asyncIterator]();
  const next = async () => (await frames.next()).value as Event | undefined;
  return {
    next,
    take: async (count: number) => {
      const seen: string[] = [];
      for (let i = 0; i < count; i += 1) {
        const event = await next();
        seen.push(`${event?.type} ${event?.object.metadata?.name ?? ''}`.trim());
      }
      return seen;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

describe('api/watch', () => {
  test('tells what happens after a revision, from the past on', async () => {
    using api = await createTestApi();
    await create(api, 'a');
    const { metadata } = await list(api, '');
    await create(api, 'b');
    using events = await watch(api, `resourceVersion=${metadata.resourceVersion}`);
    await relabel(api, 'a', { x: 'y' });
    await api.client.delete(CONFIG_MAPS, { namespace: 'default', name: 'b' });
    expect(await events.take(3)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  test('begins with the state when no revision is given', async () => {
    using api = await createTestApi();
    await create(api, 'a');
    using events = await watch(api, '');
    await create(api, 'b');
    expect(await events.take(2)).toEqual(['ADDED a', 'ADDED b']);
  });

  test('streams lists: state, the bookmark that ends it, then what comes', async () => {
    using api = await createTestApi();
    await create(api, 'a');
    const query =
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    using events = await watch(api, query);
    await create(api, 'b');
    expect(await events.take(1)).toEqual(['ADDED a']);
    const bookmark = await events.next();
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    const b = await events.next();
    expect(b?.object.metadata.name).toBe('b');
    expect(Number(bookmark?.object.metadata.resourceVersion)).toBeLessThan(
      Number(b?.object.metadata.resourceVersion),
    );
    const wrong = await api.call('GET', `${PATH}?watch=true&sendInitialEvents=true`);
    expect(wrong).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  });

  test('shows objects that enter and leave a selection as added and deleted', async () => {
    using api = await createTestApi();
    await create(api, 'a', { app: 'web' });
    using events = await watch(api, 'labelSelector=app%3Dweb');
    await relabel(api, 'a', { other: '1' });
    await relabel(api, 'a', { app: 'db' });
    await relabel(api, 'a', { more: '1' });
    await relabel(api, 'a', { app: 'web' });
    expect(await events.take(2)).toEqual(['ADDED a', 'MODIFIED a']);
    const left = await events.next();
    expect(left).toMatchObject({
      type: 'DELETED',
      object: { metadata: { labels: { app: 'web' } } },
    });
    expect(await events.take(1)).toEqual(['ADDED a']);
  });

  test('says 410 for a forgotten revision and 504 for a future one', async () => {
    using api = await createTestApi();
    for (const name of ['a', 'b']) await create(api, name);
    api.storage.compact(api.storage.revision());
    using events = await watch(api, 'resourceVersion=1');
    expect(await events.next()).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
    expect(await events.next()).toBeUndefined();
    using future = await watch(api, 'resourceVersion=99999');
    expect(await future.next()).toMatchObject({ type: 'ERROR', object: { code: 504 } });
  });

  test('drops a watch that does not keep up', async () => {
    using api = await createTestApi({ maxWatchLag: 5 });
    using slow = await watch(api, 'resourceVersion=1');
    using other = await watch(api, 'fieldSelector=metadata.name%3Dx7');
    for (let i = 0; i < 8; i += 1) await create(api, `x${i}`);
    expect(await slow.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect(await slow.next()).toBeUndefined();
    expect(await other.take(1)).toEqual(['ADDED x7']);
    expect(api.server.hub.size).toBe(1);
  });

  test('sends tables with their columns only once', async () => {
    using api = await createTestApi();
    await create(api, 'a');
    using events = await watch(api, '', 'application/json;as=Table;v=v1;g=meta.k8s.io');
    await create(api, 'b');
    const first = await events.next();
    const second = await events.next();
    expect(first).toMatchObject({
      object: { kind: 'Table', columnDefinitions: [{ name: 'Name' }, {}, {}], rows: [{}] },
    });
    expect(second).toMatchObject({
      object: {
        kind: 'Table',
        columnDefinitions: null,
        rows: [{ cells: ['b', 0, expect.any(String)] }],
      },
    });
  });

  test('makes the bytes of an event once for all watches of a shape', async () => {
    using api = await createTestApi();
    const stop = new AbortController();
    const open = async () => {
      const response = await api.open(
        'GET',
        `${PATH}?watch=true&resourceVersion=${api.storage.revision()}`,
        { signal: stop.signal },
      );
      if (response.kind !== 'watch') throw new Error('no watch');
      return response.frames[Symbol.asyncIterator]();
    };
    const [first, second] = [await open(), await open()];
    await create(api, 'a');
    const [one, two] = [(await first.next()).value, (await second.next()).value];
    expect(one?.bytes).toBe(two?.bytes);
    expect(one?.bytes.toString()).toMatch(/^\{"type":"ADDED","object":\{.*\}\}\n$/);
    stop.abort();
  });

  test('sends bookmarks to those who asked, and ends after its timeout', async () => {
    let wake = () => {};
    const clock = {
      now: () => Date.now(),
      sleep: () => new Promise<void>((resolve) => (wake = resolve)),
    };
    using api = await createTestApi({ clock });
    using events = await watch(api, 'allowWatchBookmarks=true&timeoutSeconds=5');
    using quiet = await watch(api, 'resourceVersion=1');
    const revision = String(api.storage.revision());
    api.server.hub.sendBookmarks();
    await create(api, 'a');
    expect(await events.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: revision } },
    });
    expect(await quiet.take(1)).toEqual(['ADDED a']);
    expect(await events.take(1)).toEqual(['ADDED a']);
    wake();
    expect(await events.next()).toBeUndefined();
  });

  test('frees what it holds when the client goes', async () => {
    using api = await createTestApi();
    const events = await watch(api, '');
    expect(api.server.hub.size).toBe(1);
    events[Symbol.dispose]();
    expect(api.server.hub.size).toBe(0);
    expect(await events.next()).toBeUndefined();
  });

  test('serves clients in the same process through the client port', async () => {
    using api = await createTestApi();
    const stop = new AbortController();
    const events = await api.client.watch(PODS, { namespace: 'default', signal: stop.signal });
    const containers = [{ name: 'c', image: 'x' }];
    await api.client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers },
    });
    for await (const event of events) {
      expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'p' } } });
      break;
    }
    stop.abort();
    api.storage.compact(api.storage.revision());
    const old = await api.client.watch(PODS, { resourceVersion: '2' });
    const refusal = await (async () => {
      for await (const event of old) return event;
      return undefined;
    })().catch((error: unknown) => error);
    expect(isGone(refusal) || (refusal as Event | undefined)?.type === 'ERROR').toBe(true);
  });
});
