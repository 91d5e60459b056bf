import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import type { PolicyRule } from './policy-rule.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ANA = { name: 'ana', groups: ['dev', 'system:authenticated'] };
const BOT = {
  name: 'system:serviceaccount:blue:bot',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:blue', 'system:authenticated'],
};
const ROLE_REF = { apiGroup: 'rbac.authorization.k8s.io' };

async function post(api: TestApi, path: string, body: object): Promise<void> {
  const { status, body: answer } = await api.call('POST', path, { body });
  expect([status, answer]).toEqual([201, expect.anything()]);
}

const clusterRole = (api: TestApi, name: string, rules: PolicyRule[]) =>
  post(api, `${RBAC}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  });

const role = (api: TestApi, name: string, rules: PolicyRule[]) =>
  post(api, `${RBAC}/namespaces/blue/roles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name },
    rules,
  });

function bind(
  api: TestApi,
  binding: { namespace?: string; role: string; kind?: string; subject: object },
): Promise<void> {
  const { namespace, role: name, kind = 'ClusterRole', subject } = binding;
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const type = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  return post(api, `${RBAC}${scope}/${type.toLowerCase()}s`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: type,
    metadata: { name: `bind-${name}` },
    roleRef: { ...ROLE_REF, kind, name },
    subjects: [subject],
  });
}

const ana = { kind: 'User', name: 'ana' };

async function withBlue(): Promise<TestApi> {
  const api = await createTestApi();
  await post(api, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'blue' },
  });
  return api;
}

/** Status code of a request as somebody. */
async function codeOf(api: TestApi, line: string, user = ANA): Promise<number> {
  const [method = '', path = ''] = line.split(' ');
  return (await api.open(method, path, { user })).status;
}

/** How each rule is read: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources */
const RULES: { name: string; rule: PolicyRule; allowed: string[]; refused: string[] }[] = [
  {
    name: 'verbs and resources are those of the rule',
    rule: { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
    allowed: ['GET /api/v1/pods', 'GET /api/v1/namespaces/blue/pods/a'],
    refused: [
      'GET /api/v1/pods?watch=true',
      'DELETE /api/v1/namespaces/blue/pods/a',
      'GET /api/v1/services',
      'GET /apis/apps/v1/deployments',
    ],
  },
  {
    name: 'a resource does not include its subresources',
    rule: { verbs: ['*'], apiGroups: [''], resources: ['pods'] },
    allowed: ['GET /api/v1/namespaces/blue/pods/a'],
    refused: [
      'GET /api/v1/namespaces/blue/pods/a/log',
      'GET /api/v1/namespaces/blue/pods/a/status',
    ],
  },
  {
    name: 'resource/subresource is that one alone',
    rule: { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
    allowed: ['GET /api/v1/namespaces/blue/pods/a/log'],
    refused: ['GET /api/v1/namespaces/blue/pods/a', 'GET /api/v1/namespaces/blue/pods/a/status'],
  },
  {
    name: '*/subresource is the subresource of every resource',
    rule: { verbs: ['get'], apiGroups: ['apps'], resources: ['*/scale'] },
    allowed: [
      'GET /apis/apps/v1/namespaces/blue/deployments/a/scale',
      'GET /apis/apps/v1/namespaces/blue/replicasets/a/scale',
    ],
    refused: [
      'GET /apis/apps/v1/namespaces/blue/deployments/a/status',
      'GET /apis/apps/v1/namespaces/blue/deployments/a',
    ],
  },
  {
    name: 'pods/* is no wildcard',
    rule: { verbs: ['get'], apiGroups: [''], resources: ['pods/*'] },
    allowed: [],
    refused: ['GET /api/v1/namespaces/blue/pods/a/log', 'GET /api/v1/namespaces/blue/pods/a'],
  },
  {
    name: '* is every resource and subresource of the groups',
    rule: { verbs: ['get'], apiGroups: [''], resources: ['*'] },
    allowed: ['GET /api/v1/namespaces/blue/pods/a/log', 'GET /api/v1/namespaces/blue/secrets/a'],
    refused: ['GET /apis/apps/v1/namespaces/blue/deployments/a'],
  },
  {
    name: 'apiGroups * is every group, resources count in each',
    rule: { verbs: ['list'], apiGroups: ['*'], resources: ['deployments'] },
    allowed: ['GET /apis/apps/v1/deployments'],
    refused: ['GET /api/v1/pods'],
  },
  {
    name: 'resourceNames limit a rule to objects, and never allow a create or an open list',
    rule: { verbs: ['*'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'] },
    allowed: [
      'GET /api/v1/namespaces/blue/configmaps/one',
      'GET /api/v1/namespaces/blue/configmaps?fieldSelector=metadata.name%3Done',
    ],
    refused: [
      'GET /api/v1/namespaces/blue/configmaps/two',
      'GET /api/v1/namespaces/blue/configmaps',
      'GET /api/v1/namespaces/blue/configmaps?fieldSelector=metadata.name!%3Done',
      'POST /api/v1/namespaces/blue/configmaps',
    ],
  },
  {
    name: 'nonResourceURLs are paths, with * at the end only',
    rule: { verbs: ['get'], nonResourceURLs: ['/version', '/api/*'] },
    allowed: ['GET /version', 'GET /api/v1'],
    refused: ['GET /apis', 'POST /version', 'GET /api/v1/pods'],
  },
];

describe('api/authorization/rbac-authorizer', () => {
  test.each(RULES)('$name', async ({ rule, allowed, refused }) => {
    using api = await withBlue();
    await clusterRole(api, 'r', [rule]);
    await bind(api, { role: 'r', subject: ana });
    for (const line of allowed) expect([line, await codeOf(api, line)]).not.toEqual([line, 403]);
    for (const line of refused) expect([line, await codeOf(api, line)]).toEqual([line, 403]);
  });

  test.each([
    { name: 'a user', subject: ana, user: ANA, other: BOT },
    { name: 'a group', subject: { kind: 'Group', name: 'dev' }, user: ANA, other: BOT },
    {
      name: 'a service account',
      subject: { kind: 'ServiceAccount', name: 'bot', namespace: 'blue' },
      user: BOT,
      other: ANA,
    },
    {
      name: 'the accounts of a namespace',
      subject: { kind: 'Group', name: 'system:serviceaccounts:blue' },
      user: BOT,
      other: ANA,
    },
  ])('a binding to $name is for that subject alone', async ({ subject, user, other }) => {
    using api = await withBlue();
    await clusterRole(api, 'r', [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }]);
    await bind(api, { role: 'r', subject });
    expect(await codeOf(api, 'GET /api/v1/pods', user)).toBe(200);
    expect(await codeOf(api, 'GET /api/v1/pods', other)).toBe(403);
  });

  test('a RoleBinding gives a Role or a ClusterRole in its namespace only', async () => {
    using api = await withBlue();
    const read = ['get', 'list'];
    await role(api, 'pods', [{ verbs: read, apiGroups: [''], resources: ['pods'] }]);
    await clusterRole(api, 'ns', [{ verbs: read, apiGroups: [''], resources: ['namespaces'] }]);
    await bind(api, { namespace: 'blue', role: 'pods', kind: 'Role', subject: ana });
    await bind(api, { namespace: 'blue', role: 'ns', subject: ana });
    expect(await codeOf(api, 'GET /api/v1/namespaces/blue/pods')).toBe(200);
    expect(await codeOf(api, 'GET /api/v1/namespaces/default/pods')).toBe(403);
    expect(await codeOf(api, 'GET /api/v1/pods')).toBe(403);
    // A namespace is read from inside (RequestInfo of apiserver).
    expect(await codeOf(api, 'GET /api/v1/namespaces/blue')).toBe(200);
    expect(await codeOf(api, 'GET /api/v1/namespaces/default')).toBe(403);
    expect(await codeOf(api, 'GET /api/v1/namespaces')).toBe(403);
  });

  test('follows every change of roles and bindings at once', async () => {
    using api = await withBlue();
    const list = () => codeOf(api, 'GET /api/v1/pods');
    expect(await list()).toBe(403);
    await bind(api, { role: 'r', subject: ana });
    expect(await list()).toBe(403);
    await clusterRole(api, 'r', [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }]);
    expect(await list()).toBe(200);
    const headers = { 'content-type': 'application/merge-patch+json' };
    const subjects = (name: string) => ({
      headers,
      body: { subjects: [{ ...ROLE_REF, kind: 'User', name }] },
    });
    const binding = `${RBAC}/clusterrolebindings/bind-r`;
    await api.call('PATCH', binding, subjects('eve'));
    expect(await list()).toBe(403);
    await api.call('PATCH', binding, subjects('ana'));
    expect(await list()).toBe(200);
    await api.call('DELETE', `${RBAC}/clusterroles/r`);
    expect(await list()).toBe(403);
  });

  test('is built from what is stored', async () => {
    using before = await withBlue();
    await clusterRole(before, 'r', [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }]);
    await bind(before, { role: 'r', subject: ana });
    const after = await createTestApi({ storage: before.storage });
    expect(await codeOf(after, 'GET /api/v1/pods')).toBe(200);
    after.server.stop();
  });

  test('refuses in the words of an API server', async () => {
    using api = await withBlue();
    const refusal = async (method: string, path: string) =>
      (await api.call(method, path, { user: ANA })).body;
    expect(await refusal('GET', '/api/v1/namespaces/blue/pods')).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'pods is forbidden: User "ana" cannot list resource "pods" in API group "" in the namespace "blue"',
      reason: 'Forbidden',
      details: { kind: 'pods' },
      code: 403,
    });
    const path = '/apis/apps/v1/namespaces/blue/deployments/web/scale';
    expect(await refusal('PATCH', path)).toMatchObject({
      message:
        'deployments.apps "web" is forbidden: User "ana" cannot patch resource "deployments/scale" in API group "apps" in the namespace "blue"',
    });
    expect(await refusal('GET', '/api/v1/nodes')).toMatchObject({
      message:
        'nodes is forbidden: User "ana" cannot list resource "nodes" in API group "" at the cluster scope',
    });
    expect(await refusal('GET', '/metrics')).toMatchObject({
      message: 'forbidden: User "ana" cannot get path "/metrics"',
      details: {},
    });
    await bind(api, { role: 'gone', subject: ana });
    expect(await refusal('GET', '/api/v1/nodes')).toMatchObject({
      message:
        'nodes is forbidden: User "ana" cannot list resource "nodes" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });

  test('an apply that creates needs create beside patch', async () => {
    using api = await withBlue();
    await clusterRole(api, 'r', [
      { verbs: ['get', 'patch'], apiGroups: [''], resources: ['configmaps'] },
    ]);
    await bind(api, { role: 'r', subject: ana });
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { a: 'b' },
    };
    const path = '/api/v1/namespaces/blue/configmaps';
    const apply = () =>
      api.call('PATCH', `${path}/c?fieldManager=test`, {
        body: object,
        user: ANA,
        headers: { 'content-type': 'application/apply-patch+yaml' },
      });
    expect((await apply()).body).toMatchObject({
      code: 403,
      message:
        'configmaps "c" is forbidden: User "ana" cannot create resource "configmaps" in API group "" in the namespace "blue"',
    });
    await post(api, path, object);
    expect((await apply()).status).toBe(200);
  });

  test('a WebSocket into a pod needs create beside get', async () => {
    using api = await withBlue();
    const exec = (verbs: string[]): PolicyRule => ({
      verbs,
      apiGroups: [''],
      resources: ['pods/exec'],
    });
    await clusterRole(api, 'r', [exec(['get'])]);
    await bind(api, { role: 'r', subject: ana });
    const line = 'GET /api/v1/namespaces/blue/pods/a/exec?command=sh';
    expect(await codeOf(api, line)).toBe(403);
    await clusterRole(api, 's', [exec(['create'])]);
    await bind(api, { role: 's', subject: ana });
    expect(await codeOf(api, line)).toBe(404);
  });

  test('health is for everybody, the rest is not for anonymous users', async () => {
    using api = await createTestApi({ bootstrapPolicy: true });
    const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    expect(await codeOf(api, 'GET /readyz', anonymous)).toBe(200);
    expect(await codeOf(api, 'GET /version', anonymous)).toBe(200);
    expect(await codeOf(api, 'GET /api', anonymous)).toBe(403);
    expect(await codeOf(api, 'GET /api', ANA)).toBe(200);
  });

  test('AlwaysAllow lets every user do everything', async () => {
    using api = await createTestApi({ authorization: 'AlwaysAllow' });
    expect(await codeOf(api, 'GET /api/v1/secrets')).toBe(200);
  });

  test('decides within microseconds, whatever is bound', async () => {
    using api = await createTestApi({ bootstrapPolicy: true });
    for (let i = 0; i < 200; i += 1)
      await bind(api, { role: `r${i}`, subject: { kind: 'User', name: `u${i}` } });
    await bind(api, { role: 'admin', subject: ana });
    const { call } = api;
    const path = '/api/v1/namespaces/default/configmaps/none';
    await call('GET', path, { user: ANA });
    const started = performance.now();
    for (let i = 0; i < 500; i += 1) await call('GET', path, { user: ANA });
    // A whole request; a list of bindings in each would take ten times as long.
    expect((performance.now() - started) / 500).toBeLessThan(1);
  });
});
