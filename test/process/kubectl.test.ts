/** The embedded Kubernetes as the real kubectl and helm see it. */
import { resolve } from 'node:path';
import { AGENTS } from '@kagent/spec';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { agentManifest } from '../testing/scripted-model.ts';
import { waitFor, waitUntilGone } from '../testing/wait-for.ts';

const CHART = resolve(import.meta.dirname, '../__fixtures__/greeting-chart');
const CRD_CHART = resolve(import.meta.dirname, '../../charts/kagent-crds');

let platform: TestPlatform;
let kubectl: TestPlatform['kubectl'];

beforeAll(async () => {
  platform = await startTestPlatform();
  ({ kubectl } = platform);
  await platform.agentReady('k8s-agent');
});
afterAll(() => platform.stop());

const plain = (name: string) => agentManifest(name, { modelConfig: 'default-model-config' });

describe('kubectl', () => {
  it('shows namespaces, nodes and the kinds of kagent', async () => {
    const [namespaces, nodes, crds, resources] = await Promise.all([
      kubectl('get', 'namespaces'),
      kubectl('get', 'nodes'),
      kubectl('get', 'crds', '-o', 'name'),
      kubectl('api-resources', '--api-group=kagent.dev', '-o', 'name'),
    ]);
    expect(namespaces).toMatch(/^NAME +STATUS +AGE\n/);
    expect(namespaces).toMatch(/^kagent +Active +\d+m?s$/m);
    expect(nodes).toMatch(/^\S+ +Ready +control-plane +\S+ +v1\.35\.\d+$/m);
    for (const plural of ['agents', 'modelconfigs', 'remotemcpservers', 'mcpservers']) {
      expect(crds).toContain(`customresourcedefinition.apiextensions.k8s.io/${plural}.kagent.dev`);
      expect(resources).toContain(`${plural}.kagent.dev`);
    }
  });

  it('shows agents with READY and ACCEPTED', async () => {
    const table = await kubectl('get', 'agents', '-n', 'kagent');
    expect(table).toMatch(/^NAME +TYPE +READY +ACCEPTED +AGE\n/);
    expect(table).toMatch(/^k8s-agent +Declarative +True +True +\S+$/m);
  });

  it('describes an agent with its conditions, and explains its fields', async () => {
    const [described, explained] = await Promise.all([
      kubectl('describe', 'agent', 'k8s-agent', '-n', 'kagent'),
      kubectl('explain', 'agent.spec.declarative.modelConfig'),
    ]);
    expect(described).toMatch(/^Name: +k8s-agent$/m);
    expect(described).toMatch(/Reason: +DeploymentReady\n +Status: +True\n +Type: +Ready$/m);
    expect(explained).toMatch(/FIELD: modelConfig <string>/);
    expect(explained).toContain('ModelConfig in the same namespace');
  });

  it('prints the log of an agent, whole, by its tail, with times, and followed', async () => {
    const target = ['deployment/k8s-agent', '-n', 'kagent'];
    const [whole, tail] = await Promise.all([
      kubectl('logs', ...target),
      kubectl('logs', ...target, '--tail=1', '--timestamps'),
    ]);
    const line = 'agent kagent/k8s-agent is listening on 127\\.';
    expect(whole).toMatch(new RegExp(`^${line}`, 'm'));
    expect(tail).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \S[^\n]*\n$/);
    // it runs on after what there is, so it has to be ended
    const followed = await kubectl
      .run(['logs', '-f', '--pod-running-timeout=1s', ...target], {
        timeout: 700,
      })
      .catch(String);
    expect(followed).toMatch(new RegExp(`was killed\\n.*${line}`, 's'));
  });

  it('waits for an agent to become Ready, and applies again without a change', async () => {
    expect(await kubectl.apply(plain('waited-for'))).toBe('agent.kagent.dev/waited-for created\n');
    const waiting = ['--for=condition=Ready', 'agent/waited-for', '-n', 'kagent', '--timeout=20s'];
    expect(await kubectl('wait', ...waiting)).toBe('agent.kagent.dev/waited-for condition met\n');
    expect(await kubectl.apply(plain('waited-for'))).toBe(
      'agent.kagent.dev/waited-for unchanged\n',
    );
    const pods = await kubectl('get', 'pods', '-n', 'kagent', '-l', 'kagent=waited-for');
    expect(pods).toMatch(/^waited-for-\S+ +1\/1 +Running +0 +\S+$/m);
  });

  it('creates and deletes a namespace with what is in it', async () => {
    expect(await kubectl('create', 'namespace', 'green')).toBe('namespace/green created\n');
    await kubectl('create', 'configmap', 'settings', '-n', 'green', '--from-literal=a=1');
    await kubectl.apply(plain('green-agent').replace('"kagent"', '"green"'));
    const agent = { type: AGENTS, namespace: 'green', name: 'green-agent' };
    await waitFor(platform.kube, agent, ({ status }) => (status?.conditions?.length ?? 0) > 0);

    expect(await kubectl('delete', 'namespace', 'green', '--timeout=20s')).toContain(
      '"green" deleted',
    );

    expect(await platform.kube.find(NAMESPACES, { name: 'green' })).toBeUndefined();
    expect((await platform.kube.list(CONFIG_MAPS)).items).not.toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ namespace: 'green' }) }),
    );
  });

  it('deletes an agent together with everything that was made for it', async () => {
    await kubectl.apply(plain('short-lived'));
    await platform.agentReady('short-lived');
    const own = { namespace: 'kagent', name: 'short-lived' };
    const children = [DEPLOYMENTS, SERVICES, SECRETS, SERVICE_ACCOUNTS];
    for (const type of children) await platform.kube.get(type, own);

    await kubectl('delete', 'agent', 'short-lived', '-n', 'kagent', '--timeout=20s');

    await Promise.all(children.map((type) => waitUntilGone(platform.kube, { type, ...own })));
    const pods = () =>
      platform.kube.list(PODS, { namespace: 'kagent', labelSelector: 'kagent=short-lived' });
    await expect
      .poll(async () => (await pods()).items, { interval: 20, timeout: 10_000 })
      .toEqual([]);
    const answer = await platform.a2a.post('short-lived', '{}');
    expect(answer.status).toBe(404);
  });

  it('scales and restarts the deployment of an agent', async () => {
    await kubectl.apply(plain('scaled'));
    await platform.agentReady('scaled');
    const target = ['deployment/scaled', '-n', 'kagent'];
    await kubectl('scale', ...target, '--replicas=3');
    const status = () => kubectl('rollout', 'status', ...target, '--timeout=20s');
    expect(await status()).toContain('successfully rolled out');
    expect(await kubectl('get', ...target)).toMatch(/^scaled +3\/3 +3 +3 /m);

    const before = await podNames('scaled');
    await kubectl('rollout', 'restart', ...target);
    expect(await status()).toContain('successfully rolled out');
    const after = await podNames('scaled');
    expect(before).toHaveLength(3);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    expect(await kubectl('rollout', 'history', ...target)).toMatch(/^2 /m);
    expect((await platform.a2a.send('scaled', 'List all namespaces')).status.state).toBe(
      'completed',
    );
  });
});

async function podNames(agent: string): Promise<string[]> {
  const { items } = await platform.kube.list(PODS, {
    namespace: 'kagent',
    labelSelector: `kagent=${agent}`,
  });
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
}

const manifest = (kind: string, spec: object, apiVersion = 'kagent.dev/v1alpha2') =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'bad', namespace: 'kagent' }, spec });

const DECLARATIVE = { modelConfig: 'default-model-config', systemMessage: 'x' };

const INVALID: [string, string, RegExp][] = [
  [
    'a value that is not in the list',
    manifest('Agent', { type: 'Wonder' }),
    /^The Agent "bad" is invalid: .*spec\.type: Unsupported value: "Wonder": supported values: "Declarative", "BYO"/s,
  ],
  [
    'a missing field',
    manifest('ModelConfig', { provider: 'OpenAI' }),
    /^The ModelConfig "bad" is invalid: .*spec\.model: Required value/s,
  ],
  [
    'a broken rule',
    manifest('ModelConfig', { provider: 'OpenAI', model: 'm', anthropic: { baseUrl: 'http://x' } }),
    /^The ModelConfig "bad" is invalid: spec: Invalid value: .*provider\.anthropic must be nil if the provider is not Anthropic/s,
  ],
  [
    'an unknown field',
    manifest('Agent', { type: 'Declarative', declarative: { ...DECLARATIVE, tols: [] } }),
    /strict decoding error: unknown field "spec\.declarative\.tols"/,
  ],
  [
    'a wrong type',
    manifest('Agent', { type: 'Declarative', declarative: { ...DECLARATIVE, modelConfig: 5 } }),
    /spec\.declarative\.modelConfig: Invalid value: "integer": .* must be of type string/,
  ],
  [
    'a wrong item of a list',
    manifest('Agent', {
      type: 'Declarative',
      declarative: { ...DECLARATIVE, tools: [{ type: 'McpServer', mcpServer: { name: 7 } }] },
    }),
    /spec\.declarative\.tools\[0\]\.mcpServer\.name: Invalid value: "integer"/,
  ],
  [
    'an unknown kind',
    manifest('Agnt', {}),
    /no matches for kind "Agnt" in version "kagent\.dev\/v1alpha2"/,
  ],
  [
    'a missing field of a built-in kind',
    manifest(
      'Deployment',
      {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'x' }] } },
      },
      'apps/v1',
    ),
    /^The Deployment "bad" is invalid: spec\.template\.spec\.containers\[0\]\.image: Required value/,
  ],
];

describe('an invalid manifest', () => {
  it.each(INVALID)('with %s is refused with the path', async (_what, text, message) => {
    const { code, stderr, stdout } = await kubectl.run(['apply', '-f', '-'], { input: text });
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(await platform.kube.find(AGENTS, { namespace: 'kagent', name: 'bad' })).toBeUndefined();
  });
});

describe('helm', () => {
  it('installs, lists, upgrades and uninstalls a chart with an agent', async () => {
    const { helm, kube } = platform;
    const text = { namespace: 'kagent', name: 'greet-text' };
    await helm('install', 'greet', CHART, '-n', 'kagent', '--wait', '--timeout', '20s');
    expect((await kube.get(CONFIG_MAPS, text)).data).toEqual({ greeting: 'hello' });
    await platform.agentReady('greet-agent');

    await helm('upgrade', 'greet', CHART, '-n', 'kagent', '--set', 'greeting=bye');
    expect((await kube.get(CONFIG_MAPS, text)).data).toEqual({ greeting: 'bye' });
    const agent = await kube.get(AGENTS, { namespace: 'kagent', name: 'greet-agent' });
    expect(agent.spec?.declarative?.systemMessage).toBe('Say bye.');
    expect(await helm('list', '-n', 'kagent')).toMatch(
      /^greet\s+kagent\s+2\s.*\sdeployed\s+greeting-0\.1\.0/m,
    );

    await helm('uninstall', 'greet', '-n', 'kagent', '--wait', '--timeout', '20s');
    expect(await kube.find(CONFIG_MAPS, text)).toBeUndefined();
    await waitUntilGone(kube, { type: DEPLOYMENTS, namespace: 'kagent', name: 'greet-agent' });
  });

  it('renders the CRD chart, and the server takes it', async () => {
    const crds = await platform.helm('template', 'crds', CRD_CHART);
    const dryRun = await kubectl.apply(crds, '--dry-run=server');
    expect(dryRun.trim().split('\n')).toHaveLength(4);
    expect(dryRun).toMatch(
      /^customresourcedefinition\S*\/agents\.kagent\.dev (configured|unchanged) \(server dry run\)$/m,
    );
  });
});
