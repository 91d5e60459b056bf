import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

function configMap(name: string, extra: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' }, ...extra };
}

function pod(name: string, spec: object = {}): object {
  const containers = [{ name: 'main', image: 'example' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers, ...spec } };
}

describe('api/objects', () => {
  test('fills what the server owns on create', async () => {
    using api = await createTestApi();
    const sent = configMap('one', {
      metadata: {
        name: 'one',
        uid: 'mine',
        generation: 7,
        deletionTimestamp: '2026-01-01T00:00:00Z',
      },
    });
    const { status, body } = await api.call('POST', `${CONFIG_MAPS}?fieldManager=me`, {
      body: sent,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'one',
        namespace: 'default',
        managedFields: [{ manager: 'me', operation: 'Update' }],
      },
      data: { a: '1' },
    });
    const { metadata } = body as { metadata: Record<string, string> };
    expect(metadata['uid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(metadata['resourceVersion']).toMatch(/^\d+$/);
    expect(metadata['creationTimestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(metadata).not.toHaveProperty('deletionTimestamp');
    expect(metadata).not.toHaveProperty('generation');
    expect(await api.call('GET', `${CONFIG_MAPS}/one`)).toMatchObject({ status: 200, body });
  });

  test('refuses in the words kubectl prints', async () => {
    using api = await createTestApi();
    await api.call('POST', CONFIG_MAPS, { body: configMap('one') });
    expect(await refusal(api, 'POST', CONFIG_MAPS, configMap('one'))).toEqual([
      409,
      'AlreadyExists',
      'configmaps "one" already exists',
    ]);
    expect(await refusal(api, 'GET', `${CONFIG_MAPS}/two`)).toEqual([
      404,
      'NotFound',
      'configmaps "two" not found',
    ]);
    expect(
      await refusal(api, 'POST', '/api/v1/namespaces/nope/configmaps', configMap('x')),
    ).toEqual([404, 'NotFound', 'namespaces "nope" not found']);
    expect(await refusal(api, 'GET', '/apis/apps/v1/things')).toEqual([
      404,
      'NotFound',
      'the server could not find the requested resource',
    ]);
    expect(await refusal(api, 'POST', CONFIG_MAPS, configMap('Bad_Name'))).toEqual([
      422,
      'Invalid',
      expect.stringContaining(
        'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123',
      ),
    ]);
    expect(await refusal(api, 'POST', CONFIG_MAPS, { ...configMap('x'), kind: 'Secret' })).toEqual([
      400,
      'BadRequest',
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ]);
    expect(await refusal(api, 'POST', CONFIG_MAPS, '{"a":')).toEqual([
      400,
      'BadRequest',
      expect.stringContaining('json parse error'),
    ]);
    const labelled = { ...configMap('x'), metadata: { name: 'x', labels: { a: 1 } } };
    expect(await refusal(api, 'POST', CONFIG_MAPS, labelled)).toEqual([
      400,
      'BadRequest',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ]);
    const other = { ...configMap('x'), metadata: { name: 'x', namespace: 'other' } };
    expect((await refusal(api, 'POST', CONFIG_MAPS, other))[2]).toContain(
      'does not match the namespace sent on the request',
    );
    expect(await refusal(api, 'PUT', CONFIG_MAPS, configMap('x'))).toEqual([
      405,
      'MethodNotAllowed',
      expect.any(String),
    ]);
    const { status } = await api.call('POST', CONFIG_MAPS, {
      body: 'x',
      headers: { 'content-type': 'text/csv' },
    });
    expect(status).toBe(415);
  });

  test('generates names', async () => {
    using api = await createTestApi();
    const generated = { ...configMap(''), metadata: { generateName: 'run-' } };
    const first = await api.call('POST', CONFIG_MAPS, { body: generated });
    const second = await api.call('POST', CONFIG_MAPS, { body: generated });
    const names = [first, second].map(
      ({ body }) => (body as { metadata: { name: string } }).metadata.name,
    );
    expect(names[0]).toMatch(/^run-[a-z0-9]{5}$/);
    expect(new Set(names).size).toBe(2);
    const nameless = { ...configMap(''), metadata: {} };
    expect((await refusal(api, 'POST', CONFIG_MAPS, nameless))[2]).toContain(
      'name or generateName is required',
    );
  });

  test('dry runs check everything and store nothing', async () => {
    using api = await createTestApi();
    const before = api.storage.revision();
    const { status, body } = await api.call('POST', `${CONFIG_MAPS}?dryRun=All`, {
      body: configMap('one'),
    });
    expect(status).toBe(201);
    expect(body).toHaveProperty('metadata.uid');
    expect(body).not.toHaveProperty('metadata.resourceVersion');
    expect((await refusal(api, 'POST', `${CONFIG_MAPS}?dryRun=All`, configMap('A')))[0]).toBe(422);
    expect((await refusal(api, 'POST', `${CONFIG_MAPS}?dryRun=Some`, configMap('a')))[2]).toContain(
      'dryRun: Unsupported value: ["Some"]',
    );
    expect(api.storage.revision()).toBe(before);
    await api.call('POST', CONFIG_MAPS, { body: configMap('one') });
    expect((await api.call('DELETE', `${CONFIG_MAPS}/one?dryRun=All`)).status).toBe(200);
    expect((await api.call('GET', `${CONFIG_MAPS}/one`)).status).toBe(200);
  });

  test('updates with optimistic concurrency', async () => {
    using api = await createTestApi();
    const created = (await api.call('POST', CONFIG_MAPS, { body: configMap('one') })).body as {
      metadata: object;
    };
    const changed = { ...created, data: { a: '2' } };
    expect((await api.call('PUT', `${CONFIG_MAPS}/one`, { body: changed })).status).toBe(200);
    expect(await refusal(api, 'PUT', `${CONFIG_MAPS}/one`, changed)).toEqual([
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
    ]);
    const foreign = configMap('one', { metadata: { name: 'one', uid: 'other' } });
    expect((await refusal(api, 'PUT', `${CONFIG_MAPS}/one`, foreign))[2]).toContain(
      'Precondition failed: UID in precondition: other',
    );
    expect((await api.call('PUT', `${CONFIG_MAPS}/one`, { body: configMap('one') })).status).toBe(
      200,
    );
    expect((await refusal(api, 'PUT', `${CONFIG_MAPS}/two`, configMap('two')))[0]).toBe(404);
    expect((await refusal(api, 'PUT', `${CONFIG_MAPS}/two`, configMap('one')))[0]).toBe(404);
  });

  test('does not write an object that did not change', async () => {
    using api = await createTestApi();
    const { body } = await api.call('POST', CONFIG_MAPS, { body: configMap('one') });
    const before = api.storage.revision();
    const again = await api.call('PUT', `${CONFIG_MAPS}/one`, { body: configMap('one') });
    expect(again.body).toEqual(body);
    expect(api.storage.revision()).toBe(before);
  });

  test('keeps status and spec apart and counts generations', async () => {
    using api = await createTestApi();
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    };
    const deployment = (replicas: number) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas, selector: { matchLabels: { a: 'b' } }, template },
      status: { replicas: 9 },
    });
    const created = await api.call('POST', deployments, { body: deployment(1) });
    expect(created.body).toHaveProperty('metadata.generation', 1);
    expect(created.body).not.toHaveProperty('status.replicas');
    const status = await api.call('PUT', `${deployments}/web/status`, { body: deployment(5) });
    expect(status.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { replicas: 1 },
      status: { replicas: 9 },
    });
    const spec = await api.call('PUT', `${deployments}/web`, {
      body: { ...deployment(2), status: { replicas: 3 } },
    });
    expect(spec.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 2 },
      status: { replicas: 9 },
    });
    const { managedFields } = (
      spec.body as { metadata: { managedFields: { subresource?: string }[] } }
    ).metadata;
    expect(managedFields.map(({ subresource }) => subresource)).toContain('status');
  });

  test('scales through the scale subresource', async () => {
    using api = await createTestApi();
    const sets = '/apis/apps/v1/namespaces/default/replicasets';
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    };
    const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template };
    await api.call('POST', sets, {
      body: { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web' }, spec },
    });
    const scale = await api.call('GET', `${sets}/web/scale`);
    expect(scale.body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'a=b' },
    });
    const patched = await api.call('PATCH', `${sets}/web/scale`, {
      body: { spec: { replicas: 4 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(patched.body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    expect((await api.call('GET', `${sets}/web`)).body).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    });
    const negative = {
      ...(scale.body as object),
      metadata: { name: 'web' },
      spec: { replicas: -1 },
    };
    expect((await refusal(api, 'PUT', `${sets}/web/scale`, negative))[2]).toContain(
      'Scale.autoscaling "web" is invalid: spec.replicas',
    );
    expect((await refusal(api, 'GET', `${CONFIG_MAPS}/x/scale`))[0]).toBe(404);
  });

  test('deletes, and answers with who it was', async () => {
    using api = await createTestApi();
    const { body } = await api.call('POST', CONFIG_MAPS, { body: configMap('one') });
    const { uid } = (body as { metadata: { uid: string } }).metadata;
    const wrong = { preconditions: { uid: 'other' } };
    expect((await refusal(api, 'DELETE', `${CONFIG_MAPS}/one`, wrong))[0]).toBe(409);
    const deleted = await api.call('DELETE', `${CONFIG_MAPS}/one`, {
      body: { preconditions: { uid } },
    });
    expect(deleted).toMatchObject({
      status: 200,
      body: { status: 'Success', details: { name: 'one', kind: 'configmaps', uid } },
    });
    expect((await refusal(api, 'DELETE', `${CONFIG_MAPS}/one`))[0]).toBe(404);
  });

  test('holds objects with finalizers until the last one goes', async () => {
    using api = await createTestApi();
    const held = configMap('one', { metadata: { name: 'one', finalizers: ['example.com/hold'] } });
    await api.call('POST', CONFIG_MAPS, { body: held });
    const deleted = await api.call('DELETE', `${CONFIG_MAPS}/one`);
    expect(deleted.body).toHaveProperty('metadata.deletionTimestamp');
    const more = configMap('one', {
      metadata: { name: 'one', finalizers: ['example.com/hold', 'example.com/more'] },
    });
    expect((await refusal(api, 'PUT', `${CONFIG_MAPS}/one`, more))[2]).toContain(
      'no new finalizers can be added',
    );
    expect((await api.call('PUT', `${CONFIG_MAPS}/one`, { body: configMap('one') })).status).toBe(
      200,
    );
    expect((await api.call('GET', `${CONFIG_MAPS}/one`)).status).toBe(404);
  });

  test('asks the garbage collector with finalizers', async () => {
    using api = await createTestApi();
    for (const [policy, finalizers] of [
      ['Foreground', ['foregroundDeletion']],
      ['Orphan', ['orphan']],
    ] as const) {
      await api.call('POST', CONFIG_MAPS, { body: configMap(policy.toLowerCase()) });
      const path = `${CONFIG_MAPS}/${policy.toLowerCase()}`;
      const { body } = await api.call('DELETE', path, { body: { propagationPolicy: policy } });
      expect(body).toMatchObject({
        metadata: { finalizers, deletionTimestamp: expect.any(String) },
      });
    }
    expect(
      (await refusal(api, 'DELETE', `${CONFIG_MAPS}/orphan`, { propagationPolicy: 'Later' }))[0],
    ).toBe(422);
  });

  test('gives a scheduled pod time to stop, and none on request', async () => {
    using api = await createTestApi();
    await api.call('POST', PODS, { body: pod('waiting') });
    // As the OpenAPI document says: a Pod, not a Status.
    const last = (await api.call('DELETE', `${PODS}/waiting`)).body;
    expect(last).toMatchObject({ kind: 'Pod', metadata: { name: 'waiting' } });
    await api.call('POST', PODS, { body: pod('running') });
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'running' },
      target: { kind: 'Node', name: 'n1' },
    };
    expect((await api.call('POST', `${PODS}/running/binding`, { body: binding })).status).toBe(201);
    expect((await refusal(api, 'POST', `${PODS}/running/binding`, binding))[0]).toBe(409);
    const deleted = await api.call('DELETE', `${PODS}/running`);
    expect(deleted.body).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 30, deletionTimestamp: expect.any(String) },
      spec: { nodeName: 'n1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
    expect((await api.call('DELETE', `${PODS}/running`)).status).toBe(200);
    await api.call('DELETE', `${PODS}/running`, { body: { gracePeriodSeconds: 0 } });
    expect((await api.call('GET', `${PODS}/running`)).status).toBe(404);
  });

  test('evicts pods', async () => {
    using api = await createTestApi();
    await api.call('POST', PODS, { body: pod('one') });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'one' } };
    expect((await api.call('POST', `${PODS}/one/eviction`, { body: eviction })).status).toBe(201);
    expect((await api.call('GET', `${PODS}/one`)).status).toBe(404);
  });

  test('deletes collections by selector', async () => {
    using api = await createTestApi();
    for (const name of ['a', 'b', 'c']) {
      const labels = { keep: String(name === 'b') };
      await api.call('POST', CONFIG_MAPS, {
        body: configMap(name, { metadata: { name, labels } }),
      });
    }
    const { body } = await api.call('DELETE', `${CONFIG_MAPS}?labelSelector=keep!=true`);
    expect(
      (body as { items: { metadata: { name: string } }[] }).items.map((item) => item.metadata.name),
    ).toEqual(['a', 'c']);
    const left = (await api.call('GET', CONFIG_MAPS)).body as { items: unknown[] };
    expect(left.items).toHaveLength(1);
  });

  test('reports unknown and duplicate fields as asked', async () => {
    using api = await createTestApi();
    const text =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"},"extra":1}';
    const path = (validation: string) => `${CONFIG_MAPS}?dryRun=All&fieldValidation=${validation}`;
    expect(await refusal(api, 'POST', path('Strict'), text)).toEqual([
      400,
      'BadRequest',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra", duplicate field "data.a"',
    ]);
    const warned = await api.call('POST', path('Warn'), { body: text });
    expect(warned.headers['warning']).toEqual([
      '299 - "unknown field \\"extra\\""',
      '299 - "duplicate field \\"data.a\\""',
    ]);
    expect(warned.body).not.toHaveProperty('extra');
    expect((await api.call('POST', path('Ignore'), { body: text })).headers).not.toHaveProperty(
      'warning',
    );
    expect((await refusal(api, 'POST', path('Loud'), text))[2]).toContain(
      'fieldValidation: Unsupported value: "Loud"',
    );
  });
});

describe('api/namespaces', () => {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } };

  test('has the system namespaces and protects them', async () => {
    using api = await createTestApi();
    const list = (await api.call('GET', '/api/v1/namespaces')).body as {
      items: { metadata: { name: string } }[];
    };
    expect(list.items.map((item) => item.metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    expect(await refusal(api, 'DELETE', '/api/v1/namespaces/default')).toEqual([
      403,
      'Forbidden',
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ]);
  });

  test('terminates before it goes, and takes nothing new meanwhile', async () => {
    using api = await createTestApi();
    const { body: created } = await api.call('POST', '/api/v1/namespaces', { body });
    expect(created).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'blue' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    const deleted = await api.call('DELETE', '/api/v1/namespaces/blue');
    expect(deleted.body).toMatchObject({ status: { phase: 'Terminating' } });
    const [code, reason, message] = await refusal(
      api,
      'POST',
      '/api/v1/namespaces/blue/configmaps',
      configMap('x'),
    );
    expect([code, reason]).toEqual([403, 'Forbidden']);
    expect(message).toContain(
      'unable to create new content in namespace blue because it is being terminated',
    );
    const emptied = { ...(deleted.body as object), spec: { finalizers: [] } };
    expect((await api.call('PUT', '/api/v1/namespaces/blue', { body: emptied })).status).toBe(200);
    expect((await api.call('GET', '/api/v1/namespaces/blue')).status).toBe(200);
    const current = (await api.call('GET', '/api/v1/namespaces/blue')).body as object;
    await api.call('PUT', '/api/v1/namespaces/blue/finalize', {
      body: { ...current, spec: { finalizers: [] } },
    });
    expect((await api.call('GET', '/api/v1/namespaces/blue')).status).toBe(404);
  });
});

async function refusal(
  api: TestApi,
  ...[method, path, body]: [string, string, unknown?]
): Promise<[number, string, string]> {
  const response = await api.call(method, path, { body });
  const status = response.body as { kind: string; reason: string; message: string; code: number };
  expect(status).toMatchObject({ kind: 'Status', status: 'Failure', code: response.status });
  return [response.status, status.reason, status.message];
}
