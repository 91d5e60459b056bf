/** What Deployments, ReplicaSets, StatefulSets, DaemonSets and ControllerRevisions may look like. */
import type { Area, ConformanceCase } from '../case.ts';
import { creates, mutate, type Mutation, type Named, reports, updates } from './mutations.ts';

const PLACE = '/apis/apps/v1/namespaces/$ns';
const template = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
const base = {
  metadata: { name: 'x' },
  spec: { selector: { matchLabels: { app: 'a' } }, template },
};
const stateful = mutate(base, { 'spec.serviceName': 'svc' }) as unknown as Named;

const expression = (term: object): Mutation => ({ 'spec.selector': { matchExpressions: [term] } });

const SELECTORS: Mutation[] = [
  { 'spec.selector': undefined },
  { 'spec.selector': {} },
  { 'spec.selector.matchLabels': { app: 'b' } },
  { 'spec.selector': { matchLabels: { 'a b': 'c' } } },
  { 'spec.selector': { matchLabels: { app: 'b c' } } },
  expression({ key: 'app', operator: 'In' }),
  expression({ key: 'app', operator: 'Is', values: ['a'] }),
  expression({ key: 'app', operator: 'Exists', values: ['a'] }),
  expression({ key: 'app', operator: 'In', values: ['a', 'b c'] }),
  { 'spec.selector': 'x' },
];

const TEMPLATES: Mutation[] = [
  { 'spec.template': undefined },
  { 'spec.template.metadata': undefined },
  { 'spec.template.metadata.labels': { app: 'b' } },
  { 'spec.template.metadata.labels': { app: 'a', x: '!' } },
  { 'spec.template.metadata.annotations': { 'a b': 'x' } },
  { 'spec.template.spec.restartPolicy': 'Never' },
  { 'spec.template.spec.activeDeadlineSeconds': 5 },
  { 'spec.template.spec.ephemeralContainers': [{ name: 'e', image: 'i' }] },
];

const COUNTS: Mutation[] = [
  {},
  { 'metadata.name': 'Bad_Name' },
  { 'metadata.name': 'a.b' },
  { 'spec.replicas': -1 },
  { 'spec.replicas': '3' },
  { 'spec.replicas': 1.5 },
  { 'spec.replicas': null },
  { 'spec.minReadySeconds': -1 },
  { 'spec.revisionHistoryLimit': -1 },
  { spec: undefined },
  { spec: [] },
  { status: { replicas: 5 } },
];

const rolling = (rollingUpdate: unknown): Mutation => ({
  'spec.strategy': { type: 'RollingUpdate', rollingUpdate },
});

const DEPLOYMENTS: Mutation[] = [
  { 'spec.paused': 'yes' },
  { 'spec.progressDeadlineSeconds': 0 },
  { 'spec.progressDeadlineSeconds': -1 },
  { 'spec.minReadySeconds': 600 },
  { 'spec.strategy': { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
  { 'spec.strategy': { type: 'Recreate', rollingUpdate: null } },
  { 'spec.strategy': { type: 'Foo' } },
  rolling({ maxSurge: 0, maxUnavailable: 0 }),
  rolling({ maxSurge: '0%', maxUnavailable: 0 }),
  rolling({ maxSurge: -1 }),
  rolling({ maxSurge: '10' }),
  rolling({ maxSurge: '' }),
  rolling({ maxSurge: true }),
  rolling({ maxSurge: 1.5 }),
  rolling({ maxUnavailable: '101%' }),
  rolling({ maxUnavailable: -1, maxSurge: -1 }),
  { 'spec.foo': 1 },
];

const daemons = (rollingUpdate: unknown): Mutation => ({
  'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate },
});

const DAEMON_SETS: Mutation[] = [
  { 'spec.updateStrategy': { type: 'OnDelete' } },
  { 'spec.updateStrategy': { type: 'Recreate' } },
  daemons({ maxSurge: 0, maxUnavailable: 0 }),
  daemons({ maxSurge: 1 }),
  daemons({ maxSurge: 1, maxUnavailable: 0 }),
  daemons({ maxSurge: -1 }),
  daemons({ maxUnavailable: 'x' }),
  daemons({ maxUnavailable: '101%' }),
];

const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const ordered = (changes: object): Mutation => ({ 'spec.updateStrategy': changes });
const RETENTION = 'spec.persistentVolumeClaimRetentionPolicy';
const mounted: Mutation = {
  'spec.template.spec.containers.0.volumeMounts': [{ name: 'data', mountPath: '/d' }],
};

const STATEFUL_SETS: Mutation[] = [
  { 'spec.serviceName': undefined },
  { 'spec.serviceName': 'Bad_' },
  { 'spec.podManagementPolicy': 'Parallel' },
  { 'spec.podManagementPolicy': 'Foo' },
  ordered({ type: 'OnDelete' }),
  ordered({ type: 'OnDelete', rollingUpdate: { partition: 1 } }),
  ordered({ type: 'Foo' }),
  ordered({ type: 'RollingUpdate', rollingUpdate: { partition: -1 } }),
  ordered({ rollingUpdate: { maxUnavailable: 0 } }),
  ordered({ rollingUpdate: { maxUnavailable: '50%' } }),
  { 'spec.ordinals': { start: -1 } },
  { 'spec.ordinals': {} },
  { [RETENTION]: { whenDeleted: 'Delete' } },
  { [RETENTION]: { whenScaled: 'Foo', whenDeleted: 'x' } },
  { 'spec.volumeClaimTemplates': [claim], ...mounted },
  { 'spec.volumeClaimTemplates': [{ metadata: { name: 'x' }, spec: {} }] },
  mounted,
];

const UPDATES: Mutation[] = [
  {},
  { 'spec.replicas': 3 },
  { 'spec.selector.matchLabels': { app: 'a', b: 'c' } },
  {
    'spec.selector.matchLabels': { app: 'a', b: 'c' },
    'spec.template.metadata.labels': { app: 'a', b: 'c' },
  },
  { 'spec.selector': undefined },
  { 'spec.template.spec.containers.0.image': 'j' },
  { 'metadata.labels': { a: 'b' } },
  { status: { replicas: 1 } },
];

const counts: object[] = [
  { replicas: 1 },
  { replicas: -1 },
  { replicas: 1, readyReplicas: 2 },
  { replicas: 2, availableReplicas: 2, readyReplicas: 1 },
  { replicas: 2, updatedReplicas: 3, readyReplicas: -1, unavailableReplicas: -1 },
  { observedGeneration: -1, collisionCount: -1, terminatingReplicas: -1 },
  { fullyLabeledReplicas: 5, currentReplicas: 4 },
  { conditions: [{}] },
];
const daemonCounts: object[] = [
  { currentNumberScheduled: 1 },
  { currentNumberScheduled: -1, numberMisscheduled: -1, desiredNumberScheduled: -1 },
  { numberReady: -1, updatedNumberScheduled: -1, numberAvailable: -1, numberUnavailable: -1 },
];

const merge = 'application/merge-patch+json';

const generations = (path: string): ConformanceCase => ({
  name: `generation of ${path.slice(path.lastIndexOf('/') + 1)}`,
  steps: [
    { request: `POST ${path}`, body: base, quiet: true },
    {
      request: `PATCH ${path}/x/status`,
      type: merge,
      body: {
        spec: { replicas: 7 },
        metadata: { annotations: { c: 'd' } },
        status: { replicas: 1 },
      },
    },
    { request: `PATCH ${path}/x`, type: merge, body: { spec: { minReadySeconds: 7 } } },
    { request: `PATCH ${path}/x`, type: merge, body: { metadata: { labels: { a: 'b' } } } },
  ],
});

const scales = (path: string): ConformanceCase => ({
  name: `scale of ${path.slice(path.lastIndexOf('/') + 1)}`,
  steps: [
    { request: `POST ${path}`, body: base, quiet: true },
    { request: `GET ${path}/x/scale` },
    { request: `PATCH ${path}/x/scale`, type: merge, body: { spec: { replicas: 2 } } },
    { request: `PATCH ${path}/x/scale`, type: merge, body: { spec: { replicas: -2 } } },
  ],
});

const REVISION = { metadata: { name: 'x' }, revision: 1, data: { a: 1 } };

export const APPS: Area = {
  name: 'apps',
  cases: [
    creates(`${PLACE}/deployments`, base, [...COUNTS, ...SELECTORS, ...TEMPLATES, ...DEPLOYMENTS]),
    updates(`${PLACE}/deployments`, base, UPDATES),
    reports(`${PLACE}/deployments`, base, counts),
    creates(`${PLACE}/replicasets`, base, [{}, ...SELECTORS.slice(0, 4), ...TEMPLATES.slice(0, 3)]),
    updates(`${PLACE}/replicasets`, base, UPDATES.slice(0, 5)),
    reports(`${PLACE}/replicasets`, base, counts),
    creates(`${PLACE}/daemonsets`, base, [{}, ...SELECTORS, ...TEMPLATES, ...DAEMON_SETS]),
    updates(`${PLACE}/daemonsets`, base, UPDATES),
    reports(`${PLACE}/daemonsets`, base, daemonCounts),
    creates(`${PLACE}/statefulsets`, stateful, [
      ...COUNTS.slice(0, 9),
      ...SELECTORS,
      ...TEMPLATES,
      ...STATEFUL_SETS,
    ]),
    updates(`${PLACE}/statefulsets`, stateful, [
      ...UPDATES,
      { 'spec.serviceName': 'x' },
      { 'spec.podManagementPolicy': 'Parallel' },
      { 'spec.volumeClaimTemplates': [claim] },
      { 'spec.ordinals': { start: 3 } },
    ]),
    reports(`${PLACE}/statefulsets`, stateful, counts),
    creates(`${PLACE}/controllerrevisions`, REVISION, [{}, { revision: -1 }, { data: undefined }]),
    updates(`${PLACE}/controllerrevisions`, REVISION, [
      { revision: 2 },
      { revision: -2 },
      { data: { a: 2 } },
    ]),
    generations(`${PLACE}/deployments`),
    generations(`${PLACE}/daemonsets`),
    scales(`${PLACE}/deployments`),
    scales(`${PLACE}/statefulsets`),
  ],
};
