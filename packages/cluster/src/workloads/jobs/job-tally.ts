/** What the pods of a Job add up to: counters, indexes, backoff. Pure. */
import type { Job, UncountedPods } from '../job-objects.ts';
import type { Pod } from '../objects.ts';
import { isPodReady } from '../pods.ts';
import { parseIndexes } from './job-indexes.ts';
import { finishedAt, hasEnded, INDEX_FAILURES, indexOf, isIndexed, isTracked } from './job-pods.ts';
import { judgeFailure } from './pod-failures.ts';

export interface Tally {
  active: Pod[];
  /** Being deleted and not over. */
  terminating: Pod[];
  ready: number;
  succeeded: number;
  failed: number;
  completed: Set<number>;
  failedIndexes: Set<number>;
  /** Failures so far of an index that may run again. */
  failuresOf: Map<number, number>;
  /** Why a rule of `podFailurePolicy` fails the whole Job. */
  policyFailure: string | undefined;
  /** Pods to let go once the status has them. */
  release: Pod[];
  /** What `release` will have been counted as; empty = everything is counted already. */
  uncounted: Required<UncountedPods>;
  /** Whether `uncounted` has pods the status does not name yet. */
  isNews: boolean;
  /** Failed pods since the last success, newest first. */
  recentFailures: Pod[];
}

export function completionsOf(job: Job): number {
  return job.spec.completions ?? 0;
}

/** What is decided about the Job's end: pods that are deleted because of it count as failed only when it fails. */
export type Ending = 'open' | 'failing' | 'succeeding';

/** A terminating pod counts as failed at once unless the Job waits for its real end (KEP-3939). */
function isFailure(job: Job, pod: Pod, ending: Ending): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (pod.metadata.deletionTimestamp === undefined || hasEnded(pod)) return false;
  if (ending !== 'open') return ending === 'failing';
  const waits =
    job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
  // without a node nobody will ever tell how it ended
  return !waits || pod.spec.nodeName === undefined;
}

class Counter {
  readonly #job: Job;
  readonly #ending: Ending;
  readonly tally: Tally;

  constructor(job: Job, pods: Pod[], ending: Ending) {
    const { status = {} } = job;
    const limit = completionsOf(job);
    const known = status.uncountedTerminatedPods ?? {};
    this.#job = job;
    this.#ending = ending;
    const isLeaving = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
    const living = pods.filter((pod) => !hasEnded(pod));
    const active = living.filter((pod) => !isLeaving(pod));
    this.tally = {
      active,
      terminating: living.filter(isLeaving),
      ready: active.filter(isPodReady).length,
      succeeded: 0,
      failed: 0,
      completed: isIndexed(job) ? parseIndexes(status.completedIndexes, limit) : new Set(),
      failedIndexes: isIndexed(job) ? parseIndexes(status.failedIndexes, limit) : new Set(),
      failuresOf: new Map(),
      policyFailure: undefined,
      release: [],
      uncounted: { succeeded: [...(known.succeeded ?? [])], failed: [...(known.failed ?? [])] },
      isNews: false,
      recentFailures: [],
    };
    for (const pod of pods) this.#count(pod);
    this.#finish(pods);
  }

  #count(pod: Pod): void {
    const isSuccess = pod.status?.phase === 'Succeeded';
    const isFailed = !isSuccess && isFailure(this.#job, pod, this.#ending);
    if (isFailed) this.#countIndexFailure(pod);
    if (!isTracked(pod)) return;
    const isAbandoned =
      this.#ending === 'succeeding' && pod.metadata.deletionTimestamp !== undefined;
    if (!isSuccess && !isFailed) {
      if (isAbandoned) this.tally.release.push(pod);
      return;
    }
    this.tally.release.push(pod);
    if (isSuccess) this.#countSuccess(pod);
    else this.#countFailure(pod);
  }

  #countSuccess(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    const { uncounted, completed } = this.tally;
    if (!isIndexed(this.#job)) {
      this.#note(uncounted.succeeded, uid);
      return;
    }
    const index = indexOf(pod);
    // the index itself is what is counted
    if (index === undefined || index >= completionsOf(this.#job) || completed.has(index)) return;
    completed.add(index);
    this.tally.isNews = true;
  }

  #countFailure(pod: Pod): void {
    const verdict = judgeFailure(this.#job, pod);
    if (verdict.action === 'Ignore') return;
    if (verdict.action === 'FailJob') this.tally.policyFailure ??= verdict.message;
    this.#note(this.tally.uncounted.failed, pod.metadata.uid ?? '');
  }

  #note(list: string[], uid: string): void {
    if (list.includes(uid)) return;
    list.push(uid);
    this.tally.isNews = true;
  }

  /** Each pod carries how often its index had failed before it. */
  #countIndexFailure(pod: Pod): void {
    const index = indexOf(pod);
    const { backoffLimitPerIndex } = this.#job.spec;
    if (index === undefined || backoffLimitPerIndex === undefined) return;
    const { action } = judgeFailure(this.#job, pod);
    const before = Number(pod.metadata.annotations?.[INDEX_FAILURES] ?? 0) || 0;
    const failures = action === 'Ignore' ? before : before + 1;
    const { failuresOf, failedIndexes, completed } = this.tally;
    failuresOf.set(index, Math.max(failuresOf.get(index) ?? 0, failures));
    const isLost = action === 'FailIndex' || failures > backoffLimitPerIndex;
    if (isLost && !completed.has(index)) failedIndexes.add(index);
  }

  #finish(pods: Pod[]): void {
    const { tally } = this;
    const { status = {} } = this.#job;
    tally.failed = (status.failed ?? 0) + tally.uncounted.failed.length;
    tally.succeeded = isIndexed(this.#job)
      ? tally.completed.size
      : (status.succeeded ?? 0) + tally.uncounted.succeeded.length;
    const lastSuccess = Math.max(
      0,
      ...pods.filter(({ status: is }) => is?.phase === 'Succeeded').map(finishedAt),
    );
    tally.recentFailures = pods
      .filter((pod) => pod.status?.phase === 'Failed' && finishedAt(pod) >= lastSuccess)
      .filter((pod) => judgeFailure(this.#job, pod).action !== 'Ignore')
      .toSorted((a, b) => finishedAt(b) - finishedAt(a));
  }
}

/** `pods` are all pods of the Job that still exist. */
export function tallyPods(job: Job, pods: Pod[], ending: Ending): Tally {
  return new Counter(job, pods, ending).tally;
}

const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;

/** Milliseconds to wait after these failures: 10 s from the end of the last, doubled with each, at most 10 min. */
export function backoffLeft(failures: Pod[], count: number, now: number): number {
  const last = Math.max(0, ...failures.map(finishedAt));
  if (count === 0 || last === 0) return 0;
  const delay = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (count - 1));
  return Math.max(0, last + delay - now);
}
