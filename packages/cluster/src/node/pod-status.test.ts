import { describe, expect, it } from 'vitest';

import type { Container, ContainerState, Pod } from '../workloads/objects.ts';
import type { ContainerRecord } from './pod-status.ts';
import { podPhase, podStatus } from './pod-status.ts';

const running: ContainerState = { running: { startedAt: 't' } };
const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });

function record(state: ContainerState, more: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    container: { name: 'c' },
    state,
    lastTerminated: undefined,
    restartCount: 0,
    ready: state === running,
    started: state === running,
    containerID: undefined,
    imageID: '',
    ...more,
  };
}

const sidecar = (state: ContainerState): ContainerRecord =>
  record(state, { container: { name: 's', restartPolicy: 'Always' } });

function podWith(restartPolicy: string, containers: Container[] = [{ name: 'c' }]): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', generation: 2 },
    spec: { restartPolicy, containers },
  };
}

describe('podPhase', () => {
  const crashed = record(waiting, { lastTerminated: { exitCode: 1 } });

  it.each<[string, string, ContainerRecord[], ContainerRecord[], string]>([
    ['new', 'Always', [], [record(waiting)], 'Pending'],
    ['running', 'Always', [], [record(running)], 'Running'],
    ['one of two still new', 'Always', [], [record(running), record(waiting)], 'Pending'],
    ['crash loop', 'Always', [], [crashed], 'Running'],
    ['all ended, to be restarted', 'Always', [], [record(ended(0))], 'Running'],
    ['all succeeded', 'Never', [], [record(ended(0)), record(ended(0))], 'Succeeded'],
    ['one failed', 'Never', [], [record(ended(0)), record(ended(1))], 'Failed'],
    ['one failed and one runs', 'Never', [], [record(running), record(ended(1))], 'Running'],
    ['all succeeded', 'OnFailure', [], [record(ended(0))], 'Succeeded'],
    ['failed, to be restarted', 'OnFailure', [], [record(ended(1))], 'Running'],
    ['init runs', 'Always', [record(running)], [record(waiting)], 'Pending'],
    ['init failed', 'Always', [record(ended(1))], [record(waiting)], 'Pending'],
    ['init failed', 'Never', [record(ended(1))], [record(waiting)], 'Failed'],
    ['init done', 'Always', [record(ended(0))], [record(running)], 'Running'],
    ['sidecar starts', 'Always', [sidecar(waiting)], [record(waiting)], 'Pending'],
    ['sidecar runs', 'Always', [sidecar(running)], [record(running)], 'Running'],
    ['sidecar outlives', 'Never', [sidecar(running)], [record(ended(0))], 'Succeeded'],
  ])('%s (%s)', (_, policy, init, main, expected) => {
    expect(podPhase(podWith(policy), init, main)).toBe(expected);
  });
});

describe('podStatus', () => {
  const state = (pod: Pod, main: ContainerRecord[], init: ContainerRecord[] = []) => ({
    pod,
    podIP: '127.1.0.1',
    hostIP: '127.0.0.1',
    startTime: 'start',
    init,
    main,
    isPrepared: true,
    now: 'now',
  });

  it('shows an init container as ready when it has done its work', () => {
    const init = [record(ended(0)), record(ended(1)), record(waiting)];
    const { initContainerStatuses } = podStatus(state(podWith('Always'), [record(waiting)], init));
    expect(initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, false, false]);
  });

  it('names what is not ready', () => {
    const main = [record(running), record(waiting, { container: { name: 'slow' } })];
    const { conditions } = podStatus(state(podWith('Always'), main, [record(ended(0))]));
    expect(conditions?.find(({ type }) => type === 'Initialized')?.status).toBe('True');
    expect(conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [slow]',
      observedGeneration: 2,
    });
  });

  it('keeps the time of a condition that has not changed, and conditions of others', () => {
    const pod = podWith('Always');
    const first = podStatus(state(pod, [record(running)]));
    const gate = { type: 'example.com/gate', status: 'True' as const };
    const conditions = [
      ...(first.conditions ?? []).map((one) => ({ ...one, lastTransitionTime: 'before' })),
      gate,
    ];
    const second = podStatus(
      state({ ...pod, status: { ...first, conditions } }, [record(waiting)]),
    );
    const time = (type: string) =>
      second.conditions?.find((one) => one.type === type)?.lastTransitionTime;
    expect(time('PodScheduled')).toBe('before');
    expect(time('Ready')).toBe('now');
    expect(second.conditions).toContainEqual(gate);
  });

  it.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } }, 'Burstable'],
  ])('with resources %j is %s', (resources, expected) => {
    const pod = podWith('Always', [{ name: 'c', resources }]);
    expect(podStatus(state(pod, [record(running)])).qosClass).toBe(expected);
  });
});
