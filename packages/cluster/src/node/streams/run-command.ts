/** Runs one command for a client: its own process group, streams with back pressure, a terminal where one is wanted. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';

import type { Clock } from '@kagent/kube';

import { exitCodeOf, signalGroup } from '../process-container.ts';
import type { CommandIO } from './pod-streams.ts';
import { pump, pumpInput, settle, writeTo } from './pump.ts';
import type { Pump } from './pump.ts';
import { followSize, NO_TERMINAL, terminalCommand } from './terminal.ts';
import type { ScriptFlavour } from './terminal.ts';

/** Between asking and killing a command whose client or container is gone. */
const KILL_AFTER_MS = 1000;

export interface RunCommandOptions {
  /** At least one word. */
  argv: string[];
  env: Record<string, string>;
  cwd: string | undefined;
  tty: boolean;
  /** How to make a terminal; undefined when this machine can't. */
  script: ScriptFlavour | undefined;
  /** Settles when the container has ended, which ends the command. */
  ended: Promise<unknown>;
  clock: Clock;
}

/** The exit code, 128 + n for a signal. Rejects when the program can't be started. */
export async function runCommand(options: RunCommandOptions, io: CommandIO): Promise<number> {
  const { tty, script, env, cwd, clock } = options;
  const hasTerminal = tty && script !== undefined;
  if (tty && !hasTerminal && io.stdout) await writeTo(io.stdout, Buffer.from(NO_TERMINAL));
  const [file = '', ...args] = hasTerminal ? terminalCommand(script, options.argv) : options.argv;
  const child = spawn(file, args, {
    env: hasTerminal ? { TERM: 'xterm', ...env, SHELL: '/bin/sh' } : env,
    cwd,
    detached: true,
    stdio: [
      io.stdin ? 'pipe' : 'ignore',
      io.stdout ? 'pipe' : 'ignore',
      io.stderr || (tty && io.stdout) ? 'pipe' : 'ignore',
      hasTerminal ? 'pipe' : 'ignore',
    ],
  });
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  await started(child, { file, cwd });
  if (hasTerminal) io.onResize(followSize(child.stdio[3] as Readable));
  const pumps = pumpsOf(child, io);
  if (io.stdin && child.stdin) void pumpInput(io.stdin, child.stdin);
  const stopWatching = endWith(child, { ...options, signal: io.signal, exited });
  const exitCode = await exited;
  stopWatching();
  await settle(pumps, clock);
  for (const stream of child.stdio) stream?.destroy();
  // Nobody reads what still comes; the connection must not stand still because of it.
  io.stdin?.resume();
  return exitCode;
}

function pumpsOf(child: ChildProcess, io: CommandIO): Pump[] {
  const pumps: Pump[] = [];
  if (child.stdout && io.stdout) pumps.push(pump(child.stdout, io.stdout));
  const errors = io.stderr ?? io.stdout;
  if (child.stderr && errors) pumps.push(pump(child.stderr, errors));
  return pumps;
}

/** In the words of a container runtime, which people know. */
function started(
  child: ChildProcess,
  { file, cwd }: { file: string; cwd: string | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isFolderGone = cwd !== undefined && !existsSync(cwd);
      const reasons: Record<string, string> = {
        ENOENT: isFolderGone
          ? 'the working directory is gone'
          : file.includes('/')
            ? `stat ${file}: no such file or directory`
            : 'executable file not found in $PATH',
        EACCES: 'permission denied',
      };
      const reason = reasons[error.code ?? ''] ?? error.message;
      const text = `unable to start container process: exec: ${JSON.stringify(file)}: ${reason}`;
      reject(new Error(text, { cause: error }));
    });
  });
}

/** Ends the command with its client or its container. Returns how to stop watching for that. */
function endWith(
  child: ChildProcess,
  {
    ended,
    signal,
    exited,
    clock,
  }: Pick<RunCommandOptions, 'ended' | 'clock'> & {
    signal: AbortSignal;
    exited: Promise<number>;
  },
): () => void {
  const pid = child.pid!;
  const timer = new AbortController();
  let isWatching = true;
  const end = (): void => {
    if (!isWatching) return;
    isWatching = false;
    signalGroup(pid, 'SIGTERM');
    void clock.sleep(KILL_AFTER_MS, timer.signal).then(
      () => signalGroup(pid, 'SIGKILL'),
      () => {},
    );
  };
  void ended.then(end);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  void exited.then(() => timer.abort());
  return () => {
    isWatching = false;
    signal.removeEventListener('abort', end);
  };
}
