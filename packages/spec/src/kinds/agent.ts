/** Agent `kagent.dev/v1alpha2` (storage): the fields of 0.7.4 to 0.10, and `declarative.limits`, which is ours. */
import { z } from 'zod';
import {
  AllowedNamespaces,
  cel,
  Condition,
  Container,
  EnvFromSource,
  EnvVar,
  LocalObjectReference,
  ObjectMeta,
  ObservedGeneration,
  opaque,
  ResourceRequirements,
  Toleration,
  ValueRef,
  ValueSource,
  Volume,
  VolumeMount,
} from './shared.ts';

const stringMap = z.record(z.string(), z.string());

/** A length of time in Go's notation, e.g. `90s`, `1h30m`. */
const duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/);

const serviceAccountRules = cel({
  rule: '!(has(self.serviceAccountName) && has(self.serviceAccountConfig))',
  message: 'serviceAccountName and serviceAccountConfig are mutually exclusive',
});

const workload = {
  affinity: opaque('Pod affinity.').optional(),
  annotations: stringMap.optional().describe('Annotations of the pods.'),
  deploymentAnnotations: stringMap.optional().describe('Annotations of the Deployment itself.'),
  env: z
    .array(EnvVar)
    .optional()
    .describe('Environment of container `kagent`; its own variables win.'),
  envFrom: z
    .array(EnvFromSource)
    .optional()
    .describe('Whole Secrets or ConfigMaps as environment.'),
  extraContainers: z
    .array(Container)
    .optional()
    .describe('Sidecars; the name `kagent` is reserved and names are unique.'),
  imagePullPolicy: z.string().optional().describe('Pull policy of the image.'),
  imagePullSecrets: z
    .array(LocalObjectReference)
    .optional()
    .describe('Secrets for private registries.'),
  labels: stringMap.optional().describe('Labels of the pods and every generated object.'),
  nodeSelector: stringMap.optional().describe('Labels a node must have.'),
  podSecurityContext: opaque('Security settings of the pod.').optional(),
  replicas: z
    .number()
    .int()
    .optional()
    .describe('Number of pods; unset leaves the live value alone.')
    .meta({ format: 'int32' }),
  resources: ResourceRequirements.optional().describe('Replaces the default requests and limits.'),
  securityContext: opaque('Security settings of container `kagent`.').optional(),
  serviceAccountConfig: z
    .object({
      annotations: stringMap.optional().describe('Extra annotations.'),
      labels: stringMap.optional().describe('Extra labels.'),
    })
    .optional()
    .describe('Extra metadata of the generated ServiceAccount.'),
  serviceAccountName: z
    .string()
    .optional()
    .describe('Use this existing account; none is generated.'),
  tolerations: z.array(Toleration).optional().describe('Taints the pods tolerate.'),
  topologySpreadConstraints: z
    .array(opaque('One constraint.'))
    .optional()
    .describe('How pods spread over the cluster.'),
  volumeMounts: z.array(VolumeMount).optional().describe('Extra mounts of container `kagent`.'),
  volumes: z.array(Volume).optional().describe('Extra volumes of the pod.'),
};

/** Workload settings of a Declarative agent. */
export const DeclarativeDeployment = z
  .object({
    ...workload,
    imageRegistry: z.string().optional().describe('Replaces the registry of the engine image.'),
  })
  .meta(serviceAccountRules);
export type DeclarativeDeployment = z.infer<typeof DeclarativeDeployment>;

/** Workload settings of a BYO agent. */
export const ByoDeployment = z
  .object({
    ...workload,
    args: z.array(z.string()).optional().describe('Arguments of the container.'),
    cmd: z.string().optional().describe('Entrypoint, one word.'),
    image: z.string().min(1).optional().describe('Image that serves A2A on port 8080; needed.'),
    workingDir: z.string().optional().describe('Working directory of the container.'),
  })
  .meta(serviceAccountRules);
export type ByoDeployment = z.infer<typeof ByoDeployment>;

/** A skill advertised in the agent card. */
export const A2ASkill = z.object({
  id: z.string().optional().describe('Identifier; the name when unset.'),
  name: z.string().min(1).describe('Display name.'),
  description: z.string().optional().describe('What the skill does.'),
  tags: z.array(z.string()).max(20).optional().describe('Categories.'),
  examples: z.array(z.string()).max(20).optional().describe('Example prompts.'),
  inputModes: z.array(z.string()).optional().describe('Accepted media types.'),
  outputModes: z.array(z.string()).optional().describe('Produced media types.'),
});
export type A2ASkill = z.infer<typeof A2ASkill>;

/** Tools of one MCP server. */
export const McpServerTool = z
  .object({
    apiGroup: z.string().optional().describe('`kagent.dev`, empty, or `core` for a Service.'),
    kind: z
      .string()
      .optional()
      .describe('`MCPServer` (also when empty), `RemoteMCPServer` or `Service`.'),
    name: z.string().describe('Name of the server.'),
    namespace: z
      .string()
      .optional()
      .describe('Namespace of the server; only a RemoteMCPServer may be in another one.'),
    toolNames: z
      .array(z.string())
      .max(50)
      .optional()
      .describe('Tools the model may call; empty or unset means all.'),
    requireApproval: z
      .array(z.string())
      .max(50)
      .optional()
      .describe('Tools that wait for a person; each is in `toolNames` too.'),
    allowedHeaders: z
      .array(z.string())
      .optional()
      .describe('Headers of the incoming request that are sent on to the server.'),
  })
  .meta(
    cel({
      rule: '!has(self.requireApproval) || self.requireApproval.all(x, has(self.toolNames) && x in self.toolNames)',
      message: 'each RequireApproval entry must also appear in ToolNames',
    }),
  );
export type McpServerTool = z.infer<typeof McpServerTool>;

/** One entry of an agent's tool list. */
export const AgentTool = z
  .object({
    type: z.enum(['McpServer', 'Agent']).optional().describe('Selects the block; needed.'),
    mcpServer: McpServerTool.optional().describe('Tools of an MCP server.'),
    agent: z
      .object({
        apiGroup: z.string().optional().describe('`kagent.dev` or empty.'),
        kind: z.string().optional().describe('`Agent` or empty.'),
        name: z.string().describe('Name of the agent.'),
        namespace: z
          .string()
          .optional()
          .describe('Namespace of the agent; the own one when unset.'),
      })
      .optional()
      .describe('Another agent as a tool.'),
    headersFrom: z
      .array(ValueRef)
      .optional()
      .describe('Headers sent with each call; they win over those of the server.'),
    isolateSessions: z
      .boolean()
      .optional()
      .describe('Give every call of the agent a conversation of its own.'),
  })
  .meta(
    cel(
      {
        rule: "!(has(self.mcpServer) && self.type != 'McpServer')",
        message: 'type.mcpServer must be nil if the type is not McpServer',
      },
      {
        rule: "!(!has(self.mcpServer) && self.type == 'McpServer')",
        message: 'type.mcpServer must be specified for McpServer filter.type',
      },
      {
        rule: "!(has(self.agent) && self.type != 'Agent')",
        message: 'type.agent must be nil if the type is not Agent',
      },
      {
        rule: "!(!has(self.agent) && self.type == 'Agent')",
        message: 'type.agent must be specified for Agent filter.type',
      },
      {
        rule: "!(has(self.isolateSessions) && self.type != 'Agent')",
        message: 'isolateSessions can only be set when type is Agent',
      },
    ),
  );
export type AgentTool = z.infer<typeof AgentTool>;

const compaction = z
  .object({
    compactionInterval: z
      .number()
      .int()
      .min(1)
      .default(5)
      .describe('New user turns between compactions.'),
    overlapSize: z.number().int().min(0).default(2).describe('Earlier turns kept as overlap.'),
    eventRetentionSize: z.number().int().optional().describe('Most recent events always kept.'),
    tokenThreshold: z.number().int().optional().describe('Also compact above this prompt size.'),
    summarizer: z
      .object({
        modelConfig: z
          .string()
          .optional()
          .describe("ModelConfig of the summariser; default the agent's."),
        promptTemplate: z.string().optional().describe('Prompt of the summariser.'),
      })
      .optional()
      .describe('Summarise what is dropped.'),
  })
  .describe('How old turns leave the context.');

const promptSource = z.object({
  kind: z.string().optional().describe('`ConfigMap` or empty.'),
  apiGroup: z.string().optional().describe('Empty.'),
  name: z.string().describe('ConfigMap name.'),
  alias: z.string().optional().describe('Prefix used in `include`; default the name.'),
});

/** Bounds of one run. */
export const AgentLimits = z.object({
  maxTurns: z.number().int().min(1).optional().describe('Model calls in one run.'),
  maxDuration: duration.optional().describe('Wall time of one run, e.g. `10m`.'),
  maxTokens: z.number().int().min(1).optional().describe('Input plus output tokens of one run.'),
  toolTimeout: duration.optional().describe('Time for one tool call, e.g. `30s`.'),
});
export type AgentLimits = z.infer<typeof AgentLimits>;

/** An agent that is described, not programmed. */
export const DeclarativeAgent = z
  .object({
    runtime: z
      .enum(['python', 'go'])
      .default('go')
      .describe('Accepted for older manifests; one engine runs every agent.'),
    modelConfig: z
      .string()
      .optional()
      .describe('ModelConfig in the same namespace; `default-model-config` when unset.'),
    systemMessage: z.string().optional().describe('System prompt.'),
    systemMessageFrom: ValueSource.optional().describe(
      'System prompt from a Secret or ConfigMap key.',
    ),
    promptTemplate: z
      .object({
        dataSources: z.array(promptSource).max(20).optional().describe('ConfigMaps for `include`.'),
      })
      .optional()
      .describe('Makes the system prompt a template.'),
    tools: z
      .array(AgentTool)
      .max(20)
      .optional()
      .describe('Tool servers and agents the model may call.'),
    stream: z.boolean().optional().describe('Stream the replies of the model; default true.'),
    a2aConfig: z
      .object({ skills: z.array(A2ASkill).min(1).optional().describe('Skills of the agent card.') })
      .optional()
      .describe('What the agent card advertises.'),
    deployment: DeclarativeDeployment.optional().describe('Settings of the generated Deployment.'),
    executeCodeBlocks: z
      .boolean()
      .optional()
      .describe('Run code blocks of replies, where it is supported.'),
    memory: z
      .object({
        modelConfig: z.string().describe('ModelConfig for embeddings.'),
        ttlDays: z.number().int().min(1).optional().describe('Lifetime of an entry; default 15.'),
      })
      .optional()
      .describe('Long-term memory; on when present.'),
    context: z
      .object({ compaction: compaction.optional() })
      .optional()
      .describe('Management of the context window.'),
    shareTools: z.boolean().optional().describe('Give the agent tools to share its sessions.'),
    limits: AgentLimits.optional().describe('Bounds of one run.'),
  })
  .meta(
    cel({
      rule: '!has(self.systemMessage) || !has(self.systemMessageFrom)',
      message: 'systemMessage and systemMessageFrom are mutually exclusive',
    }),
  );
export type DeclarativeAgent = z.infer<typeof DeclarativeAgent>;

const gitSkill = z.object({
  url: z.string().describe('HTTPS or SSH URL.'),
  ref: z.string().default('main').describe('Branch, tag or commit.'),
  path: z.string().optional().describe('Directory inside the repository.'),
  name: z.string().optional().describe('Directory name under `/skills`.'),
});

const s3Skill = z.object({
  uri: z
    .string()
    .min(1)
    .regex(/^s3:\/\/.+/)
    .describe('Prefix, or a .zip, .tgz or .tar.gz object.'),
  region: z.string().optional().describe('Region of the bucket.'),
  name: z.string().optional().describe('Directory name under `/skills`.'),
});

/** Skill bundles that are placed under `/skills`. */
export const AgentSkills = z.object({
  refs: z.array(z.string()).min(1).max(20).optional().describe('OCI images with skills.'),
  insecureSkipVerify: z.boolean().optional().describe('Allow plain HTTP and unknown certificates.'),
  imagePullSecrets: z
    .array(LocalObjectReference)
    .max(20)
    .optional()
    .describe('Secrets for private registries of skills.'),
  gitRefs: z.array(gitSkill).min(1).max(20).optional().describe('Skills from git.'),
  gitAuthSecretRef: LocalObjectReference.optional().describe(
    'Secret with `token` or `ssh-privatekey`.',
  ),
  s3Refs: z.array(s3Skill).min(1).max(20).optional().describe('Skills from S3.'),
  initContainer: z
    .object({
      env: z.array(EnvVar).optional().describe('Extra environment.'),
      resources: ResourceRequirements.optional().describe('Requests and limits.'),
    })
    .optional()
    .describe('Tuning of the container that fetches the skills.'),
});
export type AgentSkills = z.infer<typeof AgentSkills>;

const uri = z.string().meta({ format: 'uri' });

export const AgentSpec = z
  .object({
    type: z.enum(['Declarative', 'BYO']).default('Declarative').describe('Which block applies.'),
    description: z
      .string()
      .optional()
      .describe('Shown to people and to agents that call this one.'),
    declarative: DeclarativeAgent.optional().describe('The agent, for type `Declarative`.'),
    byo: z
      .object({
        deployment: ByoDeployment.optional().describe('Settings of the generated Deployment.'),
      })
      .optional()
      .describe('Bring your own container, for type `BYO`.'),
    skills: AgentSkills.optional().describe('Skill bundles under `/skills`.'),
    sandbox: z
      .object({
        network: z
          .object({
            allowedDomains: z
              .array(z.string())
              .optional()
              .describe('Reachable domains, wildcards allowed; empty means none.'),
          })
          .optional()
          .describe('Outbound network.'),
      })
      .optional()
      .describe('Limits of sandboxed execution.'),
    allowedNamespaces: AllowedNamespaces.optional().describe(
      'Namespaces whose agents may use this one as a tool; default the own one.',
    ),
    iconUrl: uri.optional().describe('Icon for the agent card.'),
    documentationUrl: uri.optional().describe('Documentation link for the agent card.'),
    version: z.string().optional().describe('Version for the agent card.'),
    provider: z
      .object({
        organization: z.string().min(1).describe('Organisation.'),
        url: uri.describe('Its web site.'),
      })
      .optional()
      .describe('Provider for the agent card.'),
  })
  .meta(
    cel(
      { rule: 'has(self.type)', message: 'type must be specified' },
      {
        rule: "self.type == 'Declarative' || self.type == 'BYO'",
        message: 'type must be either Declarative or BYO',
      },
      {
        rule: "(self.type == 'Declarative' && has(self.declarative)) || (self.type == 'BYO' && has(self.byo))",
        message:
          'declarative must be specified if type is Declarative, or byo must be specified if type is BYO',
      },
    ),
  );
export type AgentSpec = z.infer<typeof AgentSpec>;

export const AgentStatus = z.object({
  observedGeneration: ObservedGeneration,
  conditions: z
    .array(Condition)
    .optional()
    .describe('`Accepted`, `Ready`, and `ToolsReady` when the agent has tool servers.'),
});
export type AgentStatus = z.infer<typeof AgentStatus>;

export const Agent = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: ObjectMeta,
  spec: AgentSpec.optional(),
  status: AgentStatus.optional(),
});
export type Agent = z.infer<typeof Agent>;
