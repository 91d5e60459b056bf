/** An agent runtime of this process behind the server's invoker port. */
import type { AgentRuntime } from '@kagent/engine';
import type { AgentInvoker, InvocationContext } from '@kagent/server';
import { KagentError } from '@kagent/spec';

export function runtimeInvoker({ handler }: AgentRuntime): AgentInvoker {
  const withUser = ({ headers, userId, signal }: InvocationContext) => ({
    headers: { ...headers, 'x-user-id': userId },
    signal,
  });
  return {
    call(invocation, context) {
      switch (invocation.method) {
        case 'message/send':
          return handler.sendMessage(invocation.params, withUser(context));
        case 'tasks/get':
          return handler.getTask(invocation.params, withUser(context));
        case 'tasks/cancel':
          return handler.cancelTask(invocation.params, withUser(context));
        default:
          return Promise.reject(unsupported(invocation.method));
      }
    },
    stream(invocation, context) {
      switch (invocation.method) {
        case 'message/stream':
          return handler.streamMessage(invocation.params, withUser(context));
        case 'tasks/resubscribe':
          return handler.resubscribe(invocation.params, withUser(context));
        default:
          throw unsupported(invocation.method);
      }
    },
  };
}

function unsupported(method: string): KagentError {
  return new KagentError('method_not_found', `Method "${method}" is not supported.`);
}
