/**
 * What every adapter of the `Model` port must do, run against the mock model server over real HTTP. A wire that can't
 * express something names it in `lacks`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Conversation, Reply } from '../../mock/brain.ts';
import { startMockLlm, type MockLlm } from '../../mock/server.ts';
import type { Logger, Model, ModelEvent, ModelMessage, ModelRequest } from '../../ports.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

export const SECRET = 'sk-planted-secret-0123456789abcdef';

export interface ContractModelOptions {
  /** Base URL of the mock, without a path. */
  url: string;
  clock: TestClock;
  logger: Logger;
}

export interface ModelContract {
  name: string;
  /** Makes the model under test with `SECRET` as its key. */
  create(options: ContractModelOptions): Model;
  /** What the wire or its package has no means for. */
  lacks?: ('reasoning' | 'reasoning-tokens' | 'reasoning-round-trip' | 'tool-error-flag')[];
}

const TOOL = {
  name: 'get_pods',
  description: 'Lists pods',
  inputSchema: {
    type: 'object',
    properties: { selector: { $ref: '#/$defs/selector' } },
    $defs: { selector: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    additionalProperties: false,
  },
};

function user(text: string): ModelMessage {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

async function collect(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Declares the suite for one adapter. */
export function describeModelContract(contract: ModelContract): void {
  const has = (feature: NonNullable<ModelContract['lacks']>[number]): boolean =>
    !contract.lacks?.includes(feature);

  describe(`Model contract: ${contract.name}`, () => {
    let server: MockLlm;
    let seen: Conversation[];
    let replies: Reply[];
    let logs: string[];
    let clock: TestClock;
    let answered: () => void;

    beforeAll(async () => {
      const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
        logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
      };
      const logger: Logger = {
        debug: write('debug'),
        info: write('info'),
        warn: write('warn'),
        error: write('error'),
      };
      server = await startMockLlm({
        logger,
        brain: (conversation) => {
          seen.push(conversation);
          answered();
          return replies.shift() ?? { error: { status: 500, message: 'nothing scripted' } };
        },
      });
    });
    afterAll(() => server.stop());

    function start(...scripted: Reply[]): Model {
      seen = [];
      logs = [];
      answered = () => undefined;
      replies = scripted;
      clock = createTestClock();
      const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
        logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
      };
      const logger: Logger = {
        debug: write('debug'),
        info: write('info'),
        warn: write('warn'),
        error: write('error'),
      };
      return contract.create({ url: server.url, clock, logger });
    }

    function ask(model: Model, request: Partial<ModelRequest> = {}): Promise<ModelEvent[]> {
      return collect(
        model.stream({
          system: 'You are a test.',
          messages: [user('hello')],
          tools: [TOOL],
          signal: new AbortController().signal,
          ...request,
        }),
      );
    }

    async function fails(
      model: Model,
      request: Partial<ModelRequest> = {},
    ): Promise<Extract<ModelEvent, { type: 'error' }>> {
      const events = await ask(model, request);
      const last = events.at(-1);
      if (last?.type !== 'error') throw new Error(`expected an error, got ${JSON.stringify(last)}`);
      expect(last.message).toContain('ModelConfig ns/test-model: ');
      expect(last.message + logs.join('\n')).not.toContain(SECRET);
      return last;
    }

    it('streams text as deltas and ends with the whole, its usage and its reason', async () => {
      const usage = {
        inputTokens: 120,
        outputTokens: 30,
        cachedInputTokens: 100,
        reasoningTokens: 7,
      };
      const events = await ask(start({ chunks: ['Grüße ', 'aus 東京', ' 🎉'], usage }));
      expect(events.slice(0, -1)).toEqual(
        ['Grüße ', 'aus 東京', ' 🎉'].map((text) => ({ type: 'delta', kind: 'text', text })),
      );
      expect(events.at(-1)).toEqual({
        type: 'end',
        parts: [{ type: 'text', text: 'Grüße aus 東京 🎉' }],
        finishReason: 'stop',
        usage: {
          inputTokens: 120,
          outputTokens: 30,
          cachedInputTokens: 100,
          ...(has('reasoning-tokens') ? { reasoningTokens: 7 } : {}),
        },
      });
    });

    it('sends system, roles in order, tools with their schema, calls and results', async () => {
      const model = start({ text: 'done' });
      await ask(model, {
        messages: [
          user('first'),
          { role: 'assistant', parts: [{ type: 'text', text: 'earlier answer' }] },
          user('second'),
          {
            role: 'assistant',
            parts: [
              { type: 'text', text: 'looking' },
              { type: 'tool-call', callId: 'c1', name: 'get_pods', args: { selector: 'a=b' } },
              { type: 'tool-call', callId: 'c2', name: 'get_pods', args: {}, invalidArgs: '{"sel' },
            ],
          },
          {
            role: 'tool',
            results: [
              {
                callId: 'c1',
                name: 'get_pods',
                content: [{ type: 'text', text: 'pod-a' }],
                isError: false,
              },
              {
                callId: 'c2',
                name: 'get_pods',
                content: [{ type: 'text', text: 'arguments are no JSON' }],
                isError: true,
              },
            ],
          },
        ],
      });
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatchObject({
        system: 'You are a test.',
        model: 'test-model',
        tools: [{ name: 'get_pods', description: 'Lists pods', schema: TOOL.inputSchema }],
        messages: [
          { role: 'user', text: 'first' },
          { role: 'assistant', text: 'earlier answer' },
          { role: 'user', text: 'second' },
          {
            role: 'assistant',
            text: 'looking',
            toolCalls: [{ id: 'c1', args: '{"selector":"a=b"}' }, { id: 'c2' }],
          },
          { role: 'tool', callId: 'c1', text: 'pod-a', isError: false },
          {
            role: 'tool',
            callId: 'c2',
            text: expect.stringContaining('arguments are no JSON'),
            isError: has('tool-error-flag'),
          },
        ],
      });
      const [, , , calls] = seen[0]?.messages ?? [];
      expect(JSON.stringify(calls)).toContain('sel');
      const failed = seen[0]?.messages.at(-1);
      expect(failed?.role === 'tool' && (failed.isError || /error/i.test(failed.text))).toBe(true);
    });

    it('gives tool calls with parsed arguments, parallel ones in order', async () => {
      const events = await ask(
        start({
          text: 'Let me look.',
          toolCalls: [
            {
              name: 'get_pods',
              args: { selector: 'app=x', nested: { list: [1, 'ü'] } },
              id: 'id-1',
            },
            { name: 'get_pods', args: {}, id: 'id-2' },
            { name: 'other', args: { n: 3 }, id: 'id-3' },
          ],
        }),
      );
      expect(events.at(-1)).toMatchObject({
        type: 'end',
        finishReason: 'tool-calls',
        parts: [
          { type: 'text', text: 'Let me look.' },
          {
            type: 'tool-call',
            callId: 'id-1',
            args: { selector: 'app=x', nested: { list: [1, 'ü'] } },
          },
          { type: 'tool-call', callId: 'id-2', args: {} },
          { type: 'tool-call', callId: 'id-3', name: 'other', args: { n: 3 } },
        ],
      });
    });

    it('keeps malformed arguments in invalidArgs', async () => {
      const [last] = (
        await ask(
          start({
            toolCalls: [
              { name: 'get_pods', rawArgs: '{"selector": "a' },
              { name: 'get_pods', rawArgs: '[1]' },
            ],
          }),
        )
      ).slice(-1);
      expect(last).toMatchObject({
        type: 'end',
        parts: [
          { type: 'tool-call', args: {}, invalidArgs: '{"selector": "a' },
          { type: 'tool-call', args: {}, invalidArgs: '[1]' },
        ],
      });
    });

    it('streams reasoning apart from the text, or not at all', async () => {
      const events = await ask(start({ reasoning: 'thinking hard', text: 'answer' }));
      const reasoning = has('reasoning') ? ['thinking hard'] : [];
      const deltas = events.filter((event) => event.type === 'delta' && event.kind === 'reasoning');
      expect(deltas).toEqual(reasoning.map((text) => ({ type: 'delta', kind: 'reasoning', text })));
      expect(events.at(-1)).toMatchObject({
        parts: [
          ...reasoning.map((text) => ({ type: 'reasoning', text })),
          { type: 'text', text: 'answer' },
        ],
      });
    });

    it('keeps the provider state of reasoning, if the wire has one', async () => {
      const model = start({ reasoning: 'thinking', toolCalls: [{ name: 'get_pods' }] });
      const end = (await ask(model)).at(-1);
      expect(JSON.stringify(end).includes('sig_')).toBe(has('reasoning-round-trip'));
    });

    it('ends an empty answer with no parts', async () => {
      expect((await ask(start({}))).at(-1)).toMatchObject({
        type: 'end',
        parts: [],
        finishReason: 'stop',
      });
    });

    it('says when the answer hit the length limit', async () => {
      const events = await ask(start({ text: 'half an ans', finishReason: 'length' }));
      expect(events.at(-1)).toMatchObject({ type: 'end', finishReason: 'length' });
    });

    it('does not retry what the provider rejects, e.g. a prompt that is too long', async () => {
      const model = start({
        error: { status: 400, message: 'maximum context length is 8192 tokens' },
      });
      const error = await fails(model);
      expect(error.code).toBe('model_bad_request');
      expect(error.message).toContain('maximum context length is 8192 tokens');
      expect(seen).toHaveLength(1);
    });

    it('names the model when the provider does not know it', async () => {
      const error = await fails(start({ error: { status: 404, message: 'no such model' } }));
      expect(error.code).toBe('model_bad_request');
      expect(error.message).toContain('"test-model"');
    });

    it('reports a refused key once, without the key', async () => {
      const model = start({
        error: { status: 401, message: `Incorrect API key provided: ${SECRET}` },
      });
      const error = await fails(model);
      expect(error.code).toBe('model_unauthorized');
      expect(error.message).toMatch(/refused the API key \(401\).*Secret/);
      expect(seen).toHaveLength(1);
    });

    it('redacts keys that a provider repeats in its errors', async () => {
      const model = start({
        error: {
          status: 400,
          message: `bad header Bearer ${SECRET} and sk-other-key-123456789012`,
        },
      });
      const error = await fails(model);
      expect(error.message).toContain('bad header');
      expect(error.message).not.toContain('sk-other');
    });

    it('waits as long as retry-after says on 429', async () => {
      const model = start({ error: { status: 429, retryAfter: 7 } }, { text: 'after all' });
      expect((await ask(model)).at(-1)).toMatchObject({
        type: 'end',
        parts: [{ text: 'after all' }],
      });
      expect(clock.waits).toEqual([7000]);
    });

    it('gives up at once when retry-after is longer than a person waits', async () => {
      const model = start({ error: { status: 429, retryAfter: 3600 } });
      const error = await fails(model);
      expect(error.code).toBe('model_rate_limited');
      expect(seen).toHaveLength(1);
    });

    it('retries 500 with growing, jittered delays', async () => {
      const model = start({ error: { status: 500 } }, { error: { status: 503 } }, { text: 'ok' });
      expect((await ask(model)).at(-1)).toMatchObject({ type: 'end' });
      expect(clock.waits).toEqual([375, 750]);
    });

    it('ends with overloaded after four tries', async () => {
      const error = await fails(start());
      expect(error.code).toBe('model_overloaded');
      expect(error.message).toContain('after 4 tries');
      expect(seen).toHaveLength(4);
    });

    it('retries a stream that is cut before the first delta', async () => {
      const model = start({ text: 'never seen', cutAfterChunks: 0 }, { text: 'second try' });
      const events = await ask(model);
      expect(events.at(-1)).toMatchObject({ type: 'end', parts: [{ text: 'second try' }] });
    });

    it('does not retry a stream that is cut after a delta', async () => {
      const model = start(
        { chunks: ['one ', 'two ', 'three'], cutAfterChunks: 2 },
        { text: 'must not be asked' },
      );
      const events = await ask(model);
      expect(events[0]).toEqual({ type: 'delta', kind: 'text', text: 'one ' });
      expect(events.at(-1)).toMatchObject({ type: 'error', code: 'model_stream_cut' });
      expect(seen).toHaveLength(1);
    });

    it('reports a chunk that is no JSON', async () => {
      const model = start({ chunks: ['one ', 'two'], malformedAfterChunks: 1 });
      const error = await fails(model);
      expect(error.code).toBe('model_stream_cut');
      expect(error.message).toContain("can't be read");
    });

    it('stops at once when it is aborted in the middle', async () => {
      const model = start({
        chunks: Array.from({ length: 50 }, (_, index) => `${index} `),
        cutAfterChunks: 49,
      });
      const controller = new AbortController();
      const events: ModelEvent[] = [];
      for await (const event of model.stream({
        system: '',
        messages: [user('x')],
        tools: [],
        signal: controller.signal,
      })) {
        events.push(event);
        controller.abort();
      }
      expect(events.at(-1)).toMatchObject({ type: 'error', code: 'canceled' });
      expect(events.length).toBeLessThan(50);
    });

    it('stops waiting when it is aborted before the answer', async () => {
      const controller = new AbortController();
      const model = start({ text: 'late', delayMs: 10_000 });
      answered = () => controller.abort();
      const error = await fails(model, { signal: controller.signal });
      expect(error.code).toBe('canceled');
    });

    it('times out a silent provider', async () => {
      const model = start({ text: 'late', delayMs: 10_000 }, { text: 'ok' });
      answered = () => {
        if (seen.length === 1) clock.advance(300_000);
      };
      const events = await ask(model);
      expect(events.at(-1)).toMatchObject({ type: 'end', parts: [{ text: 'ok' }] });
      expect(seen).toHaveLength(2);
    });

    it('leaves nothing behind when the reader stops early', async () => {
      const model = start({ chunks: ['one ', 'two ', 'three'] });
      for await (const event of model.stream({
        system: '',
        messages: [user('x')],
        tools: [],
        signal: new AbortController().signal,
      })) {
        expect(event.type).toBe('delta');
        break;
      }
      expect(clock.pending()).toBe(0);
    });
  });
}
