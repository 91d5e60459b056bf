import { request as httpRequest } from 'node:http';
import { LegacyJsonRpcTransport } from '@a2a-js/sdk/compat/v0_3/client';
import { Role, TaskState as SdkTaskState, type SendMessageRequest } from '@a2a-js/sdk';
import {
  createSseParser,
  JsonRpcErrorObject,
  readA2AStream,
  Task,
  type A2AStreamEvent,
} from '@kagent/spec';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createFakeTool, createFakeToolSource } from '../testing/fake-tools.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createScriptedModel, type ScriptedStep } from '../testing/scripted-model.ts';
import { serve } from '../testing/serve.ts';
import {
  collect,
  createTestAgent,
  textMessage,
  type TestAgentOptions,
} from '../testing/test-agent.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(script: ScriptedStep[], options: Partial<TestAgentOptions> = {}) {
  const model = createScriptedModel(script);
  const agent = createTestAgent({ model, executor: { graceMs: 5 }, ...options });
  const served = await serve(agent.listener);
  cleanups.push(
    () => agent.stop(),
    () => served.close(),
  );
  return { agent, model, url: served.url };
}

const RpcBody = z.looseObject({
  id: z.unknown(),
  result: z.unknown().optional(),
  error: JsonRpcErrorObject.optional(),
});

interface RpcAnswer {
  status: number;
  type: string | null;
  body: z.infer<typeof RpcBody>;
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<RpcAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const parsed = RpcBody.parse(await response.json());
  return { status: response.status, type: response.headers.get('content-type'), body: parsed };
}

const rpc = (method: string, params: unknown, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const ann = { 'x-user-id': 'ann' };

async function open(
  url: string,
  method: string,
  params: unknown,
): Promise<AsyncGenerator<A2AStreamEvent>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: ann,
    body: JSON.stringify(rpc(method, params)),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  return readA2AStream(response.body!);
}

async function stream(url: string, method: string, params: unknown): Promise<A2AStreamEvent[]> {
  return collect(await open(url, method, params));
}

describe('agent HTTP surface: routes', () => {
  it.each([
    ['GET', '.well-known/agent-card.json', 200, 'application/json', '"name":"test-agent"'],
    ['GET', '.well-known/agent.json', 200, 'application/json', '"protocolVersion":"0.3.0"'],
    ['GET', 'health', 200, 'text/plain; charset=utf-8', 'OK'],
    ['GET', 'healthz?verbose', 200, 'text/plain; charset=utf-8', 'OK'],
    ['GET', '', 405, 'text/plain; charset=utf-8', 'Method not allowed'],
    ['POST', 'health', 405, 'text/plain; charset=utf-8', 'Method not allowed'],
    ['GET', 'nothing', 404, 'text/plain; charset=utf-8', 'Not found'],
  ])('%s /%s → %i', async (...[method, path, status, type, text]) => {
    const { url } = await start([]);
    const response = await fetch(`${url}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toContain(text);
  });
});

describe('agent HTTP surface: JSON-RPC errors are HTTP 200 with an error member', () => {
  it.each([
    ['no JSON', '{', -32700, null],
    ['no object', '7', -32600, null],
    ['a batch', '[]', -32600, null],
    ['another version', { jsonrpc: '1.0', id: 5, method: 'message/send' }, -32600, 5],
    ['no method', { jsonrpc: '2.0', id: 'x' }, -32600, 'x'],
    ['an unknown method', rpc('tasks/list', {}), -32601, 1],
    ['push notifications', rpc('tasks/pushNotificationConfig/set', {}), -32004, 1],
    ['no params', { jsonrpc: '2.0', id: 'a', method: 'message/send' }, -32602, 'a'],
    ['no parts', rpc('message/send', { message: { role: 'user', parts: [] } }), -32602, 1],
    [
      'a part without kind',
      rpc('message/send', { message: { role: 'user', parts: [{ text: 'x' }] } }),
      -32602,
      1,
    ],
    ['a bad context id', rpc('message/send', textMessage('x', { contextId: 'a\nb' })), -32602, 1],
    ['an unknown task', rpc('tasks/get', { id: 'nope' }), -32001, 1],
    ['canceling an unknown task', rpc('tasks/cancel', { id: 'nope' }), -32001, 1],
    [
      'a message for an unknown task',
      rpc('message/send', textMessage('x', { taskId: 'nope' })),
      -32001,
      1,
    ],
  ])('%s', async (...[, body, code, id]) => {
    const { url } = await start([]);
    const answer = await post(url, body);
    expect(answer.status).toBe(200);
    expect(answer.type).toBe('application/json');
    expect(answer.body).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
    expect(answer.body).not.toHaveProperty('result');
  });

  it('names the field of bad params', async () => {
    const { url } = await start([]);
    const answer = await post(url, rpc('message/send', { message: { role: 'boss', parts: [] } }));
    expect(answer.body.error?.message).toContain('message.role');
  });

  it('reports the error of a stream as an event', async () => {
    const { url } = await start([]);
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(rpc('tasks/resubscribe', { id: 'nope' }, 'q')),
    });
    expect(response.status).toBe(200);
    const [frame] = createSseParser().push(await response.text());
    expect(JSON.parse(frame?.data ?? '')).toMatchObject({ id: 'q', error: { code: -32001 } });
  });

  it.each([
    ['declared', false],
    ['sent in chunks', true],
  ])('answers 413 to a body that is too large, %s', async (_how, chunked) => {
    const { url } = await start([], { maxBody: 1_000 });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(url, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      if (chunked) request.write('x'.repeat(600));
      request.end('x'.repeat(chunked ? 600 : 1_200));
    });
    expect(status).toBe(413);
  });

  it('takes 10 MiB', async () => {
    const { url } = await start([{ text: 'read it' }]);
    const text = 'x'.repeat(10 * 1024 * 1024 - 1_000);
    const answer = await post(url, rpc('message/send', textMessage(text)));
    expect(Task.parse(answer.body.result).status.state).toBe('completed');
  });
});

describe('agent HTTP surface: messages', () => {
  it('answers message/send with the finished task, under the caller’s id', async () => {
    const { url, agent } = await start([{ text: 'Hello' }]);
    const answer = await post(
      url,
      rpc('message/send', textMessage('Hi', { contextId: 'c' }), 'mine'),
      ann,
    );
    expect(answer.body.id).toBe('mine');
    const task = Task.parse(answer.body.result);
    expect(task).toMatchObject({
      contextId: 'c',
      status: { state: 'completed' },
      metadata: { kagent_user_id: 'ann' },
    });
    expect((await agent.runs.get(task.id))?.userId).toBe('ann');
  });

  it('derives the user from the context when nobody says who', async () => {
    const { url, agent } = await start([{ text: 'Hello' }]);
    const task = Task.parse(
      (await post(url, rpc('message/send', textMessage('Hi', { contextId: 'c' })))).body.result,
    );
    expect((await agent.runs.get(task.id))?.userId).toBe('A2A_USER_c');
    expect((await post(url, rpc('tasks/get', { id: task.id }))).body.result).toMatchObject({
      id: task.id,
    });
  });

  it('shows a task to its owner only', async () => {
    const { url } = await start([{ text: 'secret' }]);
    const task = Task.parse(
      (await post(url, rpc('message/send', textMessage('Hi')), ann)).body.result,
    );
    for (const method of ['tasks/get', 'tasks/cancel']) {
      const other = await post(url, rpc(method, { id: task.id }), { 'x-user-id': 'mallory' });
      expect(other.body.error?.code).toBe(-32001);
      const nobody = await post(url, rpc(method, { id: task.id }));
      expect(nobody.body.error?.code).toBe(-32001);
    }
    const foreign = await post(
      url,
      rpc('message/send', textMessage('x', { contextId: task.contextId })),
      { 'x-user-id': 'mallory' },
    );
    expect(foreign.body.error?.code).toBe(-31403);
  });

  it('is idempotent by message id', async () => {
    const { url, model } = await start([{ text: 'once' }]);
    const send = () =>
      post(url, rpc('message/send', textMessage('Hi', { messageId: 'm', contextId: 'c' })), ann);
    const [first, second] = [await send(), await send()];
    expect(second.body.result).toEqual(first.body.result);
    expect(model.requests).toHaveLength(1);
  });

  it('refuses another message for a finished task, and joins the same one', async () => {
    const { url } = await start([{ text: 'done' }]);
    const first = Task.parse(
      (
        await post(
          url,
          rpc('message/send', textMessage('Hi', { messageId: 'm', contextId: 'c' })),
          ann,
        )
      ).body.result,
    );
    const more = await post(
      url,
      rpc('message/send', textMessage('And?', { taskId: first.id, messageId: 'n' })),
      ann,
    );
    expect(more.body.error).toMatchObject({ code: -32602 });
    expect(more.body.error?.message).toContain('terminal state completed');
    const same = await post(
      url,
      rpc('message/send', textMessage('Hi', { taskId: first.id, messageId: 'm' })),
      ann,
    );
    expect(same.body.result).toEqual(first);
  });

  it('answers at once when blocking is false, and tasks/get tells how it went', async () => {
    const { url, model } = await start([{ hang: true }]);
    const params = { ...textMessage('Hi', { contextId: 'c' }), configuration: { blocking: false } };
    const task = Task.parse((await post(url, rpc('message/send', params), ann)).body.result);
    expect(task.status.state).toBe('working');
    await expect.poll(() => model.requests.length, { interval: 5 }).toBe(1);
    const canceled = await post(url, rpc('tasks/cancel', { id: task.id }), ann);
    expect(canceled.body.result).toMatchObject({ status: { state: 'canceled' } });
    const again = await post(url, rpc('tasks/cancel', { id: task.id }), ann);
    expect(again.body.error?.code).toBe(-32002);
  });

  it('cuts the history to the wanted length', async () => {
    const { url } = await start([{ text: 'one' }]);
    const task = Task.parse(
      (await post(url, rpc('message/send', textMessage('Hi')), ann)).body.result,
    );
    const lengthOf = async (historyLength: number) =>
      Task.parse(
        (await post(url, rpc('tasks/get', { id: task.id, historyLength }), ann)).body.result,
      ).history?.length;
    expect([await lengthOf(0), await lengthOf(1), await lengthOf(9)]).toEqual([0, 1, 2]);
  });
});

describe('agent HTTP surface: streams', () => {
  it('sends every event in order, deltas marked as partial', async () => {
    const tool = createFakeTool({ name: 'get_pods', run: () => 'web-1' });
    const { url } = await start(
      [
        {
          calls: [{ name: 'get_pods', id: 'c1', args: { a: 1 } }],
          usage: { inputTokens: 9, outputTokens: 3 },
        },
        { text: ['web-1 ', 'runs'] },
      ],
      { tools: [createFakeToolSource('t', [tool])] },
    );
    const events = await stream(
      url,
      'message/stream',
      textMessage('pods?', { contextId: 'c', messageId: 'm' }),
    );
    const shape = events.map((event) =>
      event.kind === 'status-update'
        ? [
            event.status.state,
            event.status.message?.parts.map((part) => part.metadata?.kagent_type ?? part.kind),
            event.metadata?.kagent_adk_partial ?? false,
            event.final,
          ]
        : [event.kind],
    );
    expect(shape).toEqual([
      ['submitted', ['text'], false, false],
      ['working', undefined, false, false],
      ['working', ['function_call'], false, false],
      ['working', ['function_response'], false, false],
      ['working', ['text'], true, false],
      ['working', ['text'], true, false],
      ['working', ['text'], false, false],
      ['artifact-update'],
      ['completed', undefined, false, true],
    ]);
    expect(events[2]).toMatchObject({
      status: {
        message: {
          parts: [{ kind: 'data', data: { id: 'c1', name: 'get_pods', args: { a: 1 } } }],
        },
      },
      metadata: {
        kagent_app_name: 'kagent__NS__test_agent',
        kagent_user_id: 'ann',
        kagent_session_id: 'c',
        kagent_author: 'kagent__NS__test_agent',
        kagent_usage_metadata: {
          promptTokenCount: 9,
          candidatesTokenCount: 3,
          totalTokenCount: 12,
        },
      },
    });
    expect(events[3]).toMatchObject({
      status: {
        message: {
          parts: [
            {
              data: {
                id: 'c1',
                name: 'get_pods',
                response: {
                  result: { content: [{ type: 'text', text: 'web-1' }], isError: false },
                },
              },
            },
          ],
        },
      },
    });
  });

  it('sends no deltas when the agent’s config says so', async () => {
    const { url } = await start([{ text: ['a', 'b'] }], { config: { stream: false } });
    const events = await stream(url, 'message/stream', textMessage('x'));
    expect(events).toHaveLength(5);
  });

  it('keeps a silent stream open with comments', async () => {
    const clock = createManualClock();
    const { url, model } = await start([{ hang: true }], { clock });
    const abort = new AbortController();
    const response = await fetch(url, {
      method: 'POST',
      headers: ann,
      body: JSON.stringify(rpc('message/stream', textMessage('x'))),
      signal: abort.signal,
    });
    const reader = response.body!.getReader();
    let text = '';
    const reading = (async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        text += new TextDecoder().decode(value);
      }
    })().catch(() => undefined);
    await expect.poll(() => model.requests.length, { interval: 5 }).toBe(1);
    await clock.advance(15_000);
    await expect.poll(() => text, { interval: 5 }).toContain(': keep-alive\n\n');
    abort.abort();
    await reading;
  });

  it('goes on with the run when the client goes, and shows it the rest when it is back', async () => {
    let release: () => void = () => undefined;
    const gate = createFakeTool({
      name: 'gate',
      run: () => new Promise<string>((resolve) => (release = () => resolve('ok'))),
    });
    const { url } = await start([{ calls: [{ name: 'gate' }] }, { text: 'finished' }], {
      tools: [createFakeToolSource('g', [gate])],
    });
    const abort = new AbortController();
    const response = await fetch(url, {
      method: 'POST',
      headers: ann,
      body: JSON.stringify(rpc('message/stream', textMessage('x', { contextId: 'c' }))),
      signal: abort.signal,
    });
    const seen: A2AStreamEvent[] = [];
    for await (const event of readA2AStream(response.body!)) {
      seen.push(event);
      if (seen.length === 3) break;
    }
    abort.abort();
    const id = seen[0]?.kind === 'status-update' ? seen[0].taskId : '';
    await expect.poll(() => gate.calls.length, { interval: 5 }).toBe(1);
    const events: A2AStreamEvent[] = [];
    for await (const event of await open(url, 'tasks/resubscribe', { id })) {
      if (events.length === 0) release();
      events.push(event);
    }
    expect(events[0]).toMatchObject({ kind: 'task', id, status: { state: 'working' } });
    expect(events.at(-1)).toMatchObject({
      kind: 'status-update',
      final: true,
      status: { state: 'completed' },
    });
    const known = new Set(seen.map((event) => JSON.stringify(event)));
    expect(events.slice(1).filter((event) => known.has(JSON.stringify(event)))).toEqual([]);
    const after = await stream(url, 'tasks/resubscribe', { id });
    expect(after.map((event) => event.kind)).toEqual(['task', 'status-update']);
  });
});

describe('agent HTTP surface, as the A2A SDK sees it', () => {
  const request = (text: string): SendMessageRequest => ({
    tenant: '',
    message: {
      messageId: `m-${text}`,
      contextId: 'sdk',
      taskId: '',
      role: Role.ROLE_USER,
      parts: [
        {
          content: { $case: 'text', value: text },
          metadata: undefined,
          filename: '',
          mediaType: '',
        },
      ],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: undefined,
    metadata: undefined,
  });
  const options = { serviceParameters: { 'x-user-id': 'ann' } };

  it('sends, gets, streams and resubscribes', async () => {
    const { url } = await start([{ text: 'one' }, { text: ['t', 'wo'] }]);
    const client = new LegacyJsonRpcTransport({ endpoint: url });
    const sent = await client.sendMessage(request('first'), options);
    const id = 'id' in sent ? sent.id : '';
    expect(sent).toMatchObject({
      contextId: 'sdk',
      status: { state: SdkTaskState.TASK_STATE_COMPLETED },
    });
    expect(
      await client.getTask({ id, tenant: '', historyLength: undefined }, options),
    ).toMatchObject({ id });
    const events = await collect(client.sendMessageStream(request('second'), options));
    expect(events.map((event) => event.payload?.$case)).toEqual([
      'statusUpdate',
      'statusUpdate',
      'statusUpdate',
      'statusUpdate',
      'statusUpdate',
      'artifactUpdate',
      'statusUpdate',
    ]);
    const again = await collect(client.resubscribeTask({ id, tenant: '' }, options));
    expect(again.map((event) => event.payload?.$case)).toEqual(['task', 'statusUpdate']);
  });

  it('cancels, and understands our errors', async () => {
    const { url, model } = await start([{ hang: true }]);
    const client = new LegacyJsonRpcTransport({ endpoint: url });
    const events = client.sendMessageStream(request('stuck'), options);
    const first = await events.next();
    const id =
      first.value?.payload?.$case === 'statusUpdate' ? first.value.payload.value.taskId : '';
    await expect.poll(() => model.requests.length, { interval: 5 }).toBe(1);
    const canceled = await client.cancelTask({ id, tenant: '', metadata: undefined }, options);
    expect(canceled.status?.state).toBe(SdkTaskState.TASK_STATE_CANCELED);
    const rest = await collect(events);
    expect(rest.at(-1)?.payload).toMatchObject({ $case: 'statusUpdate' });
    await expect(
      client.getTask({ id: 'nope', tenant: '', historyLength: undefined }, options),
    ).rejects.toThrow(/nope/);
    await expect(
      client.cancelTask({ id, tenant: '', metadata: undefined }, options),
    ).rejects.toThrow(/ended/);
  });
});
