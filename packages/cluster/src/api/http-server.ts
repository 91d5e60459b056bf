/** The HTTPS binding: decodes requests, calls the handler, encodes answers. No rule of the API lives here. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { isIP } from 'node:net';

import type { Logger } from '@kagent/kube';

import { isHealthPath } from './api-server.ts';
import { authenticate } from './authentication.ts';
import { SERVER_NAMES } from './pki/certificates.ts';
import type { Certificates } from './pki/certificates.ts';
import { findPortOwner } from './port-owner.ts';
import { json } from './request.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from './request.ts';
import { StartError } from './start-error.ts';
import { badRequest, forbidden, internalError, StatusError, tooLarge } from './status-error.ts';
import type { TokenAuthority } from './tokens.ts';

export interface HttpServerOptions {
  handler: ApiHandler;
  tokens: TokenAuthority;
  certificates: Certificates;
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  port: number;
  logger: Logger;
}

export interface HttpServer {
  /** `https://127.0.0.1:6443` */
  url: string;
  port: number;
  /** Ends open streams and resolves when no connection is left. */
  close(): Promise<void>;
}

/** Largest request body, as etcd's limit makes it for a real API server. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Go clients keep connections; closing them early costs each a handshake. */
const KEEP_ALIVE_MS = 120_000;

/** Starts listening. Rejects with `StartError` `port_in_use` or `cannot_listen`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { certificates, host, port, logger } = options;
  const server = createServer({
    key: certificates.server.key,
    cert: certificates.server.cert,
    ca: certificates.ca.cert,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  const stopping = new AbortController();
  server.on('request', (request, response) => {
    serve(options, { request, response, stopping: stopping.signal }).catch((error: unknown) => {
      logger.error({ error: String(error) }, 'answer could not be sent');
      response.destroy();
    });
  });
  await listen(server, host, port);
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `https://${reachable(host)}:${actual}`,
    port: actual,
    async close() {
      stopping.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EADDRINUSE') {
      throw new StartError('cannot_listen', `Cannot listen on ${host}:${port}: ${String(error)}`, {
        cause: error,
        port,
      });
    }
    const owner = findPortOwner(port);
    const by = owner === undefined ? '' : ` by ${owner}`;
    const message = `Port ${port} on ${host} is in use${by}. Stop that program or choose another port for the Kubernetes API (0 picks a free one).`;
    throw new StartError('port_in_use', message, { cause: error, port, owner });
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIP(host) === 6 ? `[${host}]` : host;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  stopping: AbortSignal;
}

async function serve(
  options: HttpServerOptions,
  { request, response, stopping }: Exchange,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await answerOf(options, request, AbortSignal.any([gone.signal, stopping]));
  await send(answer, response, { signal: gone.signal, isPretty: isPretty(request) });
}

async function answerOf(
  options: HttpServerOptions,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<ApiResponse> {
  try {
    return await options.handler(await decode(options, request, signal));
  } catch (error) {
    const { status } = error instanceof StatusError ? error : internalError(String(error), error);
    // What is left of a body nobody reads must not be taken for the next request.
    const headers: Record<string, string> = status.code === 413 ? { connection: 'close' } : {};
    return json(status, status.code, headers);
  }
}

async function decode(
  options: HttpServerOptions,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<ApiRequest> {
  checkHost(request.headers.host, options.host);
  const [path, search] = splitOnce(request.url ?? '/', '?');
  const user = authenticate(request, options.tokens, isHealthPath(path));
  const bytes = await readBody(request);
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(search ?? ''),
    headers: singleHeaders(request),
    ...(bytes.length > 0 && { body: { bytes } }),
    user,
    signal,
  };
}

/** Against DNS rebinding: a web page can make a browser send any name it controls, but no address and none of ours. */
function checkHost(header: string | undefined, own: string): void {
  const name = (header ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(name) !== 0 || SERVER_NAMES.includes(name) || name === own.toLowerCase()) return;
  throw forbidden({ group: '', plural: 'host' }, name, 'this server does not answer to that name');
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}

const MAX_DROPPED_BYTES = 64 * 1024 * 1024;

/** Reads what nobody wants: a client that is still writing would lose the refusal with the connection. Bounded. */
async function dropBody(request: IncomingMessage): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += Buffer.byteLength(chunk);
      if (size > MAX_DROPPED_BYTES) return;
    }
  } catch {
    // The client went away; the answer goes nowhere.
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    await dropBody(request);
    throw tooLarge(MAX_BODY_BYTES);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Leaving the loop early must not close the connection: the refusal still has to go out on it.
    for await (const item of request.iterator({ destroyOnReturn: false })) {
      const chunk = Buffer.from(item);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
      chunks.push(chunk);
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw badRequest('the body ended too early');
    request.resume();
    throw error;
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}

function isPretty(request: IncomingMessage): boolean {
  const value = new URLSearchParams(splitOnce(request.url ?? '', '?')[1] ?? '').get('pretty');
  return value === 'true' || value === '1';
}

interface SendOptions {
  /** The client is gone. */
  signal: AbortSignal;
  isPretty: boolean;
}

async function send(
  answer: ApiResponse,
  response: ServerResponse,
  options: SendOptions,
): Promise<void> {
  switch (answer.kind) {
    case 'json': {
      const text = `${JSON.stringify(answer.body, undefined, options.isPretty ? 2 : undefined)}\n`;
      sendText(
        response,
        { ...answer, headers: { 'content-type': 'application/json', ...answer.headers } },
        text,
      );
      return;
    }
    case 'text':
      sendText(response, answer, answer.body);
      return;
    case 'stream':
      await sendStream(answer, response, { chunks: answer.chunks, signal: options.signal });
      return;
    case 'watch':
      await sendStream(answer, response, { chunks: lines(answer.frames), signal: options.signal });
      return;
  }
}

function sendText(
  response: ServerResponse,
  { status, headers }: Pick<ApiResponse, 'status' | 'headers'>,
  text: string,
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    ...headers,
    ...(status !== 304 && { 'content-length': String(body.length) }),
  });
  response.end(status === 304 ? undefined : body);
}

async function* lines(frames: AsyncIterable<{ bytes: Buffer }>): AsyncGenerator<Buffer> {
  for await (const frame of frames) yield frame.bytes;
}

interface StreamOptions {
  chunks: AsyncIterable<string | Buffer>;
  signal: AbortSignal;
}

/** Headers go out at once: a client waits for them before it counts its own timeout. */
async function sendStream(
  { status, headers }: Pick<ApiResponse, 'status' | 'headers'>,
  response: ServerResponse,
  { chunks, signal }: StreamOptions,
): Promise<void> {
  response.writeHead(status, headers);
  response.flushHeaders();
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) return;
      if (!response.write(chunk)) await once(response, 'drain', { signal });
    }
    response.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
