/** The built-in kinds this product touches: wire names, and only those fields that are read or written somewhere. */
import type { KubeObject, ObjectMeta, ResourceType } from './types.ts';

/** Kubernetes' condition shape. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface KeySelector {
  name?: string;
  key: string;
  optional?: boolean;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: KeySelector;
    configMapKeyRef?: KeySelector;
    fieldRef?: { fieldPath: string; apiVersion?: string };
    resourceFieldRef?: { resource: string; containerName?: string };
  };
}

export interface EnvFromSource {
  prefix?: string;
  secretRef?: { name: string; optional?: boolean };
  configMapRef?: { name: string; optional?: boolean };
}

export interface VolumeMount {
  name: string;
  mountPath: string;
  subPath?: string;
  readOnly?: boolean;
}

export interface Volume {
  name: string;
  secret?: {
    secretName?: string;
    optional?: boolean;
    items?: { key: string; path: string }[];
    defaultMode?: number;
  };
  configMap?: {
    name?: string;
    optional?: boolean;
    items?: { key: string; path: string }[];
    defaultMode?: number;
  };
  emptyDir?: Record<string, unknown>;
  projected?: { sources?: Record<string, unknown>[]; defaultMode?: number };
  [source: string]: unknown;
}

export interface Probe {
  httpGet?: { path?: string; port: number | string; scheme?: string; host?: string };
  tcpSocket?: { port: number | string; host?: string };
  exec?: { command?: string[] };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  failureThreshold?: number;
  successThreshold?: number;
}

export interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}

export interface Container {
  name: string;
  image?: string;
  imagePullPolicy?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  envFrom?: EnvFromSource[];
  ports?: ContainerPort[];
  volumeMounts?: VolumeMount[];
  resources?: {
    requests?: Record<string, string | number>;
    limits?: Record<string, string | number>;
  };
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  startupProbe?: Probe;
  securityContext?: Record<string, unknown>;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  serviceAccountName?: string;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  restartPolicy?: string;
  terminationGracePeriodSeconds?: number;
  imagePullSecrets?: { name: string }[];
  tolerations?: Record<string, unknown>[];
  affinity?: Record<string, unknown>;
  securityContext?: Record<string, unknown>;
  priorityClassName?: string;
  automountServiceAccountToken?: boolean;
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: {
    exitCode: number;
    signal?: number;
    reason?: string;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
  };
}

export interface ContainerStatus {
  name: string;
  image?: string;
  imageID?: string;
  containerID?: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface PodStatus {
  phase?: string;
  reason?: string;
  message?: string;
  podIP?: string;
  podIPs?: { ip: string }[];
  hostIP?: string;
  startTime?: string;
  qosClass?: string;
  conditions?: Condition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

export interface Pod extends KubeObject {
  spec?: PodSpec;
  status?: PodStatus;
}

export interface PodTemplate {
  metadata?: Partial<ObjectMeta>;
  spec?: PodSpec;
}

export interface Deployment extends KubeObject {
  spec?: {
    replicas?: number;
    selector?: LabelSelector;
    template?: PodTemplate;
    strategy?: {
      type?: string;
      rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string };
    };
    revisionHistoryLimit?: number;
    progressDeadlineSeconds?: number;
    minReadySeconds?: number;
    paused?: boolean;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface ReplicaSet extends KubeObject {
  spec?: {
    replicas?: number;
    selector?: LabelSelector;
    template?: PodTemplate;
    minReadySeconds?: number;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    fullyLabeledReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface StatefulSet extends KubeObject {
  spec?: {
    replicas?: number;
    selector?: LabelSelector;
    template?: PodTemplate;
    serviceName?: string;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
    conditions?: Condition[];
  };
}

export interface DaemonSet extends KubeObject {
  spec?: { selector?: LabelSelector; template?: PodTemplate };
  status?: {
    observedGeneration?: number;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
    numberReady?: number;
    conditions?: Condition[];
  };
}

export interface ControllerRevision extends KubeObject {
  revision?: number;
  data?: Record<string, unknown>;
}

export interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  protocol?: string;
  appProtocol?: string;
  nodePort?: number;
}

export interface Service extends KubeObject {
  spec?: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    selector?: Record<string, string>;
    ports?: ServicePort[];
    externalName?: string;
  };
  status?: {
    loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] };
    conditions?: Condition[];
  };
}

export interface EndpointSlice extends KubeObject {
  addressType?: string;
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
    targetRef?: { kind?: string; name?: string; namespace?: string; uid?: string };
    nodeName?: string;
  }[];
  ports?: { name?: string; port?: number; protocol?: string; appProtocol?: string }[];
}

/** `data` values are base64. */
export interface Secret extends KubeObject {
  type?: string;
  immutable?: boolean;
  data?: Record<string, string>;
  /** Write only. */
  stringData?: Record<string, string>;
}

export interface ConfigMap extends KubeObject {
  immutable?: boolean;
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

export interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: { name: string }[];
}

export interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: Condition[] };
}

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: {
    conditions?: Condition[];
    addresses?: { type: string; address: string }[];
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    nodeInfo?: Record<string, unknown>;
  };
}

/** core/v1 Event. */
export interface Event extends KubeObject {
  involvedObject: {
    apiVersion?: string;
    kind?: string;
    namespace?: string;
    name?: string;
    uid?: string;
    fieldPath?: string;
  };
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  source?: { component?: string; host?: string };
  reportingComponent?: string;
  series?: { count?: number; lastObservedTime?: string };
}

/** Times are RFC 3339 with microseconds. */
export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number;
  };
}

export interface Job extends KubeObject {
  spec?: { parallelism?: number; completions?: number; template?: PodTemplate };
  status?: { active?: number; succeeded?: number; failed?: number; conditions?: Condition[] };
}

export interface CustomResourceDefinition extends KubeObject {
  spec?: {
    group: string;
    scope: 'Namespaced' | 'Cluster';
    names: {
      plural: string;
      singular?: string;
      kind: string;
      listKind?: string;
      shortNames?: string[];
      categories?: string[];
    };
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      deprecated?: boolean;
      schema?: { openAPIV3Schema?: Record<string, unknown> };
      subresources?: Record<string, unknown>;
      additionalPrinterColumns?: {
        name: string;
        type: string;
        jsonPath: string;
        priority?: number;
        description?: string;
        format?: string;
      }[];
      selectableFields?: { jsonPath: string }[];
    }[];
    conversion?: Record<string, unknown>;
  };
  status?: { conditions?: Condition[]; storedVersions?: string[] };
}

export interface PolicyRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

export interface Role extends KubeObject {
  rules?: PolicyRule[];
}

export interface ClusterRole extends KubeObject {
  rules?: PolicyRule[];
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] };
}

/** RoleBinding and ClusterRoleBinding. */
export interface RoleBinding extends KubeObject {
  roleRef: { apiGroup: string; kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string; apiGroup?: string }[];
}

function core<T extends KubeObject>(
  kind: string,
  plural: string,
  namespaced = true,
): ResourceType<T> {
  return { group: '', version: 'v1', kind, plural, namespaced };
}

function grouped<T extends KubeObject>(
  group: string,
  names: { kind: string; plural: string; version?: string; namespaced?: boolean },
): ResourceType<T> {
  const { kind, plural, version = 'v1', namespaced = true } = names;
  return { group, version, kind, plural, namespaced };
}

const RBAC = 'rbac.authorization.k8s.io';

export const PODS: ResourceType<Pod> = core('Pod', 'pods');
export const SERVICES: ResourceType<Service> = core('Service', 'services');
export const SECRETS: ResourceType<Secret> = core('Secret', 'secrets');
export const CONFIG_MAPS: ResourceType<ConfigMap> = core('ConfigMap', 'configmaps');
export const SERVICE_ACCOUNTS: ResourceType<ServiceAccount> = core(
  'ServiceAccount',
  'serviceaccounts',
);
export const NAMESPACES: ResourceType<Namespace> = core('Namespace', 'namespaces', false);
export const NODES: ResourceType<Node> = core('Node', 'nodes', false);
export const EVENTS: ResourceType<Event> = core('Event', 'events');
export const ENDPOINT_SLICES: ResourceType<EndpointSlice> = grouped('discovery.k8s.io', {
  kind: 'EndpointSlice',
  plural: 'endpointslices',
});
export const DEPLOYMENTS: ResourceType<Deployment> = grouped('apps', {
  kind: 'Deployment',
  plural: 'deployments',
});
export const REPLICA_SETS: ResourceType<ReplicaSet> = grouped('apps', {
  kind: 'ReplicaSet',
  plural: 'replicasets',
});
export const STATEFUL_SETS: ResourceType<StatefulSet> = grouped('apps', {
  kind: 'StatefulSet',
  plural: 'statefulsets',
});
export const DAEMON_SETS: ResourceType<DaemonSet> = grouped('apps', {
  kind: 'DaemonSet',
  plural: 'daemonsets',
});
export const CONTROLLER_REVISIONS: ResourceType<ControllerRevision> = grouped('apps', {
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
});
export const JOBS: ResourceType<Job> = grouped('batch', { kind: 'Job', plural: 'jobs' });
export const LEASES: ResourceType<Lease> = grouped('coordination.k8s.io', {
  kind: 'Lease',
  plural: 'leases',
});
export const CRDS: ResourceType<CustomResourceDefinition> = grouped('apiextensions.k8s.io', {
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
});
export const ROLES: ResourceType<Role> = grouped(RBAC, { kind: 'Role', plural: 'roles' });
export const ROLE_BINDINGS: ResourceType<RoleBinding> = grouped(RBAC, {
  kind: 'RoleBinding',
  plural: 'rolebindings',
});
export const CLUSTER_ROLES: ResourceType<ClusterRole> = grouped(RBAC, {
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
});
export const CLUSTER_ROLE_BINDINGS: ResourceType<RoleBinding> = grouped(RBAC, {
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
});
