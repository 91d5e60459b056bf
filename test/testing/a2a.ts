/** A small A2A 0.3 client over plain fetch, and what tests ask of a task. */
import {
  type A2AStreamEvent,
  METADATA,
  parseJsonRpcResponse,
  type Part,
  PART_TYPE,
  readA2AStream,
  Task,
} from '@kagent/spec';

export interface A2AClient {
  /** `message/send`, blocking: the task when it has ended. */
  send(agent: string, text: string, options?: SendOptions): Promise<Task>;
  /** `message/stream`. */
  stream(agent: string, text: string, options?: SendOptions): AsyncIterable<A2AStreamEvent>;
  /** Result of any method; throws the peer's error. */
  call(agent: string, method: string, params: unknown): Promise<unknown>;
  /** The raw answer to any body. */
  post(agent: string, body: string, headers?: Record<string, string>): Promise<Response>;
}

export interface SendOptions {
  contextId?: string;
  messageId?: string;
  /** Ends the stream or the wait. */
  signal?: AbortSignal;
}

/** Agents are `namespace/name`; a bare name is in `kagent`. */
export function createA2AClient(url: string): A2AClient {
  const address = (agent: string) =>
    `${url}/api/a2a/${agent.includes('/') ? agent : `kagent/${agent}`}/`;
  const rpc = (method: string, params: unknown) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const params = (text: string, { contextId, messageId }: SendOptions) => ({
    message: {
      kind: 'message',
      role: 'user',
      messageId: messageId ?? crypto.randomUUID(),
      parts: [{ kind: 'text', text }],
      ...(contextId === undefined ? {} : { contextId }),
    },
  });
  const post = (agent: string, body: string, init: RequestInit = {}) =>
    fetch(address(agent), {
      method: 'POST',
      body,
      ...init,
      headers: { 'content-type': 'application/json', ...(init.headers as object) },
    });
  return {
    async send(agent, text, options = {}) {
      const body = rpc('message/send', params(text, options));
      const response = await post(agent, body, { signal: options.signal ?? null });
      return Task.parse(parseJsonRpcResponse(await response.text()));
    },
    async *stream(agent, text, options = {}) {
      const body = rpc('message/stream', params(text, options));
      const response = await post(agent, body, { signal: options.signal ?? null });
      if (!response.body) throw new Error(`no stream: HTTP ${response.status}`);
      yield* readA2AStream(response.body);
    },
    async call(agent, method, callParams) {
      const response = await post(agent, rpc(method, callParams));
      return parseJsonRpcResponse(await response.text());
    },
    post: (agent, body, headers = {}) => post(agent, body, { headers }),
  };
}

/** What the agent said: the text of its last message, or of the status. */
export function answerOf(task: Task): string {
  const artifact = task.artifacts?.flatMap(({ parts }) => parts) ?? [];
  return textOf(artifact) || textOf(task.status.message?.parts ?? []);
}

export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

export interface SeenCall {
  name: string;
  args: unknown;
}

/** Tool calls of a task's history, in order. */
export function toolCallsOf(task: Task): SeenCall[] {
  return dataParts(task, PART_TYPE.functionCall).map((data) => ({
    name: String(data['name']),
    args: data['args'],
  }));
}

/** JSON texts of the tool results of a task's history, in order. */
export function toolResultsOf(task: Task): string[] {
  return dataParts(task, PART_TYPE.functionResponse).map((data) =>
    JSON.stringify(data['response']),
  );
}

function dataParts(task: Task, type: string): Record<string, unknown>[] {
  return (task.history ?? [])
    .flatMap(({ parts }) => parts)
    .flatMap((part) =>
      part.kind === 'data' && part.metadata?.[METADATA.type] === type ? [part.data] : [],
    );
}
