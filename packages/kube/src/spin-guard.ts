/**
 * Keeps a reconciler from spinning: an object whose every run writes something that calls for the next run would take the
 * whole process, because clients inside it are answered without a timer in between.
 */
import type { Clock } from './clock.ts';

export interface SpinGuard {
  /** Milliseconds the key has to wait before it may run; 0 = now. */
  delay(key: string): number;
  /** Counts a run of the key. True when it turns out to spin: once until it rests. */
  ran(key: string): boolean;
}

/** So many runs of one key are free within `WINDOW_MS`. */
const FREE_RUNS = 100;
const WINDOW_MS = 1000;
/** Pauses grow from the first to the second: a key that is busy for a good reason is late by no more than that. */
const FIRST_PAUSE_MS = 5;
const BUSY_PAUSE_MS = 100;
/** So many pauses in a row, each cut short by the next request, are no business but a loop. */
const MAX_PAUSES = 100;
const SPIN_PAUSE_MS = 1000;

interface Pause {
  until: number;
  ms: number;
  /** How many there were in a row. */
  count: number;
  /** It was asked for before the pause was over. */
  isWanted: boolean;
}

function pauseMs(count: number): number {
  if (count >= MAX_PAUSES) return SPIN_PAUSE_MS;
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(count, 10), BUSY_PAUSE_MS);
}

/**
 * A key that has had its free runs pauses after each further one, as long as it is asked for during the pauses; the first
 * pause that nobody interrupts is the last. Memory is bounded by the keys that ran within the last seconds.
 */
export function createSpinGuard({ clock }: { clock: Clock }): SpinGuard {
  const runs = new Map<string, number>();
  const pauses = new Map<string, Pause>();
  let windowStart = clock.now();

  function turnWindow(now: number): void {
    if (now - windowStart < WINDOW_MS && now >= windowStart) return;
    windowStart = now;
    runs.clear();
    for (const [key, { until, isWanted }] of pauses)
      if (!isWanted && until <= now) pauses.delete(key);
  }

  return {
    delay(key) {
      const pause = pauses.get(key);
      if (pause === undefined) return 0;
      // a clock that was set back must not make a pause longer than it is
      const left = Math.min(pause.until - clock.now(), pause.ms);
      if (left > 0) pause.isWanted = true;
      else if (!pause.isWanted) pauses.delete(key);
      return Math.max(0, left);
    },
    ran(key) {
      const now = clock.now();
      turnWindow(now);
      const before = pauses.get(key);
      if (before === undefined) {
        const count = (runs.get(key) ?? 0) + 1;
        runs.set(key, count);
        if (count < FREE_RUNS) return false;
      }
      const count = before === undefined ? 0 : before.count + 1;
      const ms = pauseMs(count);
      pauses.set(key, { until: now + ms, ms, count, isWanted: false });
      return count === MAX_PAUSES;
    },
  };
}
