/** `kagent demo start`: paints a sick cluster and says what somebody would report. */
import { namespacesOf, type Scenario, SCENARIOS, withoutAnswers } from '@kagent/cluster';
import { isAlreadyExists, type KubeClient, systemClock } from '@kagent/kube';
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { addSettings } from '../../settings.ts';
import { programName } from '../../terminal/program-name.ts';
import {
  DEMO_SETTINGS,
  demoClient,
  type DemoFlags,
  findRunning,
  readScenario,
} from './settings.ts';

const POLL_MS = 60;
const TIMEOUT_MS = 60_000;

export function registerDemoStart(demo: Command): void {
  const command = demo
    .command('start')
    .description('make a part of the cluster sick, as a scenario says')
    .argument('[name]', 'a scenario that `kagent demo list` shows')
    .option('-f, --filename <file>', 'a Scenario of your own');
  addSettings(command, DEMO_SETTINGS);
  command.action((name: string | undefined, flags: DemoFlags) => start(name, flags));
}

async function start(name: string | undefined, flags: DemoFlags): Promise<void> {
  const scenario = await readScenario(name, flags.filename);
  const client = await demoClient(flags);
  const isNew = await create(client, scenario);
  await untilRunning(client, scenario.metadata.name);
  console.log(isNew ? 'Ready.' : `${scenario.metadata.name} is running already.`);
  console.log(introduction(scenario));
}

/** False when it was there. What the server refuses is said as it says it. */
async function create(client: KubeClient, scenario: Scenario): Promise<boolean> {
  try {
    await client.create(SCENARIOS, withoutAnswers(scenario), { fieldManager: 'kagent-cli' });
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}

async function untilRunning(client: KubeClient, name: string): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let isTold = false;
  for (;;) {
    const status = (await findRunning(client, name))?.status;
    if (status?.phase === 'Running') return;
    if (status?.phase === 'Failed') {
      throw new KagentError(
        'conflict',
        `${name} could not be started: ${status.message ?? 'no reason given'}. Remove it with \`kagent demo stop ${name}\`.`,
      );
    }
    if (!isTold) console.error(`Starting ${name}…`);
    isTold = true;
    await systemClock.sleep(POLL_MS, signal).catch(() => {
      throw new KagentError('unavailable', `${name} did not come up within a minute.`);
    });
  }
}

function introduction({ metadata, spec }: Scenario): string {
  const namespaces = namespacesOf(spec);
  const program = programName(process.env);
  return [
    '',
    spec.title,
    '',
    `  "${spec.symptom.trim()}"`,
    '',
    'Look around:',
    ...namespaces.map((namespace) => `  kubectl get pods -n ${namespace}`),
    'Or let an agent do it:',
    `  ${program} agent invoke k8s-agent ${JSON.stringify(spec.symptom.trim())}`,
    'Is it repaired?',
    `  ${program} demo check ${metadata.name}`,
    'Enough of it:',
    `  ${program} demo stop ${metadata.name}`,
  ].join('\n');
}
