/**
 * `/api/a2a/{namespace}/{name}`: the public door to every agent. Decodes JSON-RPC, asks the handler, encodes; rules live
 * in `handler.ts`. JSON-RPC errors answer with HTTP 200, as the later line of the older system does; an unknown agent is
 * a plain 404.
 */
import {
  encodeJsonRpcError,
  encodeJsonRpcResult,
  encodeSseFrame,
  isKagentError,
  jsonRpcError,
  type JsonRpcRequest,
  KagentError,
  parseJsonRpcRequest,
  SSE_KEEP_ALIVE,
} from '@kagent/spec';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../auth.ts';
import type { AgentAddress, InvocationContext } from '../agent-invoker.ts';
import type { ServerContext } from '../context.ts';
import { httpError } from '../http-errors.ts';
import { publicCard } from './card.ts';
import { type A2AHandler, createA2AHandler } from './handler.ts';

interface AgentRoute {
  Params: { namespace: string; name: string; '*'?: string };
}
type Request = FastifyRequest<AgentRoute>;

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET, OPTIONS',
  'access-control-allow-headers':
    'Content-Type, Authorization, X-User-Id, A2A-Version, A2A-Extensions',
};
const STREAMS = new Set(['message/stream', 'tasks/resubscribe']);
const KEEP_ALIVE_MS = 15_000;

export function registerGateway(app: FastifyInstance, context: ServerContext): void {
  const handler = createA2AHandler(context);
  for (const path of ['/api/a2a/:namespace/:name', '/api/a2a/:namespace/:name/*']) {
    app.options<AgentRoute>(path, (_request, reply) => reply.headers(CORS).code(200).send());
    app.get<AgentRoute>(path, (request, reply) => card(request, { reply, context }));
    app.post<AgentRoute>(path, {
      handler: (request, reply) => rpc(request, { reply, context, handler }),
      errorHandler: (error, _request, reply) => {
        const { status } = httpError(error);
        void reply
          .headers(CORS)
          .code(status === 413 ? 413 : 200)
          .type('application/json')
          .send(encodeJsonRpcError(null, jsonRpcError(asPayloadError(error))));
      },
    });
  }
}

function asPayloadError(error: unknown): unknown {
  if (isKagentError(error)) return error;
  return httpError(error).status === 413
    ? new KagentError('payload_too_large', 'The request body is larger than 10 MiB.')
    : error;
}

interface Exchange {
  reply: FastifyReply;
  context: ServerContext;
}

function card(request: Request, { reply, context }: Exchange): FastifyReply {
  const agent = findAgent(request, context);
  if (!agent) return notFound(request, reply);
  const rest = request.params['*'] ?? '';
  if (!/(^|\/)\.well-known\/agent(-card)?\.json$/.test(rest)) {
    const error = new KagentError(
      'method_not_found',
      'Use POST for JSON-RPC; the card is at .well-known/agent-card.json.',
    );
    return reply
      .headers(CORS)
      .type('application/json')
      .send(encodeJsonRpcError(null, jsonRpcError(error)));
  }
  return reply
    .headers(CORS)
    .type('application/json; charset=utf-8')
    .send(publicCard(agent, context.publicUrl()));
}

async function rpc(
  request: Request,
  { reply, context, handler }: Exchange & { handler: A2AHandler },
) {
  reply.headers(CORS);
  const version = String(request.headers['a2a-version'] ?? '');
  if (!['', '0.3', '0.3.0'].includes(version)) {
    return reply
      .code(400)
      .type('text/plain')
      .send(`unsupported A2A version "${version}"; use 0.3\n`);
  }
  if (!findAgent(request, context)) return notFound(request, reply);
  const parsed = parseJsonRpcRequest(typeof request.body === 'string' ? request.body : '');
  reply.type('application/json');
  if (!parsed.ok) {
    const error = jsonRpcError(parsed.error);
    return encodeJsonRpcError(
      parsed.id,
      parsed.invalidRequest ? { ...error, code: -32600 } : error,
    );
  }
  const agent = { namespace: request.params.namespace, name: request.params.name };
  const exchange = { request, reply, context, handler, agent, rpc: parsed.request };
  return STREAMS.has(parsed.request.method) ? stream(exchange) : single(exchange);
}

interface RpcExchange extends Exchange {
  request: Request;
  handler: A2AHandler;
  agent: AgentAddress;
  rpc: JsonRpcRequest;
}

async function single({ request, context, handler, agent, rpc }: RpcExchange): Promise<string> {
  // a client that goes away does not stop the run, so its disconnect is no signal here
  const invocation = invocationContext(request, new AbortController().signal);
  try {
    const result = await handler.call(
      { agent, method: rpc.method, params: rpc.params },
      invocation,
    );
    count(context, { agent, method: rpc.method, outcome: 'ok' });
    return encodeJsonRpcResult(rpc.id, result);
  } catch (error) {
    count(context, { agent, method: rpc.method, outcome: report(context, error) });
    return encodeJsonRpcError(rpc.id, jsonRpcError(error));
  }
}

async function stream({
  request,
  reply,
  context,
  handler,
  agent,
  rpc,
}: RpcExchange): Promise<FastifyReply> {
  const gone = new AbortController();
  const events = handler
    .stream(
      { agent, method: rpc.method, params: rpc.params },
      invocationContext(request, gone.signal),
    )
    [Symbol.asyncIterator]();
  const out = reply.raw;
  out.once('close', () => gone.abort(new KagentError('canceled', 'The client went away.')));
  reply.hijack();
  out.writeHead(200, {
    ...CORS,
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  out.flushHeaders();
  const keepAlive = setInterval(() => out.write(SSE_KEEP_ALIVE), KEEP_ALIVE_MS);
  context.metrics.a2aStreams.inc();
  let outcome = 'ok';
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const written = out.write(encodeSseFrame({ data: encodeJsonRpcResult(rpc.id, next.value) }));
      context.metrics.a2aEvents.inc();
      if (!written) await drained(out, gone.signal);
    }
  } catch (error) {
    if (!gone.signal.aborted) {
      outcome = report(context, error);
      out.write(encodeSseFrame({ data: encodeJsonRpcError(rpc.id, jsonRpcError(error)) }));
    }
  } finally {
    clearInterval(keepAlive);
    context.metrics.a2aStreams.dec();
    count(context, { agent, method: rpc.method, outcome });
    out.end();
    await events.return?.();
  }
  return reply;
}

/** Resolves when the socket takes more; rejects when the client is gone. */
function drained(out: FastifyReply['raw'], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      signal.removeEventListener('abort', failed);
      resolve();
    };
    const failed = () => {
      out.off('drain', done);
      reject(new KagentError('canceled', 'The client went away.'));
    };
    out.once('drain', done);
    signal.addEventListener('abort', failed, { once: true });
  });
}

const NOT_FORWARDED = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'cookie',
  'keep-alive',
]);

function invocationContext(request: Request, signal: AbortSignal): InvocationContext {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string' && !NOT_FORWARDED.has(name)) headers[name] = value;
  }
  return { userId: principalOf(request).userId, headers, signal };
}

function findAgent(request: Request, { agents }: ServerContext) {
  const { namespace, name } = request.params;
  return agents.get({ namespace, name });
}

function notFound(request: Request, reply: FastifyReply): FastifyReply {
  const { namespace, name } = request.params;
  return reply
    .headers(CORS)
    .code(404)
    .type('text/plain')
    .send(`Agent ${namespace}/${name} not found\n`);
}

function report({ logger }: ServerContext, error: unknown): string {
  if (isKagentError(error)) return error.code;
  logger.error({ err: error }, 'A2A request failed');
  return 'internal';
}

function count(
  { metrics }: ServerContext,
  { agent, method, outcome }: { agent: AgentAddress; method: string; outcome: string },
): void {
  metrics.a2aRequests.labels(`${agent.namespace}/${agent.name}`, method, outcome).inc();
}
