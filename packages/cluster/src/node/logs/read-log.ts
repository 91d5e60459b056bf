/** Reads a container's log the way `kubectl logs` asks for it: tail, since, timestamps, limit, follow. */
import { read } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { promisify } from 'node:util';

import type { ContainerLog, LogSnapshot } from './container-log.ts';

export interface ReadLogOptions {
  tailLines?: number;
  /** Only lines written at or after this time, in milliseconds. */
  since?: number;
  timestamps?: boolean;
  limitBytes?: number;
  signal: AbortSignal;
}

const CHUNK = 64 * 1024;
/** What is kept for a reader that is behind; the rest it gets from the files. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** `undefined` when the line is older than wanted. */
function render(line: string, options: ReadLogOptions): string | undefined {
  const space = line.indexOf(' ');
  const time = line.slice(0, space);
  if (options.since !== undefined && Date.parse(time) < options.since) return undefined;
  const text = line.slice(space + ' stdout F '.length);
  return options.timestamps === true ? `${time} ${text}` : text;
}

const readAt = promisify(read);

/** Read by position, not as streams: a stream closes its descriptor, and these are the caller's to close. */
async function* fileLines(files: LogSnapshot['files'], skip: number): AsyncIterable<string> {
  let left = skip;
  for (const { fd, bytes } of files) {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const start = Math.min(left, bytes);
    left -= start;
    for (let at = start; at < bytes;) {
      const length = Math.min(CHUNK, bytes - at);
      const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const lines = (rest + decoder.write(buffer.subarray(0, bytesRead))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield `${line}\n`;
    }
    if (rest !== '') yield `${rest}\n`;
  }
}

const sizeOf = (lines: string[]): number =>
  lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);

/** Lines from `position` on; all of them without one. */
async function* storedLines(snapshot: LogSnapshot, position?: number): AsyncIterable<string> {
  const { files, queued, end } = snapshot;
  const inFiles = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const start = end - inFiles - sizeOf(queued);
  let skip = position === undefined ? 0 : Math.max(0, position - start);
  yield* fileLines(files, skip);
  skip -= inFiles;
  for (const line of queued) {
    if (skip <= 0) yield line;
    else skip -= Buffer.byteLength(line);
  }
}

/** The last `count` lines, or all of them; older than `since` left out. */
async function* selected(
  snapshot: LogSnapshot,
  options: ReadLogOptions,
  position?: number,
): AsyncIterable<string> {
  const { tailLines } = options;
  if (tailLines === undefined || tailLines < 0 || position !== undefined) {
    for await (const line of storedLines(snapshot, position)) {
      const text = render(line, options);
      if (text !== undefined) yield text;
    }
    return;
  }
  let tail: string[] = [];
  for await (const line of storedLines(snapshot)) {
    tail.push(line);
    if (tail.length > tailLines * 2 + 64) tail = tail.slice(-tailLines);
  }
  for (const line of tailLines === 0 ? [] : tail.slice(-tailLines)) {
    const text = render(line, options);
    if (text !== undefined) yield text;
  }
}

/** Joins lines into chunks of about 64 KiB. */
async function* chunked(lines: AsyncIterable<string>): AsyncIterable<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function* limited(
  chunks: AsyncIterable<string>,
  limitBytes: number | undefined,
): AsyncIterable<string> {
  let left = limitBytes ?? Infinity;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk);
    if (bytes.length >= left) {
      yield bytes.subarray(0, left).toString('utf8');
      return;
    }
    left -= bytes.length;
    yield chunk;
  }
}

/** Lines in files only, of a run that is over. The descriptors stay open: they are the caller's. */
export function readStored(snapshot: LogSnapshot, options: ReadLogOptions): AsyncIterable<string> {
  return limited(chunked(selected(snapshot, options)), options.limitBytes);
}

/** What came since the snapshot, up to a limit. */
class LineQueue {
  /** It is full, and lines were lost: the reader must attach again. */
  hasOverflowed = false;
  isClosed = false;
  #lines: string[] = [];
  #bytes = 0;
  #wake: () => void = () => {};

  push(line: string | undefined): void {
    if (line === undefined) this.isClosed = true;
    else if (this.hasOverflowed || this.#bytes > MAX_QUEUED_BYTES) this.hasOverflowed = true;
    else {
      this.#lines.push(line);
      this.#bytes += Buffer.byteLength(line);
    }
    this.#wake();
  }

  take(): string[] {
    this.#bytes = 0;
    return this.#lines.splice(0);
  }

  /** Resolves when there is news or the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#lines.length > 0 || this.isClosed || this.hasOverflowed || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#wake = wake;
    signal.addEventListener('abort', wake);
    await promise;
    signal.removeEventListener('abort', wake);
  }
}

async function* followed(
  log: ContainerLog,
  options: ReadLogOptions,
  close: (fds: LogSnapshot['files']) => void,
): AsyncIterable<string> {
  let position: number | undefined;
  for (;;) {
    const queue = new LineQueue();
    const attached = await log.attach((line) => queue.push(line));
    try {
      yield* chunked(selected(attached, options, position));
      position = attached.end;
      for (;;) {
        await queue.wait(options.signal);
        if (options.signal.aborted) return;
        const lines = queue.take();
        position += sizeOf(lines);
        const text = lines.map((line) => render(line, options) ?? '').join('');
        if (text !== '') yield text;
        if (queue.hasOverflowed) break;
        if (queue.isClosed) return;
      }
    } finally {
      attached.detach();
      close(attached.files);
    }
  }
}

/** What is there, then what comes, until the container ends or the signal aborts (the iteration then just ends). */
export function followLog(
  log: ContainerLog,
  options: ReadLogOptions,
  close: (files: LogSnapshot['files']) => void,
): AsyncIterable<string> {
  return limited(followed(log, options, close), options.limitBytes);
}
