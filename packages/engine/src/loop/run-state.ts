/**
 * Where a run stands, rebuilt from its journal alone: after a crash another process applies the same events and goes on
 * from the last one.
 */
import type { AssistantPart, RunEvent, ToolResult, Usage } from '@kagent/spec';

export type ToolCall = Extract<AssistantPart, { type: 'tool-call' }>;
export type ToolRequested = Extract<RunEvent, { type: 'tool-requested' }>;

export interface PendingCall {
  call: ToolCall;
  /** Set once the call is journalled. */
  requested: ToolRequested | undefined;
}

export interface RunState {
  /** The whole journal of the run so far. */
  events: RunEvent[];
  /** Finished model calls. */
  turn: number;
  /** Calls of the last turn without a result, in the order the model made them. */
  pending: PendingCall[];
  /** The model's last turn asked for no tool: the run is at its end. */
  answered: boolean;
  ended: Extract<RunEvent, { type: 'run-ended' }> | undefined;
  usage: Usage | undefined;
  /** Messages of the notices so far, so that each is given once. */
  notices: string[];
  /** Ids of all calls: ids that a provider uses twice are told apart. */
  callIds: Set<string>;
  /** Identical calls with identical results so far, by call key. */
  repeats: Map<string, { count: number; result: string }>;
  /** Call keys the model was told to stop repeating. */
  warned: Set<string>;
  /** Resumes since anything else happened. */
  resumes: number;
  cancelRequested: boolean;
}

/** Marks the result that tells the model to stop repeating a call. */
export const LOOP_DETECTED = 'loop_detected';

export function rebuildState(events: readonly RunEvent[]): RunState {
  const state: RunState = {
    events: [],
    turn: 0,
    pending: [],
    answered: false,
    ended: undefined,
    usage: undefined,
    notices: [],
    callIds: new Set(),
    repeats: new Map(),
    warned: new Set(),
    resumes: 0,
    cancelRequested: false,
  };
  for (const event of events) applyEvent(state, event);
  return state;
}

/** Moves the state on by one stored event. */
export function applyEvent(state: RunState, event: RunEvent): void {
  state.events.push(event);
  if (event.type === 'run-resumed') state.resumes += 1;
  else state.resumes = 0;
  switch (event.type) {
    case 'model-completed':
      applyModelTurn(state, event);
      return;
    case 'tool-requested': {
      const pending = state.pending.find((item) => item.call.callId === event.callId);
      if (pending) pending.requested = event;
      return;
    }
    case 'tool-completed':
      applyToolResult(state, event);
      return;
    case 'notice':
      state.notices.push(event.message);
      return;
    case 'cancel-requested':
      state.cancelRequested = true;
      return;
    case 'run-ended':
      state.ended = event;
      return;
    case 'run-started':
    case 'run-resumed':
    case 'model-requested':
      return;
  }
}

/** Equal for calls of the same tool with the same arguments, whatever their key order. */
export function callKey(name: string, args: unknown): string {
  return `${name} ${JSON.stringify(args, sortKeys)}`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function addUsage(total: Usage | undefined, more: Usage | undefined): Usage | undefined {
  if (!total || !more) return total ?? more;
  const cached = (total.cachedInputTokens ?? 0) + (more.cachedInputTokens ?? 0);
  const reasoning = (total.reasoningTokens ?? 0) + (more.reasoningTokens ?? 0);
  return {
    inputTokens: total.inputTokens + more.inputTokens,
    outputTokens: total.outputTokens + more.outputTokens,
    ...(cached > 0 ? { cachedInputTokens: cached } : {}),
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
  };
}

function applyModelTurn(
  state: RunState,
  event: Extract<RunEvent, { type: 'model-completed' }>,
): void {
  state.turn += 1;
  state.usage = addUsage(state.usage, event.usage);
  state.pending = event.parts
    .filter((part) => part.type === 'tool-call')
    .map((call) => ({ call, requested: undefined }));
  for (const { call } of state.pending) state.callIds.add(call.callId);
  state.answered = state.pending.length === 0;
}

function applyToolResult(
  state: RunState,
  event: Extract<RunEvent, { type: 'tool-completed' }>,
): void {
  const done = state.pending.find((item) => item.call.callId === event.callId);
  state.pending = state.pending.filter((item) => item !== done);
  state.usage = addUsage(state.usage, event.result.usage);
  if (!done) return;
  const key = callKey(done.call.name, done.call.args);
  if (isLoopWarning(event.result)) {
    state.warned.add(key);
    return;
  }
  const result = JSON.stringify(event.result.content);
  const known = state.repeats.get(key);
  state.repeats.set(key, { count: known?.result === result ? known.count + 1 : 1, result });
}

function isLoopWarning(result: ToolResult): boolean {
  const structured = result.structured;
  return (
    typeof structured === 'object' &&
    structured !== null &&
    'code' in structured &&
    structured.code === LOOP_DETECTED
  );
}
