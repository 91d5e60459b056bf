import type { RunEvent, Task } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import type { ModelRequest, Tool } from '../ports.ts';
import { createFakeTool, createFakeToolSource } from '../testing/fake-tools.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createScriptedModel, type ScriptedStep } from '../testing/scripted-model.ts';
import {
  collect,
  createTestAgent,
  textMessage,
  type TestAgentOptions,
} from '../testing/test-agent.ts';

const signal = new AbortController().signal;
const ann = { headers: { 'x-user-id': 'ann' }, signal };

interface Played {
  task: Task;
  events: RunEvent[];
  requests: ModelRequest[];
}

async function play(
  script: ScriptedStep[],
  options: { tools?: Tool[] } & Omit<Partial<TestAgentOptions>, 'tools'> = {},
): Promise<Played> {
  const model = createScriptedModel(script);
  const { tools, ...rest } = options;
  const agent = createTestAgent({
    model,
    ...(tools ? { tools: [createFakeToolSource('fake', tools)] } : {}),
    ...rest,
  });
  const task = await agent.handler.sendMessage(textMessage('What is up?'), ann);
  return { task, events: await agent.runs.read(task.id), requests: model.requests };
}

const types = (events: readonly RunEvent[]) => events.map((event) => event.type);

function text(parts: readonly { kind: string; text?: unknown }[] | undefined): string {
  return (parts ?? []).map((part) => part.text).join('|');
}

function toolMessages(request: ModelRequest | undefined) {
  const last = request?.messages.at(-1);
  return last?.role === 'tool'
    ? last.results.map((result) => ({
        id: result.callId,
        isError: result.isError,
        text: result.content.map((part) => (part.type === 'text' ? part.text : part.type)).join(),
      }))
    : [];
}

describe('runAgent: answers', () => {
  it('answers without tools in one turn', async () => {
    const { task, events, requests } = await play([
      { text: ['Hello ', 'Ann'], usage: { inputTokens: 7, outputTokens: 2 } },
    ]);
    expect(task.status.state).toBe('completed');
    expect(task.artifacts?.[0]?.parts).toEqual([{ kind: 'text', text: 'Hello Ann' }]);
    expect(task.history?.at(-1)?.parts).toEqual([{ kind: 'text', text: 'Hello Ann' }]);
    expect(types(events)).toEqual([
      'run-started',
      'model-requested',
      'model-completed',
      'run-ended',
    ]);
    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 7, outputTokens: 2 } });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      system: 'You are a test.',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'What is up?' }] }],
      tools: [],
    });
  });

  it('calls a tool and answers with its result', async () => {
    const pods = createFakeTool({ name: 'get_pods', run: () => 'web-1 Running' });
    const { task, events, requests } = await play(
      [
        { text: 'Let me look.', calls: [{ name: 'get_pods', args: { namespace: 'blue' } }] },
        { text: 'web-1 runs.' },
      ],
      { tools: [pods] },
    );
    expect(text(task.artifacts?.[0]?.parts)).toBe('web-1 runs.');
    expect(pods.calls.map((call) => call.args)).toEqual([{ namespace: 'blue' }]);
    expect(types(events)).toEqual([
      'run-started',
      'model-requested',
      'model-completed',
      'tool-requested',
      'tool-completed',
      'model-requested',
      'model-completed',
      'run-ended',
    ]);
    expect(toolMessages(requests[1])).toEqual([
      { id: 'call-1-0', isError: false, text: 'web-1 Running' },
    ]);
  });

  it('runs the calls of one turn side by side and gives their results in call order', async () => {
    const order: string[] = [];
    const releases: (() => void)[] = [];
    const slow = createFakeTool({
      name: 'slow',
      run: async (args) => {
        order.push(`begin ${args.n}`);
        await new Promise<void>((resolve) => releases.push(resolve));
        order.push(`end ${args.n}`);
        return `result ${args.n}`;
      },
    });
    const played = play(
      [{ calls: [1, 2, 3].map((n) => ({ name: 'slow', args: { n } })) }, { text: 'done' }],
      { tools: [slow] },
    );
    await expect.poll(() => releases.length, { interval: 5 }).toBe(3);
    for (const release of releases.toReversed()) {
      release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { events, requests } = await played;
    expect(order).toEqual(['begin 1', 'begin 2', 'begin 3', 'end 3', 'end 2', 'end 1']);
    expect(
      events.flatMap((event) => (event.type === 'tool-completed' ? [event.callId] : [])),
    ).toEqual(['call-1-2', 'call-1-1', 'call-1-0']);
    expect(toolMessages(requests[1]).map((result) => result.text)).toEqual([
      'result 1',
      'result 2',
      'result 3',
    ]);
  });

  it('gives the session to the next run as history', async () => {
    const model = createScriptedModel([
      { text: 'Blue.', reasoning: 'hm' },
      { error: 'model_unreachable', message: 'no answer from x' },
      { text: 'You asked for blue.' },
    ]);
    const agent = createTestAgent({ model });
    const say = (message: string) =>
      agent.handler.sendMessage(textMessage(message, { contextId: 'session' }), ann);
    await say('Pick a colour');
    await say('And why?');
    await say('Which one?');
    expect(model.requests[2]?.messages).toEqual([
      { role: 'user', parts: [{ type: 'text', text: 'Pick a colour' }] },
      { role: 'assistant', parts: [{ type: 'text', text: 'Blue.' }] },
      { role: 'user', parts: [{ type: 'text', text: 'And why?' }] },
      {
        role: 'assistant',
        parts: [{ type: 'text', text: '(This task failed: no answer from x)' }],
      },
      { role: 'user', parts: [{ type: 'text', text: 'Which one?' }] },
    ]);
  });

  it('keeps reasoning within the run', async () => {
    const { requests, task } = await play(
      [
        {
          events: [
            {
              type: 'end',
              finishReason: 'tool-calls',
              parts: [
                {
                  type: 'reasoning',
                  text: 'I should look',
                  providerMetadata: { x: { signature: 's' } },
                },
                { type: 'tool-call', callId: 'c', name: 't', args: {} },
              ],
            },
          ],
        },
        { text: 'ok', reasoning: 'think' },
      ],
      { tools: [createFakeTool({ name: 't' })] },
    );
    expect(requests[1]?.messages[1]).toMatchObject({
      role: 'assistant',
      parts: [
        { type: 'reasoning', providerMetadata: { x: { signature: 's' } } },
        { type: 'tool-call' },
      ],
    });
    expect(task.artifacts?.[0]?.parts).toEqual([{ kind: 'text', text: 'ok' }]);
  });

  it('takes files and data of the user along', async () => {
    const model = createScriptedModel([{ text: 'seen' }]);
    const agent = createTestAgent({ model });
    await agent.handler.sendMessage(
      {
        message: {
          role: 'user',
          parts: [
            { kind: 'file', file: { bytes: 'aGk=', mimeType: 'image/png', name: 'a.png' } },
            { kind: 'file', file: { uri: 'https://x/y.pdf' } },
            { kind: 'data', data: { alert: 'down' } },
          ],
        },
      },
      ann,
    );
    expect(model.requests[0]?.messages).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'file', mimeType: 'image/png', data: 'aGk=', name: 'a.png' },
          { type: 'file', mimeType: 'application/octet-stream', uri: 'https://x/y.pdf' },
          { type: 'text', text: '{"alert":"down"}' },
        ],
      },
    ]);
  });
});

describe('runAgent: empty and cut answers end with words', () => {
  it.each([
    ['empty', [{ empty: true }], 'empty_reply', 'The model ended its turn without an answer.'],
    [
      'empty text',
      [{ text: '  ' }],
      'empty_reply',
      '  |The model ended its turn without an answer.',
    ],
    [
      'output limit before a word',
      [{ empty: true, finishReason: 'length' }],
      'truncated',
      'The model reached its output limit before it wrote an answer.',
    ],
    [
      'output limit',
      [{ text: 'Once upon', finishReason: 'length' }],
      'truncated',
      "Once upon|The answer was cut off at the model's output limit.",
    ],
    [
      'content filter',
      [{ empty: true, finishReason: 'content-filter' }],
      'content_filter',
      "The provider's content filter stopped the answer.",
    ],
  ] satisfies [string, ScriptedStep[], string, string][])(
    '%s',
    async (...[, script, code, answer]) => {
      const { task, events } = await play(script);
      expect(task.status.state).toBe('completed');
      expect(text(task.artifacts?.[0]?.parts)).toBe(answer);
      expect(task.metadata?.kagent_notice).toMatchObject([{ code }]);
      expect(events.at(-1)?.type).toBe('run-ended');
    },
  );
});

describe('runAgent: what goes wrong with a tool is a result', () => {
  const throwing = createFakeTool({
    name: 'throwing',
    run: () => {
      throw new Error('secret detail');
    },
  });
  const failing = createFakeTool({
    name: 'failing',
    run: () => ({ content: [{ type: 'text', text: 'no such pod' }], isError: true }),
  });

  it.each([
    [
      'unknown tool',
      { name: 'get_pod' },
      'There is no tool "get_pod". The tools are: throwing, failing.',
    ],
    [
      'malformed arguments',
      { name: 'failing', invalidArgs: '{"a":' },
      'The arguments of "failing" are not valid JSON, so it was not called: {"a":',
    ],
    ['a tool that fails', { name: 'failing' }, 'no such pod'],
    ['a tool that throws', { name: 'throwing' }, 'Calling "throwing" failed inside the agent.'],
  ])('%s', async (_name, call, message) => {
    const { task, requests, events } = await play([{ calls: [call] }, { text: 'sorry' }], {
      tools: [throwing, failing],
    });
    expect(task.status.state).toBe('completed');
    const [result] = toolMessages(requests[1]);
    expect(result?.isError).toBe(true);
    expect(result?.text).toContain(message);
    expect(JSON.stringify(events)).not.toContain('secret detail');
  });

  it('malformed arguments never reach the tool', async () => {
    const remove = createFakeTool({ name: 'delete_all' });
    await play([{ calls: [{ name: 'delete_all', invalidArgs: '{"ns' }] }, { text: 'sorry' }], {
      tools: [remove],
    });
    expect(remove.calls).toEqual([]);
  });

  it('a tool that takes too long', async () => {
    const clock = createManualClock();
    let stopped = false;
    const stuck = createFakeTool({
      name: 'stuck',
      repeatable: false,
      run: (_args, context) =>
        new Promise(() => {
          context.signal.addEventListener('abort', () => {
            stopped = true;
          });
        }),
    });
    const played = play([{ calls: [{ name: 'stuck' }] }, { text: 'it hangs' }], {
      tools: [stuck],
      clock,
    });
    await clock.advance(59_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    const { task, requests } = await played;
    expect(stopped).toBe(true);
    expect(task.status.state).toBe('completed');
    expect(toolMessages(requests[1])[0]?.text).toBe(
      '"stuck" gave no result within 60 s and was stopped. It may still have taken effect: check before you call it again.',
    );
    await clock.advance(5_000);
    expect(clock.sleepers).toBe(0);
  });

  it('agents are bound by the run, not by the tool timeout', async () => {
    const clock = createManualClock();
    const child = createFakeTool({
      name: 'kagent__NS__child',
      isAgent: true,
      run: async (_args, context) => {
        await clock.sleep(600_000, context.signal);
        return 'child done';
      },
    });
    const played = play([{ calls: [{ name: 'kagent__NS__child' }] }, { text: 'ok' }], {
      tools: [child],
      clock,
    });
    await clock.advance(600_000);
    const { task, requests } = await played;
    expect(task.status.state).toBe('completed');
    expect(toolMessages(requests[1])[0]?.text).toBe('child done');
  });

  it('cuts long output and says how much', async () => {
    const long = createFakeTool({ name: 'long', run: () => `A${'x'.repeat(100_000)}Z` });
    const { requests } = await play([{ calls: [{ name: 'long' }] }, { text: 'ok' }], {
      tools: [long],
    });
    const [result] = toolMessages(requests[1]);
    expect(result?.text.length).toBeLessThan(24_300);
    expect(result?.text).toMatch(/^Ax+/);
    expect(result?.text).toMatch(/xZ$/);
    expect(result?.text).toContain('76002 of 100002 characters cut here');
  });

  it('tells calls apart whose ids the provider used twice', async () => {
    const echo = createFakeTool({ name: 'echo', run: (args) => `echo ${args.n}` });
    const { requests, events } = await play(
      [
        {
          calls: [
            { name: 'echo', id: 'same', args: { n: 1 } },
            { name: 'echo', id: 'same', args: { n: 2 } },
          ],
        },
        { calls: [{ name: 'echo', id: 'same', args: { n: 3 } }] },
        { text: 'ok' },
      ],
      { tools: [echo] },
    );
    expect(toolMessages(requests[1]).map((result) => result.text)).toEqual(['echo 1', 'echo 2']);
    expect(toolMessages(requests[2]).map((result) => result.text)).toEqual(['echo 3']);
    const ids = events.flatMap((event) => (event.type === 'tool-requested' ? [event.callId] : []));
    expect(new Set(ids).size).toBe(3);
  });
});

describe('runAgent: limits', () => {
  const spin = createFakeTool({ name: 'spin', run: (args) => `spun ${args.n}` });
  const spinning = (count: number): ScriptedStep[] =>
    Array.from({ length: count }, (_, n) => ({
      calls: [{ name: 'spin', args: { n } }],
      usage: { inputTokens: 100, outputTokens: 10 },
    }));

  it.each([
    ['50 turns by default', 50, {}, 'after 50 model calls'],
    ['max_turns', 3, { max_turns: 3 }, 'after 3 model calls, its limit (max_turns)'],
    ['max_tokens', 3, { max_tokens: 330 }, 'after 330 tokens, its limit is 330 (max_tokens)'],
  ])('%s', async (...[, turns, limits, message]) => {
    const { task, requests } = await play(spinning(turns), { tools: [spin], config: { limits } });
    expect(requests).toHaveLength(turns);
    expect(task.status.state).toBe('failed');
    expect(task.metadata?.kagent_error_code).toBe('limit_exceeded');
    expect(text(task.status.message?.parts)).toContain(message);
  });

  it.each([
    ['the model hangs', [{ hang: true }] satisfies ScriptedStep[]],
    ['a tool hangs', [{ calls: [{ name: 'hang' }] }] satisfies ScriptedStep[]],
  ])('max_duration, when %s', async (_name, script) => {
    const clock = createManualClock();
    const hang = createFakeTool({
      name: 'hang',
      isAgent: true,
      run: () => new Promise(() => undefined),
    });
    const played = play(script, { tools: [hang], clock, config: { limits: { max_duration: 30 } } });
    await clock.advance(30_000);
    const { task } = await played;
    expect(task.status.state).toBe('failed');
    expect(task.metadata?.kagent_error_code).toBe('deadline_exceeded');
    expect(text(task.status.message?.parts)).toContain('30 s');
  });

  it('tells the model that it repeats itself, then stops it', async () => {
    const same = createFakeTool({ name: 'same', run: () => 'nothing new' });
    const repeat: ScriptedStep = { calls: [{ name: 'same', args: { b: 1, a: 2 } }] };
    const other: ScriptedStep = { calls: [{ name: 'same', args: { a: 2, b: 1 } }] };
    const { task, requests } = await play([repeat, other, repeat, other, repeat, repeat], {
      tools: [same],
    });
    expect(same.calls).toHaveLength(4);
    expect(requests).toHaveLength(6);
    expect(toolMessages(requests[5])[0]).toMatchObject({ isError: true });
    expect(toolMessages(requests[5])[0]?.text).toContain('was made 4 times');
    expect(task.status.state).toBe('failed');
    expect(task.metadata?.kagent_error_code).toBe('limit_exceeded');
  });

  it('lets a model that listens go on, and one that polls poll', async () => {
    const same = createFakeTool({ name: 'same', run: () => 'nothing new' });
    const repeat: ScriptedStep = { calls: [{ name: 'same' }] };
    const listens = await play([repeat, repeat, repeat, repeat, repeat, { text: 'I give up.' }], {
      tools: [same],
    });
    expect(listens.task.status.state).toBe('completed');
    let count = 0;
    const poll = createFakeTool({ name: 'poll', run: () => `${(count += 1)} of 9 ready` });
    const polls = await play(
      [...Array.from({ length: 9 }, () => ({ calls: [{ name: 'poll' }] })), { text: 'ready' }],
      {
        tools: [poll],
      },
    );
    expect(polls.task.status.state).toBe('completed');
    expect(poll.calls).toHaveLength(9);
  });
});

describe('runAgent: model failures', () => {
  it.each([
    [
      'an error',
      [{ error: 'model_unauthorized', message: 'ModelConfig kagent/x: key refused' }],
      'model_unauthorized',
      'ModelConfig kagent/x: key refused',
    ],
    ['a cut stream', [{ cut: true, text: 'Hel' }], 'model_stream_cut', 'broke off'],
    ['an adapter that throws', [], 'internal', 'The model "scripted" failed inside the agent'],
  ] satisfies [string, ScriptedStep[], string, string][])(
    '%s ends the run',
    async (...[, script, code, message]) => {
      const { task, events } = await play(script);
      expect(task.status.state).toBe('failed');
      expect(task.metadata?.kagent_error_code).toBe(code);
      expect(text(task.status.message?.parts)).toContain(message);
      expect(events.at(-1)).toMatchObject({ type: 'run-ended', state: 'failed', error: { code } });
    },
  );
});

describe('runAgent: cancel', () => {
  it.each([
    ['the model', [{ hang: true, text: 'thinking' }] satisfies ScriptedStep[]],
    ['a tool', [{ calls: [{ name: 'hang' }] }] satisfies ScriptedStep[]],
  ])('reaches %s', async (_name, script) => {
    let toolStopped = false;
    const hang = createFakeTool({
      name: 'hang',
      run: (_args, context) =>
        new Promise(() => {
          context.signal.addEventListener('abort', () => {
            toolStopped = true;
          });
        }),
    });
    const model = createScriptedModel(script);
    const agent = createTestAgent({ model, tools: [createFakeToolSource('fake', [hang])] });
    const params = textMessage('go', { contextId: 'c' });
    const started = await agent.handler.sendMessage(
      { ...params, configuration: { blocking: false } },
      ann,
    );
    const stream = collect(agent.handler.resubscribe({ id: started.id }, ann));
    await expect
      .poll(() => model.requests.length + hang.calls.length, { interval: 5 })
      .toBeGreaterThan(script[0] && 'calls' in script[0] ? 1 : 0);
    const task = await agent.handler.cancelTask({ id: started.id }, ann);
    expect(task.status.state).toBe('canceled');
    expect(model.requests[0]?.signal.aborted).toBe(true);
    expect(toolStopped).toBe(hang.calls.length > 0);
    const events = await agent.runs.read(task.id);
    expect(events.slice(-2)).toMatchObject([
      { type: 'cancel-requested', by: 'ann' },
      { type: 'run-ended', state: 'canceled' },
    ]);
    expect((await stream).at(-1)).toMatchObject({ final: true, status: { state: 'canceled' } });
    const again = agent.handler.cancelTask({ id: started.id }, ann);
    await expect(again).rejects.toMatchObject({ code: 'task_not_cancelable' });
  });

  it('leaves no orphan call in the history of the next run', async () => {
    const hang = createFakeTool({ name: 'hang', run: () => new Promise(() => undefined) });
    const model = createScriptedModel([{ calls: [{ name: 'hang' }] }, { text: 'fine' }]);
    const agent = createTestAgent({ model, tools: [createFakeToolSource('fake', [hang])] });
    const started = await agent.handler.sendMessage(
      { ...textMessage('go', { contextId: 'c' }), configuration: { blocking: false } },
      ann,
    );
    await expect.poll(() => hang.calls.length, { interval: 5 }).toBe(1);
    await agent.handler.cancelTask({ id: started.id }, ann);
    await agent.handler.sendMessage(textMessage('still there?', { contextId: 'c' }), ann);
    expect(model.requests[1]?.messages.map((message) => message.role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
  });
});

describe('runAgent: tool servers that are down', () => {
  it('answers without them and says so, once', async () => {
    const good = createFakeTool({ name: 'good' });
    const source = createFakeToolSource('RemoteMCPServer/kube-tools', []);
    source.error = 'http://tools:8084/mcp refuses connections';
    const model = createScriptedModel([
      { calls: [{ name: 'good' }] },
      { text: 'I could not look.' },
    ]);
    const agent = createTestAgent({
      model,
      tools: [source, createFakeToolSource('other', [good])],
    });
    const task = await agent.handler.sendMessage(textMessage('pods?'), ann);
    const line =
      'The tools of RemoteMCPServer/kube-tools are not available: http://tools:8084/mcp refuses connections';
    expect(model.requests[0]?.system).toContain(
      '- RemoteMCPServer/kube-tools: http://tools:8084/mcp refuses connections',
    );
    expect(model.requests[0]?.tools.map((tool) => tool.name)).toEqual(['good']);
    expect(task.status.state).toBe('completed');
    expect(task.metadata?.kagent_notice).toEqual([{ code: 'tools_unavailable', message: line }]);
    expect(task.artifacts?.[0]?.parts).toEqual([
      { kind: 'text', text: 'I could not look.' },
      { kind: 'text', text: line, metadata: { kagent_notice: 'tools_unavailable' } },
    ]);
    const notices = (await agent.runs.read(task.id)).filter((event) => event.type === 'notice');
    expect(notices).toHaveLength(1);
  });

  it('uses them again in the turn after they are back', async () => {
    const source = createFakeToolSource('RemoteMCPServer/x', [createFakeTool({ name: 'late' })]);
    source.error = 'down';
    const other = createFakeTool({
      name: 'other',
      run: () => {
        source.error = undefined;
        return 'ok';
      },
    });
    const model = createScriptedModel([{ calls: [{ name: 'other' }] }, { text: 'done' }]);
    const agent = createTestAgent({ model, tools: [source, createFakeToolSource('o', [other])] });
    await agent.handler.sendMessage(textMessage('go'), ann);
    expect(model.requests.map((request) => request.tools.map((tool) => tool.name))).toEqual([
      ['other'],
      ['late', 'other'],
    ]);
    expect(model.requests[1]?.system).toBe('You are a test.');
  });
});

describe('runAgent: sub-agents', () => {
  it('fixes the child session before the call and keeps it per parent session', async () => {
    const child = createFakeTool({ name: 'kagent__NS__child', isAgent: true });
    const model = createScriptedModel([
      { calls: [{ name: 'kagent__NS__child' }, { name: 'kagent__NS__child' }] },
      { calls: [{ name: 'kagent__NS__child' }] },
      { text: 'ok' },
    ]);
    const agent = createTestAgent({ model, tools: [createFakeToolSource('agents', [child])] });
    const task = await agent.handler.sendMessage(textMessage('go', { contextId: 'parent' }), ann);
    const sessions = child.calls.map((call) => call.context.subagentSessionId);
    expect(sessions[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(sessions[1]).not.toBe(sessions[0]);
    expect(sessions[2]).toBe(sessions[0]);
    const calls = (task.history ?? [])
      .flatMap((message) => message.parts)
      .filter((part) => part.metadata?.kagent_type === 'function_call');
    expect(calls.map((part) => part.metadata?.kagent_subagent_session_id)).toEqual(sessions);
    const responses = (task.history ?? [])
      .flatMap((message) => message.parts)
      .filter((part) => part.metadata?.kagent_type === 'function_response');
    expect(responses[0]).toMatchObject({
      data: { response: { result: 'kagent__NS__child done', subagent_session_id: sessions[0] } },
    });
  });

  it('adds their usage to the run', async () => {
    const child = createFakeTool({
      name: 'a__NS__b',
      isAgent: true,
      run: () => ({
        content: [{ type: 'text', text: 'x' }],
        isError: false,
        usage: { inputTokens: 100, outputTokens: 20 },
      }),
    });
    const { events } = await play(
      [
        { calls: [{ name: 'a__NS__b' }], usage: { inputTokens: 10, outputTokens: 1 } },
        { text: 'ok', usage: { inputTokens: 12, outputTokens: 2 } },
      ],
      { tools: [child] },
    );
    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 122, outputTokens: 23 } });
  });
});
