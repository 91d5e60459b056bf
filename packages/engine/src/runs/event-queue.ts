/** One reader's place in a live run: events wait here until the reader takes them. */
import { asError } from '../abort.ts';
import type { LiveEvent } from '../ports.ts';

/** A reader this far behind gets no more deltas; stored events are never dropped. */
const MAX_BEHIND = 1_000;

export interface EventQueue extends AsyncIterable<LiveEvent> {
  push(event: LiveEvent): void;
  /** Readers end once they have taken what is there. */
  close(): void;
}

/** Iteration rejects with the signal's reason when it aborts. One iterator at a time. */
export function createEventQueue(signal: AbortSignal): EventQueue {
  let items: LiveEvent[] = [];
  let closed = false;
  let wake: (() => void) | undefined;

  const arrival = () =>
    new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        wake = undefined;
        reject(asError(signal.reason));
      };
      wake = () => {
        wake = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });

  return {
    push(event) {
      if (closed || (event.type === 'model-delta' && items.length >= MAX_BEHIND)) return;
      items.push(event);
      wake?.();
    },
    close() {
      closed = true;
      wake?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        signal.throwIfAborted();
        const batch = items;
        items = [];
        yield* batch;
        if (items.length > 0) continue;
        if (closed) return;
        await arrival();
      }
    },
  };
}
