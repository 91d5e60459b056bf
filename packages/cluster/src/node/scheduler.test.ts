import { systemClock } from '@kagent/kube';
import { describe, expect, it } from 'vitest';

import { createScheduler } from './scheduler.ts';

describe('scheduler', () => {
  it('runs tasks in order of their due time, and cancelled ones never', async () => {
    const scheduler = createScheduler(systemClock);
    const ran: string[] = [];
    scheduler.after(8, () => ran.push('late'));
    scheduler.after(1, () => ran.push('early'));
    scheduler.after(2, () => ran.push('cancelled')).cancel();
    await expect.poll(() => ran, { interval: 2 }).toEqual(['early', 'late']);
    scheduler.stop();
  });

  it('lets others run beside a task that asks for itself at once', async () => {
    const scheduler = createScheduler(systemClock);
    let runs = 0;
    const again = (): void => {
      runs += 1;
      if (runs < 100_000) scheduler.after(0, again);
    };
    scheduler.after(0, again);
    await systemClock.sleep(5);
    scheduler.stop();
    expect(runs).toBeGreaterThan(0);
    expect(runs).toBeLessThan(1000);
  });
});
