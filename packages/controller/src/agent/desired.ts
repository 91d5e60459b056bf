/** The children of an agent: Secret, ServiceAccount, Deployment, Service. Pure: the same input gives the same objects. */
import type {
  Container,
  Deployment,
  EnvVar,
  ObjectMeta,
  Secret,
  Service,
  ServiceAccount,
  Volume,
  VolumeMount,
} from '@kagent/kube';
import type { Agent, AgentSpec, ByoDeployment, DeclarativeDeployment } from '@kagent/spec';

/** Where the engine image of Declarative agents comes from. */
export interface EngineImage {
  /** Empty for none. */
  registry: string;
  repository: string;
  tag: string;
  pullPolicy: string;
}

/** What every agent's container gets from the installation. */
export interface AgentPlatform {
  image: EngineImage;
  /** `http://kagent-controller.kagent:8083` */
  controllerUrl: string;
  /** `OTEL_*` variables for every agent. */
  otelEnv: Readonly<Record<string, string>>;
}

export interface DesiredAgentInput {
  agent: Agent;
  spec: AgentSpec;
  platform: AgentPlatform;
  /** Contents of the Secret. */
  files: { 'config.json': string; 'agent-card.json': string };
  configHash: string;
  /** Environment and files that the model and the tool servers need. */
  extra: { env: EnvVar[]; volumes: Volume[]; mounts: VolumeMount[] };
}

export interface DesiredAgent {
  secret: Secret;
  /** Undefined when the agent uses an existing account. */
  serviceAccount: ServiceAccount | undefined;
  deployment: Deployment;
  service: Service;
}

export const CONFIG_HASH_ANNOTATION = 'kagent.dev/config-hash';

const PORT = 8080;
const TOKEN_FOLDER = '/var/run/secrets/tokens';

export function desiredAgent(input: DesiredAgentInput): DesiredAgent {
  const { spec } = input;
  const workload: DeclarativeDeployment & ByoDeployment =
    (spec.type === 'BYO' ? spec.byo?.deployment : spec.declarative?.deployment) ?? {};
  const metadata = childMetadata(input.agent, workload.labels);
  const accountName = workload.serviceAccountName ?? input.agent.metadata.name;
  return {
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      data: encode(input.files),
    },
    serviceAccount:
      workload.serviceAccountName === undefined
        ? {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: {
              ...metadata,
              labels: { ...workload.serviceAccountConfig?.labels, ...metadata.labels },
              annotations: {
                ...metadata.annotations,
                ...workload.serviceAccountConfig?.annotations,
              },
            },
          }
        : undefined,
    deployment: desiredDeployment(input, { workload, metadata, accountName }),
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector: selectorLabels(input.agent),
        ports: [
          {
            name: 'http',
            port: PORT,
            targetPort: PORT,
            protocol: 'TCP',
            ...(spec.type === 'BYO' || spec.declarative?.a2aConfig !== undefined
              ? { appProtocol: 'kgateway.dev/a2a' }
              : {}),
          },
        ],
      },
    },
  };
}

interface WorkloadInput {
  workload: DeclarativeDeployment & ByoDeployment;
  metadata: ObjectMeta;
  accountName: string;
}

function desiredDeployment(
  input: DesiredAgentInput,
  { workload, metadata, accountName }: WorkloadInput,
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, ...workload.deploymentAnnotations },
    },
    spec: {
      ...optional('replicas', workload.replicas),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: selectorLabels(input.agent) },
      template: {
        metadata: {
          labels: metadata.labels ?? {},
          annotations: { ...workload.annotations, [CONFIG_HASH_ANNOTATION]: input.configHash },
        },
        spec: {
          serviceAccountName: accountName,
          containers: [desiredContainer(input, workload), ...(workload.extraContainers ?? [])],
          volumes: uniqueBy('name', [
            { name: 'config', secret: { secretName: input.agent.metadata.name } },
            ...(workload.volumes ?? []),
            ...input.extra.volumes,
            tokenVolume(),
          ]),
          ...optional('imagePullSecrets', workload.imagePullSecrets),
          ...optional('nodeSelector', workload.nodeSelector),
          ...optional('affinity', workload.affinity),
          ...optional('tolerations', workload.tolerations),
          ...optional('topologySpreadConstraints', workload.topologySpreadConstraints),
          ...optional('securityContext', workload.podSecurityContext),
        },
      },
    },
  };
}

function desiredContainer(
  input: DesiredAgentInput,
  workload: DeclarativeDeployment & ByoDeployment,
): Container {
  const { spec, platform } = input;
  const isByo = spec.type === 'BYO';
  return {
    name: 'kagent',
    image: isByo ? (workload.image ?? '') : engineImage(platform.image, workload.imageRegistry),
    imagePullPolicy: workload.imagePullPolicy ?? platform.image.pullPolicy,
    ...(isByo && workload.cmd !== undefined && workload.cmd !== ''
      ? { command: [workload.cmd] }
      : {}),
    ...(isByo
      ? optional('args', workload.args)
      : { args: ['--host', '0.0.0.0', '--port', String(PORT), '--filepath', '/config'] }),
    ...(isByo ? optional('workingDir', workload.workingDir) : {}),
    ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
    env: environment(input, workload.env ?? []),
    ...optional('envFrom', workload.envFrom),
    resources: workload.resources ?? {
      requests: { cpu: '100m', memory: '384Mi' },
      limits: { cpu: '2', memory: '1Gi' },
    },
    readinessProbe: {
      httpGet: { path: '/health', port: 'http' },
      initialDelaySeconds: 0,
      timeoutSeconds: 5,
      periodSeconds: 1,
    },
    volumeMounts: uniqueBy('mountPath', [
      { name: 'config', mountPath: '/config' },
      ...(workload.volumeMounts ?? []),
      ...input.extra.mounts,
      { name: 'kagent-token', mountPath: TOKEN_FOLDER, readOnly: true },
    ]),
    ...securityContext(workload.securityContext, isByo),
  };
}

/** Later entries win, as Kubernetes would have it; server-side apply refuses duplicates, so they are dropped here. */
function environment(input: DesiredAgentInput, user: readonly EnvVar[]): EnvVar[] {
  const { agent, platform } = input;
  const otel = Object.entries(platform.otelEnv)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  return uniqueBy('name', [
    ...user,
    ...input.extra.env,
    ...otel,
    { name: 'KAGENT_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'KAGENT_NAME', value: agent.metadata.name },
    { name: 'KAGENT_URL', value: platform.controllerUrl },
  ]);
}

/** The engine needs no privilege. BYO images are not known well enough to restrict them. */
function securityContext(own: Record<string, unknown> | undefined, isByo: boolean) {
  if (own !== undefined) return { securityContext: own };
  return isByo
    ? {}
    : {
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
      };
}

function tokenVolume(): Volume {
  return {
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
  };
}

function engineImage(image: EngineImage, registry: string | undefined): string {
  const prefix = registry === undefined || registry === '' ? image.registry : registry;
  return `${prefix === '' ? '' : `${prefix}/`}${image.repository}:${image.tag}`;
}

function selectorLabels(agent: Agent): Record<string, string> {
  return { app: 'kagent', kagent: agent.metadata.name };
}

/** Labels of the user may not change the ones that select pods. Annotations of kubectl stay with the agent. */
function childMetadata(agent: Agent, labels: Record<string, string> | undefined): ObjectMeta {
  const { name, namespace, uid = '', annotations = {} } = agent.metadata;
  return {
    name,
    ...optional('namespace', namespace),
    labels: {
      'app.kubernetes.io/managed-by': 'kagent',
      'app.kubernetes.io/part-of': 'kagent',
      'app.kubernetes.io/name': name,
      ...labels,
      ...selectorLabels(agent),
    },
    annotations: Object.fromEntries(
      Object.entries(annotations).filter(([key]) => !key.startsWith('kubectl.kubernetes.io/')),
    ),
    ownerReferences: [
      {
        apiVersion: 'kagent.dev/v1alpha2',
        kind: 'Agent',
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

function encode(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      Buffer.from(text, 'utf8').toString('base64'),
    ]),
  );
}

function uniqueBy<K extends string, T extends Record<K, string>>(key: K, items: readonly T[]): T[] {
  const last = new Map(items.map((item) => [item[key], item]));
  return items.filter((item) => last.get(item[key]) === item);
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
