/** Runs a program to its end and keeps what it says: probes, hooks, and commands to a container engine. */
import { spawn } from 'node:child_process';

import { exitCodeOf, signalGroup } from './process-container.ts';

export interface CapturedOutput {
  /** 128 + n for a signal, 126 when it could not be run, 124 when it took too long. */
  code: number;
  /** At most 256 KiB each. */
  stdout: string;
  stderr: string;
  isLate: boolean;
}

const MAX_OUTPUT = 256 * 1024;

/** No shell, no input. Kills the program and its children after `timeoutMs`. Never rejects. */
export function captureOutput(
  command: string[],
  { env, cwd, timeoutMs }: { env: Record<string, string>; cwd?: string; timeoutMs: number },
): Promise<CapturedOutput> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env,
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    let isLate = false;
    const end = (code: number): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ ...output, code, isLate });
    };
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      end(124);
    }, timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (output[name].length < MAX_OUTPUT) output[name] += text;
      });
    }
    child.once('error', (error) => {
      output.stderr += error.message;
      end(126);
    });
    child.once('close', (code, signal) => end(exitCodeOf(code, signal)));
  });
}
