/** The `kagent` executable as a subprocess. */
import { resolve } from 'node:path';
import { type CommandOptions, type CommandResult, outputOf, runCommand } from './run-command.ts';

export const EXECUTABLE = resolve(import.meta.dirname, '../../packages/cli/bin/kagent.mjs');

export interface Cli {
  /** Standard output of a call that must succeed. */
  (...args: string[]): Promise<string>;
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

/** Talks to the platform of `env`: KAGENT_URL, KAGENT_HOME. */
export function createCli(env: { KAGENT_URL: string; KAGENT_HOME: string }): Cli {
  const run = (args: readonly string[], options: CommandOptions = {}) =>
    runCommand(process.execPath, [EXECUTABLE, ...args], {
      ...options,
      env: { HOME: env.KAGENT_HOME, ...env, ...options.env },
    });
  const call = (...args: string[]) => outputOf(`kagent ${args.join(' ')}`, run(args));
  return Object.assign(call, { run });
}
