/** The folder where a person's kagent keeps everything, and the lock that keeps two from sharing it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KagentError } from '@kagent/spec';
import { z } from 'zod';
import { makeFolder } from './files.ts';

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

const Lock = z.object({ pid: z.number(), api: z.string().optional() });

/** Creates the folder (0700) when it is missing; one that is there keeps its mode, and what is put into it is its owner's; rejects with what to do when that can't be. */
export function openHome(path: string): void {
  try {
    makeFolder(path, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KagentError(
      'unavailable',
      `KAGENT_HOME ${path} can't be used: ${reason}. Choose another with --home.`,
    );
  }
}

export interface HomeLock {
  /** Writes down where this process serves, for whoever is refused. */
  announce(api: string): void;
  release(): void;
}

/** Takes the folder for this process; another live process that has it is named. A lock left by a killed one is taken. */
export function lockHome(home: string): HomeLock {
  const path = join(home, 'lock.json');
  const write = (flag: 'wx' | 'w', api?: string) =>
    writeFileSync(path, JSON.stringify({ pid: process.pid, api }), { flag, mode: 0o600 });
  try {
    write('wx');
  } catch {
    const holder = Lock.safeParse(readJson(path)).data;
    if (holder && holder.pid !== process.pid && isAlive(holder.pid)) {
      const api = holder.api === undefined ? '' : `, API ${holder.api}`;
      throw new KagentError(
        'conflict',
        `kagent is already running with ${home} (process ${holder.pid}${api}). ` +
          'Use that one, stop it, or choose another folder with --home. ' +
          `If process ${holder.pid} is another program, remove ${path}.`,
      );
    }
    write('w');
  }
  return { announce: (api) => write('w', api), release: () => rmSync(path, { force: true }) };
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
