/** The main job, as a newcomer does it: ask about the cluster, ask why something fails, bring tools of one's own. */
import { resolve } from 'node:path';
import { MCP_SERVERS, REMOTE_MCP_SERVERS, Task } from '@kagent/spec';
import { NAMESPACES, type Pod, PODS } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, toolCallsOf, toolResultsOf } from '../testing/a2a.ts';
import { startMcpServer } from '../testing/mcp-server.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { agentManifest, remoteTools, startScriptedModel } from '../testing/scripted-model.ts';
import { isTrue, waitFor } from '../testing/wait-for.ts';

const STDIO_SERVER = resolve(import.meta.dirname, '../__fixtures__/stdio-mcp-server.mjs');

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.agentReady('k8s-agent');
});
afterAll(() => platform.stop());

describe('main job', () => {
  it('streams an answer with the real namespaces, reached through a tool call that the terminal shows', async () => {
    const { items } = await platform.kube.list(NAMESPACES);
    const names = items.map(({ metadata }) => metadata.name);
    expect(names).toContain('kube-system');

    const terminal = await platform.cli('agent', 'invoke', 'k8s-agent', 'List all namespaces');

    const [call, result, ...answer] = terminal.split('\n');
    expect(call).toMatch(/^→ k8s_get_resources\(.*namespace/);
    expect(result).toMatch(/^← NAME +STATUS/);
    for (const name of names) expect(answer.join('\n')).toContain(name);
    expect(answer.join('\n')).toContain('demo model');
  });

  it('names a namespace as soon as it exists', async () => {
    const before = await platform.a2a.send('k8s-agent', 'List all namespaces');
    expect(answerOf(before)).not.toContain('blue');

    await platform.kubectl('create', 'namespace', 'blue');

    const after = await platform.a2a.send('k8s-agent', 'List all namespaces');
    expect(answerOf(after)).toContain('blue');
    expect(toolResultsOf(after).join()).toContain('blue');
  });

  it('prints the A2A task with --output json', async () => {
    const url = platform.urls.api;
    const { code, stdout } = await platform.cli.run(
      ['agent', 'invoke', '--kagent-url', url, 'k8s-agent', 'How many pods?', '--output', 'json'],
      { env: { KAGENT_URL: 'http://127.0.0.1:1' } },
    );
    expect(code).toBe(0);
    const task = Task.parse(JSON.parse(stdout));
    const { items } = await platform.kube.list(PODS);
    expect(task.status.state).toBe('completed');
    expect(toolCallsOf(task)[0]?.name).toBe('k8s_get_resources');
    expect(answerOf(task)).toMatch(new RegExp(`\\b${items.length} pods`));
  });

  it('understands the older form of invoke, whole and streamed', async () => {
    const [whole, streamed] = await Promise.all([
      platform.cli('invoke', '--agent', 'k8s-agent', '--task', 'List all namespaces'),
      platform.cli('invoke', '-a', 'k8s-agent', '-t', 'List all namespaces', '--stream'),
    ]);
    const task = Task.parse(JSON.parse(whole));
    expect(answerOf(task)).toContain('kube-system');
    const events = streamed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; final?: boolean });
    expect(events.at(-1)).toMatchObject({ kind: 'status-update', final: true });
    expect(streamed).toContain('k8s_get_resources');
  });

  it('goes on with a session that is named', async () => {
    const first = await platform.a2a.send('k8s-agent', 'List all namespaces');
    const more = ['--session', first.contextId, '--output', 'json'];
    const second = await platform.cli('agent', 'invoke', 'k8s-agent', 'List all pods', ...more);
    expect(Task.parse(JSON.parse(second)).contextId).toBe(first.contextId);
    const session = await fetch(`${platform.urls.api}/api/sessions/${first.contextId}/tasks`);
    const { data } = (await session.json()) as { data: unknown[] };
    expect(data).toHaveLength(2);
  });

  it('lists agents, sessions, tools, tool servers and model configs, and its version', async () => {
    const { contextId } = await platform.a2a.send('k8s-agent', 'List all nodes');
    const [agents, sessions, tools, servers, models, version] = await Promise.all([
      platform.cli('get', 'agents'),
      platform.cli('get', 'sessions', '-o', 'json'),
      platform.cli('get', 'tools'),
      platform.cli('get', 'toolservers'),
      platform.cli('get', 'modelconfigs'),
      platform.cli('version'),
    ]);
    expect(agents).toMatch(/^NAME +MODEL +CREATED +DEPLOYMENT_READY +ACCEPTED\n/);
    expect(agents).toMatch(/^kagent\/k8s-agent +kagent-demo +\S+ +true +true$/m);
    expect(JSON.parse(sessions)).toContainEqual(
      expect.objectContaining({
        id: contextId,
        name: 'List all nodes',
        agent_id: 'kagent__NS__k8s_agent',
      }),
    );
    expect(tools).toMatch(/^k8s_get_resources +kagent\/kagent-tool-server /m);
    expect(servers).toMatch(/^kagent\/kagent-tool-server +RemoteMCPServer\.kagent\.dev +\d\d$/m);
    expect(models).toMatch(/^kagent\/default-model-config +OpenAI +kagent-demo$/m);
    const { kagent_version, backend_version } = JSON.parse(version) as Record<string, string>;
    expect(backend_version).toBe(kagent_version);
  });

  it('says what to do when nothing answers at the address', async () => {
    const env = { KAGENT_URL: 'http://127.0.0.1:1' };
    const { code, stderr } = await platform.cli.run(['get', 'agents'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /No kagent answers at http:\/\/127\.0\.0\.1:1.*npm start.*--kagent-url/s,
    );
  });
});

interface Failing {
  pod: string;
  why: string;
  spec: string;
  annotations?: string;
  /** When the pod has come to its failure. */
  failed: (pod: Pod) => boolean;
  /** Each must be in the answer. */
  reasons: RegExp[];
}

const waiting = (reason: RegExp) => (pod: Pod) =>
  reason.test(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '');

const FAILING: Failing[] = [
  {
    pod: 'no-image',
    why: 'its image is not known',
    spec: 'containers: [{ name: web, image: "registry.example/shop/web:1.4" }]',
    failed: waiting(/Image/),
    reasons: [
      /no-image/,
      /ErrImagePull|ImagePullBackOff|ErrImageNeverPull/,
      /registry\.example\/shop\/web:1\.4/,
    ],
  },
  {
    pod: 'no-settings',
    why: 'a ConfigMap is missing',
    spec: `containers: [{ name: web, image: kagent, envFrom: [{ configMapRef: { name: shop-settings } }] }]`,
    failed: waiting(/CreateContainerConfigError/),
    reasons: [/no-settings/, /CreateContainerConfigError/, /shop-settings/],
  },
  {
    pod: 'checkout',
    why: 'its program crashes',
    annotations: `kagent.dev/local-command: '["node", "-e", "console.error(\\"FATAL: no database at db.shop:5432\\"); process.exit(7)"]'`,
    spec: 'containers: [{ name: web, image: web }]',
    failed: waiting(/CrashLoopBackOff/),
    reasons: [
      /checkout/,
      /exit code 7|exited with (code )?7|code 7/i,
      /no database at db\.shop:5432/,
    ],
  },
];

describe('why a pod fails', () => {
  it.each(FAILING)('$pod: $why', async ({ pod, spec, annotations = '', failed, reasons }) => {
    await platform.kubectl.apply(`
apiVersion: v1
kind: Pod
metadata: { name: ${pod}, namespace: default, annotations: { ${annotations} } }
spec: { ${spec} }
`);
    const target = { type: PODS, namespace: 'default', name: pod };
    await waitFor(platform.kube, target, failed);

    const task = await platform.a2a.send('k8s-agent', `Why is pod ${pod} failing?`);

    expect(task.status.state).toBe('completed');
    for (const reason of reasons) expect(answerOf(task)).toMatch(reason);
    expect(toolCallsOf(task).length).toBeGreaterThan(0);
  });
});

describe("a user's own manifests", () => {
  it('brings a model, an MCP server on the network and an agent to work', async () => {
    const mcp = await startMcpServer({
      shop_orders: { readOnly: true, run: () => '17 open orders, oldest from Monday' },
      shop_cancel: { run: () => 'cancelled' },
    });
    const model = await startScriptedModel([
      {
        match: { user: 'orders', tools: ['shop_orders'] },
        replies: [
          { toolCalls: [{ name: 'shop_orders' }] },
          { text: 'There are 17 open orders, says the shop.' },
        ],
      },
    ]);
    try {
      await platform.kubectl.apply(
        model.manifest('shop-model') +
          mcp.manifest('shop') +
          agentManifest('shop-agent', {
            modelConfig: 'shop-model',
            systemMessage: 'You know the shop.',
            tools: [remoteTools('shop', 'shop_orders')],
          }),
      );
      await platform.kubectl(
        'wait',
        '--for=condition=Ready',
        'agent/shop-agent',
        '-n',
        'kagent',
        '--timeout=20s',
      );
      const server = await platform.kube.get(REMOTE_MCP_SERVERS, {
        namespace: 'kagent',
        name: 'shop',
      });
      expect(server.status?.discoveredTools?.map(({ name }) => name)).toEqual([
        'shop_orders',
        'shop_cancel',
      ]);

      const terminal = await platform.cli(
        'agent',
        'invoke',
        'shop-agent',
        'How many orders are open?',
      );

      expect(terminal).toBe(
        '→ shop_orders()\n← 17 open orders, oldest from Monday\nThere are 17 open orders, says the shop.\n',
      );
      expect(mcp.calls).toEqual(['shop_orders']);
      expect(model.unmatched).toEqual([]);
      const [first, second] = model.requests;
      expect(first).toMatchObject({ model: 'scripted', tools: [{ name: 'shop_orders' }] });
      expect(first?.system).toContain('You know the shop.');
      expect(second?.messages.at(-1)).toMatchObject({
        role: 'tool',
        text: '17 open orders, oldest from Monday',
      });
    } finally {
      await mcp.stop();
      await model.stop();
    }
  });

  it('runs an MCP server from its command, and the demo model answers with it', async () => {
    await platform.kubectl.apply(`
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: { name: calculating-model, namespace: kagent }
spec:
  provider: OpenAI
  model: kagent-demo
  openAI: { baseUrl: "http://kagent-demo-model.kagent:8085/v1" }
---
apiVersion: kagent.dev/v1alpha1
kind: MCPServer
metadata: { name: calculator, namespace: kagent }
spec:
  transportType: stdio
  stdioTransport: {}
  deployment:
    image: node:24-alpine3.21
    cmd: node
    args: ["${STDIO_SERVER}"]
    env: { GREETING: "hello from the manifest" }
    port: 3000
---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: calculating-agent, namespace: kagent }
spec:
  type: Declarative
  description: Adds numbers
  declarative:
    modelConfig: calculating-model
    systemMessage: You add numbers.
    tools:
      - type: McpServer
        mcpServer: { apiGroup: kagent.dev, kind: MCPServer, name: calculator, toolNames: [add_numbers, greeting] }
`);
    const server = { type: MCP_SERVERS, namespace: 'kagent', name: 'calculator' };
    await waitFor(platform.kube, server, (object) => isTrue(object, 'Ready'));
    await platform.agentReady('calculating-agent');

    const sum = await platform.a2a.send('calculating-agent', 'Add the numbers 40 and 2.');
    expect(toolCallsOf(sum)).toEqual([{ name: 'add_numbers', args: { a: 40, b: 2 } }]);
    expect(answerOf(sum)).toContain('The sum is 42');

    const greeting = await platform.a2a.send('calculating-agent', 'What is the greeting?');
    expect(answerOf(greeting)).toContain('hello from the manifest');
  });

  it('takes manifests without kubectl, through kagent apply', async () => {
    const manifest = agentManifest('applied-agent', { modelConfig: 'default-model-config' });
    const apply = () => platform.cli.run(['apply', '-f', '-'], { input: manifest });
    expect((await apply()).stdout).toBe('agent.kagent.dev/applied-agent created\n');
    await platform.agentReady('applied-agent');
    expect((await apply()).stdout).toBe('agent.kagent.dev/applied-agent unchanged\n');
    const refused = await platform.cli.run(['apply', '-f', '-'], {
      input: manifest.replace('"Declarative"', '"Wonder"'),
    });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/spec\.type: Unsupported value: "Wonder"/);
  });
});
