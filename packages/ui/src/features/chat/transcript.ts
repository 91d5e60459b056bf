/**
 * A2A events to what a person reads. Pure: live streams and stored tasks go through the same function, so that a
 * reloaded chat looks like the one that was watched.
 */
import {
  type A2AMessage,
  type A2AStreamEvent,
  METADATA,
  type Part,
  PART_TYPE,
  type Task,
  type TaskState,
} from '@kagent/spec';

export type Entry =
  | { kind: 'user'; id: string; text: string }
  | { kind: 'answer'; id: string; text: string; streaming: boolean }
  | { kind: 'thought'; id: string; text: string }
  | {
      kind: 'tool';
      id: string;
      name: string;
      args: unknown;
      result?: { text: string; isError: boolean };
    }
  | { kind: 'notice'; id: string; text: string };

export interface Transcript {
  entries: readonly Entry[];
  state: TaskState | undefined;
  taskId: string | undefined;
  /** Text of a failed end. */
  failure: string;
  /** Messages already shown: replays and repeats are skipped. */
  seen: ReadonlySet<string>;
}

export const EMPTY: Transcript = {
  entries: [],
  state: undefined,
  taskId: undefined,
  failure: '',
  seen: new Set(),
};

/** Adds one live event. */
export function addEvent(transcript: Transcript, event: A2AStreamEvent): Transcript {
  switch (event.kind) {
    case 'status-update': {
      const { message, state } = event.status;
      const next = { ...transcript, state, taskId: event.taskId };
      if (!message) return next;
      if (event.final && state !== 'completed')
        return { ...endStreaming(next), failure: textOf(message.parts) };
      return addMessage(
        next,
        message,
        Boolean(event.metadata?.[METADATA.partial] ?? event.metadata?.['adk_partial']),
      );
    }
    case 'task':
      return addTask(transcript, event);
    case 'message':
      return addMessage(transcript, event, false);
    case 'artifact-update':
      // the artifact repeats the last message, which has been shown
      return transcript;
  }
}

/** Adds a stored task with its history. */
export function addTask(transcript: Transcript, task: Task): Transcript {
  let next: Transcript = { ...transcript, taskId: task.id, state: task.status.state, failure: '' };
  for (const message of task.history ?? []) next = addMessage(next, message, false);
  const { message, state } = task.status;
  if (!message) return next;
  return state === 'failed' || state === 'canceled' || state === 'rejected'
    ? { ...next, failure: textOf(message.parts) }
    : addMessage(next, message, false);
}

function addMessage(transcript: Transcript, message: A2AMessage, partial: boolean): Transcript {
  if (partial) return addPartial(transcript, message);
  if (transcript.seen.has(message.messageId)) return transcript;
  const seen = new Set(transcript.seen).add(message.messageId);
  // the whole message replaces what its deltas showed
  let entries: readonly Entry[] =
    message.role === 'agent'
      ? transcript.entries.filter((entry) => !isStreaming(entry))
      : transcript.entries;
  for (const [index, part] of message.parts.entries()) {
    entries = addPart(entries, part, { id: `${message.messageId}-${index}`, message });
  }
  return { ...transcript, entries, seen };
}

function addPart(
  entries: readonly Entry[],
  part: Part,
  { id, message }: { id: string; message: A2AMessage },
): readonly Entry[] {
  if (part.kind === 'text') {
    if (part.text === '') return entries;
    if (message.role === 'user') return [...entries, { kind: 'user', id, text: part.text }];
    if (part.metadata?.[METADATA.notice] || message.metadata?.[METADATA.notice]) {
      return [...entries, { kind: 'notice', id, text: part.text }];
    }
    return part.metadata?.[METADATA.thought]
      ? [...entries, { kind: 'thought', id, text: part.text }]
      : [...entries, { kind: 'answer', id, text: part.text, streaming: false }];
  }
  if (part.kind !== 'data') return entries;
  const callId = String(part.data['id'] ?? id);
  switch (part.metadata?.[METADATA.type]) {
    case PART_TYPE.functionCall:
      return [
        ...entries,
        { kind: 'tool', id: callId, name: String(part.data['name']), args: part.data['args'] },
      ];
    case PART_TYPE.functionResponse: {
      const result = readResult(part.data['response']);
      return entries.map((entry) =>
        entry.kind === 'tool' && entry.id === callId ? { ...entry, result } : entry,
      );
    }
    default:
      return entries;
  }
}

function addPartial(transcript: Transcript, message: A2AMessage): Transcript {
  const part = message.parts[0];
  if (part?.kind !== 'text' || part.text === '') return transcript;
  const kind = part.metadata?.[METADATA.thought] ? 'thought' : 'answer';
  const last = transcript.entries.at(-1);
  const entries = [...transcript.entries];
  if (last && last.kind === kind && isStreaming(last))
    entries[entries.length - 1] = { ...last, text: last.text + part.text };
  else if (kind === 'thought')
    entries.push({ kind, id: `${STREAMING}${entries.length}`, text: part.text });
  else
    entries.push({ kind, id: `${STREAMING}${entries.length}`, text: part.text, streaming: true });
  return { ...transcript, entries };
}

const STREAMING = 'streaming-';

function isStreaming(entry: Entry): boolean {
  return entry.id.startsWith(STREAMING);
}

function endStreaming(transcript: Transcript): Transcript {
  const entries = transcript.entries.map((entry) =>
    entry.kind === 'answer' ? { ...entry, streaming: false } : entry,
  );
  return { ...transcript, entries };
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function readResult(response: unknown): { text: string; isError: boolean } {
  const inner = record(response)['result'] ?? response;
  return {
    text: flatten(inner),
    isError: Boolean(record(inner)['isError'] ?? record(response)['isError']),
  };
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(flatten).join('\n');
  const object = record(value);
  if ('text' in object) return flatten(object['text']);
  if ('content' in object) return flatten(object['content']);
  return Object.keys(object).length > 0 ? JSON.stringify(value, null, 2) : '';
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
