import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import type { PolicyRule } from './policy-rule.ts';

const API = 'rbac.authorization.k8s.io/v1';
const RBAC = `/apis/${API}`;
const ANA = { name: 'ana', groups: ['dev', 'system:authenticated'] };

const PODS: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
const ROLES = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];
const WRITE_RBAC: PolicyRule = {
  verbs: ['create', 'update', 'patch', 'delete'],
  apiGroups: ['rbac.authorization.k8s.io'],
  resources: ROLES,
};

const clusterRole = (name: string, rules: PolicyRule[], more: object = {}) => ({
  apiVersion: API,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
  ...more,
});

const binding = (name: string, role: string) => ({
  apiVersion: API,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'User', name: 'ana' }],
});

/** An API where ana holds the rules and may write roles and bindings. */
async function withRules(...rules: PolicyRule[]): Promise<TestApi> {
  const api = await createTestApi();
  for (const body of [clusterRole('ana', [WRITE_RBAC, ...rules])])
    await api.call('POST', `${RBAC}/clusterroles`, { body });
  await api.call('POST', `${RBAC}/clusterrolebindings`, { body: binding('ana', 'ana') });
  return api;
}

async function asAna(api: TestApi, method: string, path: string, body: object) {
  const headers =
    method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : undefined;
  const answer = await api.call(method, `${RBAC}/${path}`, { body, headers, user: ANA });
  return answer.body as { code?: number; message?: string; kind: string };
}

/** What may be given away: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-creation-or-update */
const GRANTS: { name: string; held: PolicyRule; asked: PolicyRule; isCovered: boolean }[] = [
  { name: 'the same rule', held: PODS, asked: PODS, isCovered: true },
  { name: 'fewer verbs', held: PODS, asked: { ...PODS, verbs: ['get'] }, isCovered: true },
  { name: 'another verb', held: PODS, asked: { ...PODS, verbs: ['delete'] }, isCovered: false },
  {
    name: 'another resource',
    held: PODS,
    asked: { ...PODS, resources: ['secrets'] },
    isCovered: false,
  },
  { name: 'all verbs', held: PODS, asked: { ...PODS, verbs: ['*'] }, isCovered: false },
  {
    name: 'one object of a resource',
    held: PODS,
    asked: { ...PODS, resourceNames: ['a'] },
    isCovered: true,
  },
  {
    name: 'all objects for one',
    held: { ...PODS, resourceNames: ['a'] },
    asked: PODS,
    isCovered: false,
  },
  {
    name: 'a subresource of a wildcard',
    held: { ...PODS, resources: ['*/status'] },
    asked: { ...PODS, resources: ['pods/status'] },
    isCovered: true,
  },
  {
    name: 'paths below a wildcard',
    held: { verbs: ['get'], nonResourceURLs: ['/a/*'] },
    asked: { verbs: ['get'], nonResourceURLs: ['/a/b'] },
    isCovered: true,
  },
  {
    name: 'other paths',
    held: { verbs: ['get'], nonResourceURLs: ['/a/*'] },
    asked: { verbs: ['get'], nonResourceURLs: ['/b'] },
    isCovered: false,
  },
];

describe('api/authorization/escalation', () => {
  test.each(GRANTS)('$name: covered = $isCovered', async ({ held, asked, isCovered }) => {
    using api = await withRules(held);
    const { code } = await asAna(api, 'POST', 'clusterroles', clusterRole('new', [asked]));
    expect(code).toBe(isCovered ? undefined : 403);
    // The same through an update and a patch.
    const body = clusterRole('other', []);
    await api.call('POST', `${RBAC}/clusterroles`, { body });
    const path = 'clusterroles/other';
    expect((await asAna(api, 'PUT', path, clusterRole('other', [asked]))).code).toBe(code);
    expect((await asAna(api, 'PATCH', path, { rules: [asked] })).code).toBe(code);
  });

  test('says what is missing, joined by thing, in the words of an API server', async () => {
    using api = await withRules(PODS);
    const rules = [
      { verbs: ['get', 'delete', 'list'], apiGroups: [''], resources: ['pods', 'secrets'] },
    ];
    const { message } = await asAna(api, 'POST', 'clusterroles', clusterRole('new', rules));
    expect(message).toBe(
      `clusterroles.rbac.authorization.k8s.io "new" is forbidden: user "ana" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete" "list"]}`,
    );
  });

  test('the verb escalate allows any role, bind any binding to the role', async () => {
    const group = ['rbac.authorization.k8s.io'];
    const escalate = { verbs: ['escalate'], apiGroups: group, resources: ['clusterroles'] };
    const bind = { ...escalate, verbs: ['bind'], resourceNames: ['free'] };
    using api = await withRules(escalate, bind);
    const secrets = { ...PODS, resources: ['secrets'] };
    for (const name of ['free', 'kept']) {
      const { code } = await asAna(api, 'POST', 'clusterroles', clusterRole(name, [secrets]));
      expect(code).toBeUndefined();
    }
    const bindTo = (role: string) =>
      asAna(api, 'POST', 'clusterrolebindings', binding(`to-${role}`, role));
    expect((await bindTo('free')).code).toBeUndefined();
    // Now ana holds what the other role has.
    expect((await bindTo('kept')).code).toBeUndefined();
  });

  test('a binding needs the permissions of its role, and the role', async () => {
    using api = await withRules(PODS);
    await api.call('POST', `${RBAC}/clusterroles`, { body: clusterRole('pods', [PODS]) });
    const secrets = clusterRole('secrets', [{ ...PODS, resources: ['secrets'] }]);
    await api.call('POST', `${RBAC}/clusterroles`, { body: secrets });
    const bindTo = (role: string) =>
      asAna(api, 'POST', 'clusterrolebindings', binding(`to-${role}`, role));
    expect((await bindTo('pods')).code).toBeUndefined();
    expect(await bindTo('secrets')).toMatchObject({
      code: 403,
      message: expect.stringContaining(
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
      ),
    });
    expect(await bindTo('nowhere')).toMatchObject({
      code: 404,
      message: 'clusterrolebindings.rbac.authorization.k8s.io "nowhere" not found',
    });
  });

  test('a RoleBinding takes what is held in its namespace', async () => {
    using api = await withRules();
    const inDefault = {
      apiVersion: API,
      kind: 'RoleBinding',
      metadata: { name: 'ana' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pods' },
      subjects: [{ kind: 'User', name: 'ana' }],
    };
    await api.call('POST', `${RBAC}/clusterroles`, { body: clusterRole('pods', [PODS]) });
    await api.call('POST', `${RBAC}/namespaces/default/rolebindings`, { body: inDefault });
    const second = { ...inDefault, metadata: { name: 'second' } };
    const path = (namespace: string) => `namespaces/${namespace}/rolebindings`;
    expect((await asAna(api, 'POST', path('default'), second)).code).toBeUndefined();
    expect((await asAna(api, 'POST', path('kube-public'), second)).code).toBe(403);
    expect((await asAna(api, 'POST', 'clusterrolebindings', binding('x', 'pods'))).code).toBe(403);
  });

  test('only cluster administrators may aggregate', async () => {
    const aggregation = {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    };
    using api = await withRules(PODS);
    const role = clusterRole('sum', [], aggregation);
    expect(await asAna(api, 'POST', 'clusterroles', role)).toMatchObject({
      code: 403,
      message:
        'clusterroles.rbac.authorization.k8s.io "sum" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    });
    expect((await api.call('POST', `${RBAC}/clusterroles`, { body: role })).status).toBe(201);
    const empty = clusterRole('empty', [], { aggregationRule: {} });
    expect((await api.call('POST', `${RBAC}/clusterroles`, { body: empty })).body).toMatchObject({
      code: 422,
      message: expect.stringContaining('at least one clusterRoleSelector required'),
    });
    const everything = [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ];
    using other = await withRules(...everything);
    expect((await asAna(other, 'POST', 'clusterroles', role)).code).toBeUndefined();
  });

  test('finalizers and owners of a role one does not hold can be changed', async () => {
    using api = await withRules();
    const body = clusterRole('secrets', [{ ...PODS, resources: ['secrets'] }]);
    await api.call('POST', `${RBAC}/clusterroles`, { body });
    const path = 'clusterroles/secrets';
    const finalizers = ['demo.dev/f'];
    expect((await asAna(api, 'PATCH', path, { metadata: { finalizers } })).code).toBeUndefined();
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
    expect((await asAna(api, 'PATCH', path, { metadata: { labels } })).code).toBe(403);
  });

  test('the role of a binding cannot be changed', async () => {
    using api = await withRules(PODS);
    const { body } = await api.call('PUT', `${RBAC}/clusterrolebindings/ana`, {
      body: binding('ana', 'cluster-admin'),
    });
    expect(body).toMatchObject({
      code: 422,
      message: expect.stringContaining('cannot change roleRef'),
    });
  });

  test('a rule of millions of combinations is refused at once', async () => {
    using api = await withRules({ ...PODS, resources: ['r0'] });
    const many = (prefix: string) => Array.from({ length: 400 }, (_, i) => `${prefix}${i}`);
    const rule = { verbs: many('v'), apiGroups: many('g'), resources: many('r') };
    const { code } = await asAna(api, 'POST', 'clusterroles', clusterRole('huge', [rule]));
    expect(code).toBe(403);
  });
});
