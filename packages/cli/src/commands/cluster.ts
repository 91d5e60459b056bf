/** `kagent cluster [-- command…]`: a Kubernetes API on this machine without the platform, for operators and their tests. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { z } from 'zod';
import { HOME_SETTING } from '../home.ts';
import type { Kubernetes } from '../processes/kubernetes.ts';
import { untilStopped } from '../processes/until-stopped.ts';
import {
  addSettings,
  CONTAINER_ENGINE_SETTING,
  LOG_LEVEL_SETTING,
  port,
  readSettings,
} from '../settings.ts';

const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])])
  .transform((value) => value === true || value === 'true' || value === '1');

const CLUSTER_SETTINGS = {
  home: {
    ...HOME_SETTING,
    env: 'KAGENT_CLUSTER_HOME',
    description: 'where its state lives',
    default: '~/.kagent/kubernetes',
  },
  host: {
    flag: 'host',
    env: 'KAGENT_KUBE_HOST',
    placeholder: 'address',
    description: 'address to listen on',
    schema: z.string().min(1),
    default: '127.0.0.1',
  },
  port: {
    flag: 'port',
    env: 'KAGENT_KUBE_PORT',
    placeholder: 'port',
    description: 'port of the Kubernetes API, 0 for a free one',
    schema: port,
    default: '6443',
  },
  memory: {
    flag: 'memory',
    env: 'KAGENT_CLUSTER_MEMORY',
    description: 'keep objects in memory only: every start is an empty cluster',
    schema: flag,
    default: 'false',
  },
  apiOnly: {
    flag: 'api-only',
    env: 'KAGENT_CLUSTER_API_ONLY',
    description: 'leave out the workload controllers and the node, as envtest does',
    schema: flag,
    default: 'false',
  },
  survives: {
    flag: 'survives',
    env: 'KAGENT_CLUSTER_SURVIVES',
    placeholder: 'what',
    description:
      'what an answered write outlives: the death of the "process", or a "power" cut (slower)',
    schema: z.enum(['process', 'power']),
    default: 'process',
  },
  auditLog: {
    flag: 'audit-log',
    env: 'KAGENT_CLUSTER_AUDIT_LOG',
    placeholder: 'file',
    description: 'write who did what to this file, one audit.k8s.io/v1 Event a line',
    schema: z
      .string()
      .min(1)
      .transform((path) => resolve(path))
      .optional(),
  },
  containerEngine: CONTAINER_ENGINE_SETTING,
  allowHostPath: {
    flag: 'allow-host-path',
    env: 'KAGENT_ALLOW_HOST_PATH',
    description: 'let pods mount folders of this machine by hostPath',
    schema: flag,
    default: 'false',
  },
  kubeconfig: {
    flag: 'kubeconfig',
    env: 'KAGENT_CLUSTER_KUBECONFIG',
    placeholder: 'file',
    description: 'where to write the kubeconfig (default: kubeconfig in the home folder)',
    schema: z
      .string()
      .min(1)
      .transform((path) => resolve(path))
      .optional(),
  },
  logLevel: LOG_LEVEL_SETTING,
};

export function registerCluster(program: Command): void {
  const command = program
    .command('cluster')
    .description('start just the Kubernetes API, its controllers and a node, on this machine')
    .argument('[command...]', 'run this with KUBECONFIG set, then stop; put it after --')
    .option('-o, --output <format>', 'text or json: one line that says where it is', 'text');
  addSettings(command, CLUSTER_SETTINGS);
  command.addHelpText(
    'after',
    '\nExamples:\n' +
      '  kagent cluster                                  until Ctrl-C; state is kept\n' +
      '  kagent cluster --memory --port 0 -- go test ./...   a fresh cluster for one command',
  );
  command.action((words: string[], flags: Record<string, unknown>) => run(words, flags));
}

async function run(words: string[], flags: Record<string, unknown>): Promise<void> {
  const began = performance.now();
  const output = z
    .enum(['text', 'json'], { error: '--output must be text or json' })
    .safeParse(flags['output']);
  if (!output.success)
    throw new KagentError('invalid_argument', output.error.issues[0]?.message ?? 'bad --output');
  const settings = readSettings(CLUSTER_SETTINGS, flags, process.env);
  const { startKubernetes } = await import('../processes/kubernetes.ts');
  const stopped = untilStopped();
  const cluster = await startKubernetes({ ...settings, env: process.env });
  try {
    if (words.length > 0) process.exitCode = await runWith(cluster, words);
    else {
      console.log(
        output.data === 'json'
          ? JSON.stringify({
              url: cluster.url,
              kubeconfig: cluster.kubeconfig,
              pid: process.pid,
              home: settings.home,
            })
          : text(cluster, { home: settings.home, milliseconds: performance.now() - began }),
      );
      await stopped;
    }
  } finally {
    await cluster.stop();
  }
}

function text(
  { url, kubeconfig }: Kubernetes,
  { home, milliseconds }: { home: string; milliseconds: number },
): string {
  return [
    `Kubernetes is ready at ${url} (${(milliseconds / 1000).toFixed(1)} s)`,
    `State and log are in ${home}. Ctrl-C stops it.`,
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get nodes',
  ].join('\n');
}

/** Runs the command with the cluster as its current one; resolves with its exit code, 128 + n for a signal. */
function runWith(cluster: Kubernetes, [file = '', ...args]: string[]): Promise<number> {
  const child = spawn(file, args, {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  return new Promise((done, fail) => {
    child.once('error', (error) =>
      fail(
        new KagentError(
          'invalid_argument',
          (error as NodeJS.ErrnoException).code === 'ENOENT'
            ? `command not found: ${file}`
            : `${file} can't be started: ${error.message}`,
        ),
      ),
    );
    child.once('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
