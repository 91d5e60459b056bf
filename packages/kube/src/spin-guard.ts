/**
 * Keeps a reconciler from spinning: an object whose every run writes something that calls for the next run would take the
 * whole process, because clients inside it are answered without a timer in between.
 */
import type { Clock } from './clock.ts';

export interface SpinGuard {
  /** Milliseconds the key has to wait before it may run; 0 = now. */
  delay(key: string): number;
  /** Counts a run of the key. True when the key came back after every pause, up to the longest one: once an episode. */
  ran(key: string): boolean;
}

/** So many runs of one key are free within `WINDOW_MS`. */
const FREE_RUNS = 20;
const WINDOW_MS = 1000;
const FIRST_PAUSE_MS = 10;
/** A key that spins costs a run a second; one that is busy for a good reason is late by no more than that. */
const MAX_PAUSE_MS = 1000;

interface Pause {
  until: number;
  ms: number;
  /** It was asked for before the pause was over. */
  isWanted: boolean;
  isTold: boolean;
}

/**
 * A key that has had its free runs pauses after each further one, twice as long every time it is asked for during the
 * pause. A pause that nobody interrupts ends the episode. Memory is bounded by the keys that ran within the last seconds.
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
      const pause = pauses.get(key);
      if (pause !== undefined) {
        const ms = Math.min(pause.ms * 2, MAX_PAUSE_MS);
        const isNews = ms === MAX_PAUSE_MS && !pause.isTold;
        pauses.set(key, { until: now + ms, ms, isWanted: false, isTold: pause.isTold || isNews });
        return isNews;
      }
      const count = (runs.get(key) ?? 0) + 1;
      runs.set(key, count);
      if (count < FREE_RUNS) return false;
      pauses.set(key, {
        until: now + FIRST_PAUSE_MS,
        ms: FIRST_PAUSE_MS,
        isWanted: false,
        isTold: false,
      });
      return false;
    },
  };
}
