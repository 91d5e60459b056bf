/** Reaches agents through their Service, with A2A 0.3 over HTTP: BYO containers, and our engine in another process. */
import {
  encodeJsonRpcRequest,
  isKagentError,
  KagentError,
  parseA2AStreamData,
  parseJsonRpcResponse,
  readA2AStream,
} from '@kagent/spec';
import type { AgentInvoker, Invocation, InvocationContext } from './agent-invoker.ts';

export interface HttpInvokerOptions {
  /** Resolves cluster names, e.g. `http://k8s-agent.kagent:8080/`. */
  fetch: typeof fetch;
  randomId: () => string;
}

/** Agents listen on this port of their Service. */
const AGENT_PORT = 8080;

export function createHttpInvoker({ fetch, randomId }: HttpInvokerOptions): AgentInvoker {
  async function post(
    invocation: Invocation,
    context: InvocationContext,
    accept: string,
  ): Promise<Response> {
    const { namespace, name } = invocation.agent;
    try {
      return await fetch(`http://${name}.${namespace}:${AGENT_PORT}/`, {
        method: 'POST',
        headers: {
          ...context.headers,
          'content-type': 'application/json',
          accept,
          'x-user-id': context.userId,
        },
        body: encodeJsonRpcRequest({
          id: randomId(),
          method: invocation.method,
          params: invocation.params,
        }),
        signal: context.signal,
      });
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      throw new KagentError('agent_unreachable', `Agent ${namespace}/${name} does not answer.`, {
        cause: error,
      });
    }
  }

  return {
    async call(invocation, context) {
      const response = await post(invocation, context, 'application/json');
      return parseJsonRpcResponse(await response.text());
    },

    async *stream(invocation, context) {
      const response = await post(invocation, context, 'text/event-stream');
      const { namespace, name } = invocation.agent;
      if (
        !(response.headers.get('content-type') ?? '').startsWith('text/event-stream') ||
        !response.body
      ) {
        yield parseA2AStreamData(await response.text());
        return;
      }
      try {
        yield* readA2AStream(response.body);
      } catch (error) {
        if (isKagentError(error)) throw error;
        throw new KagentError(
          'agent_unreachable',
          `The stream of agent ${namespace}/${name} was cut.`,
          {
            cause: error,
          },
        );
      }
    },
  };
}
