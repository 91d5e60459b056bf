/** Anthropic messages on the wire: https://docs.anthropic.com/en/api/messages */
import { z } from 'zod';
import type { BrainMessage } from '../brain.ts';
import {
  argsOf,
  BadRequest,
  callId,
  finishOf,
  textChunks,
  textOf,
  usageOf,
  type Frame,
  type Wire,
  type WireReply,
} from './wire.ts';
import { parseJsonObject } from '../../models/parse-json.ts';

const Text = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().nullish() })),
]);

const RequestBlock = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  input: z.unknown().optional(),
  tool_use_id: z.string().nullish(),
  content: Text.nullish(),
  is_error: z.boolean().nullish(),
});

const Request = z.looseObject({
  model: z.string(),
  system: Text.nullish(),
  messages: z.array(
    z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(RequestBlock)]) }),
  ),
  tools: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string().nullish(),
        input_schema: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .nullish(),
  stream: z.boolean().nullish(),
});

const STOP = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
};
const ERRORS: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

/** The Anthropic wire. */
export const anthropicWire: Wire = {
  parse(body) {
    const parsed = Request.safeParse(body);
    if (!parsed.success) throw new BadRequest(z.prettifyError(parsed.error));
    const request = parsed.data;
    return {
      stream: request.stream ?? false,
      includeUsage: true,
      conversation: {
        model: request.model,
        system: plain(request.system),
        messages: toMessages(request.messages),
        tools: (request.tools ?? []).map((tool) => ({
          name: tool.name,
          description: tool.description ?? '',
          schema: tool.input_schema ?? {},
        })),
      },
    };
  },
  frames,
  whole(input) {
    const { reply } = input;
    const text = textOf(reply);
    return {
      ...message(input),
      content: [
        ...(reply.reasoning === undefined
          ? []
          : [{ type: 'thinking', thinking: reply.reasoning, signature: signature(input) }]),
        ...(text === '' ? [] : [{ type: 'text', text }]),
        ...(reply.toolCalls ?? []).map((call, index) => ({
          type: 'tool_use',
          id: callId(input, index),
          name: call.name,
          input: parseJsonObject(argsOf(call)) ?? {},
        })),
      ],
      stop_reason: STOP[finishOf(reply)],
      stop_sequence: null,
      usage: usage(input),
    };
  },
  error(status, text) {
    return { type: 'error', error: { type: ERRORS[status] ?? 'api_error', message: text } };
  },
};

function plain(content: z.infer<typeof Text> | null | undefined): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? `[${part.type}]`).join('');
}

function toMessages(messages: z.infer<typeof Request>['messages']): BrainMessage[] {
  const names = new Map<string, string>();
  const result: BrainMessage[] = [];
  for (const { role, content } of messages) {
    const blocks =
      typeof content === 'string' ? [{ type: 'text', text: content, input: undefined }] : content;
    const text = blocks
      .filter((block) => block.type === 'text')
      .map((block) => block.text ?? '')
      .join('');
    if (role === 'assistant') {
      const calls = blocks.filter((block) => block.type === 'tool_use');
      const toolCalls = calls.map((block) => {
        const call = {
          id: String(block.id),
          name: String(block.name),
          args: JSON.stringify(block.input ?? {}),
        };
        names.set(call.id, call.name);
        return call;
      });
      result.push({ role: 'assistant', text, toolCalls });
      continue;
    }
    for (const block of blocks.filter((candidate) => candidate.type === 'tool_result')) {
      const id = String(block.tool_use_id);
      result.push({
        role: 'tool',
        callId: id,
        name: names.get(id) ?? '',
        text: plain(block.content),
        isError: block.is_error ?? false,
      });
    }
    if (text !== '') result.push({ role: 'user', text });
  }
  return result;
}

function message(input: WireReply): Record<string, unknown> {
  return {
    id: `msg_${input.id}`,
    type: 'message',
    role: 'assistant',
    model: input.request.conversation.model,
  };
}

function signature(input: WireReply): string {
  return `sig_${input.id}`;
}

interface Block {
  start: Record<string, unknown>;
  deltas: { delta: Record<string, unknown>; content: boolean }[];
}

/** The content blocks of a reply in order: thinking, text, tool calls. */
function blocksOf(input: WireReply): Block[] {
  const { reply } = input;
  const blocks: Block[] = [];
  if (reply.reasoning !== undefined) {
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        { delta: { type: 'thinking_delta', thinking: reply.reasoning }, content: true },
        { delta: { type: 'signature_delta', signature: signature(input) }, content: false },
      ],
    });
  }
  const chunks = textChunks(reply);
  if (chunks.length > 0) {
    const deltas = chunks.map((text) => ({ delta: { type: 'text_delta', text }, content: true }));
    blocks.push({ start: { type: 'text', text: '' }, deltas });
  }
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const args = argsOf(call);
    const half = Math.ceil(args.length / 2);
    blocks.push({
      start: { type: 'tool_use', id: callId(input, index), name: call.name, input: {} },
      deltas: [args.slice(0, half), args.slice(half)].map((piece) => ({
        delta: { type: 'input_json_delta', partial_json: piece },
        content: true,
      })),
    });
  }
  return blocks;
}

function* frames(input: WireReply): Generator<Frame> {
  const event = (data: Record<string, unknown>, content = false): Frame => ({
    data: JSON.stringify(data),
    content,
  });
  const counted = usage(input);
  const empty = { content: [], stop_reason: null, stop_sequence: null };
  yield event({
    type: 'message_start',
    message: { ...message(input), ...empty, usage: { ...counted, output_tokens: 0 } },
  });
  for (const [index, block] of blocksOf(input).entries()) {
    yield event({ type: 'content_block_start', index, content_block: block.start });
    for (const { delta, content } of block.deltas) {
      yield event({ type: 'content_block_delta', index, delta }, content);
    }
    yield event({ type: 'content_block_stop', index });
  }
  yield event({
    type: 'message_delta',
    delta: { stop_reason: STOP[finishOf(input.reply)], stop_sequence: null },
    usage: { output_tokens: counted.output_tokens },
  });
  yield event({ type: 'message_stop' });
}

function usage(
  input: WireReply,
): { input_tokens: number; output_tokens: number } & Record<string, number> {
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = usageOf(input);
  return {
    input_tokens: inputTokens - cachedInputTokens,
    output_tokens: outputTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation_input_tokens: 0,
  };
}
