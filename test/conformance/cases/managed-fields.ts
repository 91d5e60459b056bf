/**
 * Who owns which fields after which write. Managers of one object write in the order of their names, so that the order of
 * the entries does not depend on whether a second has passed.
 */
import type { Area, Step } from '../case.ts';

const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/$ns/deployments';
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const SCALE = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' } };
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const SPEC = {
  replicas: 2,
  selector: { matchLabels: { app: 'a' } },
  template: {
    metadata: { labels: { app: 'a' } },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] },
  },
};
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: SPEC,
};

const create = (by: string, path: string, body: unknown): Step => ({
  request: `POST ${path}?fieldManager=${by}`,
  body,
  managedFields: true,
});
const patch = (by: string, path: string, body: unknown, type = MERGE): Step => ({
  request: `PATCH ${path}?fieldManager=${by}`,
  body,
  type,
  managedFields: true,
});
const apply = (by: string, path: string, body: unknown): Step => patch(by, path, body, APPLY);
const get = (path: string): Step => ({ request: `GET ${path}`, managedFields: true });
const configMap = (data: unknown, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...metadata },
  data,
});
const C = `${CONFIG_MAPS}/c`;
const D = `${DEPLOYMENTS}/d`;

const updates: Step[] = [
  create('a', CONFIG_MAPS, configMap({ x: '1', y: '1' }, { labels: { l: '1' } })),
  patch('b', C, { data: { x: '2' } }),
  patch('b', C, { data: { x: '2' } }),
  patch('c', C, { data: { y: null }, metadata: { labels: null, finalizers: ['x.io/a'] } }),
  patch('d', C, [{ op: 'replace', path: '/metadata/finalizers', value: [] }], JSON_PATCH),
  { request: `PUT ${C}?fieldManager=e`, body: configMap({ z: '1' }), managedFields: true },
  { request: `PUT ${C}`, body: configMap({ z: '2' }), managedFields: true },
  patch('f', C, { data: null }),
];

const cleared: Step[] = [
  create('a', CONFIG_MAPS, configMap({ x: '1' })),
  patch('b', C, { metadata: { managedFields: null } }),
  patch('b', C, { metadata: { managedFields: [{}] } }),
  patch('b', C, { data: { x: '2' } }),
  apply('c', C, configMap({ x: '3' })),
  apply('c', `${C}`, configMap({ x: '2' })),
  patch('d', C, { metadata: { managedFields: [] } }),
  patch('e', C, { metadata: { managedFields: [{ manager: 'x', operation: 'Nothing' }] } }),
  patch('e', C, { data: { y: '1' } }),
];

const edited: Step[] = [
  create('a', CONFIG_MAPS, configMap({ x: '1' })),
  patch(
    'b',
    C,
    [{ op: 'replace', path: '/metadata/managedFields/0/manager', value: 'z' }],
    JSON_PATCH,
  ),
  patch(
    'b',
    C,
    [{ op: 'replace', path: '/metadata/managedFields/0/operation', value: 'No' }],
    JSON_PATCH,
  ),
  patch(
    'b',
    C,
    [{ op: 'replace', path: '/metadata/managedFields/0/fieldsType', value: 'V2' }],
    JSON_PATCH,
  ),
  patch(
    'b',
    C,
    [{ op: 'replace', path: '/metadata/managedFields/0/fieldsV1', value: { 'f:data': {} } }],
    JSON_PATCH,
  ),
];

const migration: Step[] = [
  create(
    'kubectl-client-side-apply',
    CONFIG_MAPS,
    configMap(
      { x: '1', y: '1' },
      { annotations: { [LAST_APPLIED]: `${JSON.stringify(configMap({ x: '1', y: '1' }))}\n` } },
    ),
  ),
  patch('kubectl-edit', C, { data: { y: '2' } }),
  apply('kubectl', C, configMap({ x: '5', y: '5', z: '<&>' })),
  apply('other', C, configMap({ x: '5' })),
  {
    ...apply('kubectl', C, configMap({ x: '5', z: '<&>' })),
    request: `PATCH ${C}?fieldManager=kubectl&force=true`,
  },
];

const scaled: Step[] = [
  create('a', DEPLOYMENTS, DEPLOYMENT),
  get(`${D}/scale`),
  { request: `PUT ${D}/scale?fieldManager=b`, body: { ...SCALE, spec: { replicas: 3 } } },
  get(D),
  { request: `PUT ${D}/scale?fieldManager=b`, body: { ...SCALE, spec: { replicas: 3 } } },
  get(D),
  patch('c', `${D}/scale`, { spec: { replicas: 4 } }),
  get(D),
  patch('c', `${D}/scale`, { spec: { replicas: 0 } }),
  get(D),
  patch('c', `${D}/scale`, { spec: { replicas: 1 } }),
  get(D),
  patch('c', `${D}/scale`, { spec: { replicas: -1 } }),
  patch('c', `${D}/scale`, { metadata: { labels: { a: 'b' } } }),
  patch('d', D, { spec: { replicas: 6 } }),
  patch('c', `${D}/scale`, { spec: { replicas: 6 } }),
  get(D),
];

const scaleApplied: Step[] = [
  apply('a', D, DEPLOYMENT),
  apply('h', `${D}/scale`, { ...SCALE, spec: { replicas: 3 } }),
  {
    ...apply('h', `${D}/scale`, { ...SCALE, spec: { replicas: 3 } }),
    request: `PATCH ${D}/scale?fieldManager=h&force=true`,
  },
  get(D),
  apply('a', D, DEPLOYMENT),
  apply('i', `${D}/scale`, { ...SCALE, spec: { replicas: 3 } }),
  apply('h', `${D}/scale`, { ...SCALE, spec: {} }),
  get(D),
  apply('h', `${D}/scale`, { spec: { replicas: 1 } }),
  apply('h', `${D}/scale`, { ...SCALE, apiVersion: 'apps/v1' }),
  apply('h', `${D}/scale`, { ...SCALE, foo: 1 }),
  apply('h', `${D}/scale`, { ...SCALE, metadata: { name: 'e' } }),
];

const status: Step[] = [
  create('a', DEPLOYMENTS, { ...DEPLOYMENT, status: { replicas: 9 } }),
  patch('b', `${D}/status`, {
    status: { replicas: 2 },
    metadata: { labels: { a: '1' }, annotations: { b: '1' } },
    spec: { replicas: 7 },
  }),
  apply('c', `${D}/status`, {
    ...DEPLOYMENT,
    metadata: { name: 'd', labels: { a: '1' }, annotations: { c: '1' } },
    status: { readyReplicas: 1, conditions: [{ type: 'Available', status: 'True' }] },
  }),
  apply('d', D, { ...DEPLOYMENT, status: { replicas: 1 } }),
];

/** A Deployment counts the changes of its annotations, but not those that come with its status. */
const annotated: Step[] = [
  create('a', DEPLOYMENTS, DEPLOYMENT),
  patch('b', D, { metadata: { annotations: { x: '1' } } }),
  patch('c', D, { metadata: { labels: { x: '1' } } }),
  patch('d', `${D}/status`, { metadata: { annotations: { x: '2' } } }),
];

const many: Step[] = [
  create('a', CONFIG_MAPS, configMap({ x: '1' })),
  ...'bcdefghijklm'.split('').map((by): Step => ({
    ...patch(by, C, { data: { [by]: '1' } }),
    quiet: true,
  })),
  get(C),
];

export const MANAGED_FIELDS: Area = {
  name: 'managed-fields',
  cases: [
    { name: 'creates, updates and patches', steps: updates },
    { name: 'managedFields cleared', steps: cleared },
    { name: 'managedFields edited', steps: edited },
    { name: 'from client-side to server-side apply', steps: migration },
    { name: 'scale subresource', steps: scaled },
    { name: 'scale subresource applied', steps: scaleApplied },
    { name: 'status subresource', steps: status },
    { name: 'generation of a Deployment with other annotations', steps: annotated },
    { name: 'more updaters than are remembered', steps: many },
  ],
};
