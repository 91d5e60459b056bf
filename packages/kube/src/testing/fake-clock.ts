/** A clock that moves only when told to. */
import type { Clock } from '../clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on and wakes the sleepers in order; lets pending I/O and promises run before and after each. */
  advance(ms: number): Promise<void>;
  /** How many sleep right now. */
  readonly sleepers: number;
}

export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  const waiting = new Set<{ due: number; wake: () => void }>();
  return {
    now: () => now,
    get sleepers() {
      return waiting.size;
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const abort = () => {
          waiting.delete(entry);
          reject(signal?.reason as Error);
        };
        const entry = {
          due: now + ms,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        waiting.add(entry);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    async advance(ms) {
      const target = now + ms;
      await settle();
      for (;;) {
        const due = [...waiting]
          .filter((entry) => entry.due <= target)
          .sort((a, b) => a.due - b.due)[0];
        if (due === undefined) break;
        now = Math.max(now, due.due);
        waiting.delete(due);
        due.wake();
        await settle();
      }
      now = target;
      await settle();
    },
  };
}

/** Runs what is ready: promise callbacks and a few turns of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
