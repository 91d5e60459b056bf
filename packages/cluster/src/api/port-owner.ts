/** Finds out which program listens on a port, for the message that says the port is taken. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `node server.js (pid 4711)`, or undefined where the system does not tell (not Linux, another user's process). */
export function findPortOwner(port: number): string | undefined {
  try {
    const inodes = new Set([
      ...listeningInodes('/proc/net/tcp', port),
      ...listeningInodes('/proc/net/tcp6', port),
    ]);
    if (inodes.size === 0) return undefined;
    for (const pid of readdirSync('/proc')) {
      if (/^\d+$/.test(pid) && holdsSocket(pid, inodes)) return describe(pid);
    }
  } catch {
    // No /proc here.
  }
  return undefined;
}

const LISTEN = '0A';

function listeningInodes(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === LISTEN)
    .map((columns) => columns[9] ?? '');
}

function holdsSocket(pid: string, inodes: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function describe(pid: string): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    .split('\0')
    .filter((part) => part !== '');
  return `${command.slice(0, 3).join(' ').slice(0, 120)} (pid ${pid})`;
}
