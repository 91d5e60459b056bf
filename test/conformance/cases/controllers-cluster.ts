/** What the controllers make of Services, budgets, namespaces, owners, quotas, claims and nodes. */
import type { Area, ConformanceCase } from '../case.ts';
import {
  change,
  events,
  list,
  make,
  node,
  pathOf,
  podSpec,
  pods,
  remove,
  see,
  template,
} from './controller-steps.ts';

/** How often a slice was written depends on how fast pods change. */
const GENERATION = {
  '*.body.items.*.metadata.generation': 'writes are put together as they come',
};
const SLICES = 'labelSelector=kubernetes.io/service-name=web';

const SERVICES: ConformanceCase[] = [
  {
    name: 'endpoints of a Service: none, not ready, ready, terminating, none',
    steps: [
      ...node(),
      make('Service', 'web', {
        metadata: { labels: { x: 'y' } },
        spec: {
          selector: { app: 'web' },
          ports: [{ name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' }],
        },
      }),
      ...list('EndpointSlice', 1, SLICES),
      ...see('Endpoints', 'web', {}),
      make('Pod', 'a', { metadata: { labels: { app: 'web' } }, spec: podSpec() }),
      pods('app=web', 1, 'running'),
      ...see('Endpoints', 'web', { 'subsets.0.notReadyAddresses': '*' }),
      { request: `GET ${pathOf('EndpointSlice')}`, until: { 'items.0.endpoints.0': '*' } },
      ...list('EndpointSlice', 1, SLICES),
      pods('app=web', 1, 'ready'),
      ...see('Endpoints', 'web', { 'subsets.0.addresses': '*' }),
      {
        request: `GET ${pathOf('EndpointSlice')}`,
        until: { 'items.0.endpoints.0.conditions.ready': 'true' },
      },
      ...list('EndpointSlice', 1, SLICES),
      change('Pod', 'a', { metadata: { finalizers: ['example.com/hold'] } }),
      remove('Pod', 'a'),
      {
        request: `GET ${pathOf('EndpointSlice')}`,
        until: { 'items.0.endpoints.0.conditions.terminating': 'true' },
      },
      ...list('EndpointSlice', 1, SLICES),
      ...see('Endpoints', 'web', { subsets: '-' }),
      change('Pod', 'a', { metadata: { finalizers: null } }),
      { request: `GET ${pathOf('EndpointSlice')}`, until: { 'items.0.endpoints.0': '-' } },
      ...list('EndpointSlice', 1, SLICES),
    ],
    differs: GENERATION,
  },
  {
    name: 'endpoints of a headless Service with names and without ports',
    steps: [
      ...node(),
      make('Service', 'web', {
        spec: { clusterIP: 'None', selector: { app: 'web' }, publishNotReadyAddresses: true },
      }),
      make('Pod', 'a', {
        metadata: { labels: { app: 'web' } },
        spec: podSpec({ hostname: 'h', subdomain: 'web' }),
      }),
      pods('app=web', 1, 'running'),
      ...see('Endpoints', 'web', { 'subsets.0.addresses': '*' }),
      { request: `GET ${pathOf('EndpointSlice')}`, until: { 'items.0.endpoints.0': '*' } },
      ...list('EndpointSlice', 1, SLICES),
    ],
    differs: GENERATION,
  },
  {
    name: 'slices of Endpoints that are kept by hand',
    steps: [
      make('Service', 'web', { spec: { ports: [{ port: 80 }] } }),
      make('Endpoints', 'web', {
        subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }],
      }),
      ...list('EndpointSlice', 1, SLICES),
      remove('Endpoints', 'web'),
      ...list('EndpointSlice', 0, SLICES),
    ],
  },
];

const budget = (spec: object) => ({ spec: { selector: { matchLabels: { app: 'web' } }, ...spec } });

const BUDGETS: ConformanceCase[] = [{ minAvailable: 1 }, { maxUnavailable: '50%' }].map((spec) => ({
  name: `a disruption budget ${JSON.stringify(spec)}: without pods, with ready ones`,
  steps: [
    ...node(),
    make('PodDisruptionBudget', 'budget', budget(spec)),
    ...see('PodDisruptionBudget', 'budget', { 'status.conditions': '*' }),
    make('Deployment', 'web', {
      spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
    }),
    pods('app=web', 3, 'ready'),
    ...see('PodDisruptionBudget', 'budget', { 'status.currentHealthy': '3' }),
  ],
}));

const owner = (extra: object = {}) => ({
  metadata: {
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '$uid', ...extra },
    ],
  },
});

const OWNERS: ConformanceCase[] = [
  {
    name: 'an owner that is deleted in the foreground waits for those that block it',
    steps: [
      { ...make('ConfigMap', 'owner'), keep: { uid: 'metadata.uid' } },
      make('ConfigMap', 'blocks', {
        metadata: {
          ...owner({ blockOwnerDeletion: true }).metadata,
          finalizers: ['example.com/x'],
        },
      }),
      make('ConfigMap', 'other', owner()),
      remove('ConfigMap', 'owner', { propagationPolicy: 'Foreground' }),
      ...see('ConfigMap', 'blocks', { 'metadata.deletionTimestamp': '*' }),
      ...see('ConfigMap', 'owner', {}),
      change('ConfigMap', 'blocks', { metadata: { finalizers: null } }),
      { request: `GET ${pathOf('ConfigMap', 'owner')}`, until: { code: '404' } },
      { request: `GET ${pathOf('ConfigMap', 'other')}`, until: { code: '404' } },
      { request: `GET ${pathOf('ConfigMap', 'other')}` },
    ],
  },
  {
    name: 'dependents of an owner that is gone, of nobody, and that are let go',
    steps: [
      { ...make('ConfigMap', 'owner'), keep: { uid: 'metadata.uid' } },
      make('ConfigMap', 'lost', owner({ uid: '00000000-0000-0000-0000-000000000001' })),
      { request: `GET ${pathOf('ConfigMap', 'lost')}`, until: { code: '404' } },
      make('ConfigMap', 'kept', owner()),
      remove('ConfigMap', 'owner', { propagationPolicy: 'Orphan' }),
      ...see('ConfigMap', 'kept', { 'metadata.ownerReferences': '-' }),
      { request: `GET ${pathOf('ConfigMap', 'owner')}`, until: { code: '404' } },
      { request: `GET ${pathOf('ConfigMap', 'owner')}` },
    ],
  },
];

const NAMESPACES: ConformanceCase[] = [
  {
    name: 'a namespace that cannot be emptied',
    steps: [
      make('ConfigMap', 'held', { metadata: { finalizers: ['example.com/x'] } }),
      remove('Namespace', '$ns'),
      ...see('Namespace', '$ns', {
        'status.conditions[type=NamespaceFinalizersRemaining].status': 'True',
      }),
      change('ConfigMap', 'held', { metadata: { finalizers: null } }),
      { request: `GET ${pathOf('Namespace', '$ns')}`, until: { code: '404' } },
    ],
  },
  {
    name: 'what a namespace comes with, and gets back',
    steps: [
      ...see('ConfigMap', 'kube-root-ca.crt', {}),
      remove('ConfigMap', 'kube-root-ca.crt'),
      ...see('ConfigMap', 'kube-root-ca.crt', { 'metadata.uid': '*' }),
      remove('ServiceAccount', 'default'),
      ...see('ServiceAccount', 'default', { 'metadata.uid': '*' }),
    ],
    differs: { '*.body.data': 'a certificate of its own' },
  },
  {
    name: 'a token Secret of a service account',
    steps: [
      make('Secret', 'token', {
        metadata: { annotations: { 'kubernetes.io/service-account.name': 'default' } },
        type: 'kubernetes.io/service-account-token',
      }),
      ...see('Secret', 'token', { 'data.token': '*' }),
    ],
    differs: {
      '*.body.data': 'a token and a certificate of its own',
    },
  },
  {
    name: 'a quota counts what is there',
    steps: [
      make('ResourceQuota', 'quota', {
        spec: {
          hard: {
            pods: '5',
            'requests.cpu': '2',
            'limits.memory': '1Gi',
            'count/deployments.apps': '3',
            services: '4',
            'services.nodeports': '1',
          },
        },
      }),
      ...see('ResourceQuota', 'quota', { 'status.used': '*' }),
      make('Pod', 'p', {
        spec: podSpec({
          containers: [
            {
              name: 'main',
              image: 'example.com/app:1',
              resources: { requests: { cpu: '100m' }, limits: { memory: '5Mi' } },
            },
          ],
        }),
      }),
      make('Service', 'web', { spec: { type: 'NodePort', ports: [{ port: 80 }] } }),
      ...see('ResourceQuota', 'quota', {
        'status.used.pods': '1',
        'status.used.services': '1',
      }),
    ],
  },
];

const claim = (storageClassName: string, extra: object = {}) => ({
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName,
    resources: { requests: { storage: '1Gi' } },
    ...extra,
  },
});

const VOLUMES: ConformanceCase[] = [
  {
    name: 'a claim is bound to a volume, and the volume released',
    steps: [
      make('PersistentVolume', 'pv-$id', {
        spec: {
          capacity: { storage: '2Gi' },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'class-$id',
          hostPath: { path: '/tmp/x' },
        },
      }),
      ...see('PersistentVolume', 'pv-$id', { 'status.phase': 'Available' }),
      make('PersistentVolumeClaim', 'data', claim('class-$id')),
      ...see('PersistentVolumeClaim', 'data', { 'status.phase': 'Bound' }),
      ...see('PersistentVolume', 'pv-$id', { 'status.phase': 'Bound' }),
      remove('PersistentVolumeClaim', 'data'),
      ...see('PersistentVolume', 'pv-$id', { 'status.phase': 'Released' }),
    ],
  },
  {
    name: 'claims that wait for a provisioner or for a pod',
    steps: [
      make('StorageClass', 'now-$id', { provisioner: 'example.com/none' }),
      make('StorageClass', 'wait-$id', {
        provisioner: 'example.com/none',
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
      make('PersistentVolumeClaim', 'now', claim('now-$id')),
      ...see('PersistentVolumeClaim', 'now', {
        'metadata.annotations': '*',
        'metadata.finalizers': '*',
        'status.phase': 'Pending',
      }),
      ...events('PersistentVolumeClaim', 1),
      make('PersistentVolumeClaim', 'wait', claim('wait-$id')),
      ...see('PersistentVolumeClaim', 'wait', { 'status.phase': 'Pending' }),
    ],
    differs: { '*.body.items.*.count': 'said again after a while' },
  },
];

const NODES: ConformanceCase[] = [
  {
    name: 'a node: new, cordoned',
    steps: [
      ...node(),
      ...see('Node', 'node-$id', { 'metadata.annotations': '*' }),
      change('Node', 'node-$id', { spec: { unschedulable: true } }),
      ...see('Node', 'node-$id', { 'spec.taints': '*' }),
      change('Node', 'node-$id', { spec: { unschedulable: null } }),
      ...see('Node', 'node-$id', { 'spec.taints': '-' }).slice(0, 1),
      {
        request:
          'GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.name=node-$id,reason=RegisteredNode',
        until: { 'items.length': '1' },
      },
      {
        request:
          'GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.name=node-$id,reason=RegisteredNode',
      },
    ],
  },
  {
    name: 'a pod that is bound: nobody owns its node',
    steps: [
      ...node(),
      make('Pod', 'a', { spec: podSpec() }),
      ...see('Pod', 'a', { 'spec.nodeName': '*' }).map((step) => ({
        ...step,
        managedFields: true,
      })),
    ],
  },
  {
    name: 'pods that do not tolerate a taint leave the node',
    steps: [
      ...node(),
      make('Pod', 'goes', { spec: podSpec() }),
      make('Pod', 'stays', { spec: podSpec({ tolerations: [{ operator: 'Exists' }] }) }),
      ...see('Pod', 'goes', { 'spec.nodeName': '*' }).slice(0, 1),
      ...see('Pod', 'stays', { 'spec.nodeName': '*' }).slice(0, 1),
      change('Pod', 'goes', { metadata: { finalizers: ['example.com/hold'] } }),
      change('Node', 'node-$id', {
        spec: { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] },
      }),
      ...see('Pod', 'goes', {
        'metadata.deletionTimestamp': '*',
        'status.conditions[type=DisruptionTarget].status': 'True',
      }),
      change('Pod', 'goes', { metadata: { finalizers: null } }),
      ...list('Pod', 1),
      ...events('Pod', 3),
    ],
  },
];

const controllers = true;

export const CONTROLLERS_CLUSTER: Area = {
  name: 'controllers-cluster',
  controllers,
  cases: [...SERVICES, ...BUDGETS, ...OWNERS, ...NAMESPACES, ...VOLUMES, ...NODES].map((one) => ({
    ...one,
    controllers,
  })),
};
