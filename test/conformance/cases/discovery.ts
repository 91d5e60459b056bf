/** What clients ask before anything else. */
import type { Area, ConformanceCase, Step } from '../case.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const MANY_ACCEPTED = `application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,${AGGREGATED},application/json`;

/** Built-in groups with the version each is served in. */
const GROUP_VERSIONS = [
  'apiregistration.k8s.io/v1',
  'apps/v1',
  'events.k8s.io/v1',
  'authentication.k8s.io/v1',
  'authorization.k8s.io/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'certificates.k8s.io/v1',
  'networking.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'storage.k8s.io/v1',
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'coordination.k8s.io/v1',
  'node.k8s.io/v1',
  'discovery.k8s.io/v1',
  'flowcontrol.apiserver.k8s.io/v1',
];

function ask(name: string, requests: string[], more: Partial<Step> = {}): ConformanceCase {
  return { name, steps: requests.map((request) => ({ request, ...more })) };
}

/** Paths nobody knows, and methods paths do not have. */
const REFUSALS: ConformanceCase[] = [
  ask('paths outside of every group', [
    'GET /nothing',
    'POST /nothing',
    'GET /openapi',
    'GET /openapi/v2/',
    'GET /openapi/v3/nothing',
    'GET /healthz/nothing',
    'GET /.well-known/nothing',
    'GET /apis/nothing.$id.example.com/v1/things',
    'PUT /apis/nothing.$id.example.com/v1/namespaces/$ns/things/x',
  ]),
  ask('paths of built-in groups', [
    'GET /api/v2',
    'GET /apis/apps/v2',
    'GET /apis/apps/v2/deployments',
    'GET /apis/apps/v1/deployments/x',
    'GET /api/v1/namespaces/$ns/nodes',
    'GET /api/v1/namespaces/$ns/pods/x/nothing',
    'GET /api/v1/namespaces/$ns/configmaps/x/status',
    'PUT /api/v1/nothing',
    'PATCH /apis/apps/v1/nothing',
  ]),
  ask('methods', [
    'POST /api/v1',
    'DELETE /version',
    'PUT /apis/apps/v1',
    'POST /apis/apps',
    'DELETE /healthz',
    'PUT /apis/apps/v1/namespaces/$ns/deployments',
    'DELETE /apis/apps/v1/deployments',
    'POST /apis/apps/v1/namespaces/$ns/deployments/x/scale',
    'POST /api/v1/namespaces/$ns/finalize',
    'PATCH /api/v1/namespaces/$ns/finalize',
    'DELETE /api/v1/namespaces/$ns/pods/x/log',
    'PUT /api/v1/namespaces/$ns/pods/x/eviction',
    'GET /api/v1/namespaces/$ns/bindings',
    'POST /api/v1/bindings',
    'DELETE /api/v1/componentstatuses',
    'HEAD /api/v1/namespaces',
  ]),
  ask('nothing acceptable', ['GET /api', 'GET /apis/apps/v1', 'GET /api/v1/namespaces/$ns'], {
    accept: 'text/html',
  }),
  ask('nothing acceptable in a list', ['GET /api/v1/namespaces/$ns/pods'], { accept: 'text/html' }),
  ask('unknown form', ['GET /api', 'GET /apis/apps', 'GET /api/v1/namespaces/$ns'], {
    accept: 'application/json;as=Nothing;g=meta.k8s.io;v=v1',
  }),
  ask('patch of another media type', ['PATCH /api/v1/namespaces/$ns?dryRun=All'], {
    body: '{}',
    type: 'text/plain',
  }),
];

const WELL: ConformanceCase[] = [
  ask('health', [
    'GET /healthz',
    'GET /livez/ping',
    'GET /readyz/poststarthook/rbac/bootstrap-roles',
    'GET /healthz?verbose',
    'GET /livez?verbose&exclude=etcd&exclude=no',
    'GET /readyz?verbose',
    'GET /readyz/etcd-readiness',
  ]),
];

const LISTED: ConformanceCase[] = [
  ask('core version', ['GET /api/v1']),
  ask(
    'groups',
    [...new Set(GROUP_VERSIONS.map((name) => name.split('/')[0]))].map(
      (name) => `GET /apis/${name}`,
    ),
  ),
  ask(
    'group versions',
    GROUP_VERSIONS.map((name) => `GET /apis/${name}`),
  ),
  ask('core group aggregated', ['GET /api'], { accept: AGGREGATED, headers: ['content-type'] }),
  ask('the first form that is known', ['GET /api'], {
    accept: MANY_ACCEPTED,
    headers: ['content-type'],
  }),
  ask('objects with a warning', ['GET /api/v1/namespaces/$ns/endpoints'], { headers: ['warning'] }),
  ask('discovery as YAML', ['GET /apis/node.k8s.io/v1'], {
    accept: 'application/yaml',
  }),
];

const WIDGETS = {
  metadata: { name: 'widgets.$id.example.com' },
  spec: {
    group: '$id.example.com',
    scope: 'Namespaced',
    names: {
      kind: 'Widget',
      plural: 'widgets',
      singular: 'widget',
      shortNames: ['wd'],
      categories: ['all', 'mine'],
    },
    versions: ['v1', 'v2', 'v1beta1', 'other'].map((name) => ({
      name,
      served: name !== 'v2',
      storage: name === 'v1',
      schema: {
        openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
      ...(name === 'v1' && {
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
      }),
    })),
  },
};

const CUSTOM: ConformanceCase = {
  name: 'a custom kind',
  differs: {
    '*.body.resources.*.storageVersionHash':
      'of the name of the group, which is another one each time',
  },
  steps: [
    {
      request: 'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body: WIDGETS,
      quiet: true,
    },
    {
      request: 'GET /apis/$id.example.com/v1/namespaces/$ns/widgets',
      until: { code: '200' },
    },
    { request: 'GET /apis/$id.example.com/other', until: { code: '200' } },
    { request: 'GET /apis/$id.example.com', until: { code: '200' } },
    ...[
      'GET /apis/$id.example.com',
      'GET /apis/$id.example.com/v1',
      'GET /apis/$id.example.com/v1beta1',
      'GET /apis/$id.example.com/v2',
      'GET /apis/$id.example.com/v2/widgets',
      'GET /apis/$id.example.com/v1/nothing',
      'GET /apis/$id.example.com/v1/widgets',
      'GET /apis/$id.example.com/v1/widgets/x',
      'POST /apis/$id.example.com/v1/widgets',
      'PUT /apis/$id.example.com/v1/namespaces/$ns/widgets',
      'PATCH /apis/$id.example.com/v1/namespaces/$ns/widgets',
      'GET /apis/$id.example.com/v1/namespaces/$ns/widgets/x/nothing',
      'GET /apis/$id.example.com/v1beta1/namespaces/$ns/widgets/x/status',
      'POST /apis/$id.example.com/v1/namespaces/$ns/widgets/x/status',
      'DELETE /apis/$id.example.com/v1/namespaces/$ns/widgets/x/scale',
    ].map((request) => ({
      request,
      ...(request.startsWith('PATCH') && { body: {}, type: 'application/merge-patch+json' }),
    })),
  ],
};

export const DISCOVERY: Area = {
  name: 'discovery',
  cases: [
    ...LISTED,
    ...REFUSALS,
    ...WELL,
    CUSTOM,
    {
      name: 'unknown path',
      steps: [
        { request: 'GET /apis/nothing.example.com' },
        { request: 'GET /apis/apps/v1/nothing' },
        { request: 'GET /api/v1/namespaces/$ns/nothing/x' },
        { request: 'PATCH /api/v1/namespaces/$ns/configmaps' },
      ],
    },
    {
      name: 'object that is not there',
      steps: [{ request: 'GET /api/v1/namespaces/$ns/configmaps/x' }],
    },
    {
      name: 'ConfigMap made and made again',
      steps: [
        {
          request: 'POST /api/v1/namespaces/$ns/configmaps',
          body: { metadata: { name: 'a' }, data: { x: '1' } },
          managedFields: true,
          keep: { rv: 'metadata.resourceVersion' },
        },
        {
          request: 'POST /api/v1/namespaces/$ns/configmaps',
          body: { metadata: { name: 'a' } },
        },
        {
          request: 'PUT /api/v1/namespaces/$ns/configmaps/a',
          body: { metadata: { name: 'a', resourceVersion: '1' } },
        },
        {
          request: 'GET /api/v1/namespaces/$ns/configmaps?watch=true&resourceVersion=0',
          events: 1,
        },
      ],
    },
  ],
};
