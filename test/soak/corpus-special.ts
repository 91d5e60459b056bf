/** Sound objects of kinds the server has code of its own for: reviews, subresources, quota, policies, webhooks, binding. */

const meta = { name: 'fuzz', namespace: 'default', labels: { app: 'fuzz' } };
const clusterMeta = { name: 'fuzz' };
const pod = {
  containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: '1m' } } }],
};
const template = { metadata: { labels: { app: 'fuzz' } }, spec: pod };
const selector = { matchLabels: { app: 'fuzz' } };
const core = '/api/v1/namespaces/default';
const group = (name: string) => `/apis/${name}/namespaces/default`;
const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';
const authorization = 'authorization.k8s.io/v1';
const subjects = [{ kind: 'ServiceAccount', name: 'fuzz', namespace: 'default' }];
const rule = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['nothing'],
  scope: '*',
};

interface Seed {
  path: string;
  object: { apiVersion: string; kind: string; [field: string]: unknown };
}

const created: Seed[] = [
  {
    path: '/api/v1/namespaces',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: clusterMeta, spec: {} },
  },
  {
    path: `${core}/serviceaccounts`,
    object: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: meta,
      secrets: [{ name: 'x' }],
      imagePullSecrets: [{ name: 'y' }],
      automountServiceAccountToken: false,
    },
  },
  {
    path: `${group(rbac)}/rolebindings`,
    object: {
      apiVersion: rbac,
      kind: 'RoleBinding',
      metadata: meta,
      subjects,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'fuzz' },
    },
  },
  {
    path: `/apis/${rbac}/clusterroles`,
    object: {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: clusterMeta,
      aggregationRule: { clusterRoleSelectors: [selector] },
      rules: [{ verbs: ['get'], nonResourceURLs: ['/x/*'] }],
    },
  },
  {
    path: `${core}/resourcequotas`,
    object: {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: meta,
      spec: {
        hard: { pods: '1000', 'requests.cpu': '100', 'count/configmaps': '1k' },
        scopes: ['NotTerminating'],
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
        },
      },
    },
  },
  {
    path: `${core}/limitranges`,
    object: {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: meta,
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '1' },
            defaultRequest: { cpu: '1m' },
            max: { cpu: '9' },
            min: { cpu: '1m' },
            maxLimitRequestRatio: { cpu: '10000' },
          },
        ],
      },
    },
  },
  {
    path: `/apis/${admission}/validatingadmissionpolicies`,
    object: {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata: clusterMeta,
      spec: {
        failurePolicy: 'Ignore',
        matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps'] }] },
        variables: [{ name: 'size', expression: 'size(object.metadata.name)' }],
        matchConditions: [{ name: 'all', expression: "request.namespace != 'x'" }],
        validations: [
          {
            expression: 'variables.size < 300',
            messageExpression: "'too long'",
            reason: 'Invalid',
          },
        ],
        auditAnnotations: [{ key: 'a', valueExpression: "'b'" }],
      },
    },
  },
  {
    path: `/apis/${admission}/validatingadmissionpolicybindings`,
    object: {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: clusterMeta,
      spec: {
        policyName: 'fuzz',
        validationActions: ['Warn'],
        paramRef: { name: 'fuzz', parameterNotFoundAction: 'Allow' },
        matchResources: { namespaceSelector: selector },
      },
    },
  },
  {
    path: `/apis/${admission}/mutatingwebhookconfigurations`,
    object: {
      apiVersion: admission,
      kind: 'MutatingWebhookConfiguration',
      metadata: clusterMeta,
      webhooks: [
        {
          name: 'fuzz.example.com',
          clientConfig: { service: { namespace: 'default', name: 'nowhere', path: '/' } },
          rules: [rule],
          failurePolicy: 'Ignore',
          sideEffects: 'None',
          timeoutSeconds: 1,
          admissionReviewVersions: ['v1'],
          matchConditions: [{ name: 'a', expression: 'has(object.metadata)' }],
        },
      ],
    },
  },
  {
    path: `${core}/persistentvolumeclaims`,
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: meta,
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: '',
      },
    },
  },
  {
    path: `${core}/services`,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta,
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.96.200.1',
        clusterIPs: ['10.96.200.1'],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 31000,
        ports: [{ port: 80, nodePort: 31001 }],
      },
    },
  },
  {
    path: `${group('batch/v1')}/jobs`,
    object: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: meta,
      spec: {
        completions: 2,
        completionMode: 'Indexed',
        backoffLimit: 1,
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } },
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
          ],
        },
        template: { spec: { ...pod, restartPolicy: 'Never' } },
      },
    },
  },
  {
    path: `${group('apps/v1')}/daemonsets`,
    object: {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: meta,
      spec: { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } } },
    },
  },
  {
    path: `${group('networking.k8s.io/v1')}/networkpolicies`,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: meta,
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
        egress: [{ ports: [{ port: 80, endPort: 90, protocol: 'TCP' }] }],
      },
    },
  },
  {
    path: `${group('discovery.k8s.io/v1')}/endpointslices`,
    object: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...meta, labels: { 'kubernetes.io/service-name': 'fuzz' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
    },
  },
  {
    path: `${group('coordination.k8s.io/v1')}/leases`,
    object: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: meta,
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 40,
        renewTime: '2026-01-01T00:00:00.000000Z',
      },
    },
  },
];

/** Requests that make nothing of their own. */
const asked: Seed[] = [
  {
    path: `${core}/serviceaccounts/fuzz/token`,
    object: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: meta,
      spec: {
        audiences: ['a'],
        expirationSeconds: 600,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'fuzz', uid: 'x' },
      },
    },
  },
  {
    path: `/apis/${authorization}/subjectaccessreviews`,
    object: {
      apiVersion: authorization,
      kind: 'SubjectAccessReview',
      metadata: clusterMeta,
      spec: {
        user: 'a',
        groups: ['b'],
        extra: { c: ['d'] },
        resourceAttributes: {
          verb: 'get',
          resource: 'pods',
          namespace: 'default',
          labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
        },
      },
    },
  },
  {
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    object: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: clusterMeta,
      spec: { token: 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA', audiences: ['x'] },
    },
  },
  {
    path: `${group('apps/v1')}/deployments/fuzz/scale`,
    object: {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: meta,
      spec: { replicas: 1 },
    },
  },
  {
    path: `${core}/pods/fuzz/eviction`,
    object: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: meta,
      deleteOptions: { gracePeriodSeconds: 0, preconditions: { uid: 'x' } },
    },
  },
  {
    path: `${core}/pods/fuzz/binding`,
    object: {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: meta,
      target: { apiVersion: 'v1', kind: 'Node', name: 'n1' },
    },
  },
];

export const SPECIAL: readonly Seed[] = [...created, ...asked];
