/** What the kinds of autoscaling, policy, storage, scheduling, coordination and node may look like. */
import type { Area } from '../case.ts';
import { creates, type Mutation, reports, updates } from './mutations.ts';

const AUTOSCALERS = '/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers';
const OLD_AUTOSCALERS = '/apis/autoscaling/v1/namespaces/$ns/horizontalpodautoscalers';
const BUDGETS = '/apis/policy/v1/namespaces/$ns/poddisruptionbudgets';
const STORAGE = '/apis/storage.k8s.io/v1';
const PRIORITIES = '/apis/scheduling.k8s.io/v1/priorityclasses';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/$ns/leases';
const RUNTIMES = '/apis/node.k8s.io/v1/runtimeclasses';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const utilization = { type: 'Utilization', averageUtilization: 50 };
const autoscaler = {
  metadata: { name: 'h' },
  spec: {
    scaleTargetRef,
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: utilization } }],
  },
};
const oldAutoscaler = { metadata: { name: 'h' }, spec: { scaleTargetRef, maxReplicas: 5 } };

const by = (metric: object): Mutation => ({ 'spec.metrics': [metric] });
const byCpu = (target: object, name = 'cpu'): Mutation =>
  by({ type: 'Resource', resource: { name, target } });
const byPods = (metric: object, target: object): Mutation =>
  by({ type: 'Pods', pods: { metric, target } });
const byObject = (object: object): Mutation => by({ type: 'Object', object });
const byExternal = (metric: object, target: object): Mutation =>
  by({ type: 'External', external: { metric, target } });
const down = (scaleDown: object): Mutation => ({ 'spec.behavior': { scaleDown } });
const target = (changes: object): Mutation => ({
  'spec.scaleTargetRef': { ...scaleTargetRef, ...changes },
});

const AUTOSCALED: Mutation[] = [
  {},
  { spec: undefined },
  target({ kind: '', name: 'a/b' }),
  target({ apiVersion: undefined }),
  target({ apiVersion: 'a/b/c' }),
  { 'spec.minReplicas': 0 },
  { 'spec.minReplicas': 9 },
  { 'spec.maxReplicas': undefined },
  { 'spec.metrics': undefined },
  by({}),
  by({ type: 'Resource' }),
  by({ type: 'Resource', pods: {} }),
  byCpu({}),
  byCpu({ type: 'Utilization' }),
  byCpu({ type: 'Utilization', averageUtilization: 0 }),
  byCpu({ type: 'AverageValue', averageValue: '0' }),
  byCpu({ type: 'Foo', averageUtilization: 5 }),
  byCpu({ ...utilization, averageValue: '1' }),
  byCpu(utilization, ''),
  byPods({ name: 'm' }, { type: 'AverageValue', averageValue: '1k' }),
  byPods({}, { type: 'Value', value: '1' }),
  byObject({ metric: { name: 'm' }, target: { type: 'Value' } }),
  byObject({ describedObject: { kind: 'X', name: 'x' }, metric: {}, target: utilization }),
  byExternal({ name: 'q' }, { type: 'Value', value: '-1', averageValue: '3' }),
  byExternal({}, {}),
  by({ type: 'ContainerResource', containerResource: { target: { type: 'Utilization' } } }),
  { 'spec.metrics.0.pods': { metric: { name: 'm' }, target: utilization } },
  { 'spec.behavior': {} },
  down({ stabilizationWindowSeconds: 4000 }),
  down({ selectPolicy: 'Foo' }),
  down({ policies: [{}] }),
  down({ policies: [{ type: 'Percent', value: 10, periodSeconds: 5000 }] }),
];

const budget = {
  metadata: { name: 'p' },
  spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
};
const most = (maxUnavailable: unknown): Mutation => ({
  'spec.minAvailable': undefined,
  'spec.maxUnavailable': maxUnavailable,
});

const BUDGETED: Mutation[] = [
  {},
  { 'metadata.name': 'Bad_Name' },
  { spec: undefined },
  { 'spec.maxUnavailable': 1 },
  ...[-1, 'x', '150%', ''].map((amount) => ({ 'spec.minAvailable': amount })),
  most('150%'),
  most(-1),
  { 'spec.selector': undefined },
  { 'spec.selector': { matchLabels: { 'a b': 'c' } } },
  { 'spec.unhealthyPodEvictionPolicy': 'Foo' },
];

const storageClass = { metadata: { name: '$id' }, provisioner: 'example.com/x' };
const topology = (...expressions: object[]): Mutation => ({
  allowedTopologies: [{ matchLabelExpressions: expressions }],
});

const CLASSES: Mutation[] = [
  {},
  { provisioner: undefined },
  { provisioner: 'Bad_/ x' },
  { reclaimPolicy: 'Recycle' },
  { volumeBindingMode: 'Foo' },
  { parameters: { '': 'b' } },
  topology(),
  topology({ key: 'a b', values: [] }),
  topology({ key: 'z', values: ['a', 'a'] }),
  topology({ key: 'z', values: ['a'] }, { key: 'z', values: ['b'] }),
];

const driver = { metadata: { name: '$id' }, spec: {} };
const DRIVERS: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.volumeLifecycleModes': ['Foo'] },
  { 'spec.fsGroupPolicy': 'Foo' },
  { 'spec.tokenRequests': [{ audience: 'a' }, { audience: 'a' }] },
  { 'spec.tokenRequests': [{ audience: 'a', expirationSeconds: 5 }] },
];

const node = { metadata: { name: '$id' }, spec: { drivers: [{ name: 'a.b', nodeID: 'n' }] } };
const NODES: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.drivers.0': {} },
  { 'spec.drivers.1': { name: 'a.b', nodeID: 'n' } },
  { 'spec.drivers.0.topologyKeys': ['a b', 'c', 'c'] },
  { 'spec.drivers.0.allocatable': { count: -1 } },
];

const attachment = {
  metadata: { name: '$id' },
  spec: { attacher: 'a.b', nodeName: 'n', source: { persistentVolumeName: 'p' } },
};
const ATTACHMENTS: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.attacher': '' },
  { 'spec.attacher': 'Bad_/', 'spec.nodeName': 'Bad_' },
  { 'spec.source.persistentVolumeName': '' },
];

const priority = { metadata: { name: '$id' }, value: 10 };
const PRIORITY: Mutation[] = [
  {},
  { value: undefined },
  { value: 1_000_000_001 },
  { 'metadata.name': 'system-foo' },
  { preemptionPolicy: 'Foo' },
  { preemptionPolicy: '' },
];

const lease = {
  metadata: { name: 'l' },
  spec: { holderIdentity: 'x', leaseDurationSeconds: 15 },
};
const times = ['2025-01-01T00:00:00.123456Z', '2025-01-01T00:00:00Z', 'x', ''];
const LEASED: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.leaseDurationSeconds': 0, 'spec.leaseTransitions': -1 },
  ...times.map((time) => ({ 'spec.renewTime': time })),
  { 'spec.holderIdentity': '' },
  { 'spec.holderIdentity': 5 },
  { 'spec.strategy': 'Bad Strategy', 'spec.preferredHolder': 'x' },
];

const runtime = { metadata: { name: '$id' }, handler: 'runc' };
const RUNTIME: Mutation[] = [
  {},
  { handler: undefined },
  { handler: 'Bad_' },
  { overhead: { podFixed: { cpu: '-1' } } },
  { scheduling: { nodeSelector: { 'a b': 'c' } } },
  { scheduling: { tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] } },
];

export const OTHER_KINDS: Area = {
  name: 'other-kinds',
  cases: [
    creates(AUTOSCALERS, autoscaler, AUTOSCALED),
    reports(AUTOSCALERS, autoscaler, [{ currentReplicas: -1 }, { conditions: [{}] }]),
    creates(OLD_AUTOSCALERS, oldAutoscaler, [
      {},
      { spec: undefined },
      { 'spec.targetCPUUtilizationPercentage': 0 },
      { 'spec.minReplicas': 7 },
    ]),
    creates(BUDGETS, budget, BUDGETED),
    updates(BUDGETS, budget, [{ 'spec.minAvailable': 2 }, { 'spec.selector': {} }]),
    reports(BUDGETS, budget, [{ disruptionsAllowed: -1, expectedPods: -1 }, {}]),
    creates(`${STORAGE}/storageclasses`, storageClass, CLASSES),
    updates(`${STORAGE}/storageclasses`, storageClass, [
      { provisioner: 'x', parameters: { a: 'b' }, reclaimPolicy: 'Retain' },
      { volumeBindingMode: 'WaitForFirstConsumer' },
      { allowVolumeExpansion: true },
    ]),
    creates(`${STORAGE}/csidrivers`, driver, DRIVERS),
    updates(`${STORAGE}/csidrivers`, driver, [
      { 'spec.attachRequired': false },
      { 'spec.volumeLifecycleModes': ['Ephemeral'] },
      { 'spec.requiresRepublish': true },
    ]),
    creates(`${STORAGE}/csinodes`, node, NODES),
    creates(`${STORAGE}/volumeattachments`, attachment, ATTACHMENTS),
    creates(PRIORITIES, priority, PRIORITY),
    updates(PRIORITIES, priority, [{ value: 11, preemptionPolicy: 'Never' }, { description: 'x' }]),
    creates(LEASES, lease, LEASED),
    creates(RUNTIMES, runtime, RUNTIME),
    updates(RUNTIMES, runtime, [{ handler: 'x' }, { 'metadata.labels': { a: 'b' } }]),
  ],
};
