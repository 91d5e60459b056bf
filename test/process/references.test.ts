/** References to what does not exist: accepted by the API, named in a condition, healed when the object appears. */
import { resolve } from 'node:path';
import { AGENTS, MODEL_CONFIGS, REMOTE_MCP_SERVERS } from '@kagent/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, toolCallsOf, toolResultsOf } from '../testing/a2a.ts';
import { startMcpServer, type TestMcpServer } from '../testing/mcp-server.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import {
  agentManifest,
  remoteTools,
  type ScriptedServer,
  startScriptedModel,
} from '../testing/scripted-model.ts';
import { conditionOf, isTrue, waitFor } from '../testing/wait-for.ts';

const STDIO_SERVER = resolve(import.meta.dirname, '../__fixtures__/stdio-mcp-server.mjs');

let platform: TestPlatform;
let model: ScriptedServer;
let mcp: TestMcpServer;

beforeAll(async () => {
  mcp = await startMcpServer({ weather: { readOnly: true, run: () => 'rain' } });
  model = await startScriptedModel([
    {
      match: { system: 'You are boss', user: 'weather' },
      replies: [
        { toolCalls: [{ name: 'kagent__NS__forecaster', args: { request: 'Say the weather' } }] },
        { text: 'My people say: rain it is.' },
      ],
    },
    {
      match: { system: 'You are forecaster', user: 'Say the weather' },
      replies: [{ toolCalls: [{ name: 'weather' }] }, { text: 'It will rain.' }],
    },
    { reply: { text: 'Here I am.' } },
  ]);
  platform = await startTestPlatform();
  await platform.kubectl.apply(model.manifest('present-model') + mcp.manifest('present-tools'));
});
afterAll(async () => {
  expect(model.unmatched).toEqual([]);
  await platform.stop();
  await Promise.all([model.stop(), mcp.stop()]);
});

interface Missing {
  kind: string;
  reason: string;
  agent: string;
  /** Manifest of the agent that refers to it. */
  referrer: () => string;
  /** Manifest of what is missing. */
  missing: () => string;
  named: string;
}

const MISSING: Missing[] = [
  {
    kind: 'ModelConfig',
    reason: 'ModelConfigNotFound',
    agent: 'without-model',
    referrer: () => agentManifest('without-model', { modelConfig: 'later-model' }),
    missing: () => model.manifest('later-model'),
    named: 'ModelConfig kagent/later-model',
  },
  {
    kind: 'RemoteMCPServer',
    reason: 'RemoteMCPServerNotFound',
    agent: 'without-server',
    referrer: () =>
      agentManifest('without-server', {
        modelConfig: 'present-model',
        tools: [remoteTools('later-tools')],
      }),
    missing: () => mcp.manifest('later-tools'),
    named: 'RemoteMCPServer kagent/later-tools',
  },
  {
    kind: 'MCPServer',
    reason: 'MCPServerNotFound',
    agent: 'without-command',
    referrer: () =>
      agentManifest('without-command', {
        modelConfig: 'present-model',
        tools: [{ type: 'McpServer', mcpServer: { kind: 'MCPServer', name: 'later-command' } }],
      }),
    missing: () => `
apiVersion: kagent.dev/v1alpha1
kind: MCPServer
metadata: { name: later-command, namespace: kagent }
spec: { transportType: stdio, deployment: { image: "node:24-alpine3.21", cmd: node, args: ["${STDIO_SERVER}"] } }
`,
    named: 'MCPServer kagent/later-command',
  },
  {
    kind: 'Agent',
    reason: 'AgentNotFound',
    agent: 'without-colleague',
    referrer: () =>
      agentManifest('without-colleague', {
        modelConfig: 'present-model',
        tools: [{ type: 'Agent', agent: { name: 'later-agent' } }],
      }),
    missing: () => agentManifest('later-agent', { modelConfig: 'present-model' }),
    named: 'Agent kagent/later-agent',
  },
];

const agentCalled = (name: string) => ({ type: AGENTS, namespace: 'kagent', name });

describe('a reference to a missing', () => {
  it.each(MISSING)(
    '$kind is accepted, said in a condition, and heals',
    async ({ reason, agent, referrer, missing, named }) => {
      const { kube, kubectl, a2a } = platform;
      expect(await kubectl.apply(referrer())).toContain(`${agent} created`);
      const waiting = await waitFor(
        kube,
        agentCalled(agent),
        (object) => conditionOf(object, 'Accepted') !== undefined,
      );
      expect(conditionOf(waiting, 'Accepted')).toMatchObject({ status: 'False', reason });
      expect(conditionOf(waiting, 'Accepted')?.message).toMatch(
        new RegExp(`^${named}\\b.* does not exist; create it`),
      );
      expect(isTrue(waiting, 'Ready')).toBe(false);
      const refused = await a2a.send(agent, 'Are you there?').catch(String);
      expect(refused).toContain(named);

      await kubectl.apply(missing());

      await platform.agentReady(agent);
      const task = await a2a.send(agent, 'Are you there?');
      expect(answerOf(task)).toBe('Here I am.');
    },
  );

  it('Secret, or key in it, is said at the ModelConfig and its agent, and heals', async () => {
    const { kube, kubectl, a2a } = platform;
    const withKey = model
      .manifest('locked-model')
      .replace(
        'model: scripted,',
        'model: scripted, apiKeySecret: later-secret, apiKeySecretKey: KEY,',
      );
    await kubectl.apply(withKey + agentManifest('locked-agent', { modelConfig: 'locked-model' }));
    const config = { type: MODEL_CONFIGS, namespace: 'kagent', name: 'locked-model' };
    const accepted = (reason: string) => (object: { status?: object }) =>
      conditionOf(object, 'Accepted')?.reason === reason;

    const found = await waitFor(kube, config, accepted('SecretNotFound'));
    expect(conditionOf(found, 'Accepted')?.message).toContain('kagent/later-secret');
    await waitFor(kube, agentCalled('locked-agent'), accepted('SecretNotFound'));

    await kubectl(
      'create',
      'secret',
      'generic',
      'later-secret',
      '-n',
      'kagent',
      '--from-literal=OTHER=x',
    );
    const keyless = await waitFor(kube, config, accepted('SecretKeyNotFound'));
    expect(conditionOf(keyless, 'Accepted')?.message).toContain('KEY');

    await kubectl(
      'patch',
      'secret',
      'later-secret',
      '-n',
      'kagent',
      '-p',
      '{"stringData":{"KEY":"sk-now"}}',
    );
    await waitFor(kube, config, (object) => isTrue(object, 'Accepted'));
    await platform.agentReady('locked-agent');
    await a2a.send('locked-agent', 'Are you there?');
    expect(model.headers.at(-1)?.authorization).toBe('Bearer sk-now');
  });

  it('tool of a server is said at the agent, which works without it', async () => {
    const { kube, kubectl, a2a } = platform;
    await waitFor(
      kube,
      { type: REMOTE_MCP_SERVERS, namespace: 'kagent', name: 'present-tools' },
      (object) => isTrue(object, 'Accepted'),
    );
    await kubectl.apply(
      agentManifest('wishful', {
        modelConfig: 'present-model',
        tools: [remoteTools('present-tools', 'weather', 'teleport')],
      }),
    );
    const agent = await waitFor(
      kube,
      agentCalled('wishful'),
      (object) => isTrue(object, 'Ready') && conditionOf(object, 'ToolsReady') !== undefined,
    );
    expect(conditionOf(agent, 'ToolsReady')).toMatchObject({
      status: 'False',
      reason: 'ToolNotFound',
    });
    expect(conditionOf(agent, 'ToolsReady')?.message).toMatch(
      /present-tools does not offer teleport/,
    );
    expect(answerOf(await a2a.send('wishful', 'Are you there?'))).toBe('Here I am.');
  });
});

describe('an agent as tool of another', () => {
  it('is called over A2A and answers with its own tools', async () => {
    const { kubectl, a2a } = platform;
    await kubectl.apply(
      agentManifest('forecaster', {
        modelConfig: 'present-model',
        tools: [remoteTools('present-tools')],
      }) +
        agentManifest('boss', {
          modelConfig: 'present-model',
          tools: [{ type: 'Agent', agent: { name: 'forecaster' } }],
        }),
    );
    await platform.agentReady('forecaster');
    await platform.agentReady('boss');

    const task = await a2a.send('boss', 'How is the weather?');

    expect(answerOf(task)).toBe('My people say: rain it is.');
    expect(toolCallsOf(task)).toEqual([
      { name: 'kagent__NS__forecaster', args: { request: 'Say the weather' } },
    ]);
    expect(toolResultsOf(task).join()).toContain('It will rain.');
    expect(mcp.calls).toEqual(['weather']);
    const child = await childSession(platform, 'forecaster');
    expect(child.tasks).toMatchObject([{ status: { state: 'completed' } }]);
    const sessions = await platform.cli('get', 'sessions', '-o', 'json');
    expect(sessions).toContain(task.contextId);
    expect(sessions).not.toContain(child.id);
  });
});

/** The session the other agent opened. */
async function childSession({ store }: TestPlatform, agent: string) {
  const [row] = await store.sessions.list({
    userId: 'admin@kagent.dev',
    agent: `kagent/${agent}`,
    includeAgentSessions: true,
  });
  const response = await fetch(`${platform.urls.api}/api/sessions/${row?.id}/tasks`);
  const { data } = (await response.json()) as { data: unknown[] };
  return { id: row?.id ?? '', tasks: data };
}
