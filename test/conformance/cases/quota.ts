/** ResourceQuota and LimitRange: what they count, give and refuse. Needs the controller that writes what is used. */
import type { Area, Step } from '../case.ts';

const QUOTAS = '/api/v1/namespaces/$ns/resourcequotas';
const RANGES = '/api/v1/namespaces/$ns/limitranges';
const PODS = '/api/v1/namespaces/$ns/pods';
const CLAIMS = '/api/v1/namespaces/$ns/persistentvolumeclaims';
const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const SERVICES = '/api/v1/namespaces/$ns/services';

type Amounts = Record<string, string>;

const container = (requests?: Amounts, limits?: Amounts, name = 'a') => ({
  name,
  image: 'b',
  resources: { requests, limits },
});
/** No node ever takes it. */
const pod = (name: string, containers: unknown[], spec: object = {}): Step => ({
  request: `POST ${PODS}`,
  body: { metadata: { name }, spec: { containers, nodeSelector: { never: 'x' }, ...spec } },
});
const quota = (name: string, hard: Amounts, spec: object = {}): Step[] => [
  {
    request: `POST ${QUOTAS}`,
    quiet: true,
    body: { metadata: { name }, spec: { hard, ...spec } },
  },
  { request: `GET ${QUOTAS}/${name}`, until: { 'status.used': '*' } },
];
const show = (name: string): Step => ({ request: `GET ${QUOTAS}/${name}` });
const make = (path: string, name: string, body: object = {}): Step => ({
  request: `POST ${path}`,
  body: { metadata: { name }, ...body },
});
const claim = (name: string, storage: string, spec: object = {}): Step =>
  make(CLAIMS, name, {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
  });
const service = (name: string, spec: object = {}): Step =>
  make(SERVICES, name, { spec: { ports: [{ port: 1 }], ...spec } });

export const QUOTA: Area = {
  name: 'quota',
  controllers: true,
  cases: [
    {
      name: 'pods and their resources',
      steps: [
        ...quota('q', {
          pods: '1',
          'count/configmaps': '3',
          'requests.cpu': '1',
          'limits.memory': '1Gi',
        }),
        pod('a', [container()]),
        pod('a', [container({ cpu: '500m' })]),
        pod('a', [container({ cpu: '500m' }, { memory: '512Mi' })]),
        show('q'),
        pod('b', [container({ cpu: '500m' }, { memory: '512Mi' })]),
        pod('b', [container({ cpu: '600m' }, { memory: '1Gi' })]),
        { request: `DELETE ${PODS}/a`, quiet: true },
        { request: `GET ${QUOTAS}/q`, until: { 'status.used.pods': '0' } },
        show('q'),
        pod('c', [container({ cpu: '1100m' }, { memory: '2Gi' })]),
        make(CONFIG_MAPS, 'x'),
        make(CONFIG_MAPS, 'y'),
        make(CONFIG_MAPS, 'z'),
        show('q'),
      ],
    },
    {
      name: 'scopes',
      steps: [
        ...quota('be', { pods: '0' }, { scopes: ['BestEffort'] }),
        ...quota('nbe', { pods: '0' }, { scopes: ['NotBestEffort'] }),
        pod('a', [container()]),
        pod('b', [container({ cpu: '1m' })]),
        show('be'),
      ],
    },
    {
      name: 'scopes of time',
      steps: [
        ...quota('t', { pods: '0' }, { scopes: ['Terminating'] }),
        pod('c', [container()], { activeDeadlineSeconds: 5 }),
      ],
    },
    {
      name: 'services and storage',
      steps: [
        ...quota('q', {
          services: '1',
          'services.nodeports': '0',
          'services.loadbalancers': '0',
          persistentvolumeclaims: '1',
          'requests.storage': '1Gi',
          'gold.storageclass.storage.k8s.io/requests.storage': '0',
        }),
        service('a', { type: 'NodePort' }),
        service('a', { type: 'LoadBalancer' }),
        service('a'),
        service('b'),
        {
          request: `PATCH ${SERVICES}/a`,
          type: 'application/merge-patch+json',
          body: { spec: { type: 'NodePort' } },
        },
        claim('a', '2Gi'),
        claim('a', '1Mi', { storageClassName: 'gold' }),
        show('q'),
      ],
    },
    {
      name: 'limit range',
      steps: [
        make(RANGES, 'l', {
          spec: {
            limits: [
              {
                type: 'Container',
                default: { cpu: '1', memory: '1Gi' },
                defaultRequest: { cpu: '100m' },
                max: { cpu: '2', memory: '2Gi' },
                min: { cpu: '50m' },
                maxLimitRequestRatio: { cpu: '10' },
              },
              { type: 'Pod', max: { cpu: '3' } },
              { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } },
            ],
          },
        }),
        pod('a', [container()]),
        pod('b', [container({ cpu: '10m' })]),
        pod('c', [container({ cpu: '100m' }, { cpu: '2', memory: '3Gi' })]),
        pod('d', [container({ cpu: '1' }, { cpu: '3' })]),
        pod('e', [
          container({ cpu: '2' }, { cpu: '2' }),
          container({ cpu: '2' }, { cpu: '2' }, 'x'),
        ]),
        claim('a', '10Gi'),
        claim('b', '1Mi'),
        pod('f', [container({ memory: '10Gi' })]),
        pod('g', [container({}, { cpu: '200m' })]),
      ],
    },
  ],
};
