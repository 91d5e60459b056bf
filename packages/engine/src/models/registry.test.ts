import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { EngineModel } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import type { Logger, ModelEvent, ModelRequest } from '../ports.ts';
import { createBreakers } from './breaker.ts';
import { createModel, type CreateModelOptions } from './registry.ts';
import { ANTHROPIC_STREAM, GEMINI_STREAM, OPENAI_STREAM, recorder } from './testing/recorder.ts';
import { createTestClock } from './testing/test-clock.ts';
import { createModelFetch } from './model-fetch.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function model(
  config: Partial<EngineModel> & { type: EngineModel['type'] },
  options: Partial<CreateModelOptions> = {},
) {
  return createModel({
    config: { model: 'test-model', ...config },
    configName: 'ns/cfg',
    env: {},
    clock: createTestClock(),
    random: () => 0,
    logger: silent,
    ...options,
  });
}

async function ask(
  target: ReturnType<typeof model>,
  request: Partial<ModelRequest> = {},
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  const stream = target.stream({
    system: 'sys',
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }],
    tools: [{ name: 't', description: 'd', inputSchema: { type: 'object', properties: {} } }],
    signal: new AbortController().signal,
    ...request,
  });
  for await (const event of stream) events.push(event);
  return events;
}

const TUNED = {
  temperature: 0.25,
  top_p: 0.5,
  max_tokens: 77,
  frequency_penalty: 0.1,
  presence_penalty: 0.2,
  seed: 42,
  headers: { 'X-Team': 'blue' },
};

describe('models/registry', () => {
  describe('what reaches the wire', () => {
    it('of an OpenAI-compatible endpoint', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      const env = { OPENAI_API_KEY: 'key-1', OPENAI_ORGANIZATION: 'org-1' };
      const config = {
        type: 'openai',
        base_url: 'http://gateway/v1/',
        ...TUNED,
        reasoning_effort: 'low',
        top_k: 9,
      } as const;
      expect((await ask(model(config, { fetch, env }))).at(-1)).toMatchObject({ type: 'end' });
      expect(sent[0]).toMatchObject({
        url: 'http://gateway/v1/chat/completions',
        headers: {
          authorization: 'Bearer key-1',
          'openai-organization': 'org-1',
          'x-team': 'blue',
        },
        body: {
          model: 'test-model',
          stream: true,
          stream_options: { include_usage: true },
          temperature: 0.25,
          top_p: 0.5,
          max_tokens: 77,
          frequency_penalty: 0.1,
          presence_penalty: 0.2,
          seed: 42,
          reasoning_effort: 'low',
          top_k: 9,
          tool_choice: 'auto',
        },
      });
    });

    it('of OpenAI itself, where max_completion_tokens wins over max_tokens', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      const config = { type: 'openai', ...TUNED, max_completion_tokens: 99 } as const;
      await ask(model(config, { fetch, env: { OPENAI_API_KEY: 'key-1' } }));
      expect(sent[0]?.url).toBe('https://api.openai.com/v1/chat/completions');
      expect(sent[0]?.body).toMatchObject({
        temperature: 0.25,
        seed: 42,
        max_completion_tokens: 99,
        frequency_penalty: 0.1,
      });
      expect(sent[0]?.body).not.toHaveProperty('max_tokens');
    });

    it('of the responses API', async () => {
      const { fetch, sent } = recorder([
        '{"type":"response.created","response":{"id":"r","created_at":1,"model":"m"}}',
        '{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i","role":"assistant","status":"in_progress","content":[]}}',
        '{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":"hi"}',
        '{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"i","role":"assistant","status":"completed","content":[{"type":"output_text","text":"hi","annotations":[]}]}}',
        '{"type":"response.completed","response":{"id":"r","usage":{"input_tokens":5,"output_tokens":2,"input_tokens_details":{"cached_tokens":3},"output_tokens_details":{"reasoning_tokens":1}}}}',
      ]);
      const config = {
        type: 'openai',
        api_format: 'responses',
        temperature: 0.25,
        max_tokens: 77,
      } as const;
      const events = await ask(model(config, { fetch, env: { OPENAI_API_KEY: 'key-1' } }));
      expect(sent[0]).toMatchObject({
        url: 'https://api.openai.com/v1/responses',
        body: {
          model: 'test-model',
          temperature: 0.25,
          max_output_tokens: 77,
          store: false,
          stream: true,
        },
      });
      expect(events).toEqual([
        { type: 'delta', kind: 'text', text: 'hi' },
        {
          type: 'end',
          parts: [{ type: 'text', text: 'hi' }],
          finishReason: 'stop',
          usage: { inputTokens: 5, outputTokens: 2, cachedInputTokens: 3, reasoningTokens: 1 },
        },
      ]);
    });

    it('of Azure', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      const env = {
        AZURE_OPENAI_ENDPOINT: 'https://res.openai.azure.com/',
        AZURE_OPENAI_API_KEY: 'az-key',
        OPENAI_API_VERSION: '2025-01-01',
      };
      await ask(
        model({ type: 'azure_openai', ...TUNED, reasoning_effort: 'high' }, { fetch, env }),
      );
      expect(sent[0]?.url).toBe(
        'https://res.openai.azure.com/openai/deployments/test-model/chat/completions?api-version=2025-01-01',
      );
      expect(sent[0]?.headers).toMatchObject({ 'api-key': 'az-key', 'x-team': 'blue' });
      expect(sent[0]?.body).toMatchObject({
        temperature: 0.25,
        top_p: 0.5,
        max_tokens: 77,
        seed: 42,
        reasoning_effort: 'high',
      });
    });

    it('of Azure with an Entra token', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      const env = {
        AZURE_OPENAI_ENDPOINT: 'https://res.openai.azure.com',
        AZURE_AD_TOKEN: 'entra',
      };
      await ask(model({ type: 'azure_openai' }, { fetch, env }));
      expect(sent[0]?.headers).toMatchObject({ authorization: 'Bearer entra' });
      expect(sent[0]?.headers).not.toHaveProperty('api-key');
    });

    it('of Anthropic, with cached prompts', async () => {
      const { fetch, sent } = recorder(ANTHROPIC_STREAM);
      const env = { ANTHROPIC_API_KEY: 'ant-key' };
      const config = {
        type: 'anthropic',
        base_url: 'https://proxy',
        temperature: 0.25,
        top_k: 5,
        max_tokens: 77,
        headers: { 'X-Team': 'blue' },
      } as const;
      expect((await ask(model(config, { fetch, env }))).at(-1)).toMatchObject({ type: 'end' });
      expect(sent[0]).toMatchObject({
        url: 'https://proxy/v1/messages',
        headers: { 'x-api-key': 'ant-key', 'anthropic-version': '2023-06-01', 'x-team': 'blue' },
        body: {
          max_tokens: 77,
          temperature: 0.25,
          top_k: 5,
          system: [{ type: 'text', text: 'sys', cache_control: { type: 'ephemeral' } }],
          messages: [
            { role: 'user', content: [{ text: 'x', cache_control: { type: 'ephemeral' } }] },
          ],
        },
      });
    });

    it('of Anthropic when thinking is sent back with its signature', async () => {
      const { fetch, sent } = recorder(ANTHROPIC_STREAM);
      await ask(model({ type: 'anthropic' }, { fetch, env: { ANTHROPIC_API_KEY: 'k' } }), {
        messages: [
          { role: 'user', parts: [{ type: 'text', text: 'x' }] },
          {
            role: 'assistant',
            parts: [
              {
                type: 'reasoning',
                text: 'because',
                providerMetadata: { anthropic: { signature: 'sig-9' } },
              },
              { type: 'tool-call', callId: 'c', name: 't', args: {} },
            ],
          },
          {
            role: 'tool',
            results: [
              { callId: 'c', name: 't', content: [{ type: 'text', text: 'no' }], isError: true },
            ],
          },
        ],
      });
      expect(sent[0]?.body['messages']).toMatchObject([
        {},
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'because', signature: 'sig-9' },
            { type: 'tool_use' },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', is_error: true }] },
      ]);
    });

    it('of Gemini, and what comes back', async () => {
      const { fetch, sent } = recorder(GEMINI_STREAM);
      const events = await ask(
        model(
          { type: 'gemini', ...TUNED, max_tokens: null, max_output_tokens: 77, top_k: 3 },
          { fetch, env: { GOOGLE_API_KEY: 'goo' } },
        ),
      );
      expect(sent[0]?.url).toContain(
        'https://generativelanguage.googleapis.com/v1beta/models/test-model:streamGenerateContent',
      );
      expect(sent[0]?.headers).toMatchObject({ 'x-goog-api-key': 'goo', 'x-team': 'blue' });
      expect(sent[0]?.body['generationConfig']).toMatchObject({
        temperature: 0.25,
        topP: 0.5,
        topK: 3,
        seed: 42,
        maxOutputTokens: 77,
      });
      expect(events.at(-1)).toMatchObject({
        type: 'end',
        finishReason: 'tool-calls',
        parts: [
          { type: 'text', text: 'hi' },
          {
            type: 'tool-call',
            name: 't',
            args: { a: 1 },
            providerMetadata: { google: { thoughtSignature: 'tsig' } },
          },
        ],
        usage: { inputTokens: 9, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 2 },
      });
    });

    it('of Ollama, whose options become fields', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      const warned: unknown[] = [];
      const logger = {
        ...silent,
        warn: (fields: Record<string, unknown>) => void warned.push(fields),
      };
      const options = { temperature: '0.3', num_predict: '50', num_ctx: '8192' };
      const target = model(
        { type: 'ollama', options },
        { fetch, logger, env: { OLLAMA_API_BASE: 'ollama.svc:11434' } },
      );
      await ask(target);
      await ask(target);
      expect(sent[0]).toMatchObject({
        url: 'http://ollama.svc:11434/v1/chat/completions',
        body: { temperature: 0.3, max_tokens: 50 },
      });
      expect(sent[0]?.headers).not.toHaveProperty('authorization');
      expect(warned).toEqual([
        { modelConfig: 'ns/cfg', model: 'test-model', fields: ['options.num_ctx'] },
      ]);
    });
  });

  describe('credentials', () => {
    it('works without a key when a base URL is set', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      expect(
        (await ask(model({ type: 'openai', base_url: 'http://local' }, { fetch }))).at(-1),
      ).toMatchObject({ type: 'end' });
      expect(sent[0]?.headers).not.toHaveProperty('authorization');
    });

    it.each([
      ['openai', 'OPENAI_API_KEY'],
      ['anthropic', 'ANTHROPIC_API_KEY'],
      ['gemini', 'GOOGLE_API_KEY'],
      ['azure_openai', 'AZURE_OPENAI_ENDPOINT'],
    ] as const)('says what %s lacks and asks nobody', async (type, name) => {
      const { fetch, sent } = recorder([]);
      const [event] = await ask(model({ type }, { fetch }));
      expect(event).toMatchObject({
        type: 'error',
        message: expect.stringContaining(name) as string,
      });
      expect(sent).toHaveLength(0);
    });

    it('lets a header of the ModelConfig replace the key', async () => {
      const { fetch, sent } = recorder(OPENAI_STREAM);
      const config = { type: 'openai', headers: { Authorization: 'Custom abc' } } as const;
      await ask(model(config, { fetch, env: { OPENAI_API_KEY: 'key-1' } }));
      expect(sent[0]?.headers['authorization']).toBe('Custom abc');
    });

    it.each([
      ['openai', 'authorization', 'Bearer caller-token', OPENAI_STREAM],
      ['azure_openai', 'api-key', 'caller-token', OPENAI_STREAM],
      ['anthropic', 'x-api-key', 'caller-token', ANTHROPIC_STREAM],
      ['gemini', 'x-goog-api-key', 'caller-token', GEMINI_STREAM],
    ] as const)('passes the key of each caller through to %s', async (...row) => {
      const [type, header, value, stream] = row;
      const { fetch, sent } = recorder([...stream]);
      const env = {
        OPENAI_API_KEY: 'own',
        ANTHROPIC_API_KEY: 'own',
        GOOGLE_API_KEY: 'own',
        AZURE_OPENAI_API_KEY: 'own',
        AZURE_OPENAI_ENDPOINT: 'http://az',
      };
      const target = model({ type, api_key_passthrough: true }, { fetch, env });
      await ask(target, { callerToken: 'caller-token' });
      expect(sent[0]?.headers[header]).toBe(value);
      expect(JSON.stringify(sent[0])).not.toContain('own');
      const [event] = await ask(target);
      expect(event).toMatchObject({ type: 'error', code: 'model_unauthorized' });
      expect(sent).toHaveLength(1);
    });
  });

  it('keeps keys, headers and tokens out of messages and logs, whatever they look like', async () => {
    const planted = ['plainkey', 'header value', 'caller words'];
    const logged: unknown[] = [];
    const log = (fields: Record<string, unknown>): void => void logged.push(fields);
    const options = {
      fetch: () =>
        Promise.resolve(
          Response.json({ error: { message: planted.join(' and ') } }, { status: 400 }),
        ),
      env: { OPENAI_API_KEY: 'plainkey' },
      logger: { debug: log, info: log, warn: log, error: log },
    };
    const config = { type: 'openai', headers: { 'x-team': 'header value' } } as const;
    const events = await ask(model(config, options), { callerToken: 'caller words' });
    expect(events).toMatchObject([
      { message: expect.stringContaining('[redacted] and [redacted]') as string },
    ]);
    for (const secret of planted) expect(JSON.stringify([events, logged])).not.toContain(secret);
  });

  it.each(['gemini_vertex_ai', 'gemini_anthropic', 'bedrock'] as const)(
    'refuses %s in plain words',
    async (type) => {
      expect(await ask(model({ type }))).toEqual([
        {
          type: 'error',
          code: 'model_bad_request',
          message: expect.stringContaining(
            `provider ${type} is not supported yet by this engine`,
          ) as string,
        },
      ]);
    },
  );

  it('reports an endpoint that nobody listens on', async () => {
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const host = `127.0.0.1:${(closed.address() as AddressInfo).port}`;
    closed.close();
    await once(closed, 'close');
    const [event] = await ask(
      model({ type: 'openai', base_url: `http://${host}/v1` }, { fetch: createModelFetch() }),
    );
    expect(event).toMatchObject({ type: 'error', code: 'model_unreachable' });
    expect(JSON.stringify(event)).toContain(`${host} can't be reached (ECONNREFUSED)`);
    expect(JSON.stringify(event)).toContain('after 4 tries');
  });

  it('reports a base URL that is none, without repeating it', async () => {
    const [event] = await ask(
      model(
        { type: 'openai', base_url: 'http://user:pass@ho st/v1' },
        { fetch: createModelFetch() },
      ),
    );
    expect(event).toMatchObject({ type: 'error', code: 'model_bad_request' });
    expect(JSON.stringify(event)).not.toContain('pass');
  });

  it('pauses a dead endpoint for all models of the process and lets one call try later', async () => {
    let alive = false;
    let calls = 0;
    const good = recorder(OPENAI_STREAM);
    const fetch: typeof globalThis.fetch = (input, init) => {
      calls += 1;
      return alive ? good.fetch(input, init) : Promise.resolve(new Response('{}', { status: 503 }));
    };
    const clock = createTestClock();
    const breakers = createBreakers({ threshold: 2, pauseMs: 30_000 });
    const make = () =>
      model({ type: 'openai', base_url: 'http://dead/v1' }, { fetch, clock, breakers });
    await ask(make());
    await ask(make());
    expect(calls).toBe(8);
    expect(await ask(make())).toMatchObject([
      {
        type: 'error',
        code: 'model_unreachable',
        message: expect.stringContaining('pause') as string,
      },
    ]);
    expect(calls).toBe(8);
    alive = true;
    clock.advance(30_000);
    expect((await ask(make())).at(-1)).toMatchObject({ type: 'end' });
    expect((await ask(make())).at(-1)).toMatchObject({ type: 'end' });
  });

  it('makes a thousand models in no time', () => {
    const started = performance.now();
    for (let index = 0; index < 1000; index++)
      model({ type: 'openai', base_url: `http://h${index}/v1` });
    expect(performance.now() - started).toBeLessThan(200);
  });
});
