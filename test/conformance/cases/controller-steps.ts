/** Steps of cases about controllers: a node without a kubelet, pods whose status is written by hand, waiting for the outcome. */
import type { Step } from '../case.ts';

type Json = Record<string, unknown>;

const SINCE = '2026-01-01T00:00:00Z';
const NAMESPACED = 'namespaces/$ns';

/** Group and version, and plural, by kind. */
const PATHS: Record<string, string> = {
  Pod: `/api/v1/${NAMESPACED}/pods`,
  Service: `/api/v1/${NAMESPACED}/services`,
  Endpoints: `/api/v1/${NAMESPACED}/endpoints`,
  Event: `/api/v1/${NAMESPACED}/events`,
  ConfigMap: `/api/v1/${NAMESPACED}/configmaps`,
  Secret: `/api/v1/${NAMESPACED}/secrets`,
  ServiceAccount: `/api/v1/${NAMESPACED}/serviceaccounts`,
  ResourceQuota: `/api/v1/${NAMESPACED}/resourcequotas`,
  PersistentVolumeClaim: `/api/v1/${NAMESPACED}/persistentvolumeclaims`,
  ReplicationController: `/api/v1/${NAMESPACED}/replicationcontrollers`,
  Namespace: '/api/v1/namespaces',
  Node: '/api/v1/nodes',
  PersistentVolume: '/api/v1/persistentvolumes',
  StorageClass: '/apis/storage.k8s.io/v1/storageclasses',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  Deployment: `/apis/apps/v1/${NAMESPACED}/deployments`,
  ReplicaSet: `/apis/apps/v1/${NAMESPACED}/replicasets`,
  StatefulSet: `/apis/apps/v1/${NAMESPACED}/statefulsets`,
  DaemonSet: `/apis/apps/v1/${NAMESPACED}/daemonsets`,
  ControllerRevision: `/apis/apps/v1/${NAMESPACED}/controllerrevisions`,
  Job: `/apis/batch/v1/${NAMESPACED}/jobs`,
  CronJob: `/apis/batch/v1/${NAMESPACED}/cronjobs`,
  EndpointSlice: `/apis/discovery.k8s.io/v1/${NAMESPACED}/endpointslices`,
  PodDisruptionBudget: `/apis/policy/v1/${NAMESPACED}/poddisruptionbudgets`,
};

export function pathOf(kind: string, name?: string): string {
  return `${PATHS[kind]}${name === undefined ? '' : `/${name}`}`;
}

/** Not recorded: the answers to writes are the business of other areas. */
export function make(kind: string, name: string, { metadata, ...rest }: Json = {}): Step {
  const body = { metadata: { name, ...(metadata as Json) }, ...rest };
  return { request: `POST ${pathOf(kind)}`, body, quiet: true };
}

export function change(kind: string, name: string, body: unknown): Step {
  const type = 'application/merge-patch+json';
  return { request: `PATCH ${pathOf(kind, name)}`, type, body, quiet: true };
}

export function remove(kind: string, name: string, body?: Json): Step {
  return { request: `DELETE ${pathOf(kind, name)}`, body, quiet: true };
}

/** Waits until the object is so, then records it. */
export function see(kind: string, name: string, until: Record<string, string>): Step[] {
  const request = `GET ${pathOf(kind, name)}`;
  return [{ request, until }, { request }];
}

/** Waits until a list has so many items, then records it. */
export function list(kind: string, count: number, query = ''): Step[] {
  const request = `GET ${pathOf(kind)}${query === '' ? '' : `?${query}`}`;
  return [
    { request, until: { 'items.length': String(count) } },
    { request, sorted: true },
  ];
}

/** The events of all objects of a kind. */
export function events(kind: string, count: number): Step[] {
  return list('Event', count, `fieldSelector=involvedObject.kind=${kind}`);
}

/** A node of the case's own, to which only its pods go, and which has no taints. */
export function node(name = 'node-$id'): Step[] {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' };
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' };
  const times = { lastHeartbeatTime: SINCE, lastTransitionTime: SINCE };
  const conditions = [{ ...ready, ...times }];
  return [
    make('Node', name, { metadata: { labels: { case: '$id' } } }),
    {
      ...change('Node', name, {
        status: { capacity: resources, allocatable: resources, conditions },
      }),
      request: `PATCH ${pathOf('Node', name)}/status`,
    },
    { request: `GET ${pathOf('Node', name)}`, until: { 'spec.taints': '-' } },
  ];
}

/** A pod template for that node; its pods go at once when they are deleted. */
export function template(app: string, spec: Json = {}): Json {
  return { metadata: { labels: { app } }, spec: podSpec(spec) };
}

export function podSpec(spec: Json = {}): Json {
  return {
    terminationGracePeriodSeconds: 0,
    nodeSelector: { case: '$id' },
    containers: [{ name: 'main', image: 'example.com/app:1' }],
    ...spec,
  };
}

const condition = (type: string, status: string): Json => ({
  type,
  status,
  lastTransitionTime: SINCE,
});

function status(phase: string, container: Json, isReady: boolean): Json {
  const ready = isReady ? 'True' : 'False';
  return {
    phase,
    startTime: SINCE,
    hostIP: '192.0.2.1',
    hostIPs: [{ ip: '192.0.2.1' }],
    podIP: '192.0.2.10',
    podIPs: [{ ip: '192.0.2.10' }],
    conditions: [
      condition('PodScheduled', 'True'),
      condition('Initialized', 'True'),
      condition('Ready', ready),
      condition('ContainersReady', ready),
    ],
    containerStatuses: [
      {
        name: 'main',
        image: 'example.com/app:1',
        imageID: '',
        restartCount: 0,
        ready: isReady,
        started: phase === 'Running',
        state: container,
      },
    ],
  };
}

function ended(exitCode: number): Json {
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { terminated: { exitCode, reason, startedAt: SINCE, finishedAt: SINCE } };
}

const STATUSES = {
  ready: status('Running', { running: { startedAt: SINCE } }, true),
  running: status('Running', { running: { startedAt: SINCE } }, false),
  succeeded: status('Succeeded', ended(0), false),
  failed: status('Failed', ended(1), false),
} as const;

/** What a kubelet would say of the pods with the label, once so many are on the node. */
export function pods(label: string, count: number, state: keyof typeof STATUSES): Step {
  const query = `labelSelector=${label}&fieldSelector=spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed`;
  return {
    request: `PATCH ${pathOf('Pod', '$item')}/status`,
    type: 'application/merge-patch+json',
    body: { status: STATUSES[state] },
    forEach: { list: `${pathOf('Pod')}?${query}`, count },
  };
}
