import {
  type A2AStreamEvent,
  type Agent,
  ERROR_CODES,
  KagentError,
  type ModelConfig,
} from '@kagent/spec';
import { afterEach, describe, expect, it } from 'vitest';
import { HTTP_STATUS } from './http-errors.ts';
import { sampleRun } from './testing/store-contract.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './testing/test-server.ts';

const agent: Agent = {
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'Agent',
  metadata: { name: 'k8s-agent', namespace: 'kagent' },
  spec: {
    type: 'Declarative',
    description: 'd',
    declarative: { runtime: 'go', modelConfig: 'mc', systemMessage: 's' },
  },
  status: {
    conditions: [
      {
        type: 'Accepted',
        status: 'True',
        reason: 'Reconciled',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
      {
        type: 'Ready',
        status: 'True',
        reason: 'DeploymentReady',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  },
};
const modelConfig: ModelConfig = {
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'ModelConfig',
  metadata: { name: 'mc', namespace: 'kagent' },
  spec: { provider: 'OpenAI', model: 'gpt-x', apiKeySecret: 'sec', apiKeySecretKey: 'KEY' },
};

describe('server', () => {
  let server: TestServer;
  afterEach(() => server.close());
  const start = async (options: TestServerOptions = {}) => {
    server = await startTestServer({ agents: [agent], modelConfigs: [modelConfig], ...options });
    return server.app;
  };
  const rpc = (method: string, params: unknown, id: unknown = 7) => ({
    method: 'POST' as const,
    url: '/api/a2a/kagent/k8s-agent/',
    payload: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });

  it('maps every error code to an HTTP status', () => {
    expect(Object.keys(HTTP_STATUS).toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it.each([
    ['/health', 200, { error: false, data: { status: 'OK' }, message: 'OK' }],
    ['/version', 200, { kagent_version: '1.2.3', git_commit: 'abc', build_date: 'today' }],
    ['/api/agents/kagent/none', 404, { error: 'Agent not found', code: 'agent_not_found' }],
    ['/api/sessions/none', 404, { error: 'Session not found: none', code: 'not_found' }],
    ['/api/tasks/none', 404, { error: 'Task not found: none', code: 'task_not_found' }],
    ['/api/sessions', 200, { error: false, data: [], message: 'Successfully listed sessions' }],
  ])('GET %s answers %d', async (url, status, body) => {
    const app = await start();
    const response = await app.inject({ url });
    expect([response.statusCode, response.json()]).toEqual([status, body]);
  });

  it('answers unknown paths as plain text', async () => {
    const app = await start();
    const response = await app.inject({ url: '/api/runs-of-nothing' });
    expect([response.statusCode, response.body]).toEqual([404, '404 page not found\n']);
  });

  it('lists agents with model and state, and never a key', async () => {
    const app = await start();
    const { data } = (await app.inject({ url: '/api/agents' })).json();
    expect(data).toMatchObject([
      {
        id: 'kagent__NS__k8s_agent',
        model: 'gpt-x',
        modelConfigRef: 'kagent/mc',
        deploymentReady: true,
        accepted: true,
      },
    ]);
  });

  it('creates, renames, finds and deletes a session', async () => {
    const app = await start();
    const created = await app.inject({
      method: 'POST',
      url: '/api/sessions?user_id=ann',
      payload: JSON.stringify({ agent_ref: 'kagent__NS__k8s_agent', name: 'one' }),
    });
    expect(created.statusCode).toBe(201);
    const { id } = created.json().data;
    await app.inject({
      method: 'PATCH',
      url: `/api/sessions/${id}?user_id=ann`,
      payload: '{"name":"two"}',
    });
    const list = async (user: string) =>
      (
        await app.inject({
          url: '/api/sessions/agent/kagent/k8s-agent',
          headers: { 'x-user-id': user },
        })
      ).json().data;
    expect(await list('ann')).toMatchObject([
      { id, name: 'two', agent_id: 'kagent__NS__k8s_agent' },
    ]);
    expect(await list('bob')).toEqual([]);
    expect((await app.inject({ url: `/api/sessions/${id}?user_id=bob` })).statusCode).toBe(404);
    await app.inject({ method: 'DELETE', url: `/api/sessions/${id}?user_id=ann` });
    expect(await list('ann')).toEqual([]);
  });

  it('lists no more sessions than asked for, the latest first', async () => {
    const app = await start();
    for (const id of ['1', '2', '3']) {
      await server.store.sessions.save({ id, userId: 'ann', agent: 'kagent/k8s-agent' });
    }
    const list = async (query: string) => app.inject({ url: `/api/sessions?user_id=ann${query}` });
    const ids = (await list('&limit=2')).json().data.map((item: { id: string }) => item.id);
    expect(ids).toEqual(['3', '2']);
    expect((await list('')).json().data).toHaveLength(3);
    expect((await list('&limit=many')).statusCode).toBe(400);
  });

  it('refuses a session for an agent that does not exist', async () => {
    const app = await start();
    const response = await app.inject({
      method: 'POST',
      url: '/api/sessions',
      payload: '{"agent_ref":"kagent/nope"}',
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toContain('kagent/nope');
  });

  it('shows a run as a task to its owner only', async () => {
    const app = await start();
    await server.store.runs.create(sampleRun({ agent: 'kagent/k8s-agent' }));
    await server.store.runs.append('r1', 'h1', [{ type: 'run-ended', state: 'completed' }]);
    const tasks = (await app.inject({ url: '/api/sessions/s1/tasks?user_id=ann' })).json().data;
    expect(tasks).toMatchObject([{ id: 'r1', contextId: 's1', status: { state: 'completed' } }]);
    expect((await app.inject({ url: '/api/tasks/r1?user_id=bob' })).statusCode).toBe(404);
    const viaA2a = await app.inject({
      ...rpc('tasks/get', { id: 'r1' }),
      headers: { 'x-user-id': 'ann' },
    });
    expect(viaA2a.json()).toMatchObject({ id: 7, result: { id: 'r1' } });
  });

  it('keeps tasks that other agents post', async () => {
    const app = await start();
    const task = { id: 't', contextId: 'c', status: { state: 'completed' } };
    const posted = await app.inject({
      method: 'POST',
      url: '/api/tasks?user_id=ann',
      payload: JSON.stringify(task),
    });
    expect(posted.statusCode).toBe(201);
    expect((await app.inject({ url: '/api/tasks/t?user_id=ann' })).json().data).toMatchObject(task);
    const foreign = await app.inject({
      method: 'POST',
      url: '/api/tasks?user_id=bob',
      payload: JSON.stringify(task),
    });
    expect(foreign.statusCode).toBe(409);
    expect(
      (await app.inject({ method: 'DELETE', url: '/api/tasks/t?user_id=ann' })).statusCode,
    ).toBe(204);
  });

  it('refuses hosts that are not its own', async () => {
    const app = await start({ allowedHosts: ['127.0.0.1', 'localhost'] });
    expect(
      (await app.inject({ url: '/health', headers: { host: 'localhost:8083' } })).statusCode,
    ).toBe(200);
    const rebound = await app.inject({
      url: '/api/agents',
      headers: { host: 'evil.example:8083' },
    });
    expect(rebound.statusCode).toBe(421);
  });

  it('counts requests by route pattern', async () => {
    const app = await start();
    await app.inject({ url: '/api/agents/kagent/none' });
    const { body } = await app.inject({ url: '/metrics' });
    expect(body).toContain(
      'kagent_http_request_duration_seconds_count{method="GET",route="/api/agents/:namespace/:name",status="404"} 1',
    );
  });

  describe('A2A gateway', () => {
    it('passes calls to the agent with the caller’s identity', async () => {
      const seen: unknown[] = [];
      const app = await start({
        invoker: {
          call: (invocation, context) => {
            seen.push(invocation, context.userId, context.headers['traceparent']);
            return Promise.resolve({ kind: 'task', id: 't' });
          },
        },
      });
      const response = await app.inject({
        ...rpc('message/send', { message: {} }, 'x'),
        headers: { 'x-user-id': 'ann', traceparent: '00-1' },
      });
      expect(response.json()).toEqual({
        jsonrpc: '2.0',
        id: 'x',
        result: { kind: 'task', id: 't' },
      });
      expect(seen).toEqual([
        {
          agent: { namespace: 'kagent', name: 'k8s-agent' },
          method: 'message/send',
          params: { message: {} },
        },
        'ann',
        '00-1',
      ]);
    });

    it('streams events as data frames with the request id', async () => {
      const event: A2AStreamEvent = {
        kind: 'status-update',
        taskId: 't',
        contextId: 'c',
        status: { state: 'completed' },
        final: true,
      };
      const app = await start({ invoker: { stream: () => streamOf([event]) } });
      const response = await app.inject(rpc('message/stream', { message: {} }));
      expect(response.headers['content-type']).toBe('text/event-stream');
      expect(response.body).toBe(
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: 7, result: event })}\n\n`,
      );
    });

    it('tells a failure inside the stream', async () => {
      const app = await start({
        invoker: { stream: () => failing(new KagentError('agent_unreachable', 'x')) },
      });
      const response = await app.inject(rpc('message/stream', { message: {} }));
      expect(response.body).toContain('"error"');
      expect(response.body).toContain('kubectl describe agent k8s-agent -n kagent');
    });

    it.each([
      ['not JSON', '{', -32700],
      ['no JSON-RPC', '{"id":1}', -32600],
      ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"tasks/paint"}', -32601],
      [
        'a task query without id',
        '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{}}',
        -32602,
      ],
    ])('answers %s with a JSON-RPC error', async (_case, payload, code) => {
      const app = await start();
      const response = await app.inject({
        method: 'POST',
        url: '/api/a2a/kagent/k8s-agent',
        payload,
      });
      expect(response.statusCode).toBe(200);
      expect(response.json()).toMatchObject({ jsonrpc: '2.0', error: { code } });
    });

    it('answers a body that is too large with 413 and a JSON-RPC error', async () => {
      const app = await start({ bodyLimit: 100 });
      const response = await app.inject(rpc('message/send', { text: 'x'.repeat(200) }));
      expect(response.statusCode).toBe(413);
      expect(response.json()).toMatchObject({
        jsonrpc: '2.0',
        error: { message: expect.stringContaining('larger') },
      });
    });

    it('answers an unknown agent with a plain 404', async () => {
      const app = await start();
      const response = await app.inject({
        method: 'POST',
        url: '/api/a2a/kagent/none/',
        payload: '{}',
      });
      expect([response.statusCode, response.body]).toEqual([404, 'Agent kagent/none not found\n']);
    });

    it('serves the card under both names', async () => {
      const app = await start();
      for (const name of ['agent.json', 'agent-card.json']) {
        const response = await app.inject({ url: `/api/a2a/kagent/k8s-agent/.well-known/${name}` });
        expect(response.json()).toMatchObject({
          name: 'k8s_agent',
          url: 'http://127.0.0.1:8083/api/a2a/kagent/k8s-agent/',
          capabilities: { streaming: true },
        });
      }
    });

    it('marks a run as cancelled when its agent is down', async () => {
      const app = await start({
        invoker: { call: () => Promise.reject(new KagentError('agent_unreachable', 'down')) },
      });
      await server.store.runs.create(sampleRun({ agent: 'kagent/k8s-agent' }));
      const response = await app.inject({
        ...rpc('tasks/cancel', { id: 'r1' }),
        headers: { 'x-user-id': 'ann' },
      });
      expect(response.json().result).toMatchObject({ id: 'r1' });
      expect(await server.store.runs.isCancelRequested('r1')).toBe(true);
    });
  });
});

async function* streamOf<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

// oxlint-disable-next-line require-yield -- fails before its first event
async function* failing(error: Error): AsyncGenerator<A2AStreamEvent> {
  throw error;
}
