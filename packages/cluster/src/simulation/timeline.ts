/**
 * The time of one scenario. It begins in the past and is first run through as fast as possible, timer by timer; from
 * then on it is the clock's. Restart counts, ages and events thus come out of what happened instead of being written down.
 */
import type { Clock } from '@kagent/kube';

import { createScheduler } from '../node/scheduler.ts';
import type { Scheduler, Timer } from '../node/scheduler.ts';

interface Entry extends Timer {
  due: number;
  task: (() => void) | undefined;
}

export class Timeline implements Scheduler {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #pace: number;
  #past: number | undefined;
  #entries: Entry[] = [];

  /** `past`: where it begins; undefined begins now. `pace`: how many times faster delays pass once it is live. */
  constructor(options: { clock: Clock; past: number | undefined; pace: number }) {
    this.#clock = options.clock;
    this.#past = options.past;
    this.#pace = options.pace;
    this.#scheduler = createScheduler(options.clock);
  }

  get isLive(): boolean {
    return this.#past === undefined;
  }

  now(): number {
    return this.#past ?? this.#clock.now();
  }

  after(delayMs: number, task: () => void): Timer {
    if (this.#past === undefined) return this.#scheduler.after(delayMs / this.#pace, task);
    // at least a moment, or a task that asks for itself would keep time from going on
    const due = Math.round(this.#past + Math.max(1, delayMs));
    const entry: Entry = {
      due,
      task,
      cancel() {
        entry.task = undefined;
      },
    };
    const behind = this.#entries.findIndex((other) => other.due > due);
    this.#entries.splice(behind === -1 ? this.#entries.length : behind, 0, entry);
    return entry;
  }

  /** Runs the next timer of the past that is due at or before `until`, and moves there. False when there is none. */
  step(until: number): boolean {
    if (this.#past === undefined) return false;
    for (;;) {
      const next = this.#entries[0];
      if (next === undefined || next.due > until) {
        this.#past = Math.max(this.#past, until);
        return false;
      }
      this.#entries.shift();
      if (next.task === undefined) continue;
      this.#past = Math.max(this.#past, next.due);
      next.task();
      return true;
    }
  }

  /** Ends the past: what is still due runs at its time from now on. Idempotent. */
  goLive(): void {
    const entries = this.#entries;
    this.#past = undefined;
    this.#entries = [];
    for (const entry of entries) {
      if (entry.task === undefined) continue;
      const delay = Math.max(0, entry.due - this.#clock.now());
      this.#scheduler.after(delay / this.#pace, () => entry.task?.());
    }
  }

  stop(): void {
    this.#entries = [];
    this.#scheduler.stop();
  }

  /** A clock that shows this time; sleeping is the machine's. */
  get clock(): Clock {
    return { now: () => this.now(), sleep: (ms, signal) => this.#clock.sleep(ms, signal) };
  }
}
