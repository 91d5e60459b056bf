/** The patch types and what is wrong with patches: each patch is a dry run on the same object. */
import type { Area, ConformanceCase, Step } from '../case.ts';

const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/$ns/deployments';
const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

const CONFIG_MAP = {
  metadata: { name: 'x', labels: { a: '1', b: '2' }, finalizers: ['x.io/a', 'x.io/b'] },
  data: { a: '1', b: '2' },
};
const CONTAINER = {
  name: 'c',
  image: 'i',
  args: ['a', 'b'],
  env: [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ],
  ports: [{ containerPort: 80 }],
};
const DEPLOYMENT = {
  metadata: { name: 'x' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'a' } },
    template: {
      metadata: { labels: { app: 'a' } },
      spec: {
        containers: [CONTAINER, { name: 'd', image: 'i' }],
        volumes: [{ name: 'v', emptyDir: {} }],
        tolerations: [{ key: 'x', operator: 'Exists' }],
        imagePullSecrets: [{ name: 's' }],
      },
    },
  },
};

interface Patches {
  path: string;
  object: unknown;
  type: string;
  query?: string;
  /** Values are sent as JSON, texts as they are. */
  bodies: unknown[];
  /** Refused with a message that repeats the whole object as Go prints it, its revision included. */
  repeated?: unknown[];
}

function patches(name: string, options: Patches): ConformanceCase {
  const { path, object, type, query = '', bodies, repeated = [] } = options;
  const steps: Step[] = [...bodies, ...repeated].map((body) => ({
    request: `PATCH ${path}/x?fieldManager=p&dryRun=All${query}`,
    type,
    body,
    headers: ['warning'],
  }));
  const reason = 'repeats the object with its revision';
  const paths = repeated.flatMap((_, index) =>
    ['message', 'details'].map((field) => `${bodies.length + index}.body.${field}`),
  );
  return {
    name,
    steps: [
      { request: `POST ${path}`, body: object, quiet: true },
      ...steps,
      {
        request: `PATCH ${path}/x`,
        type: MERGE,
        body: { metadata: { finalizers: null } },
        quiet: true,
      },
    ],
    ...(paths.length > 0 && { differs: Object.fromEntries(paths.map((each) => [each, reason])) }),
  };
}

const configMap = (type: string, bodies: unknown[], more: Partial<Patches> = {}): Patches => ({
  path: CONFIG_MAPS,
  object: CONFIG_MAP,
  type,
  bodies,
  ...more,
});

const TESTS = [
  [{ op: 'test', path: '/data/a', value: '2' }],
  [{ op: 'test', path: '/data/a', value: '1' }],
  [{ op: 'test', path: '/data/a' }],
  [{ op: 'test', path: '/data/zz', value: null }],
  [{ op: 'test', path: '/data/zz', value: '1' }],
  [{ op: 'test', path: '/nope/zz', value: '1' }],
  [{ op: 'test', path: '/data', value: { b: '2', a: '1' } }],
  [{ op: 'test', path: '', value: {} }],
  [{ op: 'test', path: '/metadata/finalizers/0', value: 'x.io/a' }],
  [{ op: 'test', path: '/metadata/finalizers/9', value: 'x.io/a' }],
  [{ op: 'test', path: '/metadata/finalizers', value: ['x.io/b', 'x.io/a'] }],
];

const POINTERS = [
  [{ op: 'add', path: '/data/c', value: '3' }],
  [{ op: 'add', path: '/nope/c', value: '3' }],
  [{ op: 'add', path: 'data/c', value: '3' }],
  [{ op: 'add', path: '', value: {} }],
  [{ op: 'add', path: '/data/c' }],
  [{ op: 'replace', path: '/data/a' }],
  [{ op: 'replace', path: '/data/zz', value: '3' }],
  [{ op: 'remove', path: '/data/zz' }],
  [{ op: 'remove', path: '' }],
  [{ op: 'remove', path: '/data' }],
  [{ op: 'move', from: '/data/a', path: '/data/z' }],
  [{ op: 'move', from: '/data/zz', path: '/data/z' }],
  [{ op: 'move', path: '/data/z' }],
  [{ op: 'move', from: '/data', path: '/data/x' }],
  [{ op: 'copy', from: '/data/a', path: '/data/z' }],
  [{ op: 'copy', from: '/data/q', path: '/data/z' }],
  ...['0', '-', '2', '3', '-1', 'x', '01', '1e0'].map((index) => [
    { op: 'add', path: `/metadata/finalizers/${index}`, value: 'x.io/z' },
  ]),
  ...['1', '2', '-1', '-'].map((index) => [
    { op: 'remove', path: `/metadata/finalizers/${index}` },
  ]),
  [{ op: 'replace', path: '/metadata/finalizers/5', value: 'x.io/q' }],
  [{ op: 'add', path: '/metadata/labels/a~1b', value: 'x' }],
  [{ op: 'add', path: '/metadata/annotations/x', value: 'x' }],
  [{ op: 'add', path: '/metadata/annotations', value: { x: 'y' } }],
];

const OPERATIONS = [
  [{ op: 'foo', path: '/data/a' }],
  [{ op: 'Add', path: '/data/c', value: 'x' }],
  [{ path: '/data/a' }],
  [{ op: 'add' }],
  [{ op: 'add', path: null, value: 1 }],
  [{ op: 'add', path: 1, value: 1 }],
  [{}],
  [],
  {},
  'x',
  '',
  'null',
  '[null]',
  '["a"]',
  '[1]',
  [[]],
];

const IDENTITY = [
  [{ op: 'replace', path: '/metadata/name', value: 'other' }],
  [{ op: 'replace', path: '/metadata/namespace', value: 'other' }],
  [{ op: 'remove', path: '/metadata/name' }],
  [{ op: 'remove', path: '/metadata' }],
  [{ op: 'remove', path: '/kind' }],
  [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }],
  [{ op: 'remove', path: '/metadata/resourceVersion' }],
  [{ op: 'remove', path: '/metadata/creationTimestamp' }],
  [{ op: 'replace', path: '', value: {} }],
];

const UNKNOWN = [
  [{ op: 'add', path: '/data/c', value: '3', extra: 1 }],
  '[{"op":"add","op":"add","path":"/data/c","value":"3"}]',
  [{ op: 'add', path: '/foo', value: 1 }],
];

const MERGES = [
  { data: { c: '3' } },
  { data: null },
  { data: { a: null } },
  {},
  { metadata: { labels: null } },
  { metadata: { labels: { a: null } } },
  { metadata: { finalizers: ['x.io/q'] } },
  { metadata: { managedFields: null } },
  { metadata: null },
  { metadata: { name: 'y' } },
  { metadata: { name: null } },
  { metadata: { namespace: 'y' } },
  { metadata: { resourceVersion: '1' } },
  { metadata: { resourceVersion: null } },
  { kind: null },
  [],
  'x',
  '',
  '1',
  '"a"',
  'null',
  '{"data":{"a":"x"}',
  '{"data":{"a":"x"}}}',
];

const UNDECODABLE = [
  { data: [] },
  { data: 'x' },
  { data: { a: 1 } },
  { metadata: [] },
  { metadata: { labels: { a: 1 } } },
  { immutable: 'x' },
  { apiVersion: 'v2' },
];

const DIRECTIVES = [
  { data: { $patch: 'replace', z: '1' } },
  { data: { $patch: 'delete' } },
  { data: { $patch: 'merge', z: '1' } },
  { data: { $patch: 'foo', z: '1' } },
  { $patch: 'replace', data: { z: '1' } },
  { $patch: 'delete' },
  { data: { $retainKeys: ['a'], a: '5' } },
  { $retainKeys: ['data'], data: { z: '1' } },
  { $retainKeys: 'x' },
  { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.io/a'] } },
  { metadata: { '$deleteFromPrimitiveList/finalizers': 'x' } },
  { metadata: { finalizers: ['x.io/c'] } },
  {
    metadata: {
      finalizers: ['x.io/c'],
      '$setElementOrder/finalizers': ['x.io/c', 'x.io/a', 'x.io/b'],
    },
  },
  { metadata: { '$setElementOrder/finalizers': ['x.io/b', 'x.io/a'] } },
  { metadata: { finalizers: null } },
  { kind: 'Secret' },
  { metadata: { name: 'y' } },
];

const pod = (spec: unknown) => ({ spec: { template: { spec } } });
const containers = (...list: unknown[]) => pod({ containers: list });

const LISTS = [
  containers({ name: 'c', image: 'z' }),
  containers({ image: 'z' }),
  containers({ name: 'new' }),
  containers({ name: 'new', image: 'n' }),
  containers({ name: 'c', $patch: 'delete' }),
  containers({ name: 'none', $patch: 'delete' }),
  containers({ $patch: 'delete' }),
  containers({ $patch: 'replace' }, { name: 'x', image: 'y' }),
  containers({ $patch: 'merge' }, { name: 'c', image: 'y' }),
  containers({ $patch: 'foo', name: 'c' }),
  containers({
    name: 'c',
    env: [
      { name: 'A', $patch: 'delete' },
      { name: 'Z', value: 'z' },
    ],
  }),
  containers({ name: 'c', args: ['z'] }),
  containers({ name: 'c', args: null }),
  containers({ name: 'c', ports: [{ containerPort: 81 }] }),
  containers({ name: 'c', ports: [{ name: 'x' }] }),
  containers({ name: 'c', $retainKeys: ['name', 'image'], image: 'q' }),
  containers('x'),
  containers(null),
  pod({ containers: null }),
  pod({ containers: 'x' }),
  pod({ containers: {} }),
  pod({ volumes: [{ name: 'v', emptyDir: null, configMap: { name: 'x' } }] }),
  pod({ volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'x' } }] }),
  pod({ volumes: [{ name: 'v', $retainKeys: ['name'], configMap: { name: 'x' } }] }),
  pod({ tolerations: [{ key: 'y', operator: 'Exists' }] }),
  pod({ imagePullSecrets: [{ name: 't' }] }),
  pod({ nodeSelector: { $patch: 'replace', a: 'b' } }),
];

const ORDERS = [
  pod({ '$setElementOrder/containers': [{ name: 'd' }, { name: 'c' }] }),
  pod({
    '$setElementOrder/containers': [{ name: 'd' }, { name: 'c' }],
    containers: [{ name: 'c', image: 'z' }],
  }),
  pod({
    '$setElementOrder/containers': [{ name: 'x' }],
    containers: [{ name: 'c', image: 'z' }],
  }),
  pod({ '$setElementOrder/containers': 'x' }),
  pod({ '$setElementOrder/containers': [{ foo: 1 }], containers: [{ name: 'c', image: 'z' }] }),
  pod({ '$setElementOrder/containers': ['c'], containers: [{ name: 'c', image: 'z' }] }),
];

const FIELDS = [
  { spec: { strategy: { type: 'Recreate' } } },
  { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
  { spec: { replicas: 'x' } },
  { spec: { replicas: null } },
  { spec: { template: null } },
  { spec: [] },
  { spec: { foo: 1, template: { spec: { bar: 1, containers: [{ name: 'c', baz: 1 }] } } } },
  { status: { replicas: 3 } },
];

const deployment = (bodies: unknown[], query?: string): Patches => ({
  path: DEPLOYMENTS,
  object: DEPLOYMENT,
  type: STRATEGIC,
  bodies,
  ...(query !== undefined && { query }),
});

const STRICT = { query: '&fieldValidation=Strict' };

export const PATCH: Area = {
  name: 'patch',
  cases: [
    patches('JSON patch: test', configMap(JSON_PATCH, TESTS)),
    patches('JSON patch: pointers', configMap(JSON_PATCH, POINTERS)),
    patches('JSON patch: operations that are none', configMap(JSON_PATCH, OPERATIONS)),
    patches('JSON patch: identity of the object', configMap(JSON_PATCH, IDENTITY)),
    patches('JSON patch: unknown fields', configMap(JSON_PATCH, UNKNOWN)),
    patches(
      'JSON patch: unknown fields, Strict',
      configMap(JSON_PATCH, [], { ...STRICT, repeated: UNKNOWN }),
    ),
    patches(
      'JSON patch: unknown fields, Ignore',
      configMap(JSON_PATCH, UNKNOWN, { query: '&fieldValidation=Ignore' }),
    ),
    patches('merge patch', configMap(MERGE, MERGES, { repeated: UNDECODABLE })),
    patches('merge patch: unknown and duplicate fields', {
      ...configMap(MERGE, [
        '{"data":{"a":"1","a":"2"}}',
        { foo: { bar: 1 } },
        { metadata: { foo: 1 } },
      ]),
    }),
    patches('strategic merge: directives', configMap(STRATEGIC, DIRECTIVES)),
    patches('strategic merge: what is no patch', {
      ...configMap(STRATEGIC, ['x', '', 'null', '[]', '1', ...UNDECODABLE.slice(0, 6)]),
    }),
    patches('strategic merge: unknown and duplicate fields, Strict', {
      ...configMap(STRATEGIC, ['{"data":{"a":"1","a":"2"}}', { foo: 1 }], STRICT),
    }),
    patches('strategic merge: lists', deployment(LISTS)),
    patches('strategic merge: order of lists', deployment(ORDERS)),
    patches('strategic merge: fields', deployment(FIELDS)),
    patches('strategic merge: fields, Strict', deployment(FIELDS, '&fieldValidation=Strict')),
    {
      name: 'patch of what is not there, and with too many operations',
      steps: [
        { request: `POST ${CONFIG_MAPS}`, body: { metadata: { name: 'x' } }, quiet: true },
        { request: `PATCH ${CONFIG_MAPS}/none`, type: MERGE, body: {} },
        { request: `PATCH ${CONFIG_MAPS}/none`, type: JSON_PATCH, body: [] },
        { request: `PATCH ${CONFIG_MAPS}/none`, type: STRATEGIC, body: {} },
        {
          request: `PATCH ${CONFIG_MAPS}/x`,
          type: JSON_PATCH,
          body: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data', value: null })),
        },
      ],
    },
  ],
};
