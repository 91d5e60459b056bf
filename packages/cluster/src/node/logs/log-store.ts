/** All container logs of a node: where they lie, when they are written, when they go. */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';

import type { Clock, Logger } from '@kagent/kube';

import type { Scheduler } from '../scheduler.ts';
import { closeLogFiles, createContainerLog, openLogFiles } from './container-log.ts';
import type { ContainerLog, LogSnapshot } from './container-log.ts';
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

export interface LogStoreOptions {
  /** `<dataDir>/logs` */
  root: string;
  clock: Clock;
  scheduler: Scheduler;
  logger: Logger;
  /** Size at which a file is rotated; one older file is kept. Default 5 MiB. */
  maxBytes?: number;
}

/** Text in files, whose descriptors are closed at the end. */
async function* fromFiles(snapshot: LogSnapshot, options: ReadLogOptions): AsyncIterable<string> {
  try {
    yield* readStored(snapshot, options);
  } finally {
    closeLogFiles(snapshot.files);
  }
}

async function* fromLog(log: ContainerLog, options: ReadLogOptions): AsyncIterable<string> {
  yield* fromFiles(await log.attach(), options);
}

class FolderLogStore implements LogStore {
  readonly #options: LogStoreOptions;
  readonly #live = new Map<string, ContainerLog>();
  readonly #dirty = new Set<ContainerLog>();

  constructor(options: LogStoreOptions) {
    this.#options = options;
  }

  open(id: LogId): ContainerLog {
    const { clock, logger, scheduler, maxBytes = MAX_LOG_BYTES } = this.#options;
    const path = this.#path(id);
    const log = createContainerLog({
      path,
      maxBytes,
      clock,
      logger,
      onDirty: (self) => {
        if (this.#dirty.size === 0) scheduler.after(FLUSH_DELAY_MS, () => this.#flush());
        this.#dirty.add(self);
      },
      onClose: (self) => {
        if (this.#live.get(path) === self) this.#live.delete(path);
      },
    });
    this.#live.set(path, log);
    if (id.attempt > 1) void this.#trim(id);
    return log;
  }

  has(id: LogId): boolean {
    const path = this.#path(id);
    return this.#live.has(path) || existsSync(path);
  }

  previousAttempt(id: LogId): number | undefined {
    const [onDisk] = attemptsIn(this.#folder(id)).filter((attempt) => attempt < id.attempt);
    // the last one may have ended a moment ago, and not be written yet
    const last = id.attempt - 1;
    return this.#live.has(this.#path({ ...id, attempt: last })) ? last : onDisk;
  }

  read(id: LogId, options: ReadLogOptions & { follow?: boolean }): AsyncIterable<string> {
    const path = this.#path(id);
    const log = this.#live.get(path);
    if (log === undefined)
      return fromFiles({ files: openLogFiles(path), queued: [], end: 0 }, options);
    return options.follow === true ? followLog(log, options, closeLogFiles) : fromLog(log, options);
  }

  async remove(pod: LogPod): Promise<void> {
    const folder = podFolder(this.#options.root, pod);
    const logs = [...this.#live].filter(([path]) => path.startsWith(`${folder}${sep}`));
    await Promise.all(logs.map(([, log]) => log.close()));
    await rm(folder, { recursive: true, force: true });
  }

  async sweep(keep: ReadonlySet<string>): Promise<void> {
    const { root } = this.#options;
    const folders = await readdir(root).catch(() => []);
    for (const folder of folders) {
      const uid = folder.slice(folder.lastIndexOf('_') + 1);
      if (!keep.has(uid)) await rm(join(root, folder), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#live.values()].map((log) => log.close()));
  }

  #folder(id: LogId): string {
    return join(podFolder(this.#options.root, id.pod), id.container);
  }

  #path(id: LogId): string {
    return join(this.#folder(id), `${id.attempt}.log`);
  }

  #flush(): void {
    const logs = [...this.#dirty];
    this.#dirty.clear();
    for (const log of logs) void log.flush();
  }

  /** Keeps this attempt and the one before it. */
  async #trim(id: LogId): Promise<void> {
    const old = attemptsIn(this.#folder(id)).filter((attempt) => attempt < id.attempt);
    try {
      for (const attempt of old.slice(1)) {
        const path = this.#path({ ...id, attempt });
        await rm(path, { force: true });
        await rm(`${path}.1`, { force: true });
      }
    } catch (error) {
      this.#options.logger.warn(
        { error: String(error) },
        'old container logs could not be deleted',
      );
    }
  }
}

export function createLogStore(options: LogStoreOptions): LogStore {
  return new FolderLogStore(options);
}
