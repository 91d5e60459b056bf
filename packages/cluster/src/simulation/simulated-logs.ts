/** Logs of simulated containers: computed from what a run did when somebody asks, never stored. */
import type { Clock } from '@kagent/kube';

import type { LogId, LogStore } from '../node/logs/log-store.ts';
import type { ReadLogOptions } from '../node/logs/read-log.ts';
import { fill, hashText, noise } from './fill.ts';
import { durationMs } from './scenario.ts';
import type { RunRecord } from './run-record.ts';

export interface LogLine {
  /** Milliseconds since the epoch. */
  time: number;
  text: string;
}

const LINE_GAP_MS = 90;
const MAX_STEADY_LINES = 2000;
const DEFAULT_EVERY_MS = 15_000;
const FOLLOW_MS = 250;

interface Writer {
  add(time: number, template: string, error?: string): void;
  lines: LogLine[];
}

function writer(run: RunRecord, pod: string): Writer {
  const lines: LogLine[] = [];
  const seed = hashText(`${pod}/${run.startedAt}`);
  return {
    lines,
    add(time, template, error = '') {
      const values = { env: run.plan.env, time, pod, error, seed: seed + Math.floor(time / 7) };
      for (const text of fill(template, values).split('\n')) lines.push({ time, text });
    },
  };
}

function steadyLines(run: RunRecord, out: Writer, until: number): void {
  const { every, lines = [] } = run.plan.run.logs ?? {};
  const pause = durationMs(every, DEFAULT_EVERY_MS);
  const first = (run.upAt ?? run.startedAt) + pause / 2;
  const total = Math.max(0, Math.floor((until - first) / pause) + 1);
  for (let index = Math.max(0, total - MAX_STEADY_LINES); index < total; index += 1) {
    const jitter = noise(index + run.startedAt) * pause * 0.6;
    const time = Math.floor(first + index * pause + jitter - pause * 0.3);
    if (time > until) continue;
    const { unmet } = run.complaints.findLast(({ from }) => from <= time) ?? run.complaints[0]!;
    const wrong = unmet.filter(
      ({ need }) => (need.log ?? []).length > 0 && need.otherwise !== 'crash',
    );
    const complaint = wrong[index % Math.max(1, wrong.length)];
    if (complaint !== undefined) {
      for (const line of complaint.need.log ?? []) out.add(time, line, complaint.error);
    } else if (lines.length > 0 && run.upAt !== undefined)
      out.add(time, lines[index % lines.length]!);
  }
}

/** Every line the run has written up to `now`, oldest first; of a long run the last 2000 steady ones. */
export function linesOf(run: RunRecord, pod: string, now: number): LogLine[] {
  const out = writer(run, pod);
  const { start = [], stop = [], every, lines = [] } = run.plan.run.logs ?? {};
  const until = Math.min(now, run.finishedAt ?? now);
  for (const [index, line] of start.entries()) {
    const time = run.startedAt + 40 + index * LINE_GAP_MS;
    if (time <= until) out.add(time, line);
  }
  const fatal = run.complaints
    .at(-1)!
    .unmet.find(({ need }) => (need.otherwise ?? 'crash') === 'crash');
  if (fatal !== undefined) {
    if (run.finishedAt === undefined) return out.lines;
    const last = fatal.need.log ?? [];
    for (const [index, line] of last.entries()) {
      out.add(run.finishedAt - (last.length - index) * 3, line, fatal.error);
    }
    return out.lines;
  }
  const hasComplaint = run.complaints.some(({ unmet }) => unmet.length > 0);
  if (every !== undefined || lines.length > 0 || hasComplaint) steadyLines(run, out, until);
  if (run.finishedAt !== undefined && run.finishedAt <= now) {
    for (const line of stop) out.add(run.finishedAt - 5, line);
  }
  return out.lines;
}

export interface SimulatedRuns {
  /** Runs of a container that are known, newest last, with the numbers of their attempts. */
  runs(id: Omit<LogId, 'attempt'>): readonly RunRecord[];
  /** Time in the namespace. */
  now(namespace: string): number;
}

function render({ time, text }: LogLine, options: ReadLogOptions): string {
  const stamp = new Date(time).toISOString().replace('Z', '417000Z');
  return options.timestamps === true ? `${stamp} ${text}\n` : `${text}\n`;
}

function pick(lines: LogLine[], options: ReadLogOptions): LogLine[] {
  const recent = lines.filter(({ time }) => options.since === undefined || time >= options.since);
  const { tailLines } = options;
  if (tailLines === undefined || tailLines < 0) return recent;
  return tailLines === 0 ? [] : recent.slice(-tailLines);
}

/** The part of a log store that reading needs. */
export function createSimulatedLogs(
  source: SimulatedRuns,
  clock: Clock,
): Pick<LogStore, 'has' | 'previousAttempt' | 'read'> {
  const runOf = (id: LogId) => source.runs(id).find(({ attempt }) => attempt === id.attempt);

  async function* read(
    id: LogId,
    options: ReadLogOptions & { follow?: boolean },
  ): AsyncIterable<string> {
    const run = runOf(id);
    if (run === undefined) return;
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    const cut = (text: string) => {
      const bytes = Buffer.from(text).subarray(0, left);
      left -= bytes.length;
      return bytes.toString('utf8');
    };
    const now = source.now(id.pod.namespace);
    let seen = now;
    for (const line of pick(linesOf(run, id.pod.name, now), options)) {
      if (left <= 0) return;
      yield cut(render(line, options));
    }
    while (options.follow === true && run.finishedAt === undefined && left > 0) {
      await clock.sleep(FOLLOW_MS, options.signal).catch(() => {});
      if (options.signal.aborted) return;
      const until = source.now(id.pod.namespace);
      for (const line of linesOf(run, id.pod.name, until)) {
        if (line.time > seen && left > 0) yield cut(render(line, options));
      }
      seen = until;
    }
  }

  return {
    has: (id) => runOf(id) !== undefined,
    previousAttempt: (id) =>
      source
        .runs(id)
        .map(({ attempt }) => attempt)
        .filter((attempt) => attempt < id.attempt)
        .at(-1),
    read,
  };
}
