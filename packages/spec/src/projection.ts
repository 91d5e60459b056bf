/**
 * The journal of a run as A2A 0.3 shows it: the stream of `message/stream` and the Task of `tasks/get`. Pure and
 * deterministic (ids come from the run id and the sequence), so that a replay equals what live readers saw, apart from
 * partial deltas, which are never stored. Order and metadata: the agent's stream contract (submitted echo, working,
 * one working update per message, artifact, final status).
 */
import {
  METADATA,
  PART_TYPE,
  type A2AMessage,
  type A2AStreamEvent,
  type Part,
  type StatusUpdateEvent,
  type Task,
  type TaskState,
} from './a2a.ts';
import type { AssistantPart, ModelDelta, RunEvent, ToolResult, Usage } from './journal.ts';

/** The ids a projection needs; the rest is in the `run-started` event. */
export interface ProjectedRun {
  runId: string;
  sessionId: string;
}

/** Feed events in sequence, deltas in between; answers the A2A events each one causes, often none. */
export type StreamProjector = (event: RunEvent | ModelDelta) => A2AStreamEvent[];

/** `namespace/name` → `namespace__NS__name` with `-` as `_`: how agents are named in metadata and as tools. */
export function appName(agent: string): string {
  return agent.replace('/', '__NS__').replaceAll('-', '_');
}

/** Token counts under the names of the older system. */
export function usageMetadata(usage: Usage): Record<string, number> {
  return {
    promptTokenCount: usage.inputTokens,
    candidatesTokenCount: usage.outputTokens,
    totalTokenCount: usage.inputTokens + usage.outputTokens,
    ...(usage.cachedInputTokens === undefined
      ? {}
      : { cachedContentTokenCount: usage.cachedInputTokens }),
    ...(usage.reasoningTokens === undefined ? {} : { thoughtsTokenCount: usage.reasoningTokens }),
  };
}

/** Starts a projection. One projector serves one reader of one run. */
export function projectStream(run: ProjectedRun): StreamProjector {
  const projection = createProjection(run);
  return (event) => projection.push(event);
}

/**
 * The Task after these events. History: the user's message, then every status message that a later status replaced
 * (no partials); `status.message` is the latest. A completed task has no status message: its answer is the last entry
 * of `history` and `artifacts[0]`.
 */
export function projectTask(run: ProjectedRun, events: readonly RunEvent[]): Task {
  const projection = createProjection(run);
  const task: Task & { history: A2AMessage[] } = {
    kind: 'task',
    id: run.runId,
    contextId: run.sessionId,
    status: { state: 'submitted' },
    history: [],
  };
  for (const event of events)
    for (const update of projection.push(event)) applyUpdate(task, update);
  for (const update of projection.flush()) applyUpdate(task, update);
  return task;
}

function applyUpdate(task: Task & { history: A2AMessage[] }, update: A2AStreamEvent): void {
  if (update.kind === 'artifact-update') {
    (task.artifacts ??= []).push(update.artifact);
    return;
  }
  if (update.kind !== 'status-update') return;
  if (task.status.message) task.history.push(task.status.message);
  task.status = update.status;
  if (update.metadata) task.metadata = { ...task.metadata, ...update.metadata };
}

interface HeldMessage {
  event: Extract<RunEvent, { type: 'model-completed' }>;
  missing: Set<string>;
}

interface ProjectionState {
  run: ProjectedRun;
  /** Metadata of every event. */
  base: Record<string, unknown>;
  /** Metadata of every message of the agent. */
  author: Record<string, unknown>;
  partial: Record<string, unknown>;
  partials: number;
  /** A turn with tool calls waits for its `tool-requested` events: they know the sessions of sub-agents. */
  held: HeldMessage | undefined;
  subagentSessions: Map<string, string>;
  answer: Part[];
  notices: { code: string; message: string }[];
}

function createProjection(run: ProjectedRun) {
  const state: ProjectionState = {
    run,
    base: {},
    author: {},
    partial: {},
    partials: 0,
    held: undefined,
    subagentSessions: new Map(),
    answer: [],
    notices: [],
  };
  return {
    push: (event: RunEvent | ModelDelta): A2AStreamEvent[] => pushEvent(state, event),
    flush: (): A2AStreamEvent[] => flushHeld(state),
  };
}

function pushEvent(state: ProjectionState, event: RunEvent | ModelDelta): A2AStreamEvent[] {
  switch (event.type) {
    case 'model-delta':
      return [deltaUpdate(state, event)];
    case 'run-started':
      return runStarted(state, event);
    case 'model-completed':
      return modelCompleted(state, event);
    case 'tool-requested': {
      if (event.subagentSessionId)
        state.subagentSessions.set(event.callId, event.subagentSessionId);
      state.held?.missing.delete(event.callId);
      return state.held?.missing.size === 0 ? flushHeld(state) : [];
    }
    case 'tool-completed':
      return [...flushHeld(state), toolCompleted(state, event)];
    case 'notice':
      return [notice(state, event)];
    case 'run-ended':
      return [...flushHeld(state), ...runEnded(state, event)];
    case 'model-requested':
      return flushHeld(state);
    case 'run-resumed':
    case 'cancel-requested':
      return [];
  }
}

function runStarted(
  state: ProjectionState,
  event: Extract<RunEvent, { type: 'run-started' }>,
): A2AStreamEvent[] {
  const { runId, sessionId } = state.run;
  const name = appName(event.agent);
  state.base = {
    [METADATA.appName]: name,
    [METADATA.userId]: event.userId,
    [METADATA.sessionId]: sessionId,
  };
  state.author = { ...state.base, [METADATA.invocationId]: runId, [METADATA.author]: name };
  state.partial = { ...state.author, [METADATA.partial]: true };
  const echo: A2AMessage = {
    ...event.message,
    kind: 'message',
    taskId: runId,
    contextId: sessionId,
  };
  return [
    statusUpdate(state, { state: 'submitted', at: event.at, message: echo }),
    statusUpdate(state, { state: 'working', at: event.at, metadata: state.base }),
  ];
}

function deltaUpdate(state: ProjectionState, delta: ModelDelta): A2AStreamEvent {
  state.partials += 1;
  const part: Part =
    delta.kind === 'text'
      ? { kind: 'text', text: delta.text }
      : { kind: 'text', text: delta.text, metadata: { [METADATA.thought]: true } };
  const messageId = `${state.run.runId}-partial-${delta.turn}-${state.partials}`;
  return statusUpdate(state, {
    state: 'working',
    message: agentMessage(state, messageId, [part]),
    metadata: state.partial,
  });
}

function modelCompleted(
  state: ProjectionState,
  event: Extract<RunEvent, { type: 'model-completed' }>,
): A2AStreamEvent[] {
  const calls = event.parts.filter((part) => part.type === 'tool-call').map((part) => part.callId);
  state.held = { event, missing: new Set(calls) };
  return calls.length === 0 ? flushHeld(state) : [];
}

function flushHeld(state: ProjectionState): A2AStreamEvent[] {
  const event = state.held?.event;
  state.held = undefined;
  if (!event) return [];
  const parts = event.parts.flatMap((part) => assistantPart(state, part));
  state.answer = parts.filter((part) => part.kind === 'text' && !part.metadata?.[METADATA.thought]);
  if (parts.length === 0) return [];
  const metadata = event.usage
    ? { ...state.author, [METADATA.usage]: usageMetadata(event.usage) }
    : state.author;
  return [messageUpdate(state, event, { parts, metadata })];
}

function assistantPart(state: ProjectionState, part: AssistantPart): Part[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ kind: 'text', text: part.text }];
    case 'reasoning':
      return part.text === ''
        ? []
        : [{ kind: 'text', text: part.text, metadata: { [METADATA.thought]: true } }];
    case 'tool-call': {
      const session = state.subagentSessions.get(part.callId);
      return [
        {
          kind: 'data',
          data: { id: part.callId, name: part.name, args: part.args },
          metadata: {
            [METADATA.type]: PART_TYPE.functionCall,
            ...(session ? { [METADATA.subagentSessionId]: session } : {}),
          },
        },
      ];
    }
  }
}

function toolCompleted(
  state: ProjectionState,
  event: Extract<RunEvent, { type: 'tool-completed' }>,
): A2AStreamEvent {
  const session = state.subagentSessions.get(event.callId);
  const response = session
    ? agentResponse(event.result, session)
    : { result: toolResponse(event.result) };
  const part: Part = {
    kind: 'data',
    data: { id: event.callId, name: event.name, response },
    metadata: { [METADATA.type]: PART_TYPE.functionResponse },
  };
  return messageUpdate(state, event, { parts: [part], metadata: state.author });
}

function toolResponse(result: ToolResult): Record<string, unknown> {
  return {
    content: result.content,
    isError: result.isError,
    ...(result.structured === undefined ? {} : { structuredContent: result.structured }),
  };
}

function agentResponse(result: ToolResult, session: string): Record<string, unknown> {
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return {
    result: text,
    ...(result.isError ? { isError: true } : {}),
    subagent_session_id: session,
    ...(result.usage ? { [METADATA.usage]: usageMetadata(result.usage) } : {}),
  };
}

function notice(
  state: ProjectionState,
  event: Extract<RunEvent, { type: 'notice' }>,
): A2AStreamEvent {
  state.notices.push({ code: event.code, message: event.message });
  return messageUpdate(state, event, {
    parts: [noticePart(event)],
    metadata: { ...state.author, [METADATA.notice]: { code: event.code, message: event.message } },
  });
}

function noticePart(item: { code: string; message: string }): Part {
  return { kind: 'text', text: item.message, metadata: { [METADATA.notice]: item.code } };
}

function runEnded(
  state: ProjectionState,
  event: Extract<RunEvent, { type: 'run-ended' }>,
): A2AStreamEvent[] {
  const { runId, sessionId } = state.run;
  const metadata = {
    ...state.base,
    ...(event.usage ? { [METADATA.runUsage]: usageMetadata(event.usage) } : {}),
    ...(event.error ? { [METADATA.errorCode]: event.error.code } : {}),
    ...(state.notices.length > 0 ? { [METADATA.notice]: state.notices } : {}),
  };
  const end = { state: event.state, at: event.at, final: true, metadata };
  if (event.state !== 'completed') {
    const text =
      event.error?.message ??
      (event.state === 'canceled' ? 'The run was canceled.' : 'The run failed.');
    const message = agentMessage(state, `${runId}-${event.seq}`, [{ kind: 'text', text }]);
    return [statusUpdate(state, { ...end, message })];
  }
  const parts = [...state.answer, ...state.notices.map(noticePart)];
  return [
    {
      kind: 'artifact-update',
      taskId: runId,
      contextId: sessionId,
      artifact: { artifactId: `${runId}-artifact`, parts },
      lastChunk: true,
    },
    statusUpdate(state, end),
  ];
}

function messageUpdate(
  state: ProjectionState,
  event: { seq: number; at: number },
  content: { parts: Part[]; metadata: Record<string, unknown> },
): StatusUpdateEvent {
  const message = agentMessage(state, `${state.run.runId}-${event.seq}`, content.parts);
  message.metadata = content.metadata;
  return statusUpdate(state, {
    state: 'working',
    at: event.at,
    message,
    metadata: content.metadata,
  });
}

function agentMessage(state: ProjectionState, messageId: string, parts: Part[]): A2AMessage {
  return {
    kind: 'message',
    messageId,
    role: 'agent',
    parts,
    taskId: state.run.runId,
    contextId: state.run.sessionId,
  };
}

interface StatusFields {
  state: TaskState;
  at?: number;
  message?: A2AMessage;
  metadata?: Record<string, unknown>;
  final?: boolean;
}

function statusUpdate(state: ProjectionState, fields: StatusFields): StatusUpdateEvent {
  return {
    kind: 'status-update',
    taskId: state.run.runId,
    contextId: state.run.sessionId,
    status: {
      state: fields.state,
      ...(fields.message ? { message: fields.message } : {}),
      ...(fields.at === undefined ? {} : { timestamp: new Date(fields.at).toISOString() }),
    },
    final: fields.final ?? false,
    ...(fields.metadata ? { metadata: fields.metadata } : {}),
  };
}
