/** What a remote task came to, gathered from its events: any A2A 0.3 agent, not only ours. */
import {
  METADATA,
  TERMINAL_TASK_STATES,
  type A2AMessage,
  type A2AStreamEvent,
  type Part,
  type Task,
  type TaskStatus,
  type ToolResult,
  type Usage,
} from '@kagent/spec';
import { z } from 'zod';
import { errorResult } from '../../loop/tool-output.ts';

export interface TaskOutcome {
  /** Known from the first event on. */
  readonly taskId: string | undefined;
  /** No further event matters. */
  readonly isFinal: boolean;
  apply(event: A2AStreamEvent): void;
  /** For the model of the calling agent. */
  result(agent: string): ToolResult;
}

const UsageMetadata = z.looseObject({
  promptTokenCount: z.number().int().nonnegative().catch(0),
  candidatesTokenCount: z.number().int().nonnegative().catch(0),
  cachedContentTokenCount: z.number().int().nonnegative().optional().catch(undefined),
  thoughtsTokenCount: z.number().int().nonnegative().optional().catch(undefined),
});

interface State {
  taskId: string | undefined;
  status: TaskStatus | undefined;
  isFinal: boolean;
  /** Text of the latest whole message of the agent. */
  lastText: string;
  artifacts: Map<string, Part[]>;
  /** By message, so that an event seen twice counts once. */
  usages: Map<string, Usage>;
  total: Usage | undefined;
}

export function createTaskOutcome(): TaskOutcome {
  const state: State = {
    taskId: undefined,
    status: undefined,
    isFinal: false,
    lastText: '',
    artifacts: new Map(),
    usages: new Map(),
    total: undefined,
  };
  return {
    get taskId() {
      return state.taskId;
    },
    get isFinal() {
      return state.isFinal;
    },
    apply: (event) => applyEvent(state, event),
    result: (agent) => toResult(state, agent),
  };
}

function applyEvent(state: State, event: A2AStreamEvent): void {
  switch (event.kind) {
    case 'message':
      addMessage(state, event);
      state.isFinal = true;
      return;
    case 'task':
      applyTask(state, event);
      return;
    case 'artifact-update': {
      state.taskId = event.taskId;
      const { artifactId, parts } = event.artifact;
      const known = event.append ? (state.artifacts.get(artifactId) ?? []) : [];
      state.artifacts.set(artifactId, [...known, ...parts]);
      return;
    }
    case 'status-update':
      state.taskId = event.taskId;
      if (isPartial(event.metadata)) return;
      applyStatus(state, event.status, event.metadata);
      if (event.final) state.isFinal = true;
  }
}

function applyTask(state: State, task: Task): void {
  state.taskId = task.id;
  for (const message of task.history ?? [])
    if (message.role === 'agent') addMessage(state, message);
  for (const { artifactId, parts } of task.artifacts ?? []) state.artifacts.set(artifactId, parts);
  applyStatus(state, task.status, task.metadata);
  if (task.status.state === 'input-required' || task.status.state === 'auth-required')
    state.isFinal = true;
}

function applyStatus(
  state: State,
  status: TaskStatus,
  metadata: Record<string, unknown> | undefined,
): void {
  state.status = status;
  if (status.message?.role === 'agent') addMessage(state, status.message);
  const usage = readUsage(metadata, METADATA.usage);
  if (usage && status.message) state.usages.set(status.message.messageId, usage);
  state.total = readUsage(metadata, METADATA.runUsage) ?? state.total;
  if (TERMINAL_TASK_STATES.includes(status.state)) state.isFinal = true;
}

function addMessage(state: State, message: A2AMessage): void {
  const text = textOf(message.parts);
  if (text !== '') state.lastText = text;
  const usage = readUsage(message.metadata, METADATA.usage);
  if (usage) state.usages.set(message.messageId, usage);
}

function toResult(state: State, agent: string): ToolResult {
  const usage = state.total ?? sum([...state.usages.values()]);
  return { ...textResult(state, agent), ...(usage ? { usage } : {}) };
}

function textResult(state: State, agent: string): ToolResult {
  const said = textOf([...state.artifacts.values()].flat()) || state.lastText;
  const reason = textOf(state.status?.message?.parts ?? []) || state.lastText;
  switch (state.status?.state) {
    case undefined:
    case 'completed':
      return {
        content: [{ type: 'text', text: said || '(The agent gave no answer.)' }],
        isError: false,
      };
    case 'failed':
    case 'rejected':
      return errorResult(`The agent ${agent} failed: ${reason || 'it gave no reason'}`);
    case 'canceled':
      return errorResult(`The agent ${agent} was canceled before it had an answer.`);
    case 'input-required':
    case 'auth-required':
      return errorResult(`The agent ${agent} needs more before it can go on: ${reason}`);
    case 'submitted':
    case 'working':
    case 'unknown':
      return errorResult(`The agent ${agent} stopped before it had an answer.`);
  }
}

function textOf(parts: readonly Part[]): string {
  return parts
    .flatMap((part) =>
      part.kind === 'text' && !flag(part.metadata, METADATA.thought) && part.text !== ''
        ? [part.text]
        : [],
    )
    .join('\n');
}

function isPartial(metadata: Record<string, unknown> | undefined): boolean {
  return flag(metadata, METADATA.partial) || metadata?.adk_partial === true;
}

/** Agents use the prefix `adk_` or `kagent_`. */
function read(metadata: Record<string, unknown> | undefined, key: string): unknown {
  return metadata?.[key.replace('kagent_', 'adk_')] ?? metadata?.[key];
}

function flag(metadata: Record<string, unknown> | undefined, key: string): boolean {
  return read(metadata, key) === true;
}

function readUsage(metadata: Record<string, unknown> | undefined, key: string): Usage | undefined {
  const parsed = UsageMetadata.safeParse(read(metadata, key));
  if (!parsed.success) return undefined;
  const { promptTokenCount, candidatesTokenCount, cachedContentTokenCount, thoughtsTokenCount } =
    parsed.data;
  return {
    inputTokens: promptTokenCount,
    outputTokens: candidatesTokenCount,
    ...(cachedContentTokenCount === undefined
      ? {}
      : { cachedInputTokens: cachedContentTokenCount }),
    ...(thoughtsTokenCount === undefined ? {} : { reasoningTokens: thoughtsTokenCount }),
  };
}

function sum(usages: readonly Usage[]): Usage | undefined {
  if (usages.length === 0) return undefined;
  return usages.reduce((total, usage) => ({
    inputTokens: total.inputTokens + usage.inputTokens,
    outputTokens: total.outputTokens + usage.outputTokens,
  }));
}
