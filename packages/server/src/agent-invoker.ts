/** How the server reaches a running agent. Remote: A2A over HTTP. Local: a call in the same process. */
import type { A2AStreamEvent } from '@kagent/spec';

export interface AgentAddress {
  namespace: string;
  name: string;
}

export interface InvocationContext {
  userId: string;
  /** Lowercase request headers that may travel on (trace context, authorization, kagent's own). */
  headers: Record<string, string>;
  signal: AbortSignal;
}

export interface Invocation {
  agent: AgentAddress;
  /** A2A 0.3 method name. */
  method: string;
  params: unknown;
}

/**
 * Calls an agent with A2A 0.3 semantics.
 *
 * `call` resolves with the JSON-RPC result; `stream` yields the events of `message/stream` and `tasks/resubscribe` in
 * order. Both reject (a stream: before its first event, or in place of the next) with `KagentError`: the agent's own code
 * survives; `agent_unreachable` when nothing answers. Ending a stream early does not stop the run.
 */
export interface AgentInvoker {
  call(invocation: Invocation, context: InvocationContext): Promise<unknown>;
  stream(invocation: Invocation, context: InvocationContext): AsyncIterable<A2AStreamEvent>;
}
