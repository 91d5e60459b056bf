/**
 * The benchmarks: `npm run bench -- [names…] [--list] [--json file] [--agents n] [--profile folder]`. Everything runs on
 * this machine's loopback, on free ports, in temporary folders. Ends with 0 whatever the verdicts are: figures depend on
 * the machine, so they inform and do not gate; it ends with 1 when a measurement could not be taken.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchContext, type Figure, type Measure, verdict } from './measure.ts';
import { apply } from './measures/apply.ts';
import { cluster } from './measures/cluster.ts';
import { deltas } from './measures/deltas.ts';
import { memory } from './measures/memory.ts';
import { sessions } from './measures/sessions.ts';
import { thousandAgents } from './measures/thousand-agents.ts';
import { turns } from './measures/turns.ts';
import { up } from './measures/up.ts';
import { table } from './table.ts';

const MEASURES: readonly Measure[] = [
  up,
  apply,
  turns,
  deltas,
  memory,
  thousandAgents,
  sessions,
  cluster,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    json: { type: 'string' },
    agents: { type: 'string' },
    profile: { type: 'string' },
  },
});

if (values.list) {
  for (const { name, title, byDefault } of MEASURES)
    console.log(`${name.padEnd(16)} ${title}${byDefault ? '' : ' (by name only)'}`);
} else {
  process.exitCode = await bench();
}

async function bench(): Promise<number> {
  const chosen = choose();
  const root = mkdtempSync(join(tmpdir(), 'kagent-bench-'));
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const started = performance.now();
  const environment = {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    load: loadavg()[0],
  };
  const results: { measure: string; figures: Figure[] }[] = [];
  const failures: string[] = [];
  for (const measure of chosen) {
    try {
      results.push({ measure: measure.name, figures: await measure.run(contextOf(measure, root)) });
    } catch (error) {
      failures.push(`${measure.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const figures = results.flatMap((result) => result.figures);
  if (figures.length > 0) console.log(`\n${table(figures)}`);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `\nNode ${environment.node}, ${environment.cores} cores, load ${environment.load?.toFixed(1)} at the start, ${seconds} s`,
  );
  for (const failure of failures) console.error(`could not be measured: ${failure}`);
  if (values.json !== undefined) {
    const rows = results.flatMap(({ measure, figures: list }) =>
      list.map((figure) => ({ measure, ...figure, verdict: verdict(figure) })),
    );
    writeFileSync(
      values.json,
      `${JSON.stringify({ environment, seconds, figures: rows, failures }, null, 2)}\n`,
    );
  }
  return failures.length > 0 ? 1 : 0;
}

function choose(): readonly Measure[] {
  if (positionals.length === 0) return MEASURES.filter((measure) => measure.byDefault);
  return positionals.map((name) => {
    const found = MEASURES.find((measure) => measure.name === name);
    if (!found)
      throw new Error(
        `There is no measurement "${name}". There are: ${MEASURES.map((measure) => measure.name).join(', ')}.`,
      );
    return found;
  });
}

function contextOf({ name }: Measure, root: string): BenchContext {
  const profiles = values.profile === undefined ? undefined : resolve(values.profile);
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
  return {
    scratch: () => mkdtempSync(join(root, `${name}-`)),
    agents: values.agents === undefined ? undefined : agentCount(values.agents),
    profiles,
    say: (text) => console.error(`${name}: ${text}`),
  };
}

function agentCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--agents must be a number above 0, not "${text}"`);
}
