/** The folder where a person's kagent keeps everything, and the lock that keeps two from sharing it. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KagentError } from '@kagent/spec';
import { z } from 'zod';

export const HOME_SETTING = {
  flag: 'home',
  env: 'KAGENT_HOME',
  placeholder: 'folder',
  description: 'where all state lives',
  schema: z
    .string()
    .min(1)
    .transform((path) => resolve(path.replace(/^~(?=$|\/)/, homedir()))),
  default: '~/.kagent',
};

const Lock = z.object({ pid: z.number(), api: z.string() });

/** Creates the folder (0700) when it is missing; rejects with what to do when that can't be. */
export function openHome(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KagentError(
      'unavailable',
      `KAGENT_HOME ${path} can't be used: ${reason}. Choose another with --home.`,
    );
  }
}

/**
 * Takes the folder for this process; another live process that has it is named. A lock left by a killed process is
 * taken over. The returned function gives it back.
 */
export function lockHome(home: string, api: string): () => void {
  const path = join(home, 'lock.json');
  const write = (flag: 'wx' | 'w') =>
    writeFileSync(path, JSON.stringify({ pid: process.pid, api }), { flag, mode: 0o600 });
  try {
    write('wx');
  } catch {
    const holder = Lock.safeParse(readJson(path)).data;
    if (holder && holder.pid !== process.pid && isAlive(holder.pid)) {
      throw new KagentError(
        'conflict',
        `kagent is already running with ${home} (process ${holder.pid}, API ${holder.api}). ` +
          'Use that one, stop it, or choose another folder with --home.',
      );
    }
    write('w');
  }
  return () => rmSync(path, { force: true });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
