import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  KubeError,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  type ResourceType,
} from '@kagent/kube';
import {
  AGENTS,
  type EngineConfig,
  MCP_SERVERS,
  MODEL_CONFIGS,
  REMOTE_MCP_SERVERS,
} from '@kagent/spec';
import { afterEach, describe, expect, it } from 'vitest';
import {
  agent,
  configMap,
  mcpServer,
  modelConfig,
  remoteServer,
  secret,
  service,
} from './testing/fixtures.ts';
import { createWorld, NAMESPACE, type World } from './testing/world.ts';

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map(async (world) => await world.stop()));
});

function world(...hooks: Parameters<typeof createWorld>): World {
  const created = createWorld(...hooks);
  worlds.push(created);
  return created;
}

const SOON = { interval: 2, timeout: 5000 };
const key = (name: string) => ({ namespace: NAMESPACE, name });
const withTools = (...tools: object[]) => ({
  declarative: { systemMessage: 'Help.', modelConfig: 'gpt', tools: tools as never },
});
const remoteTool = { type: 'McpServer', mcpServer: { kind: 'RemoteMCPServer', name: 'tools' } };

/** Waits until the controller has nothing to do: no write during several turns of the event loop. */
async function settled({ writes, clock }: World): Promise<number> {
  for (let quiet = 0, before = -1, turns = 0; quiet < 5; turns += 1) {
    expect(turns, 'the controller never comes to rest').toBeLessThan(2000);
    await clock.advance(0);
    const now = writes().length;
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
  return writes().length;
}

describe('an Agent', () => {
  it('becomes children, is Accepted at once and Ready when its Deployment is', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.start();
    await w.create(AGENTS, agent('bot'));
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Ready'), SOON)
      .toBe('False DeploymentNotReady');
    for (const type of [SECRETS, SERVICE_ACCOUNTS, DEPLOYMENTS, SERVICES] as ResourceType[]) {
      const child = await w.client.get(type, key('bot'));
      expect(child.metadata.ownerReferences?.[0]).toMatchObject({
        kind: 'Agent',
        name: 'bot',
        controller: true,
      });
    }
    const files = await w.client.get(SECRETS, key('bot'));
    const config = JSON.parse(
      Buffer.from(files.data?.['config.json'] ?? '', 'base64').toString(),
    ) as EngineConfig;
    expect(config).toMatchObject({ instruction: 'Help.', model_config_name: 'shop-ops/gpt' });
    await w.setAvailable('bot', 1);
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Ready'), SOON).toBe('True DeploymentReady');
    await w.setAvailable('bot', 0);
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Ready'), SOON)
      .toBe('False DeploymentNotReady');
  });

  it('costs no write when nothing changes, also after a restart of the controller', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(AGENTS, agent('bot'));
    const first = await w.start();
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Ready'), SOON)
      .toBe('False DeploymentNotReady');
    const before = await settled(w);
    // The agent depends on this object and is looked at again.
    await w.edit(MODEL_CONFIGS, 'gpt', { metadata: { labels: { touched: 'yes' } } });
    await settled(w);
    await first.stop();
    await w.start();
    await settled(w);
    expect(w.writes().slice(before)).toEqual([
      expect.stringContaining('modelconfigs/gpt/status') as string,
    ]);
  });

  it.each<[string, object, string, (w: World) => Promise<void>]>([
    ['ModelConfig', {}, 'ModelConfigNotFound', (w) => w.create(MODEL_CONFIGS, modelConfig('gpt'))],
    [
      'prompt',
      {
        declarative: {
          modelConfig: 'other',
          systemMessageFrom: { type: 'ConfigMap', name: 'p', key: 'k' },
        },
      },
      'ConfigMapNotFound',
      (w) => w.create(CONFIG_MAPS, configMap('p', { k: 'Be kind.' })),
    ],
    [
      'tool server',
      { declarative: { systemMessage: 'x', modelConfig: 'other', tools: [remoteTool] } },
      'RemoteMCPServerNotFound',
      (w) => w.create(REMOTE_MCP_SERVERS, remoteServer('tools')),
    ],
    [
      'agent',
      {
        declarative: {
          systemMessage: 'x',
          modelConfig: 'other',
          tools: [{ type: 'Agent', agent: { name: 'sub' } }],
        },
      },
      'AgentNotFound',
      (w) =>
        w.create(
          AGENTS,
          agent('sub', { declarative: { systemMessage: 'x', modelConfig: 'other' } }),
        ),
    ],
    [
      'API key',
      { declarative: { systemMessage: 'x', modelConfig: 'keyed' } },
      'SecretNotFound',
      (w) => w.create(SECRETS, secret('creds', { key: 'k' })),
    ],
  ])('heals as soon as its missing %s appears', async (_what, ...[spec, reason, repair]) => {
    const w = world();
    await w.create(
      MODEL_CONFIGS,
      modelConfig('other'),
      modelConfig('keyed', { apiKeySecret: 'creds', apiKeySecretKey: 'key' }),
    );
    await w.create(AGENTS, agent('bot', spec));
    await w.start();
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe(`False ${reason}`);
    expect(await w.condition(AGENTS, 'bot', 'Ready')).toBe('Unknown DeploymentNotFound');
    await repair(w);
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
  });

  it('keeps what runs when its configuration becomes invalid', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
    await w.setAvailable('bot', 1);
    await w.client.delete(MODEL_CONFIGS, key('gpt'));
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON)
      .toBe('False ModelConfigNotFound');
    expect(await w.condition(AGENTS, 'bot', 'Ready')).toBe('True DeploymentReady');
  });

  it('says what is wrong with an object without a usable spec', async () => {
    const w = world();
    const shell = {
      apiVersion: 'kagent.dev/v1alpha2',
      kind: 'Agent',
      metadata: key('shell'),
      spec: { type: 'Declarative' },
    };
    await w.create(AGENTS, shell, { ...shell, metadata: key('empty'), spec: undefined } as never);
    await w.start();
    await expect
      .poll(() => w.condition(AGENTS, 'shell', 'Accepted'), SOON)
      .toBe('False InvalidConfiguration');
    await expect
      .poll(() => w.condition(AGENTS, 'empty', 'Accepted'), SOON)
      .toBe('False InvalidConfiguration');
  });

  it('rolls its pods when an API key is rotated', async () => {
    const w = world();
    await w.create(SECRETS, secret('creds', { key: 'one' }));
    await w.create(
      MODEL_CONFIGS,
      modelConfig('gpt', { apiKeySecret: 'creds', apiKeySecretKey: 'key' }),
    );
    await w.create(AGENTS, agent('bot'));
    await w.start();
    const hash = async () =>
      (await w.client.find(DEPLOYMENTS, key('bot')))?.spec?.template?.metadata?.annotations?.[
        'kagent.dev/config-hash'
      ];
    await expect.poll(hash, SOON).toBeDefined();
    const before = await hash();
    await w.edit(SECRETS, 'creds', { data: { key: Buffer.from('two').toString('base64') } });
    await expect.poll(hash, SOON).not.toBe(before);
  });

  it('repairs children that somebody deleted or changed, and leaves the replicas to others', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await expect.poll(() => w.client.find(DEPLOYMENTS, key('bot')), SOON).toBeDefined();
    await w.client.delete(SERVICES, key('bot'));
    await expect.poll(() => w.client.find(SERVICES, key('bot')), SOON).toBeDefined();
    await w.edit(SERVICES, 'bot', { spec: { selector: { app: 'other' } } });
    await expect
      .poll(async () => (await w.client.get(SERVICES, key('bot'))).spec?.selector?.['app'], SOON)
      .toBe('kagent');
    await w.edit(DEPLOYMENTS, 'bot', { spec: { replicas: 4 } });
    await settled(w);
    expect((await w.client.get(DEPLOYMENTS, key('bot'))).spec?.replicas).toBe(4);
  });

  it('does not take over what is not its own, until that is gone', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(SERVICES, service('bot', [{ port: 80 }]));
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON)
      .toBe('False NameConflict');
    expect(await w.client.find(DEPLOYMENTS, key('bot'))).toBeUndefined();
    expect((await w.client.get(SERVICES, key('bot'))).metadata.ownerReferences).toBeUndefined();
    await w.client.delete(SERVICES, key('bot'));
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
  });

  it('adopts what an agent of the same name left behind without owner', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    const labels = { app: 'kagent', kagent: 'bot' };
    await w.create(SERVICES, service('bot', [{ port: 80 }], { labels }));
    await w.create(SERVICE_ACCOUNTS, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: key('bot'),
    });
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
    expect((await w.client.get(SERVICES, key('bot'))).metadata.ownerReferences).toHaveLength(1);
  });

  it('waits for the children of a deleted agent of the same name', async () => {
    const w = world();
    const old = {
      apiVersion: 'kagent.dev/v1alpha2',
      kind: 'Agent',
      name: 'bot',
      uid: 'old',
      controller: true,
    };
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(SERVICES, service('bot', [], { ownerReferences: [old] }));
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await settled(w);
    expect(await w.condition(AGENTS, 'bot', 'Accepted')).toBe('none');
    await w.client.delete(SERVICES, key('bot'));
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
  });

  it('gives its ServiceAccount back when it is told to use another one', async () => {
    const w = world();
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await expect.poll(() => w.client.find(SERVICE_ACCOUNTS, key('bot')), SOON).toBeDefined();
    await w.edit(AGENTS, 'bot', {
      spec: { declarative: { deployment: { serviceAccountName: 'shared' } } },
    });
    await expect.poll(() => w.client.find(SERVICE_ACCOUNTS, key('bot')), SOON).toBeUndefined();
  });

  it('shows a refusal of the API server, and tries again unless it is final', async () => {
    let code = 403;
    const w = world({
      async request(request, next) {
        if (request.method !== 'PATCH' || !request.path.includes('/deployments/') || code === 0)
          return await next(request);
        const reason = code === 422 ? 'Invalid' : 'Forbidden';
        throw new KubeError({ reason, code, message: `${reason} by a policy` });
      },
    });
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(AGENTS, agent('bot'));
    await w.start();
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON)
      .toBe('False ReconcileFailed');
    code = 0;
    await w.clock.advance(1000);
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
    code = 422;
    await w.edit(AGENTS, 'bot', { spec: { description: 'new' } });
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON)
      .toBe('False ReconcileFailed');
    const before = await settled(w);
    await w.clock.advance(600_000);
    expect(
      w
        .writes()
        .slice(before)
        .filter((write) => write.includes('deployments')),
    ).toEqual([]);
  });

  it('makes few writes each when hundreds come at once', async () => {
    const w = world();
    const count = 300;
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(AGENTS, ...Array.from({ length: count }, (_, index) => agent(`bot-${index}`)));
    await w.start();
    await expect
      .poll(() => w.condition(AGENTS, `bot-${count - 1}`, 'Accepted'), SOON)
      .toBe('True Reconciled');
    expect(await settled(w)).toBeLessThanOrEqual(count * 6 + 1);
  });

  it('is left alone outside of the watched namespaces', async () => {
    const w = world();
    await w.create(
      MODEL_CONFIGS,
      modelConfig('gpt'),
      modelConfig('gpt', {}, { namespace: 'else' }),
    );
    await w.create(AGENTS, agent('bot', {}, { namespace: 'else' }), agent('bot'));
    await w.start({ watchNamespaces: [NAMESPACE, 'empty'] });
    await expect.poll(() => w.condition(AGENTS, 'bot', 'Accepted'), SOON).toBe('True Reconciled');
    await settled(w);
    expect(await w.client.find(DEPLOYMENTS, { namespace: 'else', name: 'bot' })).toBeUndefined();
  });
});

describe('a ModelConfig', () => {
  it('reports its Secret and a hash of it', async () => {
    const w = world();
    await w.create(
      MODEL_CONFIGS,
      modelConfig('gpt', { apiKeySecret: 'creds', apiKeySecretKey: 'key' }),
    );
    await w.start();
    await expect
      .poll(() => w.condition(MODEL_CONFIGS, 'gpt', 'Accepted'), SOON)
      .toBe('False SecretNotFound');
    await w.create(SECRETS, secret('creds', { wrong: 'x' }));
    await expect
      .poll(() => w.condition(MODEL_CONFIGS, 'gpt', 'Accepted'), SOON)
      .toBe('False SecretKeyNotFound');
    await w.edit(SECRETS, 'creds', { data: { key: 'eA==' } });
    await expect
      .poll(() => w.condition(MODEL_CONFIGS, 'gpt', 'Accepted'), SOON)
      .toBe('True ModelConfigReconciled');
    expect((await w.client.get(MODEL_CONFIGS, key('gpt'))).status?.secretHash).toMatch(
      /^[0-9a-f]{64}$/,
    );
  });
});

describe('a RemoteMCPServer', () => {
  const url = 'https://tools.example/mcp';
  const row = `RemoteMCPServer.kagent.dev ${NAMESPACE}/tools`;

  it('lists its tools, again and again, until it is deleted', async () => {
    const w = world();
    w.servers.set(url, [{ name: 'add', description: 'Adds' }]);
    await w.create(SECRETS, secret('token', { k: 'Bearer t' }));
    await w.create(
      REMOTE_MCP_SERVERS,
      remoteServer('tools', {
        timeout: '5s',
        headersFrom: [{ name: 'auth', valueFrom: { type: 'Secret', name: 'token', key: 'k' } }],
      }),
    );
    await w.start();
    await expect
      .poll(() => w.condition(REMOTE_MCP_SERVERS, 'tools', 'Accepted'), SOON)
      .toBe('True Reconciled');
    expect(w.discoveries[0]).toMatchObject({ url, headers: { auth: 'Bearer t' }, timeoutMs: 5000 });
    const tools = async () =>
      (await w.client.get(REMOTE_MCP_SERVERS, key('tools'))).status?.discoveredTools;
    expect(await tools()).toEqual([{ name: 'add', description: 'Adds' }]);
    w.servers.set(url, [{ name: 'sub', description: 'Subtracts' }]);
    await w.clock.advance(60_000);
    await expect.poll(tools, SOON).toEqual([{ name: 'sub', description: 'Subtracts' }]);
    expect(w.registry.rows.get(row)).toEqual([{ name: 'sub', description: 'Subtracts' }]);
    await w.client.delete(REMOTE_MCP_SERVERS, key('tools'));
    await expect.poll(() => w.registry.rows.size, SOON).toBe(0);
  });

  it('says when it is down, keeps the last tools, and tells its agents', async () => {
    const w = world();
    w.servers.set(url, [{ name: 'add', description: 'Adds' }]);
    await w.create(MODEL_CONFIGS, modelConfig('gpt'));
    await w.create(REMOTE_MCP_SERVERS, remoteServer('tools'));
    await w.create(AGENTS, agent('bot', withTools(remoteTool)));
    await w.start();
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'ToolsReady'), SOON)
      .toBe('True ToolServersReachable');
    w.servers.clear();
    await w.clock.advance(60_000);
    await expect
      .poll(() => w.condition(REMOTE_MCP_SERVERS, 'tools', 'Accepted'), SOON)
      .toBe('False ToolServerUnreachable');
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'ToolsReady'), SOON)
      .toBe('False ToolServerUnreachable');
    expect(await w.condition(AGENTS, 'bot', 'Accepted')).toBe('True Reconciled');
    expect(
      (await w.client.get(REMOTE_MCP_SERVERS, key('tools'))).status?.discoveredTools,
    ).toHaveLength(1);
    w.servers.set(url, []);
    await w.clock.advance(60_000);
    await expect
      .poll(() => w.condition(AGENTS, 'bot', 'ToolsReady'), SOON)
      .toBe('True ToolServersReachable');
  });

  it('connects as soon as its missing header Secret appears', async () => {
    const w = world();
    w.servers.set(url, []);
    const headersFrom = [
      { name: 'auth', valueFrom: { type: 'Secret' as const, name: 'token', key: 'k' } },
    ];
    await w.create(REMOTE_MCP_SERVERS, remoteServer('tools', { headersFrom }));
    await w.start();
    await expect
      .poll(() => w.condition(REMOTE_MCP_SERVERS, 'tools', 'Accepted'), SOON)
      .toBe('False SecretNotFound');
    expect(w.discoveries).toEqual([]);
    await w.create(SECRETS, secret('token', { k: 'v' }));
    await expect
      .poll(() => w.condition(REMOTE_MCP_SERVERS, 'tools', 'Accepted'), SOON)
      .toBe('True Reconciled');
  });

  it('is forgotten when it was deleted while no controller ran', async () => {
    const w = world();
    w.registry.rows.set(row, []);
    await w.start();
    expect(w.registry.rows.size).toBe(0);
  });
});

describe('an MCPServer', () => {
  it('becomes children, is Ready when its Deployment is, and then lists its tools', async () => {
    const w = world();
    w.servers.set('http://files.shop-ops:3000/mcp', [{ name: 'read', description: '' }]);
    await w.start();
    await w.create(MCP_SERVERS, mcpServer('files'));
    await expect
      .poll(() => w.condition(MCP_SERVERS, 'files', 'Ready'), SOON)
      .toBe('False NotAvailable');
    expect(await w.condition(MCP_SERVERS, 'files', 'Accepted')).toBe('True Accepted');
    expect(await w.condition(MCP_SERVERS, 'files', 'Programmed')).toBe('True Programmed');
    for (const type of [CONFIG_MAPS, SERVICE_ACCOUNTS, DEPLOYMENTS, SERVICES] as ResourceType[]) {
      const child = await w.client.get(type, key('files'));
      expect(child.metadata.ownerReferences?.[0]).toMatchObject({
        kind: 'MCPServer',
        controller: true,
      });
    }
    expect(w.discoveries).toEqual([]);
    await w.setAvailable('files', 1);
    await expect
      .poll(() => w.condition(MCP_SERVERS, 'files', 'Ready'), SOON)
      .toBe('True Available');
    await expect
      .poll(() => w.registry.rows.get(`MCPServer.kagent.dev ${NAMESPACE}/files`), SOON)
      .toHaveLength(1);
    const before = await settled(w);
    await w.clock.advance(60_000);
    await settled(w);
    expect(w.discoveries).toHaveLength(2);
    expect(w.writes().slice(before)).toEqual([]);
  });

  it('says what makes it impossible to run', async () => {
    const w = world();
    await w.create(
      MCP_SERVERS,
      mcpServer('files', { transportType: 'http', deployment: { image: 'x' } }),
    );
    await w.start();
    await expect
      .poll(() => w.condition(MCP_SERVERS, 'files', 'Accepted'), SOON)
      .toBe('False InvalidConfig');
    expect(await w.condition(MCP_SERVERS, 'files', 'Ready')).toBe('False PodsNotReady');
    expect(await w.client.find(DEPLOYMENTS, key('files'))).toBeUndefined();
  });
});

describe('a labelled Service', () => {
  it('is listed while it carries the label', async () => {
    const w = world();
    const label = 'kagent.dev/mcp-service';
    w.servers.set('http://docs.shop-ops:80/mcp', [{ name: 'find', description: '' }]);
    await w.create(
      SERVICES,
      service('docs', [{ port: 80 }], { labels: { [label]: 'true' } }),
      service('web', [{ port: 80 }]),
    );
    await w.start();
    await expect
      .poll(() => [...w.registry.rows.keys()], SOON)
      .toEqual([`Service ${NAMESPACE}/docs`]);
    await w.edit(SERVICES, 'docs', { metadata: { labels: { [label]: null } } });
    await expect.poll(() => w.registry.rows.size, SOON).toBe(0);
  });
});
