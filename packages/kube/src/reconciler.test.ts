import { describe, expect, it } from 'vitest';
import { KubeError } from './errors.ts';
import {
  createReconciler,
  type ReconcileResult,
  type ReconcilerOptions,
  TerminalError,
} from './reconciler.ts';
import { createFakeClock } from './testing/fake-clock.ts';

function setup(reconcile: ReconcilerOptions['reconcile']) {
  const clock = createFakeClock();
  const results: ReconcileResult[] = [];
  const logged: string[] = [];
  const log = (level: string) => (_fields: unknown, message: string) =>
    void logged.push(`${level}: ${message}`);
  const reconciler = createReconciler({
    name: 'test',
    reconcile,
    clock,
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    onResult: (result) => void results.push(result),
  });
  const stop = new AbortController();
  const finished = reconciler.run(stop.signal);
  return {
    clock,
    reconciler,
    results,
    logged,
    stop,
    finished,
    outcomes: () => results.map((result) => result.outcome),
  };
}

describe('reconciler', () => {
  it('works on different keys at once and never on one key twice at once', async () => {
    const running = new Map<string, number>();
    let maxPerKey = 0;
    let maxAtOnce = 0;
    const seen: string[] = [];
    const { clock, reconciler, stop, finished } = setup(async (key) => {
      running.set(key, (running.get(key) ?? 0) + 1);
      maxPerKey = Math.max(maxPerKey, running.get(key) ?? 0);
      maxAtOnce = Math.max(
        maxAtOnce,
        [...running.values()].reduce((sum, n) => sum + n, 0),
      );
      await clock.sleep(10);
      running.set(key, (running.get(key) ?? 0) - 1);
      seen.push(key);
    });
    for (let round = 0; round < 5; round += 1) {
      for (const key of ['a', 'b', 'c']) reconciler.enqueue(key);
      await clock.advance(5);
    }
    await clock.advance(100);
    expect({ maxPerKey, maxAtOnce }).toEqual({ maxPerKey: 1, maxAtOnce: 3 });
    expect(seen.filter((key) => key === 'a').length).toBeGreaterThanOrEqual(2);
    stop.abort();
    await finished;
  });

  it.each([
    { name: 'success', fail: undefined, outcome: 'success', runsAfterOneHour: 1, log: [] },
    {
      name: 'terminal',
      fail: new TerminalError('bad spec'),
      outcome: 'terminal-error',
      runsAfterOneHour: 1,
      log: ['error: reconcile gave up until the object changes'],
    },
  ])('does not repeat after: $name', async ({ fail, outcome, runsAfterOneHour, log }) => {
    const { clock, reconciler, outcomes, logged, stop } = setup(async () => {
      if (fail !== undefined) throw fail;
    });
    reconciler.enqueue('a');
    await clock.advance(3_600_000);
    expect(outcomes()).toEqual(Array.from({ length: runsAfterOneHour }, () => outcome));
    expect(logged).toEqual(log);
    stop.abort();
  });

  it('retries failures with growing delays and starts over after a success', async () => {
    let failures = 3;
    const at: number[] = [];
    const { clock, reconciler, outcomes, logged, stop } = setup(async () => {
      at.push(clock.now());
      failures -= 1;
      if (failures >= 0) throw new Error('not yet');
    });
    reconciler.enqueue('a');
    await clock.advance(1000);
    expect(outcomes()).toEqual(['error', 'error', 'error', 'success']);
    expect(at[3]! - at[2]!).toBeGreaterThan(at[1]! - at[0]!);
    expect(logged).toHaveLength(3);
    expect(reconciler.queue.failures('a')).toBe(0);
    stop.abort();
  });

  it('does not shout about conflicts', async () => {
    let first = true;
    const { clock, reconciler, outcomes, logged, stop } = setup(async () => {
      if (first) {
        first = false;
        throw new KubeError({ reason: 'Conflict', code: 409, message: 'modified' });
      }
    });
    reconciler.enqueue('a');
    await clock.advance(1000);
    expect(outcomes()).toEqual(['error', 'success']);
    expect(logged).toEqual(['debug: reconcile met a conflict, will retry']);
    stop.abort();
  });

  it('comes back when asked to', async () => {
    const { clock, reconciler, outcomes, stop } = setup(async () => ({ requeueAfterMs: 1000 }));
    reconciler.enqueue('a');
    await clock.advance(2500);
    expect(outcomes()).toEqual(['requeue-after', 'requeue-after', 'requeue-after']);
    stop.abort();
  });

  it('slows a key down that every run of it asks for again', async () => {
    let runs = 0;
    const { clock, reconciler, logged, stop } = setup(async (key) => {
      if (key === 'other') return;
      runs += 1;
      reconciler.enqueue(key);
    });
    reconciler.enqueue('spins');
    await clock.advance(0);
    expect(runs).toBe(100);
    await clock.advance(12_000);
    const early = runs;
    await clock.advance(60_000);
    expect(runs - early).toBeLessThanOrEqual(61);
    expect(runs - early).toBeGreaterThanOrEqual(55);
    expect(logged).toEqual(['warn: reconcile does not come to rest, slowing it down']);
    stop.abort();
  });

  it('keeps other keys going beside one that spins, and forgets about it when it rests', async () => {
    let isSpinning = true;
    const seen: string[] = [];
    const { clock, reconciler, logged, stop } = setup(async (key) => {
      seen.push(key);
      if (key === 'spins' && isSpinning) reconciler.enqueue(key);
    });
    reconciler.enqueue('spins');
    await clock.advance(12_000);
    seen.length = 0;
    reconciler.enqueue('other');
    await clock.advance(0);
    expect(seen).toEqual(['other']);
    isSpinning = false;
    await clock.advance(5000);
    seen.length = 0;
    for (let round = 0; round < 15; round += 1) {
      reconciler.enqueue('spins');
      await clock.advance(1);
    }
    expect(seen).toHaveLength(15);
    expect(logged).toHaveLength(1);
    stop.abort();
  });

  it('runs a busy key late rather than never, and says nothing about it', async () => {
    const at: number[] = [];
    const { clock, reconciler, logged, stop } = setup(async () => void at.push(clock.now()));
    let last = 0;
    for (let event = 0; event < 1000; event += 1) {
      reconciler.enqueue('a');
      last = clock.now();
      await clock.advance(2);
    }
    await clock.advance(100);
    expect(at.at(-1)).toBeGreaterThanOrEqual(last);
    expect(at.length).toBeLessThan(150);
    expect(logged).toEqual([]);
    stop.abort();
  });

  it('stops: the running one is canceled and awaited, the waiting ones are dropped', async () => {
    let settled = false;
    const { clock, reconciler, outcomes, stop, finished } = setup(async (_key, signal) => {
      try {
        await clock.sleep(60_000, signal);
      } finally {
        settled = true;
      }
    });
    reconciler.enqueue('a');
    await clock.advance(1);
    stop.abort();
    await finished;
    expect(settled).toBe(true);
    expect(outcomes()).toEqual(['canceled']);
  });
});
