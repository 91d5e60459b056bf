/** What may change in stored objects of core/v1, and in the words a real API server refuses the rest. */
import type { Area, ConformanceCase, Step } from '../case.ts';

const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

function patches(path: string, bodies: unknown[], type = MERGE): Step[] {
  return bodies.map((body) => ({ request: `PATCH ${path}`, body, type }));
}

const PODS = '/api/v1/namespaces/$ns/pods';
const POD = {
  metadata: { name: 'p', labels: { a: 'b' } },
  spec: {
    hostname: 'h',
    activeDeadlineSeconds: 100,
    tolerations: [{ key: 'a', operator: 'Exists' }],
    volumes: [{ name: 'v', emptyDir: {} }],
    initContainers: [{ name: 'i', image: 'x' }],
    containers: [
      {
        name: 'c',
        image: 'i',
        env: [{ name: 'A', value: 'b' }],
        resources: { requests: { cpu: '1' } },
      },
    ],
  },
};
const ofContainer = (fields: object) => ({ spec: { containers: [{ name: 'c', ...fields }] } });
const NODE_AFFINITY = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
    },
  },
};

const pods: ConformanceCase[] = [
  {
    name: 'pod: containers',
    steps: [
      { request: `POST ${PODS}`, body: POD, quiet: true },
      ...patches(
        `${PODS}/p`,
        [
          { metadata: { labels: { a: 'c' }, annotations: { x: 'y' } } },
          ofContainer({ image: 'new' }),
          ofContainer({ image: '' }),
          ofContainer({ image: ' a' }),
          ofContainer({ command: ['x'] }),
          ofContainer({ env: [{ name: 'A', value: 'z' }] }),
          ofContainer({ resources: { requests: { cpu: '2' } } }),
          { spec: { containers: [{ name: 'd', image: 'x' }] } },
          { spec: { volumes: [{ name: 'w', emptyDir: {} }] } },
          { spec: { tolerations: [{ key: 'z', operator: 'Exists' }] } },
        ],
        STRATEGIC,
      ),
    ],
  },
  {
    name: 'pod: the rest of the spec',
    steps: [
      { request: `POST ${PODS}`, body: POD, quiet: true },
      ...patches(`${PODS}/p`, [
        { spec: { hostname: 'other' } },
        { spec: { hostname: null } },
        { spec: { nodeName: 'n1' } },
        { spec: { restartPolicy: 'Never' } },
        { spec: { tolerations: [{ key: 'q', operator: 'Exists' }] } },
        { spec: { activeDeadlineSeconds: 200 } },
        { spec: { activeDeadlineSeconds: 50 } },
        { spec: { activeDeadlineSeconds: null } },
        { spec: { terminationGracePeriodSeconds: 1 } },
        { spec: { serviceAccountName: 'other' } },
        { spec: { priority: 7 } },
        { spec: { schedulingGates: [{ name: 'a' }] } },
        { spec: { nodeSelector: { a: 'b' } } },
        { spec: { affinity: NODE_AFFINITY } },
        { spec: { ephemeralContainers: [{ name: 'e', image: 'x' }] } },
        { status: { phase: 'Running' } },
        { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } },
      ]),
      { request: `GET ${PODS}/p` },
    ],
  },
  {
    name: 'pod: status and debug containers',
    steps: [
      { request: `POST ${PODS}`, body: POD, quiet: true },
      ...patches(`${PODS}/p/status`, [
        {
          status: {
            phase: 'Running',
            podIP: '1.2.3.4',
            conditions: [{ type: 'Ready', status: 'True' }],
          },
          spec: { hostname: 'zz' },
          metadata: { labels: { z: 'z' } },
        },
        { status: { podIP: 'x', podIPs: [{ ip: 'y' }] } },
        { status: { nominatedNodeName: 'A_' } },
        { status: { conditions: [{ type: 'a b', status: 'True' }] } },
        { status: { qosClass: 'Guaranteed' } },
      ]),
      ...patches(
        `${PODS}/p/ephemeralcontainers`,
        [
          { spec: { ephemeralContainers: [{ name: 'e', image: 'x' }] } },
          {
            spec: {
              ephemeralContainers: [
                {
                  name: 'f',
                  image: 'x',
                  ports: [{ containerPort: 1 }],
                  livenessProbe: { exec: { command: ['a'] } },
                  resources: { limits: { cpu: 1 } },
                  targetContainerName: 'zz',
                },
              ],
            },
          },
          { spec: { ephemeralContainers: [{ name: 'c', image: 'x' }] } },
          { spec: { ephemeralContainers: [{ name: 'e', image: 'zzz' }] } },
        ],
        STRATEGIC,
      ),
      ...patches(`${PODS}/p/ephemeralcontainers`, [{ spec: { ephemeralContainers: [] } }]),
    ],
  },
  {
    name: 'pod: resize',
    steps: [
      { request: `POST ${PODS}`, body: POD, quiet: true },
      ...patches(
        `${PODS}/p/resize`,
        [
          ofContainer({ resources: { requests: { cpu: '2' } } }),
          ofContainer({ image: 'other', resources: { requests: { cpu: '1500m' } } }),
          ofContainer({ resources: { requests: { cpu: null } } }),
          ofContainer({ resources: { requests: { 'ephemeral-storage': '1Gi' } } }),
          { spec: { initContainers: [{ name: 'i', resources: { requests: { cpu: '1' } } }] } },
          { metadata: { labels: { z: 'z' } } },
        ],
        STRATEGIC,
      ),
      { request: `GET ${PODS}/p/resize` },
    ],
  },
  {
    name: 'pod: gates',
    steps: [
      {
        request: `POST ${PODS}`,
        body: {
          metadata: { name: 'g' },
          spec: {
            schedulingGates: [{ name: 'a' }, { name: 'b' }],
            containers: [{ name: 'c', image: 'i' }],
          },
        },
      },
      ...patches(`${PODS}/g`, [
        { spec: { nodeSelector: { a: 'b' } } },
        { spec: { nodeSelector: { a: 'c' } } },
        { spec: { schedulingGates: [{ name: 'c' }] } },
        { spec: { schedulingGates: [{ name: 'b' }] } },
        { spec: { schedulingGates: [] } },
        { spec: { schedulingGates: [{ name: 'b' }] } },
      ]),
    ],
  },
];

const SERVICES = '/api/v1/namespaces/$ns/services';
const PORTS = [{ name: 'http', port: 80, protocol: 'TCP' }];

const services: ConformanceCase[] = [
  {
    name: 'service: types and addresses',
    steps: [
      {
        request: `POST ${SERVICES}`,
        body: { metadata: { name: 's' }, spec: { ports: PORTS } },
        quiet: true,
      },
      ...patches(`${SERVICES}/s`, [
        { spec: { selector: { a: 'b' } } },
        { spec: { clusterIP: '10.0.0.99', clusterIPs: ['10.0.0.99'] } },
        { spec: { clusterIP: 'None', clusterIPs: ['None'] } },
        { spec: { clusterIPs: [] } },
        { spec: { type: 'NodePort' } },
        { spec: { type: 'LoadBalancer' } },
        { spec: { externalTrafficPolicy: 'Local' } },
        { spec: { loadBalancerClass: 'x.y/z' } },
        { spec: { type: 'ClusterIP' } },
        { spec: { type: 'ExternalName' } },
        { spec: { type: 'ExternalName', externalName: 'a.com' } },
        { spec: { type: 'ClusterIP', externalName: null } },
        { spec: { ports: [] } },
        { spec: { sessionAffinity: 'ClientIP' } },
        { spec: { sessionAffinity: 'None' } },
        { spec: { ports: [{ port: 81, targetPort: 8080 }] } },
        { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
      ]),
    ],
  },
];

const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const SECRETS = '/api/v1/namespaces/$ns/secrets';
const CLAIMS = '/api/v1/namespaces/$ns/persistentvolumeclaims';

const data: ConformanceCase[] = [
  {
    name: 'config map: immutable',
    steps: [
      {
        request: `POST ${CONFIG_MAPS}`,
        body: { metadata: { name: 'c' }, data: { a: 'b' } },
        quiet: true,
      },
      ...patches(`${CONFIG_MAPS}/c`, [
        { data: { a: null, b: 'c' } },
        { binaryData: { b: 'aGk=' } },
        { immutable: true },
        { data: { b: 'd' } },
        { immutable: false },
        { immutable: null, data: null },
        { metadata: { labels: { a: 'b' } } },
      ]),
    ],
  },
  {
    name: 'secret: type and immutable',
    steps: [
      {
        request: `POST ${SECRETS}`,
        body: { metadata: { name: 's' }, stringData: { a: 'b' } },
        quiet: true,
      },
      ...patches(`${SECRETS}/s`, [
        { type: 'my/type' },
        { stringData: { c: 'd' } },
        { data: { c: null } },
        { immutable: true },
        { stringData: { a: 'z' } },
        { immutable: null },
      ]),
    ],
  },
];

const storage: ConformanceCase[] = [
  {
    name: 'claim: what stays',
    differs: { '*.body.metadata.finalizers': 'set by a controller here' },
    steps: [
      {
        request: `POST ${CLAIMS}`,
        body: {
          metadata: { name: 'c' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
        quiet: true,
      },
      ...patches(`${CLAIMS}/c`, [
        { spec: { resources: { requests: { storage: '2Gi' } } } },
        { spec: { resources: { requests: { storage: '1Mi' } } } },
        { spec: { accessModes: ['ReadWriteMany'] } },
        { spec: { volumeMode: 'Block' } },
        { spec: { storageClassName: 'x' } },
        { spec: { storageClassName: 'y' } },
        { spec: { volumeName: 'v' } },
        { spec: { volumeName: 'w' } },
      ]),
      ...patches(`${CLAIMS}/c/status`, [
        { status: { phase: 'Bound', capacity: { storage: '1024Mi' } } },
      ]),
      ...patches(`${CLAIMS}/c`, [
        { spec: { resources: { requests: { storage: '3Gi' } } } },
        { spec: { resources: { requests: { storage: '1Gi' } } } },
      ]),
    ],
  },
  {
    name: 'volume: what stays',
    differs: { '*.body.metadata.finalizers': 'set by a controller here' },
    steps: [
      {
        request: 'POST /api/v1/persistentvolumes',
        body: {
          metadata: { name: '$id' },
          spec: {
            capacity: { storage: '1Gi' },
            accessModes: ['ReadWriteOnce'],
            hostPath: { path: '/a' },
          },
        },
        quiet: true,
      },
      ...patches('/api/v1/persistentvolumes/$id', [
        { spec: { capacity: { storage: '2Gi' } } },
        { spec: { hostPath: { path: '/b' } } },
        { spec: { hostPath: null, nfs: { server: 'a', path: '/b' } } },
        { spec: { volumeMode: 'Block' } },
        { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
        { spec: { accessModes: ['ReadOnlyMany'] } },
      ]),
    ],
  },
];

const EVENTS = '/apis/events.k8s.io/v1/namespaces/$ns/events';
const ABOUT = { metadata: { name: 'e' }, regarding: { kind: 'Pod', name: 'a', namespace: '$ns' } };
const DEPLOYMENTS = '/apis/apps/v1/namespaces/$ns/deployments';

function deployment(spec: object): object {
  const labels = { a: 'b' };
  const container = { name: 'c', image: 'i', ports: [{ containerPort: 80 }] };
  return {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container], ...spec } },
    },
  };
}

const QUOTAS = '/api/v1/namespaces/$ns/resourcequotas';

const others: ConformanceCase[] = [
  {
    name: 'node: what stays',
    differs: { '*.body.spec.taints': 'nodes are not tainted before they are ready' },
    steps: [
      { request: 'POST /api/v1/nodes', body: { metadata: { name: '$id' } }, quiet: true },
      ...patches('/api/v1/nodes/$id', [
        { spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'], providerID: 'a://b' } },
        { spec: { podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24'] } },
        { spec: { providerID: 'c://d' } },
        { spec: { unschedulable: true } },
        { status: { phase: 'Running' } },
      ]),
      ...patches('/api/v1/nodes/$id/status', [
        {
          status: { capacity: { cpu: '2000m', memory: '1024Mi' } },
          spec: { unschedulable: false },
        },
        { status: { capacity: { cpu: '-1' } } },
      ]),
    ],
  },
  {
    name: 'event: what the newer API asks',
    steps: [
      { ...ABOUT, type: 'Odd', reason: 'r' },
      { ...ABOUT, eventTime: '2020-01-01T00:00:00.000000Z', type: 'Normal', deprecatedCount: 3 },
    ].map((body) => ({ request: `POST ${EVENTS}?dryRun=All`, body })),
  },
  {
    name: 'pod template: only pods get some defaults',
    steps: [
      { hostNetwork: true },
      { terminationGracePeriodSeconds: -1 },
      { volumes: [{ name: 'v', image: { reference: 'a' } }] },
      { containers: [{ name: 'c', image: ' a', resources: { limits: { cpu: '1000m' } } }] },
    ].map((spec) => ({
      request: `POST ${DEPLOYMENTS}?dryRun=All`,
      body: deployment(spec),
    })),
  },
  {
    name: 'quota: scopes stay',
    steps: [
      {
        request: `POST ${QUOTAS}`,
        body: { metadata: { name: 'q' }, spec: { hard: { pods: '5' }, scopes: ['BestEffort'] } },
        quiet: true,
      },
      ...patches(`${QUOTAS}/q`, [
        { spec: { hard: { pods: '6' } } },
        { spec: { scopes: ['NotBestEffort'] } },
        { status: { hard: { pods: '1' } } },
      ]),
    ],
  },
];

export const CORE_UPDATES: Area = {
  name: 'core-updates',
  cases: [...pods, ...services, ...data, ...storage, ...others],
};
