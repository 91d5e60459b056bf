import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import { createHttpTransport, type HttpTransportOptions } from './http-transport.ts';
import { PODS } from './resources.ts';

describe('http-transport', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function serve(listener: RequestListener, options: Partial<HttpTransportOptions> = {}) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}${options.server ?? ''}`;
    const transport = createHttpTransport({ ...options, server: url });
    cleanups.push(async () => {
      await transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { transport, client: createKubeClient(transport), server };
  }

  it('sends the current token, extra headers, and keeps the path prefix of the server', async () => {
    const seen: unknown[] = [];
    let token = 'one';
    const { client } = await serve(
      (request, response) => {
        seen.push([request.url, request.headers.authorization, request.headers['x-extra']]);
        response.setHeader('content-type', 'application/json').end('{"metadata":{}}');
      },
      { server: '/k8s/clusters/c1/', token: async () => token, headers: { 'x-extra': 'yes' } },
    );
    await client.get(PODS, { namespace: 'a b', name: 'p' });
    token = 'two';
    await client.get(PODS, { namespace: 'a b', name: 'p' });
    const url = '/k8s/clusters/c1/api/v1/namespaces/a%20b/pods/p';
    expect(seen).toEqual([
      [url, 'Bearer one', 'yes'],
      [url, 'Bearer two', 'yes'],
    ]);
  });

  it('reuses connections', async () => {
    let connections = 0;
    const { client, server } = await serve((_, response) => {
      response.setHeader('content-type', 'application/json').end('{"items":[],"metadata":{}}');
    });
    server.on('connection', () => (connections += 1));
    for (let i = 0; i < 50; i += 1) await client.list(PODS);
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('says when there is no answer', async () => {
    const { client, server, transport } = await serve((request) => request.socket.destroy());
    await expect(client.list(PODS)).rejects.toMatchObject({ reason: 'Unreachable', code: 0 });
    server.close();
    await expect(client.list(PODS)).rejects.toMatchObject({ reason: 'Unreachable', code: 0 });
    await transport.close();
    await expect(client.list(PODS)).rejects.toThrow('the transport is closed');
  });

  it.each([
    {
      body: 'upstream is away',
      type: 'text/plain',
      reason: 'ServiceUnavailable',
      status: 503,
      text: 'upstream is away',
    },
    {
      body: '{"items":',
      type: 'application/json',
      reason: 'InvalidResponse',
      status: 200,
      text: 'not valid JSON',
    },
    {
      body: '{"kind":"Status","reason":"Forbidden","message":"no"}',
      type: 'application/json',
      reason: 'Forbidden',
      status: 403,
      text: 'no',
    },
    {
      body: '<html>',
      type: 'text/html',
      reason: 'InvalidResponse',
      status: 200,
      text: 'not a list',
    },
  ])('turns HTTP $status $type into $reason', async ({ body, type, reason, status, text }) => {
    const { client } = await serve((_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    const failure = client.list(PODS);
    await expect(failure).rejects.toMatchObject({ reason });
    await expect(failure).rejects.toThrow(text);
  });

  it('puts events together whatever the chunks, and drops a cut last one', async () => {
    const text = ['ä', 'b', 'c']
      .map((name) => `{"type":"ADDED","object":{"metadata":{"name":"${name}"}}}\n`)
      .join('');
    const bytes = Buffer.from(`${text}{"type":"ADDED","obj`);
    const { client } = await serve((_, response) => {
      void (async () => {
        for (let i = 0; i < bytes.length; i += 7) {
          response.write(bytes.subarray(i, i + 7));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      })();
    });
    const names: unknown[] = [];
    for await (const event of await client.watch(PODS))
      names.push((event.object as { metadata: { name: string } }).metadata.name);
    expect(names).toEqual(['ä', 'b', 'c']);
  });

  it('rejects in the stream when the connection breaks', async () => {
    const { client } = await serve((_, response) => {
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n', () =>
        response.destroy(),
      );
    });
    const events = await client.watch(PODS);
    const names: string[] = [];
    const reading = (async () => {
      for await (const event of events) names.push(event.type);
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'Unreachable' });
    expect(names).toEqual(['ADDED']);
  });

  it('closes the connection when the consumer stops reading', async () => {
    const closed = Promise.withResolvers<void>();
    const { client } = await serve((_, response) => {
      response.on('close', closed.resolve);
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
    });
    for await (const _event of await client.watch(PODS)) break;
    await expect(closed.promise).resolves.toBeUndefined();
  });

  it('does not read ahead of a slow consumer without bound', async () => {
    const line = `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'x'.repeat(1000) } } })}\n`;
    let written = 0;
    const { client } = await serve((_, response) => {
      const pump = () => {
        while (response.write(line)) written += 1;
        response.once('drain', pump);
      };
      pump();
    });
    const iterator = (await client.watch(PODS))[Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = before === written;
          before = written;
          return isStill;
        },
        { interval: 50 },
      )
      .toBe(true);
    expect(written * line.length).toBeLessThan(32 * 1024 * 1024);
    await iterator.return?.();
  });
});
