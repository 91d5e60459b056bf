/** Watches: how they begin, what selectors make of changes, and what they refuse. */
import type { Area, Step } from '../case.ts';

const SECRETS = '/api/v1/namespaces/$ns/secrets';
const PARTIAL = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const INITIAL = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';

const make = (name: string, labels?: Record<string, string>): Step => ({
  request: `POST ${SECRETS}`,
  body: { metadata: { name, labels } },
  quiet: true,
});
const replace = (name: string, labels?: Record<string, string>): Step => ({
  request: `PUT ${SECRETS}/${name}`,
  body: { metadata: { name, labels } },
  quiet: true,
});
const watch = (query: string, events?: number, more: Partial<Step> = {}): Step => ({
  request: `GET ${SECRETS}?${query}`,
  events,
  ...more,
});

const TWO = [make('a', { x: '1' }), make('b')];

const REFUSED = [
  'watch=1&resourceVersionMatch=NotOlderThan',
  'watch=1&resourceVersionMatch=Exact',
  'watch=1&resourceVersionMatch=x',
  'watch=1&sendInitialEvents=true',
  'watch=1&sendInitialEvents=false',
  'watch=1&sendInitialEvents=true&resourceVersionMatch=Exact',
  'watch=1&sendInitialEvents=true&resourceVersionMatch=x',
  'watch=1&labelSelector=x%20y',
  'watch=1&fieldSelector=spec.x=1',
  'watch=1&timeoutSeconds=x',
  'watch=1&limit=x',
  `${INITIAL}&continue=x`,
  'watch=x&limit=x',
  'watch&limit=x',
  'watch=FALSE&limit=x',
  'watch=1&watch=0&limit=x',
];

const PODS = '/api/v1/namespaces/$ns/pods';

export const WATCHES: Area = {
  name: 'watches',
  cases: [
    { name: 'refused', steps: [make('a'), ...REFUSED.map((query) => watch(query))] },
    {
      name: 'beginning with the state',
      steps: [
        ...TWO,
        watch('watch=1', 2),
        watch('watch=1&resourceVersion=0', 2),
        watch('watch=1&labelSelector=x', 1),
        watch('watch=1&fieldSelector=metadata.name=b', 1),
        watch('watch=1', 2, { accept: PARTIAL }),
        watch('watch=1', 1, { headers: ['content-type', 'transfer-encoding', 'cache-control'] }),
      ],
    },
    {
      name: 'bookmark after the state',
      steps: [
        ...TWO,
        watch(`${INITIAL}&allowWatchBookmarks=true`, 3),
        watch(`${INITIAL}&allowWatchBookmarks=true&resourceVersion=0`, 3),
        watch(`${INITIAL}&allowWatchBookmarks=true&labelSelector=x`, 2),
        watch(`${INITIAL}&allowWatchBookmarks=true`, 3, { accept: PARTIAL }),
        watch(`${INITIAL}`, 2),
      ],
    },
    {
      name: 'objects that enter and leave a selector',
      steps: [
        { ...make('a', { x: '1' }), keep: { rv: 'metadata.resourceVersion' } },
        replace('a', { x: '2' }),
        replace('a', { x: '1', y: '1' }),
        replace('a'),
        replace('a', { z: '1' }),
        replace('a', { x: '1' }),
        { request: `DELETE ${SECRETS}/a`, quiet: true },
        watch('watch=1&labelSelector=x%3D1&resourceVersion=$rv', 5),
        watch('watch=1&labelSelector=!x&resourceVersion=$rv', 3),
        watch('watch=1&resourceVersion=$rv', 6),
        watch('watch=1&resourceVersion=$rv', 6, { accept: PARTIAL }),
      ],
    },
    {
      name: 'pods that get a node',
      steps: [
        {
          request: `POST ${PODS}`,
          body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', image: 'b' }] } },
          quiet: true,
          keep: { rv: 'metadata.resourceVersion' },
        },
        {
          request: `POST ${PODS}/p/binding`,
          body: { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } },
        },
        {
          request: `GET ${PODS}?watch=1&resourceVersion=$rv&fieldSelector=spec.nodeName%3Dn1`,
          events: 1,
        },
        {
          request: `GET ${PODS}?watch=1&resourceVersion=$rv&fieldSelector=spec.nodeName%3D`,
          events: 1,
        },
        { request: `GET ${PODS}?fieldSelector=spec.nodeName%3Dn1,status.phase%3DPending` },
        { request: `GET ${PODS}?fieldSelector=spec.nodeName%3D` },
      ],
    },
    {
      name: 'one object',
      steps: [
        make('a'),
        { request: `GET ${SECRETS}/a?watch=1` },
        { request: `GET ${SECRETS}/nope?watch=1` },
        { request: 'GET /api/v1/watch/namespaces/$ns/secrets/a', events: 1 },
        { request: 'GET /api/v1/watch/namespaces/$ns/secrets', events: 1 },
      ],
    },
  ],
};
