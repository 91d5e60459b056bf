/** All container logs of a node: where they lie, when they are written, when they go. */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock, Logger } from '@kagent/kube';

import type { Scheduler } from '../scheduler.ts';
import { closeLogFiles, createContainerLog, openLogFiles } from './container-log.ts';
import type { ContainerLog } from './container-log.ts';
import { followLog, readStored } from './read-log.ts';
import type { ReadLogOptions } from './read-log.ts';

const FLUSH_DELAY_MS = 100;
const MAX_LOG_BYTES = 5 * 1024 * 1024;

export interface LogPod {
  namespace: string;
  name: string;
  uid: string;
}

/** Names one run: `attempt` is the container's restart count. */
export interface LogId {
  pod: LogPod;
  container: string;
  attempt: number;
}

export interface LogStore {
  /** Starts the log of a run; logs older than the one before it are deleted. */
  open(id: LogId): ContainerLog;
  /** Whether the run has a log, live or on disk. */
  has(id: LogId): boolean;
  /** The newest attempt before `id.attempt` that left a log. */
  previousAttempt(id: LogId): number | undefined;
  /** Text of a run, live or from disk; empty when there is nothing. */
  read(id: LogId, options: ReadLogOptions & { follow?: boolean }): AsyncIterable<string>;
  remove(pod: LogPod): Promise<void>;
  /** Deletes the logs of pods that are not in `keep` (uids). */
  sweep(keep: ReadonlySet<string>): Promise<void>;
  /** Writes what is pending and ends all logs. */
  close(): Promise<void>;
}

function podFolder(root: string, pod: LogPod): string {
  return join(root, `${pod.namespace}_${pod.name}_${pod.uid}`);
}

function attemptsIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+\.log$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .toSorted((a, b) => b - a);
  } catch {
    return [];
  }
}

export function createLogStore(options: {
  /** `<dataDir>/logs` */
  root: string;
  clock: Clock;
  scheduler: Scheduler;
  logger: Logger;
  maxBytes?: number;
}): LogStore {
  const { root, clock, scheduler, logger, maxBytes = MAX_LOG_BYTES } = options;
  const live = new Map<string, ContainerLog>();
  const dirty = new Set<ContainerLog>();

  const folderOf = (id: LogId): string => join(podFolder(root, id.pod), id.container);
  const pathOf = (id: LogId): string => join(folderOf(id), `${id.attempt}.log`);

  function flushDirty(): void {
    const logs = [...dirty];
    dirty.clear();
    for (const log of logs) void log.flush();
  }

  async function* stored(path: string, read: ReadLogOptions): AsyncIterable<string> {
    const files = openLogFiles(path);
    try {
      yield* readStored({ files, queued: [] }, read);
    } finally {
      closeLogFiles(files);
    }
  }

  async function* current(log: ContainerLog, read: ReadLogOptions): AsyncIterable<string> {
    const snapshot = await log.attach();
    try {
      yield* readStored(snapshot, read);
    } finally {
      closeLogFiles(snapshot.files);
    }
  }

  async function trim(id: LogId): Promise<void> {
    const old = attemptsIn(folderOf(id)).filter((attempt) => attempt < id.attempt).slice(1);
    for (const attempt of old) {
      const path = pathOf({ ...id, attempt });
      await rm(path, { force: true });
      await rm(`${path}.1`, { force: true });
    }
  }

  return {
    open(id) {
      const path = pathOf(id);
      const log = createContainerLog({
        path,
        maxBytes,
        clock,
        logger,
        onDirty(self) {
          if (dirty.size === 0) scheduler.after(FLUSH_DELAY_MS, flushDirty);
          dirty.add(self);
        },
      });
      live.set(path, log);
      if (id.attempt > 1) trim(id).catch((error: unknown) => logger.warn({ error }, 'old container logs could not be deleted'));
      return {
        ...log,
        async close() {
          await log.close();
          if (live.get(path) === log) live.delete(path);
        },
      };
    },
    has: (id) => live.has(pathOf(id)) || existsSync(pathOf(id)),
    previousAttempt: (id) => attemptsIn(folderOf(id)).find((attempt) => attempt < id.attempt),
    read(id, read) {
      const path = pathOf(id);
      const log = live.get(path);
      if (log === undefined) return stored(path, read);
      return read.follow === true ? followLog(log, read, closeLogFiles) : current(log, read);
    },
    async remove(pod) {
      const folder = podFolder(root, pod);
      for (const [path, log] of live) {
        if (!path.startsWith(`${folder}/`)) continue;
        live.delete(path);
        await log.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
    async sweep(keep) {
      const folders = await readdir(root).catch(() => []);
      for (const folder of folders) {
        const uid = folder.slice(folder.lastIndexOf('_') + 1);
        if (!keep.has(uid)) await rm(join(root, folder), { recursive: true, force: true });
      }
    },
    async close() {
      await Promise.all([...live.values()].map((log) => log.close()));
      live.clear();
    },
  };
}
