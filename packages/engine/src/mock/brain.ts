/**
 * What decides in a mock model server: a function from the conversation to a reply. The wire formats around it are in
 * `wire/`; the scripted model and the demo model are two brains.
 */

/** One message as the brain sees it, whatever wire it came over. */
export type BrainMessage =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; toolCalls: BrainToolCall[] }
  | { role: 'tool'; callId: string; name: string; text: string; isError: boolean };

export interface BrainToolCall {
  id: string;
  name: string;
  /** As sent by the client, JSON encoded. */
  args: string;
}

export interface BrainTool {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  schema: Record<string, unknown>;
}

export interface Conversation {
  system: string;
  messages: BrainMessage[];
  tools: BrainTool[];
  /** Model id of the request. */
  model: string;
}

export interface ReplyUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number;
  reasoningTokens?: number;
}

export interface ReplyError {
  status: number;
  /** In the error shape of the wire. */
  message?: string;
  /** Instead of that shape. */
  body?: unknown;
  /** Seconds, as the `retry-after` header. */
  retryAfter?: number;
  /** Tells clients with `x-should-retry: false` that trying again is pointless. */
  final?: boolean;
}

/** What the server answers. Everything is optional; an empty reply is an empty answer. */
export interface Reply {
  text?: string;
  /** The text in the pieces it is streamed in; wins over `text`. */
  chunks?: string[];
  reasoning?: string;
  /** Several calls are parallel calls of one turn. `rawArgs` is sent as it is, so it may be malformed. */
  toolCalls?: { name: string; args?: Record<string, unknown>; rawArgs?: string; id?: string }[];
  /** Milliseconds before anything is sent. */
  delayMs?: number;
  /** An HTTP error instead of an answer. */
  error?: ReplyError;
  /** Breaks the connection after this many content chunks of the stream. */
  cutAfterChunks?: number;
  /** Sends a chunk that is no JSON after this many content chunks. */
  malformedAfterChunks?: number;
  finishReason?: 'stop' | 'length' | 'tool-calls' | 'content-filter';
  /** Estimated from the lengths when absent. */
  usage?: ReplyUsage;
}

/** May throw: the client then gets a 500 with the message. */
export type Brain = (conversation: Conversation) => Reply | Promise<Reply>;

/** Text of the last user message; empty when there is none. */
export function lastUserText(conversation: Conversation): string {
  const last = conversation.messages.findLast((message) => message.role === 'user');
  return last?.role === 'user' ? last.text : '';
}

/** Tool results after the last assistant message that called tools; empty when the user spoke last. */
export function latestToolResults(
  conversation: Conversation,
): Extract<BrainMessage, { role: 'tool' }>[] {
  const results: Extract<BrainMessage, { role: 'tool' }>[] = [];
  for (const message of conversation.messages.toReversed()) {
    if (message.role !== 'tool') break;
    results.unshift(message);
  }
  return results;
}
