/** One run that this process works on: its journal in memory, its readers, its abort. */
import type { ModelDelta, RunEvent, RunRecord } from '@kagent/spec';
import type { LiveEvent } from '../ports.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';

/** What belongs to the request and must not be stored. */
export interface RequestContext {
  /** Lowercase names. */
  headers: Record<string, string>;
  callerToken?: string;
  /** The session has no earlier runs. */
  newSession?: boolean;
}

export interface LiveRun {
  readonly record: RunRecord;
  readonly request: RequestContext;
  /** Stored events so far, from the first. */
  readonly events: RunEvent[];
  readonly controller: AbortController;
  /** Settles, never rejects, when this process is done with the run. */
  done: Promise<void>;
  publish(event: LiveEvent): void;
  /** A queue that holds the stored events after `afterSeq`, what the model is just saying, and gets all that follow. */
  subscribe(afterSeq: number, signal: AbortSignal): EventQueue;
  unsubscribe(queue: EventQueue): void;
  closeReaders(): void;
}

export function createLiveRun(
  record: RunRecord,
  request: RequestContext,
  events: RunEvent[],
): LiveRun {
  const readers = new Set<EventQueue>();
  /** Deltas of the turn that is being said, joined: a reader who comes in the middle gets the sentence from its start. */
  let spoken: ModelDelta[] = [];
  return {
    record,
    request,
    events,
    controller: new AbortController(),
    done: Promise.resolve(),
    publish(event) {
      if (event.type === 'model-delta') spoken = joinDelta(spoken, event);
      else {
        events.push(event);
        if (event.type === 'model-completed') spoken = [];
      }
      for (const reader of readers) reader.push(event);
    },
    subscribe(afterSeq, signal) {
      const queue = createEventQueue(signal);
      for (const event of events) if (event.seq > afterSeq) queue.push(event);
      for (const delta of spoken) queue.push(delta);
      readers.add(queue);
      return queue;
    },
    unsubscribe: (queue) => void readers.delete(queue),
    closeReaders() {
      for (const reader of readers) reader.close();
      readers.clear();
    },
  };
}

function joinDelta(spoken: ModelDelta[], delta: ModelDelta): ModelDelta[] {
  const last = spoken.at(-1);
  if (last?.turn !== delta.turn || last.kind !== delta.kind) return [...spoken, delta];
  return [...spoken.slice(0, -1), { ...last, text: last.text + delta.text }];
}
