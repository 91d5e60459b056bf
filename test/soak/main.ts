/**
 * The long runs: `npm run soak -- kill|informers|fuzz [--rounds n] [--seed n]`. The test suite runs the same code with few rounds.
 * Ends with 1 when a promise was broken.
 */
import { parseArgs } from 'node:util';
import { tempFolder } from '../testing/temp-folder.ts';
import { fuzz } from './fuzz.ts';
import { informersThroughRestarts } from './informers.ts';
import { killUnderLoad } from './kill.ts';
import { seeded } from './random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const folder = tempFolder();
const started = performance.now();
const progress = (round: number): void => {
  if (round % 50 === 0) console.error(`${round} rounds`);
};

async function run(name: string): Promise<readonly string[]> {
  const common = { folder: folder.path, random: seeded(seed), progress };
  if (name === 'kill') {
    const report = await killUnderLoad({ ...common, rounds: Number(values.rounds ?? 200) });
    console.log(
      `${report.rounds} kills, ${report.acknowledged} acknowledged writes, ${report.inDoubt} in doubt, ${report.lost.length} lost, ${report.unsettled.length} not settled`,
    );
    return [...report.lost, ...report.unsettled];
  }
  if (name === 'informers') {
    const report = await informersThroughRestarts({
      ...common,
      restarts: Number(values.rounds ?? 1000),
    });
    console.log(
      `${report.restarts} restarts, ${report.writes} writes, ${report.events} events, ${report.relists} relists, ${report.problems.length} problems`,
    );
    return report.problems;
  }
  if (name === 'fuzz') {
    const report = await fuzz({
      random: seeded(seed),
      requests: Number(values.rounds ?? 200_000),
      progress: (count) => count % 20_000 === 0 && console.error(`${count} requests`),
    });
    console.log(
      `${report.requests} requests, slowest ${report.slowestMs.toFixed(0)} ms, heap × ${report.heapGrowth.toFixed(2)}, ${JSON.stringify(report.codes)}`,
    );
    return report.problems;
  }
  throw new Error(`There is no soak "${name}". There are: kill, informers, fuzz.`);
}

try {
  const problems = await run(positionals[0] ?? '');
  for (const problem of problems.slice(0, 20)) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
  console.log(`seed ${seed}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
} finally {
  folder.remove();
}
