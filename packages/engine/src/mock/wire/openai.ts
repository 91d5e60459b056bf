/** OpenAI chat completions on the wire: https://platform.openai.com/docs/api-reference/chat */
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

const Content = z
  .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().nullish() }))])
  .nullish();

const Request = z.looseObject({
  model: z.string(),
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: Content,
      tool_call_id: z.string().nullish(),
      tool_calls: z
        .array(
          z.looseObject({
            id: z.string(),
            function: z.looseObject({ name: z.string(), arguments: z.string().nullish() }),
          }),
        )
        .nullish(),
    }),
  ),
  tools: z
    .array(
      z.looseObject({
        function: z.looseObject({
          name: z.string(),
          description: z.string().nullish(),
          parameters: z.record(z.string(), z.unknown()).nullish(),
        }),
      }),
    )
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

const FINISH = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
};

/** The OpenAI wire. Tool errors carry no flag on this wire, so `isError` is always false. */
export const openAiWire: Wire = {
  parse(body) {
    const parsed = Request.safeParse(body);
    if (!parsed.success) throw new BadRequest(z.prettifyError(parsed.error));
    const request = parsed.data;
    const system = request.messages.filter(
      (message) => message.role === 'system' || message.role === 'developer',
    );
    return {
      stream: request.stream ?? false,
      includeUsage: request.stream_options?.include_usage ?? false,
      conversation: {
        model: request.model,
        system: system.map((message) => plain(message.content)).join('\n'),
        messages: toMessages(request.messages),
        tools: (request.tools ?? []).map((tool) => ({
          name: tool.function.name,
          description: tool.function.description ?? '',
          schema: tool.function.parameters ?? {},
        })),
      },
    };
  },
  frames,
  whole(input) {
    const calls = (input.reply.toolCalls ?? []).map((call, index) => ({
      id: callId(input, index),
      type: 'function',
      function: { name: call.name, arguments: argsOf(call) },
    }));
    const message = {
      role: 'assistant',
      content: textOf(input.reply) === '' && calls.length > 0 ? null : textOf(input.reply),
      ...(input.reply.reasoning === undefined ? {} : { reasoning_content: input.reply.reasoning }),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
    return {
      ...envelope(input, 'chat.completion'),
      choices: [{ index: 0, message, finish_reason: FINISH[finishOf(input.reply)] }],
      usage: usage(input),
    };
  },
  error(status, message) {
    const type =
      status === 429
        ? 'rate_limit_error'
        : status >= 500
          ? 'server_error'
          : 'invalid_request_error';
    return {
      error: { message, type, param: null, code: status === 401 ? 'invalid_api_key' : null },
    };
  },
};

function plain(content: z.infer<typeof Content>): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? `[${part.type}]`).join('');
}

function toMessages(messages: z.infer<typeof Request>['messages']): BrainMessage[] {
  const names = new Map<string, string>();
  const result: BrainMessage[] = [];
  for (const message of messages) {
    const text = plain(message.content);
    if (message.role === 'user') result.push({ role: 'user', text });
    if (message.role === 'assistant') {
      const toolCalls = (message.tool_calls ?? []).map((call) => {
        names.set(call.id, call.function.name);
        return { id: call.id, name: call.function.name, args: call.function.arguments ?? '' };
      });
      result.push({ role: 'assistant', text, toolCalls });
    }
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? '';
      result.push({ role: 'tool', callId: id, name: names.get(id) ?? '', text, isError: false });
    }
  }
  return result;
}

function envelope(input: WireReply, object: string): Record<string, unknown> {
  return {
    id: `chatcmpl-${input.id}`,
    object,
    created: input.created,
    model: input.request.conversation.model,
  };
}

function* frames(input: WireReply): Generator<Frame> {
  const { reply } = input;
  const chunk = (delta: Record<string, unknown>, finish: string | null = null): string =>
    JSON.stringify({
      ...envelope(input, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  yield { data: chunk({ role: 'assistant', content: '' }), content: false };
  if (reply.reasoning !== undefined)
    yield { data: chunk({ reasoning_content: reply.reasoning }), content: true };
  for (const piece of textChunks(reply)) yield { data: chunk({ content: piece }), content: true };
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const args = argsOf(call);
    const half = Math.ceil(args.length / 2);
    const head = {
      index,
      id: callId(input, index),
      type: 'function',
      function: { name: call.name, arguments: '' },
    };
    yield { data: chunk({ tool_calls: [head] }), content: true };
    for (const piece of [args.slice(0, half), args.slice(half)]) {
      if (piece !== '')
        yield {
          data: chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
          content: true,
        };
    }
  }
  yield { data: chunk({}, FINISH[finishOf(reply)]), content: false };
  if (input.request.includeUsage) {
    yield {
      data: JSON.stringify({
        ...envelope(input, 'chat.completion.chunk'),
        choices: [],
        usage: usage(input),
      }),
      content: false,
    };
  }
  yield { data: '[DONE]', content: false };
}

function usage(input: WireReply): Record<string, unknown> {
  const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = usageOf(input);
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}
