/**
 * One conversation, free of React: what was said, what is being said, and how to say something. The server owns the
 * run; this is a viewer. Whenever a stream breaks, what the server has stored is read again and decides how it goes on.
 */
import { type A2AMessage, isKagentError } from '@kagent/spec';
import { ApiError, isAway } from '../../http.ts';
import type { Services } from '../../services.tsx';
import type { ChatApi, StreamCall } from './api.ts';
import { addEvent, addOutgoing, addTask, EMPTY, isAtRest, type Transcript } from './transcript.ts';

/** A new value at every change. */
export interface ConversationState {
  transcript: Transcript;
  /** `missing`: the server does not know this chat. */
  phase: 'loading' | 'idle' | 'working' | 'missing';
  /** True from asking to stop until the run has ended. */
  stopping: boolean;
  /** What went wrong, for people; empty when nothing did. While loading or working it is tried again. */
  problem: string;
  /** A message that never arrived. */
  unsent: { text: string; reason: string } | undefined;
}

/** A store with actions; failures are in its state, nothing throws. */
export interface Conversation {
  getState(): ConversationState;
  subscribe(listener: () => void): () => void;
  /** Loads what was said and follows a run that still works, until the returned function is called. The run goes on. */
  open(): () => void;
  /** Ignored while loading or working. An unsent message is given up. */
  send(text: string): void;
  /** Sends the unsent message again, under its id: if it arrived after all, it is not done twice. */
  retry(): void;
  /** Asks the agent to end the run. */
  stop(): void;
}

export interface ConversationOptions {
  api: ChatApi;
  sessionId: string;
  /** False for a new chat: its session is made with the first message. */
  exists: boolean;
  services: Pick<Services, 'wait' | 'randomId'>;
  /** The session of a new chat is there now. */
  onCreated(): void;
  /** A run has ended. */
  onRest(): void;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 4_000;
const TITLE_LENGTH = 60;

interface Outgoing {
  message: A2AMessage;
  text: string;
}

/** Does nothing before `open()`. */
export function createConversation(options: ConversationOptions): Conversation {
  const { api, sessionId, services, onCreated, onRest } = options;
  const listeners = new Set<() => void>();
  let lifetime = new AbortController();
  let exists = options.exists;
  let outgoing: Outgoing | undefined;
  let canceledTask: string | undefined;
  let state: ConversationState = {
    transcript: EMPTY,
    phase: exists ? 'loading' : 'idle',
    stopping: false,
    problem: '',
    unsent: undefined,
  };

  function update(change: Partial<ConversationState>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  function rest(change: Partial<ConversationState>): void {
    update({ phase: 'idle', stopping: false, problem: '', ...change });
    onRest();
  }

  /** Adds events until the stream ends. True when the task has come to rest by then. */
  async function follow(call: StreamCall): Promise<boolean> {
    for await (const event of api.stream(call)) {
      if (call.signal.aborted) return false;
      update({ transcript: addEvent(state.transcript, event), problem: '' });
      void cancel(call.signal);
    }
    return isAtRest(state.transcript);
  }

  /** Reads what is stored and goes on from there. `sent` is the message whose fate is not known. */
  async function catchUp(signal: AbortSignal, sent?: Outgoing & { reason: string }): Promise<void> {
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
      try {
        const transcript = (await api.tasks(signal)).reduce(addTask, EMPTY);
        if (sent && !transcript.seen.has(sent.message.messageId)) {
          return rest({ transcript, unsent: { text: sent.text, reason: sent.reason } });
        }
        if (transcript.taskId === undefined || isAtRest(transcript)) return rest({ transcript });
        update({ transcript, phase: 'working', problem: '' });
        void cancel(signal);
        const params = { id: transcript.taskId };
        if (await follow({ method: 'tasks/resubscribe', params, signal })) return rest({});
      } catch (error) {
        if (signal.aborted) return;
        const outcome = afterFailure(error);
        if (outcome) return rest(outcome);
        update({ problem: `${messageOf(error)} Trying again…` });
      }
      await services.wait(delay, signal).catch(() => {});
      if (signal.aborted) return;
    }
  }

  async function deliver(sending: Outgoing): Promise<void> {
    const { signal } = lifetime;
    const before = state.transcript;
    const { message, text } = sending;
    outgoing = sending;
    update({
      transcript: addOutgoing(before, message),
      phase: 'working',
      stopping: false,
      problem: '',
      unsent: undefined,
    });
    try {
      if (!exists) {
        await api.create(title(text), signal);
        exists = true;
        onCreated();
      }
      if (await follow({ method: 'message/stream', params: { message }, signal })) return rest({});
      await catchUp(signal, { ...sending, reason: 'The connection was cut.' });
    } catch (error) {
      if (signal.aborted) return;
      const reason = messageOf(error);
      if (exists) await catchUp(signal, { ...sending, reason });
      else rest({ transcript: before, unsent: { text, reason } });
    }
  }

  /** Passes the wish to stop on, once, as soon as it is known which task is meant. */
  async function cancel(signal: AbortSignal): Promise<void> {
    const { taskId } = state.transcript;
    if (!state.stopping || taskId === undefined || canceledTask === taskId) return;
    canceledTask = taskId;
    try {
      await api.cancel(taskId, signal);
    } catch (error) {
      canceledTask = undefined;
      if (signal.aborted || (isKagentError(error) && error.code === 'task_not_cancelable')) return;
      update({ stopping: false, problem: `It could not be stopped. ${messageOf(error)}` });
    }
  }

  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open() {
      const opened = new AbortController();
      lifetime = opened;
      if (exists) void catchUp(opened.signal);
      return () => opened.abort();
    },
    send(text) {
      if (state.phase !== 'idle') return;
      const message = outgoingMessage(state.transcript, {
        text,
        sessionId,
        id: services.randomId(),
      });
      void deliver({ message, text });
    },
    retry() {
      if (state.phase === 'idle' && state.unsent && outgoing) void deliver(outgoing);
    },
    stop() {
      if (state.phase !== 'working' || state.stopping) return;
      update({ stopping: true, problem: '' });
      void cancel(lifetime.signal);
    },
  };
}

/** An answer to a question of the agent belongs to the task that asked (A2A 0.3, section 6.3). */
function outgoingMessage(
  { state, taskId }: Transcript,
  { text, sessionId, id }: { text: string; sessionId: string; id: string },
): A2AMessage {
  const continues =
    taskId !== undefined && (state === 'input-required' || state === 'auth-required');
  return {
    kind: 'message',
    messageId: id,
    role: 'user',
    parts: [{ kind: 'text', text }],
    contextId: sessionId,
    ...(continues ? { taskId } : {}),
  };
}

/** The state in which trying again is pointless; undefined when it may help. */
function afterFailure(error: unknown): Partial<ConversationState> | undefined {
  if (isKagentError(error)) {
    return error.code === 'task_not_found' ? { problem: error.message } : undefined;
  }
  if (!(error instanceof ApiError) || isAway(error) || error.status >= 500) return undefined;
  return error.status === 404 ? { phase: 'missing' } : { problem: error.message };
}

function title(text: string): string {
  const [...letters] = text.trim().split('\n')[0] ?? '';
  return letters.length > TITLE_LENGTH
    ? `${letters.slice(0, TITLE_LENGTH - 1).join('')}…`
    : letters.join('');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
