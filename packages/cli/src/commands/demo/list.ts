/** `kagent demo list`: the scenarios that ship. Needs no cluster. */
import { readShippedScenario, shippedScenarioNames } from '@kagent/cluster';
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { formatTable } from '../../terminal/table.ts';

export function registerDemoList(demo: Command): void {
  demo
    .command('list')
    .description('list the scenarios')
    .option('-o, --output <format>', 'table or json', 'table')
    .action((flags: { output: string }) => list(flags.output));
}

async function list(output: string): Promise<void> {
  if (output !== 'table' && output !== 'json')
    throw new KagentError(
      'invalid_argument',
      `unknown output format: ${output}; use table or json`,
    );
  const scenarios = await Promise.all((await shippedScenarioNames()).map(readShippedScenario));
  const rows = scenarios.flatMap((scenario) => {
    if (scenario === undefined) return [];
    const { title, symptom, difficulty = 'medium', tags = [] } = scenario.spec;
    return [{ name: scenario.metadata.name, title, symptom, difficulty, tags }];
  });
  if (output === 'json') console.log(JSON.stringify(rows, null, 2));
  else
    console.log(
      formatTable(
        ['NAME', 'DIFFICULTY', 'TITLE', 'TAGS'],
        rows.map(({ name, difficulty, title, tags }) => [name, difficulty, title, tags.join(',')]),
      ),
    );
}
