import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import type { PolicyRule } from './policy-rule.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ANA = { name: 'ana', groups: ['system:authenticated'] };

const core = (resources: string[], resourceNames: string[]): PolicyRule => ({
  verbs: ['impersonate'],
  apiGroups: [''],
  resources,
  resourceNames,
});
const authentication = (resources: string[], resourceNames: string[]): PolicyRule => ({
  ...core(resources, resourceNames),
  apiGroups: ['authentication.k8s.io'],
});

async function withRules(rules: PolicyRule[]): Promise<TestApi> {
  const api = await createTestApi({ bootstrapPolicy: true });
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'ana' };
  const role = { apiVersion, kind: 'ClusterRole', metadata, rules };
  await api.call('POST', `${RBAC}/clusterroles`, { body: role });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ana' };
  const subjects = [{ kind: 'User', name: 'ana' }];
  const binding = { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects };
  await api.call('POST', `${RBAC}/clusterrolebindings`, { body: binding });
  return api;
}

/** What `kubectl auth whoami` says of a request with these headers; the refusal otherwise. */
async function whoami(
  api: TestApi,
  headers: Record<string, string | undefined>,
  user = ANA,
): Promise<unknown> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const answer = (
    await api.call('POST', path, {
      body,
      headers: headers as Record<string, string>,
      user,
    })
  ).body as {
    message?: string;
    status: { userInfo?: object };
  };
  return answer.message ?? answer.status.userInfo;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
describe('api/authorization/impersonation', () => {
  test.each([
    {
      name: 'a user, with the group of all who are known',
      headers: { 'impersonate-user': 'bob' },
      expected: { username: 'bob', groups: ['system:authenticated'] },
    },
    {
      name: 'groups, uid and extra',
      headers: {
        'impersonate-user': 'bob',
        'impersonate-group': 'dev, ops',
        'impersonate-uid': 'u-1',
        'impersonate-extra-demo.dev%2fscopes': 'read, write',
      },
      expected: {
        username: 'bob',
        uid: 'u-1',
        groups: ['dev', 'ops', 'system:authenticated'],
        extra: { 'demo.dev/scopes': ['read', 'write'] },
      },
    },
    {
      name: 'a service account, with the groups of accounts',
      headers: { 'impersonate-user': 'system:serviceaccount:blue:bot' },
      expected: {
        username: 'system:serviceaccount:blue:bot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:blue', 'system:authenticated'],
      },
    },
    {
      name: 'the anonymous user, who is not authenticated',
      headers: { 'impersonate-user': 'system:anonymous' },
      expected:
        'selfsubjectreviews.authentication.k8s.io is forbidden: User "system:anonymous" cannot create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope',
    },
  ])('an administrator can be $name', async ({ headers, expected }) => {
    using api = await withRules([]);
    const admin = { name: 'root', groups: ['system:masters'] };
    expect(await whoami(api, headers, admin)).toEqual(expected);
  });

  const bob = { 'impersonate-user': 'bob' };
  const cannot = (what: string, group = '') =>
    expect.stringMatching(
      `is forbidden: User "ana" cannot impersonate resource "${what}" in API group "${group}"`,
    );
  const bobRule = core(['users'], ['bob']);
  test.each([
    { name: 'without a rule', rules: [], headers: bob, expected: cannot('users') },
    {
      name: 'of another name',
      rules: [core(['users'], ['eve'])],
      headers: bob,
      expected: cannot('users'),
    },
    {
      name: 'of a group that is not allowed',
      rules: [bobRule, core(['groups'], ['dev'])],
      headers: { ...bob, 'impersonate-group': 'dev, system:masters' },
      expected: cannot('groups'),
    },
    {
      name: 'of a uid',
      rules: [bobRule],
      headers: { ...bob, 'impersonate-uid': '1' },
      expected: cannot('uids', 'authentication.k8s.io'),
    },
    {
      name: 'of an extra value that is not allowed',
      rules: [bobRule, authentication(['userextras/scopes'], ['read'])],
      headers: { ...bob, 'impersonate-extra-scopes': 'read, write' },
      expected: cannot('userextras/scopes', 'authentication.k8s.io'),
    },
    {
      name: 'of an account with a rule for users',
      rules: [{ ...bobRule, resourceNames: undefined } as never],
      headers: { 'impersonate-user': 'system:serviceaccount:blue:bot' },
      expected:
        'serviceaccounts "bot" is forbidden: User "ana" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "blue"',
    },
    {
      name: 'of groups without a user',
      rules: [],
      headers: { 'impersonate-group': 'dev' },
      expected: 'requested [{Group  dev    }] without impersonating a user',
    },
  ])('is refused $name', async ({ rules, headers, expected }) => {
    using api = await withRules(rules);
    expect(await whoami(api, headers)).toEqual(expected);
  });

  test('takes the rights of the other and leaves the own ones', async () => {
    using api = await withRules([
      bobRule,
      { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
    ]);
    const list = async (headers: Record<string, string>) =>
      (await api.open('GET', '/api/v1/pods', { user: ANA, headers })).status;
    expect(await list({})).toBe(200);
    expect(await list(bob)).toBe(403);
  });
});
