import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/web';

function deployment(image = 'one', extra: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'main', image, env: [{ name: 'A', value: '1' }] }] },
      },
      ...extra,
    },
  };
}

async function patch(
  api: TestApi,
  type: string,
  ...[body, query = '']: [body: unknown, query?: string]
) {
  const contentType = `application/${type}`;
  return api.call('PATCH', `${DEPLOYMENT}?${query}`, {
    body,
    headers: { 'content-type': contentType },
  });
}

const containers = (body: unknown) =>
  (
    body as {
      spec: {
        template: { spec: { containers: { name: string; image: string; env?: unknown }[] } };
      };
    }
  ).spec.template.spec.containers;

async function withDeployment(): Promise<TestApi> {
  const api = await createTestApi();
  await api.call('POST', '/apis/apps/v1/namespaces/default/deployments?fieldManager=creator', {
    body: deployment(),
  });
  return api;
}

describe('api/patch', () => {
  test('merges, replaces by path, and merges lists by key', async () => {
    using api = await withDeployment();
    const merged = await patch(api, 'merge-patch+json', { spec: { replicas: 3, paused: true } });
    expect(merged.body).toMatchObject({
      spec: { replicas: 3, paused: true },
      metadata: { generation: 2 },
    });
    const replaced = await patch(api, 'json-patch+json', [
      { op: 'test', path: '/spec/replicas', value: 3 },
      { op: 'replace', path: '/spec/replicas', value: 4 },
      { op: 'remove', path: '/spec/paused' },
    ]);
    expect(replaced.body).toMatchObject({ spec: { replicas: 4 } });
    const list = {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'side', image: 's' },
              { name: 'main', image: 'two' },
            ],
          },
        },
      },
    };
    const strategic = await patch(api, 'strategic-merge-patch+json', list);
    expect(
      containers(strategic.body)
        .map(({ name, image }) => `${name}=${image}`)
        .toSorted(),
    ).toEqual(['main=two', 'side=s']);
    expect(containers(strategic.body).find(({ name }) => name === 'main')?.env).toEqual([
      { name: 'A', value: '1' },
    ]);
  });

  test('refuses patches that cannot be', async () => {
    using api = await withDeployment();
    expect((await patch(api, 'merge-patch+json', '{')).status).toBe(400);
    expect((await patch(api, 'merge-patch+json', '[]')).status).toBe(400);
    const test_ = [{ op: 'test', path: '/spec/replicas', value: 9 }];
    expect((await patch(api, 'json-patch+json', test_)).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
    expect((await patch(api, 'x-patch', {})).status).toBe(415);
    expect((await patch(api, 'merge-patch+json', { metadata: { name: 'other' } })).status).toBe(
      400,
    );
    const stale = await patch(api, 'merge-patch+json', {
      metadata: { resourceVersion: '1' },
      spec: { replicas: 2 },
    });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    const unknown = await patch(
      api,
      'merge-patch+json',
      { spec: { nope: 1 } },
      'fieldValidation=Strict',
    );
    expect(unknown.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('strict decoding error: unknown field "spec.nope"'),
    });
    const missing = await api.call('PATCH', `${DEPLOYMENT}x`, {
      body: {},
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(missing.status).toBe(404);
  });

  test('applies: creates, keeps owners apart, reports conflicts, takes over by force', async () => {
    using api = await createTestApi();
    const created = await patch(
      api,
      'apply-patch+yaml',
      deployment('one', { replicas: 1 }),
      'fieldManager=helm',
    );
    expect(created.status).toBe(201);
    const again = await patch(
      api,
      'apply-patch+yaml',
      deployment('one', { replicas: 1 }),
      'fieldManager=helm',
    );
    expect(again.status).toBe(200);
    expect(again.body).toEqual(created.body);
    const conflict = await patch(api, 'apply-patch+yaml', deployment('two'), 'fieldManager=me');
    expect(conflict.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Apply failed with 1 conflict: conflict with "helm": .spec.template.spec.containers[name="main"].image',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            field: '.spec.template.spec.containers[name="main"].image',
          },
        ],
      },
    });
    const forced = await patch(
      api,
      'apply-patch+yaml',
      deployment('two'),
      'fieldManager=me&force=true',
    );
    expect(containers(forced.body)[0]?.image).toBe('two');
    const stale = { ...deployment('two'), metadata: { name: 'web', resourceVersion: '1' } };
    const late = await patch(api, 'apply-patch+yaml', stale, 'fieldManager=me');
    expect(late.body).toMatchObject({
      code: 409,
      message: expect.stringContaining('has been modified'),
    });
    const other = { ...deployment('two'), metadata: { name: 'web', uid: 'other' } };
    const wrong = await patch(api, 'apply-patch+yaml', other, 'fieldManager=me');
    expect(wrong.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('metadata.uid: Invalid value: "other": field is immutable'),
    });
    const fewer = await patch(api, 'apply-patch+yaml', deployment('two'), 'fieldManager=helm');
    expect(fewer.status).toBe(200);
    expect(fewer.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 1 } });
  });

  test('reads YAML in apply patches', async () => {
    using api = await createTestApi();
    const path = '/api/v1/namespaces/default/configmaps/one?fieldManager=me';
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  a: "yes"\n';
    const { status, body } = await api.call('PATCH', path, { body: yaml, headers });
    expect([status, (body as { data: object }).data]).toEqual([201, { a: 'yes' }]);
    expect((await api.call('PATCH', path, { body: 'a: [', headers })).status).toBe(400);
  });

  test('checks the options and the body of an apply', async () => {
    using api = await withDeployment();
    const nameless = await patch(api, 'apply-patch+yaml', deployment());
    expect(nameless.body).toMatchObject({
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    });
    const managed = {
      ...deployment(),
      metadata: {
        name: 'web',
        managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'apps/v1' }],
      },
    };
    const refused = await patch(api, 'apply-patch+yaml', managed, 'fieldManager=me');
    expect(refused.body).toMatchObject({
      code: 400,
      message: 'metadata.managedFields must be nil',
    });
    const undeclared = await patch(
      api,
      'apply-patch+yaml',
      deployment('one', { nope: 1 }),
      'fieldManager=me',
    );
    expect(undeclared.body).toMatchObject({
      code: 400,
      message:
        'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.nope: field not declared in schema',
    });
    const forcedMerge = await patch(api, 'merge-patch+json', {}, 'force=true');
    expect(forcedMerge.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('force: Forbidden'),
    });
  });

  test('applies to the status without touching the rest', async () => {
    using api = await withDeployment();
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      status: { replicas: 2 },
      spec: { replicas: 9 },
    };
    const response = await api.call('PATCH', `${DEPLOYMENT}/status?fieldManager=me`, {
      body,
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(response.body).toMatchObject({
      status: { replicas: 2 },
      spec: { replicas: 1 },
      metadata: { generation: 1 },
    });
    const missing = await api.call('PATCH', `${DEPLOYMENT}x/status?fieldManager=me`, {
      body: { ...body, metadata: { name: 'webx' } },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(missing.status).toBe(404);
  });
});
