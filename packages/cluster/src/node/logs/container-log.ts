/**
 * The log of one run of one container: a file in the format of the container runtime interface
 * (`<RFC3339Nano> stdout F <text>`), written behind in batches so that a thousand quiet tenants hold no file open.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Clock, Logger } from '@kagent/kube';

/** Lines kept when the disk does not take them. */
const MAX_PENDING = 5000;

export interface ContainerLogOptions {
  path: string;
  /** The file is moved to `<path>.1` when it is larger. */
  maxBytes: number;
  clock: Clock;
  logger: Logger;
  /** Called when there is something to flush; the owner calls `flush` soon. */
  onDirty(log: ContainerLog): void;
  /** Called once, when the log has ended and is written. */
  onClose(log: ContainerLog): void;
}

/** What there is at one moment, without gap or repetition against `onLine`. The descriptors belong to the caller. */
export interface LogSnapshot {
  files: { fd: number; bytes: number }[];
  /** Lines that are not in the files yet. */
  queued: string[];
  /** Where it ends: bytes logged since the log was opened. */
  end: number;
}

export interface ContainerLog {
  /** One or several lines of text, without a line end. */
  append(text: string): void;
  flush(): Promise<void>;
  /**
   * What there is now. `onLine` gets what comes after it, without gap or repetition; `undefined` = the log was closed.
   */
  attach(onLine?: (line: string | undefined) => void): Promise<LogSnapshot & { detach(): void }>;
  /** Ends the log and writes what is left. Idempotent. */
  close(): Promise<void>;
}

/** Opens what exists of a log file and its predecessor, oldest first. */
export function openLogFiles(path: string): LogSnapshot['files'] {
  const files: LogSnapshot['files'] = [];
  for (const name of [`${path}.1`, path]) {
    try {
      const fd = openSync(name, 'r');
      files.push({ fd, bytes: fstatSync(fd).size });
    } catch {
      // Not there: nothing was logged, or it was never rotated.
    }
  }
  return files;
}

export function closeLogFiles(files: LogSnapshot['files']): void {
  for (const file of files) closeSync(file.fd);
}

/** Makes the folder; resolves to the size the file has already. */
async function prepareFile(path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}

function timestamp(now: number): string {
  return new Date(now).toISOString().replace('Z', '000000Z');
}

class FileLog implements ContainerLog {
  readonly #options: ContainerLogOptions;
  readonly #listeners = new Set<(line: string | undefined) => void>();
  #pending: string[] = [];
  /** Size of the file; unknown until the first write. */
  #size: number | undefined;
  #isClosed = false;
  #end = 0;
  #flushing: Promise<void> | undefined;

  constructor(options: ContainerLogOptions) {
    this.#options = options;
  }

  append(text: string): void {
    if (this.#isClosed) return;
    const prefix = `${timestamp(this.#options.clock.now())} stdout F `;
    for (const part of text.split('\n')) {
      const line = `${prefix}${part}\n`;
      if (this.#pending.length >= MAX_PENDING && this.#flushing === undefined)
        this.#pending.shift();
      this.#pending.push(line);
      this.#end += Buffer.byteLength(line);
      for (const listener of this.#listeners) listener(line);
    }
    this.#options.onDirty(this);
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async attach(
    onLine?: (line: string | undefined) => void,
  ): Promise<LogSnapshot & { detach(): void }> {
    do await this.flush();
    while (this.#flushing !== undefined);
    if (onLine !== undefined && this.#isClosed) onLine(undefined);
    else if (onLine !== undefined) this.#listeners.add(onLine);
    const detach = (): void => {
      if (onLine !== undefined) this.#listeners.delete(onLine);
    };
    const { path } = this.#options;
    return { files: openLogFiles(path), queued: [...this.#pending], end: this.#end, detach };
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const listener of this.#listeners) listener(undefined);
      this.#listeners.clear();
      await this.flush();
      this.#options.onClose(this);
    }
    await this.flush();
  }

  async #write(): Promise<void> {
    const { path, maxBytes, logger } = this.#options;
    while (this.#pending.length > 0) {
      const count = this.#pending.length;
      const text = this.#pending.join('');
      try {
        this.#size ??= await prepareFile(path);
        await appendFile(path, text, { mode: 0o600 });
      } catch (error) {
        logger.warn({ error: String(error), path }, 'a container log could not be written');
        return;
      }
      this.#pending = this.#pending.slice(count);
      this.#size += Buffer.byteLength(text);
      if (this.#size <= maxBytes) continue;
      await rename(path, `${path}.1`).catch(() => {});
      this.#size = 0;
    }
  }
}

/** Appends to the file when it exists already: a run of the platform before this one may have written to it. */
export function createContainerLog(options: ContainerLogOptions): ContainerLog {
  return new FileLog(options);
}
