/** Waiting until a platform has nothing left to do. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchPlatform } from './children.ts';
import type { Usage } from './processes/platform.ts';

const STEP_MS = 500;
const QUIET_SHARE = 0.05;
const LIMIT_MS = 10_000;

/** Its usage after a collection of garbage, once it uses next to no CPU (or after ten seconds). */
export async function settled(platform: BenchPlatform): Promise<Usage> {
  const deadline = performance.now() + LIMIT_MS;
  let last = await platform.usage();
  while (performance.now() < deadline) {
    await delay(STEP_MS);
    const now = await platform.usage();
    if (now.cpu - last.cpu < STEP_MS * QUIET_SHARE) break;
    last = now;
  }
  return await platform.usage({ gc: true });
}
