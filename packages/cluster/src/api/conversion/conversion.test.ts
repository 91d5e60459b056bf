import { describe, expect, test } from 'vitest';

import { isObject } from '../../schema/json.ts';
import type { JsonObject } from '../../schema/json.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { listAt, objectAt, stringAt, valueAt } from '../json.ts';
import { startWebhookServer } from '../webhook/testing/webhook-server.ts';
import type { WebhookServer } from '../webhook/testing/webhook-server.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const boxes = (version: string) => `/apis/example.com/${version}/namespaces/default/boxes`;

/** v1 has `spec.size`, v2 `spec.dimensions.size`. v1 is stored. */
function crd(hook: WebhookServer, path = '/convert') {
  const integer = { type: 'integer' };
  const object = (properties: object) => ({ type: 'object', properties });
  const version = (name: string, storage: boolean, spec: object) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: object({ spec }) },
    additionalPrinterColumns: [{ name: `In ${name}`, type: 'string', jsonPath: '.apiVersion' }],
    subresources: { status: {} },
    selectableFields: name === 'v2' ? [{ jsonPath: '.spec.dimensions.size' }] : [],
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boxes.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'boxes', kind: 'Box' },
      versions: [
        version('v1', true, object({ size: integer, color: { type: 'string', default: 'red' } })),
        version('v2', false, object({ dimensions: object({ size: integer }) })),
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: hook.config(path), conversionReviewVersions: ['v1'] },
      },
    },
  };
}

function convert(object: unknown, apiVersion: string): JsonObject {
  const base = isObject(object) ? object : {};
  const size = valueAt(base, 'spec', 'size') ?? valueAt(base, 'spec', 'dimensions', 'size');
  const spec = apiVersion === 'example.com/v1' ? { size } : { dimensions: { size } };
  return { ...base, apiVersion, spec };
}

function answer(review: JsonObject, change: JsonObject = {}): object {
  const apiVersion = stringAt(review, 'request', 'desiredAPIVersion') ?? '';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'ConversionReview',
    response: {
      uid: valueAt(review, 'request', 'uid'),
      result: { status: 'Success' },
      convertedObjects: listAt(review, 'request', 'objects').map((item) =>
        convert(item, apiVersion),
      ),
      ...change,
    },
  };
}

async function install(api: TestApi, hook: WebhookServer, path?: string): Promise<void> {
  const response = await api.call('POST', CRDS, { body: crd(hook, path) });
  expect(response).toMatchObject({ status: 201 });
}

const box = (version: string, name: string, spec: JsonObject) => ({
  apiVersion: `example.com/${version}`,
  kind: 'Box',
  metadata: { name },
  spec,
});

describe('api/conversion', () => {
  test('stores one version and gives every one, with the defaults of each', async () => {
    await using hook = await startWebhookServer({ '/convert': (review) => answer(review) });
    using api = await createTestApi();
    await install(api, hook);
    const created = await api.call('POST', boxes('v2'), {
      body: box('v2', 'a', { dimensions: { size: 3 } }),
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      apiVersion: 'example.com/v2',
      spec: { dimensions: { size: 3 } },
      metadata: { resourceVersion: expect.any(String) },
    });
    expect(api.storage.get('/example.com/boxes/default/a')?.value).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { size: 3, color: 'red' },
    });
    const v1 = await api.call('GET', `${boxes('v1')}/a`);
    expect(v1.body).toMatchObject({ apiVersion: 'example.com/v1', spec: { size: 3 } });
    const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
    const patched = await api.call('PATCH', `${boxes('v2')}/a`, {
      ...merge,
      body: { spec: { dimensions: { size: 4 } } },
    });
    expect(patched.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { dimensions: { size: 4 } },
    });
    expect((await api.call('GET', `${boxes('v1')}/a`)).body).toMatchObject({ spec: { size: 4 } });
    const removed = await api.call('DELETE', `${boxes('v2')}/a`);
    expect(removed.body).toMatchObject({ kind: 'Status', status: 'Success' });
  });

  test('converts lists at once, and each state of an object once', async () => {
    await using hook = await startWebhookServer({ '/convert': (review) => answer(review) });
    using api = await createTestApi();
    await install(api, hook);
    for (const name of ['a', 'b', 'c'])
      await api.call('POST', boxes('v1'), { body: box('v1', name, { size: 1 }) });
    expect(hook.received('/convert')).toHaveLength(0);
    const list = await api.call('GET', boxes('v2'));
    expect(list.body).toMatchObject({ apiVersion: 'example.com/v2', kind: 'BoxList' });
    expect(listAt(list.body, 'items').map((item) => valueAt(item, 'spec'))).toEqual(
      ['a', 'b', 'c'].map(() => ({ dimensions: { size: 1 } })),
    );
    await api.call('GET', boxes('v2'));
    expect(hook.received('/convert')).toHaveLength(1);
    await api.call('PUT', `${boxes('v1')}/b`, {
      body: {
        ...box('v1', 'b', { size: 2 }),
        metadata: {
          name: 'b',
          resourceVersion: api.storage.get('/example.com/boxes/default/b')?.revision.toString(),
        },
      },
    });
    await api.call('GET', boxes('v2'));
    const again = objectAt(hook.received('/convert')[1], 'request');
    expect(listAt(again, 'objects').map((item) => stringAt(item, 'metadata', 'name'))).toEqual([
      'b',
    ]);
  });

  test('converts the events of a watch, in order, in every shape', async () => {
    await using hook = await startWebhookServer({ '/convert': (review) => answer(review) });
    using api = await createTestApi();
    await install(api, hook);
    await api.call('POST', boxes('v1'), { body: box('v1', 'a', { size: 1 }) });
    const ending = new AbortController();
    const { signal } = ending;
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const open = async (accept: string) => {
      const response = await api.open('GET', `${boxes('v2')}?${query}`, {
        signal,
        headers: { accept },
      });
      if (response.kind !== 'watch') throw new Error(response.kind);
      return response.frames[Symbol.asyncIterator]();
    };
    const objects = await open('application/json');
    const tables = await open('application/json;as=Table;v=v1;g=meta.k8s.io');
    const next = async (frames: AsyncIterator<{ type: string; object: unknown }>) => {
      const { value } = await frames.next();
      return value as { type: string; object: unknown };
    };
    expect(await next(objects)).toMatchObject({
      type: 'ADDED',
      object: { apiVersion: 'example.com/v2', spec: { dimensions: { size: 1 } } },
    });
    expect(await next(objects)).toMatchObject({
      type: 'BOOKMARK',
      object: {
        apiVersion: 'example.com/v2',
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    await api.call('POST', boxes('v1'), { body: box('v1', 'b', { size: 2 }) });
    await api.call('DELETE', `${boxes('v1')}/b`);
    expect(await next(objects)).toMatchObject({
      type: 'ADDED',
      object: { spec: { dimensions: { size: 2 } } },
    });
    expect(await next(objects)).toMatchObject({
      type: 'DELETED',
      object: { apiVersion: 'example.com/v2' },
    });
    expect(await next(tables)).toMatchObject({
      type: 'ADDED',
      object: {
        kind: 'Table',
        columnDefinitions: [{ name: 'Name' }, { name: 'In v2' }],
        rows: [{ cells: ['a', 'example.com/v2'] }],
      },
    });
    expect(await next(tables)).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Table' } });
    expect(await next(tables)).toMatchObject({
      type: 'ADDED',
      object: { columnDefinitions: null },
    });
    ending.abort();
  });

  test.each([
    {
      what: 'refuses',
      change: () => ({ result: { status: 'Failure', message: 'cannot do that' } }),
      message: 'conversion webhook for example.com/v1, Kind=Box failed: cannot do that',
    },
    {
      what: 'loses an object',
      change: () => ({ convertedObjects: [] }),
      message: 'conversion webhook for example.com/v1, Kind=Box returned 0 objects, expected 1',
    },
    {
      what: 'changes the name',
      change: (review: JsonObject) => ({
        convertedObjects: listAt(review, 'request', 'objects').map((item) => ({
          ...convert(item, 'example.com/v2'),
          metadata: { ...objectAt(item, 'metadata'), name: 'other' },
        })),
      }),
      message:
        'conversion webhook for example.com/v1, Kind=Box returned invalid converted object at index 0: invalid metadata (metadata.name must not change: "a" expected, got "other")',
    },
    {
      what: 'answers another question',
      change: () => ({ uid: 'other' }),
      message: expect.stringMatching(/failed: expected response.uid="[^"]+", got "other"$/),
    },
  ])('fails when the webhook $what', async ({ change, message }) => {
    await using hook = await startWebhookServer({
      '/convert': (review) => answer(review, change(review)),
    });
    using api = await createTestApi();
    await install(api, hook);
    await api.call('POST', boxes('v1'), { body: box('v1', 'a', { size: 1 }) });
    for (const path of [boxes('v2'), `${boxes('v2')}/a`]) {
      expect(await api.call('GET', path)).toMatchObject({ status: 500, body: { message } });
    }
    // Nobody needs the webhook to read or delete what is stored.
    expect((await api.call('DELETE', `${boxes('v1')}/a`)).status).toBe(200);
  });

  test('keeps labels a webhook sets, and nothing else of the metadata', async () => {
    await using hook = await startWebhookServer({
      '/convert': (review) =>
        answer(review, {
          convertedObjects: listAt(review, 'request', 'objects').map((item) => ({
            ...convert(item, stringAt(review, 'request', 'desiredAPIVersion') ?? ''),
            metadata: { ...objectAt(item, 'metadata'), labels: { a: 'b' }, generation: 99 },
          })),
        }),
    });
    using api = await createTestApi();
    await install(api, hook);
    await api.call('POST', boxes('v1'), { body: box('v1', 'a', { size: 1 }) });
    const read = await api.call('GET', `${boxes('v2')}/a`);
    expect(read.body).toMatchObject({ metadata: { labels: { a: 'b' }, generation: 1 } });
  });

  describe('selects by fields of the version asked for', () => {
    const SELECTED = 'fieldSelector=spec.dimensions.size%3D1';
    const names = (response: { body: unknown }) =>
      listAt(response.body, 'items').map((item) => stringAt(item, 'metadata', 'name'));

    async function withBoxes(hook: WebhookServer, sizes: number[]): Promise<TestApi> {
      const api = await createTestApi();
      await install(api, hook);
      for (const [index, size] of sizes.entries())
        await api.call('POST', boxes('v1'), { body: box('v1', `b${index}`, { size }) });
      return api;
    }

    test('in lists, page by page, and in what is deleted', async () => {
      await using hook = await startWebhookServer({ '/convert': (review) => answer(review) });
      using api = await withBoxes(hook, [1, 2, 1]);
      const list = `${boxes('v2')}?${SELECTED}`;
      expect(names(await api.call('GET', list))).toEqual(['b0', 'b2']);
      const page = await api.call('GET', `${list}&limit=2`);
      expect(names(page)).toEqual(['b0']);
      expect(page.body).not.toHaveProperty('metadata.remainingItemCount');
      const token = stringAt(page.body, 'metadata', 'continue');
      expect(names(await api.call('GET', `${list}&limit=2&continue=${token}`))).toEqual(['b2']);
      expect(names(await api.call('DELETE', list))).toEqual(['b0', 'b2']);
      expect(names(await api.call('GET', boxes('v1')))).toEqual(['b1']);
    });

    test('in watches, as objects come in and fall out', async () => {
      await using hook = await startWebhookServer({ '/convert': (review) => answer(review) });
      using api = await withBoxes(hook, [1, 2]);
      const ending = new AbortController();
      const { signal } = ending;
      const response = await api.open('GET', `${boxes('v2')}?watch=true&${SELECTED}`, { signal });
      const frames =
        response.kind === 'watch' ? response.frames[Symbol.asyncIterator]() : undefined;
      const headers = { 'content-type': 'application/merge-patch+json' };
      const resize = (name: string, size: number) =>
        api.call('PATCH', `${boxes('v1')}/${name}`, { headers, body: { spec: { size } } });
      for (const [name, size] of [
        ['b1', 3],
        ['b0', 2],
        ['b0', 3],
        ['b1', 1],
      ] as const)
        await resize(name, size);
      await api.call('DELETE', `${boxes('v1')}/b0`);
      await api.call('DELETE', `${boxes('v1')}/b1`);
      const seen: unknown[] = [];
      while (seen.length < 4) {
        const { value } = (await frames?.next()) ?? {};
        seen.push([stringAt(value?.object, 'metadata', 'name'), value?.type]);
      }
      expect(seen).toEqual([
        ['b0', 'ADDED'],
        ['b0', 'DELETED'],
        ['b1', 'ADDED'],
        ['b1', 'DELETED'],
      ]);
      ending.abort();
    });
  });
});
