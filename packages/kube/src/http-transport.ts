/** Transport over HTTP(S) to any API server. undici is loaded at the first call, to keep the import of this package light. */
import type { Dispatcher, Pool } from 'undici';
import { KubeError, kubeErrorFromResponse, unreachable } from './errors.ts';
import { parseJson } from './parse-json.ts';
import type { KubeRequest, KubeResponse, Transport } from './transport.ts';

export interface HttpTransportOptions {
  /** `https://host:port`, optionally with a path prefix. */
  server: string;
  /** PEM. Without it the system's roots are used. */
  ca?: string;
  /** PEM client certificate and key. */
  cert?: string;
  key?: string;
  /** Bearer token; a function is asked at every request, so that rotated tokens are picked up. */
  token?: string | (() => Promise<string>);
  insecureSkipVerify?: boolean;
  /** Name to verify the server's certificate against, when it is not the host of `server`. */
  serverName?: string;
  /** Sent with every request; lowercase names. */
  headers?: Record<string, string>;
}

/** `close` ends idle and running connections; calls after it reject with `Unreachable`. Idempotent. */
export interface HttpTransport extends Transport {
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 60_000;
/** A watch that outlives its server-side timeout by this much is dead (half-open connection). */
const WATCH_GRACE_MS = 30_000;

/**
 * Keep-alive HTTP/1.1 with as many connections as there are running calls (a watch holds one). Nothing is sent before
 * the first call. A stream whose connection breaks rejects with `Unreachable`; one that the server ends, or whose signal
 * aborts, just ends.
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const base = new URL(options.server);
  const prefix = base.pathname.replace(/\/+$/, '');
  let pool: Promise<Pool> | undefined;
  let closed = false;

  async function dispatch(
    request: KubeRequest,
    bodyTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    if (request.signal?.aborted === true) throw request.signal.reason;
    try {
      if (closed) throw new Error('the transport is closed');
      const search = request.query === undefined ? '' : `${new URLSearchParams(request.query)}`;
      return await (
        await (pool ??= openPool(base.origin, options))
      ).request({
        method: request.method,
        path: `${prefix}${request.path}${search === '' ? '' : `?${search}`}`,
        headers: await headersOf(request, options),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: request.signal,
        headersTimeout: HEADERS_TIMEOUT_MS,
        bodyTimeout,
      });
    } catch (error) {
      throw failureOf(request, error);
    }
  }

  /** Opens a streamed answer; a refusal is read whole and thrown. */
  async function open(request: KubeRequest, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const response = await dispatch(request, bodyTimeout);
    if (response.statusCode >= 400)
      throw kubeErrorFromResponse(request, await read(request, response));
    return response;
  }

  return {
    async request(request) {
      return await read(request, await dispatch(request, HEADERS_TIMEOUT_MS));
    },
    async watch(request) {
      const seconds = Number(request.query?.['timeoutSeconds'] ?? 0);
      const bodyTimeout = seconds > 0 ? seconds * 1000 + WATCH_GRACE_MS : 0;
      const response = await open(request, bodyTimeout);
      return jsonLines(textChunks(request, response));
    },
    async stream(request) {
      return textChunks(request, await open(request, 0));
    },
    async close() {
      if (closed) return;
      closed = true;
      await (await pool)?.destroy();
    },
  };
}

async function openPool(origin: string, options: HttpTransportOptions): Promise<Pool> {
  const { Pool: UndiciPool } = await import('undici');
  return new UndiciPool(origin, {
    allowH2: false,
    keepAliveTimeout: 30_000,
    connect: {
      ca: options.ca,
      cert: options.cert,
      key: options.key,
      servername: options.serverName,
      rejectUnauthorized: options.insecureSkipVerify !== true,
      timeout: 10_000,
    },
  });
}

async function headersOf(
  request: KubeRequest,
  options: HttpTransportOptions,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  const token = typeof options.token === 'function' ? await options.token() : options.token;
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  return Object.assign(headers, request.headers);
}

function failureOf(request: KubeRequest, error: unknown): unknown {
  if (error instanceof KubeError) return error;
  if (request.signal?.aborted === true) return request.signal.reason;
  return unreachable(request, error);
}

async function read(
  request: KubeRequest,
  response: Dispatcher.ResponseData,
): Promise<KubeResponse> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  let text: string;
  try {
    text = await response.body.text();
  } catch (error) {
    throw failureOf(request, error);
  }
  const isJson = /[/+]json\b/.test(headers['content-type'] ?? '');
  if (!isJson || text === '') return { status: response.statusCode, headers, body: text };
  try {
    return { status: response.statusCode, headers, body: parseJson(text) };
  } catch (error) {
    throw new KubeError({
      reason: 'InvalidResponse',
      code: response.statusCode,
      message: `${request.method} ${request.path}: the answer is not valid JSON`,
      cause: error,
    });
  }
}

/**
 * The next chunk is read only when the consumer asks for it, which slows the server down through TCP. Leaving the loop
 * destroys the body and with it the connection.
 */
async function* textChunks(
  request: KubeRequest,
  response: Dispatcher.ResponseData,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== '') yield text;
    }
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch (error) {
    if (request.signal?.aborted === true) return;
    throw failureOf(request, error);
  }
}

/** Newline-delimited JSON. A last line without newline is a cut event and is dropped. */
async function* jsonLines(chunks: AsyncIterable<string>): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf('\n', start);
      if (end === -1) break;
      const line = start === 0 ? rest + chunk.slice(0, end) : chunk.slice(start, end);
      if (start === 0) rest = '';
      start = end + 1;
      if (line.trim() !== '') yield parseLine(line);
    }
    rest = start === 0 ? rest + chunk : chunk.slice(start);
  }
}

function parseLine(line: string): unknown {
  try {
    return parseJson(line);
  } catch (cause) {
    throw new KubeError({
      reason: 'InvalidResponse',
      code: 0,
      message: 'watch: an event is not valid JSON',
      cause,
    });
  }
}
