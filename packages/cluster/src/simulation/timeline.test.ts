import { createFakeClock } from '@kagent/kube/testing';
import { describe, expect, it } from 'vitest';

import { Timeline } from './timeline.ts';

describe('timeline', () => {
  it('lives through its past in order, then goes on with the clock', async () => {
    const clock = createFakeClock();
    const start = clock.now();
    const timeline = new Timeline({ clock, past: start - 60_000, pace: 1 });
    const seen: number[] = [];
    for (const delay of [50_000, 10_000, 70_000])
      timeline.after(delay, () => seen.push(timeline.now() - start));
    while (timeline.step(start));
    expect(seen).toEqual([-50_000, -10_000]);
    timeline.goLive();
    await clock.advance(10_000);
    expect(seen.at(-1)).toBe(10_000);
    timeline.stop();
  });

  it('comes to the end of its past beside a task that asks for itself at once', () => {
    const clock = createFakeClock();
    const timeline = new Timeline({ clock, past: clock.now() - 1000, pace: 1 });
    let runs = 0;
    const again = (): void => {
      runs += 1;
      if (runs < 100_000) timeline.after(0, again);
    };
    timeline.after(0, again);
    while (timeline.step(clock.now()));
    expect(runs).toBe(1000);
    timeline.stop();
  });
});
