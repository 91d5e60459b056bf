/** What a wire format does for the mock server: read requests, write replies whole or as server-sent events, and errors. */
import type { Conversation, Reply, ReplyUsage } from '../brain.ts';

export interface WireRequest {
  conversation: Conversation;
  stream: boolean;
  /** The client asked for a usage chunk (OpenAI's `stream_options.include_usage`; always true on other wires). */
  includeUsage: boolean;
}

/** One server-sent event. `content` frames are those that `cutAfterChunks` counts. */
export interface Frame {
  data: string;
  content: boolean;
}

export interface WireReply {
  reply: Reply;
  request: WireRequest;
  /** Unique per answer. */
  id: string;
  /** Seconds since the epoch. */
  created: number;
}

export interface Wire {
  /** Throws `BadRequest` when the body is not of this wire. */
  parse(body: unknown): WireRequest;
  frames(input: WireReply): Iterable<Frame>;
  whole(input: WireReply): unknown;
  error(status: number, message: string): unknown;
}

/** The client's fault; answered with 400 in the shape of the wire. */
export class BadRequest extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadRequest';
  }
}

/** The text of a reply in the pieces it is streamed in: as given, or about two words each. */
export function textChunks(reply: Reply): string[] {
  if (reply.chunks !== undefined) return reply.chunks;
  return split(reply.text ?? '');
}

/** Pieces of about two words; joined they are the text again. */
export function split(text: string): string[] {
  return text.match(/\s*\S+(?:[ \t]+\S+)?\s*/g) ?? (text === '' ? [] : [text]);
}

/** The whole text of a reply. */
export function textOf(reply: Reply): string {
  return reply.chunks?.join('') ?? reply.text ?? '';
}

/** JSON text of a tool call's arguments, possibly malformed on purpose. */
export function argsOf(call: NonNullable<Reply['toolCalls']>[number]): string {
  return call.rawArgs ?? JSON.stringify(call.args ?? {});
}

/** Id of the n-th tool call of a reply. */
export function callId(input: WireReply, index: number): string {
  return input.reply.toolCalls?.[index]?.id ?? `call_${input.id}_${index}`;
}

/** Usage as given, or four characters a token. */
export function usageOf({ reply, request }: WireReply): ReplyUsage {
  if (reply.usage !== undefined) return reply.usage;
  const { conversation } = request;
  const messages = conversation.messages.map((message) =>
    message.role === 'assistant'
      ? message.text + message.toolCalls.map((call) => call.args).join('')
      : message.text,
  );
  const input =
    [conversation.system, ...messages].join('').length + JSON.stringify(conversation.tools).length;
  const output =
    textOf(reply).length +
    (reply.toolCalls ?? []).map((call) => call.name + argsOf(call)).join('').length;
  const reasoning = Math.ceil((reply.reasoning ?? '').length / 4);
  return {
    inputTokens: Math.ceil(input / 4),
    outputTokens: Math.ceil(output / 4) + reasoning,
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
  };
}

/** Why the reply ends, unless the reply says so itself. */
export function finishOf(reply: Reply): NonNullable<Reply['finishReason']> {
  return reply.finishReason ?? ((reply.toolCalls?.length ?? 0) > 0 ? 'tool-calls' : 'stop');
}
