/** What is known of one run of a container: its log and its usage follow from it. */
import type { RunPlan, UnmetNeed } from './assess.ts';

/** One run of the process, from start to end: what its log is made of. */
export interface RunRecord {
  /** Restart count of the container in this run. */
  attempt: number;
  startedAt: number;
  finishedAt: number | undefined;
  /** When it began to listen. */
  upAt: number | undefined;
  plan: RunPlan;
  /** Needs that were not met, from a moment on. */
  complaints: { from: number; unmet: UnmetNeed[] }[];
}
