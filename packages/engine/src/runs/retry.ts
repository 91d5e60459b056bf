/** Repeats a call while the other side is away. */
import type { Clock } from '../ports.ts';

export interface RetryOptions {
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  /** No further try begins after this long. */
  giveUpAfterMs: number;
  isTransient(error: unknown): boolean;
  signal: AbortSignal;
}

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;

/** Waits 100 ms doubled up to 5 s, each between half and whole. Rejects with the last error or the signal's reason. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, random, giveUpAfterMs, isTransient, signal } = options;
  const startedAt = clock.now();
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const wait =
        Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10)) * (0.5 + random() / 2);
      if (!isTransient(error) || clock.now() - startedAt + wait > giveUpAfterMs) throw error;
      await clock.sleep(wait, signal);
    }
  }
}
