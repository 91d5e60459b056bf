/**
 * A2A events to what a person reads. Pure: live streams and stored tasks go through the same functions, so that a
 * reloaded chat looks like the one that was watched. Deltas are the exception: they are never stored, so text of a turn
 * that was cut short is only there until the next load.
 */
import {
  type A2AMessage,
  type A2AStreamEvent,
  type Artifact,
  METADATA,
  type Part,
  PART_TYPE,
  type Task,
  type TaskState,
  TERMINAL_TASK_STATES,
} from '@kagent/spec';
import { readResult } from './tool-result.ts';

/** One thing to read, in the order it was said. */
export type Entry =
  | { kind: 'user'; text: string }
  | SpokenEntry
  | ToolEntry
  | { kind: 'notice'; taskId: string; text: string }
  /** A task that ended without an answer, and why. */
  | { kind: 'end'; taskId: string; state: TaskState; text: string };

interface SpokenEntry {
  kind: 'answer' | 'thought';
  taskId: string;
  text: string;
  /** Made of deltas so far; the whole message will take its place. */
  streaming: boolean;
}

/** A call and, once it is there, its result. */
export interface ToolEntry {
  kind: 'tool';
  taskId: string;
  callId: string;
  name: string;
  args: unknown;
  /** `unfinished`: the task ended without a result. */
  state: 'running' | 'done' | 'failed' | 'unfinished';
  output: string;
}

/** A conversation so far; a value that is never changed in place. */
export interface Transcript {
  entries: readonly Entry[];
  /** Of the latest task. */
  state: TaskState | undefined;
  taskId: string | undefined;
  /** Ids of messages already shown: replays and repeats are skipped. */
  seen: ReadonlySet<string>;
}

/** Nothing was said yet. */
export const EMPTY: Transcript = {
  entries: [],
  state: undefined,
  taskId: undefined,
  seen: new Set(),
};

/** True when the latest task goes no further without its user. */
export function isAtRest({ state }: Transcript): boolean {
  return (
    state !== undefined &&
    (TERMINAL_TASK_STATES.includes(state) ||
      state === 'input-required' ||
      state === 'auth-required')
  );
}

/** Adds a message that is about to be sent: a new turn, of a task that is not known yet. */
export function addOutgoing(transcript: Transcript, message: A2AMessage): Transcript {
  const turn = { ...transcript, state: undefined, taskId: undefined };
  return addMessage(turn, message, '');
}

/** Adds one live event. */
export function addEvent(transcript: Transcript, event: A2AStreamEvent): Transcript {
  switch (event.kind) {
    case 'status-update': {
      const { message, state } = event.status;
      const next = { ...transcript, state, taskId: event.taskId };
      return message && flag(event.metadata, METADATA.partial)
        ? addDelta(next, message.parts, event.taskId)
        : addStatus(next, message, event.taskId);
    }
    case 'artifact-update': {
      const { artifact, taskId } = event;
      const isDelta = event.append || flag(event.metadata, METADATA.partial);
      return isDelta
        ? addDelta(transcript, artifact.parts, taskId)
        : addArtifact(transcript, artifact, taskId);
    }
    case 'task':
      return addTask(transcript, event);
    case 'message':
      return { ...addMessage(transcript, event, event.taskId ?? ''), state: 'completed' };
  }
}

/** Adds a stored task with its history. */
export function addTask(transcript: Transcript, task: Task): Transcript {
  // deltas shown before a reconnect have a gap after them
  let next: Transcript = {
    ...withoutStreaming(transcript),
    taskId: task.id,
    state: task.status.state,
  };
  for (const message of task.history ?? []) next = addMessage(next, message, task.id);
  for (const artifact of task.artifacts ?? []) next = addArtifact(next, artifact, task.id);
  return addStatus(next, task.status.message, task.id);
}

/** The status message, as what its state makes of it. */
function addStatus(
  transcript: Transcript,
  message: A2AMessage | undefined,
  taskId: string,
): Transcript {
  const { state } = transcript;
  if (state === 'failed' || state === 'canceled' || state === 'rejected') {
    return addEnd(settle(transcript, taskId), message, { taskId, state });
  }
  const next = message ? addMessage(transcript, message, taskId) : transcript;
  return isAtRest(next) ? settle(next, taskId) : next;
}

const END_TEXT = {
  failed: 'The run failed.',
  canceled: 'The run was canceled.',
  rejected: 'The agent refused the message.',
};

function addEnd(
  transcript: Transcript,
  message: A2AMessage | undefined,
  { taskId, state }: { taskId: string; state: keyof typeof END_TEXT },
): Transcript {
  const { entries, seen } = transcript;
  if (entries.some((entry) => entry.kind === 'end' && entry.taskId === taskId)) return transcript;
  const text = textOf(message?.parts ?? []) || END_TEXT[state];
  return {
    ...transcript,
    entries: [...entries, { kind: 'end', taskId, state, text }],
    seen: message ? new Set(seen).add(message.messageId) : seen,
  };
}

/** Nothing of the task moves any more: its text stays as it is, calls without a result stay without one. */
function settle(transcript: Transcript, taskId: string): Transcript {
  const isOver = transcript.state !== undefined && TERMINAL_TASK_STATES.includes(transcript.state);
  const entries = transcript.entries.map((entry): Entry => {
    if (isStreaming(entry)) return { ...entry, streaming: false };
    if (isOver && entry.kind === 'tool' && entry.taskId === taskId && entry.state === 'running') {
      return { ...entry, state: 'unfinished' };
    }
    return entry;
  });
  return { ...transcript, entries };
}

function addMessage(transcript: Transcript, message: A2AMessage, taskId: string): Transcript {
  if (flag(message.metadata, METADATA.partial)) return transcript;
  // the whole message takes the place of its deltas
  const next = message.role === 'agent' ? withoutStreaming(transcript) : transcript;
  if (next.seen.has(message.messageId)) return next;
  const seen = new Set(next.seen).add(message.messageId);
  const isNotice = flag(message.metadata, METADATA.notice);
  const entries = message.parts.reduce<readonly Entry[]>(
    (list, part) =>
      message.role === 'user' ? addUserPart(list, part) : addPart(list, part, { taskId, isNotice }),
    next.entries,
  );
  return { ...next, entries, seen };
}

function addUserPart(entries: readonly Entry[], part: Part): readonly Entry[] {
  return part.kind === 'text' && part.text !== ''
    ? [...entries, { kind: 'user', text: part.text }]
    : entries;
}

function addPart(
  entries: readonly Entry[],
  part: Part,
  { taskId, isNotice }: { taskId: string; isNotice: boolean },
): readonly Entry[] {
  if (part.kind === 'file') return entries;
  if (part.kind === 'text') {
    const { text, metadata } = part;
    if (text === '') return entries;
    if (isNotice || flag(metadata, METADATA.notice)) {
      return [...entries, { kind: 'notice', taskId, text }];
    }
    const kind = flag(metadata, METADATA.thought) ? 'thought' : 'answer';
    return [...entries, { kind, taskId, text, streaming: false }];
  }
  const callId = String(part.data['id'] ?? '');
  const name = String(part.data['name'] ?? 'tool');
  switch (meta(part.metadata, METADATA.type)) {
    case PART_TYPE.functionCall: {
      const args = part.data['args'];
      return [
        ...entries,
        { kind: 'tool', taskId, callId, name, args, state: 'running', output: '' },
      ];
    }
    case PART_TYPE.functionResponse: {
      const { text, isError } = readResult(part.data['response']);
      const result = { state: isError ? ('failed' as const) : ('done' as const), output: text };
      // ids may come again in another task, and with foreign agents even in the same one
      const index = entries.findIndex(
        (entry) =>
          entry.kind === 'tool' &&
          entry.taskId === taskId &&
          entry.callId === callId &&
          entry.state === 'running',
      );
      const call = entries[index];
      return call?.kind === 'tool'
        ? entries.with(index, { ...call, ...result })
        : [...entries, { kind: 'tool', taskId, callId, name, args: undefined, ...result }];
    }
    default:
      return entries;
  }
}

/** Artifacts of most agents repeat what their messages said; of some they are the only answer. */
function addArtifact(transcript: Transcript, artifact: Artifact, taskId: string): Transcript {
  const parts = artifact.parts.filter(
    (part) =>
      part.kind === 'text' &&
      !transcript.entries.some(
        (entry) =>
          entry.kind !== 'user' &&
          entry.kind !== 'tool' &&
          entry.taskId === taskId &&
          entry.text === part.text &&
          !isStreaming(entry),
      ),
  );
  if (parts.length === 0) return transcript;
  const next = withoutStreaming(transcript);
  const entries = parts.reduce<readonly Entry[]>(
    (list, part) => addPart(list, part, { taskId, isNotice: false }),
    next.entries,
  );
  return { ...next, entries };
}

function addDelta(transcript: Transcript, parts: readonly Part[], taskId: string): Transcript {
  const entries = [...transcript.entries];
  for (const part of parts) {
    if (part.kind !== 'text' || part.text === '') continue;
    const kind = flag(part.metadata, METADATA.thought) ? 'thought' : 'answer';
    const last = entries.at(-1);
    if (last && isStreaming(last) && last.kind === kind) {
      entries[entries.length - 1] = { ...last, text: last.text + part.text };
    } else {
      entries.push({ kind, taskId, text: part.text, streaming: true });
    }
  }
  return { ...transcript, entries };
}

function isStreaming(entry: Entry): entry is SpokenEntry {
  return (entry.kind === 'answer' || entry.kind === 'thought') && entry.streaming;
}

function withoutStreaming(transcript: Transcript): Transcript {
  return transcript.entries.some(isStreaming)
    ? { ...transcript, entries: transcript.entries.filter((entry) => !isStreaming(entry)) }
    : transcript;
}

/** Reads a key of `METADATA` under its other prefix as well: `adk_type` for `kagent_type`. */
function meta(metadata: Record<string, unknown> | undefined, key: string): unknown {
  return metadata?.[key.replace(/^kagent_(adk_)?/, 'adk_')] ?? metadata?.[key];
}

function flag(metadata: Record<string, unknown> | undefined, key: string): boolean {
  return Boolean(meta(metadata, key));
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
