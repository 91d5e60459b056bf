import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('sleeps for longer than one timer of Node can, until it is told not to', async () => {
    const stopping = new AbortController();
    const sleeping = systemClock.sleep(2 ** 31, stopping.signal);
    const first = await Promise.race([sleeping, systemClock.sleep(20).then(() => 'asleep')]);
    expect(first).toBe('asleep');
    stopping.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
  });
});
