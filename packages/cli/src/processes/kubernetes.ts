/** Just the embedded Kubernetes, as a process of its own: what `kagent cluster` runs, and what `kagent up` shares with it. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Cluster, StartError, startCluster, StorageError } from '@kagent/cluster';
import { systemClock } from '@kagent/kube';
import { KagentError } from '@kagent/spec';
import { makeFolder } from '../files.ts';
import { lockHome, openHome } from '../home.ts';
import { createFileLogger, type LogLevel } from '../terminal/logger.ts';
import { portTaken } from './listen.ts';

export interface KubernetesOptions {
  /** Folder of all state; created when missing. */
  home: string;
  host: string;
  /** 0 picks a free port. */
  port: number;
  /** Keeps objects in memory only: every start is an empty cluster. */
  memory: boolean;
  /** Leaves out the workload controllers and the node. */
  apiOnly: boolean;
  /** Where the kubeconfig goes; `<home>/kubeconfig` by default. */
  kubeconfig?: string | undefined;
  survives: 'process' | 'power';
  auditLog?: string | undefined;
  /** `auto`, `none`, or a program. */
  containerEngine: string;
  allowHostPath: boolean;
  logLevel: LogLevel;
  /** Pods get its PATH, the container engine all of it. */
  env: Record<string, string | undefined>;
}

export interface Kubernetes {
  url: string;
  /** Path of the file. */
  kubeconfig: string;
  stop(): Promise<void>;
}

/** Resolves when the API answers and the node takes pods. Rejects with a message for people, with nothing left running. */
export async function startKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const { home, host, port, memory } = options;
  openHome(home);
  const lock = lockHome(home);
  const logger = createFileLogger(join(home, 'kubernetes.log'), options.logLevel);
  const started = await startCluster({
    host,
    port,
    storage: memory ? 'memory' : { sqlite: join(home, 'cluster.db'), survives: options.survives },
    dataDir: join(home, 'cluster'),
    workloads: !options.apiOnly,
    extraEnv: { PATH: options.env['PATH'] ?? '' },
    engineEnv: givenOf(options.env),
    containerEngine: options.containerEngine,
    allowHostPath: options.allowHostPath,
    ...(options.auditLog !== undefined && { audit: { path: options.auditLog } }),
    logger,
    clock: systemClock,
  }).catch((error: unknown) => {
    lock.release();
    logger.flush();
    throw clusterError(error, { host, port, hint: '--port or KAGENT_KUBE_PORT' });
  });
  const stop = async () => {
    await started.stop();
    lock.release();
    logger.flush();
  };
  const kubeconfig = options.kubeconfig ?? join(home, 'kubeconfig');
  try {
    lock.announce(started.url);
    writeKubeconfig(kubeconfig, started);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: started.url, kubeconfig, stop };
}

/** What is set. */
export function givenOf(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/**
 * Replaces the file at once, and makes its folder when there is none. Only its owner may read it: it holds the
 * administrator's key. Throws `unavailable` with the reason.
 */
export function writeKubeconfig(path: string, cluster: Cluster): void {
  const next = `${path}.next`;
  try {
    makeFolder(dirname(path));
    writeFileSync(next, cluster.kubeconfig, { mode: 0o600 });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new KagentError('unavailable', `The kubeconfig can't be written: ${reason}`, {
      cause: error,
    });
  }
}

/** What keeps a cluster from starting, with the flag that helps. */
export function clusterError(
  error: unknown,
  listening: { host: string; port: number; hint: string },
): unknown {
  if (error instanceof StorageError)
    return new KagentError('unavailable', error.message, { cause: error });
  if (!(error instanceof StartError)) return error;
  if (error.code !== 'port_in_use')
    return new KagentError('unavailable', error.message, { cause: error });
  return portTaken(error, { ...listening, purpose: 'Kubernetes API', owner: error.owner });
}
