import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';

async function review(
  api: TestApi,
  path: string,
  ...[kind, spec = {}]: [kind: string, spec?: object]
) {
  const apiVersion = path.split('/').slice(2, 4).join('/');
  const { status, body } = await api.call('POST', path, {
    body: { apiVersion, kind, metadata: {}, spec },
  });
  expect(status).toBe(201);
  return (body as { status: unknown }).status;
}

async function withAccount(clock?: { now(): number }) {
  const sleep = () => new Promise<void>(() => {});
  const api = await createTestApi(clock && { clock: { ...clock, sleep } });
  const { body } = await api.call('POST', ACCOUNTS, {
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } },
  });
  return { api, uid: (body as { metadata: { uid: string } }).metadata.uid };
}

async function requestToken(
  api: TestApi,
  spec: object = {},
): Promise<{ token: string; expirationTimestamp: string }> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec };
  const response = await api.call('POST', `${ACCOUNTS}/bot/token`, { body });
  expect(response.status).toBe(201);
  return (response.body as { status: { token: string; expirationTimestamp: string } }).status;
}

describe('api/reviews', () => {
  test('answers who may do what, and who asks', async () => {
    using api = await createTestApi();
    const access = { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } };
    const group = '/apis/authorization.k8s.io/v1';
    expect(
      await review(api, `${group}/selfsubjectaccessreviews`, 'SelfSubjectAccessReview', access),
    ).toMatchObject({ allowed: true });
    expect(
      await review(api, `${group}/subjectaccessreviews`, 'SubjectAccessReview', {
        ...access,
        user: 'bob',
      }),
    ).toMatchObject({ allowed: true });
    expect(
      await review(api, `${group}/selfsubjectrulesreviews`, 'SelfSubjectRulesReview', {
        namespace: 'default',
      }),
    ).toMatchObject({ resourceRules: [{ verbs: ['*'] }], incomplete: false });
    expect(
      await review(api, '/apis/authentication.k8s.io/v1/selfsubjectreviews', 'SelfSubjectReview'),
    ).toEqual({
      userInfo: {
        username: 'system:apiserver',
        groups: ['system:masters', 'system:authenticated'],
      },
    });
    expect((await api.call('GET', `${group}/subjectaccessreviews`)).status).toBe(405);
  });
});

describe('api/tokens', () => {
  test('issues tokens for service accounts that the server accepts', async () => {
    const { api, uid } = await withAccount();
    using _ = api;
    const { token } = await requestToken(api);
    const user = {
      name: 'system:serviceaccount:default:bot',
      uid,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    };
    expect(api.server.tokens.verify(token)?.user).toEqual(user);
    expect(
      await review(api, '/apis/authentication.k8s.io/v1/tokenreviews', 'TokenReview', { token }),
    ).toMatchObject({ authenticated: true, user: { username: user.name, uid } });
    expect(
      await review(api, '/apis/authentication.k8s.io/v1/tokenreviews', 'TokenReview', {
        token,
        audiences: ['vault'],
      }),
    ).toMatchObject({ authenticated: false });
    expect(
      await review(api, '/apis/authentication.k8s.io/v1/tokenreviews', 'TokenReview', {
        token: 'rubbish',
      }),
    ).toMatchObject({ authenticated: false });
  });

  test('binds tokens to an audience, a pod, the account and a time', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const { api } = await withAccount({ now: () => now });
    using _ = api;
    const verify = (token: string) => api.server.tokens.verify(token) !== undefined;
    const vault = await requestToken(api, { audiences: ['vault'] });
    expect(verify(vault.token)).toBe(false);
    expect(api.server.tokens.verify(vault.token, ['vault'])).toBeDefined();
    const pods = '/api/v1/namespaces/default/pods';
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    };
    const { body } = await api.call('POST', pods, { body: pod });
    const boundObjectRef = {
      kind: 'Pod',
      apiVersion: 'v1',
      name: 'p',
      uid: (body as { metadata: { uid: string } }).metadata.uid,
    };
    const bound = await requestToken(api, { boundObjectRef });
    expect(api.server.tokens.verify(bound.token)?.user.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['p'],
    });
    await api.call('DELETE', `${pods}/p`);
    expect(verify(bound.token)).toBe(false);
    const short = await requestToken(api, { expirationSeconds: 600 });
    expect(short.expirationTimestamp).toBe('2026-01-01T00:10:00Z');
    now += 599_000;
    expect(verify(short.token)).toBe(true);
    now += 2000;
    expect(verify(short.token)).toBe(false);
    const last = await requestToken(api);
    await api.call('DELETE', `${ACCOUNTS}/bot`);
    expect(verify(last.token)).toBe(false);
  });

  test('does not accept a token that was changed', async () => {
    const { api } = await withAccount();
    using _ = api;
    const { token } = await requestToken(api);
    const [header, payload, signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'system:admin' })).toString(
      'base64url',
    );
    expect(api.server.tokens.verify(`${header}.${forged}.${signature}`)).toBeUndefined();
    expect(api.server.tokens.verify(`${header}.${payload}.`)).toBeUndefined();
    expect(api.server.tokens.verify(`${header}.${payload}`)).toBeUndefined();
    const response = await api.call('POST', `${ACCOUNTS}/bot/token`, {
      body: { spec: { expirationSeconds: 10 } },
    });
    expect(response.body).toMatchObject({
      code: 422,
      message: expect.stringContaining('may not specify a duration less than 10 minutes'),
    });
    expect((await api.call('POST', `${ACCOUNTS}/nobody/token`, { body: {} })).status).toBe(404);
  });
});
