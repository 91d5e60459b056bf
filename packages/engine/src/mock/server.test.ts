import { afterEach, describe, expect, it } from 'vitest';
import { parseJson } from '../models/parse-json.ts';
import type { Logger } from '../ports.ts';
import type { Brain, Conversation, Reply } from './brain.ts';
import { FOOTER } from './demo/answers.ts';
import { startDemoModel } from './demo/start-demo-model.ts';
import { startMockLlm, type MockLlm } from './server.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const servers: MockLlm[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function serve(brain: Brain | Reply): Promise<string> {
  const server = await startMockLlm({
    logger,
    brain: typeof brain === 'function' ? brain : () => brain,
    now: () => 5000,
  });
  servers.push(server);
  return server.url;
}

async function post(
  url: string,
  body: unknown,
): Promise<{ status: number; text: string; json: unknown; headers: Headers }> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, json: parseJson(text), headers: response.headers };
}

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const CLAUDE = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] };

/** Data lines of a stream, parsed. */
function eventsOf(text: string): unknown[] {
  return text
    .split('\n')
    .flatMap((line) =>
      line.startsWith('data: ') ? [parseJson(line.slice(6)) ?? line.slice(6)] : [],
    );
}

describe('mock model server', () => {
  it('answers health and models', async () => {
    const url = await serve({});
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
      object: 'list',
      data: [{ id: 'mock' }],
    });
  });

  it('writes a whole OpenAI answer', async () => {
    const usage = { inputTokens: 9, outputTokens: 4, cachedInputTokens: 3, reasoningTokens: 1 };
    const url = await serve({
      text: 'hello',
      toolCalls: [{ name: 't', args: { a: 1 }, id: 'c1' }],
      usage,
    });
    const { json } = await post(`${url}/v1/chat/completions`, CHAT);
    expect(json).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 5,
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'hello',
            tool_calls: [
              { id: 'c1', type: 'function', function: { name: 't', arguments: '{"a":1}' } },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 4,
        total_tokens: 13,
        prompt_tokens_details: { cached_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
  });

  it('streams an OpenAI answer in small chunks, with usage only when it is asked for', async () => {
    const url = await serve({ text: 'one two three four five' });
    const plain = eventsOf(
      (await post(`${url}/v1/chat/completions`, { ...CHAT, stream: true })).text,
    );
    const contents = plain.map(
      (event) =>
        (event as { choices?: { delta: { content?: string } }[] }).choices?.[0]?.delta.content,
    );
    expect(contents.filter(Boolean)).toEqual(['one two ', 'three four ', 'five']);
    expect(plain.at(-1)).toBe('[DONE]');
    expect(JSON.stringify(plain)).not.toContain('prompt_tokens');
    const counted = await post(`${url}/v1/chat/completions`, {
      ...CHAT,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(eventsOf(counted.text).at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 6 },
    });
  });

  it('writes a whole Anthropic answer', async () => {
    const url = await serve({
      reasoning: 'hm',
      text: 'hello',
      toolCalls: [{ name: 't', args: { a: 1 } }],
    });
    const { json } = await post(`${url}/v1/messages`, CLAUDE);
    expect(json).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'hello' },
        { type: 'tool_use', name: 't', input: { a: 1 } },
      ],
    });
  });

  it('streams an Anthropic answer as named events in their order', async () => {
    const url = await serve({ text: 'one', toolCalls: [{ name: 't' }] });
    const { text } = await post(`${url}/v1/messages`, { ...CLAUDE, stream: true });
    expect(text.match(/^event: .*$/gm)?.map((line) => line.slice(7))).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('gives the brain the same conversation on both wires', async () => {
    const seen: Conversation[] = [];
    const url = await serve((conversation) => {
      seen.push(conversation);
      return {};
    });
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    await post(`${url}/v1/chat/completions`, {
      model: 'm',
      messages: [
        { role: 'system', content: 'be good' },
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c', type: 'function', function: { name: 't', arguments: '{"a":"b"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c', content: 'result' },
      ],
      tools: [{ type: 'function', function: { name: 't', description: 'd', parameters: schema } }],
    });
    await post(`${url}/v1/messages`, {
      model: 'm',
      system: [{ type: 'text', text: 'be good' }],
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'c', name: 't', input: { a: 'b' } }],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'result' }] },
          ],
        },
      ],
      tools: [{ name: 't', description: 'd', input_schema: schema }],
    });
    expect(seen[0]).toEqual({
      system: 'be good',
      model: 'm',
      tools: [{ name: 't', description: 'd', schema }],
      messages: [
        { role: 'user', text: 'hi' },
        { role: 'assistant', text: '', toolCalls: [{ id: 'c', name: 't', args: '{"a":"b"}' }] },
        { role: 'tool', callId: 'c', name: 't', text: 'result', isError: false },
      ],
    });
    expect(seen[1]).toEqual(seen[0]);
  });

  it.each([
    ['/v1/chat/completions', CHAT, { error: { message: 'slow down', type: 'rate_limit_error' } }],
    [
      '/v1/messages',
      CLAUDE,
      { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
    ],
  ])('writes errors in the shape of %s', async (path, body, expected) => {
    const url = await serve({ error: { status: 429, message: 'slow down', retryAfter: 3 } });
    const { status, json, headers } = await post(url + path, body);
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('3');
    expect(json).toMatchObject(expected);
  });

  it('turns a brain that throws into a 500 with its message', async () => {
    const url = await serve(() => {
      throw new Error('no idea');
    });
    expect(await post(`${url}/v1/chat/completions`, CHAT)).toMatchObject({
      status: 500,
      json: { error: { message: 'no idea' } },
    });
  });

  it.each([
    ['no JSON', '{'],
    ['no messages', '{"model":"m"}'],
  ])('answers 400 to %s', async (_, body) => {
    const url = await serve({});
    expect((await post(`${url}/v1/chat/completions`, body)).status).toBe(400);
    expect((await post(`${url}/v1/messages`, body)).status).toBe(400);
  });

  it('answers 404 to other paths, 405 to GET and 413 to huge bodies', async () => {
    const url = await serve({});
    expect((await post(`${url}/v1/embeddings`, {})).status).toBe(404);
    expect((await fetch(`${url}/v1/messages`)).status).toBe(405);
    expect((await post(`${url}/v1/messages`, 'x'.repeat(33 * 1024 * 1024))).status).toBe(413);
  });

  it('cuts the connection where the reply says', async () => {
    const url = await serve({ chunks: ['a', 'b', 'c'], cutAfterChunks: 2 });
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...CHAT, stream: true }),
    });
    const received: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of response.body ?? []) received.push(Buffer.from(chunk).toString());
    };
    await expect(read()).rejects.toThrow('terminated');
    expect(received.join('')).toContain('"content":"b"');
    expect(received.join('')).not.toContain('"content":"c"');
  });

  it('says which port it could not take', async () => {
    const url = new URL(await serve({}));
    await expect(
      startMockLlm({ logger, brain: () => ({}), port: Number(url.port) }),
    ).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(url.port) as string,
    });
  });

  it('serves the demo model', async () => {
    const server = await startDemoModel({ logger });
    servers.push(server);
    const { json } = await post(`${server.url}/v1/chat/completions`, CHAT);
    expect(JSON.stringify(json)).toContain(FOOTER);
    expect(await (await fetch(`${server.url}/v1/models`)).json()).toMatchObject({
      data: [{ id: 'kagent-demo' }],
    });
  });
});
