/** Columns and cells of workloads, with objects in several states. */
import type { Area } from '../case.ts';
import { type Shown, tableOf } from './table-steps.ts';

type Json = Record<string, unknown>;

const AT = '2025-01-02T03:04:05Z';
const BEFORE = '2025-01-01T00:00:00Z';

const of = (name: string, object: Json, status?: Json): Shown => ({
  name,
  object,
  ...(status !== undefined && { status }),
});
const spec = (name: string, value: Json, status?: Json): Shown => of(name, { spec: value }, status);

const containers = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: `i${index}` }));
const template = (count = 1, labels: Json = { app: 'x' }, more: Json = {}) => ({
  metadata: { labels },
  spec: { containers: containers(count), ...more },
});
const APP = { matchLabels: { app: 'x' } };
const WIDE = {
  matchLabels: { app: 'x', a: 'b' },
  matchExpressions: [
    { key: 'z', operator: 'In', values: ['2', '1'] },
    { key: 'k', operator: 'Exists' },
    { key: 'q', operator: 'DoesNotExist' },
    { key: 'w', operator: 'NotIn', values: ['9'] },
  ],
};
const WIDE_LABELS = { app: 'x', a: 'b', z: '1', k: '1' };

const core = (plural: string) => ({ root: '/api/v1', plural });
const apps = (plural: string) => ({ root: '/apis/apps/v1', plural });
const batch = (plural: string) => ({ root: '/apis/batch/v1', plural });

const WORKLOADS = [
  tableOf('Deployments', apps('deployments'), [
    spec('a', { selector: APP, template: template() }),
    spec(
      'b',
      { replicas: 3, selector: WIDE, template: template(1, WIDE_LABELS) },
      { replicas: 4, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 },
    ),
    spec('c', { replicas: 0, selector: APP, template: template(5) }),
  ]),
  tableOf('ReplicaSets', apps('replicasets'), [
    spec(
      'a',
      { replicas: 2, selector: APP, template: template(2) },
      { replicas: 2, readyReplicas: 1, availableReplicas: 1 },
    ),
  ]),
  tableOf('StatefulSets', apps('statefulsets'), [
    spec(
      'a',
      { serviceName: 'x', selector: APP, template: template(2) },
      { replicas: 1, readyReplicas: 1 },
    ),
    spec('b', { replicas: 0, selector: APP, template: template() }),
  ]),
  tableOf('DaemonSets', apps('daemonsets'), [
    spec(
      'a',
      { selector: APP, template: template(1, { app: 'x' }, { nodeSelector: { b: '1', a: '2' } }) },
      {
        currentNumberScheduled: 1,
        desiredNumberScheduled: 2,
        numberMisscheduled: 0,
        numberReady: 1,
        updatedNumberScheduled: 1,
        numberAvailable: 1,
      },
    ),
    spec('b', { selector: APP, template: template() }),
  ]),
  tableOf('ControllerRevisions', apps('controllerrevisions'), [
    of('a', {
      metadata: {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 's', uid: '1', controller: true },
        ],
      },
      data: {},
      revision: 3,
    }),
    of('b', { data: {}, revision: 0 }),
  ]),
  tableOf('ReplicationControllers', core('replicationcontrollers'), [
    spec(
      'a',
      { replicas: 2, selector: { app: 'x' }, template: template() },
      { replicas: 1, readyReplicas: 1 },
    ),
  ]),
  tableOf('PodTemplates', core('podtemplates'), [of('a', { template: template(2) })]),
];

const TASK = { template: { spec: { restartPolicy: 'Never', containers: containers(1) } } };
const job = (name: string, more: Json, status?: Json) => {
  // A selector of its own shows the uid.
  const labels = { job: name };
  const own = { metadata: { labels }, ...TASK.template };
  const manual = { manualSelector: true, selector: { matchLabels: labels }, template: own };
  return spec(name, { ...manual, ...more }, status);
};
const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: AT });

const BATCH = [
  tableOf('Jobs', batch('jobs'), [
    job('new', {}),
    job('many', { completions: 5, parallelism: 2 }, { succeeded: 2, active: 2, startTime: AT }),
    job('queue', { parallelism: 3 }, { active: 1, startTime: AT }),
    job('suspended', { suspend: true }, { conditions: [condition('Suspended')] }),
    job(
      'complete',
      {},
      {
        succeeded: 1,
        startTime: BEFORE,
        completionTime: AT,
        conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
      },
    ),
    job(
      'failed',
      { backoffLimit: 0 },
      {
        failed: 1,
        startTime: AT,
        conditions: [condition('FailureTarget'), condition('Failed')],
      },
    ),
    job('failing', {}, { failed: 1, startTime: AT, conditions: [condition('FailureTarget')] }),
  ]),
  tableOf('CronJobs', batch('cronjobs'), [
    spec('a', { schedule: '* * * * *', jobTemplate: { spec: TASK } }),
    spec(
      'b',
      {
        schedule: '@daily',
        suspend: true,
        timeZone: 'Etc/UTC',
        jobTemplate: { spec: TASK },
      },
      { active: [{ name: 'x' }, { name: 'y' }], lastScheduleTime: AT },
    ),
  ]),
];

export const TABLES_WORKLOADS: Area = {
  name: 'tables-workloads',
  cases: [...WORKLOADS, ...BATCH],
};
