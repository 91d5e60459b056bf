import { describe, expect, test } from 'vitest';

import type { JsonObject } from '../../schema/json.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { listAt, stringAt, valueAt } from '../json.ts';

const NS = '/api/v1/namespaces/default';

function pod(name: string, spec: JsonObject = {}, container: JsonObject = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'app', ...container }], ...spec },
  };
}

async function made(api: TestApi, path: string, body: JsonObject): Promise<JsonObject> {
  const response = await api.call('POST', path, { body });
  expect(response).toMatchObject({ status: 201 });
  return response.body as JsonObject;
}

const account = (name: string, extra: JsonObject = {}) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
  ...extra,
});

describe('api/admission/plugins', () => {
  describe('ServiceAccount', () => {
    test('gives a pod the default account and a token of it, right after its namespace', async () => {
      using api = await createTestApi();
      await made(api, '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'new' },
      });
      const created = await made(api, '/api/v1/namespaces/new/pods', pod('a'));
      const name = stringAt(listAt(created, 'spec', 'volumes')[0], 'name');
      expect(name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
      expect(created).toMatchObject({
        spec: {
          serviceAccountName: 'default',
          serviceAccount: 'default',
          containers: [
            {
              volumeMounts: [
                {
                  name,
                  readOnly: true,
                  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
                },
              ],
            },
          ],
          volumes: [
            {
              name,
              projected: {
                defaultMode: 420,
                sources: [
                  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
                  { configMap: { name: 'kube-root-ca.crt' } },
                  { downwardAPI: { items: [{ path: 'namespace' }] } },
                ],
              },
            },
          ],
        },
      });
      expect(JSON.stringify(created['metadata'])).not.toContain('kube-api-access');
    });

    test.each([
      { what: 'the pod', spec: { automountServiceAccountToken: false }, extra: {} },
      { what: 'the account', spec: {}, extra: { automountServiceAccountToken: false } },
    ])('mounts no token when $what says so', async ({ spec, extra }) => {
      using api = await createTestApi();
      await made(api, `${NS}/serviceaccounts`, account('bot', extra));
      const created = await made(
        api,
        `${NS}/pods`,
        pod('a', { serviceAccountName: 'bot', ...spec }),
      );
      expect(valueAt(created, 'spec', 'volumes')).toBeUndefined();
    });

    test('hands on the pull secrets of the account', async () => {
      using api = await createTestApi();
      const imagePullSecrets = [{ name: 'registry' }];
      await made(api, `${NS}/serviceaccounts`, account('bot', { imagePullSecrets }));
      const created = await made(api, `${NS}/pods`, pod('a', { serviceAccountName: 'bot' }));
      expect(valueAt(created, 'spec', 'imagePullSecrets')).toEqual(imagePullSecrets);
    });

    test('refuses an account that does not exist', async () => {
      using api = await createTestApi();
      const refused = await api.call('POST', `${NS}/pods`, {
        body: pod('a', { serviceAccountName: 'x' }),
      });
      expect(refused).toMatchObject({
        status: 403,
        body: {
          message:
            'pods "a" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
        },
      });
    });
  });

  describe('Priority', () => {
    const priorityClass = (name: string, value: number, extra: JsonObject = {}) => ({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      ...extra,
    });
    const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';

    test('gives a pod the number of its class', async () => {
      using api = await createTestApi();
      await made(api, CLASSES, priorityClass('high', 1000, { preemptionPolicy: 'Never' }));
      expect(await made(api, `${NS}/pods`, pod('a', { priorityClassName: 'high' }))).toMatchObject({
        spec: { priority: 1000, preemptionPolicy: 'Never' },
      });
      expect(
        await made(api, `${NS}/pods`, pod('b', { priorityClassName: 'system-node-critical' })),
      ).toMatchObject({ spec: { priority: 2000001000 } });
      expect(await made(api, `${NS}/pods`, pod('c'))).toMatchObject({ spec: { priority: 0 } });
      await made(api, CLASSES, priorityClass('usual', 7, { globalDefault: true }));
      expect(await made(api, `${NS}/pods`, pod('d'))).toMatchObject({
        spec: { priority: 7, priorityClassName: 'usual' },
      });
    });

    test.each([
      {
        spec: { priorityClassName: 'none' },
        message: 'pods "a" is forbidden: no PriorityClass with name none was found',
      },
      {
        spec: { priority: 5 },
        message:
          'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
      },
    ])('refuses $spec', async ({ spec, message }) => {
      using api = await createTestApi();
      const refused = await api.call('POST', `${NS}/pods`, { body: pod('a', spec) });
      expect(refused).toMatchObject({ status: 403, body: { message } });
    });
  });

  test('DefaultTolerationSeconds adds what the pod does not tolerate yet', async () => {
    using api = await createTestApi();
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' };
    const created = await made(api, `${NS}/pods`, pod('a', { tolerations: [own] }));
    expect(valueAt(created, 'spec', 'tolerations')).toEqual([
      own,
      {
        key: 'node.kubernetes.io/unreachable',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
    ]);
  });

  test('DefaultTolerationSeconds gives back what an update leaves out', async () => {
    using api = await createTestApi();
    await made(api, `${NS}/pods`, pod('a', {}));
    const own = { key: 'mine', operator: 'Exists', effect: 'NoSchedule' };
    const changed = await api.call('PATCH', `${NS}/pods/a`, {
      body: { spec: { tolerations: [own] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(changed.status).toBe(200);
    expect(valueAt(changed.body, 'spec', 'tolerations')).toMatchObject([
      own,
      { key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', tolerationSeconds: 300 },
    ]);
  });

  test('DefaultStorageClass names the default class', async () => {
    using api = await createTestApi();
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await made(api, '/apis/storage.k8s.io/v1/storageclasses', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations },
      provisioner: 'example.com/disk',
    });
    const claim = (name: string, extra: JsonObject = {}) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        ...extra,
      },
    });
    const path = `${NS}/persistentvolumeclaims`;
    const spec = async (body: JsonObject) =>
      valueAt(await made(api, path, body), 'spec', 'storageClassName');
    expect(await spec(claim('a'))).toBe('standard');
    expect(await spec(claim('b', { storageClassName: 'other' }))).toBe('other');
  });

  describe('LimitRanger', () => {
    const range = (limit: JsonObject) => ({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'limits' },
      spec: { limits: [{ type: 'Container', ...limit }] },
    });

    test('sets defaults and says so', async () => {
      using api = await createTestApi();
      const limit = { default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } };
      await made(api, `${NS}/limitranges`, range(limit));
      const created = await made(
        api,
        `${NS}/pods`,
        pod('a', {}, { resources: { limits: { cpu: '2' } } }),
      );
      expect(listAt(created, 'spec', 'containers')[0]).toMatchObject({
        resources: { limits: { cpu: '2', memory: '1Gi' } },
      });
      expect(valueAt(created, 'metadata', 'annotations', 'kubernetes.io/limit-ranger')).toMatch(
        /^LimitRanger plugin set: .*memory limit for container main$/,
      );
    });

    test.each([
      {
        limit: { min: { cpu: '200m' }, default: { cpu: '1' } },
        resources: { requests: { cpu: '100m' } },
        why: 'minimum cpu usage per Container is 200m, but request is 100m',
      },
      {
        limit: { max: { memory: '1Gi' } },
        resources: { limits: { memory: '2Gi' } },
        why: 'maximum memory usage per Container is 1Gi, but limit is 2Gi',
      },
      {
        limit: { maxLimitRequestRatio: { cpu: '2' } },
        resources: { limits: { cpu: '1' }, requests: { cpu: '250m' } },
        why: 'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
      },
      {
        limit: { type: 'Pod', max: { cpu: '1' } },
        resources: {},
        why: 'maximum cpu usage per Pod is 1.  No limit is specified',
      },
    ])('refuses what is out of bounds: $why', async ({ limit, resources, why }) => {
      using api = await createTestApi();
      await made(api, `${NS}/limitranges`, range(limit));
      const refused = await api.call('POST', `${NS}/pods`, { body: pod('a', {}, { resources }) });
      expect(refused).toMatchObject({
        status: 403,
        body: { message: `pods "a" is forbidden: ${why}` },
      });
    });

    test('bounds claims', async () => {
      using api = await createTestApi();
      const limit = { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } };
      await made(api, `${NS}/limitranges`, range(limit));
      const refused = await api.call('POST', `${NS}/persistentvolumeclaims`, {
        body: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'a' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
        },
      });
      expect(stringAt(refused.body, 'message')).toBe(
        'persistentvolumeclaims "a" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
      );
    });
  });

  describe('ResourceQuota', () => {
    const quota = (hard: JsonObject, extra: JsonObject = {}) => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard, ...extra },
    });
    const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

    test('admits exactly what is left, however many come at once', async () => {
      using api = await createTestApi();
      await made(api, `${NS}/resourcequotas`, quota({ configmaps: '7' }));
      const before = listAt((await api.call('GET', `${NS}/configmaps`)).body, 'items').length;
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          api.call('POST', `${NS}/configmaps`, { body: map(`m${index}`) }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(7 - before);
      expect(answers.at(-1)).toMatchObject({
        status: 403,
        body: {
          message:
            'configmaps "m99" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=7, limited: configmaps=7',
        },
      });
      expect((await api.call('DELETE', `${NS}/configmaps/m0`)).status).toBe(200);
      expect((await api.call('POST', `${NS}/configmaps`, { body: map('again') })).status).toBe(201);
    });

    test.each([
      {
        hard: { 'limits.cpu': '1', 'requests.memory': '1Gi' },
        resources: {},
        why: 'failed quota: q: must specify limits.cpu for: main; requests.memory for: main',
      },
      {
        hard: { 'requests.cpu': '1' },
        resources: { requests: { cpu: '1500m' } },
        why: 'exceeded quota: q, requested: requests.cpu=1500m, used: requests.cpu=0, limited: requests.cpu=1',
      },
      {
        hard: { pods: '0', 'count/pods': '0' },
        resources: {},
        why: 'exceeded quota: q, requested: count/pods=1,pods=1, used: count/pods=0,pods=0, limited: count/pods=0,pods=0',
      },
    ])('counts pods and what they ask for: $why', async ({ hard, resources, why }) => {
      using api = await createTestApi();
      await made(api, `${NS}/resourcequotas`, quota(hard));
      const refused = await api.call('POST', `${NS}/pods`, { body: pod('a', {}, { resources }) });
      expect(refused).toMatchObject({
        status: 403,
        body: { message: `pods "a" is forbidden: ${why}` },
      });
    });

    test('counts only the pods of its scopes, and objects of any kind', async () => {
      using api = await createTestApi();
      await made(api, `${NS}/resourcequotas`, quota({ pods: '0' }, { scopes: ['NotBestEffort'] }));
      await made(api, `${NS}/pods`, pod('free'));
      const limited = pod('limited', {}, { resources: { requests: { cpu: '1' } } });
      expect((await api.call('POST', `${NS}/pods`, { body: limited })).status).toBe(403);
      const other = quota({ 'count/roles.rbac.authorization.k8s.io': '0' });
      await made(api, `${NS}/resourcequotas`, { ...other, metadata: { name: 'roles' } });
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'r' },
        rules: [],
      };
      const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles';
      expect((await api.call('POST', path, { body: role })).status).toBe(403);
    });

    test('refuses in a dry run too', async () => {
      using api = await createTestApi();
      await made(api, `${NS}/resourcequotas`, quota({ secrets: '0' }));
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
      expect((await api.call('POST', `${NS}/secrets?dryRun=All`, { body })).status).toBe(403);
    });
  });
});
