/**
 * Holds back a status that is only a step on the way: while pods of a thousand Deployments come up, the API server should
 * write results, not every intermediate count. A step is written when it lasts.
 */
import type { Clock } from '@kagent/kube';

export interface Settling {
  /** Milliseconds to wait before the step may be written; 0 = write it now. */
  delay(key: string): number;
  /** The status was written, or nothing is to be written any more. */
  done(key: string): void;
}

const STEP_MS = 150;
/** With so many keys between two states there is a wave of changes, and steps wait longer. */
const WAVE = 20;
const WAVE_STEP_MS = 10_000;

export function createSettling(clock: Clock): Settling {
  const since = new Map<string, number>();
  return {
    delay(key) {
      const start = since.get(key) ?? clock.now();
      since.set(key, start);
      return Math.max(0, start + (since.size > WAVE ? WAVE_STEP_MS : STEP_MS) - clock.now());
    },
    done: (key) => void since.delete(key),
  };
}
