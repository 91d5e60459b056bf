/** Runs a container as a local process: argv without a shell, its own process group, output line by line to the log. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

import type { Clock } from '@kagent/kube';

import type { ContainerExit, RunningContainer } from './running-container.ts';
import { containerInput } from './streams/container-input.ts';
import { tapStreams } from './streams/output-tap.ts';
import type { OutputTap } from './streams/output-tap.ts';

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
const MAX_LINE = 64 * 1024;
const MAX_MESSAGE = 4096;
const DRAIN_MS = 1000;

export interface ProcessOptions {
  /** At least one entry. */
  argv: string[];
  env: Record<string, string>;
  /** Undefined: the directory of the platform itself. */
  cwd?: string;
  /** A file the process may leave its last words in (`terminationMessagePath`). */
  messageFile: string;
  clock: Clock;
  /** Gives it standard input, until its first client ends (`once`) or for good. */
  stdin?: 'once' | 'open';
  log(line: string): void;
  /** Called once with the process id (also the id of its group). */
  started?(pid: number): Promise<void>;
}

/** Feeds complete lines to `log`; a line longer than 64 KiB is broken. Resolves at the end of the stream. */
function logLines(stream: Readable, log: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      rest += decoder.write(chunk);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) log(line.endsWith('\r') ? line.slice(0, -1) : line);
      while (rest.length > MAX_LINE) {
        log(rest.slice(0, MAX_LINE));
        rest = rest.slice(MAX_LINE);
      }
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      rest += decoder.end();
      if (rest !== '') log(rest);
      resolve();
    });
  });
}

async function lastWords(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? undefined : text.slice(-MAX_MESSAGE);
  } catch {
    return undefined;
  }
}

/** Signals the whole group; a group that is gone is fine. */
export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: everything in it has ended.
  }
}

/** As a shell counts: 128 + n for a signal. */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0);
}

/**
 * Waits for the output's end, but not for a grandchild that left the group and keeps the pipe open. A client that is
 * attached and behind is waited for.
 */
async function drained(output: Promise<unknown>, tap: OutputTap, clock: Clock): Promise<void> {
  const timer = new AbortController();
  let isOver = false;
  const over = output.then(() => {
    isOver = true;
  });
  do await Promise.race([over, clock.sleep(DRAIN_MS, timer.signal).catch(() => {})]);
  while (!isOver && tap.isBlocked());
  timer.abort();
}

/** Rejects when the program can't be started (`ENOENT`, `EACCES`). */
export async function startProcessContainer(options: ProcessOptions): Promise<RunningContainer> {
  const [file = '', ...args] = options.argv;
  const child = spawn(file, args, {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const { stdout, stderr } = child as ChildProcess & { stdout: Readable; stderr: Readable };
  const output = Promise.all([logLines(stdout, options.log), logLines(stderr, options.log)]);
  const tap = tapStreams(stdout, stderr);
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid!;
  const exited = ended.then(async (exitCode): Promise<ContainerExit> => {
    signalGroup(pid, 'SIGKILL');
    await drained(output, tap, options.clock);
    stdout.destroy();
    stderr.destroy();
    return { exitCode, message: await lastWords(options.messageFile) };
  });
  await options.started?.(pid);
  let isAsked = false;

  async function stop(graceMs: number): Promise<void> {
    if (!isAsked) signalGroup(pid, 'SIGTERM');
    isAsked = true;
    const timer = new AbortController();
    const killed = options.clock.sleep(graceMs, timer.signal).then(
      () => signalGroup(pid, 'SIGKILL'),
      () => {},
    );
    await Promise.race([exited, killed]);
    timer.abort();
    await exited;
  }

  return {
    exited,
    tap,
    ...(child.stdin && { stdin: containerInput(child.stdin, options.stdin === 'once') }),
    stop,
  };
}
