import { describe, expect, it } from 'vitest';

import type { Deployment, DeploymentSpec, ReplicaSet } from '../objects.ts';
import { deploymentStatus, untilDeadline } from './deployment-status.ts';
import { planRollout, rolloutLimits } from './rollout.ts';

const template = { spec: { containers: [] } };

function deploymentOf(spec: Partial<DeploymentSpec>, status?: Deployment['status']): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', generation: 1 },
    spec: { selector: {}, template, ...spec },
    status,
  };
}

function set(name: string, replicas: number, available = replicas): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, uid: name },
    spec: { replicas, selector: {}, template },
    status: { replicas, readyReplicas: available, availableReplicas: available },
  };
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});

describe('rolloutLimits', () => {
  it.each([
    [10, undefined, undefined, 3, 2],
    [4, '50%', '50%', 2, 2],
    [3, '10%', '10%', 1, 0],
    [1, 0, 0, 0, 1],
    [5, 2, 0, 2, 0],
    [2, 0, 5, 0, 2],
  ])(
    '%i replicas, surge %s, unavailable %s',
    (replicas, surge, unavailable, maxSurge, maxUnavailable) => {
      const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
      const deployment = deploymentOf({
        replicas,
        strategy: { type: 'RollingUpdate', rollingUpdate },
      });
      expect(rolloutLimits(deployment)).toEqual({ maxSurge, maxUnavailable });
    },
  );
});

describe('planRollout of a Deployment that is resized during a rollout', () => {
  const sized = (name: string, replicas: number, desired: number, max: number): ReplicaSet => ({
    ...set(name, replicas),
    metadata: {
      name,
      uid: name,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(desired),
        'deployment.kubernetes.io/max-replicas': String(max),
      },
    },
  });

  // "Proportional scaling" in the documentation of Deployments: 10 replicas, maxSurge 3, 5 new and 8 old, to 15.
  it.each([
    ['grows both in proportion', 15, { current: 7, old: 11 }],
    ['shrinks both in proportion', 5, { current: 3, old: 5 }],
    ['removes all', 0, { current: 0, old: 0 }],
  ])('%s', (_, replicas, expected) => {
    const deployment = deploymentOf({ replicas, ...rolling(3, 2) });
    const current = sized('new', 5, 10, 13);
    const plan = planRollout({ deployment, current, old: [sized('old', 8, 10, 13)], oldPods: 0 });
    expect({ current: plan.current, old: plan.old.get('old') }).toEqual(expected);
  });

  it('goes on with the rollout when the new size is shared out', () => {
    const deployment = deploymentOf({ replicas: 15, ...rolling(3, 2) });
    const current = sized('new', 7, 15, 18);
    const plan = planRollout({ deployment, current, old: [sized('old', 11, 15, 18)], oldPods: 0 });
    expect(plan.old.get('old')).toBeLessThan(11);
  });
});

describe('planRollout', () => {
  it.each<
    [
      string,
      Partial<DeploymentSpec>,
      ReplicaSet | undefined,
      ReplicaSet[],
      number | undefined,
      Record<string, number>,
    ]
  >([
    ['starts with all replicas', { replicas: 3 }, undefined, [], 3, {}],
    [
      'starts with the surge only while old ones are there',
      { replicas: 3, ...rolling(1, 0) },
      undefined,
      [set('a', 3)],
      1,
      {},
    ],
    [
      'waits for the new pod',
      { replicas: 3, ...rolling(1, 0) },
      set('n', 1, 0),
      [set('a', 3)],
      1,
      {},
    ],
    [
      'gives an old pod for an available new one',
      { replicas: 3, ...rolling(1, 0) },
      set('n', 1),
      [set('a', 3)],
      1,
      { a: 2 },
    ],
    [
      'takes the room an old pod left',
      { replicas: 3, ...rolling(1, 0) },
      set('n', 1),
      [set('a', 2)],
      2,
      {},
    ],
    [
      'goes down first without surge',
      { replicas: 3, ...rolling(0, 1) },
      set('n', 0),
      [set('a', 3)],
      0,
      { a: 2 },
    ],
    [
      'removes unavailable old pods first',
      { replicas: 4, ...rolling(1, 1) },
      set('n', 2, 1),
      [set('a', 2, 1), set('b', 1)],
      2,
      { a: 1 },
    ],
    ['scales up', { replicas: 5 }, set('n', 2), [], 5, {}],
    ['scales down', { replicas: 1 }, set('n', 4), [], 1, {}],
    ['does nothing when all is done', { replicas: 2 }, set('n', 2), [set('a', 0)], 2, {}],
    [
      'recreate: stops the old ones',
      { replicas: 2, strategy: { type: 'Recreate' } },
      undefined,
      [set('a', 2)],
      undefined,
      { a: 0 },
    ],
    [
      'recreate: starts when they are gone',
      { replicas: 2, strategy: { type: 'Recreate' } },
      undefined,
      [set('a', 0)],
      2,
      {},
    ],
    [
      'paused: no new ReplicaSet',
      { replicas: 2, paused: true },
      undefined,
      [set('a', 2)],
      undefined,
      {},
    ],
    [
      'paused: still scales',
      { replicas: 4, paused: true },
      undefined,
      [set('a', 2)],
      undefined,
      { a: 4 },
    ],
  ])('%s', (_, spec, current, old, expected, expectedOld) => {
    const plan = planRollout({ deployment: deploymentOf(spec), current, old, oldPods: 0 });
    expect(plan.current).toBe(expected);
    expect(Object.fromEntries(plan.old)).toEqual(expectedOld);
  });

  it('recreate: waits for old pods that still end', () => {
    const deployment = deploymentOf({ replicas: 2, strategy: { type: 'Recreate' } });
    expect(
      planRollout({ deployment, current: undefined, old: [set('a', 0)], oldPods: 1 }).current,
    ).toBeUndefined();
  });

  it.each([
    [1, 0, 5],
    [2, 1, 7],
    ['25%', '25%', 10],
    [0, 1, 3],
  ])(
    'with surge %s and unavailable %s always reaches the end within its limits',
    (surge, unavailable, replicas) => {
      const deployment = deploymentOf({ replicas, ...rolling(surge, unavailable) });
      const { maxSurge, maxUnavailable } = rolloutLimits(deployment);
      let [current, old] = [set('n', 0), set('a', replicas)];
      for (
        let round = 0;
        round < 100 && (old.spec.replicas !== 0 || current.spec.replicas !== replicas);
        round += 1
      ) {
        const plan = planRollout({ deployment, current, old: [old], oldPods: 0 });
        // New pods become available one round later, old ones go at once.
        const available = current.spec.replicas ?? 0;
        current = set('n', plan.current ?? 0, Math.min(available, plan.current ?? 0));
        old = set('a', plan.old.get('a') ?? old.spec.replicas ?? 0);
        const total = (current.spec.replicas ?? 0) + (old.spec.replicas ?? 0);
        expect(total).toBeLessThanOrEqual(replicas + maxSurge);
        expect(available + (old.spec.replicas ?? 0)).toBeGreaterThanOrEqual(
          replicas - maxUnavailable,
        );
      }
      expect([current.spec.replicas, old.spec.replicas]).toEqual([replicas, 0]);
    },
  );
});

describe('deploymentStatus', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const progressing = (deployment: Deployment, current: ReplicaSet, seconds: number) => {
    const input = { deployment, current, old: [], now: start + seconds * 1000 };
    const status = deploymentStatus(input);
    return {
      status,
      next: untilDeadline(input, status),
      condition: status.conditions?.find(({ type }) => type === 'Progressing'),
    };
  };

  it('gives up on progress after its deadline, and recovers', () => {
    const spec = { replicas: 2, progressDeadlineSeconds: 60 };
    const first = progressing(deploymentOf(spec), set('n', 2, 0), 0);
    expect(first.condition).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    expect(first.next).toBe(60_000);
    const waiting = progressing(deploymentOf(spec, first.status), set('n', 2, 0), 30);
    expect(waiting.status).toEqual(first.status);
    const moved = progressing(deploymentOf(spec, first.status), set('n', 2, 1), 50);
    expect(moved.next).toBe(60_000);
    const late = progressing(deploymentOf(spec, moved.status), set('n', 2, 1), 111);
    expect(late.condition).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(late.next).toBeUndefined();
    const done = progressing(deploymentOf(spec, late.status), set('n', 2), 200);
    expect(done.condition).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('stays complete when a pod is lost later, but not available', () => {
    const spec = { replicas: 2, ...rolling(1, 0) };
    const done = progressing(deploymentOf(spec), set('n', 2), 0);
    const lost = progressing(deploymentOf(spec, done.status), set('n', 2, 1), 10_000);
    expect(lost.condition?.reason).toBe('NewReplicaSetAvailable');
    expect(lost.status.conditions?.find(({ type }) => type === 'Available')).toMatchObject({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
    });
    expect(lost.status).toMatchObject({
      replicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
    });
  });
});
