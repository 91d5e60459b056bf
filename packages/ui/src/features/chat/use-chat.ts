/** One conversation: what was said, what is being said, and how to say something. */
import { TERMINAL_TASK_STATES } from '@kagent/spec';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import {
  type AgentName,
  cancelTask,
  createSession,
  sessionTasks,
  sessionsQuery,
  type StreamCall,
  streamEvents,
} from './api.ts';
import { addEvent, addTask, EMPTY, type Transcript } from './transcript.ts';

export interface Chat {
  transcript: Transcript;
  /** True from sending until the task has ended. */
  busy: boolean;
  loading: boolean;
  error: string;
  send(text: string): void;
  stop(): void;
}

export interface ChatOptions {
  agent: AgentName;
  sessionId: string | undefined;
  onSession: (id: string) => void;
}

export function useChat({ agent, sessionId, onSession }: ChatOptions): Chat {
  const [transcript, setTranscript] = useState<Transcript>(EMPTY);
  const [busy, setBusy] = useState(false);
  const [loading, setLoading] = useState(sessionId !== undefined);
  const [error, setError] = useState('');
  const session = useRef(sessionId);
  const alive = useRef<AbortController>(undefined);
  const queries = useQueryClient();

  const follow = useCallback(async (call: StreamCall) => {
    setBusy(true);
    try {
      for await (const event of streamEvents(call)) setTranscript((now) => addEvent(now, event));
    } catch (failure) {
      if (!call.signal.aborted) setError(messageOf(failure));
    } finally {
      if (!call.signal.aborted) setBusy(false);
    }
  }, []);

  useEffect(() => {
    const controller = new AbortController();
    alive.current = controller;
    const { signal } = controller;
    async function load(id: string): Promise<void> {
      try {
        const tasks = await sessionTasks(id, signal);
        setTranscript(tasks.reduce(addTask, EMPTY));
        const last = tasks.at(-1);
        setLoading(false);
        if (last && !TERMINAL_TASK_STATES.includes(last.status.state)) {
          await follow({ agent, method: 'tasks/resubscribe', params: { id: last.id }, signal });
        }
      } catch (failure) {
        if (signal.aborted) return;
        setLoading(false);
        setError(messageOf(failure));
      }
    }
    if (sessionId !== undefined) void load(sessionId);
    return () => controller.abort();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a page is one conversation: it is keyed by its session
  }, []);

  async function converse(text: string): Promise<void> {
    setError('');
    setBusy(true);
    try {
      if (session.current === undefined) {
        const created = await createSession(agent, title(text));
        session.current = created.id;
        onSession(created.id);
      }
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
      return;
    }
    const message = {
      kind: 'message',
      messageId: crypto.randomUUID(),
      role: 'user',
      parts: [{ kind: 'text', text }],
      contextId: session.current,
    };
    setTranscript((now) => ({
      ...now,
      entries: [...now.entries, { kind: 'user', id: message.messageId, text }],
      seen: new Set(now.seen).add(message.messageId),
      failure: '',
    }));
    const signal = alive.current?.signal ?? new AbortController().signal;
    await follow({ agent, method: 'message/stream', params: { message }, signal });
    await queries.invalidateQueries({ queryKey: sessionsQuery(agent).queryKey });
  }

  return {
    transcript,
    busy,
    loading,
    error,
    send: (text) => void converse(text),
    stop() {
      if (transcript.taskId)
        cancelTask(agent, transcript.taskId).catch((failure) => setError(messageOf(failure)));
    },
  };
}

function title(text: string): string {
  const [...letters] = text.trim().split('\n')[0] ?? '';
  return letters.length > 60 ? `${letters.slice(0, 59).join('')}…` : letters.join('');
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
