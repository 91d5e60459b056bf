/**
 * REST answers and bodies of the server, shared with UI and CLI. Both generations of the older API are served: items
 * carry the union of their keys, bodies are told apart by what they hold. Times are RFC 3339 strings.
 */
import { z } from 'zod';
import { Agent, AgentTool } from './kinds/agent.ts';
import { MCPServer } from './kinds/mcp-server.ts';
import { ModelConfigSpec, ModelConfigStatus } from './kinds/model-config.ts';
import { RemoteMCPServer } from './kinds/remote-mcp-server.ts';
import { DiscoveredTool } from './kinds/shared.ts';

/** Success of every REST route but `/version` and 204s. Lists are `[]` when empty, never left out by us. */
export function envelope<T extends z.ZodType>(data: T) {
  return z.object({ error: z.literal(false), data, message: z.string() });
}
export interface Envelope<T> {
  error: false;
  data: T;
  message: string;
}

/** Failure of every REST route. `code` is ours. */
export const ErrorBody = z.object({ error: z.string(), code: z.string().optional() });
export type ErrorBody = z.infer<typeof ErrorBody>;

export const VersionInfo = z.object({
  kagent_version: z.string(),
  git_commit: z.string(),
  build_date: z.string(),
});
export type VersionInfo = z.infer<typeof VersionInfo>;

export const AgentItem = z.object({
  /** `kagent__NS__k8s_agent`. */
  id: z.string(),
  agent: Agent,
  /** Empty for BYO agents and when the ModelConfig is missing. */
  modelProvider: z.string(),
  model: z.string(),
  /** `namespace/name`. */
  modelConfigRef: z.string(),
  memoryRefs: z.array(z.string()).nullable(),
  tools: z.array(AgentTool).nullable(),
  deploymentReady: z.boolean(),
  accepted: z.boolean(),
  workloadMode: z.enum(['deployment', 'sandbox']).optional(),
});
export type AgentItem = z.infer<typeof AgentItem>;

export const Session = z.object({
  id: z.string(),
  name: z.string().nullish(),
  user_id: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  deleted_at: z.string().nullable(),
  /** `kagent__NS__k8s_agent`. */
  agent_id: z.string().nullish(),
  source: z.enum(['user', 'agent']).optional(),
});
export type Session = z.infer<typeof Session>;

export const SessionEvent = z.object({
  id: z.string(),
  session_id: z.string(),
  user_id: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  deleted_at: z.string().nullable(),
  /** JSON text. */
  data: z.string(),
});
export type SessionEvent = z.infer<typeof SessionEvent>;

export const SessionWithEvents = z.object({
  session: Session,
  events: z.array(SessionEvent),
  read_only: z.boolean().optional(),
});
export type SessionWithEvents = z.infer<typeof SessionWithEvents>;

/** `agent_ref` is `ns/name` or `ns__NS__name`. `user_id` in a body is ignored. */
export const CreateSessionBody = z.looseObject({
  agent_ref: z.string().min(1),
  name: z.string().nullish(),
  id: z.string().nullish(),
  source: z.enum(['user', 'agent']).nullish(),
});
export type CreateSessionBody = z.infer<typeof CreateSessionBody>;

/** Of PUT and PATCH; at least one member is needed. */
export const UpdateSessionBody = z.looseObject({
  name: z.string().nullish(),
  agent_ref: z.string().nullish(),
});
export type UpdateSessionBody = z.infer<typeof UpdateSessionBody>;

export const AddSessionEventBody = z.looseObject({ id: z.string(), data: z.string() });
export type AddSessionEventBody = z.infer<typeof AddSessionEventBody>;

export const ToolItem = z.object({
  /** Tool name. */
  id: z.string(),
  /** `namespace/name`. */
  server_name: z.string(),
  /** `RemoteMCPServer.kagent.dev`, `MCPServer.kagent.dev` or `Service`. */
  group_kind: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  deleted_at: z.string().nullable(),
  description: z.string(),
});
export type ToolItem = z.infer<typeof ToolItem>;

export const ToolServerItem = z.object({
  /** `namespace/name`. */
  ref: z.string(),
  groupKind: z.string(),
  discoveredTools: z.array(DiscoveredTool),
});
export type ToolServerItem = z.infer<typeof ToolServerItem>;

const secrets = z
  .array(z.object({ name: z.string(), key: z.string(), value: z.string() }))
  .nullish();

export const CreateToolServerBody = z.looseObject({
  type: z.string(),
  remoteMCPServer: RemoteMCPServer.partial({ apiVersion: true, kind: true }).nullish(),
  mcpServer: MCPServer.partial({ apiVersion: true, kind: true }).nullish(),
  secrets,
});
export type CreateToolServerBody = z.infer<typeof CreateToolServerBody>;

export const ModelConfigItem = z.object({
  /** `namespace/name`. */
  ref: z.string(),
  providerName: z.string(),
  model: z.string(),
  apiKeySecret: z.string(),
  apiKeySecretKey: z.string(),
  modelParams: z.record(z.string(), z.unknown()),
  spec: ModelConfigSpec.optional(),
  status: ModelConfigStatus.optional(),
});
export type ModelConfigItem = z.infer<typeof ModelConfigItem>;

const providerBlocks = {
  openAI: z.record(z.string(), z.unknown()).nullish(),
  anthropic: z.record(z.string(), z.unknown()).nullish(),
  azureOpenAI: z.record(z.string(), z.unknown()).nullish(),
  ollama: z.record(z.string(), z.unknown()).nullish(),
  gemini: z.record(z.string(), z.unknown()).nullish(),
  geminiVertexAI: z.record(z.string(), z.unknown()).nullish(),
  anthropicVertexAI: z.record(z.string(), z.unknown()).nullish(),
};

/**
 * Body of POST and PUT (PUT has no `ref`). With `spec` it is the later generation, else the flat one of 0.7.4, whose
 * `provider.type` selects the block that counts.
 */
export const ModelConfigBody = z.looseObject({
  ref: z.string().nullish(),
  apiKey: z.string().nullish(),
  secrets,
  spec: z.record(z.string(), z.unknown()).nullish(),
  provider: z.looseObject({ name: z.string().nullish(), type: z.string() }).nullish(),
  model: z.string().nullish(),
  ...providerBlocks,
});
export type ModelConfigBody = z.infer<typeof ModelConfigBody>;

/** Kubernetes reference as the identifier that rows carry: `kagent/k8s-agent` → `kagent__NS__k8s_agent`. */
export function agentId(ref: { namespace: string; name: string }): string {
  return `${ref.namespace}__NS__${ref.name}`.replaceAll('-', '_');
}
