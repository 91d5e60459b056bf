/** The children of an MCPServer: ServiceAccount, ConfigMap, Deployment, Service. Pure. */
import type {
  ConfigMap,
  Container,
  Deployment,
  EnvVar,
  ObjectMeta,
  Service,
  ServiceAccount,
  Volume,
  VolumeMount,
} from '@kagent/kube';
import type { MCPServer, MCPServerDeployment, MCPServerSpec } from '@kagent/spec';
import type { Problem } from '../problem.ts';

/** Images the controller fills in. */
export interface McpServerImages {
  /** Speaks stdio to the server and streamable HTTP to clients; the binary is copied out of it. */
  adapter: string;
  /** For cmd `uvx` without an image. */
  uvx: string;
  /** For cmd `npx` without an image. */
  npx: string;
}

export interface DesiredMcpServerInput {
  server: MCPServer;
  spec: MCPServerSpec;
  images: McpServerImages;
  configHash: string;
}

export interface DesiredMcpServer {
  /** Undefined when the server uses an existing account. */
  serviceAccount: ServiceAccount | undefined;
  configMap: ConfigMap;
  deployment: Deployment;
  service: Service;
}

export const MCP_CONFIG_HASH_ANNOTATION = 'kmcp.kagent.dev/mcpserver-config-hash';

/** What makes the spec impossible to run; empty when nothing does. */
export function validateMcpServer(ref: string, spec: MCPServerSpec): Problem[] {
  const { deployment } = spec;
  const problems: string[] = [];
  if (spec.transportType === undefined)
    problems.push('spec.transportType is needed: stdio or http');
  if ((deployment.image ?? '') === '' && !['uvx', 'npx'].includes(deployment.cmd ?? '')) {
    problems.push('spec.deployment.image is needed unless cmd is uvx or npx');
  }
  if (spec.transportType === 'stdio' && (deployment.cmd ?? '') === '') {
    problems.push('spec.deployment.cmd is needed for transport stdio');
  }
  if (spec.transportType === 'http' && (spec.httpTransport?.targetPort ?? 0) === 0) {
    problems.push('spec.httpTransport.targetPort is needed for transport http');
  }
  if (deployment.port < 1 || deployment.port > 65_535) {
    problems.push('spec.deployment.port must be between 1 and 65535');
  }
  return problems.map((text) => ({
    reason: 'InvalidConfiguration',
    message: `MCPServer ${ref}: ${text}`,
  }));
}

/** `local.yaml` of the adapter, as JSON (which is YAML). */
export function adapterConfig(server: MCPServer, spec: MCPServerSpec): string {
  const { deployment } = spec;
  const target =
    spec.transportType === 'http'
      ? {
          sse: {
            host: 'localhost',
            port: spec.httpTransport?.targetPort ?? deployment.port,
            path: spec.httpTransport?.path ?? '/mcp',
          },
        }
      : {
          stdio: {
            cmd: deployment.cmd ?? '',
            args: deployment.args ?? [],
            env: deployment.env ?? {},
          },
        };
  const route = {
    name: 'mcp',
    matches: [{ path: { pathPrefix: '/sse' } }, { path: { pathPrefix: '/mcp' } }],
    backends: [{ weight: 100, mcp: { targets: [{ name: server.metadata.name, ...target }] } }],
  };
  const config = {
    config: {},
    binds: [
      {
        port: deployment.port,
        listeners: [{ name: 'default', protocol: 'HTTP', routes: [route] }],
      },
    ],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

export function desiredMcpServer(input: DesiredMcpServerInput): DesiredMcpServer {
  const { server, spec } = input;
  const { deployment } = spec;
  const metadata = childMetadata(server);
  return {
    serviceAccount:
      deployment.serviceAccountName === undefined
        ? {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: {
              ...metadata,
              labels: { ...metadata.labels, ...deployment.serviceAccount?.labels },
              annotations: { ...deployment.serviceAccount?.annotations },
            },
          }
        : undefined,
    configMap: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { 'local.yaml': adapterConfig(server, spec) },
    },
    deployment: desiredDeployment(input, metadata),
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector: selectorLabels(server),
        ports: [
          {
            name: 'http',
            protocol: 'TCP',
            port: deployment.port,
            targetPort: deployment.port,
            appProtocol: 'kgateway.dev/mcp',
          },
        ],
      },
    },
  };
}

function desiredDeployment(input: DesiredMcpServerInput, metadata: ObjectMeta): Deployment {
  const { server, spec, configHash } = input;
  const { deployment } = spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: deployment.replicas,
      selector: { matchLabels: selectorLabels(server) },
      template: {
        metadata: {
          labels: {
            ...deployment.labels,
            ...selectorLabels(server),
            'app.kubernetes.io/managed-by': 'kmcp',
          },
          annotations: { ...deployment.annotations, [MCP_CONFIG_HASH_ANNOTATION]: configHash },
        },
        spec: {
          serviceAccountName: deployment.serviceAccountName ?? server.metadata.name,
          ...(spec.transportType === 'stdio' ? { initContainers: [adapterContainer(input)] } : {}),
          containers: [serverContainer(input), ...(deployment.sidecars ?? [])],
          volumes: volumes(server.metadata.name, spec),
          ...optional('imagePullSecrets', deployment.imagePullSecrets),
          ...optional('nodeSelector', deployment.nodeSelector),
          ...optional('affinity', deployment.affinity),
          ...optional('tolerations', deployment.tolerations),
          ...optional('securityContext', deployment.podSecurityContext),
        },
      },
    },
  };
}

/** Copies the adapter's binary to a volume, so that any image can run behind it. */
function adapterContainer({ spec, images }: DesiredMcpServerInput): Container {
  const { initContainer, securityContext } = spec.deployment;
  return {
    name: 'copy-binary',
    image: initContainer?.image ?? images.adapter,
    imagePullPolicy: initContainer?.imagePullPolicy ?? 'IfNotPresent',
    args: ['--copy-self', '/adapterbin/agentgateway'],
    ...optional('resources', initContainer?.resources),
    ...optional('securityContext', initContainer?.securityContext ?? securityContext),
    volumeMounts: [{ name: 'binary', mountPath: '/adapterbin' }],
  };
}

function serverContainer({ spec, images }: DesiredMcpServerInput): Container {
  const { deployment } = spec;
  const isStdio = spec.transportType === 'stdio';
  const command =
    deployment.cmd === undefined || deployment.cmd === '' ? {} : { command: [deployment.cmd] };
  return {
    name: 'mcp-server',
    image: serverImage(deployment, images),
    imagePullPolicy: deployment.imagePullPolicy ?? 'IfNotPresent',
    ...(isStdio
      ? { command: ['/adapterbin/agentgateway'], args: ['-f', '/config/local.yaml'] }
      : { ...command, ...optional('args', deployment.args) }),
    env: environment(deployment.env),
    ...(deployment.secretRefs === undefined
      ? {}
      : { envFrom: deployment.secretRefs.map(({ name }) => ({ secretRef: { name } })) }),
    ports: [{ name: 'http', containerPort: deployment.port, protocol: 'TCP' }],
    ...optional('resources', deployment.resources),
    ...optional('securityContext', deployment.securityContext),
    readinessProbe: {
      tcpSocket: { port: 'http' },
      initialDelaySeconds: 0,
      timeoutSeconds: 5,
      periodSeconds: 1,
    },
    volumeMounts: mounts(deployment, isStdio),
  };
}

function serverImage(deployment: MCPServerDeployment, images: McpServerImages): string {
  if (deployment.image !== undefined && deployment.image !== '') return deployment.image;
  return deployment.cmd === 'npx' ? images.npx : images.uvx;
}

function environment(env: Record<string, string> | undefined): EnvVar[] {
  return Object.entries(env ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
}

function volumes(name: string, { deployment, transportType }: MCPServerSpec): Volume[] {
  return [
    { name: 'config', configMap: { name } },
    ...(transportType === 'stdio' ? [{ name: 'binary', emptyDir: {} }] : []),
    ...(deployment.configMapRefs ?? []).map((ref) => ({
      name: `cm-${ref.name}`,
      configMap: { name: ref.name },
    })),
    ...(deployment.volumes ?? []),
  ];
}

function mounts(deployment: MCPServerDeployment, isStdio: boolean): VolumeMount[] {
  return [
    { name: 'config', mountPath: '/config' },
    ...(isStdio ? [{ name: 'binary', mountPath: '/adapterbin' }] : []),
    ...(deployment.configMapRefs ?? []).map(({ name }) => ({
      name: `cm-${name}`,
      mountPath: `/configmaps/${name}`,
      readOnly: true,
    })),
    ...(deployment.volumeMounts ?? []),
  ];
}

function selectorLabels(server: MCPServer): Record<string, string> {
  const { name } = server.metadata;
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name };
}

function childMetadata(server: MCPServer): ObjectMeta {
  const { name, namespace, uid = '' } = server.metadata;
  return {
    name,
    ...optional('namespace', namespace),
    labels: { ...selectorLabels(server), 'app.kubernetes.io/managed-by': 'kmcp' },
    ownerReferences: [
      {
        apiVersion: 'kagent.dev/v1alpha1',
        kind: 'MCPServer',
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
