import { describe, expect, it } from 'vitest';

import type { Job, JobSpec } from '../job-objects.ts';
import type { Pod } from '../objects.ts';
import { formatIndexes, parseIndexes } from './job-indexes.ts';
import { planJob } from './job-plan.ts';
import { INDEX, INDEX_FAILURES, TRACKING } from './job-pods.ts';

const now = Date.parse('2026-01-01T00:10:00Z');

function jobOf(spec: Partial<JobSpec> = {}, status: Job['status'] = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default' },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'ok' }] } },
      ...spec,
    },
    status,
  };
}

interface PodFacts {
  finishedAt?: string;
  exitCode?: number;
  index?: number;
  failures?: number;
  isCounted?: boolean;
  isLeaving?: boolean;
  condition?: string;
}

let made = 0;
function podIn(phase: string, facts: PodFacts = {}): Pod {
  made += 1;
  const { finishedAt, exitCode = 1, index, failures } = facts;
  const state =
    finishedAt === undefined && facts.exitCode === undefined
      ? {}
      : { terminated: { exitCode, finishedAt } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `p${made}`,
      namespace: 'default',
      uid: `u${made}`,
      finalizers: facts.isCounted === true ? [] : [TRACKING],
      ...(facts.isLeaving === true ? { deletionTimestamp: '2026-01-01T00:09:00Z' } : {}),
      annotations: {
        ...(index === undefined ? {} : { [INDEX]: String(index) }),
        ...(failures === undefined ? {} : { [INDEX_FAILURES]: String(failures) }),
      },
    },
    spec: { containers: [], nodeName: 'n1' },
    status: {
      phase,
      conditions: facts.condition === undefined ? [] : [{ type: facts.condition, status: 'True' }],
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, state },
      ],
    },
  };
}

const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
const conditionsOf = (job: Job, pods: Pod[]): (string | undefined)[] =>
  (planJob(job, pods, now).status.conditions ?? []).map(({ type, reason }) => `${type}/${reason}`);

describe('planJob', () => {
  const late = '2026-01-01T00:09:55Z';
  const early = '2026-01-01T00:09:00Z';

  it.each<[string, Partial<JobSpec>, Pod[], number, number?]>([
    ['starts as many pods as may run at once', { completions: 5, parallelism: 2 }, [], 2],
    ['starts no more than are needed', { completions: 2, parallelism: 2 }, [podIn('Succeeded')], 1],
    ['counts running pods', { completions: 2, parallelism: 2 }, [podIn('Running')], 1],
    ['starts nothing while suspended', { suspend: true }, [], 0],
    [
      'waits 10 s after a failure',
      { completions: 1 },
      [podIn('Failed', { finishedAt: late })],
      0,
      5000,
    ],
    [
      'starts the next after the wait',
      { completions: 1 },
      [podIn('Failed', { finishedAt: early })],
      1,
    ],
    [
      'replaces a terminating pod at once',
      { completions: 1 },
      [podIn('Running', { isLeaving: true })],
      1,
    ],
    [
      'replaces only what has ended with podReplacementPolicy Failed (KEP-3939)',
      { completions: 1, podReplacementPolicy: 'Failed' },
      [podIn('Running', { isLeaving: true })],
      0,
    ],
    [
      'starts nothing new when a work queue has a success',
      { parallelism: 2 },
      [podIn('Running'), podIn('Succeeded')],
      0,
    ],
  ])('%s', (_, spec, pods, starts, nextMs) => {
    const plan = planJob(jobOf(spec), pods, now);
    expect(plan.create).toHaveLength(starts);
    expect(plan.nextMs).toBe(nextMs);
  });

  it('starts the missing indexes', () => {
    const pods = [podIn('Running', { index: 1 })];
    const plan = planJob(
      jobOf({ ...indexed, completions: 5 }, { completedIndexes: '0' }),
      pods,
      now,
    );
    expect(plan.create).toEqual([{ index: 2 }, { index: 3 }]);
  });

  it('names ended pods in the status before it lets them go, and counts each once', () => {
    const done = podIn('Succeeded');
    const job = jobOf({ completions: 2 });
    const plan = planJob(job, [done], now);
    expect(plan.record).toMatchObject({
      uncountedTerminatedPods: { succeeded: [done.metadata.uid] },
    });
    expect(plan.record?.succeeded).toBeUndefined();
    expect(plan.release).toEqual([done]);
    expect(plan.status.succeeded).toBe(1);
    // killed after the first write: whether the finalizer went or not, the outcome is the same
    const recorded = { ...job, status: plan.record };
    for (const pod of [done, { ...done, metadata: { ...done.metadata, finalizers: [] } }]) {
      const again = planJob(recorded, [pod], now);
      expect(again.record).toBeUndefined();
      expect(again.status.succeeded).toBe(1);
    }
    expect(planJob({ ...job, status: plan.status }, [], now).status.succeeded).toBe(1);
  });

  it.each<[string, Job, Pod[], string[]]>([
    [
      'completes',
      jobOf({ completions: 1 }),
      [podIn('Succeeded')],
      ['SuccessCriteriaMet/CompletionsReached', 'Complete/CompletionsReached'],
    ],
    [
      'fails over backoffLimit',
      jobOf({ completions: 1, backoffLimit: 0 }),
      [podIn('Failed')],
      ['FailureTarget/BackoffLimitExceeded', 'Failed/BackoffLimitExceeded'],
    ],
    [
      'tells the failure when the last pod is gone',
      jobOf({ completions: 2, parallelism: 2, backoffLimit: 0 }),
      [podIn('Failed'), podIn('Running')],
      ['FailureTarget/BackoffLimitExceeded'],
    ],
    [
      'fails past its deadline',
      jobOf({ activeDeadlineSeconds: 60 }, { startTime: '2026-01-01T00:00:00Z' }),
      [],
      ['FailureTarget/DeadlineExceeded', 'Failed/DeadlineExceeded'],
    ],
    [
      'fails when an index is out of tries (KEP-3850)',
      jobOf({ ...indexed, completions: 1, backoffLimitPerIndex: 1 }),
      [podIn('Failed', { index: 0, failures: 1 })],
      ['FailureTarget/FailedIndexes', 'Failed/FailedIndexes'],
    ],
    [
      'fails over maxFailedIndexes',
      jobOf({ ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 0, backoffLimit: 99 }),
      [podIn('Failed', { index: 0 })],
      ['FailureTarget/MaxFailedIndexesExceeded', 'Failed/MaxFailedIndexesExceeded'],
    ],
    [
      'succeeds by policy (KEP-3998)',
      jobOf({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0' }] } }),
      [podIn('Succeeded', { index: 0 })],
      ['SuccessCriteriaMet/SuccessPolicy', 'Complete/SuccessPolicy'],
    ],
    ['is suspended', jobOf({ suspend: true }), [], ['Suspended/JobSuspended']],
  ])('%s', (_, job, pods, expected) => {
    expect(conditionsOf(job, pods)).toEqual(expected);
  });

  it.each<[string, NonNullable<JobSpec['podFailurePolicy']>['rules'], Pod, object]>([
    [
      'FailJob by exit code',
      [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }],
      podIn('Failed', { exitCode: 42 }),
      { failed: 1, conditions: [{ reason: 'PodFailurePolicy' }, { type: 'Failed' }] },
    ],
    [
      'Ignore by condition',
      [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }],
      podIn('Failed', { condition: 'DisruptionTarget' }),
      { failed: undefined, conditions: [] },
    ],
    [
      'NotIn',
      [{ action: 'Ignore', onExitCodes: { operator: 'NotIn', values: [42] } }],
      podIn('Failed', { exitCode: 7 }),
      { failed: undefined },
    ],
    [
      'the first match decides',
      [
        { action: 'Count', onExitCodes: { operator: 'In', values: [42] } },
        { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
      ],
      podIn('Failed', { exitCode: 42 }),
      { failed: 1, conditions: [] },
    ],
  ])('podFailurePolicy: %s (KEP-3329)', (_, rules, pod, expected) => {
    const plan = planJob(jobOf({ completions: 1, podFailurePolicy: { rules } }), [pod], now);
    expect({ failed: undefined, ...plan.status }).toMatchObject(expected);
    expect(plan.release).toEqual([pod]);
  });

  it('says which rule failed the Job', () => {
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
    const pod = podIn('Failed', { exitCode: 42 });
    const plan = planJob(jobOf({ completions: 1, podFailurePolicy: { rules } }), [pod], now);
    expect(plan.status.conditions?.[0]?.message).toBe(
      `Container c for pod default/${pod.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
    );
  });

  it('drops what runs while suspended without counting it, and counts the deadline anew after that', () => {
    const running = podIn('Running');
    const plan = planJob(jobOf({ suspend: true }), [running], now);
    expect(plan).toMatchObject({ drop: [running], remove: [], status: {} });
    const resumed = planJob(
      jobOf(
        { activeDeadlineSeconds: 60 },
        {
          startTime: '2026-01-01T00:09:30Z',
          conditions: [{ type: 'Suspended', status: 'True' }],
        },
      ),
      [],
      now,
    );
    expect(resumed.status).toMatchObject({
      startTime: '2026-01-01T00:10:00Z',
      conditions: [{ type: 'Suspended', status: 'False', reason: 'JobResumed' }],
    });
  });

  it('counts pods that its failure ends as failed', () => {
    const conditions = [
      { type: 'FailureTarget', status: 'True' as const, reason: 'DeadlineExceeded', message: 'm' },
    ];
    const pod = podIn('Running', { isLeaving: true });
    const plan = planJob(jobOf({}, { conditions }), [pod], now);
    expect(plan.status.failed).toBe(1);
  });

  it('expires some time after its end (KEP-592)', () => {
    const endedAt = (lastTransitionTime: string): Job =>
      jobOf(
        { ttlSecondsAfterFinished: 30 },
        { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime }] },
      );
    expect(planJob(endedAt('2026-01-01T00:09:45Z'), [], now)).toMatchObject({
      isExpired: false,
      nextMs: 15_000,
    });
    expect(planJob(endedAt('2026-01-01T00:09:00Z'), [], now).isExpired).toBe(true);
  });
});

describe('job indexes', () => {
  it.each([
    ['', []],
    ['0', [0]],
    ['1,3-5,7', [1, 3, 4, 5, 7]],
    ['0,1', [0, 1]],
  ])('%s', (text, indexes) => {
    expect([...parseIndexes(text, 100)]).toEqual(indexes);
    expect(formatIndexes(new Set(indexes))).toBe(text);
  });

  it('ignores what is beyond the limit', () => {
    expect([...parseIndexes('0-1000000000', 2)]).toEqual([0, 1]);
  });
});
