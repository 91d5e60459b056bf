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

const Text = z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().nullish() }))]);

const Block = z.looseObject({
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
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Block)]) })),
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

const STOP = { stop: 'end_turn', length: 'max_tokens', 'tool-calls': 'tool_use', 'content-filter': 'refusal' };
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
        ...(reply.reasoning === undefined ? [] : [{ type: 'thinking', thinking: reply.reasoning, signature: signature(input) }]),
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
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content, input: undefined }] : content;
    const text = blocks.filter((block) => block.type === 'text').map((block) => block.text ?? '').join('');
    if (role === 'assistant') {
      const calls = blocks.filter((block) => block.type === 'tool_use');
      const toolCalls = calls.map((block) => {
        const call = { id: String(block.id), name: String(block.name), args: JSON.stringify(block.input ?? {}) };
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
  return { id: `msg_${input.id}`, type: 'message', role: 'assistant', model: input.request.conversation.model };
}

function signature(input: WireReply): string {
  return `sig_${input.id}`;
}

function* frames(input: WireReply): Generator<Frame> {
  const { reply } = input;
  const event = (data: Record<string, unknown>, content = false): Frame => ({ data: JSON.stringify(data), content });
  const counted = usage(input);
  yield event({
    type: 'message_start',
    message: { ...message(input), content: [], stop_reason: null, stop_sequence: null, usage: { ...counted, output_tokens: 0 } },
  });
  let index = 0;
  if (reply.reasoning !== undefined) {
    yield event({ type: 'content_block_start', index, content_block: { type: 'thinking', thinking: '', signature: '' } });
    yield event({ type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: reply.reasoning } }, true);
    yield event({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: signature(input) } });
    yield event({ type: 'content_block_stop', index });
    index += 1;
  }
  const chunks = textChunks(reply);
  if (chunks.length > 0) {
    yield event({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } });
    for (const text of chunks) yield event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }, true);
    yield event({ type: 'content_block_stop', index });
    index += 1;
  }
  for (const [position, call] of (reply.toolCalls ?? []).entries()) {
    const block = { type: 'tool_use', id: callId(input, position), name: call.name, input: {} };
    yield event({ type: 'content_block_start', index, content_block: block });
    const args = argsOf(call);
    const half = Math.ceil(args.length / 2);
    for (const piece of [args.slice(0, half), args.slice(half)]) {
      yield event({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: piece } }, true);
    }
    yield event({ type: 'content_block_stop', index });
    index += 1;
  }
  yield event({
    type: 'message_delta',
    delta: { stop_reason: STOP[finishOf(reply)], stop_sequence: null },
    usage: { output_tokens: counted.output_tokens },
  });
  yield event({ type: 'message_stop' });
}

function usage(input: WireReply): { input_tokens: number; output_tokens: number } & Record<string, number> {
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = usageOf(input);
  return {
    input_tokens: inputTokens - cachedInputTokens,
    output_tokens: outputTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation_input_tokens: 0,
  };
}
