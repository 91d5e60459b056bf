/** Deleting: options, finalizers, the grace of pods, collections and namespaces. */
import type { Area, Step } from '../case.ts';

const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const SECRETS = '/api/v1/namespaces/$ns/secrets';
const PODS = '/api/v1/namespaces/$ns/pods';
const MERGE = 'application/merge-patch+json';

const make = (name: string, metadata: Record<string, unknown> = {}): Step => ({
  request: `POST ${CONFIG_MAPS}`,
  body: { metadata: { name, ...metadata } },
  quiet: true,
});
const remove = (name: string, body?: unknown): Step => ({
  request: `DELETE ${CONFIG_MAPS}/${name}`,
  body,
});
const get = (name: string): Step => ({ request: `GET ${CONFIG_MAPS}/${name}` });
const change = (name: string, body: unknown, query = ''): Step => ({
  request: `PATCH ${CONFIG_MAPS}/${name}${query}`,
  type: MERGE,
  body,
});

const BODIES = [
  {},
  { kind: 'DeleteOptions', apiVersion: 'v1' },
  { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1' },
  { kind: 'Foo', apiVersion: 'v1' },
  { kind: 'ConfigMap', apiVersion: 'v1' },
  { propagationPolicy: 'x' },
  { propagationPolicy: '' },
  { propagationPolicy: 'Foreground', orphanDependents: true },
  { propagationPolicy: 'x', orphanDependents: true },
  { gracePeriodSeconds: -1 },
  { gracePeriodSeconds: 'x' },
  { gracePeriodSeconds: 1.5 },
  { dryRun: ['x'] },
  { dryRun: 'All' },
  { dryRun: ['All', 'All'] },
  { dryRun: ['All', 'x'] },
  { dryRun: [] },
  { preconditions: {} },
  { preconditions: 'x' },
  { preconditions: { uid: 'x', resourceVersion: 'y' } },
  { unknown: 1 },
  { orphanDependents: 'x' },
  '[]',
  'null',
  'x',
  '',
];

const QUERIES = [
  'propagationPolicy=x',
  'propagationPolicy=',
  'propagationPolicy=Foreground&orphanDependents=true',
  'gracePeriodSeconds=x',
  'gracePeriodSeconds=',
  'gracePeriodSeconds=-1',
  'dryRun=x',
  'dryRun=',
  'dryRun=All&dryRun=All',
  'orphanDependents=x',
];

const POLICIES = [
  ['a', 'Foreground'],
  ['b', 'Orphan'],
  ['c', 'Background'],
  ['e', 'Foreground'],
  ['e', 'Orphan'],
  ['e', 'Background'],
  ['f', 'Background'],
  ['a', 'Background'],
];

const pod = (name: string, spec = {}, metadata = {}): Step => ({
  request: `POST ${PODS}`,
  body: {
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'a', image: 'b' }], ...spec },
  },
  quiet: true,
});
const bind = (name: string): Step => ({
  request: `POST ${PODS}/${name}/binding`,
  body: { metadata: { name }, target: { kind: 'Node', name: 'n1' } },
  quiet: true,
});
const stop = (name: string, query = '', body?: unknown): Step => ({
  request: `DELETE ${PODS}/${name}${query}`,
  body,
});
const release = (name: string): Step => ({
  request: `PATCH ${PODS}/${name}`,
  type: MERGE,
  body: { metadata: { finalizers: null } },
});

const secret = (name: string, metadata = {}): Step => ({
  request: `POST ${SECRETS}`,
  body: { metadata: { name, ...metadata } },
  quiet: true,
});

export const DELETES: Area = {
  name: 'deletes',
  cases: [
    {
      name: 'options in the body',
      steps: BODIES.flatMap((body, i) => [make(`a${i}`), remove(`a${i}`, body)]),
    },
    {
      name: 'options in the query',
      steps: QUERIES.flatMap((query, i) => [
        make(`a${i}`),
        { request: `DELETE ${CONFIG_MAPS}/a${i}?${query}` },
      ]),
    },
    {
      name: 'options in both',
      steps: [
        make('a'),
        {
          request: `DELETE ${CONFIG_MAPS}/a?dryRun=All`,
          body: { propagationPolicy: 'Foreground' },
        },
        get('a'),
      ],
    },
    {
      name: 'propagation',
      steps: [
        ...['a', 'b', 'c', 'd'].map((name) => make(name)),
        make('e', { finalizers: ['x/y'] }),
        make('f', { finalizers: ['foregroundDeletion'] }),
        ...POLICIES.flatMap(([name = '', propagationPolicy]) => [
          remove(name, { propagationPolicy }),
          get(name),
        ]),
        { request: `DELETE ${CONFIG_MAPS}/d?orphanDependents=true` },
        { request: `DELETE ${CONFIG_MAPS}/e?orphanDependents=false` },
      ],
    },
    {
      name: 'finalizers',
      steps: [
        make('a', { finalizers: ['x/y'] }),
        remove('a'),
        remove('a'),
        { request: `DELETE ${CONFIG_MAPS}/a?gracePeriodSeconds=0` },
        change('a', { metadata: { finalizers: ['x/y', 'z/w'] } }),
        change('a', { data: { x: '1' } }),
        { request: `POST ${CONFIG_MAPS}`, body: { metadata: { name: 'a' } } },
        change('a', { metadata: { finalizers: null } }, '?dryRun=All'),
        change('a', { metadata: { finalizers: null } }),
        get('a'),
        make('b', { finalizers: ['x/y'] }),
        { request: `DELETE ${CONFIG_MAPS}/b?dryRun=All` },
        get('b'),
      ],
    },
    {
      name: 'pods with a node',
      steps: [
        pod('p'),
        bind('p'),
        stop('p', '?dryRun=All'),
        stop('p'),
        stop('p'),
        stop('p', '?gracePeriodSeconds=60'),
        stop('p', '?gracePeriodSeconds=10'),
        { request: `GET ${PODS}/p` },
        stop('p', '?gracePeriodSeconds=0'),
        { request: `GET ${PODS}/p` },
        pod('q', { terminationGracePeriodSeconds: 0 }),
        bind('q'),
        stop('q'),
        pod('r', { terminationGracePeriodSeconds: 5 }),
        bind('r'),
        stop('r', '', { gracePeriodSeconds: 100 }),
        stop('r', '', { gracePeriodSeconds: 0 }),
        pod('t', {}, { finalizers: ['x/y'] }),
        bind('t'),
        stop('t'),
        release('t'),
        { request: `GET ${PODS}/t` },
        stop('t', '?gracePeriodSeconds=0'),
      ],
    },
    {
      name: 'pods without a node',
      steps: [
        pod('s', {}, { finalizers: ['x/y'] }),
        stop('s'),
        stop('s'),
        release('s'),
        pod('v'),
        stop('v', '?gracePeriodSeconds=30'),
        { request: `GET ${PODS}/v` },
      ],
    },
    {
      name: 'collections',
      steps: [
        secret('a', { labels: { x: '1' } }),
        secret('b', { finalizers: ['x/y'] }),
        secret('c', { labels: { x: '1' } }),
        { request: `DELETE ${SECRETS}?labelSelector=x%3D1&dryRun=All` },
        { request: `DELETE ${SECRETS}?labelSelector=x%20y` },
        { request: `DELETE ${SECRETS}?fieldSelector=foo%3D1` },
        { request: `DELETE ${SECRETS}?labelSelector=x`, body: { preconditions: { uid: 'x' } } },
        { request: `DELETE ${SECRETS}?fieldSelector=metadata.name%3Dc` },
        { request: `DELETE ${SECRETS}` },
        { request: `GET ${SECRETS}` },
        { request: `DELETE ${SECRETS}` },
        { request: 'DELETE /api/v1/namespaces' },
        { request: 'DELETE /api/v1/secrets' },
        pod('a'),
        { request: `DELETE ${PODS}` },
        { request: `DELETE ${SECRETS}`, body: 'x' },
        { request: `DELETE ${SECRETS}?resourceVersion=x` },
        { request: `DELETE ${SECRETS}?continue=x` },
      ],
    },
    {
      name: 'namespaces',
      steps: [
        { request: 'POST /api/v1/namespaces', body: { metadata: { name: 'n$id' } } },
        {
          request: 'POST /api/v1/namespaces/n$id/configmaps',
          body: { metadata: { name: 'a', finalizers: ['x/y'] } },
        },
        { request: 'DELETE /api/v1/namespaces/n$id?dryRun=All' },
        { request: 'DELETE /api/v1/namespaces/n$id' },
        { request: 'DELETE /api/v1/namespaces/n$id' },
        {
          request: 'POST /api/v1/namespaces/n$id/configmaps',
          body: { metadata: { name: 'b' } },
        },
        {
          request: 'POST /api/v1/namespaces/n$id/configmaps',
          body: { metadata: { generateName: 'b' } },
        },
        {
          request: 'PUT /api/v1/namespaces/n$id/configmaps/a',
          body: { metadata: { name: 'a', finalizers: ['x/y'] }, data: { a: 'b' } },
        },
        { request: 'POST /api/v1/namespaces', body: { metadata: { name: 'n$id' } } },
        { request: 'GET /api/v1/namespaces/n$id' },
        {
          request: 'POST /api/v1/namespaces/nope$id/configmaps',
          body: { metadata: { name: 'b' } },
        },
        { request: 'GET /api/v1/namespaces/nope$id/configmaps' },
        { request: 'DELETE /api/v1/namespaces/default' },
        { request: 'DELETE /api/v1/namespaces/kube-system' },
        {
          request: 'POST /api/v1/namespaces',
          body: { metadata: { name: 'g$id' }, spec: { finalizers: ['a/b'] } },
        },
        {
          request: 'PUT /api/v1/namespaces/g$id',
          body: { metadata: { name: 'g$id' }, spec: { finalizers: [] } },
        },
        {
          request: 'PUT /api/v1/namespaces/g$id/finalize',
          body: { metadata: { name: 'g$id' }, spec: { finalizers: ['kubernetes'] } },
        },
      ],
    },
  ],
};
