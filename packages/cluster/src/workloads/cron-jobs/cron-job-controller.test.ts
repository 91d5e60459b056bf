import { createFakeClock } from '@kagent/kube/testing';
import { describe, expect, it } from 'vitest';

import { CRON_JOBS, JOBS } from '../job-objects.ts';
import type { CronJob, Job } from '../job-objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import type { TestControllers } from '../testing/test-controllers.ts';
import { jobFor, latestDue, planCronJob, surplusJobs } from './cron-plan.ts';
import { parseSchedule } from './schedule.ts';

const namespace = 'default';
const CREATED = '2026-01-01T00:00:30Z';

function cronJobOf(spec: Partial<CronJob['spec']> = {}, status: CronJob['status'] = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace, uid: 'u1', creationTimestamp: CREATED },
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: {
        metadata: { labels: { app: 'tick' } },
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'ok' }] } },
        },
      },
      ...spec,
    },
    status,
  };
}

function jobOf(name: string, end?: 'Complete' | 'Failed', startTime?: string): Job {
  const conditions = end === undefined ? [] : [{ type: end, status: 'True' as const }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, uid: name },
    spec: { template: { spec: { containers: [] } } },
    status: { conditions, ...(startTime === undefined ? {} : { startTime }) },
  };
}

const at = (time: string): number => Date.parse(time);

async function create(test: TestControllers, cronJob: CronJob): Promise<void> {
  const { metadata: _, status: _status, ...rest } = cronJob;
  await test.client.create(CRON_JOBS, { ...rest, metadata: { name: 'tick', namespace } });
}

describe('CronJobController', () => {
  it('starts a Job at its time, follows it to the end and keeps the history limit', async () => {
    const clock = createFakeClock(at('2026-01-01T00:04:59Z'));
    await using test = await startTestControllers({ clock, run: () => 'Succeeded' });
    await create(test, cronJobOf({ successfulJobsHistoryLimit: 1 }));
    const jobs = async (): Promise<string[]> =>
      (await test.client.list(JOBS, { namespace })).items.map(({ metadata }) => metadata.name);
    const read = (): Promise<CronJob> => test.client.get(CRON_JOBS, { namespace, name: 'tick' });
    const minutes = at('2026-01-01T00:05:00Z') / 60_000;
    await until(
      async () => {
        await clock.advance(2000);
        return jobs();
      },
      (found) => found.join() === `tick-${minutes}`,
    );
    const job = await test.client.get(JOBS, { namespace, name: `tick-${minutes}` });
    expect(job.metadata).toMatchObject({
      labels: { app: 'tick' },
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:05:00Z' },
      ownerReferences: [{ kind: 'CronJob', name: 'tick', controller: true }],
    });
    const done = await until(
      async () => {
        await clock.advance(100);
        return read();
      },
      ({ status }) => status?.lastSuccessfulTime !== undefined && status.active === undefined,
    );
    expect(done.status?.lastScheduleTime).toBe('2026-01-01T00:05:00Z');
    await until(
      async () => {
        await clock.advance(60_000);
        return jobs();
      },
      (found) => found.join() === `tick-${minutes + 5}`,
    );
    await until(
      async () => {
        await clock.advance(100);
        return test.events();
      },
      (events) =>
        events.includes(`SawCompletedJob: Saw completed job: tick-${minutes}, condition: Complete`),
    );
  });
});

describe('planCronJob', () => {
  const now = at('2026-01-01T00:06:00Z');
  const due = at('2026-01-01T00:05:00Z');
  const running = jobOf('other');

  it.each<[string, Partial<CronJob['spec']>, CronJob['status'], Job[], object]>([
    ['starts what is due', {}, {}, [], { start: due, nextMs: 240_100 }],
    [
      'starts nothing twice',
      {},
      { lastScheduleTime: '2026-01-01T00:05:00Z' },
      [],
      { start: undefined },
    ],
    ['starts nothing that runs', {}, {}, [jobOf(`tick-${due / 60_000}`)], { start: undefined }],
    ['is suspended', { suspend: true }, {}, [], { start: undefined, nextMs: undefined }],
    ['allows overlap', {}, {}, [running], { start: due, replace: [] }],
    [
      'forbids overlap',
      { concurrencyPolicy: 'Forbid' },
      {},
      [running],
      { start: undefined, events: [{ reason: 'JobAlreadyActive' }] },
    ],
    [
      'replaces',
      { concurrencyPolicy: 'Replace' },
      {},
      [running],
      { start: due, replace: [running] },
    ],
    [
      'does not start after startingDeadlineSeconds',
      { startingDeadlineSeconds: 30 },
      {},
      [],
      { start: undefined, events: [] },
    ],
    [
      'tells of more than 100 missed times and starts the last',
      { schedule: '* * * * *' },
      { lastScheduleTime: '2025-12-31T00:00:00Z' },
      [],
      { start: now, events: [{ reason: 'TooManyMissedTimes' }] },
    ],
    [
      'tells of a schedule it cannot read',
      { schedule: 'x * * * *' },
      {},
      [],
      {
        start: undefined,
        events: [
          {
            reason: 'UnparseableSchedule',
            message: 'unparseable schedule: "x * * * *" : failed to parse int from x',
          },
        ],
      },
    ],
    [
      'tells of an unknown zone',
      { timeZone: 'No/Where' },
      {},
      [],
      { events: [{ reason: 'UnknownTimeZone' }] },
    ],
    [
      'uses the zone',
      { schedule: '5 19 * * *', timeZone: 'America/New_York' },
      {},
      [],
      { start: due },
    ],
  ])('%s', (_, spec, status, active, expected) => {
    const plan = planCronJob(cronJobOf(spec, status), active, now);
    expect({ start: undefined, nextMs: undefined, ...plan }).toMatchObject(expected);
  });

  it('finds the latest due time of a long gap quickly', () => {
    const found = latestDue(parseSchedule('@every 1s'), at('2020-01-01T00:00:00Z'), now);
    expect(found?.time).toBe(now);
  });

  it('keeps three successful and one failed Job', () => {
    const jobs = ['1', '2', '3', '4', '5'].map((day) =>
      jobOf(`ok-${day}`, 'Complete', `2026-01-0${day}T00:00:00Z`),
    );
    const failed = ['2', '1'].map((day) =>
      jobOf(`bad-${day}`, 'Failed', `2026-01-0${day}T00:00:00Z`),
    );
    const names = surplusJobs(cronJobOf(), [...jobs, ...failed]).map(
      ({ metadata }) => metadata.name,
    );
    expect(names).toEqual(['ok-1', 'ok-2', 'bad-1']);
  });

  it('writes the scheduled time in the zone', () => {
    const job = jobFor(cronJobOf({ timeZone: 'Asia/Kolkata' }), due);
    expect(job.metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T05:35:00+05:30',
    });
  });
});
