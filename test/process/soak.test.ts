/** A short run of what `npm run soak` does for longer: kills, restarts and nonsense. A failure prints its seed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fuzz } from '../soak/fuzz.ts';
import { informersThroughRestarts } from '../soak/informers.ts';
import { killUnderLoad } from '../soak/kill.ts';
import { seeded } from '../soak/random.ts';
import { tempFolder, type TempFolder } from '../testing/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder.remove());

const random = () => seeded(Math.floor(Math.random() * 1e6));

describe('the embedded Kubernetes', () => {
  it('keeps every acknowledged write and settles when it is killed under load', async () => {
    const generator = random();
    const report = await killUnderLoad({ rounds: 5, folder: folder.path, random: generator });
    expect(report, `seed ${generator.seed}`).toMatchObject({ lost: [], unsettled: [] });
    expect(report.acknowledged).toBeGreaterThan(0);
  });

  it('takes informers through restarts without a gap', async () => {
    const generator = random();
    const report = await informersThroughRestarts({
      restarts: 25,
      folder: folder.path,
      random: generator,
    });
    expect(report, `seed ${generator.seed}`).toMatchObject({ problems: [] });
    expect(report.events).toBeGreaterThan(100);
  });

  it('answers nonsense with a refusal, soon', async () => {
    const generator = random();
    const report = await fuzz({ requests: 3000, random: generator });
    expect(report.problems, `seed ${generator.seed}`).toEqual([]);
    expect(report.codes).toMatchObject({ 200: expect.any(Number), 422: expect.any(Number) });
  });
});
