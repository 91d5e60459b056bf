/** What a Job needs now: pods to start or stop, counters, conditions. Pure. */
import { timeText } from '../time-text.ts';
import type { Condition, Job, JobStatus, Pod } from '../objects.ts';
import { isPodActive, isPodReady } from '../pods.ts';

export interface JobPlan {
  create: number;
  remove: Pod[];
  status: JobStatus;
  /** Milliseconds until something changes by time alone. */
  nextMs?: number;
  /** The Job and its pods may be deleted. */
  isExpired: boolean;
}

const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;

function condition(job: Job, next: Omit<Condition, 'lastTransitionTime'>, now: number): Condition {
  const before = job.status?.conditions?.find(({ type }) => type === next.type);
  if (before?.status === next.status) return before;
  return { ...next, lastProbeTime: timeText(now), lastTransitionTime: timeText(now) };
}

export function isJobFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

function finishedAt(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}

/** Milliseconds to wait before the next pod: 10 s, doubled with every failure, at most 10 min. */
function backoffLeft(failed: Pod[], count: number, now: number): number {
  if (count === 0) return 0;
  const delay = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (count - 1));
  const last = Math.max(0, ...failed.map(finishedAt));
  return last === 0 ? 0 : Math.max(0, last + delay - now);
}

interface Counts {
  active: Pod[];
  succeeded: number;
  failed: number;
  failedPods: Pod[];
}

function countPods(job: Job, pods: Pod[]): Counts {
  const failedPods = pods.filter((pod) => pod.status?.phase === 'Failed');
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length;
  return {
    active: pods.filter(isPodActive),
    succeeded: Math.max(succeeded, job.status?.succeeded ?? 0),
    failed: Math.max(failedPods.length, job.status?.failed ?? 0),
    failedPods,
  };
}

/** Why the Job has failed, if it has. */
function failureOf(
  job: Job,
  counts: Counts,
  now: number,
): { reason: string; message: string } | undefined {
  const limit = job.spec.backoffLimit ?? 6;
  const restarts = counts.active
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, one) => sum + one.restartCount, 0);
  const isOnFailure = job.spec.template.spec.restartPolicy === 'OnFailure';
  if (counts.failed > limit || (isOnFailure && restarts > 0 && restarts >= limit)) {
    return {
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  const deadline = job.spec.activeDeadlineSeconds;
  const start = Date.parse(job.status?.startTime ?? '');
  if (deadline !== undefined && !Number.isNaN(start) && now >= start + deadline * 1000) {
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  return undefined;
}

function isComplete(job: Job, counts: Counts): boolean {
  const { completions } = job.spec;
  if (completions === undefined || completions === null)
    return counts.succeeded > 0 && counts.active.length === 0;
  return counts.succeeded >= completions;
}

function wantedPods(job: Job, counts: Counts): number {
  const parallelism = job.spec.parallelism ?? 1;
  const { completions } = job.spec;
  if (completions !== undefined && completions !== null) {
    return Math.min(parallelism, Math.max(0, completions - counts.succeeded));
  }
  return counts.succeeded > 0 ? Math.min(counts.active.length, parallelism) : parallelism;
}

function finished(
  job: Job,
  counts: Counts,
  outcome: { conditions: Condition[]; now: number; isSuccess: boolean },
): JobPlan {
  const { now } = outcome;
  return {
    create: 0,
    remove: counts.active,
    isExpired: false,
    status: {
      startTime: job.status?.startTime ?? timeText(now),
      ...(outcome.isSuccess ? { completionTime: timeText(now) } : {}),
      active: 0,
      ready: 0,
      succeeded: counts.succeeded,
      failed: counts.failed,
      conditions: outcome.conditions,
    },
  };
}

function planFinished(job: Job, pods: Pod[], now: number): JobPlan {
  const ttl = job.spec.ttlSecondsAfterFinished;
  const end = (job.status?.conditions ?? []).find(
    ({ type }) => type === 'Complete' || type === 'Failed',
  );
  const left =
    ttl === undefined ? undefined : Date.parse(end?.lastTransitionTime ?? '') + ttl * 1000 - now;
  const base = { create: 0, remove: pods.filter(isPodActive), status: job.status ?? {} };
  if (left === undefined || Number.isNaN(left)) return { ...base, isExpired: false };
  return left <= 0 ? { ...base, isExpired: true } : { ...base, isExpired: false, nextMs: left };
}

function planRunning(job: Job, counts: Counts, now: number): JobPlan {
  const isSuspended = job.spec.suspend === true;
  const wanted = isSuspended ? 0 : wantedPods(job, counts);
  const wait =
    counts.active.length < wanted ? backoffLeft(counts.failedPods, counts.failed, now) : 0;
  const create = wait > 0 ? 0 : Math.max(0, wanted - counts.active.length);
  const others = (job.status?.conditions ?? []).filter(({ type }) => type !== 'Suspended');
  const suspended = isSuspended
    ? [
        condition(
          job,
          { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' },
          now,
        ),
      ]
    : [];
  const deadline = job.spec.activeDeadlineSeconds;
  const start = Date.parse(job.status?.startTime ?? timeText(now));
  const waits = [
    wait > 0 ? [wait] : [],
    deadline === undefined ? [] : [Math.max(1, start + deadline * 1000 - now)],
  ].flat();
  return {
    create,
    remove: counts.active.slice(wanted),
    isExpired: false,
    ...(waits.length === 0 ? {} : { nextMs: Math.min(...waits) }),
    status: {
      ...(isSuspended ? {} : { startTime: job.status?.startTime ?? timeText(now) }),
      active: Math.min(wanted, counts.active.length + create),
      ready: counts.active.filter(isPodReady).length,
      succeeded: counts.succeeded,
      failed: counts.failed,
      conditions: [...others, ...suspended],
    },
  };
}

/** `pods` are all pods of the Job that still exist. */
export function planJob(job: Job, pods: Pod[], now: number): JobPlan {
  if (isJobFinished(job)) return planFinished(job, pods, now);
  const counts = countPods(job, pods);
  const failure = failureOf(job, counts, now);
  if (failure !== undefined) {
    const conditions = ['FailureTarget', 'Failed'].map((type) =>
      condition(job, { type, status: 'True', ...failure }, now),
    );
    return finished(job, counts, { conditions, now, isSuccess: false });
  }
  if (isComplete(job, counts)) {
    const why = {
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    };
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) =>
      condition(job, { type, status: 'True', ...why }, now),
    );
    return finished(job, counts, { conditions, now, isSuccess: true });
  }
  return planRunning(job, counts, now);
}
