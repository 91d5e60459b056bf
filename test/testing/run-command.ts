/** A program as a person would start it: arguments in, exit code and texts out. */
import { spawn } from 'node:child_process';

export interface CommandResult {
  /** 128 + n for a signal, as in a shell. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  /** Standard input; closed at once when left out. */
  input?: string;
  cwd?: string;
  /** Milliseconds after which the program is killed and the promise rejects. Default 30 s. */
  timeout?: number;
}

/** Never rejects for an exit code. The environment is only what is given, plus PATH. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], ...options.env },
    cwd: options.cwd,
    timeout: options.timeout ?? 30_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') {
        reject(new Error(`${file} ${args.join(' ')} was killed\n${stdout}${stderr}`));
      } else resolve({ code: code ?? 128, stdout, stderr });
    });
  });
}

/** Standard output of a call that must succeed. */
export async function outputOf(call: string, result: Promise<CommandResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`${call} ended with ${code}\n${stderr}${stdout}`);
  return stdout;
}
