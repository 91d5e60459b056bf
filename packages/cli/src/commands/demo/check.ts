/** `kagent demo check`: is the scenario repaired, and if not, why not. Exit code 1 when it is not. */
import { checkScenario, SCENARIOS, type ScenarioResult } from '@kagent/cluster';
import type { KubeClient } from '@kagent/kube';
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { addSettings } from '../../settings.ts';
import {
  DEMO_SETTINGS,
  demoClient,
  type DemoFlags,
  findRunning,
  readScenario,
} from './settings.ts';

export function registerDemoCheck(demo: Command): void {
  const command = demo
    .command('check')
    .description('tell whether a scenario is repaired; exit code 1 when it is not')
    .argument('[name]', 'default: the one that is running')
    .option('-f, --filename <file>', 'the file the scenario was started from')
    .option('-o, --output <format>', 'text or json', 'text');
  addSettings(command, DEMO_SETTINGS);
  command.action((name: string | undefined, flags: DemoFlags) => check(name, flags));
}

async function check(name: string | undefined, flags: DemoFlags): Promise<void> {
  if (flags.output !== 'text' && flags.output !== 'json')
    throw new KagentError(
      'invalid_argument',
      `unknown output format: ${flags.output}; use text or json`,
    );
  const client = await demoClient(flags);
  const wanted = flags.filename === undefined ? (name ?? (await onlyRunning(client))) : undefined;
  const scenario = await readScenario(wanted, flags.filename);
  const known = scenario.metadata.name;
  if ((await findRunning(client, known)) === undefined)
    throw new KagentError(
      'not_found',
      `${known} is not running. Start it with \`kagent demo start ${known}\`.`,
    );
  const result = await checkScenario(client, scenario, Date.now());
  console.log(
    flags.output === 'json'
      ? JSON.stringify({ name: known, ...result }, null, 2)
      : report(known, result),
  );
  if (!result.solved) process.exitCode = 1;
}

async function onlyRunning(client: KubeClient): Promise<string> {
  const names = (await client.list(SCENARIOS)).items.map(({ metadata }) => metadata.name);
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new KagentError(
    'invalid_argument',
    names.length === 0
      ? 'No scenario is running. Start one with `kagent demo start`.'
      : `Several scenarios are running; name one: ${names.join(', ')}.`,
  );
}

function report(name: string, { solved, checks }: ScenarioResult): string {
  const lines = checks.map(({ name: title, passed, message }) =>
    passed ? `  ✓ ${title}` : `  ✗ ${title}\n      ${message}`,
  );
  const passed = checks.filter((one) => one.passed).length;
  return [
    ...lines,
    solved ? `${name} is solved.` : `${name} is not solved: ${passed} of ${checks.length}.`,
  ].join('\n');
}
