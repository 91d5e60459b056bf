/** Columns and cells of the kinds people list, with objects in several states. */
import type { Area } from '../case.ts';
import { TABLE, type Shown, tableOf } from './table-steps.ts';

type Json = Record<string, unknown>;

const AT = '2025-01-02T03:04:05Z';
const BEFORE = '2025-01-01T00:00:00Z';

const of = (name: string, object: Json, status?: Json): Shown => ({
  name,
  object,
  ...(status !== undefined && { status }),
});
const spec = (name: string, value: Json, status?: Json): Shown => of(name, { spec: value }, status);

const WIDE = {
  matchLabels: { app: 'x', a: 'b' },
  matchExpressions: [
    { key: 'z', operator: 'In', values: ['2', '1'] },
    { key: 'k', operator: 'Exists' },
    { key: 'q', operator: 'DoesNotExist' },
    { key: 'w', operator: 'NotIn', values: ['9'] },
  ],
};
const core = (plural: string) => ({ root: '/api/v1', plural });
const networking = (plural: string) => ({ root: '/apis/networking.k8s.io/v1', plural });
const cluster = (root: string, plural: string) => ({ root, plural, isClusterScoped: true });

const service = (name: string, more: Json, status?: Json) => spec(name, more, status);
const backend = { service: { name: 's', port: { number: 80 } } };
const rule = (host?: string) => ({
  ...(host !== undefined && { host }),
  http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
});

const NETWORK = [
  tableOf('Services', core('services'), [
    service('a', { clusterIP: 'None', selector: { b: '1', a: '2' } }),
    service('b', { clusterIP: 'None', ports: [{ port: 80 }], externalIPs: ['1.2.3.4'] }),
    service('c', { type: 'ExternalName', externalName: 'x.example.com' }),
  ]),
  tableOf('Endpoints', core('endpoints'), [
    of('a', {
      subsets: [
        {
          addresses: [{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }],
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81 },
          ],
        },
        { notReadyAddresses: [{ ip: '2.2.2.2' }], ports: [{ port: 90 }] },
      ],
    }),
    of('b', {}),
    of('c', { subsets: [{ addresses: [{ ip: '1.1.1.1' }] }] }),
  ]),
  tableOf('EndpointSlices', { root: '/apis/discovery.k8s.io/v1', plural: 'endpointslices' }, [
    of('a', {
      addressType: 'IPv4',
      endpoints: [1, 2, 3, 4, 5].map((last) => ({ addresses: [`1.1.1.${last}`] })),
      ports: [80, 81, 82, 83].map((port) => ({ name: `p${port}`, port })),
    }),
    of('b', { addressType: 'IPv6', endpoints: [] }),
    of('c', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['1.1.1.1'] }],
      ports: [{ name: 'x' }],
    }),
  ]),
  tableOf('Ingresses', networking('ingresses'), [
    spec('a', { defaultBackend: backend }),
    spec(
      'b',
      {
        ingressClassName: 'nginx',
        rules: [rule('a.x'), rule('b.x')],
        tls: [{ hosts: ['a.x'] }],
      },
      { loadBalancer: { ingress: [{ ip: '1.1.1.1' }, { hostname: 'z.x' }] } },
    ),
    spec('c', { rules: ['a', 'b', 'c', 'd', 'e'].map((host) => rule(`${host}.x`)) }),
    spec('d', { rules: [rule()] }),
    spec('e', { rules: [rule('a.x'), rule(), rule('b.x'), rule('c.x')] }),
  ]),
  tableOf('IngressClasses', cluster('/apis/networking.k8s.io/v1', 'ingressclasses'), [
    spec('a', { controller: 'a.b/c' }),
    spec('b', {
      controller: 'a.b/c',
      parameters: { apiGroup: 'x.y', kind: 'K', name: 'n', scope: 'Cluster' },
    }),
  ]),
  tableOf('NetworkPolicies', networking('networkpolicies'), [
    spec('a', { podSelector: {} }),
    spec('b', { podSelector: WIDE }),
  ]),
];

const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const STORAGE = '/apis/storage.k8s.io/v1';

const VOLUMES = [
  tableOf('PersistentVolumeClaims', core('persistentvolumeclaims'), [
    spec('a', { ...claim, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'], storageClassName: 'x' }),
    spec(
      'b',
      { ...claim, volumeMode: 'Block', volumeName: 'v', storageClassName: '' },
      {
        phase: 'Bound',
        accessModes: ['ReadWriteMany', 'ReadWriteOncePod'],
        capacity: { storage: '2Gi' },
      },
    ),
    of('c', {
      metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'beta' } },
      spec: claim,
    }),
  ]),
  tableOf('PersistentVolumes', cluster('/api/v1', 'persistentvolumes'), [
    spec('a', {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
      hostPath: { path: '/x' },
    }),
    spec(
      'b',
      {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOncePod'],
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: 'sc',
        volumeMode: 'Block',
        claimRef: { namespace: 'n', name: 'p' },
        csi: { driver: 'd', volumeHandle: 'h' },
      },
      { phase: 'Failed', reason: 'Why', message: 'm' },
    ),
  ]),
  tableOf('StorageClasses', cluster(STORAGE, 'storageclasses'), [
    of('a', { provisioner: 'a.b/c' }),
    of('b', {
      metadata: { annotations: { 'storageclass.beta.kubernetes.io/is-default-class': 'false' } },
      provisioner: 'a.b/c',
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    }),
  ]),
  tableOf('CSIDrivers', cluster(STORAGE, 'csidrivers'), [
    spec('a', {}),
    spec('b', {
      attachRequired: false,
      podInfoOnMount: true,
      storageCapacity: true,
      tokenRequests: [{ audience: 'a' }, { audience: 'b' }],
      volumeLifecycleModes: ['Persistent', 'Ephemeral'],
    }),
  ]),
  tableOf('VolumeAttachments', cluster(STORAGE, 'volumeattachments'), [
    spec(
      'a',
      { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } },
      { attached: true },
    ),
  ]),
];

const about = { involvedObject: { kind: 'Pod', name: 'x', namespace: '$ns' } };

const OTHERS = [
  tableOf(
    'ConfigMaps',
    { ...core('configmaps'), query: '&fieldSelector=metadata.name!%3Dkube-root-ca.crt' },
    [of('a', { data: { a: '1', b: '2' }, binaryData: { c: 'aGk=' } }), of('b', {})],
  ),
  tableOf('Secrets', core('secrets'), [
    of('a', { stringData: { b: 'x' } }),
    of('b', { type: 'x.y/z' }),
  ]),
  tableOf('ServiceAccounts', core('serviceaccounts'), []),
  tableOf('LimitRanges', core('limitranges'), []),
  tableOf('ResourceQuotas', core('resourcequotas'), [
    spec(
      'a',
      { hard: { 'limits.cpu': '100', 'requests.cpu': '100', pods: '50' } },
      {
        hard: { 'limits.cpu': '100', 'requests.cpu': '100', pods: '50' },
        used: { 'limits.cpu': '1', pods: '3' },
      },
    ),
  ]),
  tableOf('Events', core('events'), [
    of('a', about),
    of('b', {
      ...about,
      reason: 'R',
      message: ' Msg  \n',
      type: 'Warning',
      firstTimestamp: BEFORE,
      lastTimestamp: AT,
      count: 5,
      source: { component: 'kubelet', host: 'n1' },
    }),
    of('c', {
      ...about,
      reason: 'R',
      type: 'Normal',
      action: 'A',
      eventTime: '2025-01-02T03:04:05.000000Z',
      reportingComponent: 'c.d/e',
      reportingInstance: 'i',
      series: { count: 7, lastObservedTime: '2025-01-02T03:04:05.000000Z' },
    }),
  ]),
  tableOf('Nodes', cluster('/api/v1', 'nodes'), [
    of('a', {}),
    of(
      'b',
      {
        metadata: {
          labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'z' },
        },
        spec: { unschedulable: true },
      },
      {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [
          { type: 'InternalIP', address: '192.0.2.9' },
          { type: 'ExternalIP', address: '5.5.5.5' },
        ],
        nodeInfo: {
          machineID: '',
          systemUUID: '',
          bootID: '',
          kernelVersion: '6.1',
          osImage: 'Deb',
          containerRuntimeVersion: 'containerd://1',
          kubeletVersion: 'v1.35.2',
          kubeProxyVersion: '',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
    ),
    of('c', {}, { conditions: [{ type: 'Ready', status: 'Unknown' }] }),
  ]),
  tableOf('PodDisruptionBudgets', { root: '/apis/policy/v1', plural: 'poddisruptionbudgets' }, [
    spec('a', { minAvailable: 1 }),
    spec(
      'b',
      { maxUnavailable: '25%', selector: {} },
      { disruptionsAllowed: 3, currentHealthy: 3, desiredHealthy: 1, expectedPods: 4 },
    ),
  ]),
  tableOf('RoleBindings', { root: '/apis/rbac.authorization.k8s.io/v1', plural: 'rolebindings' }, [
    of('a', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'User', name: 'v' },
        { kind: 'Group', name: 'g' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    }),
  ]),
  tableOf('PriorityClasses', cluster('/apis/scheduling.k8s.io/v1', 'priorityclasses'), [
    of('a', { value: 5, preemptionPolicy: 'Never' }),
  ]),
  tableOf(
    'ValidatingAdmissionPolicyBindings',
    cluster('/apis/admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings'),
    [
      ['a', undefined],
      ['b', { name: 'n', namespace: 'q', parameterNotFoundAction: 'Deny' }],
      ['c', { selector: WIDE, parameterNotFoundAction: 'Deny' }],
      ['d', { name: 'n', parameterNotFoundAction: 'Deny' }],
    ].map(([name, paramRef]) =>
      spec(String(name), {
        policyName: 'p',
        validationActions: ['Deny'],
        ...(paramRef !== undefined && { paramRef }),
      }),
    ),
  ),
];

const metric = (type: string, key: string, source: Json) => ({ type, [key]: source });
const resource = (target: Json) => metric('Resource', 'resource', { name: 'cpu', target });
const autoscaler = (name: string, metrics: Json[] | undefined, currentMetrics?: Json[]) =>
  spec(
    name,
    {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      maxReplicas: 5,
      ...(metrics && { metrics }),
    },
    currentMetrics && { currentReplicas: 2, desiredReplicas: 3, conditions: [], currentMetrics },
  );
const external = { metric: { name: 'm' } };

const AUTOSCALING = [
  tableOf(
    'HorizontalPodAutoscalers',
    { root: '/apis/autoscaling/v2', plural: 'horizontalpodautoscalers' },
    [
      autoscaler('a', undefined),
      autoscaler(
        'b',
        [
          resource({ type: 'Utilization', averageUtilization: 70 }),
          metric('Pods', 'pods', {
            ...external,
            target: { type: 'AverageValue', averageValue: '5' },
          }),
          metric('External', 'external', { ...external, target: { type: 'Value', value: '10' } }),
        ],
        [
          metric('Resource', 'resource', {
            name: 'cpu',
            current: { averageUtilization: 33, averageValue: '100m' },
          }),
        ],
      ),
      autoscaler(
        'c',
        [
          metric('External', 'external', {
            ...external,
            target: { type: 'AverageValue', averageValue: '10' },
          }),
        ],
        [
          metric('External', 'external', {
            ...external,
            current: { averageValue: '7', value: '0' },
          }),
        ],
      ),
      autoscaler('d', [
        metric('ContainerResource', 'containerResource', {
          name: 'cpu',
          container: 'c',
          target: { type: 'Utilization', averageUtilization: 50 },
        }),
      ]),
    ],
  ),
];

const WIDGETS = '/apis/$id.example.com/v1/namespaces/$ns/widgets';
const CUSTOM = {
  name: 'custom resources, and what rows carry',
  steps: [
    {
      request: 'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      quiet: true,
      body: {
        metadata: { name: 'widgets.$id.example.com' },
        spec: {
          group: '$id.example.com',
          scope: 'Namespaced',
          names: { kind: 'Widget', plural: 'widgets' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
              additionalPrinterColumns: [
                { name: 'Size', type: 'string', jsonPath: '.spec.size', description: 'd' },
                { name: 'Count', type: 'integer', jsonPath: '.spec.count', priority: 1 },
                { name: 'Ratio', type: 'number', jsonPath: '.spec.ratio' },
                { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
                { name: 'Since', type: 'date', jsonPath: '.spec.since' },
                { name: 'All', type: 'string', jsonPath: '.spec.list[*].name' },
                {
                  name: 'Ready',
                  type: 'string',
                  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
                },
              ],
            },
          ],
        },
      },
    },
    { request: `GET ${WIDGETS}`, until: { code: '200' } },
    {
      request: `POST ${WIDGETS}`,
      quiet: true,
      body: {
        apiVersion: '$id.example.com/v1',
        kind: 'Widget',
        metadata: { name: 'a' },
        spec: {
          size: 'x',
          count: 3,
          ratio: 1.5,
          on: true,
          since: AT,
          list: [{ name: 'p' }, { name: 'q' }],
        },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      },
    },
    {
      request: `POST ${WIDGETS}`,
      quiet: true,
      body: {
        apiVersion: '$id.example.com/v1',
        kind: 'Widget',
        metadata: { name: 'b' },
        spec: { size: 5, count: 'x', ratio: '1', on: 'yes', since: 'never' },
      },
    },
    { request: `GET ${WIDGETS}`, accept: TABLE, shape: 'table' as const },
    { request: `GET ${WIDGETS}/a?includeObject=Object`, accept: TABLE, shape: 'table' as const },
    { request: `GET ${WIDGETS}?includeObject=None`, accept: TABLE, shape: 'table' as const },
    { request: `GET ${WIDGETS}?includeObject=All`, accept: TABLE },
  ],
};

export const TABLES: Area = {
  name: 'tables',
  cases: [...NETWORK, ...VOLUMES, ...OTHERS, ...AUTOSCALING, CUSTOM],
};
