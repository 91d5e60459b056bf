/** `kagent demo stop`: removes what a scenario made, nodes included. */
import { SCENARIOS } from '@kagent/cluster';
import { isNotFound, type KubeClient, systemClock } from '@kagent/kube';
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { addSettings } from '../../settings.ts';
import { DEMO_SETTINGS, demoClient, type DemoFlags, findRunning } from './settings.ts';

const POLL_MS = 60;
const TIMEOUT_MS = 60_000;

export function registerDemoStop(demo: Command): void {
  const command = demo
    .command('stop')
    .description('remove a scenario and everything it made')
    .argument('[name]', 'default: the one that is running')
    .option('--all', 'remove all scenarios');
  addSettings(command, DEMO_SETTINGS);
  command.action((name: string | undefined, flags: DemoFlags & { all?: boolean }) =>
    stop(name, flags),
  );
}

async function stop(name: string | undefined, flags: DemoFlags & { all?: boolean }): Promise<void> {
  const client = await demoClient(flags);
  const running = (await client.list(SCENARIOS)).items.map(({ metadata }) => metadata.name);
  const chosen = choose(name, running, flags.all === true);
  for (const one of chosen) {
    await client.delete(SCENARIOS, { name: one }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  for (const one of chosen) {
    await untilGone(client, one);
    console.log(`${one} is gone.`);
  }
  if (chosen.length === 0) console.log('No scenario is running.');
}

function choose(name: string | undefined, running: string[], isAll: boolean): string[] {
  if (isAll) return running;
  if (name === undefined) {
    if (running.length <= 1) return running;
    throw new KagentError(
      'invalid_argument',
      `Several scenarios are running; name one or give --all: ${running.join(', ')}.`,
    );
  }
  if (running.includes(name)) return [name];
  const others = running.length === 0 ? 'None is.' : `Running: ${running.join(', ')}.`;
  throw new KagentError('not_found', `${name} is not running. ${others}`);
}

async function untilGone(client: KubeClient, name: string): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  while ((await findRunning(client, name)) !== undefined) {
    await systemClock.sleep(POLL_MS, signal).catch(() => {
      throw new KagentError('unavailable', `${name} was not removed within a minute.`);
    });
  }
}
