/**
 * What the loop needs from the world. Each port has an in-memory twin in `testing/` and a contract suite that every
 * adapter passes.
 */
import type {
  AssistantPart,
  FinishReason,
  ModelDelta,
  RunEvent,
  RunEventDraft,
  RunRecord,
  SessionSeed,
  ToolContent,
  ToolResult,
  Usage,
} from '@kagent/spec';

/** One entry of the conversation a model sees. Independent of any vendor. */
export type ModelMessage =
  | { role: 'user'; parts: UserPart[] }
  | { role: 'assistant'; parts: AssistantPart[] }
  | {
      role: 'tool';
      results: { callId: string; name: string; content: ToolContent[]; isError: boolean }[];
    };

export type UserPart =
  | { type: 'text'; text: string }
  | { type: 'file'; mimeType: string; data?: string; uri?: string; name?: string };

export interface ToolSpec {
  /** `[A-Za-z0-9_-]{1,64}`, unique within the agent. */
  name: string;
  description: string;
  /** JSON Schema of the arguments, passed through unchanged. */
  inputSchema: Record<string, unknown>;
}

export interface ModelRequest {
  system: string;
  messages: ModelMessage[];
  tools: ToolSpec[];
  signal: AbortSignal;
  /** Bearer of the caller, for ModelConfigs with `apiKeyPassthrough`. Never stored. */
  callerToken?: string;
}

/** Streamed by a model, in order; `end` or `error` is last, exactly once. */
export type ModelEvent =
  | { type: 'delta'; kind: 'text' | 'reasoning'; text: string }
  | { type: 'end'; parts: AssistantPart[]; finishReason: FinishReason; usage?: Usage }
  | {
      type: 'error';
      code:
        | 'model_unreachable'
        | 'model_unauthorized'
        | 'model_rate_limited'
        | 'model_overloaded'
        | 'model_bad_request'
        | 'model_stream_cut'
        | 'canceled'
        | 'internal';
      /** For people: which ModelConfig and what to do. Holds no secret. */
      message: string;
    };

/**
 * A language model. Never throws: failures are the last event. Retries (408, 409, 429, 5xx, connection loss before the
 * first delta) happen inside, with jitter and `retry-after`.
 */
export interface Model {
  /** Name of the ModelConfig. */
  readonly configName: string;
  /** Model id sent to the provider. */
  readonly modelId: string;
  stream(request: ModelRequest): AsyncIterable<ModelEvent>;
}

export interface ToolCallContext {
  runId: string;
  sessionId: string;
  userId: string;
  callId: string;
  signal: AbortSignal;
  /** Request headers of the invocation, lowercase; only those a tool server allows are passed on. Never stored. */
  headers: Record<string, string>;
  /** For a tool that is an agent: the child session to use, fixed before the call is journalled. */
  subagentSessionId?: string;
}

/** One callable tool. `call` never throws: a failure is a result with `isError`. */
export interface Tool {
  readonly spec: ToolSpec;
  /** `RemoteMCPServer/name`, `Agent/ns/name`, `builtin`. */
  readonly source: string;
  /** True when the tool says it is read-only or idempotent. */
  readonly repeatable: boolean;
  readonly isAgent: boolean;
  /** For an agent: every call gets a child session of its own instead of one per parent session. */
  readonly isolateSessions?: boolean;
  call(args: Record<string, unknown>, context: ToolCallContext): Promise<ToolResult>;
}

/** A set of tools that may come and go, e.g. one MCP server. Listing never throws. */
export interface ToolSource {
  readonly name: string;
  /** Current tools; when the server can't be reached, the last known ones are NOT returned: `error` says why. */
  list(signal: AbortSignal): Promise<{ tools: Tool[]; error?: string }>;
  close(): Promise<void>;
}

export interface NewRun {
  runId: string;
  sessionId: string;
  agent: string;
  userId: string;
  messageId: string;
  /** Lease of the creating process. */
  holder: string;
  leaseUntil: number;
  session: SessionSeed;
  first: RunEventDraft & { type: 'run-started' };
}

/**
 * The durable journal. `append` resolves only when the events survive a `kill -9`. Sequence numbers are given by the
 * store, gapless per run, starting at 1.
 *
 * - `create` is idempotent by (agent, userId, messageId): a second call answers the existing run and writes nothing.
 *   It also creates the session row when it is missing; a session of another user or agent is a `permission_denied`.
 * - `append` from anyone but the lease holder rejects with code `conflict` and writes nothing; `run-ended` sets the state
 *   and drops the lease; appending to an ended run is a `conflict`.
 * - `claim` hands out running runs of the agent whose lease is free or has passed, each to one caller only.
 */
export interface RunStore {
  create(run: NewRun): Promise<{ run: RunRecord; created: boolean }>;
  get(runId: string): Promise<RunRecord | undefined>;
  append(runId: string, holder: string, events: RunEventDraft[]): Promise<RunEvent[]>;
  read(runId: string, afterSeq?: number): Promise<RunEvent[]>;
  /** Events of the session's earlier ended runs, oldest first, without those of `exceptRunId`. */
  history(sessionId: string, exceptRunId: string): Promise<RunEvent[]>;
  claim(agent: string, holder: string, leaseUntil: number): Promise<RunRecord[]>;
  /** False when the lease is lost. */
  renew(runId: string, holder: string, leaseUntil: number): Promise<boolean>;
  /** Records the wish durably; any process may ask. False when the run is unknown or has ended. */
  requestCancel(runId: string, by: string): Promise<boolean>;
  isCancelRequested(runId: string): Promise<boolean>;
}

/** What a live reader of a run sees: stored events with their sequence, and deltas between them. */
export type LiveEvent = RunEvent | ModelDelta;

/** Wall clock and timers, so that tests own time. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
