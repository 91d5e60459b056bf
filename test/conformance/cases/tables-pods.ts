/** Pods in the states `kubectl get pods` has words for. */
import type { Area } from '../case.ts';
import { type Shown, tableOf } from './table-steps.ts';

type Json = Record<string, unknown>;

const LATER = '2025-01-02T03:04:05Z';
const EARLIER = '2025-01-01T00:00:00Z';
const RUNNING = { running: { startedAt: EARLIER } };
const waiting = (reason?: string) => ({ waiting: reason === undefined ? {} : { reason } });
const ended = (exitCode: number, more: Json = {}) => ({
  terminated: { exitCode, startedAt: EARLIER, finishedAt: LATER, ...more },
});

function container(name: string, state: Json, more: Json = {}): Json {
  return { name, image: 'i', imageID: '', ready: false, restartCount: 0, state, ...more };
}

const READY = { ready: true };
const CONDITIONS = [
  { type: 'Ready', status: 'True' },
  { type: 'Initialized', status: 'True' },
];
const a = { name: 'a', image: 'i' };
const TWO = { containers: [a, { name: 'b', image: 'i' }] };
const INIT = {
  initContainers: [
    { name: 'i', image: 'i' },
    { name: 'j', image: 'i' },
  ],
};
const SIDECAR = {
  initContainers: [
    { name: 's', image: 'i', restartPolicy: 'Always' },
    { name: 'j', image: 'i' },
  ],
};

function pod(name: string, spec: Json, status?: Json): Shown {
  const object = { spec: { containers: [a], automountServiceAccountToken: false, ...spec } };
  return { name, object, ...(status !== undefined && { status }) };
}

function of(phase: string, containers: Json[] = [], more: Json = {}): Json {
  return { phase, containerStatuses: containers, ...more };
}

const PODS: Shown[] = [
  pod('new', {}),
  pod(
    'running',
    TWO,
    of('Running', [container('a', RUNNING, READY), container('b', RUNNING, READY)], {
      podIP: '10.1.1.1',
      podIPs: [{ ip: '10.1.1.1' }, { ip: 'fd00::1' }],
      conditions: CONDITIONS,
    }),
  ),
  pod(
    'crashing',
    TWO,
    of('Running', [
      container('a', waiting('CrashLoopBackOff'), {
        restartCount: 5,
        lastState: ended(1, { reason: 'Error' }),
      }),
      container('b', RUNNING, { ...READY, restartCount: 1, lastState: ended(2) }),
    ]),
  ),
  pod('no-image', {}, of('Pending', [container('a', waiting('ImagePullBackOff'))])),
  pod('waiting', {}, of('Pending', [container('a', waiting())])),
  pod('done', {}, of('Succeeded', [container('a', ended(0, { reason: 'Completed' }))])),
  pod('exit-code', {}, of('Failed', [container('a', ended(3))])),
  pod('signal', {}, of('Failed', [container('a', ended(0, { signal: 9 }))])),
  pod('evicted', {}, { phase: 'Failed', reason: 'Evicted' }),
  pod('node-lost', {}, { phase: 'Unknown', reason: 'NodeLost' }),
  pod('gated', { schedulingGates: [{ name: 'a.b/c' }] }),
  pod(
    'readiness-gates',
    { readinessGates: [{ conditionType: 'a.b/c' }, { conditionType: 'd.e/f' }] },
    of('Running', [], {
      conditions: [{ type: 'a.b/c', status: 'True' }],
      nominatedNodeName: 'n9',
    }),
  ),
  pod('bound', { nodeName: 'n1' }, of('Pending')),
  pod(
    'init-running',
    INIT,
    of('Pending', [container('a', waiting('PodInitializing'))], {
      initContainerStatuses: [container('i', RUNNING), container('j', waiting('PodInitializing'))],
    }),
  ),
  pod(
    'init-failed',
    INIT,
    of('Pending', [], {
      initContainerStatuses: [
        container('i', ended(0), READY),
        container('j', ended(1, { reason: 'Error' }), { restartCount: 3 }),
      ],
    }),
  ),
  pod(
    'init-signal',
    INIT,
    of('Pending', [], { initContainerStatuses: [container('i', ended(1, { signal: 11 }))] }),
  ),
  pod(
    'init-crashing',
    INIT,
    of('Pending', [], {
      initContainerStatuses: [
        container('i', ended(0), READY),
        container('j', waiting('CrashLoopBackOff'), { restartCount: 4, lastState: ended(1) }),
      ],
    }),
  ),
  pod(
    'init-done',
    INIT,
    of('Running', [container('a', RUNNING, { ...READY, restartCount: 2 })], {
      initContainerStatuses: [container('i', ended(0), READY), container('j', ended(0), READY)],
      conditions: CONDITIONS,
    }),
  ),
  pod(
    'sidecar',
    SIDECAR,
    of('Running', [container('a', RUNNING, READY)], {
      initContainerStatuses: [
        container('s', RUNNING, {
          ...READY,
          started: true,
          restartCount: 1,
          lastState: ended(1),
        }),
        container('j', ended(0), READY),
      ],
      conditions: CONDITIONS,
    }),
  ),
  pod(
    'sidecar-starting',
    SIDECAR,
    of('Pending', [], {
      initContainerStatuses: [
        container('s', RUNNING, { started: false }),
        container('j', waiting('PodInitializing')),
      ],
    }),
  ),
  pod(
    'one-completed',
    TWO,
    of(
      'Running',
      [container('a', ended(0, { reason: 'Completed' })), container('b', RUNNING, READY)],
      {
        conditions: CONDITIONS,
      },
    ),
  ),
  pod(
    'one-completed-not-ready',
    TWO,
    of(
      'Running',
      [container('a', ended(0, { reason: 'Completed' })), container('b', RUNNING, READY)],
      {
        conditions: [{ type: 'Ready', status: 'False' }],
      },
    ),
  ),
];

export const TABLES_PODS: Area = {
  name: 'tables-pods',
  cases: [tableOf('pods', { root: '/api/v1', plural: 'pods' }, PODS)],
};
