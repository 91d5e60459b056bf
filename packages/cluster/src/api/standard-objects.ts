/**
 * What kube-apiserver 1.35 puts into every cluster beside roles and namespaces: the default configuration of priority and
 * fairness, which is not acted on here, and two ConfigMaps of kube-system that extension API servers and tools read.
 */
import type { Clock } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import { objectKey, resourcePrefix, timestamp } from './object.ts';

const FLOW_CONTROL = 'flowcontrol.apiserver.k8s.io';

export interface StandardObjectsOptions {
  storage: Storage;
  clock: Clock;
  randomId(): string;
  /** PEM of the certificate authority of clients. */
  clientAuthority: string;
}

/** Creates those that are not there, straight in the storage, as a cluster starts in milliseconds. Idempotent. */
export function ensureStandardObjects(options: StandardObjectsOptions): void {
  const { storage, clock, randomId, clientAuthority } = options;
  const now = timestamp(clock.now());
  const ensure = (group: string, plural: string, object: StandardObject) => {
    const { name, namespace } = object.metadata;
    const key = objectKey(resourcePrefix({ group, plural }), namespace, name);
    if (storage.get(key)) return;
    const metadata = { ...object.metadata, uid: randomId(), creationTimestamp: now };
    storage.create(key, { ...object, metadata });
  };
  for (const [name, spec] of Object.entries(PRIORITY_LEVELS))
    ensure(FLOW_CONTROL, 'prioritylevelconfigurations', priorityLevel(name, spec));
  for (const flow of FLOWS) ensure(FLOW_CONTROL, 'flowschemas', flowSchema(flow, now));
  const authentication = { 'client-ca-file': clientAuthority };
  ensure('', 'configmaps', configMap('extension-apiserver-authentication', authentication));
  const tracking = { since: now.slice(0, 10) };
  const trackingName = 'kube-apiserver-legacy-service-account-token-tracking';
  ensure('', 'configmaps', configMap(trackingName, tracking));
}

interface StandardObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

function configMap(name: string, data: Record<string, string>): StandardObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'kube-system' },
    data,
  };
}

function flowControl(kind: string, name: string, content: object): StandardObject {
  return {
    apiVersion: `${FLOW_CONTROL}/v1`,
    kind,
    metadata: {
      name,
      generation: 1,
      annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' },
    },
    ...content,
  };
}

interface PriorityLevel {
  shares: number;
  lendable: number;
  /** Number of queues and size of a hand; without them the rest is turned away. */
  queues?: [number: number, hand: number];
}

const PRIORITY_LEVELS: Record<string, PriorityLevel | 'exempt'> = {
  'catch-all': { shares: 5, lendable: 0 },
  exempt: 'exempt',
  'global-default': { shares: 20, lendable: 50, queues: [128, 6] },
  'leader-election': { shares: 10, lendable: 0, queues: [16, 4] },
  'node-high': { shares: 40, lendable: 25, queues: [64, 6] },
  system: { shares: 30, lendable: 33, queues: [64, 6] },
  'workload-high': { shares: 40, lendable: 50, queues: [128, 6] },
  'workload-low': { shares: 100, lendable: 90, queues: [128, 6] },
};

function priorityLevel(name: string, level: PriorityLevel | 'exempt'): StandardObject {
  const kind = 'PriorityLevelConfiguration';
  if (level === 'exempt') {
    const exempt = { nominalConcurrencyShares: 0, lendablePercent: 0 };
    return flowControl(kind, name, { spec: { type: 'Exempt', exempt }, status: {} });
  }
  const [queues, handSize] = level.queues ?? [];
  const limited = {
    nominalConcurrencyShares: level.shares,
    limitResponse: level.queues
      ? { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } }
      : { type: 'Reject' },
    lendablePercent: level.lendable,
  };
  return flowControl(kind, name, { spec: { type: 'Limited', limited }, status: {} });
}

type Subject = ['User' | 'Group' | 'ServiceAccount', name: string];

interface Flow {
  name: string;
  level: string;
  precedence: number;
  /** What is told apart within it; nothing where there are no queues. */
  by?: 'ByUser' | 'ByNamespace';
  subjects: Subject[];
  /** Everything by default. */
  rules?: object;
}

const EVERYBODY: Subject[] = [
  ['Group', 'system:unauthenticated'],
  ['Group', 'system:authenticated'],
];
const SYSTEM_ACCOUNTS: Subject = ['ServiceAccount', '*'];
const EVERYTHING = {
  resourceRules: [
    {
      verbs: ['*'],
      apiGroups: ['*'],
      resources: ['*'],
      clusterScope: true,
      namespaces: ['*'],
    },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const PROBES = {
  nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
};
const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] };
const NODES = {
  verbs: ['*'],
  apiGroups: [''],
  resources: ['nodes', 'nodes/status'],
  clusterScope: true,
  namespaces: ['*'],
};

const FLOWS: Flow[] = [
  {
    name: 'catch-all',
    level: 'catch-all',
    precedence: 10_000,
    by: 'ByUser',
    subjects: EVERYBODY,
  },
  { name: 'exempt', level: 'exempt', precedence: 1, subjects: [['Group', 'system:masters']] },
  {
    name: 'global-default',
    level: 'global-default',
    precedence: 9900,
    by: 'ByUser',
    subjects: EVERYBODY,
  },
  {
    name: 'kube-controller-manager',
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: [['User', 'system:kube-controller-manager']],
  },
  {
    name: 'kube-scheduler',
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: [['User', 'system:kube-scheduler']],
  },
  {
    name: 'kube-system-service-accounts',
    level: 'workload-high',
    precedence: 900,
    by: 'ByNamespace',
    subjects: [SYSTEM_ACCOUNTS],
  },
  { name: 'probes', level: 'exempt', precedence: 2, subjects: EVERYBODY, rules: PROBES },
  {
    name: 'service-accounts',
    level: 'workload-low',
    precedence: 9000,
    by: 'ByUser',
    subjects: [['Group', 'system:serviceaccounts']],
  },
  {
    name: 'system-leader-election',
    level: 'leader-election',
    precedence: 100,
    by: 'ByUser',
    subjects: [
      ['User', 'system:kube-controller-manager'],
      ['User', 'system:kube-scheduler'],
      SYSTEM_ACCOUNTS,
    ],
    rules: { resourceRules: [{ verbs: ['get', 'create', 'update'], ...LEASES }] },
  },
  {
    name: 'system-node-high',
    level: 'node-high',
    precedence: 400,
    by: 'ByUser',
    subjects: [['Group', 'system:nodes']],
    rules: { resourceRules: [NODES, { verbs: ['*'], ...LEASES }] },
  },
  {
    name: 'system-nodes',
    level: 'system',
    precedence: 500,
    by: 'ByUser',
    subjects: [['Group', 'system:nodes']],
  },
];

function flowSchema({ name, level, precedence, by, ...flow }: Flow, now: string): StandardObject {
  const { subjects, rules = EVERYTHING } = flow;
  const spec = {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by && { distinguisherMethod: { type: by } }),
    rules: [{ subjects: subjects.map(subject), ...rules }],
  };
  const dangling = {
    type: 'Dangling',
    status: 'False',
    lastTransitionTime: now,
    reason: 'Found',
    message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" and it exists`,
  };
  return flowControl('FlowSchema', name, { spec, status: { conditions: [dangling] } });
}

function subject([kind, name]: Subject): object {
  switch (kind) {
    case 'User':
      return { kind, user: { name } };
    case 'Group':
      return { kind, group: { name } };
    case 'ServiceAccount':
      return { kind, serviceAccount: { namespace: 'kube-system', name } };
  }
}
