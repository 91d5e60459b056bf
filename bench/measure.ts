/** What a measurement is, and the few sums that all of them share. */

/** One row of the table. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The mark to reach, in the unit of the value. Rows without one are for reading only. */
  target?: { below: number } | { above: number };
  /** The same thing done another way in the same run; the table shows value divided by this. */
  against?: { what: string; value: number };
}

export interface Measure {
  name: string;
  /** One line for `--list`. */
  title: string;
  /** False leaves it out unless it is asked for by name. */
  byDefault: boolean;
  /** Starts what it needs and stops it before it resolves. */
  run(context: BenchContext): Promise<Figure[]>;
}

export interface BenchContext {
  /** A new empty folder, removed at the end. */
  scratch(): string;
  /** How many agents the measurements with many agents apply. */
  agents: number | undefined;
  /** Where CPU profiles of the platform go; undefined takes none. */
  profiles: string | undefined;
  /** What is going on, for people. */
  say(text: string): void;
}

export type Verdict = 'meets' | 'misses';

export function verdict({ value, target }: Figure): Verdict | undefined {
  if (!target) return undefined;
  return ('below' in target ? value < target.below : value > target.above) ? 'meets' : 'misses';
}

/** Nearest rank; `share` from 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Milliseconds that the task takes, and what it answers. */
export async function timed<T>(task: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await task();
  return { ms: performance.now() - start, result };
}

/** Milliseconds of each of `count` calls, one after the other. */
export async function repeat(
  count: number,
  task: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const { ms } = await timed(() => task(index));
    times.push(ms);
  }
  return times;
}

/** `count` calls by `width` workers; resolves when all are done. */
export async function spread(
  { count, width }: { count: number; width: number },
  task: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await task(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}
