/**
 * The journal of a run: typed events with a gapless sequence. It is the only truth about a run; tasks, sessions,
 * transcripts, audit and cost are projections of it. One A2A task is one run: `runId` equals the task id, and
 * `sessionId` equals the A2A `contextId`.
 */
import { z } from 'zod';
import { A2AMessage } from './a2a.ts';

export const Usage = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  cachedInputTokens: z.number().int().nonnegative().optional(),
  reasoningTokens: z.number().int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

/** What a model said in one turn, in order. `args` is the parsed object; malformed JSON is kept raw in `invalidArgs`. */
export const AssistantPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('reasoning'),
    text: z.string(),
    /** Provider state that must be sent back unchanged, e.g. a thinking signature. */
    providerMetadata: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({
    type: z.literal('tool-call'),
    callId: z.string(),
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    invalidArgs: z.string().optional(),
    providerMetadata: z.record(z.string(), z.unknown()).optional(),
  }),
]);
export type AssistantPart = z.infer<typeof AssistantPart>;

export const ToolContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image'), data: z.string(), mimeType: z.string() }),
]);
export type ToolContent = z.infer<typeof ToolContent>;

export const ToolResult = z.object({
  content: z.array(ToolContent),
  isError: z.boolean(),
  structured: z.unknown().optional(),
  /** Usage of a sub-agent, when the tool was one. */
  usage: Usage.optional(),
});
export type ToolResult = z.infer<typeof ToolResult>;

export const FinishReason = z.enum([
  'stop',
  'tool-calls',
  'length',
  'content-filter',
  'error',
  'other',
]);
export type FinishReason = z.infer<typeof FinishReason>;

export const RunError = z.object({ code: z.string(), message: z.string() });
export type RunError = z.infer<typeof RunError>;

const base = {
  /** Position in the run, starting at 1, without gaps. */
  seq: z.number().int().positive(),
  /** Milliseconds since the epoch. */
  at: z.number().int(),
};

export const RunEvent = z.discriminatedUnion('type', [
  z.object({
    ...base,
    type: z.literal('run-started'),
    /** `namespace/name`. */
    agent: z.string(),
    userId: z.string(),
    message: A2AMessage,
    /** Session of the calling agent, when this run serves another agent. */
    parentSessionId: z.string().optional(),
  }),
  z.object({ ...base, type: z.literal('run-resumed'), holder: z.string() }),
  z.object({
    ...base,
    type: z.literal('model-requested'),
    turn: z.number().int(),
    modelConfig: z.string(),
    model: z.string(),
  }),
  z.object({
    ...base,
    type: z.literal('model-completed'),
    turn: z.number().int(),
    parts: z.array(AssistantPart),
    finishReason: FinishReason,
    usage: Usage.optional(),
    /** Time from request to first token and to the end, milliseconds. */
    firstTokenMs: z.number().optional(),
    durationMs: z.number(),
  }),
  z.object({
    ...base,
    type: z.literal('tool-requested'),
    turn: z.number().int(),
    callId: z.string(),
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    /** Where the tool lives: `RemoteMCPServer/name`, `Agent/ns/name`, `builtin`. */
    source: z.string().optional(),
    /** True when repeating the call after a crash is harmless (read-only or idempotent). */
    repeatable: z.boolean(),
    subagentSessionId: z.string().optional(),
  }),
  z.object({
    ...base,
    type: z.literal('tool-completed'),
    turn: z.number().int(),
    callId: z.string(),
    name: z.string(),
    result: ToolResult,
    durationMs: z.number(),
  }),
  /** Something the user and the model should know, e.g. a tool server that is down. */
  z.object({ ...base, type: z.literal('notice'), code: z.string(), message: z.string() }),
  z.object({ ...base, type: z.literal('cancel-requested'), by: z.string() }),
  z.object({
    ...base,
    type: z.literal('run-ended'),
    state: z.enum(['completed', 'failed', 'canceled']),
    error: RunError.optional(),
    usage: Usage.optional(),
  }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

/** Omits per member of a union, so that the discriminator keeps working. */
export type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** An event before the journal gave it its place. */
export type RunEventDraft = DistributiveOmit<RunEvent, 'seq' | 'at'>;

/** Streamed to live readers, never stored: the `model-completed` event carries the whole. */
export interface ModelDelta {
  type: 'model-delta';
  turn: number;
  kind: 'text' | 'reasoning';
  text: string;
}

export const RunRecord = z.object({
  runId: z.string(),
  sessionId: z.string(),
  /** `namespace/name`. */
  agent: z.string(),
  userId: z.string(),
  /** Client's message id: the same (agent, user, message id) is the same run. */
  messageId: z.string(),
  state: z.enum(['running', 'completed', 'failed', 'canceled']),
  createdAt: z.number().int(),
  updatedAt: z.number().int(),
  lastSeq: z.number().int(),
  /** Who may append, and until when (milliseconds since the epoch). */
  holder: z.string().nullable(),
  leaseUntil: z.number().int().nullable(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** How a session is named and hidden when a run creates it. */
export const SessionSeed = z.object({ name: z.string(), source: z.enum(['user', 'agent']) });
export type SessionSeed = z.infer<typeof SessionSeed>;
