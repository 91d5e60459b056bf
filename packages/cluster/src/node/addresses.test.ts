import { once } from 'node:events';
import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { reserveBlock } from './addresses.ts';

describe.runIf(process.platform === 'linux')('a block of pod addresses', () => {
  it('is one that no node holds and where nothing listens any more', async () => {
    const first = await reserveBlock();
    const second = await reserveBlock();
    expect(second?.block).not.toBe(first?.block);
    first?.release();
    const leftover = createServer();
    leftover.listen(0, `127.${first?.block}.0.9`);
    await once(leftover, 'listening');
    const third = await reserveBlock();
    expect(third?.block).not.toBe(first?.block);
    second?.release();
    third?.release();
    leftover.close();
  });
});
