/** The real kubectl and helm, with caches of their own. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CommandOptions, type CommandResult, outputOf, runCommand } from './run-command.ts';

const BIN = resolve(import.meta.dirname, '../../node_modules/.kagent-bin');

export interface ClusterTool {
  /** Standard output of a call that must succeed. */
  (...args: string[]): Promise<string>;
  /** Any call, with its exit code. */
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

export interface Kubectl extends ClusterTool {
  /** `apply -f -`; must succeed. Further arguments are appended. */
  apply(manifest: string, ...args: string[]): Promise<string>;
}

export interface ClusterToolOptions {
  kubeconfig: string;
  /** Folder for caches and settings; created. */
  cache: string;
}

export function createKubectl(options: ClusterToolOptions): Kubectl {
  const tool = createTool('kubectl', options);
  const apply = (manifest: string, ...args: string[]) =>
    outputOf('kubectl apply', tool.run(['apply', '-f', '-', ...args], { input: manifest }));
  return Object.assign(tool, { apply });
}

export function createHelm(options: ClusterToolOptions): ClusterTool {
  return createTool('helm', options);
}

function createTool(name: string, { kubeconfig, cache }: ClusterToolOptions): ClusterTool {
  const home = join(cache, name);
  mkdirSync(home, { recursive: true });
  const run = (args: readonly string[], options: CommandOptions = {}) =>
    runCommand(join(BIN, name), args, {
      ...options,
      env: { HOME: home, KUBECONFIG: kubeconfig, ...options.env },
    });
  const call = (...args: string[]) => outputOf(`${name} ${args.join(' ')}`, run(args));
  return Object.assign(call, { run });
}
