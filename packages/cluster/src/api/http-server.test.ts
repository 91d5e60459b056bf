import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { silentLogger, systemClock } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';
import { loadCertificates } from './pki/certificates.ts';
import type { Certificates } from './pki/certificates.ts';
import { MAX_BODY_BYTES, startHttpServer } from './http-server.ts';
import type { HttpServer } from './http-server.ts';
import { issueCertificate } from './pki/x509.ts';

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Client certificate; the administrator's by default, none for `null`. */
  as?: { cert: string; key: string } | null;
}

describe('api/http-server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kagent-http-'));
  let api: TestApi;
  let certificates: Certificates;
  let server: HttpServer;

  beforeAll(async () => {
    api = await createTestApi({ bootstrapPolicy: true });
    certificates = loadCertificates({ directory, host: '127.0.0.1', clock: systemClock });
    const { handle: handler, tokens } = api.server;
    server = await startHttpServer({
      handler,
      tokens,
      certificates,
      host: '127.0.0.1',
      port: 0,
      logger: silentLogger,
    });
  });

  afterAll(async () => {
    await server.close();
    api[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  function open(
    path: string,
    { method = 'GET', headers = {}, body, as }: Call = {},
  ): Promise<IncomingMessage> {
    const client = as === null ? {} : (as ?? certificates.admin);
    return new Promise((resolve, reject) => {
      const agent = new Agent({ ca: certificates.ca.cert, servername: 'localhost', ...client });
      const request = httpsRequest(new URL(path, server.url), { agent, method, headers }, resolve);
      request.on('error', reject);
      request.end(body);
    });
  }

  async function call(path: string, options: Call = {}) {
    const response = await open(path, options);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    const isJson = response.headers['content-type']?.startsWith('application/json') ?? false;
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  test('serves the administrator over verified TLS', async () => {
    const { status, headers, body } = await call('/api/v1/namespaces/default');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(body).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
    expect((await call('/version?pretty=true')).text).toContain('\n  "major": "1"');
  });

  test('turns away those it does not know, but tells anybody that it lives', async () => {
    const unauthorized = {
      status: 401,
      body: { kind: 'Status', reason: 'Unauthorized', code: 401 },
    };
    expect(await call('/api/v1/namespaces', { as: null })).toMatchObject(unauthorized);
    const validity = { notBefore: Date.now() - 1000, notAfter: Date.now() + 100_000 };
    const forged = issueCertificate({
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      use: 'client',
      ...validity,
    });
    expect(await call('/api/v1/namespaces', { as: forged })).toMatchObject(unauthorized);
    const headers = { authorization: 'Bearer nonsense' };
    expect(await call('/api/v1/namespaces', { as: null, headers })).toMatchObject(unauthorized);
    // A bad token is not made good by a certificate.
    expect(await call('/api/v1/namespaces', { headers })).toMatchObject(unauthorized);
    expect(await call('/readyz', { as: null })).toMatchObject({ status: 200, text: 'ok' });
    expect(await call('/readyz', { as: null, headers })).toMatchObject(unauthorized);
  });

  test('knows users by certificate, by token and by impersonation', async () => {
    const whoAmI = async (options: Call) => {
      const body = JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
        metadata: {},
      });
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const response = await call(path, { method: 'POST', body, ...options });
      return (response.body as { status: { userInfo: object } }).status.userInfo;
    };
    expect(await whoAmI({})).toEqual({
      username: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [
          expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/),
        ],
      },
    });
    expect(await whoAmI({ headers: { 'impersonate-user': 'bob' } })).toEqual({
      username: 'bob',
      groups: ['system:authenticated'],
    });
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } };
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await call(accounts, { method: 'POST', body: JSON.stringify(account) });
    const { body } = await call(`${accounts}/bot/token`, {
      method: 'POST',
      body: '{"kind":"TokenRequest","spec":{}}',
    });
    const { token } = (body as { status: { token: string } }).status;
    const headers = { authorization: `Bearer ${token}` };
    expect(await whoAmI({ as: null, headers })).toMatchObject({
      username: 'system:serviceaccount:default:bot',
    });
  });

  test('answers only to its own names', async () => {
    const at = async (host: string) => (await call('/version', { headers: { host } })).status;
    expect(await at('localhost:1')).toBe(200);
    expect(await at('kubernetes.default.svc')).toBe(200);
    expect(await at('[::1]:6443')).toBe(200);
    expect(await at('evil.example')).toBe(403);
  });

  test('refuses bodies that are too large, said or not', async () => {
    const body = Buffer.alloc(MAX_BODY_BYTES + 1, 'x');
    const path = '/api/v1/namespaces/default/configmaps';
    const said = await call(path, { method: 'POST', body });
    const refusal = {
      status: 413,
      body: {
        reason: 'RequestEntityTooLarge',
        message: 'Request entity too large: limit is 3145728',
      },
    };
    expect(said).toMatchObject(refusal);
    const unsaid = await call(path, {
      method: 'POST',
      body,
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(unsaid).toMatchObject(refusal);
  });

  test('sends the head of a watch before there is anything to tell, then each event', async () => {
    const revision = api.storage.revision();
    const response = await open(
      `/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${revision}`,
    );
    expect(response.statusCode).toBe(200);
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'seen' },
    });
    await call('/api/v1/namespaces/default/configmaps', { method: 'POST', body });
    for await (const chunk of response) {
      expect(JSON.parse(String(chunk))).toMatchObject({
        type: 'ADDED',
        object: { metadata: { name: 'seen' } },
      });
      break;
    }
    response.destroy();
    await expect.poll(() => api.server.hub.size, { interval: 5 }).toBe(0);
  });

  test('compresses large JSON for those who take it, and nothing else', async () => {
    const data = { text: 'x'.repeat(200_000) };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'large' }, data };
    const path = '/api/v1/namespaces/default/configmaps';
    await call(path, { method: 'POST', body: JSON.stringify(body) });
    const large = await open(`${path}/large`, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(large.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    const chunks: Buffer[] = [];
    for await (const chunk of large) chunks.push(chunk as Buffer);
    const packed = Buffer.concat(chunks);
    expect(packed.length).toBeLessThan(10_000);
    expect(JSON.parse(gunzipSync(packed).toString())).toMatchObject({ data });
    const encodingOf = async (url: string, encoding: string) =>
      (await call(url, { headers: { 'accept-encoding': encoding } })).headers['content-encoding'];
    expect(await encodingOf(`${path}/large`, 'identity')).toBeUndefined();
    expect(await encodingOf(`${path}/large`, 'gzip;q=0')).toBeUndefined();
    expect(await encodingOf('/version', 'gzip')).toBeUndefined();
  });

  test('writes a long list in parts, with the same text', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    for (let index = 0; index < 900; index += 1)
      await api.call('POST', path, {
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${index}` } },
      });
    const { body } = await api.call('GET', path);
    const { items: whole, ...rest } = body as { items: Record<string, unknown>[] };
    const items = whole.map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item);
    expect(items.length).toBeGreaterThanOrEqual(900);
    const { text, headers } = await call(path);
    expect(text).toBe(`${JSON.stringify({ ...rest, items })}\n`);
    expect(headers['content-length']).toBeUndefined();
  });

  test('is pretty for people, names every answer, and answers HEAD without a body', async () => {
    const isPretty = async (path: string, agent: string) =>
      (await call(path, { headers: { 'user-agent': agent } })).text.includes('\n  "');
    expect(await isPretty('/version', 'curl/8.0')).toBe(true);
    expect(await isPretty('/version', 'kubectl/1.35')).toBe(false);
    expect(await isPretty('/version?pretty=1', 'kubectl/1.35')).toBe(true);
    expect(await isPretty('/version?pretty=false', 'curl/8.0')).toBe(false);
    const [one, other] = await Promise.all([call('/version'), call('/nothing')]);
    expect(one.headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.headers['audit-id']).not.toBe(one.headers['audit-id']);
    expect(one.headers['cache-control']).toBe('no-cache, private');
    const healthy = await call('/healthz');
    const head = await call('/healthz', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(healthy.headers['content-length']);
  });

  test('writes YAML for those who prefer it', async () => {
    const answer = async (path: string, accept: string) => {
      const { status, headers, text } = await call(path, { headers: { accept } });
      return { status, type: headers['content-type'], text };
    };
    const yaml = await answer('/api/v1/namespaces/default', 'application/yaml');
    expect(yaml).toMatchObject({ status: 200, type: 'application/yaml' });
    expect(yaml.text).toMatch(
      /^apiVersion: v1\nkind: Namespace\nmetadata:\n {2}creationTimestamp: /,
    );
    const both = await answer('/api/v1/namespaces/default', 'application/json, application/yaml');
    expect(both.type).toBe('application/json');
    const missing = await answer('/api/v1/namespaces/none', 'application/yaml');
    expect(missing).toMatchObject({ status: 404, type: 'application/yaml' });
    expect(missing.text).toContain('reason: NotFound\n');
    const watch = await answer('/api/v1/namespaces?watch=true', 'application/yaml');
    expect(watch.status).toBe(406);
  });

  test('ends watches properly when it stops', async () => {
    const { handle: handler, tokens } = api.server;
    const listen = { host: '127.0.0.1', port: 0, logger: silentLogger };
    const second = await startHttpServer({ handler, tokens, certificates, ...listen });
    const url = new URL('/api/v1/namespaces?watch=true', second.url);
    const response = await open(url.href);
    const ended = (async () => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return text;
    })();
    await second.close();
    expect(await ended).toContain('"ADDED"');
    expect(response.complete).toBe(true);
  });

  test('sends warnings as headers', async () => {
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'w' },
      a: 1,
      b: 2,
    });
    const { headers } = await call('/api/v1/namespaces/default/configmaps?dryRun=All', {
      method: 'POST',
      body,
    });
    expect(headers['warning']).toBe('299 - "unknown field \\"a\\"", 299 - "unknown field \\"b\\""');
  });

  test('says who has the port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { handle: handler, tokens } = api.server;
    const starting = startHttpServer({
      handler,
      tokens,
      certificates,
      host: '127.0.0.1',
      port,
      logger: silentLogger,
    });
    const refusal: unknown = await starting.catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'port_in_use', port });
    expect(String(refusal)).toContain(`Port ${port} on 127.0.0.1 is in use`);
    // Only Linux tells whose it is.
    expect(String(refusal)).toContain(process.platform === 'linux' ? `(pid ${process.pid})` : '');
    await new Promise((resolve) => other.close(resolve));
  });
});
