/** The gRPC health check (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), one call over HTTP/2. */
import { connect } from 'node:http2';

import type { HostPort } from '../addresses.ts';
import type { ProbeResult } from './run-probe.ts';

const STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const SERVING = 1;
const UNIMPLEMENTED = '12';
/** Compressed flag and length before a message. */
const PREFIX_BYTES = 5;
/** A health answer has two bytes. */
const MAX_ANSWER = 1024;

/** `HealthCheckRequest { string service = 1; }` with its prefix. */
function requestBytes(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([10, name.length]), name]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`; a field that is zero is not sent. */
function statusIn(answer: Buffer): number {
  const message = answer.subarray(PREFIX_BYTES);
  return message[0] === 8 ? (message[1] ?? 0) : 0;
}

function judge(grpcStatus: string | undefined, answer: Buffer): ProbeResult {
  if (grpcStatus === UNIMPLEMENTED)
    return {
      ok: false,
      message: "server doesn't implement the grpc health protocol (grpc.health.v1.Health)",
    };
  if (grpcStatus !== undefined && grpcStatus !== '0')
    return { ok: false, message: `health rpc probe failed: code ${grpcStatus}` };
  const status = statusIn(answer);
  if (status === SERVING) return { ok: true, message: '' };
  const name = STATUS[status] ?? String(status);
  return { ok: false, message: `service unhealthy (responded with "${name}")` };
}

/** Passes when the service says SERVING. Never rejects. */
export function grpcCheck(
  target: HostPort,
  { service, timeoutMs }: { service: string; timeoutMs: number },
): Promise<ProbeResult> {
  const at = `${target.host}:${target.port}`;
  return new Promise((resolve) => {
    const client = connect(`http://${at}`);
    const end = (result: ProbeResult): void => {
      clearTimeout(timer);
      client.destroy();
      resolve(result);
    };
    const unreachable = (why: string): void =>
      end({ ok: false, message: `failed to connect service "${at}": ${why}` });
    const timer = setTimeout(() => {
      const within = `within ${timeoutMs / 1000}s: context deadline exceeded`;
      end({ ok: false, message: `timeout: failed to connect service "${at}" ${within}` });
    }, timeoutMs);
    client.once('error', (error) => unreachable(error.message));
    const stream = client.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.35',
      te: 'trailers',
    });
    let answer: Buffer = Buffer.alloc(0);
    let grpcStatus: string | undefined;
    const note = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']);
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => {
      if (answer.length < MAX_ANSWER) answer = Buffer.concat([answer, chunk]);
    });
    stream.once('error', (error) => unreachable(error.message));
    stream.once('close', () => end(judge(grpcStatus, answer)));
    stream.end(requestBytes(service));
  });
}
