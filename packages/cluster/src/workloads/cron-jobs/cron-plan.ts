/** What a CronJob does now: which run is due, whether it may start, which finished Jobs go. Pure. */
import type { CronJob, Job } from '../job-objects.ts';
import { controllerReference } from '../owners.ts';
import { timeText } from '../time-text.ts';
import { parseSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';

export interface CronEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export interface CronPlan {
  /** Time of the run to start now, in milliseconds. */
  start?: number;
  /** Running Jobs to delete before (`Replace`). */
  replace: Job[];
  events: CronEvent[];
  /** Milliseconds until the next run is due. */
  nextMs?: number;
}

const TOO_MANY = 100;
/** The real controller is woken a moment after the time, so that it has passed for sure. */
const SLACK_MS = 100;

export function finishedAs(job: Job): 'Complete' | 'Failed' | undefined {
  const found = (job.status?.conditions ?? []).find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return found?.type as 'Complete' | 'Failed' | undefined;
}

function warning(reason: string, message: string): CronEvent {
  return { type: 'Warning', reason, message };
}

/** RFC 1123 with a numeric zone, as messages about missed times have it. */
function rfc1123(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}

/** The latest time that is due, and how many were. */
export function latestDue(
  schedule: Schedule,
  earliest: number,
  now: number,
): { time: number; missed: number } | undefined {
  const first = schedule.next(earliest);
  if (first === undefined || now < first) return undefined;
  const second = schedule.next(first);
  if (second === undefined || now < second) return { time: first, missed: 1 };
  // A long sleep with a schedule of seconds must not be walked through step by step.
  const step = Math.max(1000, second - first);
  const missed = Math.trunc((now - first) / step) + 1;
  let time = first;
  const jump = schedule.next(first + Math.max(0, missed - 3) * step - step);
  if (missed > TOO_MANY && jump !== undefined && jump <= now) time = Math.max(time, jump);
  for (
    let next = schedule.next(time);
    next !== undefined && next <= now;
    next = schedule.next(next)
  )
    time = next;
  return { time, missed };
}

function earliestStart(cronJob: CronJob, now: number): number {
  const { lastScheduleTime } = cronJob.status ?? {};
  const known = Date.parse(lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '');
  const earliest = Number.isNaN(known) ? now : known;
  const deadline = cronJob.spec.startingDeadlineSeconds;
  return deadline === undefined ? earliest : Math.max(earliest, now - deadline * 1000);
}

/** Undefined, with an event, when schedule or zone cannot be understood: only a change of the object helps. */
export function scheduleOf(cronJob: CronJob): Schedule | CronEvent {
  const { schedule, timeZone } = cronJob.spec;
  try {
    return parseSchedule(schedule, timeZone ?? 'UTC');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return error instanceof RangeError
      ? warning('UnknownTimeZone', `invalid timeZone: "${timeZone}": ${why}`)
      : warning('UnparseableSchedule', `unparseable schedule: "${schedule}" : ${why}`);
  }
}

function untilNext(schedule: Schedule, now: number): { nextMs?: number } {
  const next = schedule.next(now);
  return next === undefined ? {} : { nextMs: next - now + SLACK_MS };
}

/** `active` are the Jobs of earlier runs that have not finished. */
export function planCronJob(cronJob: CronJob, active: Job[], now: number): CronPlan {
  const idle: CronPlan = { replace: [], events: [] };
  if (cronJob.metadata.deletionTimestamp !== undefined) return idle;
  const schedule = scheduleOf(cronJob);
  if ('reason' in schedule) return { ...idle, events: [schedule] };
  if (cronJob.spec.suspend === true) return idle;
  const later = untilNext(schedule, now);
  const due = latestDue(schedule, earliestStart(cronJob, now), now);
  if (due === undefined) return { ...idle, ...later };
  const events: CronEvent[] = [];
  if (due.missed > TOO_MANY) {
    const message =
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    events.push(warning('TooManyMissedTimes', message));
  }
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  const isLate =
    startingDeadlineSeconds !== undefined && due.time + startingDeadlineSeconds * 1000 < now;
  if (isLate) {
    const message = `Missed scheduled time to start a job: ${rfc1123(due.time)}`;
    return { replace: [], events: [...events, warning('MissSchedule', message)], ...later };
  }
  const { lastScheduleTime } = cronJob.status ?? {};
  const isStarted =
    active.some(({ metadata }) => metadata.name === jobName(cronJob, due.time)) ||
    lastScheduleTime === timeText(due.time);
  if (isStarted) return { ...idle, ...later };
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message =
      'Not starting job because prior execution is running and concurrency policy is Forbid';
    const event: CronEvent = { type: 'Normal', reason: 'JobAlreadyActive', message };
    return { replace: [], events: [...events, event], ...later };
  }
  const replace = concurrencyPolicy === 'Replace' ? active : [];
  return { start: due.time, replace, events, ...later };
}

/** The same run always has the same name, so that it is never started twice. */
export function jobName(cronJob: CronJob, time: number): string {
  return `${cronJob.metadata.name}-${Math.trunc(time / 60_000)}`;
}

/** RFC 3339 in the zone of the schedule. */
function zonedText(time: number, zone: string | undefined): string {
  if (zone === undefined || zone === 'UTC') return timeText(time);
  const wall = new Date(time).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T');
  const offset = Math.round((Date.parse(`${wall}Z`) - time) / 60_000);
  if (offset === 0) return `${wall}Z`;
  const text = (value: number): string => String(Math.trunc(value)).padStart(2, '0');
  const size = Math.abs(offset);
  return `${wall}${offset < 0 ? '-' : '+'}${text(size / 60)}:${text(size % 60)}`;
}

export function jobFor(cronJob: CronJob, time: number): Job {
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, time),
      namespace: cronJob.metadata.namespace,
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: {
        ...metadata.annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': zonedText(time, cronJob.spec.timeZone),
      },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec,
  };
}

/** Finished Jobs beyond the history limits (3 successful, 1 failed), oldest first. */
export function surplusJobs(cronJob: CronJob, jobs: Job[]): Job[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
  const oldest = (kind: string, limit: number): Job[] => {
    const found = jobs.filter((job) => finishedAs(job) === kind);
    const started = (job: Job): number => Date.parse(job.status?.startTime ?? '') || Infinity;
    return found
      .toSorted((a, b) => started(a) - started(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
      .slice(0, Math.max(0, found.length - limit));
  };
  return [
    ...oldest('Complete', successfulJobsHistoryLimit),
    ...oldest('Failed', failedJobsHistoryLimit),
  ];
}
