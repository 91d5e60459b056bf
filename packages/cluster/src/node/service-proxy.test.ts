import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startServiceProxy } from './service-proxy.ts';
import type { ServiceProxy } from './service-proxy.ts';

describe('service proxy', () => {
  const backend = createServer((request, response) => {
    response.setHeader('x-seen-host', request.headers.host ?? '');
    response.setHeader('x-seen-auth', request.headers['proxy-authorization'] ?? 'none');
    response.end(`${request.method} ${request.url}`);
  });
  const asked: unknown[] = [];
  let proxy: ServiceProxy;
  let port: number;

  beforeEach(async () => {
    asked.length = 0;
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    ({ port } = backend.address() as AddressInfo);
    proxy = await startServiceProxy((...name) => {
      asked.push(name);
      return name[0].startsWith('tools') ? { host: '127.0.0.1', port } : undefined;
    });
  });
  afterEach(async () => {
    await proxy.stop();
    backend.closeAllConnections();
    await new Promise((resolve) => backend.close(resolve));
  });

  /** As an HTTP client that follows HTTP_PROXY does it: the whole address in the request line. */
  const ask = (address: string) => {
    const url = new URL(proxy.env('team')['HTTP_PROXY'] ?? '');
    return new Promise<{
      status: number | undefined;
      body: string;
      headers: NodeJS.Dict<string | string[]>;
    }>((resolve, reject) => {
      const headers = {
        host: new URL(address).host,
        'proxy-authorization': `Basic ${Buffer.from(`${url.username}:`).toString('base64')}`,
      };
      get({ host: url.hostname, port: url.port, path: address, headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode, body, headers: response.headers }),
        );
      }).on('error', reject);
    });
  };

  it('sends a Service name to its endpoint, with the namespace of the pod', async () => {
    const answer = await ask('http://tools:8084/mcp?x=1');
    expect(answer).toMatchObject({ status: 200, body: 'GET /mcp?x=1' });
    expect(asked).toEqual([['tools', 8084, 'team']]);
    expect(answer.headers).toMatchObject({ 'x-seen-host': 'tools:8084', 'x-seen-auth': 'none' });
  });

  it('passes other addresses on', async () => {
    const answer = await ask(`http://127.0.0.1:${port}/direct`);
    expect(answer).toMatchObject({ status: 200, body: 'GET /direct' });
  });

  it('says what could not be reached', async () => {
    const closed = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as AddressInfo;
        server.close(() => resolve(free));
      });
    });
    const answer = await ask(`http://127.0.0.1:${closed}/`);
    expect(answer.status).toBe(502);
    expect(answer.body).toContain(`127.0.0.1:${closed} can't be reached`);
  });
});
