/**
 * The model server behind the demo model and the scripted model: OpenAI and Anthropic wire on one port, streamed or
 * whole, with a brain that decides. Needs nothing but `node:http`.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { KagentError } from '@kagent/spec';
import { parseJson } from '../models/parse-json.ts';
import type { Logger } from '../ports.ts';
import type { Brain, Reply } from './brain.ts';
import { anthropicWire } from './wire/anthropic.ts';
import { openAiWire } from './wire/openai.ts';
import { BadRequest, type Wire, type WireReply } from './wire/wire.ts';

const MAX_BODY = 32 * 1024 * 1024;

export interface MockLlmOptions {
  brain: Brain;
  logger: Logger;
  /** Milliseconds between the chunks of a stream. Default 0. */
  chunkDelayMs?: number;
  /** Model ids that `/v1/models` lists. Any id is accepted in requests. */
  models?: string[];
  /** Milliseconds since the epoch, for the `created` fields. Default `Date.now`. */
  now?: () => number;
}

export interface StartMockLlmOptions extends MockLlmOptions {
  /** Default `127.0.0.1`. */
  host?: string;
  /** 0 picks a free one. Default 0. */
  port?: number;
}

export interface MockLlm {
  /** Without a path, e.g. `http://127.0.0.1:41234`. OpenAI clients use `${url}/v1`. */
  url: string;
  /** Closes the port and every open connection. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Listens and answers `POST /v1/chat/completions`, `POST /v1/messages`, `GET /v1/models` and `GET /health`. Rejects
 * with `unavailable` when the port can't be taken.
 */
export async function startMockLlm(options: StartMockLlmOptions): Promise<MockLlm> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer(mockLlmListener(options));
  // Clients keep connections alive for longer than the default of five seconds.
  server.keepAliveTimeout = 60_000;
  server.listen(options.port ?? 0, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new KagentError(
      'unavailable',
      `The model server can't listen on ${host}:${options.port ?? 0}.`,
      { cause },
    );
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${port}`,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The same as a request listener, to embed in a server of one's own. */
export function mockLlmListener(options: MockLlmOptions): RequestListener {
  let count = 0;
  return (request, response) => {
    count += 1;
    handle({ options, request, response, id: String(count) }).catch((error: unknown) => {
      options.logger.error(
        { error: error instanceof Error ? error.message : String(error) },
        'mock model request failed',
      );
      response.destroy();
    });
  };
}

interface Exchange {
  options: MockLlmOptions;
  request: IncomingMessage;
  response: ServerResponse;
  id: string;
}

async function handle(exchange: Exchange): Promise<void> {
  const { options, request, response } = exchange;
  const path = new URL(request.url ?? '/', 'http://mock').pathname;
  if (path === '/health') return sendJson(response, 200, { status: 'ok' });
  if (path.endsWith('/models') && request.method === 'GET') {
    const models = options.models ?? ['mock'];
    return sendJson(response, 200, {
      object: 'list',
      data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'kagent' })),
    });
  }
  const wire = wireOf(path);
  if (wire === undefined)
    return sendJson(response, 404, openAiWire.error(404, `There is nothing at ${path}.`));
  if (request.method !== 'POST') return sendJson(response, 405, wire.error(405, 'Use POST.'));
  const text = await readBody(request);
  if (text === undefined)
    return sendJson(response, 413, wire.error(413, 'The request is too large.'));
  return answer(exchange, wire, text);
}

function wireOf(path: string): Wire | undefined {
  if (path.endsWith('/chat/completions')) return openAiWire;
  if (path.endsWith('/messages')) return anthropicWire;
  return undefined;
}

async function answer(exchange: Exchange, wire: Wire, text: string): Promise<void> {
  const { options, response } = exchange;
  let input: WireReply;
  try {
    const request = wire.parse(parseJson(text));
    const reply = await options.brain(request.conversation);
    const created = Math.floor((options.now?.() ?? Date.now()) / 1000);
    input = { request, reply, id: exchange.id, created };
  } catch (error) {
    const status = error instanceof BadRequest ? 400 : 500;
    return sendJson(
      response,
      status,
      wire.error(status, error instanceof Error ? error.message : String(error)),
    );
  }
  const { reply } = input;
  options.logger.debug(
    { model: input.request.conversation.model, tools: reply.toolCalls?.map((call) => call.name) },
    'mock model answered',
  );
  if (reply.delayMs) await delay(reply.delayMs);
  if (response.destroyed) return;
  if (reply.error !== undefined) return sendError({ response, wire, error: reply.error });
  if (!input.request.stream) return sendJson(response, 200, wire.whole(input));
  await sendStream({ response, wire, input, chunkDelayMs: options.chunkDelayMs ?? 0 });
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and dropped: breaking off would take the answer away with the connection.
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (size > MAX_BODY) return undefined;
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(input: {
  response: ServerResponse;
  wire: Wire;
  error: NonNullable<Reply['error']>;
}): void {
  const { response, wire, error } = input;
  if (error.retryAfter !== undefined) response.setHeader('retry-after', String(error.retryAfter));
  if (error.final) response.setHeader('x-should-retry', 'false');
  sendJson(
    response,
    error.status,
    error.body ?? wire.error(error.status, error.message ?? `Scripted error ${error.status}.`),
  );
}

interface StreamInput {
  response: ServerResponse;
  wire: Wire;
  input: WireReply;
  chunkDelayMs: number;
}

async function sendStream({ response, wire, input, chunkDelayMs }: StreamInput): Promise<void> {
  const { reply } = input;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  let sent = 0;
  for (const frame of wire.frames(input)) {
    if (response.destroyed) return;
    if (frame.content) {
      if (reply.cutAfterChunks === sent) return cut(response);
      if (reply.malformedAfterChunks === sent) response.write('data: {"malformed\n\n');
      if (sent > 0 && chunkDelayMs > 0) await delay(chunkDelayMs);
      sent += 1;
    }
    const room = response.write(`${eventLine(frame.data)}data: ${frame.data}\n\n`);
    if (!room) await roomOrEnd(response);
  }
  if (reply.cutAfterChunks !== undefined && reply.cutAfterChunks >= sent) return cut(response);
  response.end();
}

/** Resolves when the client takes more, or is gone. */
function roomOrEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

/** Anthropic names its events; the name is the `type` of the data. */
function eventLine(data: string): string {
  const type = /^\{"type":"([a-z_]+)"/.exec(data)?.[1];
  return type === undefined ? '' : `event: ${type}\n`;
}

/** Breaks the connection after what was written so far is on its way. */
function cut(response: ServerResponse): void {
  response.write('', () => response.destroy());
}
