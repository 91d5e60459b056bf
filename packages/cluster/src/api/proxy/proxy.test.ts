import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from 'node:http';
import { Agent, createServer as createTlsServer, request as httpsRequest } from 'node:https';
import { text as textOf } from 'node:stream/consumers';

import { createKubeClient } from '@kagent/kube';
import type { Status } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { createMemoryStreams } from '../../node/testing/memory-streams.ts';
import { isReady, podOf } from '../../node/testing/test-platform.ts';
import type { ImageRule } from '../../node/tenant.ts';
import type { Cluster } from '../../start-cluster.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { startTestCluster } from '../../testing/test-cluster.ts';
import { PODS } from '../../workloads/objects.ts';
import { issueCertificate } from '../pki/x509.ts';
import { parseProxyPath, rewriteLocation } from './proxy-paths.ts';

const CORE = '/api/v1/namespaces/default';
const DAY = 24 * 60 * 60 * 1000;
/** More than the API server takes for itself. */
const LARGE = 8 * 1024 * 1024;

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  size: number;
}

/** Bytes the pod got rid of on `/endless`, and whether its reader is gone. */
const endless = { written: 0, closed: false };

const answer: RequestListener = (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod');
  if (pathname === '/redirect') {
    response.writeHead(302, { location: searchParams.get('to') ?? '/' }).end();
    return;
  }
  if (pathname === '/cut') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
    return;
  }
  if (pathname === '/endless') {
    const chunk = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (!endless.closed && response.write(chunk)) endless.written += chunk.length;
    };
    response.on('drain', more);
    response.on('close', () => (endless.closed = true));
    more();
    return;
  }
  let size = 0;
  request.on('data', (chunk: Buffer) => void (size += chunk.length));
  request.on('end', () => {
    const seen = { method: request.method, url: request.url, headers: request.headers, size };
    response.writeHead(request.url === '/teapot' ? 418 : 200, {
      'content-type': 'application/json',
      'set-cookie': ['a=1', 'b=2'],
      'access-control-allow-origin': '*',
    });
    response.end(JSON.stringify(seen));
  });
};

/** Serves `answer` on 8080, and with a certificate nobody knows on 8443. */
const echoImage: ImageRule = {
  name: 'echo',
  matches: ({ image }) => image === 'echo',
  run: {
    mode: 'tenant',
    async start({ listen }) {
      const now = Date.now();
      const pair = issueCertificate({
        commonName: 'pod',
        use: 'server',
        notBefore: now - DAY,
        notAfter: now + DAY,
      });
      const servers = [createServer(answer), createTlsServer(pair, answer)];
      for (const [index, port] of [8080, 8443].entries()) {
        servers[index]?.listen(await listen(port));
        if (servers[index]) await once(servers[index], 'listening');
      }
      const { promise: exited, resolve } = Promise.withResolvers<number>();
      return {
        exited,
        async stop() {
          for (const server of servers) {
            server.close();
            server.closeAllConnections();
          }
          resolve(0);
        },
      };
    },
  },
};

describe('api/proxy', () => {
  let cluster: Cluster & AsyncDisposable;
  let agent: Agent;
  beforeAll(async () => {
    cluster = await startTestCluster({
      images: [echoImage],
      tokens: [
        { token: 'admin', user: 'ann', groups: ['system:masters'] },
        { token: 'nobody', user: 'joe' },
      ],
    });
    agent = new Agent({ keepAlive: true, ca: cluster.caCertificate });
    const client = createKubeClient(cluster.transport());
    const ports = [{ name: 'http', containerPort: 8080 }];
    const container = { name: 'c', image: 'echo', ports };
    await client.create(PODS, podOf('web', { containers: [container] }));
    for (const name of ['web', 'empty'])
      await cluster.transport().request({
        method: 'POST',
        path: `${CORE}/services`,
        body: {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name },
          spec: {
            selector: { app: name },
            ports: [
              { name: 'http', port: 80, targetPort: 'http' },
              { name: 'tls', port: 443, targetPort: 8443 },
            ],
          },
        },
      });
    await vi.waitFor(
      async () => {
        const pod = await client.find(PODS, { namespace: 'default', name: 'web' });
        expect(isReady(pod)).toBe(true);
        const { response } = await call('GET', '/services/web:80/proxy/');
        expect(response.statusCode).toBe(200);
      },
      { interval: 5, timeout: 8000 },
    );
  });
  afterAll(async () => {
    agent.destroy();
    await cluster.stop();
  });

  interface Call {
    token?: string;
    headers?: Record<string, string>;
    body?: Buffer;
  }

  async function open(method: string, path: string, { token, headers, body }: Call = {}) {
    const authorization = `Bearer ${token ?? 'admin'}`;
    const request = httpsRequest(`${cluster.url}${CORE}${path}`, {
      method,
      agent,
      headers: { authorization, ...headers },
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }

  async function call(method: string, path: string, options?: Call) {
    const response = await open(method, path, options);
    return { response, text: await textOf(response) };
  }

  async function seen(method: string, path: string, options?: Call): Promise<Seen> {
    return JSON.parse((await call(method, path, options)).text) as Seen;
  }

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s with its path', async (method) => {
    const body = method === 'GET' ? undefined : Buffer.from('hello');
    const headers = body && { 'content-length': String(body.length) };
    const path = '/pods/web:8080/proxy/a%20b//c?x=%20y&watch=1';
    const got = await seen(method, path, { body, headers });
    expect(got).toMatchObject({
      method,
      url: '/a%20b//c?x=%20y&watch=1',
      size: body?.length ?? 0,
    });
  });

  test('HEAD has no body, and the connection goes on', async () => {
    const { response, text } = await call('HEAD', '/pods/web/proxy/x');
    expect([response.statusCode, text]).toEqual([200, '']);
    expect(await seen('GET', '/pods/web/proxy/y')).toMatchObject({ url: '/y' });
  });

  test.each([
    ['a Service by the number of its port', '/services/web:80/proxy/x'],
    ['a Service by the name of its port', '/services/web:http/proxy/x'],
    ['a Service over TLS', '/services/https:web:443/proxy/x'],
    ['a pod over TLS', '/pods/https:web:8443/proxy/x'],
    ['a pod, by its first port', '/pods/web/proxy/x'],
    ['a pod whose name is escaped', '/pods/http%3Aweb%3A8080/proxy/x'],
  ])('reaches %s', async (_name, path) => {
    expect(await seen('GET', path)).toMatchObject({ url: '/x' });
  });

  test('keeps credentials and hop-by-hop headers to itself', async () => {
    const { headers } = await seen('GET', '/pods/web/proxy/x', {
      headers: {
        connection: 'x-private, keep-alive',
        'x-private': '1',
        te: 'trailers',
        'x-own': '2',
        'impersonate-user': 'eve',
        'impersonate-group': 'system:masters',
        'x-forwarded-for': '10.0.0.1',
      },
    });
    for (const name of ['authorization', 'x-private', 'te', 'impersonate-user'])
      expect(headers).not.toHaveProperty(name);
    expect(headers).toMatchObject({
      'x-own': '2',
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-uri': `${CORE}/pods/web/proxy/x`,
      host: expect.stringMatching(/^127\.\d+\.\d+\.\d+:8080$/),
    });
  });

  test('gives back status and headers, but no permission for web pages', async () => {
    const { response } = await call('GET', '/pods/web/proxy/teapot');
    expect(response.statusCode).toBe(418);
    expect(response.headers).toMatchObject({
      'content-type': 'application/json',
      'set-cookie': ['a=1', 'b=2'],
    });
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('sends a path without an end on to one with a slash', async () => {
    const { response } = await call('GET', '/services/web:80/proxy?a=b');
    expect(response.statusCode).toBe(301);
    expect(response.headers.location).toBe(`${CORE}/services/web:80/proxy/?a=b`);
    expect(await seen('POST', '/services/web:80/proxy')).toMatchObject({ url: '/' });
  });

  test('leads redirects of the pod through the proxy', async () => {
    const { response } = await call('GET', '/services/web:80/proxy/redirect?to=/next%3Fa=b');
    expect(response.statusCode).toBe(302);
    expect(response.headers.location).toBe(`${CORE}/services/web:80/proxy/next?a=b`);
  });

  test('takes bodies larger than those of the API', async () => {
    const body = Buffer.alloc(LARGE);
    expect(await seen('POST', '/pods/web/proxy/up', { body })).toMatchObject({ size: LARGE });
    const chunked = { 'transfer-encoding': 'chunked' };
    const got = await seen('DELETE', '/pods/web/proxy/up', { body, headers: chunked });
    expect(got).toMatchObject({ method: 'DELETE', size: LARGE });
  });

  test('makes a pod wait for a slow reader, and tells it when the reader is gone', async () => {
    const response = await open('GET', '/pods/web/proxy/endless');
    await once(response, 'readable');
    let before = -1;
    // Whatever fills up on the way, it does so soon.
    await expect
      .poll(() => before === (before = endless.written), { interval: 50, timeout: 5000 })
      .toBe(true);
    expect(endless.written).toBeLessThan(64 * 1024 * 1024);
    response.destroy();
    await expect.poll(() => endless.closed, { interval: 5 }).toBe(true);
  });

  test('does not pretend that half an answer is a whole one', async () => {
    await expect(call('GET', '/pods/web/proxy/cut')).rejects.toThrow('aborted');
  });

  test('is for those who may use the subresource', async () => {
    const { response, text } = await call('PUT', '/pods/web:8080/proxy/x', { token: 'nobody' });
    expect(response.statusCode).toBe(403);
    expect(JSON.parse(text)).toMatchObject({
      message: `pods "web:8080" is forbidden: User "joe" cannot update resource "pods/proxy" in API group "" in the namespace "default"`,
    });
  });

  /** Texts of `pkg/registry/core/pod/strategy.go` and `pkg/registry/core/service/storage/storage.go`. */
  test.each([
    ['/pods/a:b:c:d/proxy/', 400, 'invalid pod request "a:b:c:d"'],
    ['/pods/ftp:web:80/proxy/', 400, 'invalid pod request "ftp:web:80"'],
    ['/pods/web:99999/proxy/', 400, 'invalid pod request "web:99999"'],
    ['/services/a:b:c:d/proxy/', 400, 'invalid service request "a:b:c:d"'],
    ['/pods/nope/proxy/', 404, 'pods "nope" not found'],
    ['/services/nope:80/proxy/', 404, 'services "nope" not found'],
    ['/services/nope:http/proxy/', 404, 'endpoints "nope" not found'],
    ['/services/web:81/proxy/', 503, 'no service port 81 found for service "web"'],
    ['/services/web:nope/proxy/', 503, 'no endpoints available for service "web:nope"'],
    ['/services/empty:80/proxy/', 503, 'no endpoints available for service "empty"'],
    ['/pods/web:9/proxy/', 503, /^error trying to reach service: dial tcp .*: connection refused$/],
    ['/pods/web:8443/proxy/', 503, /^error trying to reach service: /],
  ])('%s is refused', async (path, code, message) => {
    const { response, text } = await call('GET', path);
    expect(response.statusCode).toBe(code);
    const status = JSON.parse(text) as Status;
    expect(status).toMatchObject({ kind: 'Status', code });
    expect(status.message).toMatch(message);
  });
});

describe('api/proxy without a node', () => {
  async function createPod(api: TestApi): Promise<void> {
    const pod = podOf('p', { containers: [{ name: 'c', image: 'i' }] });
    await api.call('POST', `${CORE}/pods`, { body: pod });
  }

  const place = (api: TestApi) =>
    api.call('PATCH', `${CORE}/pods/p/status`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { status: { podIP: '10.0.0.7' } },
    });

  test('says what is missing', async () => {
    using api = await createTestApi();
    await createPod(api);
    const get = () => api.call('GET', `${CORE}/pods/p:80/proxy/`);
    expect(await get()).toMatchObject({ status: 400, body: { message: 'address not allowed' } });
    await place(api);
    const message = 'error trying to reach service: this cluster has no node';
    expect(await get()).toMatchObject({ status: 503, body: { message } });
  });

  test('never goes where Endpoints of a user point to', async () => {
    using api = await createTestApi({ podStreams: createMemoryStreams({ containers: {} }) });
    await createPod(api);
    await place(api);
    const target = (kind: string, name: string) => ({ kind, name, namespace: 'default' });
    const addresses = [
      { ip: '10.0.0.6' },
      { ip: '10.0.0.6', targetRef: target('Pod', 'p') },
      { ip: '10.0.0.7', targetRef: target('Node', 'p') },
    ];
    const subsets = [{ addresses, ports: [{ port: 80 }] }];
    await api.call('POST', `${CORE}/endpoints`, {
      body: { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 's' }, subsets },
    });
    expect(await api.call('GET', `${CORE}/services/s/proxy/`)).toMatchObject({
      status: 503,
      body: { message: 'no endpoints available for service "s"' },
    });
  });

  test('asks admission, as CONNECT', async () => {
    using api = await createTestApi();
    await createPod(api);
    const admission = '/apis/admissionregistration.k8s.io/v1';
    const rule = {
      operations: ['CONNECT'],
      apiGroups: [''],
      apiVersions: ['v1'],
      resources: ['pods/proxy'],
    };
    await api.call('POST', `${admission}/validatingadmissionpolicies`, {
      body: {
        metadata: { name: 'p' },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: "object.path != '/private/x'", message: 'keep out' }],
        },
      },
    });
    await api.call('POST', `${admission}/validatingadmissionpolicybindings`, {
      body: { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    });
    const get = (path: string) => api.call('GET', `${CORE}/pods/p:80/proxy${path}`);
    expect(await get('/private/x')).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('keep out') },
    });
    expect(await get('/x')).toMatchObject({ body: { message: 'address not allowed' } });
  });
});

describe('api/proxy paths', () => {
  test.each([
    [
      '/api/v1/namespaces/d/pods/p/proxy',
      { prefix: '/api/v1/namespaces/d/pods/p/proxy', rest: '' },
    ],
    ['/api/v1/namespaces/d/pods/p/log', undefined],
    ['/api/v1/namespaces/d/pods/p/proxyx', undefined],
    ['/apis/apps/v1/namespaces/d/pods/p/proxy', undefined],
  ])('%s', (path, expected) => {
    expect(parseProxyPath(path)).toEqual(expected);
  });

  /** As `rewriteURL` of apimachinery's `util/proxy/transport.go`. */
  test.each([
    ['/x', '/p/proxy/x'],
    ['/p/proxy/x?a=b', '/p/proxy/x?a=b'],
    ['http://10.0.0.1:80/x#y', '/p/proxy/x#y'],
    ['//10.0.0.1:80/x', '/p/proxy/x'],
    ['https://elsewhere.test/x', 'https://elsewhere.test/x'],
    ['x/y', 'x/y'],
    ['', ''],
  ])('a redirect to %s', (location, expected) => {
    expect(rewriteLocation(location, { prefix: '/p/proxy', hosts: ['10.0.0.1:80'] })).toBe(
      expected,
    );
  });
});
