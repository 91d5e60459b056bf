/**
 * Hands a task to another agent over A2A 0.3 and follows it to its end, through lost connections and restarts of the
 * other side.
 */
import {
  A2AMessage,
  encodeJsonRpcRequest,
  isKagentError,
  KagentError,
  parseJsonRpcResponse,
  readA2AStream,
  Task,
  type A2AMethod,
  type A2AStreamEvent,
} from '@kagent/spec';
import { z } from 'zod';
import type { Clock } from '../../ports.ts';
import type { TaskOutcome } from './task-outcome.ts';

export interface AgentEndpoint {
  url: string;
  headers: Record<string, string>;
  fetch: typeof globalThis.fetch;
  clock: Clock;
  randomId: () => string;
}

/** Failed tries in a row before a followed task is given up, with waits up to 5 s in between: about two minutes. */
const MAX_LOST = 26;
/** The same while nothing says that the agent got the message. */
const MAX_UNREACHED = 4;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;
/** A count of lost tries whose wait is 2 s. */
const CALM = 3;

const TaskOrMessage = z.discriminatedUnion('kind', [Task, A2AMessage]);

/**
 * Sends the message and gathers events into `outcome` until the task is final. The message id makes the sending
 * idempotent with our own agents. Rejects with the peer's error, `agent_unreachable`, or the reason of `signal`.
 */
export async function runRemoteTask(
  endpoint: AgentEndpoint,
  message: A2AMessage,
  options: { outcome: TaskOutcome; signal: AbortSignal },
): Promise<void> {
  const { outcome, signal } = options;
  let lost = 0;
  let method: A2AMethod = 'message/stream';
  while (!outcome.isFinal) {
    try {
      for await (const event of open(endpoint, next(method, outcome, message), signal)) {
        // An agent that is asked again and again is asked at a calmer pace.
        lost = method === 'tasks/get' ? CALM : 0;
        outcome.apply(event);
        if (outcome.isFinal) return;
      }
    } catch (error) {
      signal.throwIfAborted();
      const other = otherMethod(error, method);
      if (!other && !isLost(error)) throw error;
      method = other ?? method;
    }
    if (outcome.taskId !== undefined && !method.startsWith('tasks/')) method = 'tasks/resubscribe';
    lost += 1;
    if (lost >= (outcome.taskId === undefined ? MAX_UNREACHED : MAX_LOST))
      throw unreachable(endpoint);
    await endpoint.clock.sleep(Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (lost - 1)), signal);
  }
}

/** Asks for the end of a task; nobody waits for it to end. Rejects when the agent can't be asked. */
export async function cancelRemoteTask(
  endpoint: AgentEndpoint,
  taskId: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of open(endpoint, { method: 'tasks/cancel', params: { id: taskId } }, signal));
}

function next(
  method: A2AMethod,
  outcome: TaskOutcome,
  message: A2AMessage,
): { method: A2AMethod; params: unknown } {
  return method.startsWith('message/')
    ? { method, params: { message } }
    : { method, params: { id: outcome.taskId } };
}

/** What to try instead when the agent does not know a method. */
function otherMethod(error: unknown, method: A2AMethod): A2AMethod | undefined {
  if (!isKagentError(error)) return undefined;
  const unknown = error.code === 'method_not_found' || error.code === 'unsupported_operation';
  if (method === 'message/stream' && unknown) return 'message/send';
  if (method === 'tasks/resubscribe' && (unknown || error.code === 'task_not_found'))
    return 'tasks/get';
  return undefined;
}

/** Errors of the connection, as opposed to answers of the agent. */
function isLost(error: unknown): boolean {
  return (
    !isKagentError(error) || error.code === 'agent_unreachable' || error.code === 'unavailable'
  );
}

function unreachable(endpoint: AgentEndpoint, cause?: unknown): KagentError {
  const { host } = new URL(endpoint.url);
  return new KagentError('agent_unreachable', `The agent at ${host} can't be reached.`, { cause });
}

/** One JSON-RPC exchange; answers that are not streams become one event. */
async function* open(
  endpoint: AgentEndpoint,
  call: { method: A2AMethod; params: unknown },
  signal: AbortSignal,
): AsyncGenerator<A2AStreamEvent> {
  const response = await endpoint.fetch(endpoint.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream, application/json',
      ...endpoint.headers,
    },
    body: encodeJsonRpcRequest({ id: endpoint.randomId(), ...call }),
    signal,
  });
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && type.startsWith('text/event-stream') && response.body) {
    yield* readA2AStream(response.body);
    return;
  }
  const text = await response.text();
  if (!response.ok && !type.includes('json')) throw unreachable(endpoint);
  const result = TaskOrMessage.safeParse(parseJsonRpcResponse(text));
  if (!result.success)
    throw new KagentError('internal', 'The agent answered neither a task nor a message.');
  yield result.data;
}
