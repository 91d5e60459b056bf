/** The HTTPS binding: listens, limits, and takes requests to the handler and back. No rule of the API lives here. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Logger } from '@kagent/kube';

import type { Authorities } from './authentication.ts';
import { decodeHead, decodeRequest } from './http/decode-request.ts';
import { sendResponse } from './http/send-response.ts';
import type { ItemTexts } from './http/send-response.ts';
import { connectRefusal, serveUpgrade } from './http/serve-upgrade.ts';
import type { Certificates } from './pki/certificates.ts';
import { findPortOwner } from './port-owner.ts';
import { json } from './request.ts';
import type { ApiHandler, ApiHeaders, ApiRequest, ApiResponse } from './request.ts';
import { StartError } from './start-error.ts';
import { internalError, StatusError } from './status-error.ts';
import { upgradeOf } from './streaming/serve-connect.ts';
import type { TokenAuthority } from './tokens.ts';

export { MAX_BODY_BYTES } from './http/decode-request.ts';

export interface HttpServerOptions {
  handler: ApiHandler;
  tokens: TokenAuthority;
  certificates: Certificates;
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  port: number;
  logger: Logger;
  /** Hears of requests whose credentials are refused; they never get to the handler. */
  onUnauthenticated?(request: ApiRequest, refusal: StatusError): void;
}

export interface HttpServer {
  /** `https://127.0.0.1:6443` */
  url: string;
  port: number;
  /** Ends open streams and resolves when no connection is left. */
  close(): Promise<void>;
}

/** Go clients keep connections; closing them early costs each a handshake. */
const KEEP_ALIVE_MS = 120_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** For the whole request with its body, which is small. */
const REQUEST_TIMEOUT_MS = 60_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const CHECK_MS = 5000;
/** Room for tokens and impersonation. */
const MAX_HEADER_BYTES = 64 * 1024;
/** A client without multiplexing needs a connection for each watch. */
const MAX_CONNECTIONS = 10_000;
/** Made once: `abort()` alone builds an exception with a stack for every request. */
const GONE = new Error('the client is gone');
/** What ends by itself may do so before connections are cut. */
const CLOSE_GRACE_MS = 1000;

/** Starts listening. Rejects with `StartError` `port_in_use` or `cannot_listen`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { certificates, host, port } = options;
  const server = createServer({
    key: certificates.server.key,
    cert: certificates.server.cert,
    ca: certificates.ca.cert,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Other offers, such as h2c, are ignored as HTTP wants it.
    shouldUpgradeCallback: (request) => upgradeOf(request) !== undefined,
  });
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const binding = new Binding(options);
  server.on('request', (request, response) => binding.onRequest(request, response));
  server.on('upgrade', (request, socket, head) => binding.onUpgrade({ request, socket, head }));
  await listen(server, host, port);
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `https://${reachable(host)}:${actual}`,
    port: actual,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await binding.stop();
      // the server's own list lacks connections in the middle of their handshake, which would be kept alive later
      for (const socket of sockets) socket.destroy();
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

interface UpgradeRequest {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** The exchanges that are going on. */
class Binding {
  readonly #options: HttpServerOptions & Authorities;
  readonly #stopping = new AbortController();
  readonly #itemTexts: ItemTexts = new WeakMap();
  readonly #running = new Set<Promise<void>>();
  /** Node's server does not count connections it has handed over. */
  readonly #upgraded = new Set<Duplex>();

  constructor(options: HttpServerOptions) {
    this.#options = { ...options, certificateUsers: new WeakMap() };
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#run(this.#answer(request, response), () => response.destroy());
  }

  onUpgrade(upgrade: UpgradeRequest): void {
    const { socket } = upgrade;
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    socket.on('error', () => {});
    this.#run(this.#upgrade(upgrade), () => socket.destroy());
  }

  /** Ends streams, waits a moment for what is being answered, then cuts. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = Promise.allSettled(this.#running);
    const late = once(AbortSignal.timeout(CLOSE_GRACE_MS), 'abort');
    await Promise.race([ended, late]);
    for (const socket of this.#upgraded) socket.destroy();
  }

  #run(work: Promise<void>, cut: () => void): void {
    const running = work
      .catch((error: unknown) => {
        this.#options.logger.error({ error: String(error) }, 'answer could not be sent');
        cut();
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(GONE);
    });
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const answer = await this.#handle(() => decodeRequest(request, { ...this.#options, signal }));
    const plain = answer.kind === 'connect' ? connectRefusal() : answer;
    await sendResponse(response, plain, {
      request,
      signal: gone.signal,
      headers: this.#headers(),
      itemTexts: this.#itemTexts,
    });
  }

  async #upgrade(upgrade: UpgradeRequest): Promise<void> {
    const { request, socket } = upgrade;
    const gone = new AbortController();
    socket.once('close', () => gone.abort(GONE));
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const answer = await this.#handle(() => decodeHead(request, { ...this.#options, signal }));
    await serveUpgrade(upgrade, { answer, signal, headers: this.#headers() });
  }

  async #handle(decode: () => ApiRequest | Promise<ApiRequest>): Promise<ApiResponse> {
    try {
      return await this.#options.handler(await decode());
    } catch (error) {
      const { status } = error instanceof StatusError ? error : internalError(String(error), error);
      // What is left of a body nobody reads must not be taken for the next request.
      const headers: ApiHeaders = status.code === 413 ? { connection: 'close' } : {};
      return json(status, status.code, headers);
    }
  }

  /** On every answer. */
  #headers(): ApiHeaders {
    return {
      'audit-id': randomUUID(),
      'cache-control': 'no-cache, private',
      ...(this.#stopping.signal.aborted && { connection: 'close' }),
    };
  }
}
