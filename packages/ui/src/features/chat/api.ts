/** One chat with one agent: sessions over REST, messages over A2A 0.3. */
import { queryOptions } from '@tanstack/react-query';
import {
  type A2AStreamEvent,
  encodeJsonRpcRequest,
  parseJsonRpcResponse,
  readA2AStream,
  Task,
} from '@kagent/spec';
import { z } from 'zod';
import { ApiError, type Http } from '../../http.ts';
import type { AgentName } from '../agents/api.ts';

const Session = z.looseObject({ id: z.string(), name: z.string().nullish() });
/** One element of the list of chats. */
export type Session = z.infer<typeof Session>;

/** Lists come as `null` from the older line when they are empty. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** The caller's chats with an agent, latest first. */
export function sessionsQuery(http: Http, { namespace, name }: AgentName) {
  return queryOptions({
    queryKey: ['sessions', namespace, name],
    queryFn: ({ signal }) =>
      http.read(`/api/sessions/agent/${namespace}/${name}?limit=100`, list(Session), { signal }),
    refetchInterval: 5_000,
  });
}

/** A call that is answered with a stream; `signal` ends the reading, never the run. */
export interface StreamCall {
  method: 'message/stream' | 'tasks/resubscribe';
  params: unknown;
  signal: AbortSignal;
}

/** What a conversation needs of the server. Rejects with `ApiError` or `KagentError`, whose messages are for people, or with the signal's reason. */
export interface ChatApi {
  /** Again with the same id changes nothing. */
  create(title: string, signal: AbortSignal): Promise<unknown>;
  /** What was said so far, oldest first. */
  tasks(signal: AbortSignal): Promise<Task[]>;
  /** Events in order; may end before the task has. */
  stream(call: StreamCall): AsyncIterable<A2AStreamEvent>;
  cancel(taskId: string, signal: AbortSignal): Promise<void>;
}

/** Binds the port to one agent and one session. */
export function createChatApi(http: Http, agent: AgentName, sessionId: string): ChatApi {
  const { namespace, name } = agent;
  const post = (method: string, params: unknown, signal: AbortSignal) =>
    http.send(`/api/a2a/${namespace}/${name}/`, {
      method: 'POST',
      body: encodeJsonRpcRequest({ id: '1', method, params }),
      signal,
    });
  return {
    create(title, signal) {
      const body = JSON.stringify({
        id: sessionId,
        agent_ref: `${namespace}/${name}`,
        name: title,
      });
      return http.read('/api/sessions', Session, { method: 'POST', body, signal });
    },
    tasks: (signal) =>
      http.read(`/api/sessions/${encodeURIComponent(sessionId)}/tasks`, list(Task), { signal }),
    async *stream({ method, params, signal }) {
      const response = await post(method, params, signal);
      const type = response.headers.get('content-type') ?? '';
      if (type.startsWith('text/event-stream') && response.body) {
        yield* readA2AStream(chunks(response.body));
      } else {
        await rpcResult(response);
      }
    },
    async cancel(taskId, signal) {
      await rpcResult(await post('tasks/cancel', { id: taskId }, signal));
    },
  };
}

/** Throws what the gateway refused with: a JSON-RPC error, or plain text with a status. */
async function rpcResult(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) {
    const isPage = (response.headers.get('content-type') ?? '').includes('html');
    const reason = isPage ? '' : text.trim();
    throw new ApiError(response.status, reason || `The server answered ${response.status}.`);
  }
  return parseJsonRpcResponse(text);
}

/** Not every browser can iterate a body; a reader works everywhere. A cut connection becomes an `ApiError`. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let next = await read(reader); !next.done; next = await read(reader)) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The connection was cut.');
  }
}
