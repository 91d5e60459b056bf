/**
 * The roles and bindings every cluster has from its first moment, as of Kubernetes 1.35
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings).
 */
import { EVERYTHING } from './authorizer.ts';
import { ROLE_RULES } from './bootstrap-rules.ts';
import { CONTROLLER_RULES } from './controller-rules.ts';
import type { PolicyRule } from './policy-rule.ts';

export interface BootstrapRole {
  name: string;
  /** Only for Roles. */
  namespace?: string;
  labels?: Record<string, string>;
  rules?: PolicyRule[];
  /** Not of Kubernetes itself. */
  isAddition?: boolean;
  /** The role is the sum of the ClusterRoles with this label. */
  aggregates?: string;
}

export interface BootstrapBinding {
  name: string;
  /** Only for RoleBindings. */
  namespace?: string;
  /** Another name than the binding's. */
  role?: string;
  groups?: string[];
  users?: string[];
  /** ServiceAccounts of kube-system. */
  accounts?: string[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const VERBS: Record<string, string[]> = {
  read: READ,
  write: WRITE,
  all: [...READ, ...WRITE].toSorted(),
};

const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;
const aggregatedTo = (role: string) => ({ [aggregateTo(role)]: 'true' });

/** Reads the notation of `bootstrap-rules.ts`. */
function rulesFrom(text: string): PolicyRule[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map(ruleFrom);
}

function ruleFrom(line: string): PolicyRule {
  const [word = '', ...rest] = line.split(' ');
  const verbs = VERBS[word] ?? word.split(',');
  const [first = ''] = rest;
  if (!first.endsWith(':')) return { verbs, nonResourceURLs: rest };
  const groups = first.slice(0, -1).split(',');
  const equals = rest.indexOf('=');
  return {
    verbs,
    apiGroups: groups.map((group) => (group === 'core' ? '' : group)),
    resources: rest.slice(1, equals === -1 ? undefined : equals),
    ...(equals !== -1 && { resourceNames: rest.slice(equals + 1) }),
  };
}

const AGGREGATED = /^system:aggregate-to-(.*)$/;

function namedRoles(table: Record<string, string>, prefix = ''): BootstrapRole[] {
  return Object.entries(table).map(([name, text]) => {
    const [, target] = AGGREGATED.exec(name) ?? [];
    return {
      name: `${prefix}${name}`,
      rules: rulesFrom(text),
      ...(target !== undefined && { labels: aggregatedTo(target) }),
    };
  });
}

const OF_CONTROLLER = 'system:controller:';

export const CLUSTER_ROLES: BootstrapRole[] = [
  { name: 'cluster-admin', rules: EVERYTHING },
  ...namedRoles(ROLE_RULES),
  {
    // As metrics-server brings it: `kubectl top` for everybody who may look.
    name: 'system:aggregated-metrics-reader',
    labels: { ...aggregatedTo('view'), ...aggregatedTo('edit'), ...aggregatedTo('admin') },
    rules: rulesFrom('read metrics.k8s.io: nodes pods'),
    isAddition: true,
  },
  // In the order in which one is part of the next.
  { name: 'view', labels: aggregatedTo('edit'), aggregates: aggregateTo('view') },
  { name: 'edit', labels: aggregatedTo('admin'), aggregates: aggregateTo('edit') },
  { name: 'admin', aggregates: aggregateTo('admin') },
  ...namedRoles(CONTROLLER_RULES, OF_CONTROLLER),
];

const LEADER_LOCK = `
  create,get,list,update,watch coordination.k8s.io: leases
  create,get,list,update,watch coordination.k8s.io: leasecandidates
`;
const RECORD = 'create,patch,update core,events.k8s.io: events';

function role(namespace: string, name: string, text: string): BootstrapRole {
  return { name, namespace, rules: rulesFrom(text) };
}

export const ROLES: BootstrapRole[] = [
  role(
    'kube-public',
    'system:controller:bootstrap-signer',
    `read core: configmaps\nupdate core: configmaps = cluster-info\n${RECORD}`,
  ),
  role(
    'kube-system',
    'extension-apiserver-authentication-reader',
    'read core: configmaps = extension-apiserver-authentication',
  ),
  role('kube-system', 'system::leader-locking-kube-controller-manager', LEADER_LOCK),
  role('kube-system', 'system::leader-locking-kube-scheduler', LEADER_LOCK),
  role('kube-system', 'system:controller:bootstrap-signer', 'read core: secrets'),
  role('kube-system', 'system:controller:cloud-provider', 'create,get,list,watch core: configmaps'),
  role(
    'kube-system',
    'system:controller:token-cleaner',
    `delete,get,list,watch core: secrets\n${RECORD}`,
  ),
];

const CONTROLLER_MANAGER = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';

export const ROLE_BINDINGS: BootstrapBinding[] = [
  {
    name: 'system:controller:bootstrap-signer',
    namespace: 'kube-public',
    accounts: ['bootstrap-signer'],
  },
  {
    name: 'system::extension-apiserver-authentication-reader',
    namespace: 'kube-system',
    role: 'extension-apiserver-authentication-reader',
    users: [CONTROLLER_MANAGER, SCHEDULER],
  },
  {
    name: 'system::leader-locking-kube-controller-manager',
    namespace: 'kube-system',
    users: [CONTROLLER_MANAGER],
    accounts: ['kube-controller-manager', 'leader-election-controller'],
  },
  {
    name: 'system::leader-locking-kube-scheduler',
    namespace: 'kube-system',
    users: [SCHEDULER],
    accounts: ['kube-scheduler'],
  },
  ...['bootstrap-signer', 'cloud-provider', 'token-cleaner'].map((account) => ({
    name: `${OF_CONTROLLER}${account}`,
    namespace: 'kube-system',
    accounts: [account],
  })),
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
  { name: 'system:kube-controller-manager', users: [CONTROLLER_MANAGER] },
  { name: 'system:kube-scheduler', users: [SCHEDULER] },
  { name: 'system:volume-scheduler', users: [SCHEDULER] },
  { name: 'system:kube-dns', accounts: ['kube-dns'] },
  ...Object.keys(CONTROLLER_RULES).map((account) => ({
    name: `${OF_CONTROLLER}${account}`,
    accounts: [account],
  })),
];
