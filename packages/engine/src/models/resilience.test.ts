import { describe, expect, it } from 'vitest';
import type { Logger, ModelEvent } from '../ports.ts';
import { createBreakers } from './breaker.ts';
import { ModelFailure } from './failure.ts';
import {
  DEFAULT_LIMITS,
  streamWithResilience,
  type Attempt,
  type ResilienceInput,
} from './resilience.ts';
import { createTestClock, type TestClock } from './testing/test-clock.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const DELTA: ModelEvent = { type: 'delta', kind: 'text', text: 'a' };
const END: ModelEvent = { type: 'end', parts: [], finishReason: 'stop' };

function run(
  attempt: Attempt,
  clock: TestClock,
  options: Partial<ResilienceInput> = {},
): AsyncGenerator<ModelEvent> {
  return streamWithResilience({
    attempt,
    request: { system: '', messages: [], tools: [], signal: new AbortController().signal },
    configName: 'ns/cfg',
    modelId: 'm',
    host: 'host',
    breaker: createBreakers().for('x'),
    limits: DEFAULT_LIMITS,
    clock,
    random: () => 0,
    logger: silent,
    secrets: [],
    ...options,
  });
}

async function collect(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Hangs until the try is over. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
}

describe('models/resilience', () => {
  it('ends a stream that falls silent, without a second try', async () => {
    const clock = createTestClock();
    let tries = 0;
    const events = await collect(
      run(async function* (_, watch) {
        tries += 1;
        watch.alive();
        yield DELTA;
        clock.advance(DEFAULT_LIMITS.idleMs);
        await hang(watch.signal);
      }, clock),
    );
    expect(events).toMatchObject([
      DELTA,
      {
        type: 'error',
        code: 'model_stream_cut',
        message: expect.stringContaining('sent nothing for 120 s') as string,
      },
    ]);
    expect(tries).toBe(1);
  });

  it('lets a slow stream go on as long as something comes', async () => {
    const clock = createTestClock();
    const events = await collect(
      run(async function* (_, watch) {
        for (let chunk = 0; chunk < 10; chunk++) {
          watch.alive();
          clock.advance(DEFAULT_LIMITS.idleMs - 1);
          await Promise.resolve();
          yield DELTA;
        }
        yield END;
      }, clock),
    );
    expect(events).toHaveLength(11);
    expect(events.at(-1)).toEqual(END);
    expect(clock.pending()).toBe(0);
  });

  it('ends a call that takes longer than the timeout of the ModelConfig', async () => {
    const clock = createTestClock();
    const events = await collect(
      run(
        async function* (_, watch) {
          watch.alive();
          yield DELTA;
          clock.advance(90_000);
          await hang(watch.signal);
        },
        clock,
        { limits: { ...DEFAULT_LIMITS, totalMs: 90_000 } },
      ),
    );
    expect(events.at(-1)).toMatchObject({
      message: expect.stringContaining('did not finish within 90 s') as string,
    });
  });

  it('never throws, whatever a try throws', async () => {
    const events = await collect(
      run(
        // eslint-disable-next-line require-yield
        async function* () {
          throw new TypeError('secret-value leaked');
        },
        createTestClock(),
        { secrets: ['secret-value'] },
      ),
    );
    expect(events).toMatchObject([{ type: 'error', code: 'internal' }]);
    expect(JSON.stringify(events)).not.toContain('secret-value');
  });

  it('bounds the time spent waiting between tries', async () => {
    const clock = createTestClock();
    let tries = 0;
    await collect(
      run(
        // eslint-disable-next-line require-yield
        async function* () {
          tries += 1;
          throw new ModelFailure({
            code: 'model_rate_limited',
            reason: 'busy',
            retryable: true,
            retryAfterMs: 20_000,
          });
        },
        clock,
      ),
    );
    expect(tries).toBe(3);
    expect(clock.waits).toEqual([20_000, 20_000]);
  });

  it('stops waiting for the next try when it is cancelled', async () => {
    const controller = new AbortController();
    const clock = createTestClock(0);
    const collected = collect(
      run(
        // eslint-disable-next-line require-yield
        async function* () {
          throw new ModelFailure({ code: 'model_overloaded', reason: 'ill', retryable: true });
        },
        clock,
        { request: { system: '', messages: [], tools: [], signal: controller.signal } },
      ),
    );
    await expect.poll(() => clock.pending(), { interval: 2 }).toBe(1);
    controller.abort();
    expect(await collected).toMatchObject([{ type: 'error', code: 'canceled' }]);
  });
});
