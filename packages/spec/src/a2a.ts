/**
 * A2A 0.3 wire shapes as kagent speaks them (https://a2a-protocol.org, 0.3 JSON-RPC binding: `kind` discriminators,
 * lowercase states) with kagent's metadata keys. Foreign data is parsed leniently: unknown members are kept.
 */
import { z } from 'zod';

export const TextPart = z.looseObject({
  kind: z.literal('text'),
  text: z.string(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type TextPart = z.infer<typeof TextPart>;

export const FilePart = z.looseObject({
  kind: z.literal('file'),
  file: z.looseObject({
    bytes: z.string().optional(),
    uri: z.string().optional(),
    mimeType: z.string().optional(),
    name: z.string().optional(),
  }),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type FilePart = z.infer<typeof FilePart>;

export const DataPart = z.looseObject({
  kind: z.literal('data'),
  data: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type DataPart = z.infer<typeof DataPart>;

export const Part = z.discriminatedUnion('kind', [TextPart, FilePart, DataPart]);
export type Part = z.infer<typeof Part>;

export const A2AMessage = z.looseObject({
  kind: z.literal('message').default('message'),
  messageId: z.string(),
  role: z.enum(['user', 'agent']),
  parts: z.array(Part),
  contextId: z.string().optional(),
  taskId: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type A2AMessage = z.infer<typeof A2AMessage>;

export const TaskState = z.enum([
  'submitted',
  'working',
  'input-required',
  'auth-required',
  'completed',
  'canceled',
  'failed',
  'rejected',
  'unknown',
]);
export type TaskState = z.infer<typeof TaskState>;

/** States after which a task never changes again. */
export const TERMINAL_TASK_STATES: readonly TaskState[] = [
  'completed',
  'canceled',
  'failed',
  'rejected',
];

export const TaskStatus = z.looseObject({
  state: TaskState,
  message: A2AMessage.optional(),
  /** RFC 3339. */
  timestamp: z.string().optional(),
});
export type TaskStatus = z.infer<typeof TaskStatus>;

export const Artifact = z.looseObject({
  artifactId: z.string(),
  name: z.string().optional(),
  parts: z.array(Part),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Artifact = z.infer<typeof Artifact>;

export const Task = z.looseObject({
  kind: z.literal('task').default('task'),
  id: z.string(),
  contextId: z.string(),
  status: TaskStatus,
  history: z.array(A2AMessage).optional(),
  artifacts: z.array(Artifact).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Task = z.infer<typeof Task>;

export const StatusUpdateEvent = z.looseObject({
  kind: z.literal('status-update'),
  taskId: z.string(),
  contextId: z.string(),
  status: TaskStatus,
  final: z.boolean(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type StatusUpdateEvent = z.infer<typeof StatusUpdateEvent>;

export const ArtifactUpdateEvent = z.looseObject({
  kind: z.literal('artifact-update'),
  taskId: z.string(),
  contextId: z.string(),
  artifact: Artifact,
  append: z.boolean().optional(),
  lastChunk: z.boolean().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type ArtifactUpdateEvent = z.infer<typeof ArtifactUpdateEvent>;

/** What a `message/stream` or `tasks/resubscribe` stream carries, in order. */
export const A2AStreamEvent = z.discriminatedUnion('kind', [
  Task,
  A2AMessage,
  StatusUpdateEvent,
  ArtifactUpdateEvent,
]);
export type A2AStreamEvent = z.infer<typeof A2AStreamEvent>;

export const MessageSendParams = z.looseObject({
  message: z.looseObject({
    kind: z.literal('message').default('message'),
    messageId: z.string().optional(),
    role: z.enum(['user', 'agent']),
    parts: z.array(Part).min(1),
    contextId: z.string().optional(),
    taskId: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
  configuration: z
    .looseObject({ blocking: z.boolean().optional(), historyLength: z.number().int().optional() })
    .optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type MessageSendParams = z.infer<typeof MessageSendParams>;

export const TaskQueryParams = z.looseObject({
  id: z.string(),
  historyLength: z.number().int().optional(),
});
export type TaskQueryParams = z.infer<typeof TaskQueryParams>;

export const AgentSkill = z.looseObject({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  tags: z.array(z.string()).nullish(),
  examples: z.array(z.string()).optional(),
  inputModes: z.array(z.string()).optional(),
  outputModes: z.array(z.string()).optional(),
});
export type AgentSkill = z.infer<typeof AgentSkill>;

export const AgentCard = z.looseObject({
  name: z.string(),
  description: z.string(),
  url: z.string(),
  version: z.string(),
  protocolVersion: z.string().optional(),
  capabilities: z.looseObject({
    streaming: z.boolean().optional(),
    pushNotifications: z.boolean().optional(),
    stateTransitionHistory: z.boolean().optional(),
  }),
  defaultInputModes: z.array(z.string()),
  defaultOutputModes: z.array(z.string()),
  skills: z.array(AgentSkill).nullish(),
});
export type AgentCard = z.infer<typeof AgentCard>;

/** Metadata keys on events and parts (`shared contract: engine, UI, CLI`). Readers accept the `adk_` prefix as well. */
export const METADATA = {
  appName: 'kagent_app_name',
  userId: 'kagent_user_id',
  sessionId: 'kagent_session_id',
  invocationId: 'kagent_invocation_id',
  author: 'kagent_author',
  /** Of one model call. */
  usage: 'kagent_usage_metadata',
  /** Ours: of the whole run with its sub-agents, on the final status. */
  runUsage: 'kagent_run_usage_metadata',
  errorCode: 'kagent_error_code',
  partial: 'kagent_adk_partial',
  type: 'kagent_type',
  thought: 'kagent_thought',
  longRunning: 'kagent_is_long_running',
  subagentSessionId: 'kagent_subagent_session_id',
  notice: 'kagent_notice',
} as const;

/** `METADATA.type` values of data parts. */
export const PART_TYPE = {
  functionCall: 'function_call',
  functionResponse: 'function_response',
} as const;

/** JSON-RPC 2.0 methods of the A2A 0.3 binding that kagent serves. */
export const A2A_METHODS = [
  'message/send',
  'message/stream',
  'tasks/get',
  'tasks/cancel',
  'tasks/resubscribe',
] as const;
export type A2AMethod = (typeof A2A_METHODS)[number];
