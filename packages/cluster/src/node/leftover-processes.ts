/**
 * Processes of containers that a killed platform left behind: their ids are on disk, so that the next start ends them
 * before it starts the same containers again.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { signalGroup } from './process-container.ts';

function ps(pid: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], (error, stdout) => {
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : undefined);
    });
  });
}

/** When the process was started, as text that no other process of the same id has; undefined when it is gone. */
async function startMark(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return ps(pid);
  }
}

function markFile(folder: string, pid: number): string {
  return join(folder, `${pid}.pid`);
}

/** Remembers a process; the returned function forgets it. */
export async function rememberProcess(folder: string, pid: number): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(markFile(folder, pid), (await startMark(pid)) ?? '', { mode: 0o600 });
  return () => rm(markFile(folder, pid), { force: true });
}

/** Kills every remembered process group whose leader still is the process that was remembered. */
export async function killLeftovers(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => []);
  let killed = 0;
  for (const file of files) {
    const pid = Number.parseInt(file, 10);
    const mark = await readFile(join(folder, file), 'utf8').catch(() => '');
    if (pid > 1 && mark !== '' && (await startMark(pid)) === mark) {
      signalGroup(pid, 'SIGKILL');
      killed += 1;
    }
    await rm(join(folder, file), { force: true });
  }
  return killed;
}
