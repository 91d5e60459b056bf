/** What a write of `/status` does to the rest of the object: kinds of their own differ in which metadata they take. */
import type { Area, ConformanceCase } from '../case.ts';

interface Kind {
  path: string;
  object: Record<string, unknown>;
  status: Record<string, unknown>;
}

const template = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'example.com/a' }] },
};
const selector = { matchLabels: { app: 'a' } };
const condition = {
  type: 'Checked',
  status: 'True',
  reason: 'E',
  message: 'm',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const conditions = [condition];
const inNamespace = (api: string, plural: string): string => `/${api}/namespaces/$ns/${plural}`;

const KINDS: Readonly<Record<string, Kind>> = {
  Pod: {
    path: inNamespace('api/v1', 'pods'),
    object: { spec: template.spec },
    status: { conditions: [{ type: 'Checked', status: 'True' }] },
  },
  Namespace: {
    path: '/api/v1/namespaces',
    object: {},
    status: { phase: 'Active', conditions: [{ ...condition, type: 'NamespaceContentRemaining' }] },
  },
  Service: {
    path: inNamespace('api/v1', 'services'),
    object: { spec: { clusterIP: 'None', selector: { app: 'a' }, ports: [{ port: 80 }] } },
    status: { loadBalancer: {}, conditions },
  },
  PersistentVolumeClaim: {
    path: inNamespace('api/v1', 'persistentvolumeclaims'),
    object: {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
    status: { phase: 'Pending' },
  },
  ResourceQuota: {
    path: inNamespace('api/v1', 'resourcequotas'),
    object: { spec: { hard: { pods: '5' } } },
    status: { hard: { pods: '5' }, used: { pods: '1' } },
  },
  ReplicationController: {
    path: inNamespace('api/v1', 'replicationcontrollers'),
    object: { spec: { replicas: 0, selector: { app: 'a' }, template } },
    status: { replicas: 0 },
  },
  Deployment: {
    path: inNamespace('apis/apps/v1', 'deployments'),
    object: { spec: { replicas: 0, selector, template } },
    status: { replicas: 0, conditions: [{ type: 'Checked', status: 'True' }] },
  },
  StatefulSet: {
    path: inNamespace('apis/apps/v1', 'statefulsets'),
    object: {
      spec: {
        replicas: 0,
        serviceName: 'a',
        selector,
        template,
        updateStrategy: { type: 'OnDelete' },
      },
    },
    status: { replicas: 0 },
  },
  Job: {
    path: inNamespace('apis/batch/v1', 'jobs'),
    object: {
      spec: { suspend: true, template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
    },
    status: { conditions: [{ type: 'Checked', status: 'True' }] },
  },
  Ingress: {
    path: inNamespace('apis/networking.k8s.io/v1', 'ingresses'),
    object: {
      spec: {
        ingressClassName: 'a',
        defaultBackend: { service: { name: 'a', port: { number: 80 } } },
      },
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  },
  PodDisruptionBudget: {
    path: inNamespace('apis/policy/v1', 'poddisruptionbudgets'),
    object: { spec: { minAvailable: 1, selector } },
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1, expectedPods: 0 },
  },
  HorizontalPodAutoscaler: {
    path: inNamespace('apis/autoscaling/v2', 'horizontalpodautoscalers'),
    object: {
      spec: {
        maxReplicas: 2,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' },
      },
    },
    status: { desiredReplicas: 1, currentReplicas: 1 },
  },
  ServiceCIDR: {
    path: '/apis/networking.k8s.io/v1/servicecidrs',
    object: { spec: { cidrs: ['10.250.0.0/24'] } },
    status: { conditions },
  },
  VolumeAttachment: {
    path: '/apis/storage.k8s.io/v1/volumeattachments',
    object: {
      spec: { attacher: 'example.com', nodeName: 'n', source: { persistentVolumeName: 'v' } },
    },
    status: { attached: true },
  },
};

/** Names and everything else a client may put into metadata. */
function metadata(name: string, value: string): Record<string, unknown> {
  return {
    name,
    labels: { a: value },
    annotations: { a: value },
    finalizers: [`example.com/${value}`],
    ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: value, uid: `uid-${value}` }],
  };
}

const merge = 'application/merge-patch+json';

const cases = Object.entries(KINDS).map(([kind, { path, object, status }]): ConformanceCase => {
  const name = '$id';
  const at = `${path}/${name}`;
  return {
    name: kind,
    steps: [
      {
        request: `POST ${path}`,
        body: { ...object, metadata: { name, labels: { a: 'old' }, annotations: { a: 'old' } } },
        quiet: true,
      },
      {
        request: `PATCH ${at}/status`,
        body: { metadata: metadata(name, 'new'), status },
        type: merge,
        keep: { rv: 'metadata.resourceVersion' },
      },
      { request: `GET ${at}` },
      {
        request: `PATCH ${at}/status`,
        body: { metadata: { labels: { b: 'x' }, annotations: null }, spec: { paused: true } },
        type: merge,
      },
      {
        request: `PATCH ${at}`,
        body: { metadata: { finalizers: null } },
        type: merge,
        quiet: true,
      },
      { request: `DELETE ${at}`, quiet: true },
    ],
  };
});

const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';

/** The one kind whose names are no names. */
const addresses = ['2001:db8::77', 'x', '10.1.2'].map((name): ConformanceCase => {
  const parentRef = { resource: 'services', namespace: 'default', name: 'a' };
  return {
    name: `IPAddress ${name}`,
    steps: [
      {
        request: `POST ${ADDRESSES}?dryRun=All`,
        body: { metadata: { name }, spec: { parentRef } },
      },
    ],
  };
});

export const STATUS_METADATA: Area = { name: 'status-metadata', cases: [...cases, ...addresses] };
