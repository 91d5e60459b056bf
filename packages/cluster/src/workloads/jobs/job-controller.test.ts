import { describe, expect, it } from 'vitest';

import { eventually, scriptImage, startTestPlatform } from '../../node/testing/test-platform.ts';
import { JOBS } from '../job-objects.ts';
import { PODS } from '../objects.ts';
import type { Job, JobSpec } from '../job-objects.ts';

const namespace = 'default';

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
