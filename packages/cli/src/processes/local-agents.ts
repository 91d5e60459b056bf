/** Agents that live in this process are called without a socket between; all others over HTTP. */
import type { AgentInvoker, Invocation } from '@kagent/server';

export interface LocalAgents {
  /** Announces a running agent; the returned function takes it back. Several replicas may stand under one name. */
  add(ref: string, agent: AgentInvoker): () => void;
  /** An invoker that prefers what runs here. */
  invoker(remote: AgentInvoker): AgentInvoker;
}

export function createLocalAgents(): LocalAgents {
  const running = new Map<string, AgentInvoker[]>();
  const find = ({ agent }: Invocation) => running.get(`${agent.namespace}/${agent.name}`)?.at(-1);

  return {
    add(ref, agent) {
      running.set(ref, [...(running.get(ref) ?? []), agent]);
      return () => {
        const rest = (running.get(ref) ?? []).filter((item) => item !== agent);
        if (rest.length > 0) running.set(ref, rest);
        else running.delete(ref);
      };
    },
    invoker: (remote) => ({
      call: (invocation, context) => (find(invocation) ?? remote).call(invocation, context),
      stream: (invocation, context) => (find(invocation) ?? remote).stream(invocation, context),
    }),
  };
}
