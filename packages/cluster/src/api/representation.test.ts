import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import { parseAccept } from './representation.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PATH = '/api/v1/namespaces/default/configmaps';

async function withConfigMap() {
  const api = await createTestApi();
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one', labels: { a: 'b' } },
    data: { x: '1' },
  };
  await api.call('POST', PATH, { body });
  return api;
}

/** kubernetes.io/docs/reference/using-api/api-concepts: resource representations, tables, metadata-only fetches. */
describe('api/representation', () => {
  test.each([
    [undefined, ['*/*']],
    ['', ['*/*']],
    ['a/b;q=0.1, c/d', ['c/d', 'a/b']],
    ['a/b;q=x,c/d;q=0.5', ['a/b', 'c/d']],
    ['A/B ; Q=0.3 , c/d;q=0.3', ['a/b', 'c/d']],
  ])('orders the clauses of %j', (header, types) => {
    expect(parseAccept(header).map(({ type }) => type)).toEqual(types);
  });

  test.each([
    ['application/json', 'ConfigMap'],
    ['application/vnd.kubernetes.protobuf,application/json', 'ConfigMap'],
    ['*/*', 'ConfigMap'],
    ['application/yaml', 'ConfigMap'],
    [TABLE, 'Table'],
    [`application/json, ${TABLE}`, 'ConfigMap'],
    [`application/json;q=0.5, ${TABLE}`, 'Table'],
    [TABLE.replace('v=v1', 'v=v1beta1'), 'Table'],
    [`${TABLE.replace('v=v1', 'v=v9')}, application/json`, 'ConfigMap'],
    [PARTIAL, 'PartialObjectMetadata'],
    [`${PARTIAL},application/json`, 'PartialObjectMetadata'],
  ])('answers %s with a %s', async (accept, kind) => {
    using api = await withConfigMap();
    const { body } = await api.call('GET', `${PATH}/one`, { headers: { accept } });
    expect(body).toMatchObject({ kind });
  });

  const PROTOBUF = 'application/vnd.kubernetes.protobuf';

  test.each([
    [
      'text/html',
      `406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, ${PROTOBUF}`,
    ],
    [PROTOBUF, 'only the following media types are accepted: application/json, application/yaml'],
    [
      TABLE.replace('v=v1', 'v=v9'),
      `only the following media types are accepted: application/json, application/yaml, ${PROTOBUF}`,
    ],
  ])('refuses %s', async (accept, message) => {
    using api = await withConfigMap();
    const { status, body } = await api.call('GET', `${PATH}/one`, { headers: { accept } });
    expect({ status, body }).toMatchObject({
      status: 406,
      body: { reason: 'NotAcceptable', message },
    });
  });

  test.each([
    ['None', undefined],
    ['Metadata', 'PartialObjectMetadata'],
    ['Object', 'ConfigMap'],
    ['', 'PartialObjectMetadata'],
  ])('puts %s into table rows', async (include, kind) => {
    using api = await withConfigMap();
    const { body } = await api.call('GET', `${PATH}?includeObject=${include}`, {
      headers: { accept: TABLE },
    });
    const { rows } = body as { rows: { cells: unknown[]; object?: { kind: string } }[] };
    const row = rows.find(({ cells }) => cells[0] === 'one');
    expect(row?.cells.slice(0, 2)).toEqual(['one', 1]);
    expect(row?.object?.kind).toBe(kind);
  });

  test('refuses to put anything else into them', async () => {
    using api = await withConfigMap();
    const { status } = await api.call('GET', `${PATH}?includeObject=All`, {
      headers: { accept: TABLE },
    });
    expect(status).toBe(400);
  });

  test('lists and changes as metadata only', async () => {
    using api = await withConfigMap();
    const list = await api.call('GET', `${PATH}?labelSelector=a=b`, {
      headers: { accept: PARTIAL.replace('Metadata;', 'MetadataList;') },
    });
    expect(list.body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'one' } }],
    });
    const patched = await api.call('PATCH', `${PATH}/one`, {
      headers: { accept: PARTIAL, 'content-type': 'application/merge-patch+json' },
      body: { metadata: { labels: { c: 'd' } } },
    });
    expect(patched.body).toMatchObject({
      kind: 'PartialObjectMetadata',
      metadata: { labels: { a: 'b', c: 'd' } },
    });
    expect(patched.body).not.toHaveProperty('data');
  });
});
