/** Files and folders that people name to a command. */
import { mkdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { KagentError } from '@kagent/spec';

const REASONS: Record<string, string> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by you',
};

/** The whole text; `-` is standard input. Rejects with `invalid_argument` that names the file and says why. */
export async function readGivenFile(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Makes the folder and those above it. Node's own recursive form never returns for a folder in /proc. */
export function makeFolder(path: string, mode = 0o777): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(path), mode);
  mkdirSync(path, { mode });
}

/** What the system says of a file, in words for people. */
export function fileError(path: string, error: unknown): KagentError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code] ?? `can't be read: ${String((error as Error).message)}`;
  return new KagentError('invalid_argument', `${path} ${reason}`, { cause: error });
}
