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
async function* fileLines(files: LogSnapshot['files']): AsyncIterable<string> {
  for (const { fd, bytes } of files) {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let at = 0; at < bytes;) {
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

async function* storedLines(snapshot: LogSnapshot): AsyncIterable<string> {
  yield* fileLines(snapshot.files);
  yield* snapshot.queued;
}

/** The last `count` lines, or all of them; older than `since` left out. */
async function* selected(snapshot: LogSnapshot, options: ReadLogOptions): AsyncIterable<string> {
  const { tailLines } = options;
  if (tailLines === undefined || tailLines < 0) {
    for await (const line of storedLines(snapshot)) {
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

async function* followed(
  log: ContainerLog,
  options: ReadLogOptions,
  close: (fds: LogSnapshot['files']) => void,
): AsyncIterable<string> {
  const queue: (string | undefined)[] = [];
  let wake: () => void = () => {};
  const attached = await log.attach((line) => {
    queue.push(line);
    wake();
  });
  const onAbort = (): void => wake();
  options.signal.addEventListener('abort', onAbort);
  try {
    yield* chunked(selected(attached, options));
    while (!options.signal.aborted) {
      const lines = queue.splice(0);
      const end = lines.indexOf(undefined);
      const text = (end === -1 ? lines : lines.slice(0, end))
        .map((line) => render(line ?? '', options) ?? '')
        .join('');
      if (text !== '') yield text;
      if (end !== -1) return;
      if (queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (options.signal.aborted) resolve();
      });
    }
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    attached.detach();
    close(attached.files);
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
