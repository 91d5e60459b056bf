/** The reconcile loop: takes keys from a queue, runs one function a key, and turns its outcome into the next try. */
import type { Clock } from './clock.ts';
import { isConflict } from './errors.ts';
import type { Logger } from './logger.ts';
import { createSpinGuard } from './spin-guard.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

/** Thrown by `reconcile` when only a change of the object can help: logged, not repeated. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export type ReconcileOutcome =
  | 'success'
  | 'requeue-after'
  | 'error'
  | 'terminal-error'
  | 'canceled';

/** What happened to one key, for metrics. */
export interface ReconcileResult {
  name: string;
  key: string;
  outcome: ReconcileOutcome;
  durationMs: number;
  /** Keys still ready in the queue. */
  queueLength: number;
  error?: unknown;
}

export interface ReconcilerOptions {
  /** For logs and metrics, e.g. `agent`. */
  name: string;
  /**
   * Looks at the state of the world and brings it closer to what is wanted. It is told a key only, never what happened,
   * so it must read everything again and be safe to repeat. Runs of one key never overlap; runs of different keys do.
   * Return nothing, or when to look again; throw `TerminalError` to give up, anything else to be retried with backoff.
   * A key that keeps asking for itself is slowed down to one run a second.
   */
  reconcile(key: string, signal: AbortSignal): Promise<void | { requeueAfterMs: number }>;
  clock: Clock;
  logger: Logger;
  /** Keys worked on at the same time. Default 4. */
  concurrency?: number;
  /** To share or tune; the reconciler shuts it down when it stops. */
  queue?: WorkQueue;
  /** Called after every run; must not throw. */
  onResult?(result: ReconcileResult): void;
}

export interface Reconciler {
  readonly name: string;
  readonly queue: WorkQueue;
  /** Asks for a run of the key. Allowed before `run`; ignored after the end. */
  enqueue(key: string): void;
  /** Works until the signal aborts and the running reconciles have settled. Call once. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { name, clock, logger } = options;
  const queue = options.queue ?? createWorkQueue({ clock });
  const guard = createSpinGuard({ clock });

  async function attempt(
    key: string,
    signal: AbortSignal,
  ): Promise<{ outcome: ReconcileOutcome; error?: unknown }> {
    try {
      const next = await options.reconcile(key, signal);
      queue.forget(key);
      if (next === undefined) return { outcome: 'success' };
      queue.addAfter(key, next.requeueAfterMs);
      return { outcome: 'requeue-after' };
    } catch (error) {
      if (signal.aborted) return { outcome: 'canceled' };
      const fields = { reconciler: name, key, error: describe(error) };
      if (error instanceof TerminalError) {
        queue.forget(key);
        logger.error(fields, 'reconcile gave up until the object changes');
        return { outcome: 'terminal-error', error };
      }
      const failures = queue.failures(key) + 1;
      if (isConflict(error))
        logger.debug({ ...fields, failures }, 'reconcile met a conflict, will retry');
      else logger.warn({ ...fields, failures }, 'reconcile failed, will retry');
      queue.addRateLimited(key);
      return { outcome: 'error', error };
    }
  }

  async function work(signal: AbortSignal): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      const pause = guard.delay(key);
      if (pause > 0) {
        queue.addAfter(key, pause);
        queue.done(key);
        continue;
      }
      const start = clock.now();
      const { outcome, error } = await attempt(key, signal);
      if (guard.ran(key))
        logger.warn({ reconciler: name, key }, 'reconcile does not come to rest, slowing it down');
      queue.done(key);
      const durationMs = clock.now() - start;
      options.onResult?.({ name, key, outcome, durationMs, queueLength: queue.length, error });
    }
  }

  return {
    name,
    queue,
    enqueue: (key) => queue.add(key),
    async run(signal) {
      const stop = () => queue.shutDown();
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      await Promise.all(Array.from({ length: options.concurrency ?? 4 }, () => work(signal)));
      signal.removeEventListener('abort', stop);
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
