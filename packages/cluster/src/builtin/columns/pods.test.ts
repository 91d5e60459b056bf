import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../schema/json.ts';
import { podColumns, summarisePod } from './pods.ts';

const container = (state: JsonObject, rest: JsonObject = {}) => ({
  name: 'c',
  restartCount: 0,
  state,
  ...rest,
});
const pod = (status: JsonObject, rest: JsonObject = {}) => ({
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c' }] },
  status: { phase: 'Running', ...status },
  ...rest,
});

describe('pod columns', () => {
  it.each<[string, JsonObject, string]>([
    ['waits to be placed', pod({ phase: 'Pending' }), 'Pending'],
    ['runs', pod({ containerStatuses: [container({ running: {} }, { ready: true })] }), 'Running'],
    [
      'crashes again and again',
      pod({ containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] }),
      'CrashLoopBackOff',
    ],
    [
      'cannot get its image',
      pod({
        phase: 'Pending',
        containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff' } })],
      }),
      'ImagePullBackOff',
    ],
    [
      'is done',
      pod({
        phase: 'Succeeded',
        containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })],
      }),
      'Completed',
    ],
    [
      'failed without a reason',
      pod({ containerStatuses: [container({ terminated: { exitCode: 3 } })] }),
      'ExitCode:3',
    ],
    [
      'was killed',
      pod({ containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] }),
      'Signal:9',
    ],
    ['was evicted', pod({ phase: 'Failed', reason: 'Evicted' }), 'Evicted'],
    [
      'has one container done and one running',
      pod({
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          container({ terminated: { exitCode: 0, reason: 'Completed' } }),
          container({ running: {} }, { ready: true, name: 'd' }),
        ],
      }),
      'NotReady',
    ],
    [
      'is initializing',
      pod(
        { phase: 'Pending', initContainerStatuses: [container({ running: {} })] },
        { spec: { initContainers: [{ name: 'c' }], containers: [{ name: 'm' }] } },
      ),
      'Init:0/1',
    ],
    [
      'failed to initialize',
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })],
        },
        { spec: { initContainers: [{ name: 'c' }], containers: [{ name: 'm' }] } },
      ),
      'Init:CrashLoopBackOff',
    ],
    [
      'is going away',
      pod({}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
      'Terminating',
    ],
    [
      'is held back',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] }),
      'SchedulingGated',
    ],
  ])('tells that a pod %s', (_name, object, status) => {
    expect(summarisePod(object).status).toBe(status);
  });

  it('counts ready containers, sidecars among them, and restarts', () => {
    const object = pod(
      {
        podIPs: [{ ip: '127.1.0.7' }],
        initContainerStatuses: [
          container({ running: {} }, { name: 'proxy', started: true, ready: true }),
        ],
        containerStatuses: [
          container(
            { running: {} },
            {
              ready: true,
              restartCount: 2,
              lastState: { terminated: { finishedAt: '2026-01-01T00:00:00Z' } },
            },
          ),
        ],
      },
      {
        spec: {
          nodeName: 'local',
          initContainers: [{ name: 'proxy', restartPolicy: 'Always' }],
          containers: [{ name: 'c' }],
        },
      },
    );
    const now = Date.parse('2026-01-01T00:05:00Z');
    const cells = Object.fromEntries(
      podColumns.map(({ name, cell }) => [name, cell?.(object, now)]),
    );
    expect(cells).toMatchObject({
      Ready: '2/2',
      Status: 'Running',
      Restarts: '2 (5m ago)',
      IP: '127.1.0.7',
      Node: 'local',
      'Nominated Node': '<none>',
    });
  });
});
