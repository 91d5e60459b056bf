/** `kagent up`: the whole platform in one process, on this machine. */
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { z } from 'zod';
import { HOME_SETTING } from '../home.ts';
import { programName } from '../terminal/program-name.ts';
import {
  addSettings,
  CONTAINER_ENGINE_SETTING,
  LOG_LEVEL_SETTING,
  port,
  readSettings,
  type Values,
} from '../settings.ts';

const UP_SETTINGS = {
  home: HOME_SETTING,
  apiPort: {
    flag: 'api-port',
    env: 'KAGENT_API_PORT',
    placeholder: 'port',
    description: 'port of the REST and A2A API, 0 for a free one',
    schema: port,
    default: '8083',
  },
  uiPort: {
    flag: 'ui-port',
    env: 'KAGENT_UI_PORT',
    placeholder: 'port',
    description: 'port of the web UI, 0 for a free one',
    schema: port,
    default: '8080',
  },
  kubePort: {
    flag: 'kube-port',
    env: 'KAGENT_KUBE_PORT',
    placeholder: 'port',
    description: 'port of the Kubernetes API, 0 for a free one',
    schema: port,
    default: '6443',
  },
  provider: {
    flag: 'provider',
    env: 'KAGENT_PROVIDER',
    placeholder: 'name',
    description:
      'model provider of the default model: OpenAI, Anthropic, Gemini, AzureOpenAI, Ollama or demo',
    schema: z.string().optional(),
  },
  model: {
    flag: 'model',
    env: 'KAGENT_MODEL',
    placeholder: 'id',
    description: 'model id of the default model',
    schema: z.string().optional(),
  },
  pods: {
    flag: 'pods',
    env: 'KAGENT_PODS',
    placeholder: 'mode',
    description:
      'run pods of kagent as "tenant"s of this process, or each as a "process" of its own',
    schema: z.enum(['tenant', 'process']),
    default: 'tenant',
  },
  containerEngine: CONTAINER_ENGINE_SETTING,
  logLevel: LOG_LEVEL_SETTING,
};

export type UpSettings = Values<typeof UP_SETTINGS>;

export function registerUp(program: Command): void {
  const command = program
    .command('up')
    .description('start the platform on this machine: no cluster, no database, no key needed');
  addSettings(command, UP_SETTINGS);
  command.action(async (flags: Record<string, unknown>) => {
    const started = performance.now();
    const settings = readSettings(UP_SETTINGS, flags, process.env);
    const { startPlatform } = await import('../processes/embedded.ts');
    const { banner } = await import('../terminal/banner.ts');
    const stopping = stopRequest();
    const platform = await startPlatform({
      ...settings,
      env: process.env,
      signal: stopping.signal,
    });
    console.log(
      banner(platform, {
        milliseconds: performance.now() - started,
        color: Boolean(process.stdout.isTTY),
        program: programName(process.env),
      }),
    );
    await stopping.requested;
    console.log('\nStopping…');
    await platform.stop();
    console.log('Stopped. Everything is kept in ' + settings.home);
  });
}

/** First Ctrl-C (or TERM) asks for a clean stop, a second one ends at once. */
function stopRequest(): { requested: Promise<void>; signal: AbortSignal } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    let count = 0;
    const onSignal = () => {
      count += 1;
      if (count > 1) process.exit(130);
      controller.abort(new KagentError('canceled', 'Stopped by signal.'));
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
  return { requested, signal: controller.signal };
}
