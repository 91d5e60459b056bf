import { describe, expect, it } from 'vitest';
import { createFakeClock } from './testing/fake-clock.ts';
import { createWorkQueue } from './work-queue.ts';

function setup(random = () => 1) {
  const clock = createFakeClock();
  return { clock, queue: createWorkQueue({ clock, random }) };
}

describe('work-queue', () => {
  it('hands out each key once, in order', async () => {
    const { queue } = setup();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c']);
  });

  it('gives a key to one taker at a time and remembers an add meanwhile', async () => {
    const { queue } = setup();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    let second: string | undefined;
    const taking = queue.take().then((key) => (second = key));
    await new Promise((resolve) => setImmediate(resolve));
    expect(second).toBeUndefined();
    queue.done('a');
    await taking;
    expect(second).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('delays, with the earliest moment winning', async () => {
    const { clock, queue } = setup();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 5000);
    queue.addAfter('a', 100);
    await clock.advance(99);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    await queue.take();
    queue.done('a');
    await clock.advance(10_000);
    expect(queue.length).toBe(0);
    expect(clock.sleepers).toBe(0);
  });

  it('backs off from 5 ms to 5 min per key until forgotten', async () => {
    const { clock, queue } = setup();
    const delays: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const start = clock.now();
      queue.addRateLimited('a');
      while (queue.length === 0) await clock.advance(delays.length < 10 ? 5 : 1000);
      await queue.take();
      queue.done('a');
      delays.push(clock.now() - start);
    }
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.at(-1)).toBe(300_000);
    expect(queue.failures('a')).toBe(20);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.length).toBe(1);
  });

  it('spreads retries by jitter', async () => {
    const { clock, queue } = setup(() => 0);
    for (let i = 0; i < 5; i += 1) queue.addRateLimited('a');
    await clock.advance(3);
    expect(queue.length).toBe(1);
  });

  it('ends takers and timers when it is shut down', async () => {
    const { clock, queue } = setup();
    const taking = queue.take();
    queue.addAfter('a', 1000);
    queue.shutDown();
    expect(await taking).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    queue.add('b');
    expect(queue.length).toBe(0);
    expect(clock.sleepers).toBe(0);
  });
});
