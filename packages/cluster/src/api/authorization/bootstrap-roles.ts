/**
 * The roles and bindings every cluster has from its first moment, as of Kubernetes 1.35
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings). Roles of controllers
 * that run inside this process are left out: those act as the server itself.
 */
import { EVERYTHING } from './authorizer.ts';
import type { PolicyRule } from './policy-rule.ts';

export interface BootstrapRole {
  name: string;
  /** Only for Roles. */
  namespace?: string;
  labels?: Record<string, string>;
  rules?: PolicyRule[];
  /** The role is the sum of the ClusterRoles with this label. */
  aggregates?: string;
}

export interface BootstrapBinding {
  /** Of the binding and of the ClusterRole. */
  name: string;
  groups?: string[];
  users?: string[];
  accounts?: { namespace: string; name: string }[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const READ_UPDATE = ['get', 'list', 'patch', 'update', 'watch'];
const READ_WRITE = [...WRITE, ...READ].toSorted();

/** `group: resource resource …`; the core group is empty. */
function on(verbs: string[], resources: string, resourceNames?: string[]): PolicyRule {
  const colon = resources.indexOf(':');
  return {
    verbs,
    apiGroups: resources.slice(0, colon).split(','),
    resources: resources
      .slice(colon + 1)
      .trim()
      .split(/\s+/),
    ...(resourceNames && { resourceNames }),
  };
}

const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });

const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;
const aggregatedTo = (role: string) => ({ [aggregateTo(role)]: 'true' });

const WRITE_EVENTS = on(['create', 'patch', 'update'], ',events.k8s.io: events');
const CHECK_ACCESS = [
  on(['create'], 'authentication.k8s.io: tokenreviews'),
  on(['create'], 'authorization.k8s.io: subjectaccessreviews'),
];
const INFO_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const ADMIN = [
  on(['create'], 'authorization.k8s.io: localsubjectaccessreviews'),
  on(READ_WRITE, 'rbac.authorization.k8s.io: rolebindings roles'),
];

const EDIT = [
  on(READ, ': pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  on(['impersonate'], ': serviceaccounts'),
  on(WRITE, ': pods pods/attach pods/exec pods/portforward pods/proxy'),
  on(['create'], ': pods/eviction'),
  on(
    WRITE,
    ': configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  on(['create'], ': serviceaccounts/token'),
  on(
    WRITE,
    'apps: daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  on(WRITE, 'autoscaling: horizontalpodautoscalers'),
  on(WRITE, 'batch: cronjobs jobs'),
  on(
    WRITE,
    'extensions: daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
  ),
  on(WRITE, 'policy: poddisruptionbudgets'),
  on(WRITE, 'networking.k8s.io: ingresses networkpolicies'),
  on(READ_WRITE, 'coordination.k8s.io: leases'),
  on(WRITE, 'resource.k8s.io: resourceclaims resourceclaimtemplates'),
];

const VIEW = [
  on(
    READ,
    ': configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  on(
    READ,
    ': bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  on(READ, ': namespaces'),
  on(READ, 'discovery.k8s.io: endpointslices'),
  on(
    READ,
    'apps: controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  on(READ, 'autoscaling: horizontalpodautoscalers horizontalpodautoscalers/status'),
  on(READ, 'batch: cronjobs cronjobs/status jobs jobs/status'),
  on(
    READ,
    'extensions: daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ),
  on(READ, 'policy: poddisruptionbudgets poddisruptionbudgets/status'),
  on(READ, 'networking.k8s.io: ingresses ingresses/status networkpolicies'),
  on(READ, 'resource.k8s.io: resourceclaims resourceclaims/status resourceclaimtemplates'),
];

const NODE = [
  on(['create'], 'authentication.k8s.io: tokenreviews'),
  on(['create'], 'authorization.k8s.io: localsubjectaccessreviews subjectaccessreviews'),
  on(READ, ': services'),
  on(['create', ...READ], ': nodes'),
  on(['patch', 'update'], ': nodes/status'),
  on(['patch', 'update'], ': nodes'),
  on(['create', 'patch', 'update'], ': events'),
  on(READ, ': pods'),
  on(['create', 'delete'], ': pods'),
  on(['patch', 'update'], ': pods/status'),
  on(['create'], ': pods/eviction'),
  on(READ, ': configmaps secrets'),
  on(['get'], ': persistentvolumeclaims persistentvolumes'),
  on(['get'], ': endpoints'),
  on(['create', ...READ], 'certificates.k8s.io: certificatesigningrequests'),
  on(['create', 'delete', 'get', 'patch', 'update'], 'coordination.k8s.io: leases'),
  on(['get'], 'storage.k8s.io: volumeattachments'),
  on(['get', 'patch', 'update'], ': persistentvolumeclaims/status'),
  on(['create'], ': serviceaccounts/token'),
  on(READ, 'storage.k8s.io: csidrivers'),
  on(['create', 'delete', 'get', 'patch', 'update'], 'storage.k8s.io: csinodes'),
  on(READ, 'node.k8s.io: runtimeclasses'),
];

const CONTROLLER_MANAGER = [
  WRITE_EVENTS,
  on(['create'], 'coordination.k8s.io: leases'),
  on(['get', 'update'], 'coordination.k8s.io: leases', ['kube-controller-manager']),
  on(['create'], ': secrets serviceaccounts'),
  on(['delete'], ': secrets'),
  on(['get'], ': configmaps namespaces secrets serviceaccounts'),
  on(['update'], ': secrets serviceaccounts'),
  ...CHECK_ACCESS,
  on(['list', 'watch'], '*: *'),
  on(['create'], ': serviceaccounts/token'),
];

const SCHEDULER = [
  WRITE_EVENTS,
  on(['create'], 'coordination.k8s.io: leases'),
  on(['get', 'update'], 'coordination.k8s.io: leases', ['kube-scheduler']),
  on(READ, ': nodes'),
  on(['delete', ...READ], ': pods'),
  on(['create'], ': bindings pods/binding'),
  on(['patch', 'update'], ': pods/status'),
  on(READ, ': replicationcontrollers services'),
  on(READ, 'apps,extensions: replicasets'),
  on(READ, 'apps: statefulsets'),
  on(READ, 'policy: poddisruptionbudgets'),
  on(READ, ': persistentvolumeclaims persistentvolumes'),
  ...CHECK_ACCESS,
  on(READ, 'storage.k8s.io: csidrivers csinodes csistoragecapacities'),
  on(READ, ': namespaces'),
];

export const CLUSTER_ROLES: BootstrapRole[] = [
  { name: 'cluster-admin', rules: EVERYTHING },
  { name: 'system:aggregate-to-view', labels: aggregatedTo('view'), rules: VIEW },
  { name: 'system:aggregate-to-edit', labels: aggregatedTo('edit'), rules: EDIT },
  { name: 'system:aggregate-to-admin', labels: aggregatedTo('admin'), rules: ADMIN },
  {
    // As metrics-server brings it: `kubectl top` for everybody who may look.
    name: 'system:aggregated-metrics-reader',
    labels: { ...aggregatedTo('view'), ...aggregatedTo('edit'), ...aggregatedTo('admin') },
    rules: [on(READ, 'metrics.k8s.io: nodes pods')],
  },
  // In the order in which one is part of the next.
  { name: 'view', labels: aggregatedTo('edit'), aggregates: aggregateTo('view') },
  { name: 'edit', labels: aggregatedTo('admin'), aggregates: aggregateTo('edit') },
  { name: 'admin', aggregates: aggregateTo('admin') },
  {
    name: 'system:discovery',
    rules: [paths('/api', '/api/*', '/apis', '/apis/*', ...INFO_PATHS, '/openapi', '/openapi/*')],
  },
  { name: 'system:public-info-viewer', rules: [paths(...INFO_PATHS)] },
  {
    name: 'system:basic-user',
    rules: [
      on(['create'], 'authorization.k8s.io: selfsubjectaccessreviews selfsubjectrulesreviews'),
      on(['create'], 'authentication.k8s.io: selfsubjectreviews'),
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      paths(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
  { name: 'system:auth-delegator', rules: CHECK_ACCESS },
  {
    name: 'system:monitoring',
    rules: [
      paths(
        ...INFO_PATHS.slice(0, 3),
        '/healthz/*',
        '/livez/*',
        '/metrics',
        '/metrics/slis',
        '/readyz/*',
      ),
    ],
  },
  { name: 'system:node', rules: NODE },
  {
    name: 'system:node-proxier',
    rules: [
      on(['list', 'watch'], ': endpoints services'),
      on(READ, ': nodes'),
      WRITE_EVENTS,
      on(['list', 'watch'], 'discovery.k8s.io: endpointslices'),
    ],
  },
  {
    name: 'system:node-problem-detector',
    rules: [on(['get'], ': nodes'), on(['patch'], ': nodes/status'), WRITE_EVENTS],
  },
  { name: 'system:kube-controller-manager', rules: CONTROLLER_MANAGER },
  { name: 'system:kube-scheduler', rules: SCHEDULER },
  {
    name: 'system:volume-scheduler',
    rules: [
      on(READ_UPDATE, ': persistentvolumes'),
      on(READ, 'storage.k8s.io: storageclasses'),
      on(READ_UPDATE, ': persistentvolumeclaims'),
    ],
  },
  {
    name: 'system:kube-dns',
    rules: [on(['list', 'watch'], ': endpoints services')],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      on(['create', 'delete', ...READ], ': persistentvolumes'),
      on(READ.concat('update').toSorted(), ': persistentvolumeclaims'),
      on(READ, 'storage.k8s.io: storageclasses'),
      on(['watch'], ': events'),
      WRITE_EVENTS,
    ],
  },
];

export const ROLES: BootstrapRole[] = [
  {
    name: 'extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    rules: [on(READ, ': configmaps', ['extension-apiserver-authentication'])],
  },
];

const AUTHENTICATED = ['system:authenticated'];

export const CLUSTER_ROLE_BINDINGS: BootstrapBinding[] = [
  { name: 'cluster-admin', groups: ['system:masters'] },
  { name: 'system:discovery', groups: AUTHENTICATED },
  { name: 'system:basic-user', groups: AUTHENTICATED },
  { name: 'system:public-info-viewer', groups: [...AUTHENTICATED, 'system:unauthenticated'] },
  { name: 'system:service-account-issuer-discovery', groups: ['system:serviceaccounts'] },
  { name: 'system:monitoring', groups: ['system:monitoring'] },
  { name: 'system:node' },
  { name: 'system:node-proxier', users: ['system:kube-proxy'] },
  { name: 'system:kube-controller-manager', users: ['system:kube-controller-manager'] },
  { name: 'system:kube-scheduler', users: ['system:kube-scheduler'] },
  { name: 'system:volume-scheduler', users: ['system:kube-scheduler'] },
  { name: 'system:kube-dns', accounts: [{ namespace: 'kube-system', name: 'kube-dns' }] },
];
