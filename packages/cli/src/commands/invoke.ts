/** `kagent invoke --agent … --task …`, the form scripts of the older CLI use: JSON on stdout. */
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { createApiClient } from '../api/client.ts';
import { CLIENT_SETTINGS } from '../api/settings.ts';
import { readGivenFile } from '../files.ts';
import { addSettings, readSettings } from '../settings.ts';

interface Flags extends Record<string, unknown> {
  task?: string;
  file?: string;
  agent?: string;
  session?: string;
  stream?: boolean;
}

export function registerInvoke(program: Command): void {
  const command = program
    .command('invoke')
    .description('ask an agent and print the A2A result as JSON (one line per event with --stream)')
    .option('-t, --task <text>', 'what to do')
    .option('-f, --file <path>', 'read the task from a file, - for standard input')
    .option('-a, --agent <name>', 'agent to ask')
    .option('-s, --session <id>', 'session to go on with')
    .option('-S, --stream', 'print every event as it comes');
  addSettings(command, CLIENT_SETTINGS);
  command.action((flags: Flags) => invoke(flags));
}

async function invoke(flags: Flags): Promise<void> {
  const settings = readSettings(CLIENT_SETTINGS, flags, process.env);
  const task =
    flags.task ?? (flags.file === undefined ? undefined : await readGivenFile(flags.file));
  if (!task?.trim()) throw new KagentError('invalid_argument', 'Task or file is required');
  if (!flags.agent) throw new KagentError('invalid_argument', 'Agent is required');
  if (flags.agent.includes('/')) {
    throw new KagentError(
      'invalid_argument',
      'Give the agent name alone and its namespace with --namespace',
    );
  }
  const client = createApiClient({ ...settings, signal: AbortSignal.timeout(settings.timeout) });
  const agent = { namespace: settings.namespace, name: flags.agent };
  const params = { message: userMessage(task, flags.session) };
  if (!flags.stream) {
    console.log(JSON.stringify(await client.a2a(agent, 'message/send', params)));
    return;
  }
  for await (const event of client.a2aStream(agent, 'message/stream', params))
    console.log(JSON.stringify(event));
  console.log();
}

export function userMessage(task: string, contextId?: string, taskId?: string): object {
  return {
    kind: 'message',
    messageId: crypto.randomUUID(),
    role: 'user',
    parts: [{ kind: 'text', text: task }],
    ...(contextId ? { contextId } : {}),
    ...(taskId ? { taskId } : {}),
  };
}
