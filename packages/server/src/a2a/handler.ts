/**
 * What the gateway does with an A2A request, free of any wire. Tasks that the journal knows are answered from it, so
 * that they can be read while their agent is down; everything else is the agent's to answer.
 */
import {
  A2A_METHODS,
  type A2AStreamEvent,
  isKagentError,
  KagentError,
  TaskQueryParams,
} from '@kagent/spec';
import type { AgentInvoker, Invocation, InvocationContext } from '../agent-invoker.ts';
import type { ServerContext } from '../context.ts';
import { findTask } from '../task-views.ts';

export type A2AHandler = AgentInvoker;

export function createA2AHandler(context: ServerContext): A2AHandler {
  const { store, invoker } = context;
  return {
    async call(invocation, caller) {
      requireKnown(invocation.method);
      switch (invocation.method) {
        case 'tasks/get': {
          const { id } = taskQuery(invocation.params);
          const task = await findTask(store, id, caller.userId);
          return task ?? explain(invocation, () => invoker.call(invocation, caller), context);
        }
        case 'tasks/cancel':
          return cancel(invocation, caller, context);
        default:
          return explain(invocation, () => invoker.call(invocation, caller), context);
      }
    },

    async *stream(invocation, caller): AsyncIterable<A2AStreamEvent> {
      requireKnown(invocation.method);
      try {
        yield* invoker.stream(invocation, caller);
      } catch (error) {
        throw withReadiness(error, invocation, context);
      }
    },
  };
}

function requireKnown(method: string): void {
  if (!A2A_METHODS.some((known) => known === method)) {
    throw new KagentError('method_not_found', `Method "${method}" is not supported.`);
  }
}

function taskQuery(params: unknown): TaskQueryParams {
  const result = TaskQueryParams.safeParse(params);
  if (result.success) return result.data;
  throw new KagentError('invalid_argument', 'params.id must be the id of a task.');
}

/** A run whose agent is down is marked, and ends as canceled as soon as an engine picks it up. */
async function cancel(
  invocation: Invocation,
  caller: InvocationContext,
  context: ServerContext,
): Promise<unknown> {
  const { store, invoker } = context;
  const { id } = taskQuery(invocation.params);
  try {
    return await invoker.call(invocation, caller);
  } catch (error) {
    const run =
      isKagentError(error) && error.code === 'agent_unreachable'
        ? await store.runs.get(id)
        : undefined;
    if (!run || run.userId !== caller.userId) throw withReadiness(error, invocation, context);
    await store.runs.requestCancel(id, caller.userId);
    return findTask(store, id, caller.userId);
  }
}

async function explain<T>(
  invocation: Invocation,
  work: () => Promise<T>,
  context: ServerContext,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withReadiness(error, invocation, context);
  }
}

/** An agent that does not answer is named together with what its conditions say. */
function withReadiness(error: unknown, { agent }: Invocation, { agents }: ServerContext): unknown {
  if (!isKagentError(error) || error.code !== 'agent_unreachable') return error;
  const conditions = agents.get(agent)?.status?.conditions ?? [];
  const bad = conditions.find(
    (item) => item.status !== 'True' && (item.type === 'Accepted' || item.type === 'Ready'),
  );
  const why = bad
    ? `${bad.type} is ${bad.status}: ${bad.message || bad.reason}`
    : 'it does not answer';
  return new KagentError(
    'agent_not_ready',
    `Agent ${agent.namespace}/${agent.name} can't be reached: ${why}. ` +
      `See \`kubectl describe agent ${agent.name} -n ${agent.namespace}\`.`,
    { cause: error },
  );
}
