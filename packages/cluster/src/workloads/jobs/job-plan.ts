/** What a Job needs now: pods to start or stop, counters, conditions. Pure. */
import type { Job, JobStatus } from '../job-objects.ts';
import type { Condition, Pod } from '../objects.ts';
import { timeText } from '../time-text.ts';
import { formatIndexes, parseIndexes } from './job-indexes.ts';
import { indexOf, isIndexed, isTracked } from './job-pods.ts';
import type { JobStart } from './job-pods.ts';
import { backoffLeft, completionsOf, tallyPods } from './job-tally.ts';
import type { Ending, Tally } from './job-tally.ts';

export interface JobPlan {
  create: JobStart[];
  /** Running pods that are too many: let go first, so that their end is not counted. */
  drop: Pod[];
  /** Running pods that end because the Job does. */
  remove: Pod[];
  /** Written before any pod of `release` is let go, so that none is lost or counted twice. */
  record?: JobStatus;
  release: Pod[];
  status: JobStatus;
  /** Milliseconds until something changes by time alone. */
  nextMs?: number;
  /** The Job and its pods may be deleted. */
  isExpired: boolean;
}

interface Reason {
  reason: string;
  message: string;
}

interface Verdict extends Reason {
  isSuccess: boolean;
}

const SUCCEEDED: Verdict = {
  isSuccess: true,
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

function find(job: Job, type: string): Condition | undefined {
  return job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
}

export function isJobFinished(job: Job): boolean {
  return find(job, 'Complete') !== undefined || find(job, 'Failed') !== undefined;
}

function deadlineLeft(job: Job, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec;
  const start = Date.parse(job.status?.startTime ?? '');
  if (activeDeadlineSeconds === undefined || job.spec.suspend === true || Number.isNaN(start))
    return undefined;
  return start + activeDeadlineSeconds * 1000 - now;
}

function failureOf(job: Job, tally: Tally, now: number): Reason | undefined {
  const { backoffLimit = 6, maxFailedIndexes } = job.spec;
  if (tally.policyFailure !== undefined)
    return { reason: 'PodFailurePolicy', message: tally.policyFailure };
  const restarts = tally.active
    .flatMap(({ status }) => [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
    ])
    .reduce((sum, one) => sum + one.restartCount, 0);
  const isOnFailure = job.spec.template.spec.restartPolicy === 'OnFailure';
  if (tally.failed > backoffLimit || (isOnFailure && restarts > 0 && restarts >= backoffLimit)) {
    return {
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  if ((deadlineLeft(job, now) ?? 1) <= 0)
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  if (maxFailedIndexes !== undefined && tally.failedIndexes.size > maxFailedIndexes) {
    return {
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    };
  }
  const isAllOver =
    tally.failedIndexes.size > 0 &&
    tally.failedIndexes.size + tally.completed.size >= completionsOf(job);
  return isAllOver ? { reason: 'FailedIndexes', message: 'Job has failed indexes' } : undefined;
}

/** KEP-3998: some indexes, or some number of them, are enough. */
function successRule(job: Job, { completed }: Tally): Verdict | undefined {
  const rules = job.spec.successPolicy?.rules ?? [];
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const of = succeededIndexes ?? (job.spec.completions ? `0-${job.spec.completions - 1}` : '');
    const wanted = parseIndexes(of, completionsOf(job));
    const done = [...wanted].filter((one) => completed.has(one)).length;
    return done > 0 && done >= (succeededCount ?? wanted.size);
  });
  if (index === -1) return undefined;
  return { isSuccess: true, reason: 'SuccessPolicy', message: `Matched rules at index ${index}` };
}

function isComplete(job: Job, tally: Tally): boolean {
  const { completions } = job.spec;
  if (completions === undefined || completions === null)
    return tally.succeeded > 0 && tally.active.length === 0 && tally.terminating.length === 0;
  return tally.succeeded >= completions;
}

/** How the Job ends, if it does; what was decided once stays. */
function verdictOf(job: Job, tally: Tally, now: number): Verdict | undefined {
  for (const [type, isSuccess] of [
    ['FailureTarget', false],
    ['SuccessCriteriaMet', true],
  ] as const) {
    const known = find(job, type);
    if (known !== undefined)
      return { isSuccess, reason: known.reason ?? '', message: known.message ?? '' };
  }
  const failure = failureOf(job, tally, now);
  if (failure !== undefined) return { isSuccess: false, ...failure };
  return successRule(job, tally) ?? (isComplete(job, tally) ? SUCCEEDED : undefined);
}

function withCondition(
  conditions: Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: number,
): Condition[] {
  const before = conditions.find(({ type }) => type === next.type);
  if (before?.status === next.status) return conditions;
  const time = timeText(now);
  const made = { ...next, lastProbeTime: time, lastTransitionTime: time };
  return [...conditions.filter(({ type }) => type !== next.type), made];
}

interface Wanted {
  start: JobStart[];
  waitMs?: number;
}

function startsIndexed(job: Job, tally: Tally, facts: { room: number; now: number }): Wanted {
  const { room, now } = facts;
  const taken = new Set([...tally.completed, ...tally.failedIndexes]);
  const busy = [
    ...tally.active,
    ...(job.spec.podReplacementPolicy === 'Failed' ? tally.terminating : []),
  ];
  for (const pod of busy) taken.add(indexOf(pod) ?? -1);
  const isPerIndex = job.spec.backoffLimitPerIndex !== undefined;
  const common = isPerIndex
    ? 0
    : backoffLeft(tally.recentFailures, tally.recentFailures.length, now);
  if (common > 0 && room > 0) return { start: [], waitMs: common };
  const start: JobStart[] = [];
  const waits: number[] = [];
  for (let index = 0; index < completionsOf(job) && start.length < room; index += 1) {
    if (taken.has(index)) continue;
    const failures = tally.failuresOf.get(index) ?? 0;
    const failed = tally.recentFailures.filter((pod) => indexOf(pod) === index);
    const wait = isPerIndex ? backoffLeft(failed, failures, now) : 0;
    if (wait > 0) waits.push(wait);
    else start.push(isPerIndex ? { index, failures } : { index });
  }
  return { start, ...(waits.length === 0 ? {} : { waitMs: Math.min(...waits) }) };
}

function wantedActive(job: Job, tally: Tally): number {
  const { parallelism = 1, completions } = job.spec;
  if (completions === undefined || completions === null)
    return tally.succeeded > 0 ? Math.min(tally.active.length, parallelism) : parallelism;
  const left = completions - tally.succeeded - tally.failedIndexes.size;
  return Math.min(parallelism, Math.max(0, left));
}

function starts(job: Job, tally: Tally, now: number): Wanted {
  const held = job.spec.podReplacementPolicy === 'Failed' ? tally.terminating.length : 0;
  const room = wantedActive(job, tally) - tally.active.length - held;
  if (room <= 0) return { start: [] };
  if (isIndexed(job)) return startsIndexed(job, tally, { room, now });
  const wait = backoffLeft(tally.recentFailures, tally.recentFailures.length, now);
  return wait > 0
    ? { start: [], waitMs: wait }
    : { start: Array.from({ length: room }, () => ({})) };
}

/** Pods to drop: not ready before ready, younger before older; of an index that runs twice the younger. */
function surplus(job: Job, tally: Tally): Pod[] {
  const limit = job.spec.suspend === true ? 0 : wantedActive(job, tally);
  const isReady = (pod: Pod): boolean =>
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
    true;
  const rank = (pod: Pod): number => (isReady(pod) ? 2 : pod.status?.phase === 'Running' ? 1 : 0);
  const doomed = new Set<Pod>();
  const seen = new Set<number>();
  for (const pod of isIndexed(job) ? tally.active : []) {
    const index = indexOf(pod) ?? -1;
    const isUseless =
      seen.has(index) || tally.completed.has(index) || index < 0 || index >= completionsOf(job);
    if (isUseless) doomed.add(pod);
    seen.add(index);
  }
  const rest = tally.active.filter((pod) => !doomed.has(pod));
  const age = (pod: Pod): string => pod.metadata.creationTimestamp ?? '';
  const order = rest.toSorted((a, b) => rank(a) - rank(b) || (age(a) > age(b) ? -1 : 1));
  return [...doomed, ...order.slice(0, Math.max(0, rest.length - limit))];
}

function statusOf(
  job: Job,
  tally: Tally,
  facts: { active: number; terminating: number },
): JobStatus {
  const { startTime, completionTime } = job.status ?? {};
  return {
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...(facts.active === 0 ? {} : { active: facts.active }),
    ready: Math.min(tally.ready, facts.active),
    terminating: facts.terminating,
    ...(tally.succeeded === 0 ? {} : { succeeded: tally.succeeded }),
    ...(tally.failed === 0 ? {} : { failed: tally.failed }),
    ...(tally.completed.size === 0 ? {} : { completedIndexes: formatIndexes(tally.completed) }),
    ...(job.spec.backoffLimitPerIndex === undefined
      ? {}
      : { failedIndexes: formatIndexes(tally.failedIndexes) }),
    uncountedTerminatedPods: {},
  };
}

/** The status to write first: pods are named there before they are let go. */
function recordOf(job: Job, tally: Tally, status: JobStatus): { record?: JobStatus } {
  if (!tally.isNews) return {};
  const { succeeded: _, failed: _failed, completionTime: _time, ...rest } = status;
  const { succeeded, failed } = job.status ?? {};
  const counted = isIndexed(job) ? status.succeeded : succeeded;
  const uncounted = Object.entries(tally.uncounted).filter(([, uids]) => uids.length > 0);
  const conditions = (status.conditions ?? []).filter(
    ({ type }) => type !== 'Complete' && type !== 'Failed',
  );
  return {
    record: {
      ...rest,
      ...(counted === undefined ? {} : { succeeded: counted }),
      ...(failed === undefined ? {} : { failed }),
      uncountedTerminatedPods: Object.fromEntries(uncounted),
      conditions,
    },
  };
}

function planEnd(job: Job, tally: Tally, end: { verdict: Verdict; now: number }): JobPlan {
  const { isSuccess, reason, message } = end.verdict;
  const why = { status: 'True' as const, reason, message };
  const before = job.status?.conditions ?? [];
  const [target, final] = isSuccess
    ? ['SuccessCriteriaMet', 'Complete']
    : ['FailureTarget', 'Failed'];
  let conditions = withCondition(before, { type: target, ...why }, end.now);
  // the end is told when nothing runs any more; a pod that never ran is only held by its finalizer
  const isLeft = (pod: Pod): boolean =>
    pod.spec.nodeName !== undefined || !tally.release.includes(pod);
  const isOver = tally.active.length === 0 && !tally.terminating.some(isLeft);
  if (isOver) conditions = withCondition(conditions, { type: final, ...why }, end.now);
  const terminating = isOver ? 0 : tally.terminating.length;
  const base = statusOf(job, tally, { active: tally.active.length, terminating });
  const status: JobStatus = {
    ...base,
    startTime: base.startTime ?? timeText(end.now),
    ...(isOver && isSuccess ? { completionTime: timeText(end.now) } : {}),
    conditions,
  };
  return {
    create: [],
    drop: [],
    remove: tally.active,
    release: tally.release,
    ...recordOf(job, tally, status),
    status,
    isExpired: false,
  };
}

function suspension(job: Job, now: number): { conditions: Condition[]; startTime?: string } {
  const before = job.status?.conditions ?? [];
  const { startTime } = job.status ?? {};
  const known = startTime === undefined ? {} : { startTime };
  if (job.spec.suspend === true) {
    const next = {
      type: 'Suspended',
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
    } as const;
    return { conditions: withCondition(before, next, now), ...known };
  }
  if (find(job, 'Suspended') === undefined)
    return { conditions: before, startTime: startTime ?? timeText(now) };
  const next = {
    type: 'Suspended',
    status: 'False',
    reason: 'JobResumed',
    message: 'Job resumed',
  } as const;
  // the deadline counts from the resumption
  return { conditions: withCondition(before, next, now), startTime: timeText(now) };
}

function planRunning(job: Job, tally: Tally, now: number): JobPlan {
  const isSuspended = job.spec.suspend === true;
  const { start, waitMs } = isSuspended ? { start: [] } : starts(job, tally, now);
  const drop = surplus(job, tally);
  const { conditions, startTime } = suspension(job, now);
  const active = tally.active.length - drop.length + start.length;
  const terminating = tally.terminating.filter((pod) => !tally.release.includes(pod)).length;
  const base = statusOf(job, tally, { active, terminating: terminating + drop.length });
  const status = { ...base, ...(startTime === undefined ? {} : { startTime }), conditions };
  const left = deadlineLeft({ ...job, status }, now);
  const waits = [waitMs, left === undefined ? undefined : Math.max(1, left)].filter(
    (wait) => wait !== undefined,
  );
  return {
    create: start,
    drop,
    remove: [],
    release: tally.release,
    ...recordOf(job, tally, status),
    status,
    isExpired: false,
    ...(waits.length === 0 ? {} : { nextMs: Math.min(...waits) }),
  };
}

/** `ttlSecondsAfterFinished` (KEP-592). */
function planFinished(job: Job, tally: Tally, facts: { pods: Pod[]; now: number }): JobPlan {
  const { pods, now } = facts;
  const ttl = job.spec.ttlSecondsAfterFinished;
  const end = find(job, 'Complete') ?? find(job, 'Failed');
  const left =
    ttl === undefined ? undefined : Date.parse(end?.lastTransitionTime ?? '') + ttl * 1000 - now;
  const isTimed = left !== undefined && !Number.isNaN(left);
  return {
    create: [],
    drop: [],
    remove: tally.active,
    release: pods.filter(isTracked),
    status: job.status ?? {},
    isExpired: isTimed && left <= 0,
    ...(isTimed && left > 0 ? { nextMs: left } : {}),
  };
}

function endingOf(job: Job): Ending {
  if (find(job, 'FailureTarget') !== undefined) return 'failing';
  return find(job, 'SuccessCriteriaMet') === undefined ? 'open' : 'succeeding';
}

/** `pods` are all pods of the Job that still exist. Idempotent while nothing changes. */
export function planJob(job: Job, pods: Pod[], now: number): JobPlan {
  const tally = tallyPods(job, pods, endingOf(job));
  if (isJobFinished(job)) return planFinished(job, tally, { pods, now });
  const verdict = verdictOf(job, tally, now);
  return verdict === undefined
    ? planRunning(job, tally, now)
    : planEnd(job, tally, { verdict, now });
}
