/** Server-side apply: what it makes of objects, conflicts, and configurations that cannot be applied. */
import type { Area, Step } from '../case.ts';

const APPLY = 'application/apply-patch+yaml';
const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/$ns/deployments';
const THINGS = '/apis/$id.example.com/v1/namespaces/$ns/things';

const send = (by: string, path: string, body: unknown, query = ''): Step => ({
  request: `PATCH ${path}?fieldManager=${by}${query}`,
  type: APPLY,
  body,
  managedFields: true,
});
const configMap = (more: Record<string, unknown>): Step =>
  send('a', `${CONFIG_MAPS}/c`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    ...more,
  });
const text = (body: string, query = ''): Step => ({
  ...send('a', `${CONFIG_MAPS}/c`, body, query),
  headers: ['warning'],
});
const meta = (metadata: Record<string, unknown>): Step =>
  configMap({ metadata: { name: 'c', ...metadata } });

const wrongConfigMaps: Step[] = [
  ...['x', ['x'], { a: 1 }, { a: true }, { a: { b: 1 } }, { a: ['x'] }, { a: 1.5 }].map((data) =>
    configMap({ data }),
  ),
  ...['x', 1, { a: 1 }].map((immutable) => configMap({ immutable })),
  configMap({ foo: 1 }),
  configMap({ metadata: 'x' }),
  configMap({ metadata: { name: 1 } }),
  meta({ labels: 'x' }),
  meta({ labels: { a: 1 } }),
  ...['x', [1], ['x.io/a', 'x.io/a'], [{ a: 1 }], [null], [['a']]].map((finalizers) =>
    meta({ finalizers }),
  ),
  meta({ foo: 1 }),
  meta({ generation: 'x' }),
  meta({ managedFields: [] }),
  meta({ managedFields: [{}] }),
  configMap({ kind: 'Secret' }),
  configMap({ kind: '' }),
  configMap({ apiVersion: '' }),
  configMap({ apiVersion: 'v2' }),
  configMap({ apiVersion: 'a/b/c' }),
  ...['x', '', '[]', 'null', '1', '{"a":1}'].map((body) => text(body)),
];

const oddConfigMaps: Step[] = [
  configMap({ data: { a: null } }),
  configMap({ data: null }),
  meta({ creationTimestamp: null, labels: {}, annotations: {} }),
  meta({ managedFields: null }),
  meta({ resourceVersion: '1' }),
  configMap({ metadata: { name: 'd' } }),
  meta({ namespace: 'other' }),
  configMap({ metadata: {} }),
  configMap({ metadata: null }),
  configMap({ metadata: { name: 'c', uid: 'x' } }),
  send('a', `${CONFIG_MAPS}/new`, { apiVersion: 'v1', kind: 'ConfigMap' }),
  send('a', `${CONFIG_MAPS}/Bad_Name`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'Bad_Name' },
  }),
  text('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "1", a: "2"}\n'),
  text(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "1", a: "2"}\n',
    '&fieldValidation=Strict',
  ),
  text('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: yes}\n'),
];

const pod = (spec: Record<string, unknown>, query = ''): Step =>
  send(
    'a',
    `${DEPLOYMENTS}/d`,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: {
          metadata: { labels: { app: 'a' } },
          spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
        },
      },
    },
    query,
  );
const container = (more: Record<string, unknown>): Step =>
  pod({ containers: [{ name: 'a', image: 'x', ...more }] });

const wrongDeployments: Step[] = [
  ...['x', { a: 1 }, ['x'], [null], [{ image: 'x' }]].map((containers) => pod({ containers })),
  pod({ containers: [{ name: 'a' }, { name: 'a' }] }),
  container({ foo: 1 }),
  container({ image: 1 }),
  container({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }),
  container({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] }),
  container({ ports: [{ containerPort: '80' }] }),
  container({ env: [{ name: 'A' }, { name: 'A' }] }),
  pod({ terminationGracePeriodSeconds: '3' }),
  pod({ hostNetwork: 'true' }),
  pod({ nodeSelector: [] }),
  pod({ foo: 1 }, '&fieldValidation=Ignore'),
  pod({ hostNetwork: null, volumes: null }),
];

const string = { type: 'string' };
const integer = { type: 'integer' };
const list = (type: string, items: unknown, keys?: string[]) => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': type,
  ...(keys !== undefined && { 'x-kubernetes-list-map-keys': keys }),
});
const item = (properties: unknown, required: string[]) => ({
  type: 'object',
  required,
  properties,
});

const SPEC = {
  type: 'object',
  properties: {
    string,
    integer,
    boolean: { type: 'boolean' },
    object: { type: 'object', properties: { x: string, y: string } },
    map: { type: 'object', additionalProperties: integer },
    wholeMap: {
      type: 'object',
      additionalProperties: integer,
      'x-kubernetes-map-type': 'atomic',
    },
    whole: { type: 'array', items: string },
    set: list('set', string),
    items: list('map', item({ k: string, v: integer }, ['k']), ['k']),
    pairs: list(
      'map',
      item({ k: string, p: { type: 'string', default: 'TCP' }, v: integer }, ['k']),
      ['k', 'p'],
    ),
    either: { 'x-kubernetes-int-or-string': true },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.$id.example.com' },
  spec: {
    group: '$id.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: SPEC,
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const defined: Step[] = [
  { request: `POST ${DEFINITIONS}`, body: CRD, quiet: true },
  {
    request: `GET ${DEFINITIONS}/things.$id.example.com`,
    until: { 'status.conditions[type=Established].status': 'True' },
  },
  { request: `GET ${THINGS}`, until: { kind: 'ThingList' } },
];
const thing = (by: string, spec: unknown, query = ''): Step =>
  send(
    by,
    `${THINGS}/t`,
    { apiVersion: '$id.example.com/v1', kind: 'Thing', metadata: { name: 't' }, spec },
    query,
  );
const force = '&force=true';

const wrongThings: Step[] = [
  ...defined,
  ...[
    { string: 1 },
    { integer: 'x' },
    { boolean: 'x' },
    { boolean: 1 },
    { object: 'x' },
    { object: [1] },
    { object: { z: 1 } },
    { map: { a: 'x' } },
    { map: [1] },
    { whole: 'x' },
    { whole: [1] },
    { set: ['a', 'a'] },
    { set: [1] },
    { set: [null] },
    { set: [{ a: 1 }] },
    { items: [{ v: 1 }] },
    { items: [{ k: 1 }] },
    { items: [{ k: 'a', v: 'x' }] },
    { items: [{ k: 'a', z: 1 }] },
    { items: [{ k: 'a' }, { k: 'a' }] },
    { items: ['x'] },
    { items: [null] },
    { pairs: [{ k: 'a' }, { k: 'a', p: 'TCP' }] },
    { either: true },
    { foo: 1 },
    'x',
  ].map((spec) => thing('a', spec)),
  thing('a', { foo: 1 }, '&fieldValidation=Ignore'),
];

const owned: Step[] = [
  ...defined,
  thing('a', {
    string: 'a',
    object: { x: '1' },
    map: { a: 1, b: 1 },
    wholeMap: { a: 1 },
    whole: ['a'],
    set: ['a', 'b'],
    items: [{ k: 'a', v: 1 }, { k: 'b' }],
    pairs: [
      { k: 'a', v: 1 },
      { k: 'a', p: 'UDP' },
    ],
    any: { a: { b: 1 }, l: [1] },
  }),
  thing('b', { set: ['b', 'c'], items: [{ k: 'b', v: 2 }, { k: 'c' }], map: { b: 1, c: 1 } }),
  thing('c', {
    string: 'b',
    wholeMap: { b: 1 },
    whole: ['a', 'b'],
    items: [{ k: 'a', v: 2 }],
    pairs: [{ k: 'a', p: 'TCP', v: 2 }],
  }),
  thing('c', { string: 'b', wholeMap: { b: 1 }, whole: ['a', 'b'], any: 1 }, force),
  thing('d', { string: 'b' }),
  thing('d', {}),
  thing('e', { set: [], items: [], map: {}, object: {} }),
  thing('b', { items: [], set: ['c'] }),
  thing('b', { items: [], set: ['c'] }),
  thing('f', { any: { a: 1 } }, force),
  {
    request: `PATCH ${THINGS}/t/status?fieldManager=g`,
    type: APPLY,
    body: {
      apiVersion: '$id.example.com/v1',
      kind: 'Thing',
      metadata: { name: 't', labels: { l: '1' } },
      spec: { string: 'ignored' },
      status: { a: 1 },
    },
    managedFields: true,
  },
];

const order: Step[] = [
  ...defined,
  thing('a', { set: ['a', 'b', 'c', 'd'], items: [{ k: 'a' }, { k: 'b' }, { k: 'c' }] }),
  thing('b', { set: ['d', 'x', 'a'], items: [{ k: 'c' }, { k: 'y' }, { k: 'a' }] }),
  thing('c', { set: ['c', 'b'], items: [{ k: 'z' }] }),
];

export const APPLY_AREA: Area = {
  name: 'apply',
  cases: [
    { name: 'ConfigMaps that cannot be applied', steps: wrongConfigMaps },
    { name: 'ConfigMaps with nulls, without names and in YAML', steps: oddConfigMaps },
    { name: 'Deployments that cannot be applied', steps: wrongDeployments },
    { name: 'custom resources that cannot be applied', steps: wrongThings },
    { name: 'fields of custom resources taken, shared and given up', steps: owned },
    { name: 'order of lists', steps: order },
  ],
};
