/** The processes of this machine: who belongs to whom, CPU time and memory. From /proc, or from `ps` where there is none. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  parent: number;
  group: number;
  /** CPU time so far, with that of children that have ended. */
  cpuMs: number;
  /** Resident bytes. */
  memory: number;
}

/** Ticks a second in /proc; the same on every Linux Node runs on. */
const TICKS = 100;

/** After the name in brackets, which may hold anything: state, parent, group, … (proc(5), /proc/pid/stat). */
function readStat(pid: string): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const [, parent, group] = fields;
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      cpuMs: (ticks * 1000) / TICKS,
      memory: 0,
    };
  } catch {
    return undefined; // it has ended
  }
}

function residentBytes(pid: number): number {
  try {
    const [, kibibytes = '0'] =
      /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}

/** `1-02:03:04`, `02:03`, `0:01.25` → milliseconds. */
function psTime(text: string): number {
  const [rest = '', days = '0'] = text.split('-').toReversed();
  const seconds = rest.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}

/** Reads the table of `ps -A -o pid=,ppid=,pgid=,rss=,time=`. */
export function parsePs(table: string): ProcessInfo[] {
  return table.split('\n').flatMap((line) => {
    const [pid, parent, group, memory, time] = line.trim().split(/\s+/);
    if (time === undefined) return [];
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        cpuMs: psTime(time),
        memory: Number(memory) * 1024,
      },
    ];
  });
}

function fromPs(): Promise<ProcessInfo[]> {
  return new Promise((resolve) => {
    const columns = 'pid=,ppid=,pgid=,rss=,time=';
    execFile('ps', ['-A', '-o', columns], { timeout: 5000 }, (error, table) => {
      resolve(error ? [] : parsePs(table));
    });
  });
}

/** The processes in these groups. Never rejects. */
export async function processesOf(groups: ReadonlySet<number>): Promise<ProcessInfo[]> {
  if (groups.size === 0) return [];
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    pids = [];
  }
  if (pids.length === 0) return (await fromPs()).filter(({ group }) => groups.has(group));
  const found = pids.flatMap((pid) => readStat(pid) ?? []);
  return found
    .filter(({ group }) => groups.has(group))
    .map((info) => ({ ...info, memory: residentBytes(info.pid) }));
}
