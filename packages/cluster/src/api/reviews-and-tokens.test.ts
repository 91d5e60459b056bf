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

const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';
const ANA = { name: 'ana', groups: ['dev', 'system:authenticated'] };

/** An API with the default policy where ana may view the namespace `default`. */
async function withViewer(): Promise<TestApi> {
  const api = await createTestApi({
    bootstrapPolicy: true,
    staticTokens: [{ token: 'known-token', user: 'carl', uid: 'c-1', groups: ['ops'] }],
  });
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'view' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'User', name: 'ana' }],
  };
  const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
  expect((await api.call('POST', path, { body: binding })).status).toBe(201);
  return api;
}

describe('api/reviews', () => {
  const pods = { verb: 'list', resource: 'pods', namespace: 'default' };

  test('answers who may do what, with the reason', async () => {
    using api = await withViewer();
    const ask = (user: string, resourceAttributes: object, groups?: string[]) =>
      review(api, `${AUTHORIZATION}/subjectaccessreviews`, 'SubjectAccessReview', {
        user,
        groups,
        resourceAttributes,
      });
    expect(await ask('ana', pods)).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "view/default" of ClusterRole "view" to User "ana"',
    });
    expect(await ask('ana', { ...pods, namespace: 'kube-system' })).toEqual({ allowed: false });
    expect(await ask('ana', { ...pods, resource: 'secrets' })).toEqual({ allowed: false });
    expect(await ask('', { ...pods, verb: 'delete' }, ['system:masters'])).toEqual({
      allowed: true,
    });
    const path = { user: 'x', nonResourceAttributes: { verb: 'get', path: '/version' } };
    expect(
      await review(api, `${AUTHORIZATION}/subjectaccessreviews`, 'SubjectAccessReview', {
        ...path,
        groups: ['system:unauthenticated'],
      }),
    ).toMatchObject({ allowed: true });
  });

  test('answers about the one who asks, who needs no rights for it', async () => {
    using api = await withViewer();
    const ask = async (path: string, spec: object) =>
      (await api.call('POST', path, { body: { spec }, user: ANA })).body;
    const access = `${AUTHORIZATION}/selfsubjectaccessreviews`;
    expect(await ask(access, { resourceAttributes: pods })).toMatchObject({
      status: { allowed: true },
    });
    expect(await ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {})).toMatchObject({
      status: { userInfo: { username: 'ana', groups: ANA.groups } },
    });
    expect(await ask(`${AUTHORIZATION}/subjectaccessreviews`, {})).toMatchObject({ code: 403 });
    expect((await api.call('GET', access, { user: ANA })).body).toMatchObject({ code: 403 });
    expect((await api.call('GET', access)).status).toBe(405);
  });

  test('lists the rules of the one who asks', async () => {
    using api = await withViewer();
    const rules = async (namespace: string) => {
      const path = `${AUTHORIZATION}/selfsubjectrulesreviews`;
      const body = { spec: { namespace } };
      return (await api.call('POST', path, { body, user: ANA })).body;
    };
    const viewed = {
      verbs: ['get', 'list', 'watch'],
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
    };
    const status = ((await rules('default')) as { status: { resourceRules: object[] } }).status;
    expect(status).toMatchObject({ incomplete: false });
    expect(status.resourceRules).toContainEqual(viewed);
    const other = ((await rules('kube-system')) as { status: { resourceRules: object[] } }).status;
    expect(other.resourceRules).not.toContainEqual(viewed);
    expect(other).toMatchObject({
      nonResourceRules: [
        { verbs: ['get'], nonResourceURLs: expect.arrayContaining(['/api', '/openapi/*']) },
        { verbs: ['get'], nonResourceURLs: expect.arrayContaining(['/readyz']) },
      ],
    });
    expect(await rules('')).toMatchObject({ code: 400, message: 'no namespace on request' });
  });

  test('asks about its own namespace only when it is local', async () => {
    using api = await withViewer();
    const path = `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`;
    const ask = async (spec: object) => (await api.call('POST', path, { body: { spec } })).body;
    expect(await ask({ user: 'ana', resourceAttributes: pods })).toMatchObject({
      status: { allowed: true },
    });
    const elsewhere = { ...pods, namespace: 'blue' };
    expect(await ask({ user: 'ana', resourceAttributes: elsewhere })).toMatchObject({
      code: 422,
      message: expect.stringContaining('"blue": must match metadata.namespace'),
    });
    expect(await ask({ user: 'ana', nonResourceAttributes: {} })).toMatchObject({ code: 422 });
  });

  test.each([
    [{ user: 'ana' }, 'exactly one of nonResourceAttributes or resourceAttributes'],
    [{ user: 'ana', resourceAttributes: {}, nonResourceAttributes: {} }, 'in combination with'],
    [{ resourceAttributes: {} }, 'at least one of user or group must be specified'],
  ])('refuses %j', async (spec, message) => {
    using api = await createTestApi();
    const path = `${AUTHORIZATION}/subjectaccessreviews`;
    expect((await api.call('POST', path, { body: { spec } })).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringContaining(message),
    });
  });

  test('knows static tokens, for the audience of the API server', async () => {
    using api = await withViewer();
    const ask = (spec: object) => review(api, TOKEN_REVIEWS, 'TokenReview', spec);
    expect(await ask({ token: 'known-token' })).toMatchObject({
      authenticated: true,
      user: { username: 'carl', uid: 'c-1', groups: ['ops', 'system:authenticated'] },
    });
    const audiences = ['vault'];
    expect(await ask({ token: 'known-token', audiences })).not.toHaveProperty('authenticated');
    expect(await ask({ token: 'rubbish' })).toEqual({ user: {}, error: 'invalid bearer token' });
    expect((await api.call('POST', TOKEN_REVIEWS, { body: { spec: {} } })).status).toBe(400);
  });
});

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

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
    const jti = claimsOf(token)['jti'];
    expect(api.server.tokens.verify(token)?.user).toEqual({
      ...user,
      extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${String(jti)}`] },
    });
    expect(await review(api, TOKEN_REVIEWS, 'TokenReview', { token })).toMatchObject({
      authenticated: true,
      user: { username: user.name, uid },
    });
    expect(
      await review(api, TOKEN_REVIEWS, 'TokenReview', {
        token,
        audiences: ['vault'],
      }),
    ).not.toHaveProperty('authenticated');
    expect(
      await review(api, TOKEN_REVIEWS, 'TokenReview', {
        token: 'rubbish',
      }),
    ).not.toHaveProperty('authenticated');
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
      spec: { serviceAccountName: 'bot', containers: [{ name: 'c', image: 'x' }] },
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
    // As a pod's volume asks: good for a year, so that programs that read it once do not fail after an hour.
    const projected = await requestToken(api, { boundObjectRef, expirationSeconds: 3607 });
    const { iat, exp, 'kubernetes.io': place } = claimsOf(projected.token);
    expect(Number(exp) - Number(iat)).toBe(365 * 24 * 60 * 60);
    expect(place).toMatchObject({ warnafter: Number(iat) + 3607, pod: { name: 'p' } });
    expect(projected.expirationTimestamp).toBe('2026-01-01T01:00:07Z');
    await api.call('DELETE', `${pods}/p`);
    expect(verify(bound.token)).toBe(false);
    expect(verify(projected.token)).toBe(false);
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

  /** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
  test('ends with the Secret or the Node it is bound to', async () => {
    const { api } = await withAccount();
    using _ = api;
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
    await api.call('POST', '/api/v1/namespaces/default/secrets', { body: secret });
    await api.call('POST', '/api/v1/nodes', {
      body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } },
    });
    for (const [kind, path] of [
      ['Secret', '/api/v1/namespaces/default/secrets/s'],
      ['Node', '/api/v1/nodes/n'],
    ] as const) {
      const name = path.split('/').at(-1);
      const boundObjectRef = { apiVersion: 'v1', kind, name };
      const { token } = await requestToken(api, { boundObjectRef });
      expect(api.server.tokens.verify(token)).toBeDefined();
      await api.call('DELETE', path);
      expect(api.server.tokens.verify(token)).toBeUndefined();
    }
  });

  test('tells of a pod on which node it runs', async () => {
    const { api } = await withAccount();
    using _ = api;
    await api.call('POST', '/api/v1/nodes', {
      body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } },
    });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: {
        serviceAccountName: 'bot',
        nodeName: 'n',
        containers: [{ name: 'c', image: 'x' }],
      },
    };
    await api.call('POST', '/api/v1/namespaces/default/pods', { body: pod });
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'p' };
    const { token } = await requestToken(api, { boundObjectRef });
    expect(api.server.tokens.verify(token)?.user.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/node-name': ['n'],
    });
    // The node is information: it may go before the pod.
    await api.call('DELETE', '/api/v1/nodes/n');
    expect(api.server.tokens.verify(token)).toBeDefined();
  });

  test.each([
    [{ kind: 'Deployment', apiVersion: 'apps/v1', name: 'd' }, 400, 'cannot bind token to object'],
    [{ kind: 'Pod', apiVersion: 'v1', name: 'none' }, 404, 'pods "none" not found'],
    [{ kind: 'Secret', apiVersion: 'v1', name: 's', uid: 'old' }, 409, 'does not match the UID'],
    [{ kind: 'Pod', apiVersion: 'v1', name: 'p' }, 400, 'different serviceaccount name'],
  ])('is not bound to %j', async (boundObjectRef, code, message) => {
    const { api } = await withAccount();
    using _ = api;
    const containers = [{ name: 'c', image: 'x' }];
    for (const [path, body] of [
      ['secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }],
      ['pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers } }],
    ] as const)
      await api.call('POST', `/api/v1/namespaces/default/${path}`, { body });
    const response = await api.call('POST', `${ACCOUNTS}/bot/token`, {
      body: { spec: { boundObjectRef } },
    });
    expect(response.body).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('of a Secret is good as long as the Secret holds it', async () => {
    const { api, uid } = await withAccount();
    using _ = api;
    const subject = { namespace: 'default', name: 'bot', uid, secretName: 's' };
    const token = api.server.tokens.issueForSecret(subject);
    const verify = () => api.server.tokens.verify(token)?.user.name;
    expect(verify()).toBeUndefined();
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { token },
    };
    const path = '/api/v1/namespaces/default/secrets';
    await api.call('POST', path, { body });
    expect(verify()).toBe('system:serviceaccount:default:bot');
    expect(api.server.tokens.verify(token, ['vault'])).toBeUndefined();
    await api.call('DELETE', `${path}/s`);
    expect(verify()).toBeUndefined();
  });
});

describe('api/issuer-discovery', () => {
  /** https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery */
  test('publishes the key tokens can be verified with', async () => {
    const { api } = await withAccount();
    using _ = api;
    const headers = { host: 'localhost:6443' };
    const found = await api.call('GET', '/.well-known/openid-configuration', { headers });
    expect(found.body).toEqual({
      issuer: 'https://kubernetes.default.svc.cluster.local',
      jwks_uri: 'https://localhost:6443/openid/v1/jwks',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
    const keys = await api.call('GET', '/openid/v1/jwks');
    expect(keys.headers['content-type']).toBe('application/jwk-set+json');
    const [jwk] = (keys.body as { keys: { kid: string; kty: string }[] }).keys;
    const { token } = await requestToken(api);
    const [header = '', payload = '', signature = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'ES256',
      kid: jwk?.kid,
    });
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('jwk', jwk ?? { kty: '' }, algorithm, false, [
      'verify',
    ]);
    const data = Buffer.from(`${header}.${payload}`);
    const given = Buffer.from(signature, 'base64url');
    expect(await crypto.subtle.verify(algorithm, key, given, data)).toBe(true);
  });

  test.each([
    ['none', { alg: 'none' }],
    ['HS256', { alg: 'HS256' }],
  ])('refuses a token that says %s', async (_name, header) => {
    const { api } = await withAccount();
    using _ = api;
    const { token } = await requestToken(api);
    const forged = `${Buffer.from(JSON.stringify(header)).toString('base64url')}${token.slice(token.indexOf('.'))}`;
    expect(api.server.tokens.verify(forged)).toBeUndefined();
    expect(
      api.server.tokens.verify(`${forged.slice(0, forged.lastIndexOf('.'))}.`),
    ).toBeUndefined();
  });
});
