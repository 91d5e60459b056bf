/** `kagent up` and `kagent cluster` as processes of their own, to be interrupted and killed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { EXECUTABLE } from './cli.ts';

export interface KagentProcess {
  pid: number;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Sends the signal and resolves when the process is gone, with its exit code (null after a signal). */
  end(signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM'): Promise<number | null>;
}

export interface UpProcess extends KagentProcess {
  urls: { ui: string; api: string; kubernetes: string };
  kubeconfig: string;
}

export interface UpOptions {
  home: string;
  args?: readonly string[];
  env?: Record<string, string>;
}

const READY_WITHIN = 30_000;

/** Resolves when it says that it is ready; rejects with what it printed when it ends before. */
export async function startUp({ home, args = [], env = {} }: UpOptions): Promise<UpProcess> {
  const ports = ['--api-port', '0', '--ui-port', '0', '--kube-port', '0'];
  const started = await startKagent({ home, args: ['up', '--home', home, ...ports, ...args], env });
  const address = (label: string) =>
    new RegExp(`${label}\\s+(\\S+)`).exec(started.output())?.[1] ?? '';
  return {
    ...started,
    urls: { ui: address('UI'), api: address('API, A2A'), kubernetes: address('Kubernetes') },
    kubeconfig: join(home, 'kubeconfig'),
  };
}

/** Any command that serves until Ctrl-C. */
export async function startKagent(options: Required<UpOptions>): Promise<KagentProcess> {
  const { home, args, env } = options;
  const child = spawn(process.execPath, [EXECUTABLE, ...args], {
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const name = `kagent ${args[0]}`;
  // a test that fails half way must not leave it behind
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  let output = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const add = (text: string) => {
    output += text;
    if (output.includes('Ctrl-C stops it')) resolve();
  };
  child.stdout.setEncoding('utf8').on('data', add);
  child.stderr.setEncoding('utf8').on('data', add);
  const exited = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      process.off('exit', killAtExit);
      done(code);
    });
  });
  void exited.then((code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
  const late = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`${name} was not ready in ${READY_WITHIN} ms:\n${output}`));
  }, READY_WITHIN);
  try {
    await ready;
  } finally {
    clearTimeout(late);
  }
  return {
    pid: child.pid ?? 0,
    output: () => output,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
