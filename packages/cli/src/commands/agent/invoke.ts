/** `kagent agent invoke NAME "task"`: a streamed answer for people, with the tool calls that led to it. */
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { createApiClient } from '../../api/client.ts';
import { CLIENT_SETTINGS } from '../../api/settings.ts';
import { addSettings, readSettings } from '../../settings.ts';
import { createTranscript } from '../../terminal/transcript.ts';
import { readGivenFile } from '../../files.ts';
import { userMessage } from '../invoke.ts';

interface Flags extends Record<string, unknown> {
  output: string;
  session?: string;
  file?: string;
}

export function registerAgentInvoke(agent: Command): void {
  const command = agent
    .command('invoke')
    .description('ask an agent; the answer streams, tool calls are shown')
    .argument('<agent>', 'name, or namespace/name')
    .argument('[task...]', 'what to do (or --file)')
    .option('-f, --file <path>', 'read the task from a file, - for standard input')
    .option('-s, --session <id>', 'session to go on with')
    .option('-o, --output <format>', 'text, or json for the A2A task', 'text');
  addSettings(command, CLIENT_SETTINGS);
  command.action((name: string, words: string[], flags: Flags) => run({ name, words, flags }));
}

async function run({
  name,
  words,
  flags,
}: {
  name: string;
  words: string[];
  flags: Flags;
}): Promise<void> {
  if (!['text', 'json'].includes(flags.output)) {
    throw new KagentError(
      'invalid_argument',
      `--output ${flags.output} is not known; use text or json`,
    );
  }
  const settings = readSettings(CLIENT_SETTINGS, flags, process.env);
  const task = words.length > 0 ? words.join(' ') : flags.file && (await readGivenFile(flags.file));
  if (!task)
    throw new KagentError(
      'invalid_argument',
      'Say what to do, e.g. kagent agent invoke k8s-agent "List all namespaces"',
    );
  const [namespace, agentName] = name.includes('/')
    ? name.split('/', 2)
    : [settings.namespace, name];
  const agent = { namespace: namespace ?? '', name: agentName ?? '' };
  const client = createApiClient({ ...settings, signal: AbortSignal.timeout(settings.timeout) });
  const params = { message: userMessage(task, flags.session) };
  if (flags.output === 'json') {
    console.log(JSON.stringify(await client.a2a(agent, 'message/send', params), null, 2));
    return;
  }
  const transcript = createTranscript({ out: process.stdout, color: useColor() });
  for await (const event of client.a2aStream(agent, 'message/stream', params))
    transcript.add(event);
  const outcome = transcript.end();
  if (outcome.state !== 'completed') {
    throw new KagentError(
      'internal',
      outcome.message || `The task ended as ${outcome.state ?? 'unknown'}.`,
    );
  }
}

function useColor(): boolean {
  return process.stdout.isTTY && !process.env['NO_COLOR'];
}
