import { describe, expect, test } from 'vitest';

import type { JsonObject } from '../../schema/json.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { objectAt, stringAt, valueAt } from '../json.ts';
import { admissionAnswer, startWebhookServer } from '../webhook/testing/webhook-server.ts';

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';

/** Creates a configuration with one webhook. */
async function register(
  api: TestApi,
  type: 'Mutating' | 'Validating',
  webhook: JsonObject & { name: string },
): Promise<void> {
  const { name, ...rest } = webhook;
  const kind = `${type}WebhookConfiguration`;
  const response = await api.call(
    'POST',
    `${REGISTRATION}/${type.toLowerCase()}webhookconfigurations`,
    {
      body: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind,
        metadata: { name },
        webhooks: [
          {
            name: `${name}.example.com`,
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            rules: [
              {
                operations: ['*'],
                apiGroups: [''],
                apiVersions: ['v1'],
                resources: ['configmaps'],
              },
            ],
            ...rest,
          },
        ],
      },
    },
  );
  expect(response).toMatchObject({ status: 201 });
}

const map = (name: string, extra: JsonObject = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...extra },
  data: { a: '1' },
});

function create(api: TestApi, name: string, options: { query?: string; extra?: JsonObject } = {}) {
  return api.call('POST', `${MAPS}${options.query ?? ''}`, { body: map(name, options.extra) });
}

describe('api/admission/webhooks', () => {
  test('lets a webhook change an object, and gives it what AdmissionReview v1 promises', async () => {
    await using hook = await startWebhookServer({
      '/mutate': (review) =>
        admissionAnswer(review, {
          patch: [{ op: 'add', path: '/metadata/labels', value: { seen: 'yes' } }],
          warnings: ['labels are set for you'],
        }),
    });
    using api = await createTestApi();
    await register(api, 'Mutating', { name: 'mutate', clientConfig: hook.config('/mutate') });
    const created = await create(api, 'a', { query: '?fieldManager=kubectl-create' });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ metadata: { name: 'a', labels: { seen: 'yes' } } });
    expect(created.headers['warning']).toEqual(['299 - "labels are set for you"']);
    const [review] = hook.received('/mutate');
    expect(review).toMatchObject({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
    expect(review?.['request']).toMatchObject({
      uid: expect.any(String),
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      name: 'a',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'system:apiserver' },
      object: { metadata: { name: 'a' }, data: { a: '1' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', fieldManager: 'kubectl-create' },
    });
    // The label is the webhook's: the client's manager does not own it.
    expect(JSON.stringify(valueAt(created.body, 'metadata', 'managedFields'))).not.toContain(
      'seen',
    );
  });

  test.each([
    {
      what: 'with its message and code',
      status: { code: 403, message: 'no cats', reason: 'Forbidden' },
      code: 403,
      message: 'admission webhook "deny.example.com" denied the request: no cats',
    },
    {
      what: 'with its reason',
      status: { reason: 'Cats' },
      code: 400,
      message: 'admission webhook "deny.example.com" denied the request: Cats',
    },
    {
      what: 'without a word',
      status: undefined,
      code: 400,
      message: 'admission webhook "deny.example.com" denied the request without explanation',
    },
  ])('refuses $what', async ({ status, code, message }) => {
    await using hook = await startWebhookServer({
      '/deny': (review) => admissionAnswer(review, { allowed: false, ...(status && { status }) }),
    });
    using api = await createTestApi();
    await register(api, 'Validating', { name: 'deny', clientConfig: hook.config('/deny') });
    const refused = await create(api, 'a');
    expect(refused).toMatchObject({ status: code, body: { code, message } });
    expect((await api.call('GET', `${MAPS}/a`)).status).toBe(404);
  });

  test.each([
    { operation: 'CREATE', act: (api: TestApi) => create(api, 'new') },
    {
      operation: 'UPDATE',
      act: (api: TestApi) =>
        api.call('PUT', `${MAPS}/old`, { body: map('old', { labels: { b: 'c' } }) }),
    },
    {
      operation: 'UPDATE',
      act: (api: TestApi) =>
        api.call('PATCH', `${MAPS}/old`, {
          body: { data: { b: '2' } },
          headers: { 'content-type': 'application/merge-patch+json' },
        }),
    },
    {
      operation: 'UPDATE',
      act: (api: TestApi) =>
        api.call('PATCH', `${MAPS}/old?fieldManager=me&force=true`, {
          body: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'old' },
            data: { b: '2' },
          },
          headers: { 'content-type': 'application/apply-patch+yaml' },
        }),
    },
    { operation: 'DELETE', act: (api: TestApi) => api.call('DELETE', `${MAPS}/old`) },
    { operation: 'DELETE', act: (api: TestApi) => api.call('DELETE', MAPS) },
  ])('stands before $operation', async ({ operation, act }) => {
    await using hook = await startWebhookServer({
      '/deny': (review) => admissionAnswer(review, { allowed: false }),
    });
    using api = await createTestApi();
    await create(api, 'old');
    const before = api.storage.get('/core/configmaps/default/old');
    await register(api, 'Validating', {
      name: 'deny',
      clientConfig: hook.config('/deny'),
      objectSelector: {},
      rules: [
        {
          operations: [operation],
          apiGroups: ['*'],
          apiVersions: ['*'],
          resources: ['configmaps'],
        },
      ],
    });
    expect((await act(api)).status).toBe(400);
    expect(objectAt(hook.received('/deny')[0], 'request')).toMatchObject({ operation });
    expect(api.storage.get('/core/configmaps/default/old')).toBe(before);
    expect(api.storage.get('/core/configmaps/default/new')).toBeUndefined();
  });

  test.each([
    {
      what: 'is too late',
      webhook: () => ({ path: '/silent', extra: { timeoutSeconds: 1 } }),
      message:
        /^Internal error occurred: failed calling webhook "w.example.com": failed to call webhook: Post "https:\/\/127.0.0.1:\d+\/silent\?timeout=1s": context deadline exceeded$/,
    },
    {
      what: 'has a certificate of somebody else',
      webhook: () => ({ path: '/allow', extra: { clientConfig: { caBundle: '' } } }),
      message: /tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    },
    {
      what: 'answers another question',
      webhook: () => ({ path: '/other', extra: {} }),
      message: /received invalid webhook response: expected response.uid="[^"]+", got "other"$/,
    },
    {
      what: 'is not there',
      webhook: () => ({ path: '/missing', extra: {} }),
      message: /failed to call webhook: the server could not find the requested resource$/,
    },
  ])('fails, or does not count, when it $what', async ({ webhook, message }) => {
    await using hook = await startWebhookServer({
      '/silent': () => undefined,
      '/allow': (review) => admissionAnswer(review, {}),
      '/other': (review) => admissionAnswer(review, { uid: 'other' }),
    });
    const { path, extra } = webhook();
    const clientConfig = { ...hook.config(path), ...objectAt(extra, 'clientConfig') };
    const answered = async (failurePolicy: string) => {
      using api = await createTestApi({ clock: { now: () => Date.now(), sleep: quickly } });
      await register(api, 'Validating', { name: 'w', ...extra, failurePolicy, clientConfig });
      return await create(api, 'a');
    };
    expect((await answered('Ignore')).status).toBe(201);
    const failed = await answered('Fail');
    expect(failed.status).toBe(500);
    expect(stringAt(failed.body, 'message')).toMatch(message);
  });

  test('reaches a Service where the cluster says it is', async () => {
    await using hook = await startWebhookServer({
      '/allow': (review) => admissionAnswer(review, { warnings: ['hello'] }),
    });
    using api = await createTestApi({
      resolveService: (host, port) =>
        host === 'hook.default.svc' && port === 8443
          ? { host: '127.0.0.1', port: hook.port }
          : undefined,
    });
    const { caBundle } = hook;
    const service = { name: 'hook', namespace: 'default', path: '/allow', port: 8443 };
    await register(api, 'Validating', { name: 'w', clientConfig: { service, caBundle } });
    expect((await create(api, 'a')).headers['warning']).toEqual(['299 - "hello"']);
    const gone = { ...service, name: 'gone' };
    await register(api, 'Validating', { name: 'v', clientConfig: { service: gone, caBundle } });
    expect(stringAt((await create(api, 'b')).body, 'message')).toBe(
      'Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://gone.default.svc:8443/allow?timeout=10s": no endpoints available for service "gone"',
    );
  });

  test.each([
    { what: 'the namespace selector', extra: { namespaceSelector: { matchLabels: { a: 'b' } } } },
    { what: 'the object selector', extra: { objectSelector: { matchLabels: { a: 'b' } } } },
    {
      what: 'a match condition',
      extra: { matchConditions: [{ name: 'never', expression: "object.metadata.name == 'b'" }] },
    },
    {
      what: 'the scope',
      extra: {
        rules: [
          {
            operations: ['*'],
            apiGroups: ['*'],
            apiVersions: ['*'],
            resources: ['*'],
            scope: 'Cluster',
          },
        ],
      },
    },
    {
      what: 'the operation',
      extra: {
        rules: [
          { operations: ['UPDATE'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] },
        ],
      },
    },
  ])('is not asked when $what does not match', async ({ extra }) => {
    await using hook = await startWebhookServer({});
    using api = await createTestApi();
    await register(api, 'Validating', { name: 'w', clientConfig: hook.config('/x'), ...extra });
    expect((await create(api, 'a')).status).toBe(201);
    expect(hook.received('/x')).toEqual([]);
  });

  test('is asked in a dry run only when it has no side effects then', async () => {
    await using hook = await startWebhookServer({
      '/allow': (review) => admissionAnswer(review, {}),
    });
    using api = await createTestApi();
    await register(api, 'Validating', {
      name: 'w',
      clientConfig: hook.config('/allow'),
      sideEffects: 'NoneOnDryRun',
    });
    expect((await create(api, 'a', { query: '?dryRun=All' })).status).toBe(201);
    expect(objectAt(hook.received('/allow')[0], 'request')).toMatchObject({ dryRun: true });
    expect((await api.call('GET', `${MAPS}/a`)).status).toBe(404);
  });

  test('calls again, once, those who asked for it when a later one changed the object', async () => {
    const count = (review: JsonObject) =>
      Number(stringAt(review, 'request', 'object', 'data', 'count') ?? '0') + 1;
    await using hook = await startWebhookServer({
      '/count': (review) =>
        admissionAnswer(review, {
          patch: [{ op: 'add', path: '/data/count', value: String(count(review)) }],
        }),
      '/late': (review) =>
        admissionAnswer(review, { patch: [{ op: 'add', path: '/data/late', value: 'yes' }] }),
    });
    using api = await createTestApi();
    const again = { clientConfig: hook.config('/count'), reinvocationPolicy: 'IfNeeded' };
    await register(api, 'Mutating', { name: 'a-count', ...again });
    await register(api, 'Mutating', { name: 'b-late', clientConfig: hook.config('/late') });
    const created = await create(api, 'a');
    expect(valueAt(created.body, 'data')).toEqual({ a: '1', count: '2', late: 'yes' });
    expect(hook.received('/count')).toHaveLength(2);
    expect(hook.received('/late')).toHaveLength(1);
  });

  test('computes a write again when the object changed while it waited', async () => {
    const waiting = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await using hook = await startWebhookServer({
      '/slow': async (review) => {
        asked.resolve();
        await waiting.promise;
        return admissionAnswer(review, {});
      },
    });
    using api = await createTestApi();
    await create(api, 'a');
    await register(api, 'Validating', {
      name: 'w',
      clientConfig: hook.config('/slow'),
      matchConditions: [{ name: 'slow', expression: "'slow' in object.data" }],
    });
    const merge = (data: object, revision?: string) =>
      api.call('PATCH', `${MAPS}/a`, {
        body: { data, ...(revision !== undefined && { metadata: { resourceVersion: revision } }) },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    const read = await api.call('GET', `${MAPS}/a`);
    const slow = merge({ slow: '1' });
    const stale = merge({ slow: '2' }, stringAt(read.body, 'metadata', 'resourceVersion'));
    await asked.promise;
    expect((await merge({ quick: '1' })).status).toBe(200);
    waiting.resolve();
    expect((await slow).status).toBe(200);
    // Who said which state the patch is for is told.
    expect((await stale).status).toBe(409);
    const after = await api.call('GET', `${MAPS}/a`);
    expect(valueAt(after.body, 'data')).toEqual({ a: '1', quick: '1', slow: '1' });
  });

  test('speaks the version of the rules and gives back the one of the client', async () => {
    await using hook = await startWebhookServer({
      '/v1': (review) =>
        admissionAnswer(review, { patch: [{ op: 'add', path: '/spec', value: { size: 3 } }] }),
    });
    using api = await createTestApi();
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    };
    const version = (name: string, storage: boolean) => ({
      name,
      served: true,
      storage,
      schema: { openAPIV3Schema: schema },
    });
    await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'boxes.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'boxes', kind: 'Box' },
          versions: [version('v1', true), version('v2', false)],
        },
      },
    });
    const rules = [
      {
        operations: ['*'],
        apiGroups: ['example.com'],
        apiVersions: ['v1'],
        resources: ['boxes'],
      },
    ];
    await register(api, 'Mutating', { name: 'w', clientConfig: hook.config('/v1'), rules });
    const box = { apiVersion: 'example.com/v2', kind: 'Box', metadata: { name: 'a' } };
    const created = await api.call('POST', '/apis/example.com/v2/namespaces/default/boxes', {
      body: box,
    });
    expect(created.body).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 3 } });
    expect(objectAt(hook.received('/v1')[0], 'request')).toMatchObject({
      kind: { version: 'v1' },
      requestKind: { version: 'v2' },
      object: { apiVersion: 'example.com/v1' },
    });
  });

  test('shows Scales on the scale endpoint', async () => {
    await using hook = await startWebhookServer({
      '/scale': (review) =>
        admissionAnswer(review, { patch: [{ op: 'replace', path: '/spec/replicas', value: 2 }] }),
    });
    using api = await createTestApi();
    const rules = [
      {
        operations: ['UPDATE'],
        apiGroups: ['apps'],
        apiVersions: ['*'],
        resources: ['deployments/scale'],
      },
    ];
    await register(api, 'Mutating', { name: 'w', clientConfig: hook.config('/scale'), rules });
    const labels = { app: 'a' };
    const path = '/apis/apps/v1/namespaces/default/deployments';
    await api.call('POST', path, {
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'a', image: 'a' }] },
          },
        },
      },
    });
    const scaled = await api.call('PATCH', `${path}/a/scale`, {
      body: { spec: { replicas: 9 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    expect(objectAt(hook.received('/scale')[0], 'request')).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      subResource: 'scale',
      object: { kind: 'Scale', spec: { replicas: 9 } },
      oldObject: { kind: 'Scale', spec: { replicas: 1 } },
    });
  });

  test('looks again at a pod that a webhook gave a container', async () => {
    await using hook = await startWebhookServer({
      '/sidecar': (review) =>
        admissionAnswer(review, {
          patch: [{ op: 'add', path: '/spec/containers/-', value: { name: 'proxy', image: 'p' } }],
        }),
    });
    using api = await createTestApi();
    const rules = [
      { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
    ];
    await register(api, 'Mutating', { name: 'w', clientConfig: hook.config('/sidecar'), rules });
    const created = await api.call('POST', '/api/v1/namespaces/default/pods', {
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a' },
        spec: { containers: [{ name: 'a', image: 'a' }] },
      },
    });
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(created.body).toMatchObject({
      spec: {
        containers: [
          { name: 'a', volumeMounts: [{ mountPath }] },
          { name: 'proxy', volumeMounts: [{ mountPath }], imagePullPolicy: 'Always' },
        ],
      },
    });
  });

  test('never stands before the configurations themselves', async () => {
    await using hook = await startWebhookServer({});
    using api = await createTestApi();
    const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
    await register(api, 'Validating', { name: 'w', clientConfig: hook.config('/x'), rules });
    expect((await create(api, 'a')).status).toBe(500);
    const path = `${REGISTRATION}/validatingwebhookconfigurations/w`;
    expect((await api.call('DELETE', path)).status).toBe(200);
    expect((await create(api, 'a')).status).toBe(201);
  });
});

/** One second is over at once; longer waits never are. */
function quickly(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (milliseconds === 1000) setTimeout(resolve, 20);
    signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}
