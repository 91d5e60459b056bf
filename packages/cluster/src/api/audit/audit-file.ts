/** The audit log in a file: one JSON line an event, for its owner only, rotated by size. */
import { chmod, open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import type { Logger } from '@kagent/kube';

import type { AuditLevel } from './audit-event.ts';
import type { AuditSink } from './auditor.ts';

export interface AuditFileOptions {
  /** Made when missing, with mode 0600; its directory must exist. The file before a rotation is `<path>.1`. */
  path: string;
  level?: AuditLevel;
  /** The file is rotated before it grows beyond this size. Default 64 MiB. */
  maxBytes?: number;
  logger: Logger;
}

export interface AuditFile extends AuditSink {
  /** Resolves when every recorded event is written, and closes the file. Later events are dropped. Idempotent. */
  close(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/** What may wait for a slow disk; events beyond it are dropped and counted. */
const MAX_QUEUED_CHARACTERS = 16 * 1024 * 1024;

/**
 * Opens the log when the first event is recorded. Events are written in order by one writer in the background; while it
 * writes, the next ones gather and go out together. A file that cannot be written is reported and costs events, never requests.
 */
export function createAuditFile(options: AuditFileOptions): AuditFile {
  const { path, level = 'Metadata', maxBytes = DEFAULT_MAX_BYTES, logger } = options;
  const file = new RotatedFile(path, maxBytes);
  let queue: string[] = [];
  let queued = 0;
  /** Events that did not get into the log since it was last complained about. */
  let lost = 0;
  let isFailing = false;
  let isClosed = false;
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    // Lets the events of one turn gather.
    await Promise.resolve();
    while (queue.length > 0) await writeQueued();
    writing = undefined;
  }

  async function writeQueued(): Promise<void> {
    const lines = queue;
    queue = [];
    queued = 0;
    try {
      await file.append(lines);
      isFailing = false;
    } catch (error) {
      lost += lines.length;
      if (!isFailing)
        logger.error({ path, error: String(error) }, 'the audit log cannot be written');
      isFailing = true;
      return;
    }
    if (lost > 0) logger.warn({ path, lost }, 'events are missing in the audit log');
    lost = 0;
  }

  return {
    level,
    record(event) {
      if (isClosed) return;
      const line = `${JSON.stringify(event)}\n`;
      if (queued + line.length > MAX_QUEUED_CHARACTERS) {
        lost += 1;
        return;
      }
      queue.push(line);
      queued += line.length;
      writing ??= drain();
    },
    async close() {
      isClosed = true;
      await writing;
      await file.close();
    },
  };
}

class RotatedFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #handle: FileHandle | undefined;
  #size = 0;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Writes whole lines; a line longer than the limit gets a file of its own. */
  async append(lines: string[]): Promise<void> {
    let batch: Buffer[] = [];
    let size = 0;
    for (const line of lines) {
      const bytes = Buffer.from(line);
      await this.#open();
      if (this.#size + size > 0 && this.#size + size + bytes.length > this.#maxBytes) {
        await this.#write(batch);
        batch = [];
        size = 0;
        await this.#rotate();
      }
      batch.push(bytes);
      size += bytes.length;
    }
    await this.#write(batch);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    const handle = await open(this.#path, 'a', 0o600);
    await chmod(this.#path, 0o600);
    this.#size = (await handle.stat()).size;
    this.#handle = handle;
    return handle;
  }

  async #write(batch: Buffer[]): Promise<void> {
    if (batch.length === 0) return;
    const bytes = Buffer.concat(batch);
    const handle = await this.#open();
    await handle.writeFile(bytes);
    this.#size += bytes.length;
  }

  async #rotate(): Promise<void> {
    await this.close();
    await rename(this.#path, `${this.#path}.1`);
    await this.#open();
  }
}
