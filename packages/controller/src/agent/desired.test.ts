import { EngineConfig } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import {
  agent,
  lookupOf,
  mcpServer,
  modelConfig,
  remoteServer,
  secret,
  service,
} from '../testing/fixtures.ts';
import { agentCard, engineConfig } from './config.ts';
import { desiredAgent, type DesiredAgentInput } from './desired.ts';
import { resolveAgent } from './resolve.ts';

type Spec = NonNullable<Parameters<typeof agent>[1]>;

const platform = {
  image: {
    registry: 'ghcr.io',
    repository: 'kagent/engine',
    tag: '1.2.3',
    pullPolicy: 'IfNotPresent',
  },
  controllerUrl: 'http://kagent-controller.kagent:8083',
  otelEnv: { OTEL_B: '2', OTEL_A: '1' },
};

function desired(spec: Spec, extra: Partial<DesiredAgentInput> = {}, meta = {}) {
  const root = agent('add-bot', spec, meta);
  return desiredAgent({
    agent: root,
    spec: root.spec!,
    platform,
    files: { 'config.json': '{"a":"ü"}', 'agent-card.json': '{}' },
    configHash: '42',
    extra: { env: [], volumes: [], mounts: [] },
    ...extra,
  });
}

const declarative = (deployment: object): Spec => ({
  declarative: { systemMessage: 'x', modelConfig: 'gpt', deployment },
});

const labels = {
  'app.kubernetes.io/managed-by': 'kagent',
  'app.kubernetes.io/part-of': 'kagent',
  'app.kubernetes.io/name': 'add-bot',
  app: 'kagent',
  kagent: 'add-bot',
};

describe('agent desired', () => {
  it('is these four objects for a Declarative agent', () => {
    const metadata = {
      name: 'add-bot',
      namespace: 'shop-ops',
      labels,
      annotations: { note: 'n' },
      ownerReferences: [
        {
          apiVersion: 'kagent.dev/v1alpha2',
          kind: 'Agent',
          name: 'add-bot',
          uid: 'uid-of-add-bot',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    };
    const annotations = { note: 'n', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    expect(desired({}, {}, { annotations, labels: { own: 'label' } })).toEqual({
      secret: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        type: 'Opaque',
        data: { 'config.json': 'eyJhIjoiw7wifQ==', 'agent-card.json': 'e30=' },
      },
      serviceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      service: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: {
          type: 'ClusterIP',
          selector: { app: 'kagent', kagent: 'add-bot' },
          ports: [{ name: 'http', port: 8080, targetPort: 8080, protocol: 'TCP' }],
        },
      },
      deployment: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: { app: 'kagent', kagent: 'add-bot' } },
          template: {
            metadata: { labels, annotations: { 'kagent.dev/config-hash': '42' } },
            spec: {
              serviceAccountName: 'add-bot',
              containers: [
                {
                  name: 'kagent',
                  image: 'ghcr.io/kagent/engine:1.2.3',
                  imagePullPolicy: 'IfNotPresent',
                  args: ['--host', '0.0.0.0', '--port', '8080', '--filepath', '/config'],
                  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
                  env: [
                    { name: 'OTEL_A', value: '1' },
                    { name: 'OTEL_B', value: '2' },
                    {
                      name: 'KAGENT_NAMESPACE',
                      valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
                    },
                    { name: 'KAGENT_NAME', value: 'add-bot' },
                    { name: 'KAGENT_URL', value: 'http://kagent-controller.kagent:8083' },
                  ],
                  resources: {
                    requests: { cpu: '100m', memory: '384Mi' },
                    limits: { cpu: '2', memory: '1Gi' },
                  },
                  readinessProbe: {
                    httpGet: { path: '/health', port: 'http' },
                    initialDelaySeconds: 0,
                    timeoutSeconds: 5,
                    periodSeconds: 1,
                  },
                  volumeMounts: [
                    { name: 'config', mountPath: '/config' },
                    { name: 'kagent-token', mountPath: '/var/run/secrets/tokens', readOnly: true },
                  ],
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ['ALL'] },
                    seccompProfile: { type: 'RuntimeDefault' },
                  },
                },
              ],
              volumes: [
                { name: 'config', secret: { secretName: 'add-bot' } },
                {
                  name: 'kagent-token',
                  projected: {
                    sources: [
                      {
                        serviceAccountToken: {
                          audience: 'kagent',
                          expirationSeconds: 3600,
                          path: 'kagent-token',
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
        },
      },
    });
  });

  it('takes every workload setting over', () => {
    const {
      deployment,
      serviceAccount,
      secret: configSecret,
    } = desired(
      declarative({
        replicas: 3,
        imageRegistry: 'mirror.example',
        imagePullPolicy: 'Always',
        imagePullSecrets: [{ name: 'pull' }],
        labels: { team: 'a', kagent: 'other' },
        annotations: { scrape: 'yes' },
        deploymentAnnotations: { only: 'deployment' },
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        affinity: { nodeAffinity: {} },
        topologySpreadConstraints: [{ maxSkew: 1 }],
        podSecurityContext: { runAsUser: 1 },
        securityContext: { runAsNonRoot: true },
        serviceAccountName: 'existing',
        envFrom: [{ secretRef: { name: 'more' } }],
        resources: { limits: { cpu: 1 } },
        extraContainers: [{ name: 'side', image: 'side:1' }],
        volumes: [{ name: 'data', emptyDir: {} }],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      }),
    );
    const pod = deployment.spec?.template?.spec;
    expect(serviceAccount).toBeUndefined();
    expect(deployment.metadata.annotations).toEqual({ only: 'deployment' });
    expect(configSecret.metadata.annotations).toEqual({});
    expect(deployment.spec?.replicas).toBe(3);
    expect(deployment.spec?.template?.metadata).toEqual({
      labels: { ...labels, team: 'a' },
      annotations: { scrape: 'yes', 'kagent.dev/config-hash': '42' },
    });
    expect(pod).toMatchObject({
      serviceAccountName: 'existing',
      imagePullSecrets: [{ name: 'pull' }],
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1 }],
      securityContext: { runAsUser: 1 },
    });
    expect(pod?.containers.map(({ name }) => name)).toEqual(['kagent', 'side']);
    expect(pod?.containers[0]).toMatchObject({
      image: 'mirror.example/kagent/engine:1.2.3',
      imagePullPolicy: 'Always',
      envFrom: [{ secretRef: { name: 'more' } }],
      resources: { limits: { cpu: 1 } },
      securityContext: { runAsNonRoot: true },
    });
    expect(pod?.volumes?.map(({ name }) => name)).toEqual(['config', 'data', 'kagent-token']);
    expect(pod?.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
      '/config',
      '/data',
      '/var/run/secrets/tokens',
    ]);
  });

  it('lets the variables of the platform win over those of the user, each name once', () => {
    const { deployment } = desired(
      declarative({
        env: [
          { name: 'KAGENT_NAME', value: 'x' },
          { name: 'OWN', value: '1' },
          { name: 'KEY', value: 'y' },
        ],
      }),
      { extra: { env: [{ name: 'KEY', value: 'model' }], volumes: [], mounts: [] } },
    );
    const env = deployment.spec?.template?.spec?.containers[0]?.env ?? [];
    expect(env.map(({ name }) => name)).toEqual([
      'OWN',
      'KEY',
      'OTEL_A',
      'OTEL_B',
      'KAGENT_NAMESPACE',
      'KAGENT_NAME',
      'KAGENT_URL',
    ]);
    expect(env.find(({ name }) => name === 'KEY')?.value).toBe('model');
    expect(env.find(({ name }) => name === 'KAGENT_NAME')?.value).toBe('add-bot');
  });

  it('runs a BYO image as it is', () => {
    const { deployment, service: own } = desired({
      type: 'BYO',
      byo: {
        deployment: {
          image: 'me/agent:1',
          cmd: '/run',
          args: ['--x'],
          workingDir: '/w',
          env: [{ name: 'A', value: '1' }],
        },
      },
    });
    expect(deployment.spec?.replicas).toBeUndefined();
    expect(deployment.spec?.template?.spec?.containers[0]).toMatchObject({
      image: 'me/agent:1',
      command: ['/run'],
      args: ['--x'],
      workingDir: '/w',
    });
    expect(deployment.spec?.template?.spec?.containers[0]?.securityContext).toBeUndefined();
    expect(own.spec?.ports?.[0]?.appProtocol).toBe('kgateway.dev/a2a');
  });

  it('is never privileged', () => {
    const all = desired({
      skills: { refs: ['x'] },
      declarative: { systemMessage: 'x', modelConfig: 'gpt', executeCodeBlocks: true },
    });
    expect(JSON.stringify(all)).not.toContain('privileged');
  });
});

describe('agent config', () => {
  it('is what the engine reads, for every kind of tool', () => {
    const root = agent('add-bot', {
      description: 'Adds',
      declarative: {
        systemMessage: 'Help.',
        modelConfig: 'gpt',
        limits: { maxTurns: 5, maxDuration: '10m', toolTimeout: '30s', maxTokens: 1000 },
        tools: [
          {
            type: 'McpServer',
            mcpServer: {
              kind: 'RemoteMCPServer',
              apiGroup: 'kagent.dev',
              name: 'remote',
              toolNames: ['a', 'b'],
              requireApproval: ['b'],
              allowedHeaders: ['x-user'],
            },
            headersFrom: [{ name: 'auth', valueFrom: { type: 'Secret', name: 'token', key: 'k' } }],
          },
          { type: 'McpServer', mcpServer: { kind: 'RemoteMCPServer', name: 'old' } },
          { type: 'McpServer', mcpServer: { name: 'local' } },
          { type: 'McpServer', mcpServer: { kind: 'Service', name: 'svc', toolNames: [] } },
          { type: 'Agent', agent: { name: 'sub-bot' }, isolateSessions: true },
        ],
      },
    });
    const { declarative, problems } = resolveAgent(
      root,
      root.spec!,
      lookupOf(
        modelConfig('gpt'),
        remoteServer('remote', { timeout: '5s', sseReadTimeout: '5m' }),
        remoteServer('old', { protocol: 'SSE', url: 'http://old/sse' }),
        mcpServer('local'),
        service('svc', [{ port: 8000 }]),
        agent('sub-bot', { description: 'Subtracts' }),
        secret('token', { k: 'Bearer t' }),
      ),
    );
    expect(problems).toEqual([]);
    const config = engineConfig(root.spec!, declarative!);
    expect(EngineConfig.parse(config)).toEqual(config);
    expect(config).toEqual({
      model: { type: 'openai', model: 'gpt-4.1-mini' },
      description: 'Adds',
      instruction: 'Help.',
      http_tools: [
        {
          params: {
            url: 'https://tools.example/mcp',
            headers: { auth: 'Bearer t' },
            timeout: 5,
            sse_read_timeout: 300,
            terminate_on_close: true,
          },
          tools: ['a', 'b'],
          allowed_headers: ['x-user'],
          require_approval: ['b'],
          name: 'RemoteMCPServer/remote',
        },
        {
          params: { url: 'http://local.shop-ops:3000/mcp', headers: {}, timeout: 30 },
          tools: [],
          name: 'MCPServer/local',
        },
        {
          params: { url: 'http://svc.shop-ops:8000/mcp', headers: {}, timeout: 30 },
          tools: [],
          name: 'Service/svc',
        },
      ],
      sse_tools: [
        {
          params: { url: 'http://old/sse', headers: {}, timeout: 30 },
          tools: [],
          name: 'RemoteMCPServer/old',
        },
      ],
      remote_agents: [
        {
          name: 'shop_ops__NS__sub_bot',
          url: 'http://sub-bot.shop-ops:8080',
          description: 'Subtracts',
          isolate_sessions: true,
        },
      ],
      stream: true,
      model_config_name: 'shop-ops/gpt',
      limits: { max_turns: 5, max_duration: 600, max_tokens: 1000, tool_timeout: 30 },
    });
  });

  it('has a card with a list of skills in any case', () => {
    const root = agent('add-bot', {
      description: 'Adds',
      version: '2',
      declarative: { systemMessage: 'x', a2aConfig: { skills: [{ name: 'Sum' }] } },
    });
    expect(agentCard(root, root.spec!)).toEqual({
      name: 'add_bot',
      description: 'Adds',
      url: 'http://add-bot.shop-ops:8080',
      version: '2',
      capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: true },
      defaultInputModes: ['text'],
      defaultOutputModes: ['text'],
      skills: [{ id: 'Sum', name: 'Sum', tags: [] }],
      protocolVersion: '0.3',
      preferredTransport: 'JSONRPC',
    });
    const plain = agent('add-bot', { declarative: { systemMessage: 'x', a2aConfig: {} } });
    expect(agentCard(plain, plain.spec!).skills).toEqual([]);
  });
});
