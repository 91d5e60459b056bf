import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const THINGS = '/apis/demo.dev/v1/namespaces/default/things';

interface Entry {
  manager: string;
  operation: string;
  apiVersion: string;
  subresource?: string;
  time: string;
  fieldsType?: string;
  fieldsV1: Record<string, unknown>;
}

interface Body {
  metadata: { resourceVersion: string; managedFields?: Entry[]; [field: string]: unknown };
  [field: string]: unknown;
}

type PatchType =
  | 'json-patch+json'
  | 'merge-patch+json'
  | 'strategic-merge-patch+json'
  | 'apply-patch+yaml';

async function patch(
  api: TestApi,
  path: string,
  ...[type, body, agent]: [string, unknown, string?]
) {
  const headers = {
    'content-type': `application/${type}`,
    ...(agent !== undefined && { 'user-agent': agent }),
  };
  const { status, body: answer } = await api.call('PATCH', path, { body, headers });
  return { status, body: answer as Body };
}

const map = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...extra,
});

const deployment = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
    ...spec,
  },
});

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.demo.dev' },
  spec: {
    group: 'demo.dev',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: ['v1', 'v2'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: {
        scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count' },
      },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                count: { type: 'integer' },
                tags: {
                  type: 'array',
                  items: { type: 'string' },
                  'x-kubernetes-list-type': name === 'v1' ? 'set' : 'atomic',
                },
              },
            },
            status: { type: 'object', properties: { count: { type: 'integer' } } },
          },
        },
      },
    })),
  },
};

let api: TestApi;
beforeAll(async () => {
  api = await createTestApi();
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  expect((await api.call('POST', crds, { body: crd })).status).toBe(201);
  expect((await api.call('POST', `${MAPS}?fieldManager=maker`, { body: map('m') })).status).toBe(
    201,
  );
  const thing = { apiVersion: 'demo.dev/v1', kind: 'Thing', metadata: { name: 't' } };
  expect((await api.call('POST', THINGS, { body: thing })).status).toBe(201);
});
afterAll(() => api[Symbol.dispose]());

const TYPES: PatchType[] = [
  'json-patch+json',
  'merge-patch+json',
  'strategic-merge-patch+json',
  'apply-patch+yaml',
];
const DECODE = 'apiserver endpoints/handlers/patch';
const OPTIMISTIC = 'api-conventions.md#concurrency-control-and-consistency';

describe('api/patch-types', () => {
  test.each<{
    name: string;
    from: string;
    path?: string;
    type: string;
    patch: unknown;
    status: number;
    reason?: string;
    message: string;
  }>([
    {
      name: 'a strategic merge patch of a custom resource',
      from: 'kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch',
      path: `${THINGS}/t`,
      type: 'strategic-merge-patch+json',
      patch: {},
      status: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    },
    {
      name: 'a patch of an unknown type',
      from: DECODE,
      type: 'json',
      patch: {},
      status: 415,
      message: '415: Unsupported Media Type',
    },
    {
      name: 'another name',
      from: DECODE,
      type: 'merge-patch+json',
      patch: { metadata: { name: 'other' } },
      status: 400,
      message: 'the name of the object (other) does not match the name on the URL (m)',
    },
    {
      name: 'another namespace',
      from: DECODE,
      type: 'merge-patch+json',
      patch: { metadata: { namespace: 'other' } },
      status: 400,
      message:
        'the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'another kind',
      from: DECODE,
      type: 'json-patch+json',
      patch: [{ op: 'replace', path: '/kind', value: 'Secret' }],
      status: 422,
      reason: 'Invalid',
      message: ' "" is invalid: patch: Invalid value: ',
    },
    {
      name: 'an old resourceVersion',
      from: OPTIMISTIC,
      type: 'merge-patch+json',
      patch: { metadata: { resourceVersion: '1' }, data: { a: '2' } },
      status: 409,
      reason: 'Conflict',
      message: 'Operation cannot be fulfilled on configmaps "m": the object has been modified',
    },
    {
      name: 'the uid of another object',
      from: OPTIMISTIC,
      type: 'strategic-merge-patch+json',
      patch: { metadata: { uid: 'x' } },
      status: 422,
      message: 'ConfigMap "m" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    },
    {
      name: 'a test that fails',
      from: 'RFC 6902 section 5',
      type: 'json-patch+json',
      patch: [{ op: 'test', path: '/data/a', value: 'x' }],
      status: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    },
    {
      name: 'a JSON patch that is an object',
      from: DECODE,
      type: 'json-patch+json',
      patch: {},
      status: 400,
      message: 'error decoding patch',
    },
    {
      name: 'an apply without apiVersion',
      from: DECODE,
      type: 'apply-patch+yaml',
      patch: { kind: 'ConfigMap', metadata: { name: 'm' } },
      status: 400,
      message: 'invalid object type: /, Kind=ConfigMap',
    },
    {
      name: 'an apply of another name',
      from: DECODE,
      type: 'apply-patch+yaml',
      patch: map('other'),
      status: 400,
      message: 'the name of the object (other) does not match the name on the URL (m)',
    },
  ])(
    'refuses $name ($from)',
    async ({ path = `${MAPS}/m`, type, patch: body, status, reason, message }) => {
      const before = api.storage.revision();
      const answer = await patch(api, `${path}?fieldManager=me`, type, body);
      expect(answer).toMatchObject({
        status,
        body: {
          kind: 'Status',
          ...(reason && { reason }),
          message: expect.stringContaining(message),
        },
      });
      expect(api.storage.revision()).toBe(before);
    },
  );

  test('a patch that does not apply has no details, which makes kubectl say "The request is invalid"', async () => {
    const failing = [{ op: 'remove', path: '/data/absent' }];
    const { body } = await patch(api, `${MAPS}/m`, 'json-patch+json', failing);
    expect(body).toMatchObject({ code: 422, details: {} });
    expect(body.details).toEqual({});
  });

  test.each(TYPES)('%s: a patch that changes nothing is not written', async (type) => {
    const path = `${MAPS}/same-${type.slice(0, 4)}?fieldManager=me`;
    const name = `same-${type.slice(0, 4)}`;
    const applied = await patch(api, path, 'apply-patch+yaml', map(name));
    expect(applied.status).toBe(201);
    const before = api.storage.revision();
    const body = {
      'json-patch+json': [{ op: 'replace', path: '/data/a', value: '1' }],
      'merge-patch+json': { data: { a: '1' } },
      'strategic-merge-patch+json': { data: { a: '1' } },
      'apply-patch+yaml': map(name),
    }[type];
    const again = await patch(api, path, type, body);
    expect(again).toEqual({ status: 200, body: applied.body });
    expect(api.storage.revision()).toBe(before);
  });

  test.each(TYPES)('%s: names of the prototype are inert', async (type) => {
    const evil =
      '{"__proto__":{"polluted":"1"},"constructor":{"prototype":{"polluted":"1"}},"data":{"__proto__":{"polluted":"1"},"constructor":"c"}';
    const text =
      type === 'json-patch+json'
        ? '[{"op":"add","path":"/data/constructor","value":"c"},{"op":"add","path":"/__proto__","value":{"polluted":"1"}},{"op":"add","path":"/data/__proto__","value":"1"}]'
        : `${evil}${type === 'apply-patch+yaml' ? ',"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"}' : ''}}`;
    const answer = await patch(
      api,
      `${MAPS}/m?fieldManager=evil&force=${String(type === 'apply-patch+yaml')}`.replace(
        '&force=false',
        '',
      ),
      type,
      text,
    );
    expect(answer.status).toBeLessThan(501);
    expect({}).not.toHaveProperty('polluted');
    const stored = (await api.call('GET', `${MAPS}/m`)).body as { data: object };
    expect(Object.keys(stored.data)).not.toContain('__proto__');
    expect(Object.getPrototypeOf(stored.data)).toBe(Object.prototype);
  });

  test.each(TYPES)('%s: nesting without end is refused, not an accident', async (type) => {
    const depth = 50_000;
    const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const text =
      type === 'json-patch+json'
        ? `[{"op":"add","path":"/data/x","value":${deep}}]`
        : `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":${deep}}`;
    const { status } = await patch(api, `${MAPS}/m?fieldManager=me`, type, text);
    expect([400, 413, 422]).toContain(status);
  });
});

const owners = ({ metadata }: Body) =>
  (metadata.managedFields ?? []).map(
    ({ manager, operation, subresource }) =>
      `${manager} ${operation}${subresource === undefined ? '' : ` ${subresource}`}`,
  );

const SSA = 'kubernetes.io/docs/reference/using-api/server-side-apply';

describe('api/managed-fields', () => {
  test('the manager is the given one, or else the program that the User-Agent names', async () => {
    const path = `${MAPS}/agents`;
    await patch(api, `${path}?fieldManager=given`, 'apply-patch+yaml', map('agents'), 'curl/8');
    const answer = await patch(
      api,
      path,
      'merge-patch+json',
      { data: { b: '1' } },
      'my-tool/1.2 (linux)',
    );
    expect(owners(answer.body)).toEqual(['given Apply', 'my-tool Update']);
    const long = await patch(
      api,
      `${path}?fieldManager=${'x'.repeat(129)}`,
      'merge-patch+json',
      {},
    );
    expect(long.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('fieldManager: Too long: may not be more than 128 bytes'),
    });
    const bell = await patch(api, `${path}?fieldManager=%07`, 'merge-patch+json', {});
    expect(bell.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('invalid character U+0007 (at position 0)'),
    });
    const ghost = { metadata: { name: 'ghost', uid: 'x' } };
    const absent = await patch(
      api,
      `${path.replace(/[^/]+$/, 'ghost')}?fieldManager=me`,
      'apply-patch+yaml',
      { apiVersion: 'v1', kind: 'ConfigMap', ...ghost },
    );
    expect(absent.body).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "ghost": uid mismatch: the provided object specified uid x, and no existing object was found',
    });
  });

  test.each([
    ['an empty list', []],
    ['one empty entry', [{}]],
  ])(
    `clients clear the entries with %s (${SSA}#clearing-managedfields)`,
    async (_, managedFields) => {
      const path = `${MAPS}/cleared`;
      await patch(api, `${path}?fieldManager=one`, 'apply-patch+yaml', map('cleared'));
      const cleared = await patch(api, path, 'merge-patch+json', { metadata: { managedFields } });
      expect(cleared.body.metadata.managedFields).toBeUndefined();
      const changed = await patch(api, path, 'merge-patch+json', { data: { z: String(_) } });
      expect(changed.body.metadata.managedFields).toBeUndefined();
      const applied = await patch(
        api,
        `${path}?fieldManager=one`,
        'apply-patch+yaml',
        map('cleared'),
      );
      expect(owners(applied.body)).toEqual(['one Apply', 'before-first-apply Update']);
    },
  );

  test('entries that a client forgets, or sends broken, stay as they are', async () => {
    const path = `${MAPS}/kept`;
    const { body } = await patch(api, `${path}?fieldManager=one`, 'apply-patch+yaml', map('kept'));
    const [entry] = body.metadata.managedFields ?? [];
    for (const managedFields of [
      null,
      [{ ...entry, operation: 'Patch' }],
      [{ ...entry, fieldsType: 'FieldsV2' }],
      [{ ...entry, fieldsType: '' }],
      [{ ...entry, apiVersion: '' }],
      [{ ...entry, fieldsV1: 'f:data' }],
    ]) {
      const answer = await patch(api, path, 'merge-patch+json', { metadata: { managedFields } });
      expect(answer).toMatchObject({ status: 200, body: { metadata: { managedFields: [entry] } } });
    }
  });

  test(`kubectl's migration: a JSON patch that tests the revision and rewrites the entries (${SSA}#upgrading-from-client-side-apply)`, async () => {
    const path = `${MAPS}/migrated`;
    const made = await api.call('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, {
      body: map('migrated'),
    });
    const { metadata } = made.body as Body;
    const entries = (metadata.managedFields ?? []).map((entry) => ({
      ...entry,
      manager: 'kubectl',
      operation: 'Apply',
    }));
    const migrated = await patch(api, path, 'json-patch+json', [
      { op: 'replace', path: '/metadata/managedFields', value: entries },
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    ]);
    expect(owners(migrated.body)).toEqual(['kubectl Apply']);
    const applied = await patch(
      api,
      `${path}?fieldManager=kubectl`,
      'apply-patch+yaml',
      map('migrated', { data: { b: '2' } }),
    );
    expect(applied.body).toMatchObject({ data: { b: '2' } });
    expect(applied.body.data).not.toHaveProperty('a');
    expect(owners(applied.body)).toEqual(['kubectl Apply']);
  });

  test('the eleventh updater makes the oldest an ancient change (KEP-555, capped at 10)', async () => {
    const path = `${MAPS}/crowded`;
    await api.call('POST', `${MAPS}?fieldManager=m0`, { body: map('crowded') });
    let last: Body | undefined;
    for (let i = 1; i <= 12; i += 1) {
      last = (
        await patch(api, `${path}?fieldManager=m${i}`, 'merge-patch+json', {
          data: { [`k${i}`]: '1' },
        })
      ).body;
    }
    const named = last === undefined ? [] : owners(last);
    expect(named).toHaveLength(10);
    expect(named).toContain('ancient-changes Update');
    expect(named).toContain('m12 Update');
  });

  test('each version of a kind is compared by its own schema, and versions that go are forgotten', async () => {
    const v1 = `${THINGS}/versioned`;
    const v2 = v1.replace('/v1/', '/v2/');
    const thing = (version: string, spec: object) => ({
      apiVersion: `demo.dev/${version}`,
      kind: 'Thing',
      metadata: { name: 'versioned' },
      spec,
    });
    await patch(api, `${v2}?fieldManager=two`, 'apply-patch+yaml', thing('v2', { tags: ['a'] }));
    const conflict = await patch(
      api,
      `${v1}?fieldManager=one`,
      'apply-patch+yaml',
      thing('v1', { tags: ['b'] }),
    );
    expect(conflict.body).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "two": .spec.tags',
    });
    const count = await patch(
      api,
      `${v1}?fieldManager=one`,
      'apply-patch+yaml',
      thing('v1', { count: 2 }),
    );
    expect(owners(count.body)).toEqual(['one Apply', 'two Apply']);
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.demo.dev';
    const unserved = [{ op: 'replace', path: '/spec/versions/1/served', value: false }];
    expect((await patch(api, crds, 'json-patch+json', unserved)).status).toBe(200);
    const later = await patch(
      api,
      `${v1}?fieldManager=one`,
      'apply-patch+yaml',
      thing('v1', { count: 3 }),
    );
    expect(owners(later.body)).toEqual(['one Apply']);
  });
});

describe('api/scale-ownership', () => {
  const scale = (replicas: number, name = 'web') => ({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name },
    spec: { replicas },
  });

  test.each([
    [
      'a built-in kind',
      `${DEPLOYMENTS}/web`,
      deployment('web', { replicas: 1 }),
      '.spec.replicas',
      'web',
    ],
    [
      'a custom resource',
      `${THINGS}/web`,
      { apiVersion: 'demo.dev/v1', kind: 'Thing', metadata: { name: 'web' }, spec: { count: 1 } },
      '.spec.count',
      'web',
    ],
  ])(
    'scaling %s owns the replicas, wherever they are (KEP-555, scale subresource)',
    async (...[_kind, path, object, field]) => {
      await patch(api, `${path}?fieldManager=one`, 'apply-patch+yaml', object);
      const scaled = await patch(api, `${path}/scale?fieldManager=scaler`, 'merge-patch+json', {
        spec: { replicas: 3 },
      });
      expect(scaled).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 3 } } });
      const read = async () => (await api.call('GET', path)).body as Body;
      expect(owners(await read())).toContain('scaler Update scale');
      const again = await patch(api, `${path}?fieldManager=one`, 'apply-patch+yaml', object);
      expect(again.body).toMatchObject({
        code: 409,
        message: expect.stringMatching(
          /^Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using [a-z.]+\/v1: /,
        ),
        details: { causes: [{ reason: 'FieldManagerConflict', field }] },
      });
    },
  );

  test('applying a Scale: takes replicas by force, but not those of custom resources', async () => {
    const path = `${DEPLOYMENTS}/applied`;
    const first = deployment('applied', { replicas: 1 });
    await patch(api, `${path}?fieldManager=one`, 'apply-patch+yaml', first);
    const refused = await patch(
      api,
      `${path}/scale?fieldManager=hpa`,
      'apply-patch+yaml',
      scale(5, 'applied'),
    );
    expect(refused.body).toMatchObject({
      code: 409,
      details: { causes: [{ field: '.spec.replicas' }] },
    });
    const forced = await patch(
      api,
      `${path}/scale?fieldManager=hpa&force=true`,
      'apply-patch+yaml',
      scale(5, 'applied'),
    );
    expect(forced).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 5 } } });
    const end = owners((await api.call('GET', path)).body as Body);
    expect(end).toContain('hpa Apply scale');
    const wrong = await patch(
      api,
      `${path}/scale?fieldManager=hpa`,
      'apply-patch+yaml',
      scale(-1, 'applied'),
    );
    expect(wrong.body).toMatchObject({ code: 422 });
    await patch(api, `${THINGS}/applied?fieldManager=one`, 'apply-patch+yaml', {
      apiVersion: 'demo.dev/v1',
      kind: 'Thing',
      metadata: { name: 'applied' },
      spec: { count: 1 },
    });
    const custom = await patch(
      api,
      `${THINGS}/applied/scale?fieldManager=hpa`,
      'apply-patch+yaml',
      scale(5, 'applied'),
    );
    expect(custom.body).toMatchObject({
      code: 400,
      message: expect.stringContaining('request to convert CR to an invalid group/version'),
    });
  });
});
