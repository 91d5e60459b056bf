/** What is said of bodies, names and options that cannot be taken, and what a PUT may do, kind by kind. */
import type { Area, ConformanceCase, Step } from '../case.ts';

const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const MERGE = 'application/merge-patch+json';

const post = (body: unknown, more: Partial<Step> = {}): Step => ({
  request: `POST ${CONFIG_MAPS}`,
  body,
  ...more,
});

const NO_JSON = [
  '{',
  '}',
  '[]',
  '""',
  'null',
  '1',
  'true',
  'x',
  '',
  ' ',
  '{"a"',
  '{"a":1,}',
  '{a:1}',
  "{'a':1}",
  '{"a":tru}',
  '{"a":01}',
  '{"a":1.}',
  '{"a":-}',
  '{"a":1e}',
  '{"a":nul',
  '{"a":-',
  '{"a":"\\',
  String.raw`{"a":"\x"}`,
  String.raw`{"a":"\u12"}`,
  '{"a":"\n"}',
  '{"metadata":{"name":"z"}} x',
  '{"metadata":{"name":"z"}}{}',
  'é',
];

const WRONG_TYPES = [
  '{"kind":1}',
  '{"apiVersion":1}',
  '{"apiVersion":"a/b/c","kind":"ConfigMap"}',
  '{"metadata":1}',
  '{"metadata":[]}',
  '{"metadata":{"name":1}}',
  '{"metadata":{"labels":[]}}',
  '{"metadata":{"labels":{"a":1}}}',
  '{"metadata":{"labels":{"a":null},"name":"nulls"}}',
  '{"metadata":{"finalizers":"x"}}',
  '{"metadata":{"ownerReferences":{}}}',
  '{"metadata":{"managedFields":1}}',
  '{"metadata":{"generation":"x"}}',
  '{"data":{"a":1}}',
  '{"data":[]}',
  '{"binaryData":{"a":1}}',
  '{"binaryData":{"a":"!"}}',
  '{"binaryData":{"a":"abc"}}',
  '{"binaryData":{"a":"ab=c"}}',
  '{"immutable":"x"}',
];

const WRONG_KINDS = [
  '{"apiVersion":"v2","kind":"ConfigMap"}',
  '{"apiVersion":"v1","kind":"Secret"}',
  '{"kind":"Secret"}',
  '{"apiVersion":"apps/v1","kind":"Deployment"}',
  '{"apiVersion":"v1","kind":"Foo"}',
  '{"apiVersion":"v1","kind":"configmap"}',
  '{"apiVersion":"v1","kind":"List","items":[]}',
  '{"apiVersion":"v1","kind":"ConfigMapList","items":[]}',
  '{"apiVersion":"meta.k8s.io/v1","kind":"DeleteOptions"}',
];

const METADATA = [
  {},
  { name: 'a', namespace: 'other' },
  { name: 'b', resourceVersion: '5' },
  { name: 'c', resourceVersion: '0' },
  { name: 'd', labels: {}, annotations: {}, finalizers: [], ownerReferences: [], generateName: '' },
  { name: 'e', uid: 'x', selfLink: '/x', deletionTimestamp: '2020-01-01T00:00:00Z' },
  { name: 'f', finalizers: ['x'] },
  { name: 'g', finalizers: ['x y/z'] },
  { name: 'h', finalizers: ['orphan', 'foregroundDeletion'] },
  { name: 'i', ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] },
  { name: 'j', ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'b' }] },
  { name: 'k', ownerReferences: [{ apiVersion: 'a/b/c', kind: 'X', name: 'a', uid: 'b' }] },
  {
    name: 'l',
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'a', controller: true },
      { apiVersion: 'v1', kind: 'Secret', name: 'b', uid: 'b', controller: true },
    ],
  },
];

const TYPES = [
  'application/json; charset=utf-8',
  'application/yaml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'bogus',
  '*/*',
  ';',
  'APPLICATION/JSON',
  MERGE,
];

const OPTIONS = [
  'dryRun=x',
  'dryRun=',
  'dryRun=All&dryRun=x',
  `fieldManager=${'x'.repeat(129)}`,
  'fieldManager=a%0Ab',
  'fieldValidation=x',
  'force=true',
];

const REPLACED = [
  { name: 'b' },
  {},
  { name: 'a', namespace: 'x' },
  { name: 'a', uid: 'x' },
  { name: 'a', resourceVersion: '1' },
  { name: 'a', resourceVersion: '0' },
  { generateName: 'a' },
  { name: 'a', generation: 7, selfLink: 'x' },
];

const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [{ name: 'a', image: 'b' }] },
};
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' };

/** Path and what beside metadata an object of the kind needs. */
const KINDS: [string, Record<string, unknown>][] = [
  [CONFIG_MAPS, {}],
  ['/api/v1/namespaces/$ns/endpoints', {}],
  ['/api/v1/namespaces/$ns/events', { involvedObject: { namespace: '$ns' } }],
  ['/api/v1/namespaces/$ns/services', { spec: { ports: [{ port: 80 }] } }],
  ['/api/v1/namespaces/$ns/limitranges', { spec: { limits: [] } }],
  ['/api/v1/namespaces/$ns/replicationcontrollers', { spec: { selector: { a: 'b' }, template } }],
  [
    '/apis/apps/v1/namespaces/$ns/deployments',
    { spec: { selector: { matchLabels: { a: 'b' } }, template } },
  ],
  ['/apis/coordination.k8s.io/v1/namespaces/$ns/leases', {}],
  ['/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/roles', {}],
  ['/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/rolebindings', { roleRef }],
  ['/apis/policy/v1/namespaces/$ns/poddisruptionbudgets', { spec: { minAvailable: 1 } }],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles', {}],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', { value: 1 }],
  ['/apis/node.k8s.io/v1/runtimeclasses', { handler: 'x' }],
  ['/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {}],
];

function putCase([path, rest]: [string, Record<string, unknown>]): ConformanceCase {
  const name = path.includes('$ns') ? 'a' : 'x$id';
  const body = (metadata: object) => ({ metadata: { name, ...metadata }, ...rest });
  return {
    name: `PUT and preconditions of ${path}`,
    steps: [
      { request: `PUT ${path}/${name}`, body: body({}) },
      { request: `POST ${path}`, body: body({}) },
      { request: `PUT ${path}/${name}`, body: body({ labels: { a: 'b' } }) },
      { request: `PUT ${path}/${name}`, body: body({ uid: 'x' }) },
      { request: `PUT ${path}/${name}`, body: body({ resourceVersion: '1' }) },
      { request: `DELETE ${path}/${name}`, body: { preconditions: { uid: 'x' } } },
      { request: `DELETE ${path}/${name}` },
      { request: `DELETE ${path}/${name}` },
    ],
  };
}

const BINDING = '/api/v1/namespaces/$ns/pods/p/binding';
const target = { kind: 'Node', name: 'n' };

export const REQUESTS: Area = {
  name: 'requests',
  cases: [
    { name: 'bodies that are no JSON', steps: NO_JSON.map((body) => post(body)) },
    { name: 'bodies with wrong types', steps: WRONG_TYPES.map((body) => post(body)) },
    { name: 'bodies of another kind', steps: WRONG_KINDS.map((body) => post(body)) },
    {
      name: 'answers nobody takes',
      steps: [
        ...['GET', 'POST', 'DELETE'].flatMap((method) =>
          ['text/html', 'application/json;as=Foo;v=v1;g=meta.k8s.io'].map((accept) => ({
            request: `${method} ${CONFIG_MAPS}${method === 'POST' ? '' : '/a'}`,
            body: method === 'POST' ? { metadata: { name: 'a' } } : undefined,
            accept,
          })),
        ),
        { request: `GET ${CONFIG_MAPS}?watch=1`, accept: 'text/html' },
        { request: `GET ${CONFIG_MAPS}`, accept: 'text/html' },
        { request: `GET ${CONFIG_MAPS}/a` },
      ],
    },
    { name: 'metadata', steps: METADATA.map((metadata) => post({ metadata })) },
    {
      name: 'content types',
      steps: [
        ...TYPES.map((type, i) => post(`{"metadata":{"name":"x${i}"}}`, { type })),
        post('metadata:\n  name: y\ndata:\n  a: "1"', { type: 'application/yaml' }),
        post('', { type: 'application/yaml' }),
      ],
    },
    {
      name: 'options of writes',
      steps: OPTIONS.flatMap((query) => [
        { request: `POST ${CONFIG_MAPS}?${query}`, body: { metadata: { generateName: 'x-' } } },
        { request: `PUT ${CONFIG_MAPS}/nope?${query}`, body: { metadata: { name: 'nope' } } },
        { request: `PATCH ${CONFIG_MAPS}/nope?${query}`, type: MERGE, body: {} },
      ]),
    },
    {
      name: 'objects put in place of others',
      steps: [
        post({ metadata: { name: 'a' } }),
        ...REPLACED.map((metadata) => ({ request: `PUT ${CONFIG_MAPS}/a`, body: { metadata } })),
        { request: `PUT ${CONFIG_MAPS}/a`, body: 'null' },
        { request: `PUT ${CONFIG_MAPS}/a`, body: '' },
      ],
    },
    ...KINDS.map(putCase),
    {
      name: 'bindings',
      steps: [
        {
          request: 'POST /api/v1/namespaces/$ns/pods',
          body: { metadata: { name: 'p' }, spec: template.spec },
          quiet: true,
        },
        { request: `POST ${BINDING}`, body: {} },
        { request: `POST ${BINDING}`, body: { metadata: { name: 'q' }, target } },
        {
          request: `POST ${BINDING}`,
          body: { metadata: { name: 'p' }, target: { kind: 'X', name: 'n' } },
        },
        { request: `POST ${BINDING}`, body: { metadata: { name: 'p' }, target: { kind: 'Node' } } },
        { request: `POST ${BINDING}`, body: { metadata: { name: 'p', uid: 'x' }, target } },
        { request: `POST ${BINDING}?dryRun=All`, body: { metadata: { name: 'p' }, target } },
        {
          request: `POST ${BINDING}`,
          body: { metadata: { name: 'p', annotations: { a: 'b' } }, target },
        },
        { request: `POST ${BINDING}`, body: { metadata: { name: 'p' }, target } },
        { request: 'GET /api/v1/namespaces/$ns/pods/p' },
      ],
    },
    {
      name: 'logs of a pod without a node',
      steps: [
        {
          request: 'POST /api/v1/namespaces/$ns/pods',
          body: { metadata: { name: 'p' }, spec: template.spec },
          quiet: true,
        },
        ...[
          '',
          '?container=x',
          '?tailLines=-1',
          '?sinceSeconds=0',
          '?limitBytes=0',
          '?tailLines=x',
          '?sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z',
        ].map((query) => ({ request: `GET /api/v1/namespaces/$ns/pods/p/log${query}` })),
      ],
    },
  ],
};
