/** Bounds how many runs of an agent work at the same time; the others wait in order. */
import { KagentError } from '@kagent/spec';
import { linkedAbort, untilAborted } from '../abort.ts';

export interface Slots {
  /** Resolves with the release of the slot; rejects with the signal's reason when that aborts first. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Rejects all that wait, now and later, with `unavailable`. */
  close(): void;
}

export function createSlots(limit: number): Slots {
  let free = limit;
  const waiting = new Set<() => void>();
  const closing = new AbortController();

  const release = () => {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };
  const once = () => {
    let released = false;
    return () => {
      if (!released) release();
      released = true;
    };
  };

  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return once();
      }
      const link = linkedAbort(signal, closing.signal);
      let go: (() => void) | undefined;
      const turn = new Promise<void>((resolve) => {
        go = resolve;
        waiting.add(resolve);
      });
      try {
        await untilAborted(turn, link.signal);
      } finally {
        if (go) waiting.delete(go);
        link.dispose();
      }
      return once();
    },
    close: () => closing.abort(new KagentError('unavailable', 'The agent is shutting down.')),
  };
}
