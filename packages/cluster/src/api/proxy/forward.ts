/** Sends a request on to a pod and its answer back, both as streams that wait for whoever reads them. */
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import type { PodStreams } from '../../node/streams/pod-streams.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { badRequest, serviceUnavailable } from '../status-error.ts';
import { forwardedHeaders, returnedHeaders } from './proxy-headers.ts';
import { rewriteLocation } from './proxy-paths.ts';
import type { ProxyPath } from './proxy-paths.ts';
import type { ProxyTarget } from './proxy-target.ts';

export interface ForwardOptions {
  target: ProxyTarget;
  path: ProxyPath;
  streams: PodStreams | undefined;
}

/** Rejects with ServiceUnavailable when the pod can't be reached or gives no answer. */
export async function forward(
  request: ApiRequest,
  { target, path, streams }: ForwardOptions,
): Promise<ApiResponse> {
  const host = `${target.ip}:${target.port}`;
  const answer = await exchange(request, { target, path, streams, host }).catch(
    (error: unknown) => {
      throw unreachable(error);
    },
  );
  if (request.method === 'HEAD') answer.resume();
  const headers = returnedHeaders(answer.headers);
  const { location } = answer.headers;
  if (location !== undefined) {
    const hosts = [host, request.headers['host'] ?? host];
    headers['location'] = rewriteLocation(location, { prefix: path.prefix, hosts });
  }
  return { kind: 'proxied', status: answer.statusCode ?? 502, headers, chunks: answer };
}

function unreachable(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const reason = text.replace(/^failed to connect to \S+ dial tcp4? /, 'dial tcp ');
  return serviceUnavailable(`error trying to reach service: ${reason}`, error);
}

async function exchange(
  request: ApiRequest,
  { target, path, streams, host }: ForwardOptions & { host: string },
): Promise<IncomingMessage> {
  const { signal, method, headers, remoteAddress } = request;
  const socket = await dial(target, streams);
  if (signal?.aborted) socket.destroy();
  const onward = open(socket, {
    method,
    path: `${path.rest}${searchOf(request)}`,
    headers: forwardedHeaders({ headers, host, uri: request.path, remoteAddress }),
    signal,
  });
  return new Promise((resolve, reject) => {
    onward.once('response', resolve);
    onward.once('error', reject);
    // After the answer has begun, its reader hears of what goes wrong.
    onward.on('error', () => socket.destroy());
    sendBody(request, onward);
  });
}

async function dial(target: ProxyTarget, streams: PodStreams | undefined): Promise<Duplex> {
  const { namespace, pod, port, scheme } = target;
  if (!streams) throw new Error('this cluster has no node');
  const connect = streams.portForward({ namespace, pod });
  if (!connect) throw new Error(`pod "${pod}" does not run on a node of this cluster`);
  const plain = await connect(port);
  if (scheme === 'http') return plain;
  // As everywhere: pods have no certificate for their address.
  const secure = connectTls({ socket: plain, rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    secure.once('secureConnect', () => resolve(secure));
    secure.once('error', reject);
  });
}

interface Onward {
  method: string;
  path: string;
  headers: Record<string, string>;
  signal?: AbortSignal;
}

/** Throws BadRequest for what can't be written as a request line or header. */
function open(socket: Duplex, onward: Onward): ClientRequest {
  try {
    return httpRequest({ ...onward, createConnection: () => socket });
  } catch (error) {
    socket.destroy();
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

function searchOf({ wire, query }: ApiRequest): string {
  if (!wire) return query.size === 0 ? '' : `?${query.toString()}`;
  const at = wire.url.indexOf('?');
  return at === -1 ? '' : wire.url.slice(at);
}

function sendBody({ wire, body, headers }: ApiRequest, onward: ClientRequest): void {
  if (!wire) {
    if (!body) {
      onward.end();
      return;
    }
    const bytes = 'bytes' in body ? body.bytes : Buffer.from(JSON.stringify(body.value));
    onward.setHeader('content-length', bytes.length);
    onward.end(bytes);
    return;
  }
  const isChunked = headers['transfer-encoding'] !== undefined;
  if (!isChunked && headers['content-length'] === undefined) {
    onward.end();
    return;
  }
  // Node frames the body of a DELETE only when told to.
  if (isChunked) onward.setHeader('transfer-encoding', 'chunked');
  wire.body.pipe(onward);
  onward.once('close', () => wire.body.unpipe(onward));
}
