/** Models and tool servers that fail, over their real wires: what is tried again, what the person is told, what never leaks. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENTS, REMOTE_MCP_SERVERS, type Task } from '@kagent/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, textOf, toolCallsOf, toolResultsOf } from '../testing/a2a.ts';
import { startMcpServer } from '../testing/mcp-server.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { agentManifest, remoteTools, startScriptedModel } from '../testing/scripted-model.ts';
import { conditionOf, isTrue, waitFor } from '../testing/wait-for.ts';

const KEY = 'sk-planted-9c1f5b7a2e84d0';
const HEADER = 'Bearer planted-header-71be90c4';
const CALLER = 'planted-caller-token-55aa31';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({ logLevel: 'debug' });
  const literals = [`--from-literal=KEY=${KEY}`, `--from-literal=HEADER=${HEADER}`];
  await platform.kubectl('create', 'secret', 'generic', 'planted', '-n', 'kagent', ...literals);
});
afterAll(() => platform.stop());

const failed = (task: Task) => textOf(task.status.message?.parts ?? []);

interface Failure {
  name: string;
  rules: unknown[];
  state: 'completed' | 'failed';
  /** The answer, or the reason. */
  says: (string | RegExp)[];
  /** Calls that reach the model. */
  requests: number;
}

const status = (code: number, message: string, extra = {}) => ({
  error: { status: code, message, ...extra },
});
const ok = { text: 'All good now.' };

const FAILURES: Failure[] = [
  {
    name: 'refused-key',
    rules: [{ reply: status(401, `Incorrect API key provided: ${KEY}`) }],
    state: 'failed',
    says: [
      /^ModelConfig kagent\/refused-key: the provider at 127\.0\.0\.1:\d+ refused the API key \(401\)/,
      'Check the Secret that apiKeySecret of the ModelConfig names.',
    ],
    requests: 1,
  },
  {
    name: 'unknown-model',
    rules: [{ reply: status(404, 'The model does not exist') }],
    state: 'failed',
    says: [
      /^ModelConfig kagent\/unknown-model: .*does not know model "scripted"/,
      'Check spec.model',
    ],
    requests: 1,
  },
  {
    name: 'limited-once',
    rules: [{ repeat: 1, reply: status(429, 'slow down', { retryAfter: 0.1 }) }, { reply: ok }],
    state: 'completed',
    says: ['All good now.'],
    requests: 2,
  },
  {
    name: 'broken-once',
    rules: [{ repeat: 1, reply: status(500, 'oops') }, { reply: ok }],
    state: 'completed',
    says: ['All good now.'],
    requests: 2,
  },
  {
    name: 'broken-for-ever',
    rules: [{ reply: status(500, 'oops') }],
    state: 'failed',
    says: [
      /^ModelConfig kagent\/broken-for-ever: .*answered with an error \(500\).* after 4 tries/,
      'check the state of the provider',
    ],
    requests: 4,
  },
  {
    name: 'cut-at-once',
    rules: [{ repeat: 1, reply: { text: 'never seen', cutAfterChunks: 0 } }, { reply: ok }],
    state: 'completed',
    says: [/^All good now\.$/],
    requests: 2,
  },
  {
    name: 'cut-in-the-middle',
    rules: [{ reply: { chunks: ['It is ', 'as I ', 'told you'], cutAfterChunks: 2 } }],
    state: 'failed',
    says: [
      /^ModelConfig kagent\/cut-in-the-middle: the stream from .* ended before the answer was complete/,
      'Send the message again.',
    ],
    requests: 1,
  },
];

describe('a model that fails', () => {
  it.concurrent.each(FAILURES)(
    '$name: ends $state',
    async ({ name, rules, state, says, requests }) => {
      const model = await startScriptedModel(rules);
      try {
        const config = model
          .manifest(name)
          .replace(
            'model: scripted,',
            'model: scripted, apiKeySecret: planted, apiKeySecretKey: KEY,',
          );
        await platform.kubectl.apply(config + agentManifest(name, { modelConfig: name }));
        await platform.agentReady(name);
        const task = await platform.a2a.send(name, 'How are you?');
        expect(task.status.state).toBe(state);
        const said = state === 'failed' ? failed(task) : answerOf(task);
        for (const part of says) expect(said).toMatch(part);
        expect(said).not.toContain(KEY);
        expect(model.requests).toHaveLength(requests);
        expect(model.headers[0]?.authorization).toBe(`Bearer ${KEY}`);
      } finally {
        await model.stop();
      }
    },
  );

  it.concurrent('that cannot be reached: ends failed and names the ModelConfig and the address', async () => {
    const gone = await startScriptedModel([{ reply: ok }]);
    await gone.stop();
    await platform.kubectl.apply(
      gone.manifest('unreachable') + agentManifest('unreachable', { modelConfig: 'unreachable' }),
    );
    await platform.agentReady('unreachable');
    const { code, stderr } = await platform.cli.run(['agent', 'invoke', 'unreachable', 'Hello?']);
    expect(stderr).toMatch(
      /^error: ModelConfig kagent\/unreachable: the provider at 127\.0\.0\.1:\d+ can't be reached \(ECONNREFUSED\), after 4 tries/,
    );
    expect(stderr).toContain(
      'Check that it is running and that the base URL of the ModelConfig is right.',
    );
    expect(code).toBe(1);
  });

  it.concurrent('with malformed tool arguments: the model is told and answers, the tool is not called', async () => {
    const mcp = await startMcpServer({ weather: { readOnly: true, run: () => 'rain' } });
    const model = await startScriptedModel([
      {
        replies: [
          { toolCalls: [{ name: 'weather', rawArgs: '{"text": "tod' }] },
          { toolCalls: [{ name: 'weather', args: { text: 'today' } }] },
          { text: 'Rain.' },
        ],
      },
    ]);
    try {
      await platform.kubectl.apply(
        model.manifest('clumsy') +
          mcp.manifest('weather') +
          agentManifest('clumsy', { modelConfig: 'clumsy', tools: [remoteTools('weather')] }),
      );
      await platform.agentReady('clumsy');
      const task = await platform.a2a.send('clumsy', 'The weather?');
      expect(answerOf(task)).toBe('Rain.');
      const [first, second] = toolResultsOf(task);
      expect(first).toMatch(/arguments of .*weather.* are not valid JSON/);
      expect(second).toContain('rain');
      expect(model.requests[1]?.messages.at(-1)?.text).toContain('not valid JSON');
      expect(mcp.calls).toEqual(['weather']);
    } finally {
      await Promise.all([model.stop(), mcp.stop()]);
    }
  });
});

describe('a tool server that is down', () => {
  it('is missing from the answer, which says so, and comes back', async () => {
    const { kube, kubectl, a2a } = platform;
    const mcp = await startMcpServer({ stock: { readOnly: true, run: () => '12 boxes' } });
    await mcp.stop();
    const model = await startScriptedModel([
      {
        match: { user: 'stock', tools: ['stock'] },
        replies: [{ toolCalls: [{ name: 'stock' }] }, { text: 'There are 12 boxes.' }],
      },
      {
        match: { user: 'stock', system: "can't be reached" },
        reply: { text: 'I cannot look now.' },
      },
    ]);
    try {
      await kubectl.apply(
        model.manifest('keeper') +
          mcp.manifest('warehouse') +
          agentManifest('keeper', { modelConfig: 'keeper', tools: [remoteTools('warehouse')] }),
      );
      const target = { type: AGENTS, namespace: 'kagent', name: 'keeper' };
      const agent = await waitFor(
        kube,
        target,
        (object) =>
          isTrue(object, 'Ready') && conditionOf(object, 'ToolsReady')?.status === 'False',
      );
      expect(conditionOf(agent, 'ToolsReady')).toMatchObject({ reason: 'ToolServerUnreachable' });
      expect(conditionOf(agent, 'ToolsReady')?.message).toMatch(
        /RemoteMCPServer kagent\/warehouse is not reachable: .*refuses connections/,
      );

      const without = await a2a.send('keeper', 'What is the stock?');
      expect(without.status.state).toBe('completed');
      expect(answerOf(without)).toContain('I cannot look now.');
      expect(answerOf(without)).toMatch(
        /tools of RemoteMCPServer\/warehouse are not available: .*refuses connections/,
      );
      expect(toolCallsOf(without)).toEqual([]);

      await mcp.start();
      await waitFor(kube, target, (object) => isTrue(object, 'ToolsReady'));
      const server = await kube.get(REMOTE_MCP_SERVERS, { namespace: 'kagent', name: 'warehouse' });
      expect(server.status?.discoveredTools?.map(({ name }) => name)).toEqual(['stock']);
      await expect
        .poll(async () => answerOf(await a2a.send('keeper', 'What is the stock?')), {
          interval: 20,
          timeout: 10_000,
        })
        .toBe('There are 12 boxes.');
    } finally {
      await Promise.all([model.stop(), mcp.stop()]);
    }
  });

  it('in the middle of a conversation is told to the model', async () => {
    const mcp = await startMcpServer({ stock: { readOnly: true, run: () => '12 boxes' } });
    const model = await startScriptedModel([
      {
        match: { user: 'stock', toolResult: 'refuses connections' },
        reply: { text: 'The warehouse does not answer.' },
      },
      { match: { user: 'stock', toolResult: '12 boxes' }, reply: { text: 'There are 12 boxes.' } },
      { match: { user: 'stock' }, reply: { toolCalls: [{ name: 'stock' }] } },
    ]);
    try {
      await platform.kubectl.apply(
        model.manifest('clerk') +
          mcp.manifest('counter') +
          agentManifest('clerk', { modelConfig: 'clerk', tools: [remoteTools('counter')] }),
      );
      await platform.agentReady('clerk');
      const first = await platform.a2a.send('clerk', 'What is the stock?');
      expect(answerOf(first)).toBe('There are 12 boxes.');
      await mcp.stop();
      const second = await platform.a2a.send('clerk', 'What is the stock?', {
        contextId: first.contextId,
      });
      expect(second.status.state).toBe('completed');
      expect(answerOf(second)).toContain('The warehouse does not answer.');
      expect(model.unmatched).toEqual([]);
    } finally {
      await Promise.all([model.stop(), mcp.stop()]);
    }
  });
});

describe('secrets', () => {
  it('are used, and are in no answer, no log and no journal', async () => {
    const mcp = await startMcpServer({ vault: { readOnly: true, run: () => 'opened' } });
    const model = await startScriptedModel([
      {
        match: { user: 'first' },
        replies: [{ toolCalls: [{ name: 'vault' }] }, { text: 'marker-of-the-answer' }],
      },
      {
        match: { user: 'second' },
        reply: status(400, `You sent the key ${KEY} and the header ${HEADER}`),
      },
    ]);
    const headers = [
      { name: 'authorization', valueFrom: { type: 'Secret', name: 'planted', key: 'HEADER' } },
    ];
    try {
      await platform.kubectl.apply(
        model
          .manifest('careful')
          .replace(
            'model: scripted,',
            'model: scripted, apiKeySecret: planted, apiKeySecretKey: KEY,',
          ) +
          mcp
            .manifest('vault')
            .replace('spec: {', `spec: { headersFrom: ${JSON.stringify(headers)},`) +
          agentManifest('careful', { modelConfig: 'careful', tools: [remoteTools('vault')] }),
      );
      await platform.agentReady('careful');
      const caller = { authorization: `Bearer ${CALLER}` };
      const ask = async (text: string) => {
        const message = {
          role: 'user',
          messageId: text,
          contextId: 'careful-talk',
          parts: [{ kind: 'text', text }],
        };
        const body = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } };
        return (await platform.a2a.post('careful', JSON.stringify(body), caller)).text();
      };
      const answers = [await ask('marker-of-the-question first'), await ask('second')];
      expect(answers[1]).toContain('You sent the key [redacted] and the header');
      expect(model.headers[0]?.authorization).toBe(`Bearer ${KEY}`);
      expect(mcp.headers.some(({ authorization }) => authorization === HEADER)).toBe(true);

      const { api, ui } = platform.urls;
      const paths = [
        'agents',
        'agents/kagent/careful',
        'modelconfigs',
        'modelconfigs/kagent/careful',
        'toolservers',
        'tools',
        'sessions',
        'sessions/careful-talk',
        'sessions/careful-talk/tasks',
      ];
      for (const path of paths) {
        const response = await fetch(`${api}/api/${path}`);
        expect({ path, status: response.status }).toEqual({ path, status: 200 });
        answers.push(await response.text());
      }
      answers.push(
        await (await fetch(`${api}/metrics`)).text(),
        await (await fetch(`${ui}/api/agents`)).text(),
      );
      answers.push(
        await platform.kubectl('describe', 'agent,modelconfig,remotemcpserver', '-n', 'kagent'),
      );
      answers.push(await platform.kubectl('logs', 'deployment/careful', '-n', 'kagent'));

      // a second connection sees what is not in the main file yet
      const journal = ['server.db', 'server.db-wal']
        .map((name) => readFileSync(join(platform.home, name), 'latin1'))
        .join();
      expect(journal).toContain('marker-of-the-question');
      expect(journal).toContain('marker-of-the-answer');
      const logs = filesBelow(platform.home).filter((path) => path.endsWith('.log'));
      expect(logs.length).toBeGreaterThan(2);
      const kept = [journal, ...logs.map((path) => readFileSync(path, 'utf8'))];
      for (const text of [...answers, ...kept]) {
        for (const secret of [KEY, HEADER, HEADER.replace('Bearer ', ''), CALLER]) {
          expect(text.includes(secret) ? text : '').toBe('');
        }
      }
    } finally {
      await Promise.all([model.stop(), mcp.stop()]);
    }
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
