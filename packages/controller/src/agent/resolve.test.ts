import { describe, expect, it } from 'vitest';
import {
  agent,
  configMap,
  lookupOf,
  modelConfig,
  namespace,
  remoteServer,
  secret,
  service,
} from '../testing/fixtures.ts';
import type { ReferencedKind, ReferencedKinds } from '../lookup.ts';
import { resolveAgent } from './resolve.ts';
import { agentConditions } from './status.ts';

type Known = ReferencedKinds[ReferencedKind];
type Spec = NonNullable<Parameters<typeof agent>[1]>;

const base = { systemMessage: 'Help.', modelConfig: 'gpt' };

function resolve(spec: Spec, ...known: Known[]) {
  const root = agent('root', spec);
  const lookup = lookupOf(modelConfig('gpt'), root, ...known);
  if (root.spec === undefined) throw new Error('no spec');
  return { ...resolveAgent(root, root.spec, lookup), asked: lookup.asked, spec: root.spec };
}

const withTools = (...tools: NonNullable<NonNullable<Spec['declarative']>['tools']>): Spec => ({
  declarative: { ...base, tools },
});
const agentTool = (name: string, to?: string) => ({
  type: 'Agent' as const,
  agent: { name, ...(to === undefined ? {} : { namespace: to }) },
});
const serverTool = (kind: string, name: string, more: object = {}) => ({
  type: 'McpServer' as const,
  mcpServer: { kind, name, ...more },
});
const caller = (name: string, ...tools: string[]) =>
  agent(name, withTools(...tools.map((tool) => agentTool(tool))));

describe('agent resolve', () => {
  it.each<[string, Spec, Known[], string, string]>([
    [
      'ModelConfig',
      { declarative: { ...base, modelConfig: 'no' } },
      [],
      'ModelConfigNotFound',
      'ModelConfig shop-ops/no does not exist',
    ],
    [
      'default ModelConfig',
      { declarative: { systemMessage: 'x' } },
      [],
      'ModelConfigNotFound',
      'shop-ops/default-model-config',
    ],
    [
      'Secret of the prompt',
      {
        declarative: {
          modelConfig: 'gpt',
          systemMessageFrom: { type: 'Secret', name: 'p', key: 'k' },
        },
      },
      [],
      'SecretNotFound',
      'Secret shop-ops/p',
    ],
    [
      'ConfigMap of the prompt',
      {
        declarative: {
          modelConfig: 'gpt',
          systemMessageFrom: { type: 'ConfigMap', name: 'p', key: 'k' },
        },
      },
      [],
      'ConfigMapNotFound',
      'ConfigMap shop-ops/p',
    ],
    [
      'key of the ConfigMap',
      {
        declarative: {
          modelConfig: 'gpt',
          systemMessageFrom: { type: 'ConfigMap', name: 'p', key: 'k' },
        },
      },
      [configMap('p', {})],
      'ConfigMapKeyNotFound',
      'has no key k',
    ],
    [
      'system message',
      { declarative: { modelConfig: 'gpt' } },
      [],
      'InvalidConfiguration',
      'systemMessage',
    ],
    [
      'RemoteMCPServer',
      withTools(serverTool('RemoteMCPServer', 'no')),
      [],
      'RemoteMCPServerNotFound',
      'RemoteMCPServer shop-ops/no',
    ],
    [
      'MCPServer (empty kind)',
      withTools(serverTool('', 'no')),
      [],
      'MCPServerNotFound',
      'MCPServer shop-ops/no',
    ],
    [
      'Service',
      withTools(serverTool('Service', 'no')),
      [],
      'ServiceNotFound',
      'Service shop-ops/no',
    ],
    [
      'tool server kind',
      withTools(serverTool('ToolServer', 'no')),
      [],
      'InvalidConfiguration',
      'ToolServer',
    ],
    ['agent', withTools(agentTool('no')), [], 'AgentNotFound', 'Agent shop-ops/no'],
    [
      'agent of another namespace',
      withTools(agentTool('far', 'far-ns')),
      [agent('far', {}, { namespace: 'far-ns' })],
      'NotAllowed',
      'allowedNamespaces',
    ],
    ['itself', withTools(agentTool('root')), [], 'InvalidConfiguration', 'has itself as a tool'],
    [
      'bad duration',
      withTools(serverTool('RemoteMCPServer', 's')),
      [remoteServer('s', { timeout: 'soon' })],
      'InvalidConfiguration',
      'spec.timeout is not a duration',
    ],
    [
      'Service with several ports',
      withTools(serverTool('Service', 's')),
      [service('s', [{ port: 1 }, { port: 2 }])],
      'InvalidConfiguration',
      'several ports',
    ],
    [
      'BYO image',
      { type: 'BYO', byo: { deployment: {} } },
      [],
      'InvalidConfiguration',
      'spec.byo.deployment.image',
    ],
    [
      'header Secret',
      withTools({
        ...serverTool('RemoteMCPServer', 's'),
        headersFrom: [{ name: 'auth', valueFrom: { type: 'Secret', name: 'h', key: 'k' } }],
      }),
      [remoteServer('s')],
      'SecretNotFound',
      'header auth',
    ],
  ])('names what is wrong: %s', (_title, ...[spec, known, reason, text]) => {
    const { problems, declarative } = resolve(spec, ...known);
    expect(problems).toEqual([{ reason, message: expect.stringContaining(text) as string }]);
    expect(declarative).toBeUndefined();
  });

  it.each(['Has.Dot', '1st', 'a'.repeat(64), 'x-'])('refuses the name %s', (name) => {
    const root = agent(name);
    const { problems } = resolveAgent(root, root.spec!, lookupOf(modelConfig('gpt')));
    expect(problems.map(({ reason }) => reason)).toEqual(['InvalidName']);
  });

  it('reports all problems at once', () => {
    const { problems } = resolve(withTools(agentTool('no'), serverTool('Service', 'no')));
    expect(problems.map(({ reason }) => reason)).toEqual(['AgentNotFound', 'ServiceNotFound']);
  });

  it('lets diamonds pass and asks for every agent on the way', () => {
    const { problems, asked } = resolve(
      withTools(agentTool('left'), agentTool('right')),
      caller('left', 'shared'),
      caller('right', 'shared'),
      caller('shared', 'leaf'),
      agent('leaf'),
    );
    expect(problems).toEqual([]);
    expect(asked).toContain('Agent shop-ops/leaf');
  });

  it('accepts more agent tools than the depth limit', () => {
    const names = Array.from({ length: 15 }, (_, index) => `a${index}`);
    const { problems } = resolve(
      withTools(...names.map((name) => agentTool(name))),
      ...names.map((name) => agent(name)),
    );
    expect(problems).toEqual([]);
  });

  it('shows the circle', () => {
    const { problems } = resolve(
      withTools(agentTool('x'), agentTool('b')),
      agent('x'),
      caller('b', 'c'),
      caller('c', 'root'),
    );
    expect(problems).toEqual([
      {
        reason: 'AgentCycle',
        message: expect.stringContaining(
          'shop-ops/root -> shop-ops/b -> shop-ops/c -> shop-ops/root',
        ) as string,
      },
    ]);
  });

  it('refuses chains deeper than ten, not chains of ten', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) =>
        caller(`a${index}`, ...(index + 1 < length ? [`a${index + 1}`] : [])),
      );
    expect(resolve(withTools(agentTool('a0')), ...chain(10)).problems).toEqual([]);
    expect(
      resolve(withTools(agentTool('a0')), ...chain(11)).problems.map(({ reason }) => reason),
    ).toEqual(['InvalidConfiguration']);
  });

  it('crosses namespaces where the target allows it, with headers from where they belong', () => {
    const shared = remoteServer(
      'shared',
      {
        allowedNamespaces: { from: 'All' },
        headersFrom: [
          { name: 'a', valueFrom: { type: 'Secret', name: 's', key: 'k' } },
          { name: 'b', value: 'server' },
        ],
      },
      { meta: { namespace: 'far' } },
    );
    const { problems, declarative } = resolve(
      withTools({
        ...serverTool('RemoteMCPServer', 'shared', { namespace: 'far' }),
        headersFrom: [{ name: 'b', valueFrom: { type: 'Secret', name: 's', key: 'k' } }],
      }),
      shared,
      namespace('shop-ops'),
      secret('s', { k: 'far value' }, { namespace: 'far' }),
      secret('s', { k: 'own value' }),
    );
    expect(problems).toEqual([]);
    expect(declarative?.toolServers[0]?.endpoint.headers).toEqual({
      a: 'far value',
      b: 'own value',
    });
  });

  it.each<[{ port: number; appProtocol?: string }[], Record<string, string>, string, string]>([
    [[{ port: 80 }], {}, 'http://svc.shop-ops:80/mcp', 'STREAMABLE_HTTP'],
    [
      [{ port: 80 }, { port: 81, appProtocol: 'MCP' }],
      {},
      'http://svc.shop-ops:81/mcp',
      'STREAMABLE_HTTP',
    ],
    [
      [{ port: 80 }],
      {
        'kagent.dev/mcp-service-port': '9000',
        'kagent.dev/mcp-service-path': '/sse',
        'kagent.dev/mcp-service-protocol': 'SSE',
      },
      'http://svc.shop-ops:9000/sse',
      'SSE',
    ],
  ])('finds the endpoint of a Service %#', (ports, ...[annotations, url, protocol]) => {
    const { declarative } = resolve(
      withTools(serverTool('Service', 'svc')),
      service('svc', ports, { annotations }),
    );
    expect(declarative?.toolServers[0]?.endpoint).toMatchObject({ url, protocol });
  });

  it('renders prompt templates, and refuses what it does not know', () => {
    const prompt = (systemMessage: string) =>
      resolve(
        {
          description: 'D',
          declarative: {
            ...base,
            systemMessage,
            promptTemplate: { dataSources: [{ name: 'parts', alias: 'p' }] },
          },
        },
        configMap('parts', { intro: 'Hello {{ not nested }}' }),
      );
    expect(
      prompt('{{ include "p/intro" }}, I am {{ .AgentName }} ({{.Description}}).{{/* note */}}')
        .declarative?.instruction,
    ).toBe('Hello {{ not nested }}, I am root (D).');
    expect(prompt('a  {{- .AgentNamespace -}}  b').declarative?.instruction).toBe('ashop-opsb');
    expect(prompt('{{ include "p/none" }}').problems[0]?.message).toContain('p/none');
    expect(prompt('{{ range .ToolNames }}').problems[0]?.reason).toBe('InvalidConfiguration');
  });
});

describe('agent status', () => {
  const known = (status: 'True' | 'False', message = '') =>
    remoteServer(
      's',
      {},
      {
        status: {
          conditions: [
            {
              type: 'Accepted',
              status,
              reason: 'R',
              message,
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
          discoveredTools: [{ name: 'add', description: '' }],
        },
      },
    );
  const toolsReady = (server: Known, toolNames: string[] = []) => {
    const { declarative, spec } = resolve(
      withTools(serverTool('RemoteMCPServer', 's', { toolNames })),
      server,
    );
    return agentConditions({
      spec,
      problems: [],
      failure: undefined,
      deployment: undefined,
      toolServers: declarative?.toolServers ?? [],
    }).find(({ type }) => type === 'ToolsReady');
  };

  it.each<[string, Known, string[], string, string]>([
    ['reachable', known('True'), ['add'], 'True', 'ToolServersReachable'],
    ['down', known('False', 'connection refused'), [], 'False', 'ToolServerUnreachable'],
    ['not tried yet', remoteServer('s'), [], 'Unknown', 'ToolServerPending'],
    ['without the tool', known('True'), ['add', 'sub'], 'False', 'ToolNotFound'],
  ])('says when a tool server is %s', (_title, ...[server, toolNames, status, reason]) => {
    expect(toolsReady(server, toolNames)).toMatchObject({ status, reason });
  });

  it('names fields without effect', () => {
    const { spec } = resolve({
      skills: { refs: ['x'] },
      declarative: { ...base, executeCodeBlocks: true },
    });
    const conditions = agentConditions({
      spec,
      problems: [],
      failure: undefined,
      deployment: undefined,
      toolServers: [],
    });
    expect(conditions.map(({ type }) => type)).toEqual([
      'Accepted',
      'Ready',
      'UnsupportedFeatures',
    ]);
    expect(conditions[2]?.message).toContain('spec.skills, spec.declarative.executeCodeBlocks');
  });
});
