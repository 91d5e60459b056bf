/** `kagent mock-llm --script f.yaml`: the scripted model as a server, for tests of agents without a language model. */
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { z } from 'zod';
import { readGivenFile } from '../files.ts';
import { addSettings, port, readSettings } from '../settings.ts';
import { createConsoleLogger } from '../terminal/logger.ts';
import { untilStopped } from '../processes/until-stopped.ts';

const MOCK_SETTINGS = {
  script: {
    flag: 'script',
    env: 'KAGENT_MOCK_SCRIPT',
    placeholder: 'file',
    description: 'YAML or JSON script of matches and replies',
    schema: z.string({ error: 'give the script, e.g. --script model.yaml' }),
  },
  host: {
    flag: 'host',
    env: 'KAGENT_MOCK_HOST',
    placeholder: 'address',
    description: 'address to listen on',
    schema: z.string(),
    default: '127.0.0.1',
  },
  port: {
    flag: 'port',
    env: 'KAGENT_MOCK_PORT',
    placeholder: 'port',
    description: 'port to listen on, 0 for a free one',
    schema: port,
    default: '8090',
  },
};

export function registerMockLlm(program: Command): void {
  const command = program
    .command('mock-llm')
    .description('serve a scripted model over the OpenAI and Anthropic wire');
  addSettings(command, MOCK_SETTINGS);
  command.action(async (flags: Record<string, unknown>) => {
    const settings = readSettings(MOCK_SETTINGS, flags, process.env);
    const { createScriptedModel, parseModelScript, startMockLlm } = await import('@kagent/engine');
    const script = parseModelScript(await readGivenFile(settings.script), settings.script);
    const model = createScriptedModel(script);
    const logger = createConsoleLogger('info', (line) => console.error(line));
    const server = await startMockLlm({ ...settings, brain: model.brain, logger });
    console.log(
      `Scripted model at ${server.url}/v1 (OpenAI) and ${server.url} (Anthropic). Ctrl-C stops it.`,
    );
    await untilStopped();
    await server.stop();
    if (model.unmatched.length > 0) {
      throw new KagentError(
        'internal',
        `${model.unmatched.length} requests were not covered by the script.`,
      );
    }
  });
}
