import { randomUUID } from 'node:crypto';

import { systemClock } from '@kagent/kube';
import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { listAt, stringAt } from '../json.ts';
import { fromStorage } from '../object.ts';
import type { ApiObject } from '../object.ts';
import { ensureBootstrapPolicy } from './bootstrap-policy.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

const again = ({ storage }: TestApi) =>
  ensureBootstrapPolicy({ storage, clock: systemClock, randomId: randomUUID });

const stored = (api: TestApi): ApiObject[] =>
  api.storage.list('/rbac.authorization.k8s.io/').entries.map(fromStorage);

async function read(api: TestApi, path: string): Promise<ApiObject> {
  return (await api.call('GET', `${RBAC}/${path}`)).body as ApiObject;
}

const merge = (api: TestApi, path: string, body: object) =>
  api.call('PATCH', `${RBAC}/${path}`, {
    body,
    headers: { 'content-type': 'application/merge-patch+json' },
  });

describe('api/authorization/bootstrap-policy', () => {
  test('stores what the API would have made of it', async () => {
    using api = await createTestApi({ bootstrapPolicy: true });
    const objects = stored(api);
    expect(objects.length).toBeGreaterThan(25);
    using other = await createTestApi();
    for (const object of objects) {
      const { name, namespace, labels, annotations } = object.metadata;
      const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
      const path = `${RBAC}${scope}/${object.kind.toLowerCase()}s?fieldManager=kube-apiserver`;
      const metadata = { name, ...(namespace !== undefined && { namespace }), labels, annotations };
      const { status, body } = await other.call('POST', path, { body: { ...object, metadata } });
      expect([name, status]).toEqual([name, 201]);
      expect(comparable(object)).toEqual(comparable(body as ApiObject));
    }
  });

  test('writes nothing the second time', async () => {
    using api = await createTestApi({ bootstrapPolicy: true });
    const revision = api.storage.revision();
    again(api);
    expect(api.storage.revision()).toBe(revision);
  });

  test('gives back what was taken, keeps what was added, and leaves alone what says so', async () => {
    using api = await createTestApi({ bootstrapPolicy: true });
    const rule = { verbs: ['get'], apiGroups: ['demo.dev'], resources: ['widgets'] };
    const [first, ...rest] = listAt(await read(api, 'clusterroles/system:node'), 'rules');
    await merge(api, 'clusterroles/system:node', { rules: [...rest, rule] });
    await merge(api, 'clusterrolebindings/system:discovery', { subjects: [] });
    const metadata = { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } };
    await merge(api, 'clusterroles/system:basic-user', { metadata, rules: [] });
    await api.call('DELETE', `${RBAC}/clusterroles/view`);
    again(api);
    const node = listAt(await read(api, 'clusterroles/system:node'), 'rules');
    expect(node).toContainEqual(rule);
    expect(node).toContainEqual(first);
    const discovery = await read(api, 'clusterrolebindings/system:discovery');
    expect(listAt(discovery, 'subjects')).toMatchObject([{ name: 'system:authenticated' }]);
    const basic = await read(api, 'clusterroles/system:basic-user');
    expect(listAt(basic, 'rules')).toEqual([]);
    expect(stringAt(await read(api, 'clusterroles/view'), 'kind')).toBe('ClusterRole');
  });

  /** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles */
  test.each([
    {
      role: 'view',
      can: ['list pods', 'get pods/log', 'get deployments.apps'],
      cannot: ['get secrets', 'create pods'],
    },
    {
      role: 'edit',
      can: ['list pods', 'get secrets', 'create pods/exec', 'patch deployments.apps'],
      cannot: [
        'create roles.rbac.authorization.k8s.io',
        'update resourcequotas',
        'update pods/status',
      ],
    },
    {
      role: 'admin',
      can: ['delete secrets', 'create rolebindings.rbac.authorization.k8s.io'],
      cannot: ['update namespaces', 'update resourcequotas'],
    },
    {
      role: 'cluster-admin',
      can: ['escalate roles.rbac.authorization.k8s.io', 'delete nodes'],
      cannot: [],
    },
  ])('$role has its rights before any controller runs', async ({ role, can, cannot }) => {
    using api = await createTestApi({ bootstrapPolicy: true });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role };
    const body = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'ana' },
      roleRef,
      subjects: [{ kind: 'User', name: 'ana' }],
    };
    await api.call('POST', `${RBAC}/namespaces/default/rolebindings`, { body });
    for (const line of can) expect([line, await isAllowed(api, line)]).toEqual([line, true]);
    for (const line of cannot) expect([line, await isAllowed(api, line)]).toEqual([line, false]);
  });
});

async function isAllowed(api: TestApi, line: string): Promise<boolean> {
  const [, verb, resource, subresource, group = ''] =
    /^(\w+) (\w+)(?:\/(\w+))?(?:\.(\S+))?$/.exec(line) ?? [];
  const resourceAttributes = { verb, group, resource, subresource, namespace: 'default' };
  const { body } = await api.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: 'ana', resourceAttributes },
    },
  });
  return (body as { status: { allowed: boolean } }).status.allowed;
}

/** Without what differs between any two objects. */
function comparable({ metadata, ...object }: ApiObject): object {
  const { uid: _uid, resourceVersion: _revision, creationTimestamp: _time, ...rest } = metadata;
  const managedFields = (metadata.managedFields ?? []).map(({ time: _at, ...entry }) => entry);
  return { ...object, metadata: { ...rest, managedFields } };
}
