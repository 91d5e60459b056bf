/** The queue between event handlers and a reconciler: what has to be looked at, each key once. */
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';

export interface WorkQueueOptions {
  clock: Clock;
  /** Backoff of `addRateLimited`. Default 5 ms to 5 min. */
  initialBackoffMs?: number;
  maxBackoffMs?: number;
  random?: () => number;
}

/**
 * Keys are handed out in the order they were added. A key that is waiting is there once, however often it was added; a
 * key that is being processed is never handed out a second time: an `add` meanwhile hands it out again after `done`.
 */
export interface WorkQueue {
  /** Keys ready to be taken. */
  readonly length: number;
  /** Whether keys are ready or being processed; those that wait for their time do not count. */
  isBusy(): boolean;
  add(key: string): void;
  /** Adds after `ms`. A key waits for one moment only, the earliest asked for. */
  addAfter(key: string, ms: number): void;
  /** `addAfter` with a delay that doubles with every call since the last `forget`. */
  addRateLimited(key: string): void;
  /** Resets the backoff of the key. */
  forget(key: string): void;
  /** How often the key was added rate-limited since the last `forget`. */
  failures(key: string): number;
  /** The next key; waits for one. `undefined` when the queue is shut down. Every key taken must be given back by `done`. */
  take(): Promise<string | undefined>;
  done(key: string): void;
  /** Drops everything that waits and ends all `take`s. Idempotent; later adds are ignored. */
  shutDown(): void;
}

const DEFAULT_INITIAL_MS = 5;
const DEFAULT_MAX_MS = 5 * 60_000;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const backoff = createKeyBackoff(options);
  /** Insertion-ordered: the queue itself. */
  const ready = new Set<string>();
  const processing = new Set<string>();
  /** Added while being processed. */
  const dirty = new Set<string>();
  const takers: ((key: string | undefined) => void)[] = [];
  let closed = false;
  const delays = createDelays(options.clock, add);

  function add(key: string): void {
    if (closed) return;
    if (processing.has(key)) {
      dirty.add(key);
      return;
    }
    ready.add(key);
    handOut();
  }

  function handOut(): void {
    for (const key of ready) {
      const taker = takers.shift();
      if (taker === undefined) return;
      ready.delete(key);
      processing.add(key);
      taker(key);
    }
  }

  function addAfter(key: string, ms: number): void {
    if (!closed && ms > 0) delays.wait(key, ms);
    else add(key);
  }

  return {
    get length() {
      return ready.size;
    },
    isBusy: () => ready.size + processing.size > 0,
    add,
    addAfter,
    addRateLimited: (key) => addAfter(key, backoff.next(key)),
    forget: backoff.forget,
    failures: backoff.failures,
    async take() {
      if (closed) return undefined;
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      takers.push(resolve);
      handOut();
      return promise;
    },
    done(key) {
      processing.delete(key);
      if (dirty.delete(key)) add(key);
    },
    shutDown() {
      closed = true;
      delays.cancelAll();
      ready.clear();
      dirty.clear();
      for (const taker of takers.splice(0)) taker(undefined);
    },
  };
}

function createKeyBackoff({ random, ...options }: WorkQueueOptions): {
  next(key: string): number;
  forget(key: string): void;
  failures(key: string): number;
} {
  const initialMs = options.initialBackoffMs ?? DEFAULT_INITIAL_MS;
  const maxMs = options.maxBackoffMs ?? DEFAULT_MAX_MS;
  const failures = new Map<string, number>();
  return {
    next(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      return backoffMs(count, { initialMs, maxMs, random });
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}

interface Delays {
  wait(key: string, ms: number): void;
  cancelAll(): void;
}

/** One timer a key; `fire` is called at the earliest moment asked for. */
function createDelays(clock: Clock, fire: (key: string) => void): Delays {
  const waiting = new Map<string, { due: number; cancel: AbortController }>();

  async function sleep(key: string, ms: number): Promise<void> {
    const entry = { due: clock.now() + ms, cancel: new AbortController() };
    waiting.get(key)?.cancel.abort();
    waiting.set(key, entry);
    try {
      await clock.sleep(ms, entry.cancel.signal);
    } catch {
      return; // replaced by an earlier moment, or canceled
    }
    if (waiting.get(key) !== entry) return;
    waiting.delete(key);
    fire(key);
  }

  return {
    wait(key, ms) {
      const current = waiting.get(key);
      if (current === undefined || current.due > clock.now() + ms) void sleep(key, ms);
    },
    cancelAll() {
      for (const { cancel } of waiting.values()) cancel.abort();
      waiting.clear();
    },
  };
}
