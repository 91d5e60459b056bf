/** What the controllers of kube-controller-manager make of Deployments, StatefulSets, DaemonSets and ReplicationControllers. */
import type { Area, ConformanceCase } from '../case.ts';
import {
  change,
  events,
  list,
  make,
  node,
  pods,
  remove,
  see,
  template,
} from './controller-steps.ts';

const AVAILABLE = 'status.conditions[type=Available].status';
const PROGRESSING = 'status.conditions[type=Progressing].reason';

const web = (spec: object = {}) => ({
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: template('web'),
    ...spec,
  },
});
const surge = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } };
const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } },
});

const DEPLOYMENTS: ConformanceCase[] = [
  {
    name: 'a Deployment: created, ready, rolled out, scaled to none',
    steps: [
      ...node(),
      make('Deployment', 'web', web({ replicas: 1, strategy: surge })),
      ...see('Deployment', 'web', { [PROGRESSING]: 'ReplicaSetUpdated', 'status.replicas': '1' }),
      ...list('ReplicaSet', 1),
      pods('app=web', 1, 'ready'),
      ...see('Deployment', 'web', { [PROGRESSING]: 'NewReplicaSetAvailable' }),
      ...list('ReplicaSet', 1),
      ...list('Pod', 1),
      change('Deployment', 'web', image('example.com/app:2')),
      pods('app=web', 2, 'ready'),
      ...see('Deployment', 'web', {
        'status.observedGeneration': '2',
        'status.updatedReplicas': '1',
        'status.replicas': '1',
        'status.unavailableReplicas': '-',
        [PROGRESSING]: 'NewReplicaSetAvailable',
      }),
      ...list('ReplicaSet', 2),
      change('Deployment', 'web', { spec: { replicas: 0 } }),
      ...see('Deployment', 'web', { 'status.observedGeneration': '3', 'status.replicas': '-' }),
    ],
  },
  {
    name: 'a Deployment: paused, scaled, resumed',
    steps: [
      ...node(),
      make('Deployment', 'web', web({ replicas: 1 })),
      pods('app=web', 1, 'ready'),
      ...see('Deployment', 'web', { [PROGRESSING]: 'NewReplicaSetAvailable' }).slice(0, 1),
      change('Deployment', 'web', { spec: { paused: true } }),
      ...see('Deployment', 'web', {
        [PROGRESSING]: 'DeploymentPaused',
        'status.observedGeneration': '2',
      }),
      change('Deployment', 'web', { spec: { paused: false } }),
      ...see('Deployment', 'web', { [PROGRESSING]: 'NewReplicaSetAvailable' }),
    ],
  },
  {
    name: 'a Deployment that is made paused',
    steps: [
      make('Deployment', 'web', web({ paused: true })),
      ...see('Deployment', 'web', { [AVAILABLE]: 'False', [PROGRESSING]: '*' }),
      ...list('ReplicaSet', 0),
    ],
  },
  {
    name: 'a Deployment that makes no progress, and is paused then',
    steps: [
      make('Deployment', 'web', web({ progressDeadlineSeconds: 1 })),
      ...see('Deployment', 'web', { [PROGRESSING]: 'ProgressDeadlineExceeded' }),
      change('Deployment', 'web', { spec: { paused: true } }),
      ...see('Deployment', 'web', { 'status.observedGeneration': '2' }),
    ],
  },
  {
    name: 'events of a Deployment, its ReplicaSet and a pod',
    steps: [
      ...node(),
      make('Deployment', 'web', web({ replicas: 1 })),
      pods('app=web', 1, 'ready'),
      ...events('Deployment', 1),
      ...events('ReplicaSet', 1),
      ...events('Pod', 1),
    ],
  },
];

const REPLICATION: ConformanceCase[] = [
  {
    name: 'a ReplicationController takes in a pod, and deletes one that is too many',
    steps: [
      ...node(),
      make('Pod', 'first', { metadata: { labels: { app: 'rc' } }, ...template('rc') }),
      make('ReplicationController', 'rc', {
        spec: { replicas: 1, selector: { app: 'rc' }, template: template('rc') },
      }),
      pods('app=rc', 1, 'ready'),
      ...see('ReplicationController', 'rc', { 'status.availableReplicas': '1' }),
      ...see('Pod', 'first', { 'metadata.ownerReferences': '*' }),
      make('Pod', 'second', { ...template('rc'), metadata: { labels: { app: 'rc' } } }),
      ...events('ReplicationController', 1),
      ...list('Pod', 1),
    ],
  },
  {
    name: 'a ReplicaSet against a quota',
    steps: [
      make('ResourceQuota', 'quota', { spec: { hard: { pods: '0' } } }),
      ...see('ResourceQuota', 'quota', { 'status.used': '*' }),
      make('ReplicaSet', 'web', web({ replicas: 1 })),
      ...see('ReplicaSet', 'web', { 'status.conditions': '*' }),
    ],
  },
];

const db = (spec: object = {}) => ({
  spec: {
    replicas: 2,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: template('db'),
    ...spec,
  },
});

const STATEFUL: ConformanceCase[] = [
  {
    name: 'a StatefulSet: in order, rolled out, scaled down',
    steps: [
      ...node(),
      make('StatefulSet', 'db', db()),
      pods('app=db', 1, 'ready'),
      ...see('StatefulSet', 'db', { 'status.replicas': '2', 'status.availableReplicas': '1' }),
      pods('app=db', 2, 'ready'),
      ...see('StatefulSet', 'db', { 'status.availableReplicas': '2' }),
      ...see('Pod', 'db-1', { 'status.phase': 'Running' }),
      ...list('ControllerRevision', 1),
      ...events('StatefulSet', 2),
      change('StatefulSet', 'db', { spec: { replicas: 1 } }),
      ...see('StatefulSet', 'db', { 'status.observedGeneration': '2', 'status.replicas': '1' }),
      change('StatefulSet', 'db', image('example.com/app:2')),
      ...see('Pod', 'db-0', { 'spec.containers.0.image': 'example.com/app:2' }).slice(0, 1),
      pods('app=db', 1, 'ready'),
      ...see('StatefulSet', 'db', {
        'status.observedGeneration': '3',
        'status.updatedReplicas': '1',
        'status.availableReplicas': '1',
      }),
      ...list('ControllerRevision', 2),
    ],
  },
  {
    name: 'a StatefulSet with claims, in parallel from another ordinal',
    steps: [
      make(
        'StatefulSet',
        'db',
        db({
          podManagementPolicy: 'Parallel',
          ordinals: { start: 3 },
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
          volumeClaimTemplates: [
            {
              metadata: { name: 'data', labels: { a: 'b' } },
              spec: {
                accessModes: ['ReadWriteOnce'],
                storageClassName: '',
                resources: { requests: { storage: '1Gi' } },
              },
            },
          ],
        }),
      ),
      ...see('StatefulSet', 'db', { 'status.replicas': '2' }),
      ...list('PersistentVolumeClaim', 2),
      change('StatefulSet', 'db', { spec: { replicas: 1 } }),
      ...list('PersistentVolumeClaim', 1),
      remove('StatefulSet', 'db', { propagationPolicy: 'Background' }),
      ...list('PersistentVolumeClaim', 0),
    ],
  },
];

const DAEMONS: ConformanceCase[] = [
  {
    name: 'a DaemonSet: ready, rolled out, nowhere',
    steps: [
      ...node(),
      make('DaemonSet', 'ds', {
        spec: { selector: { matchLabels: { app: 'ds' } }, template: template('ds') },
      }),
      ...see('DaemonSet', 'ds', {
        'status.desiredNumberScheduled': '1',
        'status.numberUnavailable': '1',
        'status.currentNumberScheduled': '1',
      }),
      pods('app=ds', 1, 'ready'),
      ...see('DaemonSet', 'ds', { 'status.numberAvailable': '1' }),
      ...list('Pod', 1),
      ...list('ControllerRevision', 1),
      ...events('DaemonSet', 1),
      change('DaemonSet', 'ds', {
        spec: { template: { spec: { nodeSelector: { case: 'none' } } } },
      }),
      ...see('DaemonSet', 'ds', {
        'status.observedGeneration': '2',
        'status.desiredNumberScheduled': '0',
        'status.numberReady': '0',
      }),
    ],
  },
];

const controllers = true;

export const CONTROLLERS_WORKLOADS: Area = {
  name: 'controllers-workloads',
  controllers,
  cases: [...DEPLOYMENTS, ...REPLICATION, ...STATEFUL, ...DAEMONS].map((one) => ({
    ...one,
    controllers,
  })),
};
