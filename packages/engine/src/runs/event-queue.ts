/** One reader's place in a live run: events wait here until the reader takes them. */
import { asError } from '../abort.ts';
import type { LiveEvent } from '../ports.ts';

/** A reader this far behind gets deltas joined, so that neither events nor text are lost. */
const FAR_BEHIND = 256;

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
      if (closed) return;
      const joined = items.length >= FAR_BEHIND ? joinDeltas(items.at(-1), event) : undefined;
      if (joined) items[items.length - 1] = joined;
      else items.push(event);
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

/** One delta out of two of the same stream; `undefined` for anything else. Events are shared and stay as they are. */
function joinDeltas(last: LiveEvent | undefined, next: LiveEvent): LiveEvent | undefined {
  if (last?.type !== 'model-delta' || next.type !== 'model-delta') return undefined;
  if (last.turn !== next.turn || last.kind !== next.kind) return undefined;
  return { ...last, text: last.text + next.text };
}
