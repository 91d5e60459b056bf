import { describe, expect, it } from 'vitest';
import { DEFAULT_MCP_SERVER_IMAGES } from '../options.ts';
import { mcpServer } from '../testing/fixtures.ts';
import { adapterConfig, desiredMcpServer, validateMcpServer } from './desired.ts';

type Spec = Parameters<typeof mcpServer>[1];

function desired(spec: Spec) {
  const server = mcpServer('files', spec);
  return desiredMcpServer({
    server,
    spec: server.spec!,
    images: DEFAULT_MCP_SERVER_IMAGES,
    configHash: 'abcd1234',
  });
}

const selector = { 'app.kubernetes.io/name': 'files', 'app.kubernetes.io/instance': 'files' };

describe('mcp-server desired', () => {
  it('runs a stdio server behind the adapter', () => {
    const { deployment, service, configMap, serviceAccount } = desired({
      transportType: 'stdio',
      deployment: {
        cmd: 'uvx',
        args: ['mcp-files'],
        env: { B: '2', A: '1' },
        port: 3001,
        secretRefs: [{ name: 'keys' }],
        configMapRefs: [{ name: 'rules' }],
      },
    });
    expect(serviceAccount?.metadata.name).toBe('files');
    expect(service.spec).toEqual({
      type: 'ClusterIP',
      selector,
      ports: [
        {
          name: 'http',
          protocol: 'TCP',
          port: 3001,
          targetPort: 3001,
          appProtocol: 'kgateway.dev/mcp',
        },
      ],
    });
    expect(JSON.parse(configMap.data?.['local.yaml'] ?? '')).toEqual({
      config: {},
      binds: [
        {
          port: 3001,
          listeners: [
            {
              name: 'default',
              protocol: 'HTTP',
              routes: [
                {
                  name: 'mcp',
                  matches: [{ path: { pathPrefix: '/sse' } }, { path: { pathPrefix: '/mcp' } }],
                  backends: [
                    {
                      weight: 100,
                      mcp: {
                        targets: [
                          {
                            name: 'files',
                            stdio: { cmd: 'uvx', args: ['mcp-files'], env: { A: '1', B: '2' } },
                          },
                        ],
                      },
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
    expect(deployment.metadata).toMatchObject({ name: 'files', namespace: 'shop-ops' });
    expect(deployment.spec).toEqual({
      replicas: 1,
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: { ...selector, 'app.kubernetes.io/managed-by': 'kmcp' },
          annotations: { 'kmcp.kagent.dev/mcpserver-config-hash': 'abcd1234' },
        },
        spec: {
          serviceAccountName: 'files',
          initContainers: [
            {
              name: 'copy-binary',
              image: 'ghcr.io/agentgateway/agentgateway:0.9.0-musl',
              imagePullPolicy: 'IfNotPresent',
              args: ['--copy-self', '/adapterbin/agentgateway'],
              volumeMounts: [{ name: 'binary', mountPath: '/adapterbin' }],
            },
          ],
          containers: [
            {
              name: 'mcp-server',
              image: 'ghcr.io/astral-sh/uv:debian',
              imagePullPolicy: 'IfNotPresent',
              command: ['/adapterbin/agentgateway'],
              args: ['-f', '/config/local.yaml'],
              env: [
                { name: 'A', value: '1' },
                { name: 'B', value: '2' },
              ],
              envFrom: [{ secretRef: { name: 'keys' } }],
              ports: [{ name: 'http', containerPort: 3001, protocol: 'TCP' }],
              readinessProbe: {
                tcpSocket: { port: 'http' },
                initialDelaySeconds: 0,
                timeoutSeconds: 5,
                periodSeconds: 1,
              },
              volumeMounts: [
                { name: 'config', mountPath: '/config' },
                { name: 'binary', mountPath: '/adapterbin' },
                { name: 'cm-rules', mountPath: '/configmaps/rules', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'config', configMap: { name: 'files' } },
            { name: 'binary', emptyDir: {} },
            { name: 'cm-rules', configMap: { name: 'rules' } },
          ],
        },
      },
    });
  });

  it('runs an http server directly', () => {
    const { deployment, serviceAccount } = desired({
      transportType: 'http',
      httpTransport: { targetPort: 8080, path: '/mcp' },
      deployment: {
        image: 'me/server:1',
        imagePullPolicy: 'Always',
        cmd: '/server',
        args: ['--http'],
        port: 8080,
        replicas: 2,
        serviceAccountName: 'existing',
        labels: { team: 'a' },
        nodeSelector: { disk: 'ssd' },
        resources: { limits: { cpu: '1' } },
        sidecars: [{ name: 'side', image: 's' }],
      },
    });
    const pod = deployment.spec?.template?.spec;
    expect(serviceAccount).toBeUndefined();
    expect(deployment.spec?.replicas).toBe(2);
    expect(deployment.spec?.template?.metadata?.labels).toMatchObject({ team: 'a', ...selector });
    expect(pod).toMatchObject({ serviceAccountName: 'existing', nodeSelector: { disk: 'ssd' } });
    expect(pod?.initContainers).toBeUndefined();
    expect(pod?.volumes?.map(({ name }) => name)).toEqual(['config']);
    expect(pod?.containers.map(({ name }) => name)).toEqual(['mcp-server', 'side']);
    expect(pod?.containers[0]).toMatchObject({
      image: 'me/server:1',
      imagePullPolicy: 'Always',
      command: ['/server'],
      args: ['--http'],
      resources: { limits: { cpu: '1' } },
    });
  });

  it('points the adapter at an http server', () => {
    const server = mcpServer('files', {
      transportType: 'http',
      httpTransport: { targetPort: 9000, path: '/x' },
      deployment: { image: 'i' },
    });
    expect(adapterConfig(server, server.spec!)).toContain('"port": 9000');
  });

  it.each<[Spec, string[]]>([
    [{}, []],
    [{ deployment: { cmd: 'uvx' } }, []],
    [{ deployment: { cmd: 'python' } }, ['spec.deployment.image is needed']],
    [{ deployment: { image: 'i' } }, ['spec.deployment.cmd is needed']],
    [{ deployment: { cmd: 'npx', port: 0 } }, ['spec.deployment.port']],
    [
      { transportType: 'http', deployment: { image: 'i' } },
      ['spec.httpTransport.targetPort is needed'],
    ],
    [{ transportType: undefined, deployment: { image: 'i' } }, ['spec.transportType is needed']],
  ])('finds what is wrong with %j', (spec, texts) => {
    const problems = validateMcpServer('shop-ops/files', mcpServer('files', spec).spec!);
    expect(problems.map(({ message }) => message)).toEqual(
      texts.map((text) => expect.stringContaining(text) as string),
    );
  });
});
