/** A clock for tests of waiting code: short waits pass at once and are recorded, long ones wait for `advance`. */
import type { Clock } from '../../ports.ts';

export interface TestClock extends Clock {
  /** Milliseconds of every wait that passed at once, in order. */
  readonly waits: number[];
  /** Moves time on and wakes whoever waits until then. */
  advance(ms: number): void;
  /** Number of waits that are not over. */
  pending(): number;
}

/** Waits up to `passBelow` milliseconds pass at once. */
export function createTestClock(passBelow = 60_000): TestClock {
  let now = 1_700_000_000_000;
  const sleepers = new Map<object, { until: number; wake: () => void }>();
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    pending: () => sleepers.size,
    advance(ms) {
      now += ms;
      for (const [key, sleeper] of sleepers) {
        if (sleeper.until > now) continue;
        sleepers.delete(key);
        sleeper.wake();
      }
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      if (ms <= passBelow) {
        waits.push(ms);
        now += ms;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const key = {};
        const aborted = (): void => {
          sleepers.delete(key);
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', aborted, { once: true });
        sleepers.set(key, {
          until: now + ms,
          wake: () => {
            signal?.removeEventListener('abort', aborted);
            resolve();
          },
        });
      });
    },
  };
}
