/** `kagent up` as a process of its own, to be interrupted and killed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { EXECUTABLE } from './cli.ts';

export interface UpProcess {
  urls: { ui: string; api: string; kubernetes: string };
  kubeconfig: string;
  pid: number;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Sends the signal and resolves when the process is gone, with its exit code (null after a signal). */
  end(signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM'): Promise<number | null>;
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
  const child = spawn(process.execPath, [EXECUTABLE, 'up', '--home', home, ...ports, ...args], {
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
  void exited.then((code) => reject(new Error(`kagent up ended with ${code}:\n${output}`)));
  const late = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`kagent up was not ready in ${READY_WITHIN} ms:\n${output}`));
  }, READY_WITHIN);
  try {
    await ready;
  } finally {
    clearTimeout(late);
  }
  const address = (label: string) => new RegExp(`${label}\\s+(\\S+)`).exec(output)?.[1] ?? '';
  return {
    urls: { ui: address('UI'), api: address('API, A2A'), kubernetes: address('Kubernetes') },
    kubeconfig: join(home, 'kubeconfig'),
    pid: child.pid ?? 0,
    output: () => output,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
