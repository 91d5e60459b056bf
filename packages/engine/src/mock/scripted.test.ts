import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createModel } from '../models/registry.ts';
import { createTestClock } from '../models/testing/test-clock.ts';
import type { Logger, ModelEvent } from '../ports.ts';
import type { BrainMessage, Conversation, Reply } from './brain.ts';
import { createScriptedModel, parseModelScript, type ScriptedModel } from './scripted.ts';
import { startMockLlm } from './server.ts';
import { runTool, talk } from './testing/fake-cluster.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function script(text: string): ScriptedModel {
  return createScriptedModel(parseModelScript(text, 'test.yaml'));
}

function conversation(user: string, more: Partial<Conversation> = {}): Conversation {
  return { system: '', model: 'm', tools: [], messages: [{ role: 'user', text: user }], ...more };
}

function say(model: ScriptedModel, user: string, more: Partial<Conversation> = {}): Promise<Reply> {
  return Promise.resolve(model.brain(conversation(user, more)));
}

function toolResult(text: string): BrainMessage[] {
  return [
    { role: 'user', text: 'hello' },
    { role: 'assistant', text: '', toolCalls: [{ id: 'c', name: 't', args: '{}' }] },
    { role: 'tool', callId: 'c', name: 't', text, isError: false },
  ];
}

describe('scripted model', () => {
  it('matches text without regard to case, patterns, system, model and tools', async () => {
    const model = script(`
rules:
  - match: { user: "PODS" }
    reply: { text: text }
  - match: { user: "/^how (many|much)/i" }
    reply: { text: pattern }
  - match: { system: cook }
    reply: { text: system }
  - match: { model: special }
    reply: { text: model }
  - match: { tools: [a, b] }
    reply: { text: tools }
`);
    const tool = (name: string) => ({ name, description: '', schema: {} });
    expect(await say(model, 'list pods please')).toEqual({ text: 'text' });
    expect(await say(model, 'How many?')).toEqual({ text: 'pattern' });
    expect(await say(model, 'x', { system: 'You cook.' })).toEqual({ text: 'system' });
    expect(await say(model, 'x', { model: 'special-1' })).toEqual({ text: 'model' });
    expect(await say(model, 'x', { tools: [tool('b'), tool('a')] })).toEqual({ text: 'tools' });
    expect(await say(model, 'x', { tools: [tool('b')] })).toMatchObject({ error: { status: 500 } });
  });

  it('goes through replies in order and is then used up', async () => {
    const model = script('rules: [{ replies: [{ text: one }, { text: two }], repeat: 2 }]');
    const texts = [];
    for (let index = 0; index < 5; index++) texts.push((await say(model, 'x')).text);
    expect(texts).toEqual(['one', 'two', 'one', 'two', undefined]);
    expect(model.unmatched).toHaveLength(1);
    expect(model.requests).toHaveLength(5);
  });

  it('repeats a single reply for ever, or as often as it says', async () => {
    const model = script(
      'rules: [{ reply: { text: once }, repeat: 1 }, { reply: { text: ever } }]',
    );
    const texts = [];
    for (let index = 0; index < 4; index++) texts.push((await say(model, 'x')).text);
    expect(texts).toEqual(['once', 'ever', 'ever', 'ever']);
  });

  it('answers the n-th request and tool results', async () => {
    const model = script(`
rules:
  - match: { request: 2 }
    reply: { text: second }
  - match: { toolResult: "all good" }
    reply: { text: good }
  - match: { user: hello }
    reply: { toolCalls: [{ name: t }] }
`);
    expect(await say(model, 'hello')).toMatchObject({ toolCalls: [{ name: 't' }] });
    expect(await say(model, 'hello')).toEqual({ text: 'second' });
    expect(await say(model, '', { messages: toolResult('All good here') })).toEqual({
      text: 'good',
    });
  });

  it('does not call tools for ever: a rule that calls some does not answer their results', async () => {
    const model = script(
      'rules: [{ match: { user: hello }, reply: { toolCalls: [{ name: t }] } }]',
    );
    expect(await say(model, '', { messages: toolResult('x') })).toMatchObject({
      error: { status: 500 },
    });
    expect(model.unmatched[0]).toContain('tool results: t → x');
  });

  it('shows what it does not cover', async () => {
    const model = script('rules: [{ match: { user: pods }, reply: { text: x } }]');
    const reply = await say(model, 'something else', {
      tools: [{ name: 'a_tool', description: '', schema: {} }],
    });
    expect(reply.error?.status).toBe(500);
    expect(reply.error?.message).toMatch(/user: "something else".*a_tool/);
    expect(model.unmatched).toHaveLength(1);
  });

  it.each([
    ['rules: []', 'rules'],
    ['rules: [{ reply: { txt: a } }]', 'rules[0].reply'],
    ['rules: [{ match: { user: "/(/" }, reply: {} }]', 'rules[0].match.user'],
    ['rules: [{ reply: { error: { status: 200 } } }]', 'rules[0].reply.error.status'],
    ['rules: [{ reply: { toolCalls: [{ name: a, args: {}, rawArgs: "" }] } }]', 'args or rawArgs'],
    ['rules: [{ }]', 'give reply or replies'],
    ['rules: [', 'no YAML'],
    ['- a', 'script'],
  ])('rejects %s and says where', (text, where) => {
    expect(() => parseModelScript(text, 'my.yaml')).toThrow(where);
    expect(() => parseModelScript(text, 'my.yaml')).toThrow('my.yaml');
  });

  it('reads JSON too', () => {
    expect(parseModelScript('{"rules":[{"reply":{"text":"a"}}]}', 'x.json').rules).toHaveLength(1);
  });

  it('is asked once for what it does not cover', async () => {
    const model = script('rules: [{ match: { user: never }, reply: {} }]');
    const server = await startMockLlm({ logger, brain: model.brain });
    const events: ModelEvent[] = [];
    const stream = createModel({
      config: { type: 'openai', model: 'm', base_url: `${server.url}/v1` },
      configName: 'ns/c',
      env: {},
      clock: createTestClock(),
      random: () => 0,
      logger,
    }).stream({
      system: '',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
      tools: [],
      signal: new AbortController().signal,
    });
    for await (const event of stream) events.push(event);
    await server.stop();
    expect(events).toMatchObject([
      {
        type: 'error',
        message: expect.stringContaining('no rule for request 1; user: "hi"') as string,
      },
    ]);
    expect(model.requests).toHaveLength(1);
  });

  it('runs the example of the manual', async () => {
    const manual = readFileSync(
      new URL('../../../../docs/how-to/script-a-model.md', import.meta.url),
      'utf8',
    );
    const example = /```yaml\n(rules:[\s\S]*?)```/.exec(manual)?.[1] ?? '';
    const model = script(example);
    const { turns, answer } = await talk(model.brain, 'Which namespaces are there?', {
      run: runTool,
    });
    expect(turns).toEqual([['k8s_get_resources {"resource_type":"namespaces"}']]);
    expect(answer).toContain('blue');
    expect((await say(model, 'Is the model there?')).error).toMatchObject({ status: 429 });
    expect(await say(model, 'Is the model there?')).toMatchObject({ chunks: ['Yes', ', it is.'] });
    expect(model.unmatched).toEqual([]);
  });
});
