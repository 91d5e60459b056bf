import { createServer } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { grpcCheck } from './grpc-check.ts';

/** A server that answers every health check the same way. */
async function healthServer(message: Buffer, grpcStatus = '0') {
  const server = createServer();
  const asked: string[] = [];
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    asked.push(String(headers[':path']));
    stream.on('data', (chunk: Buffer) => asked.push(chunk.subarray(7).toString()));
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus }));
    stream.on('end', () => stream.end(message));
    stream.on('error', () => {});
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => void server.close();
  return { at: { host: '127.0.0.1', port }, asked, [Symbol.dispose]: close };
}

const answer = (status: number): Buffer => Buffer.from([0, 0, 0, 0, 2, 8, status]);

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
describe('grpcCheck', () => {
  it('asks for the service and passes when it is serving', async () => {
    using server = await healthServer(answer(1));
    const result = await grpcCheck(server.at, { service: 'live', timeoutMs: 2000 });
    expect(result).toEqual({ ok: true, message: '' });
    expect(server.asked).toEqual(['/grpc.health.v1.Health/Check', 'live']);
  });

  it.each([
    ['not serving', answer(2), '0', 'service unhealthy (responded with "NOT_SERVING")'],
    ['unknown', Buffer.alloc(5), '0', 'service unhealthy (responded with "UNKNOWN")'],
    ['without the protocol', Buffer.alloc(0), '12', "server doesn't implement the grpc health"],
    ['refusing', Buffer.alloc(0), '7', 'health rpc probe failed: code 7'],
  ])('fails for a server that is %s', async (_what, message, status, text) => {
    using server = await healthServer(message, status);
    const result = await grpcCheck(server.at, { service: '', timeoutMs: 2000 });
    expect(result.ok).toBe(false);
    expect(result.message).toContain(text);
  });

  it('fails when nobody listens', async () => {
    const at = { host: '127.0.0.1', port: 1 };
    const result = await grpcCheck(at, { service: '', timeoutMs: 2000 });
    expect(result.ok).toBe(false);
    expect(result.message).toContain('failed to connect service "127.0.0.1:1"');
  });
});
