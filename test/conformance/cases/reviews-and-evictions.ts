/** Answers to POSTs that store nothing of their own: reviews and evictions. */
import type { Area, ConformanceCase } from '../case.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const ACCESS = { resourceAttributes: { verb: 'get', resource: 'pods' } };

const REVIEWS: Readonly<Record<string, Record<string, unknown>>> = {
  'authorization.k8s.io/v1/selfsubjectaccessreviews': ACCESS,
  'authorization.k8s.io/v1/subjectaccessreviews': { ...ACCESS, user: 'nobody' },
  'authentication.k8s.io/v1/tokenreviews': { token: 'none' },
};

const reviews = Object.entries(REVIEWS).flatMap(([path, spec]): ConformanceCase[] => {
  const request = `POST /apis/${path}`;
  return [
    { name: `${path} without type`, steps: [{ request, body: { spec } }] },
    {
      name: `${path} with an unknown field`,
      steps: [{ request, body: { spec: { ...spec, nothing: 1 } } }],
    },
    {
      name: `${path} as a table`,
      steps: [
        { request, body: { spec }, accept: TABLE },
        { request, body: { spec }, accept: `${TABLE},application/json` },
      ],
    },
  ];
});

const PODS = '/api/v1/namespaces/$ns/pods';
const evict = (body: object) => ({
  request: `POST ${PODS}/a/eviction`,
  body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' }, ...body },
});
const made = {
  request: `POST ${PODS}`,
  body: {
    metadata: { name: 'a', finalizers: ['example.com/wait'] },
    spec: { containers: [{ name: 'c', image: 'example.com/a' }] },
  },
  quiet: true,
};
const released = {
  request: `PATCH ${PODS}/a`,
  body: { metadata: { finalizers: null } },
  type: 'application/merge-patch+json',
  quiet: true,
};

function eviction(name: string, body: object): ConformanceCase {
  return {
    name: `eviction ${name}`,
    steps: [made, evict(body), { request: `GET ${PODS}/a` }, released],
  };
}

export const REVIEWS_AND_EVICTIONS: Area = {
  name: 'reviews-and-evictions',
  cases: [
    ...reviews,
    eviction('says in the pod why it goes', {}),
    eviction('that is tried out only', { deleteOptions: { dryRun: ['All'] } }),
    eviction('of another object', { deleteOptions: { preconditions: { uid: 'other' } } }),
  ],
};
