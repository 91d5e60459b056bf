import { describe, expect, it } from 'vitest';

import { eventually, scriptImage, startTestPlatform } from '../../node/testing/test-platform.ts';
import { JOBS, PODS } from '../objects.ts';
import type { Job, JobSpec, Pod } from '../objects.ts';
import { planJob } from './job-state.ts';

const namespace = 'default';
const now = Date.parse('2026-01-01T00:10:00Z');

function jobOf(name: string, spec: Partial<JobSpec> = {}, image = 'ok'): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } },
      ...spec,
    },
  };
}

function podIn(phase: string, finishedAt?: string): Pod {
  const state = finishedAt === undefined ? {} : { terminated: { exitCode: 1, finishedAt } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: phase, namespace },
    spec: { containers: [] },
    status: {
      phase,
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, state },
      ],
    },
  };
}

describe('JobController', () => {
  it('runs pods to the wanted number of completions', async () => {
    let runs = 0;
    const ok = scriptImage('ok', () => {
      runs += 1;
      return 0;
    });
    await using platform = await startTestPlatform({ images: [ok] });
    await platform.client.create(JOBS, jobOf('count', { completions: 3, parallelism: 2 }));
    const job = await eventually(
      () => platform.client.get(JOBS, { namespace, name: 'count' }),
      ({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True') ===
        true,
    );
    expect(job.status).toMatchObject({
      succeeded: 3,
      completionTime: expect.any(String),
      startTime: expect.any(String),
    });
    expect(runs).toBe(3);
    const { items } = await platform.client.list(PODS, { namespace });
    expect(items.every(({ metadata }) => metadata.labels?.['job-name'] === 'count')).toBe(true);
  });

  it('gives up after backoffLimit failures', async () => {
    await using platform = await startTestPlatform({ images: [scriptImage('bad', () => 1)] });
    await platform.client.create(JOBS, jobOf('bad', { backoffLimit: 0 }, 'bad'));
    const job = await eventually(
      () => platform.client.get(JOBS, { namespace, name: 'bad' }),
      ({ status }) => status?.conditions?.some(({ type }) => type === 'Failed') === true,
    );
    expect(job.status).toMatchObject({ failed: 1 });
    expect(job.status?.conditions?.find(({ type }) => type === 'Failed')?.reason).toBe(
      'BackoffLimitExceeded',
    );
  });
});

describe('planJob', () => {
  const failed = [podIn('Failed', '2026-01-01T00:09:55Z')];

  it.each([
    [
      'starts as many pods as may run at once',
      jobOf('j', { completions: 5, parallelism: 2 }),
      [],
      { create: 2 },
    ],
    [
      'starts no more than are still needed',
      jobOf('j', { completions: 2, parallelism: 2 }),
      [podIn('Succeeded')],
      { create: 1 },
    ],
    [
      'counts running pods',
      jobOf('j', { completions: 2, parallelism: 2 }),
      [podIn('Running')],
      { create: 1 },
    ],
    ['starts nothing while suspended', jobOf('j', { suspend: true }), [], { create: 0 }],
    ['waits after a failure', jobOf('j', { completions: 1 }), failed, { create: 0, nextMs: 5000 }],
    [
      'starts the next pod after the wait',
      jobOf('j', { completions: 1 }),
      [podIn('Failed', '2026-01-01T00:09:00Z')],
      { create: 1 },
    ],
  ])('%s', (_, job, pods, expected) => {
    expect(planJob(job, pods, now)).toMatchObject(expected);
  });

  it('stops the rest when it is suspended or past its deadline', () => {
    const running = podIn('Running');
    expect(planJob(jobOf('j', { suspend: true }), [running], now).remove).toEqual([running]);
    const late = {
      ...jobOf('j', { activeDeadlineSeconds: 60 }),
      status: { startTime: '2026-01-01T00:00:00Z' },
    };
    const plan = planJob(late, [running], now);
    expect(plan.remove).toEqual([running]);
    expect(plan.status.conditions?.map(({ reason }) => reason)).toEqual([
      'DeadlineExceeded',
      'DeadlineExceeded',
    ]);
  });

  it('expires some time after its end', () => {
    const job = jobOf('j', { ttlSecondsAfterFinished: 30 });
    const endedAt = (lastTransitionTime: string): Job => ({
      ...job,
      status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime }] },
    });
    expect(planJob(endedAt('2026-01-01T00:09:45Z'), [], now)).toMatchObject({
      isExpired: false,
      nextMs: 15_000,
    });
    expect(planJob(endedAt('2026-01-01T00:09:00Z'), [], now).isExpired).toBe(true);
  });
});
