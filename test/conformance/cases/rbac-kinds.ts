/** What Roles and their bindings may look like, and what nobody may grant that does not have it. */
import type { Area, Step } from '../case.ts';
import { creates, mutate, type Mutation, type Named, updates } from './mutations.ts';

const GROUP = '/apis/rbac.authorization.k8s.io/v1';
const ROLES = `${GROUP}/namespaces/$ns/roles`;
const BINDINGS = `${GROUP}/namespaces/$ns/rolebindings`;
const apiGroup = 'rbac.authorization.k8s.io';

const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const role = { metadata: { name: 'r' }, rules: [rule] };
const clusterRole = { ...role, metadata: { name: '$id' } };
const ruled = (...rules: object[]): Mutation => ({ rules });

const RULES: Mutation[] = [
  {},
  { 'metadata.name': 'a/b' },
  { 'metadata.name': '..' },
  { rules: undefined },
  ruled(),
  ruled({}),
  ruled({ ...rule, verbs: [] }),
  ruled({ ...rule, apiGroups: undefined }),
  ruled({ ...rule, resources: undefined }),
  ruled({ verbs: ['get'], nonResourceURLs: ['/x'] }),
  ruled({ ...rule, nonResourceURLs: ['/x'] }),
  ruled({ ...rule, resourceNames: ['x'] }),
  ruled({ ...rule, verbs: 'get' }),
  ruled(rule, {}),
];

const aggregating = (...clusterRoleSelectors: object[]): Mutation => ({
  aggregationRule: { clusterRoleSelectors },
});
const AGGREGATIONS: Mutation[] = [
  aggregating(),
  aggregating({ matchLabels: { a: 'b' } }),
  aggregating({ matchLabels: { 'a b': 'c' } }),
  aggregating({ matchExpressions: [{ key: 'a', operator: 'Is' }] }),
];

const binding = {
  metadata: { name: 'b' },
  roleRef: { apiGroup, kind: 'Role', name: 'r' },
  subjects: [{ kind: 'User', name: 'u', apiGroup }],
};
const clusterBinding = mutate(binding, {
  'metadata.name': '$id',
  'roleRef.kind': 'ClusterRole',
}) as unknown as Named;
const bound = (...subjects: object[]): Mutation => ({ subjects });

const BOUND: Mutation[] = [
  {},
  { roleRef: undefined },
  { 'roleRef.apiGroup': undefined },
  { 'roleRef.apiGroup': 'x' },
  { 'roleRef.kind': 'Foo' },
  { 'roleRef.name': 'a/b' },
  { subjects: undefined },
  bound({}),
  bound({ kind: 'User', name: 'u' }, { kind: 'Group', name: 'g' }),
  bound({ kind: 'ServiceAccount', name: 'u' }),
  bound({ kind: 'ServiceAccount', name: 'Bad_', namespace: 'x' }),
  bound({ kind: 'ServiceAccount', name: 'a', namespace: 'x', apiGroup }),
  bound({ kind: 'user', name: 'u' }),
  bound({ kind: 'User', name: 'u', apiGroup: 'x' }),
  bound({ kind: 'User', name: '' }),
];

const as = { user: 'somebody' };
const named = (name: string) => ({ metadata: { name } });
const grant = (...rules: object[]): Step => ({
  request: `POST ${ROLES}`,
  as,
  body: { ...named('new'), rules },
});
const bind = (kind: string, name: string): Step => ({
  request: `POST ${BINDINGS}`,
  as,
  body: { ...named(`bound-${name}`), roleRef: { apiGroup, kind, name }, subjects: [] },
});

export const RBAC_KINDS: Area = {
  name: 'rbac-kinds',
  cases: [
    creates(ROLES, role, RULES),
    creates(`${GROUP}/clusterroles`, clusterRole, [...RULES, ...AGGREGATIONS]),
    updates(ROLES, role, [{}, { rules: undefined }, ruled({})]),
    creates(BINDINGS, binding, BOUND),
    creates(`${GROUP}/clusterrolebindings`, clusterBinding, BOUND),
    updates(BINDINGS, binding, [{}, { 'roleRef.name': 'x' }, { roleRef: undefined }, bound()]),
    {
      name: 'granting what one has not',
      steps: [
        {
          request: `POST ${ROLES}`,
          quiet: true,
          body: {
            ...named('edit'),
            rules: [
              { verbs: ['*'], apiGroups: [apiGroup], resources: ['roles', 'rolebindings'] },
              { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
            ],
          },
        },
        {
          request: `POST ${BINDINGS}`,
          quiet: true,
          body: {
            ...named('edit'),
            roleRef: { apiGroup, kind: 'Role', name: 'edit' },
            subjects: [{ kind: 'User', name: 'somebody' }],
          },
        },
        { request: `GET ${ROLES}/edit`, as, until: { code: '200' } },
        { ...grant(rule), request: `POST ${ROLES}?dryRun=All` },
        grant({ ...rule, verbs: ['delete'] }),
        grant({ ...rule, verbs: ['delete', 'get'], resources: ['pods', 'secrets'] }),
        grant({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }),
        bind('Role', 'edit'),
        bind('Role', 'nothing'),
        bind('ClusterRole', 'system:basic-user'),
      ],
    },
  ],
};
