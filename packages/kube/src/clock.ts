/** Time as a port, so that backoff, leases and delays can be tested without waiting. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer for longer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. Sleeping keeps the process alive, like any timer. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; ; left -= LONGEST_MS) {
        await delay(Math.min(left, LONGEST_MS), undefined, { signal });
        if (left <= LONGEST_MS) return;
      }
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw error;
    }
  },
};
