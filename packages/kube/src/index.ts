/** Kubernetes client machinery for any kind. Importing this loads neither undici nor yaml. */
export { backoffMs } from './backoff.ts';
export type { BackoffOptions } from './backoff.ts';
export type { IndexFunction } from './cache.ts';
export { systemClock } from './clock.ts';
export type { Clock } from './clock.ts';
export type {
  ApplyOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  WatchOptions,
  WriteOptions,
} from './client.ts';
export { apiVersionOf, createKubeClient, resourcePath } from './create-kube-client.ts';
export {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isKubeError,
  isNotFound,
  isTooManyRequests,
  isUnauthorized,
  isUnreachable,
  KubeError,
  kubeErrorFromResponse,
  kubeErrorFromStatus,
} from './errors.ts';
export type { KubeErrorOptions, KubeErrorReason } from './errors.ts';
export { createHttpTransport } from './http-transport.ts';
export type { HttpTransport, HttpTransportOptions } from './http-transport.ts';
export { createInformer } from './informer.ts';
export type { Informer, InformerChange, InformerOptions } from './informer.ts';
export { interceptTransport } from './intercept.ts';
export type { TransportInterceptor } from './intercept.ts';
export { keyOf, keyOfObject, parseKey } from './keys.ts';
export { loadKubeconfig } from './kubeconfig.ts';
export type { ClusterAccess, LoadKubeconfigOptions } from './kubeconfig.ts';
export { runWithLease } from './leader-election.ts';
export type { LeaderElectionOptions } from './leader-election.ts';
export { silentLogger } from './logger.ts';
export type { Logger } from './logger.ts';
export { createReconciler, TerminalError } from './reconciler.ts';
export type {
  Reconciler,
  ReconcileOutcome,
  ReconcileResult,
  ReconcilerOptions,
} from './reconciler.ts';
export {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  CRDS,
  DAEMON_SETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  EVENTS,
  JOBS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  ROLE_BINDINGS,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  STATEFUL_SETS,
} from './resources.ts';
export type {
  ClusterRole,
  Condition,
  ConfigMap,
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  ControllerRevision,
  CustomResourceDefinition,
  DaemonSet,
  Deployment,
  EndpointSlice,
  EnvFromSource,
  EnvVar,
  Event,
  Job,
  KeySelector,
  LabelSelector,
  Lease,
  Namespace,
  Node,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplate,
  PolicyRule,
  Probe,
  ReplicaSet,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  ServicePort,
  StatefulSet,
  Volume,
  VolumeMount,
} from './resources.ts';
export type { KubeRequest, KubeResponse, Transport } from './transport.ts';
export type {
  KubeList,
  KubeObject,
  ManagedFieldsEntry,
  ObjectKey,
  ObjectMeta,
  OwnerReference,
  Patch,
  ResourceType,
  Status,
  WatchEvent,
} from './types.ts';
export { createWorkQueue } from './work-queue.ts';
export type { WorkQueue, WorkQueueOptions } from './work-queue.ts';
