import type { RequestListener } from 'node:http';
import { KagentError, type A2AStreamEvent, type Task } from '@kagent/spec';
import { afterEach, describe, expect, it } from 'vitest';
import type { ToolCallContext } from '../../ports.ts';
import { systemClock } from '../../system-clock.ts';
import { createFakeTool, createFakeToolSource } from '../../testing/fake-tools.ts';
import { closedPort } from '../../testing/mcp-server.ts';
import { createMemoryRunStore } from '../../testing/memory-run-store.ts';
import { createScriptedModel, type ScriptedStep } from '../../testing/scripted-model.ts';
import { serve } from '../../testing/serve.ts';
import { createTestAgent, silentLogger, textMessage } from '../../testing/test-agent.ts';
import { createAgentToolSource } from './agent-tool-source.ts';

const signal = new AbortController().signal;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Waits as told, but a hundred times faster. */
const fastClock = {
  now: systemClock.now,
  sleep: (ms: number, stop?: AbortSignal) => systemClock.sleep(ms / 100, stop),
};

function toolFor(
  url: string,
  extra: { headers?: Record<string, string>; description?: string } = {},
) {
  let ids = 0;
  return createAgentToolSource({
    agents: [{ name: 'kagent__NS__child', url, ...extra }],
    fetch,
    clock: fastClock,
    randomId: () => `rpc-${(ids += 1)}`,
    logger: silentLogger,
  });
}

async function callTool(
  url: string,
  context: Partial<ToolCallContext> = {},
  args: Record<string, unknown> = { request: 'count pods' },
) {
  const { tools } = await toolFor(url).list(signal);
  return tools[0]!.call(args, {
    runId: 'parent-run',
    sessionId: 'parent-session',
    userId: 'ann',
    callId: 'call-1',
    signal,
    headers: {},
    subagentSessionId: 'child-session',
    ...context,
  });
}

async function startChild(
  script: ScriptedStep[],
  options: Partial<Parameters<typeof createTestAgent>[0]> = {},
) {
  const model = createScriptedModel(script);
  const child = createTestAgent({ model, name: 'child', ...options });
  const seen: Record<string, unknown>[] = [];
  const served = await serve((request, response) => {
    seen.push(request.headers);
    child.listener(request, response);
  });
  cleanups.push(() => served.close());
  return { child, model, served, seen };
}

describe('agents as tools', () => {
  it('have one argument, a name and a source', async () => {
    const source = toolFor('http://x/', { description: 'Knows pods' });
    const { tools, error } = await source.list(signal);
    expect(error).toBeUndefined();
    expect(tools[0]).toMatchObject({
      spec: {
        name: 'kagent__NS__child',
        description: 'Knows pods',
        inputSchema: { properties: { request: { type: 'string' } }, required: ['request'] },
      },
      source: 'Agent/kagent/child',
      isAgent: true,
      repeatable: true,
    });
  });

  it('answer with text and usage, in the child session of the caller', async () => {
    const usage = { inputTokens: 30, outputTokens: 4 };
    const { child, served, seen } = await startChild([{ text: ['There ', 'are 3.'], usage }]);
    const result = await callTool(served.url, {
      headers: { traceparent: '00-a-b-01', authorization: 'Bearer no' },
    });
    expect(result).toEqual({
      content: [{ type: 'text', text: 'There are 3.' }],
      isError: false,
      usage,
    });
    expect(seen[0]).toMatchObject({
      'x-user-id': 'ann',
      'x-kagent-source': 'agent',
      'x-kagent-parent-context-id': 'parent-session',
      'x-kagent-root-context-id': 'parent-session',
      traceparent: '00-a-b-01',
    });
    expect(seen[0]).not.toHaveProperty('authorization');
    const history = await child.runs.history('child-session', 'none');
    expect(history[0]).toMatchObject({
      type: 'run-started',
      userId: 'ann',
      parentSessionId: 'parent-session',
      message: { parts: [{ text: 'count pods' }] },
    });
  });

  it('pass the root session on', async () => {
    const { served, seen } = await startChild([{ text: 'ok' }]);
    await callTool(served.url, { headers: { 'x-kagent-root-context-id': 'root' } });
    expect(seen[0]).toMatchObject({ 'x-kagent-root-context-id': 'root' });
  });

  it('join the same run when the call is repeated', async () => {
    const { model, served } = await startChild([{ text: 'once' }]);
    const first = await callTool(served.url);
    const second = await callTool(served.url);
    expect(second).toEqual(first);
    expect(model.requests).toHaveLength(1);
    const { served: other, model: otherModel } = await startChild([
      { text: 'one' },
      { text: 'two' },
    ]);
    await callTool(other.url, { callId: 'call-1' });
    await callTool(other.url, { callId: 'call-2' });
    expect(otherModel.requests).toHaveLength(2);
  });

  it.each([
    ['no request', {}],
    ['an empty request', { request: ' ' }],
    ['a request that is no text', { request: 7 }],
  ])('refuse %s without calling', async (_what, args) => {
    const result = await callTool('http://127.0.0.1:1/', {}, args);
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain('request');
  });

  it('report a failed child with its reason', async () => {
    const { served } = await startChild([
      { error: 'model_unauthorized', message: 'ModelConfig x: key refused' },
    ]);
    expect(await callTool(served.url)).toMatchObject({
      isError: true,
      content: [{ text: 'The agent kagent__NS__child failed: ModelConfig x: key refused' }],
    });
  });

  it('report an agent that is not there', async () => {
    const port = await closedPort();
    const result = await callTool(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain(`The agent at 127.0.0.1:${port} can't be reached`);
  });

  it('report the agent’s own error', async () => {
    const { served } = await startChild([]);
    const result = await callTool(served.url, { subagentSessionId: 'x'.repeat(300) });
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain(
      'message.contextId must be 1 to 255 printable characters',
    );
  });

  it('cancel the child when the run is canceled', async () => {
    const { child, model, served } = await startChild([{ hang: true }]);
    const abort = new AbortController();
    const call = callTool(served.url, { signal: abort.signal });
    await expect.poll(() => model.requests.length, { interval: 5 }).toBe(1);
    abort.abort(new KagentError('canceled', 'The run was canceled.'));
    await expect(call).rejects.toThrow('canceled');
    await expect.poll(() => child.liveRuns, { interval: 5 }).toBe(0);
    expect((await child.runs.history('child-session', 'none')).at(-1)).toMatchObject({
      state: 'canceled',
    });
  });

  it('leave the child alone when another process will go on with the run', async () => {
    const { child, model, served } = await startChild([{ hang: true }], {
      executor: { graceMs: 10 },
    });
    const abort = new AbortController();
    const call = callTool(served.url, { signal: abort.signal });
    await expect.poll(() => model.requests.length, { interval: 5 }).toBe(1);
    abort.abort(new KagentError('unavailable', 'shutting down'));
    await expect(call).rejects.toThrow('shutting down');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(child.liveRuns).toBe(1);
    await child.stop();
  });

  it('follow the child through cut connections and a restart', async () => {
    let open: () => void = () => undefined;
    const gate = createFakeTool({
      name: 'gate',
      run: () => new Promise<string>((resolve) => (open = () => resolve('open'))),
    });
    const runs = createMemoryRunStore();
    const tools = [createFakeToolSource('g', [gate])];
    const usage = { inputTokens: 5, outputTokens: 1 };
    const script: ScriptedStep[] = [
      { calls: [{ name: 'gate' }], usage },
      { text: 'through', usage },
    ];
    const { child, served } = await startChild(script, {
      runs,
      tools,
      holder: 'one',
      executor: { graceMs: 5 },
    });
    let listener: RequestListener = child.listener;
    const front = await serve((request, response) => listener(request, response));
    cleanups.push(() => front.close());
    await served.close();

    const call = callTool(front.url);
    await expect.poll(() => gate.calls.length, { interval: 5 }).toBe(1);
    front.cut();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await child.stop();
    const second = createTestAgent({
      model: createScriptedModel([{ text: 'through', usage }]),
      name: 'child',
      runs,
      tools,
      holder: 'two',
    });
    listener = second.listener;
    front.cut();
    await second.start();
    await expect.poll(() => gate.calls.length, { interval: 5 }).toBe(2);
    open();
    expect(await call).toEqual({
      content: [{ type: 'text', text: 'through' }],
      isError: false,
      usage: { inputTokens: 10, outputTokens: 2 },
    });
  });
});

/** An agent that is not ours: answers each JSON-RPC method as told. */
async function startForeign(
  answers: Record<
    string,
    (params: unknown) => { result?: unknown; error?: unknown; stream?: unknown[] }
  >,
) {
  const methods: string[] = [];
  const served = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const rpc: { id: string; method: string; params: unknown } = JSON.parse(
        Buffer.concat(chunks).toString(),
      );
      methods.push(rpc.method);
      const { stream, ...answer } = answers[rpc.method]?.(rpc.params) ?? {
        error: { code: -32601, message: 'no' },
      };
      if (!stream) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: rpc.id, ...answer }));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const result of stream) {
        response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: rpc.id, result })}\r\n\r\n`);
      }
      response.end();
    });
  });
  cleanups.push(() => served.close());
  return { url: served.url, methods };
}

const status = (state: string, text?: string, extra: object = {}) => ({
  kind: 'status-update',
  taskId: 't',
  contextId: 'c',
  final: false,
  status: {
    state,
    ...(text === undefined
      ? {}
      : {
          message: {
            kind: 'message',
            messageId: `m-${text}`,
            role: 'agent',
            parts: [{ kind: 'text', text }],
          },
        }),
  },
  ...extra,
});
const task = (state: string, text?: string): Task => ({
  kind: 'task',
  id: 't',
  contextId: 'c',
  status: { state: state as Task['status']['state'] },
  ...(text === undefined
    ? {}
    : { artifacts: [{ artifactId: 'a', parts: [{ kind: 'text', text }] }] }),
});

describe('agents of others as tools', () => {
  it.each([
    [
      'messages without an artifact, partials with the older prefix',
      [
        status('working', 'do', { metadata: { adk_partial: true } }),
        status('working', 'done', {
          metadata: { adk_usage_metadata: { promptTokenCount: 3, candidatesTokenCount: 2 } },
        }),
        status('completed', undefined, { final: true }),
      ],
      'done',
      { inputTokens: 3, outputTokens: 2 },
    ],
    [
      'artifacts in chunks',
      [
        {
          kind: 'artifact-update',
          taskId: 't',
          contextId: 'c',
          append: true,
          artifact: { artifactId: 'a', parts: [{ kind: 'text', text: 'par' }] },
        },
        {
          kind: 'artifact-update',
          taskId: 't',
          contextId: 'c',
          lastChunk: true,
          artifact: { artifactId: 'a', parts: [{ kind: 'text', text: 'whole' }] },
        },
        status('completed', undefined, { final: true }),
      ],
      'whole',
      undefined,
    ],
    [
      'a bare message',
      [{ kind: 'message', messageId: 'm', role: 'agent', parts: [{ kind: 'text', text: 'hi' }] }],
      'hi',
      undefined,
    ],
  ] satisfies [string, unknown[], string, unknown][])(
    'answer with %s',
    async (...[, stream, text, usage]) => {
      const { url } = await startForeign({ 'message/stream': () => ({ stream }) });
      const result = await callTool(url);
      expect(result).toEqual({
        content: [{ type: 'text', text }],
        isError: false,
        ...(usage ? { usage } : {}),
      });
    },
  );

  it('are asked without a stream when they have none', async () => {
    const { url, methods } = await startForeign({
      'message/send': () => ({ result: task('completed', 'plain') }),
    });
    expect(await callTool(url)).toMatchObject({ isError: false, content: [{ text: 'plain' }] });
    expect(methods).toEqual(['message/stream', 'message/send']);
  });

  it('are asked for the task when a stream breaks and can’t be taken up', async () => {
    let asked = 0;
    const { url, methods } = await startForeign({
      'message/stream': () => ({ stream: [status('working', 'hm')] }),
      'tasks/get': () => ({
        result: (asked += 1) < 3 ? task('working') : task('completed', 'late'),
      }),
    });
    expect(await callTool(url)).toMatchObject({ isError: false, content: [{ text: 'late' }] });
    expect(methods).toEqual([
      'message/stream',
      'tasks/resubscribe',
      'tasks/get',
      'tasks/get',
      'tasks/get',
    ]);
  });

  it('need input: that is said, not waited for', async () => {
    const stream: Partial<A2AStreamEvent>[] = [
      status('input-required', 'Which cluster?', { final: true }) as never,
    ];
    const { url } = await startForeign({ 'message/stream': () => ({ stream }) });
    const result = await callTool(url);
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toContain('needs more before it can go on: Which cluster?');
  });

  it('answer nonsense: that is an error, not a dead run', async () => {
    const { url } = await startForeign({
      'message/stream': () => ({ result: { kind: 'nonsense' } }),
    });
    expect(await callTool(url)).toMatchObject({ isError: true });
  });
});

describe('a parent and a child', () => {
  it('work together, and the parent shows the child session', async () => {
    const { child, served } = await startChild([
      { text: '3 pods', usage: { inputTokens: 2, outputTokens: 1 } },
    ]);
    const parent = createTestAgent({
      model: createScriptedModel([
        { calls: [{ name: 'kagent__NS__child', args: { request: 'count' } }] },
        { text: 'There are 3 pods.' },
      ]),
      tools: [toolFor(served.url)],
    });
    const done = await parent.handler.sendMessage(
      textMessage('How many pods?', { contextId: 'p' }),
      {
        headers: { 'x-user-id': 'ann' },
        signal,
      },
    );
    expect(done.status.state).toBe('completed');
    const parts = (done.history ?? []).flatMap((message) => message.parts);
    const call = parts.find((part) => part.metadata?.kagent_type === 'function_call');
    const session = String(call?.metadata?.kagent_subagent_session_id);
    expect((await child.runs.history(session, 'none'))[0]).toMatchObject({
      parentSessionId: 'p',
      userId: 'ann',
    });
    expect(done.metadata?.kagent_run_usage_metadata).toMatchObject({ totalTokenCount: 3 });
  });
});
