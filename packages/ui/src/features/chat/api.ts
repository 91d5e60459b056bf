/** Sessions over REST, messages over A2A. */
import { queryOptions } from '@tanstack/react-query';
import {
  type A2AStreamEvent,
  encodeJsonRpcRequest,
  parseJsonRpcResponse,
  readA2AStream,
  Task,
} from '@kagent/spec';
import { z } from 'zod';
import { api, ApiError, reach } from '../../api.ts';

const Session = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  updated_at: z.string(),
});
export type Session = z.infer<typeof Session>;

export interface AgentName {
  namespace: string;
  name: string;
}

export function sessionsQuery({ namespace, name }: AgentName) {
  return queryOptions({
    queryKey: ['sessions', namespace, name],
    queryFn: ({ signal }) =>
      api(`/api/sessions/agent/${namespace}/${name}`, z.array(Session).optional().default([]), {
        signal,
      }),
  });
}

export function createSession({ namespace, name }: AgentName, title: string): Promise<Session> {
  const body = JSON.stringify({ agent_ref: `${namespace}/${name}`, name: title });
  return api('/api/sessions', Session, { method: 'POST', body });
}

export function sessionTasks(sessionId: string, signal: AbortSignal): Promise<Task[]> {
  return api(`/api/sessions/${sessionId}/tasks`, z.array(Task).optional().default([]), { signal });
}

export interface StreamCall {
  agent: AgentName;
  method: 'message/stream' | 'tasks/resubscribe';
  params: unknown;
  signal: AbortSignal;
}

/** Events in order; rejects with a message for people. */
export async function* streamEvents({
  agent,
  method,
  params,
  signal,
}: StreamCall): AsyncGenerator<A2AStreamEvent> {
  const response = await post(agent, { method, params, signal });
  if (
    !(response.headers.get('content-type') ?? '').startsWith('text/event-stream') ||
    !response.body
  ) {
    const text = await response.text();
    if (!response.ok) throw new ApiError(response.status, text.trim());
    parseJsonRpcResponse(text);
    return;
  }
  yield* readA2AStream(chunks(response.body));
}

export async function cancelTask(agent: AgentName, taskId: string): Promise<void> {
  const response = await post(agent, { method: 'tasks/cancel', params: { id: taskId } });
  parseJsonRpcResponse(await response.text());
}

function post(
  agent: AgentName,
  { method, params, signal }: { method: string; params: unknown; signal?: AbortSignal },
) {
  return reach(`/api/a2a/${agent.namespace}/${agent.name}/`, {
    method: 'POST',
    body: encodeJsonRpcRequest({ id: '1', method, params }),
    ...(signal ? { signal } : {}),
  });
}

/** Browsers differ in whether a body stream can be iterated; a reader works everywhere. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}
