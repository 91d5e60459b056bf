/** What is in a cluster before anybody has made anything: access, namespaces, priorities, fairness, local API services. */
import type { Area, ConformanceCase } from '../case.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const DEFAULTS = 'labelSelector=kubernetes.io/bootstrapping%3Drbac-defaults';

/** One case that reads some objects of a collection. */
function read(name: string, collection: string, names: string[]): ConformanceCase {
  return { name, steps: names.map((object) => ({ request: `GET ${collection}/${object}` })) };
}

const FLOW_CONTROL = '/apis/flowcontrol.apiserver.k8s.io/v1';

export const BOOTSTRAP: Area = {
  name: 'bootstrap',
  cases: [
    {
      name: 'ClusterRoles',
      steps: [{ request: `GET ${RBAC}/clusterroles?${DEFAULTS}` }],
      differs: {
        '0.body.items.0.rules': 'admin means something before a controller has added it up',
        '0.body.items.2.rules': 'edit, the same',
        '0.body.items.67.rules': 'view, the same',
      },
    },
    {
      name: 'ClusterRoleBindings',
      steps: [{ request: `GET ${RBAC}/clusterrolebindings?${DEFAULTS}` }],
    },
    { name: 'Roles', steps: [{ request: `GET ${RBAC}/roles?${DEFAULTS}` }] },
    { name: 'RoleBindings', steps: [{ request: `GET ${RBAC}/rolebindings?${DEFAULTS}` }] },
    read('namespaces', '/api/v1/namespaces', [
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]),
    read('priority classes', '/apis/scheduling.k8s.io/v1/priorityclasses', [
      'system-cluster-critical',
      'system-node-critical',
    ]),
    read('priority levels', `${FLOW_CONTROL}/prioritylevelconfigurations`, [
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ]),
    read('flow schemas', `${FLOW_CONTROL}/flowschemas`, [
      'catch-all',
      'exempt',
      'global-default',
      'kube-controller-manager',
      'kube-scheduler',
      'kube-system-service-accounts',
      'probes',
      'service-accounts',
      'system-leader-election',
      'system-node-high',
      'system-nodes',
    ]),
    read('API services', '/apis/apiregistration.k8s.io/v1/apiservices', [
      'v1.',
      'v1.admissionregistration.k8s.io',
      'v1.apiextensions.k8s.io',
      'v1.apps',
      'v1.authentication.k8s.io',
      'v1.authorization.k8s.io',
      'v1.autoscaling',
      'v2.autoscaling',
      'v1.batch',
      'v1.certificates.k8s.io',
      'v1.coordination.k8s.io',
      'v1.discovery.k8s.io',
      'v1.events.k8s.io',
      'v1.flowcontrol.apiserver.k8s.io',
      'v1.networking.k8s.io',
      'v1.node.k8s.io',
      'v1.policy',
      'v1.rbac.authorization.k8s.io',
      'v1.scheduling.k8s.io',
      'v1.storage.k8s.io',
      'v1.apiregistration.k8s.io',
    ]),
    {
      name: 'what extension API servers read',
      steps: [
        {
          request:
            'GET /api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
        },
      ],
      differs: { '0.body.data': 'another authority, and there is no front proxy' },
    },
  ],
};
