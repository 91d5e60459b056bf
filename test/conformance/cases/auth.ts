/** Who may do what: refusals, impersonation, access reviews, tokens, and rights nobody can give away without having them. */
import type { Area, Step } from '../case.ts';

const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ROLES = `${RBAC}/namespaces/$ns/roles`;
const BINDINGS = `${RBAC}/namespaces/$ns/rolebindings`;
const ACCESS = '/apis/authorization.k8s.io/v1';
const REVIEWS = '/apis/authentication.k8s.io/v1';
const TOKEN = '/api/v1/namespaces/$ns/serviceaccounts/default/token';
const GROUP = 'rbac.authorization.k8s.io';

const bob = { user: 'bob' };
const subject = { kind: 'User', apiGroup: GROUP, name: 'bob' };

const PATHS = [
  CONFIG_MAPS,
  `${CONFIG_MAPS}/a`,
  `${CONFIG_MAPS}?watch=1`,
  '/api/v1/configmaps',
  '/api/v1/nodes/n1',
  '/apis/apps/v1/namespaces/$ns/deployments/a/scale',
  '/api/v1/namespaces/$ns/pods/a/log',
  '/api/v1/namespaces/$ns/pods/a/exec',
  '/api/v1/namespaces',
  '/api/v1/namespaces/x',
  '/api/v1/namespaces/x/finalize',
  '/api/v1/watch/configmaps',
  '/api/v1/namespaces/$ns/services/a/proxy/x/y',
  '/apis/foo.example.com/v1/bars',
  '/apis/foo.example.com/v1/namespaces/x/bars/y/z',
  '/apis/apps/v1/nothing',
  '/metrics',
  '/foo',
  '/logs',
  '/debug/pprof',
];

const access = (spec: unknown, kind = 'subjectaccessreviews', more: Partial<Step> = {}): Step => ({
  request: `POST ${ACCESS}/${kind}`,
  body: { spec },
  ...more,
});
const may = (attributes: object): Step =>
  access({ user: 'bob', resourceAttributes: { namespace: '$ns', ...attributes } });

const gives = (name: string, rules: object[]): Step[] => [
  { request: `POST ${ROLES}`, quiet: true, body: { metadata: { name }, rules } },
  {
    request: `POST ${BINDINGS}`,
    quiet: true,
    body: {
      metadata: { name },
      roleRef: { apiGroup: GROUP, kind: 'Role', name },
      subjects: [subject],
    },
  },
];
const seen = (verb: string, resource: string): Step => ({
  ...may({ verb, resource }),
  until: { 'status.allowed': 'true' },
});

const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const RULES = [
  [pods],
  [{ ...pods, verbs: ['get', 'list'] }],
  [
    { apiGroups: [''], resources: ['secrets', 'pods'], verbs: ['get', 'list'] },
    { apiGroups: ['apps'], resources: ['*'], verbs: ['*'] },
  ],
  [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  [{ ...pods, resourceNames: ['a', 'b'], verbs: ['get', 'delete'] }],
  [{ apiGroups: ['b', 'a'], resources: ['z', 'y'], verbs: ['w', 'v'] }],
  [],
];

const bind = (name: string, kind: string, role: string): Step => ({
  request: `POST ${BINDINGS}`,
  as: bob,
  body: {
    metadata: { name },
    roleRef: { apiGroup: GROUP, kind, name: role },
    subjects: [{ ...subject, name: 'eve' }],
  },
});

const token = (body: unknown): Step => ({ request: `POST ${TOKEN}`, body });
const bound = (boundObjectRef: object): Step => token({ spec: { boundObjectRef } });
/** Signed with another key, for another uid and time. */
const SIGNED = { '*.body.status.token': 'signed by another server' };

const whoami = (send: Record<string, string>): Step => ({
  request: `POST ${REVIEWS}/selfsubjectreviews`,
  body: {},
  send,
});

const IMPERSONATIONS: Record<string, string>[] = [
  { 'impersonate-group': 'a' },
  { 'impersonate-uid': 'a' },
  { 'impersonate-extra-a': 'b' },
  { 'impersonate-user': 'bob', 'impersonate-uid': 'u', 'impersonate-extra-scopes': 'x' },
];

export const AUTH: Area = {
  name: 'auth',
  cases: [
    { name: 'refused reads', steps: PATHS.map((path) => ({ request: `GET ${path}`, as: bob })) },
    {
      name: 'refused writes',
      steps: ['POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
        [CONFIG_MAPS, `${CONFIG_MAPS}/a`, '/api/v1/nodes', '/foo'].map((path) => ({
          request: `${method} ${path}`,
          as: bob,
          body: method === 'DELETE' ? undefined : { metadata: { name: 'a' } },
        })),
      ),
    },
    {
      name: 'impersonation',
      steps: [
        ...IMPERSONATIONS.map((send) => ({ request: `GET ${CONFIG_MAPS}`, send })),
        whoami({
          'impersonate-user': 'bob',
          'impersonate-uid': 'u',
          'impersonate-extra-Scopes': 'x',
          'impersonate-extra-a%2fb': 'y',
          'impersonate-group': 'dev',
        }),
        whoami({ 'impersonate-user': 'system:serviceaccount:$ns:default' }),
        whoami({ 'impersonate-user': 'system:anonymous' }),
        whoami({ 'impersonate-user': 'system:node:x', 'impersonate-group': 'system:nodes' }),
        whoami({ 'impersonate-user': 'bob', 'impersonate-group': 'system:authenticated' }),
      ],
    },
    {
      name: 'access reviews',
      steps: [
        may({ verb: 'get', resource: 'pods' }),
        access({}),
        access({ user: 'bob' }),
        access({ resourceAttributes: { verb: 'get', resource: 'pods' } }),
        access({ user: 'bob', resourceAttributes: {}, nonResourceAttributes: {} }),
        access({ user: 'bob', nonResourceAttributes: { path: '/foo', verb: 'get' } }),
        access({
          user: 'bob',
          groups: ['system:authenticated'],
          nonResourceAttributes: { path: '/api/x', verb: 'get' },
        }),
        access({ user: 'bob', groups: ['system:masters'], resourceAttributes: { verb: '*' } }),
        { ...access({}), body: '' },
        { ...access({}), body: 'x' },
        { ...access({}), body: { kind: 'Foo', apiVersion: 'authorization.k8s.io/v1' } },
        access({ user: 1 }),
        {
          request: `POST ${ACCESS}/subjectaccessreviews?dryRun=x`,
          body: {},
        },
        {
          request: `POST ${ACCESS}/subjectaccessreviews?fieldValidation=Strict`,
          body: { spec: { user: 'a', resourceAttributes: {}, zz: 1 } },
        },
        {
          ...access({ user: 'a', resourceAttributes: {}, zz: 1 }),
          headers: ['warning'],
        },
        access({ resourceAttributes: { verb: 'get' } }, 'selfsubjectaccessreviews', { as: bob }),
        access({}, 'selfsubjectaccessreviews'),
        access({ namespace: '$ns' }, 'selfsubjectrulesreviews', {
          as: { user: 'nobody', groups: ['x'] },
        }),
        access({}, 'selfsubjectrulesreviews'),
        ...[
          { user: 'bob', resourceAttributes: { namespace: '$ns', verb: 'get' } },
          { user: 'bob', resourceAttributes: { namespace: 'x' } },
          { user: 'bob', nonResourceAttributes: { path: '/' } },
        ].map((spec) => access(spec, 'namespaces/$ns/localsubjectaccessreviews')),
        access({}, 'localsubjectaccessreviews'),
      ],
    },
    {
      name: 'rights of a role',
      steps: [
        ...gives('r', [
          { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] },
          { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['a'], verbs: ['*'] },
        ]),
        seen('get', 'pods'),
        may({ verb: 'get', resource: 'pods' }),
        may({ verb: 'get', resource: 'pods', subresource: 'log' }),
        may({ verb: 'get', resource: 'pods', subresource: 'exec' }),
        may({ verb: 'get', group: 'apps', resource: 'deployments', name: 'a' }),
        may({ verb: 'list', group: 'apps', resource: 'deployments' }),
        may({ verb: 'get', group: '*', resource: '*' }),
        { request: 'GET /api/v1/namespaces/$ns/pods', as: bob },
        { request: 'DELETE /api/v1/namespaces/$ns/pods/x', as: bob },
        { request: 'GET /apis/apps/v1/namespaces/$ns/deployments/a', as: bob },
        {
          request: 'GET /apis/apps/v1/namespaces/$ns/deployments?fieldSelector=metadata.name%3Da',
          as: bob,
        },
        {
          request: 'GET /apis/apps/v1/namespaces/$ns/deployments?fieldSelector=metadata.name%3Db',
          as: bob,
        },
      ],
    },
    {
      name: 'rights given away',
      steps: [
        ...gives('r', [
          {
            apiGroups: [GROUP],
            resources: ['roles', 'rolebindings', 'clusterroles'],
            verbs: ['create', 'update', 'patch', 'get', 'delete'],
          },
          pods,
        ]),
        seen('get', 'pods'),
        ...RULES.map((rules, i) => ({
          request: `POST ${ROLES}`,
          as: bob,
          body: { metadata: { name: `e${i}` }, rules },
        })),
        {
          request: `PATCH ${ROLES}/e0`,
          as: bob,
          type: 'application/merge-patch+json',
          body: { rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] },
        },
        {
          request: `PATCH ${ROLES}/e0`,
          as: bob,
          type: 'application/merge-patch+json',
          body: { metadata: { labels: { a: 'b' } } },
        },
        bind('b0', 'Role', 'e0'),
        bind('b1', 'Role', 'nope'),
        bind('b2', 'ClusterRole', 'cluster-admin'),
        bind('b3', 'ClusterRole', 'nope'),
      ],
    },
    {
      name: 'token requests',
      steps: [
        token({}),
        token({ spec: { expirationSeconds: 600 } }),
        token({ spec: { audiences: ['a', 'b'], expirationSeconds: 3607 } }),
      ],
      differs: SIGNED,
    },
    {
      name: 'token requests that are refused',
      steps: [
        token({ spec: { expirationSeconds: 599 } }),
        token({ spec: { expirationSeconds: 4294967297 } }),
        token({ spec: { expirationSeconds: 'x' } }),
        bound({ kind: 'Pod', name: 'nope' }),
        bound({ kind: 'Foo', apiVersion: 'v1', name: 'nope' }),
        bound({ kind: 'Secret', apiVersion: 'v1', name: 'nope' }),
        bound({ kind: 'Node', apiVersion: 'v1', name: 'nope' }),
        token({ metadata: { name: 'x' } }),
        token({ metadata: { namespace: 'x' } }),
        token('x'),
        token({ kind: 'Foo', apiVersion: 'v1' }),
        { request: `POST ${TOKEN.replace('default', 'nope')}`, body: {} },
        { request: `GET ${TOKEN}` },
      ],
    },
    {
      name: 'token reviews',
      steps: [
        { ...token({}), keep: { t: 'status.token' }, quiet: true },
        { request: `POST ${REVIEWS}/tokenreviews`, body: { spec: { token: '$t' } } },
        {
          request: `POST ${REVIEWS}/tokenreviews`,
          body: {
            spec: {
              token: '$t',
              audiences: ['https://kubernetes.default.svc.cluster.local', 'x'],
            },
          },
        },
        { request: `POST ${REVIEWS}/tokenreviews`, body: { spec: { token: 'x' } } },
        { request: `POST ${REVIEWS}/tokenreviews`, body: { spec: {} } },
        { request: `POST ${REVIEWS}/tokenreviews`, body: {} },
      ],
      differs: { '*.body.spec.token': 'signed by another server' },
    },
  ],
};
