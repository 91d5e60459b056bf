/** Other agents as tools: one tool an agent, one string argument, a child session that the UI can open. */
import {
  isKagentError,
  KagentError,
  type A2AMessage,
  type EngineRemoteAgent,
  type ToolResult,
} from '@kagent/spec';
import { asError } from '../../abort.ts';
import { derivedId } from '../../ids.ts';
import { errorResult } from '../../loop/tool-output.ts';
import type { Clock, Logger, Tool, ToolCallContext, ToolSource } from '../../ports.ts';
import { modelToolName } from '../mcp/tool-source.ts';
import { cancelRemoteTask, runRemoteTask, type AgentEndpoint } from './agent-client.ts';
import { createTaskOutcome, type TaskOutcome } from './task-outcome.ts';

export interface AgentToolSourceOptions {
  agents: readonly EngineRemoteAgent[];
  fetch: typeof globalThis.fetch;
  clock: Clock;
  randomId: () => string;
  logger: Logger;
}

/** How long the cancelling of a child task may take. */
const CANCEL_MS = 5_000;

const INPUT_SCHEMA = {
  type: 'object',
  properties: {
    request: {
      type: 'string',
      description:
        'The task for the agent, with all it needs to know: it does not see this conversation.',
    },
  },
  required: ['request'],
};

/** Never down: whether an agent answers shows when it is called. */
export function createAgentToolSource(options: AgentToolSourceOptions): ToolSource {
  const tools = options.agents.map((agent) => agentTool(agent, options));
  return {
    name: 'agents',
    list: async () => ({ tools }),
    close: async () => undefined,
  };
}

function agentTool(agent: EngineRemoteAgent, options: AgentToolSourceOptions): Tool {
  const source = `Agent/${agent.name.replace('__NS__', '/')}`;
  return {
    spec: {
      name: modelToolName(agent.name),
      description: agent.description || `Hands a task to the agent ${agent.name}.`,
      inputSchema: INPUT_SCHEMA,
    },
    source,
    // The message id comes from the call: sent again after a crash it joins the run there is.
    repeatable: true,
    isAgent: true,
    isolateSessions: agent.isolate_sessions ?? false,
    call: (args, context) => callAgent({ agent, args, context, options }),
  };
}

interface AgentCall {
  agent: EngineRemoteAgent;
  args: Record<string, unknown>;
  context: ToolCallContext;
  options: AgentToolSourceOptions;
}

async function callAgent(call: AgentCall): Promise<ToolResult> {
  const { agent, args, context } = call;
  if (typeof args.request !== 'string' || args.request.trim() === '') {
    return errorResult('The argument "request" is missing: say what the agent is to do.');
  }
  const message: A2AMessage = {
    kind: 'message',
    messageId: derivedId('subagent-message', context.runId, context.callId),
    role: 'user',
    parts: [{ kind: 'text', text: args.request }],
    ...(context.subagentSessionId ? { contextId: context.subagentSessionId } : {}),
  };
  const outcome = createTaskOutcome();
  const following = new AbortController();
  const onAbort = () => leave(call, outcome, following);
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    context.signal.throwIfAborted();
    await runRemoteTask(endpointOf(call), message, { outcome, signal: following.signal });
    return outcome.result(agent.name);
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = isKagentError(error) ? error.message : "it can't be reached";
    call.options.logger.warn({ agent: agent.name, error }, 'Agent call failed');
    return errorResult(`Calling the agent ${agent.name} failed: ${reason}`);
  } finally {
    context.signal.removeEventListener('abort', onAbort);
  }
}

/**
 * A canceled or timed-out run takes its children with it. A run that another process will go on with leaves them
 * alone: it joins them again.
 */
function leave(call: AgentCall, outcome: TaskOutcome, following: AbortController): void {
  const reason: unknown = call.context.signal.reason;
  const ends =
    isKagentError(reason) && (reason.code === 'canceled' || reason.code === 'deadline_exceeded');
  const stop = () => following.abort(asError(reason));
  if (!ends) {
    stop();
    return;
  }
  cancelChild(call, outcome).then(stop, (error: unknown) => {
    call.options.logger.warn({ agent: call.agent.name, error }, 'Canceling a child task failed');
    stop();
  });
}

async function cancelChild(call: AgentCall, outcome: TaskOutcome): Promise<void> {
  const { clock } = call.options;
  const limit = new AbortController();
  const late = new KagentError('deadline_exceeded', 'The agent did not answer in time.');
  clock.sleep(CANCEL_MS, limit.signal).then(
    () => limit.abort(late),
    () => undefined,
  );
  try {
    // The message may be on its way: the first event tells the id to cancel.
    while (outcome.taskId === undefined && !outcome.isFinal) await clock.sleep(50, limit.signal);
    if (outcome.taskId !== undefined && !outcome.isFinal) {
      await cancelRemoteTask(endpointOf(call), outcome.taskId, limit.signal);
    }
  } finally {
    limit.abort(new Error('done'));
  }
}

function endpointOf({ agent, context, options }: AgentCall): AgentEndpoint {
  const { fetch, clock, randomId } = options;
  const { headers } = context;
  const passed = ['traceparent', 'tracestate'].flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    url: agent.url,
    fetch,
    clock,
    randomId,
    headers: {
      ...Object.fromEntries(passed),
      'x-user-id': context.userId,
      'x-kagent-source': 'agent',
      'x-kagent-parent-context-id': context.sessionId,
      'x-kagent-root-context-id': headers['x-kagent-root-context-id'] ?? context.sessionId,
      ...agent.headers,
    },
  };
}
