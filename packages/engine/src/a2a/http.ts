/**
 * The agent's HTTP surface on `node:http`: JSON-RPC (A2A 0.3) at `POST /`, the card, health. Errors of JSON-RPC are HTTP
 * 200 with an `error` member, as agents of the older system answer; streams report theirs as an event.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  encodeJsonRpcError,
  encodeJsonRpcResult,
  encodeSseFrame,
  isKagentError,
  jsonRpcError,
  KagentError,
  parseJsonRpcRequest,
  SSE_KEEP_ALIVE,
  type A2AMethod,
  type A2AStreamEvent,
  type AgentCard,
  type JsonRpcId,
  type JsonRpcRequest,
} from '@kagent/spec';
import type { Clock, Logger } from '../ports.ts';
import type { A2AHandler, CallContext } from './handler.ts';

/** 10 MiB. */
export const DEFAULT_MAX_BODY = 10 * 1024 * 1024;

/** Between comment frames on a silent stream; proxies and clients close what is silent for minutes. */
const KEEP_ALIVE_MS = 15_000;

export interface A2AListenerOptions {
  handler: A2AHandler;
  card: AgentCard;
  clock: Clock;
  logger: Logger;
  /** Bytes; more is 413. */
  maxBody?: number;
}

/** Serves one agent; give it to `http.createServer` or call it for one request. */
export function createA2AListener(options: A2AListenerOptions): RequestListener {
  return (request, response) => {
    route(options, request, response).catch((error: unknown) => {
      if (!request.destroyed) options.logger.error({ error }, 'Request failed unexpectedly');
      response.destroy();
    });
  };
}

async function route(
  options: A2AListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0];
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/' && request.method === 'POST') return serveJsonRpc(options, request, response);
  if (path === '/health' || path === '/healthz') {
    return isRead
      ? send(response, { status: 200, body: 'OK', type: TEXT })
      : notAllowed(response, 'GET');
  }
  if (path === '/.well-known/agent-card.json' || path === '/.well-known/agent.json') {
    return isRead
      ? send(response, { status: 200, body: JSON.stringify(options.card) })
      : notAllowed(response, 'GET');
  }
  if (path === '/') return notAllowed(response, 'POST');
  return send(response, { status: 404, body: 'Not found\n', type: TEXT });
}

const JSON_TYPE = 'application/json';
const TEXT = 'text/plain; charset=utf-8';

function send(
  response: ServerResponse,
  answer: { status: number; body: string; type?: string; headers?: Record<string, string> },
): void {
  response.writeHead(answer.status, {
    'Content-Type': answer.type ?? JSON_TYPE,
    'Content-Length': Buffer.byteLength(answer.body),
    ...answer.headers,
  });
  response.end(answer.body);
}

function notAllowed(response: ServerResponse, allow: string): void {
  send(response, {
    status: 405,
    body: 'Method not allowed\n',
    type: TEXT,
    headers: { Allow: allow },
  });
}

async function serveJsonRpc(
  options: A2AListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, options.maxBody ?? DEFAULT_MAX_BODY);
  if (body === undefined) {
    const error = new KagentError('payload_too_large', 'Payload too large');
    const text = encodeJsonRpcError(null, jsonRpcError(error));
    return send(response, { status: 413, body: text, headers: { Connection: 'close' } });
  }
  const parsed = parseJsonRpcRequest(body);
  if (!parsed.ok) {
    const error = jsonRpcError(parsed.error);
    const code = parsed.invalidRequest ? -32600 : error.code;
    return send(response, { status: 200, body: encodeJsonRpcError(parsed.id, { ...error, code }) });
  }
  const left = new AbortController();
  response.once('close', () => left.abort(new KagentError('canceled', 'The client went away.')));
  const context: CallContext = { headers: flatHeaders(request), signal: left.signal };
  return dispatch(options, { rpc: parsed.request, context, response });
}

interface Exchange {
  rpc: JsonRpcRequest;
  context: CallContext;
  response: ServerResponse;
}

async function dispatch(options: A2AListenerOptions, exchange: Exchange): Promise<void> {
  const { handler } = options;
  const { rpc, context } = exchange;
  const method = rpc.method as A2AMethod;
  switch (method) {
    case 'message/send':
      return answer(options, exchange, handler.sendMessage(rpc.params, context));
    case 'tasks/get':
      return answer(options, exchange, handler.getTask(rpc.params, context));
    case 'tasks/cancel':
      return answer(options, exchange, handler.cancelTask(rpc.params, context));
    case 'message/stream':
      return stream(options, exchange, handler.streamMessage(rpc.params, context));
    case 'tasks/resubscribe':
      return stream(options, exchange, handler.resubscribe(rpc.params, context));
    default:
      return answer(options, exchange, Promise.reject(unknownMethod(rpc.method)));
  }
}

function unknownMethod(method: string): KagentError {
  return method.startsWith('tasks/pushNotificationConfig/')
    ? new KagentError('unsupported_operation', 'Push notifications are not supported.')
    : new KagentError('method_not_found', `The method "${method}" is not known.`);
}

async function answer(
  options: A2AListenerOptions,
  { rpc, response }: Exchange,
  result: Promise<unknown>,
): Promise<void> {
  let body: string;
  try {
    body = encodeJsonRpcResult(rpc.id, await result);
  } catch (error) {
    body = failure(options, rpc, error);
  }
  if (!response.destroyed) send(response, { status: 200, body });
}

function failure(options: A2AListenerOptions, rpc: JsonRpcRequest, error: unknown): string {
  if (!isKagentError(error) || error.code === 'internal') {
    options.logger.error({ method: rpc.method, error }, 'A2A call failed');
  }
  return encodeJsonRpcError(rpc.id, jsonRpcError(error));
}

async function stream(
  options: A2AListenerOptions,
  exchange: Exchange,
  events: AsyncIterable<A2AStreamEvent>,
): Promise<void> {
  const { rpc, context, response } = exchange;
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  const idle = new AbortController();
  keepAlive(options.clock, response, AbortSignal.any([idle.signal, context.signal]));
  try {
    for await (const event of events) await write(response, frame(rpc.id, event), context.signal);
  } catch (error) {
    if (!context.signal.aborted)
      response.write(encodeSseFrame({ data: failure(options, rpc, error) }));
  } finally {
    idle.abort(new Error('done'));
    response.end();
  }
}

function frame(id: JsonRpcId, event: A2AStreamEvent): string {
  return encodeSseFrame({ data: encodeJsonRpcResult(id, event) });
}

/** Waits for a slow reader, so that its events do not pile up in the socket. */
async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function keepAlive(clock: Clock, response: ServerResponse, signal: AbortSignal): void {
  clock.sleep(KEEP_ALIVE_MS, signal).then(
    () => {
      response.write(SSE_KEEP_ALIVE);
      keepAlive(clock, response, signal);
    },
    () => undefined,
  );
}

/** The body as text; `undefined` when it is larger than allowed. */
async function readBody(request: IncomingMessage, maxBody: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBody) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the request: the refusal is written on the same socket.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
