/** The embedded Kubernetes: API server, storage, workload controllers and a node in one process. */
export { startCluster } from './start-cluster.ts';
export type { Cluster, ClusterOptions } from './start-cluster.ts';
export { writeKubeconfig } from './api/pki/kubeconfig.ts';
export type { User } from './api/request.ts';
export type { StaticToken } from './api/tokens.ts';
export { findPortOwner } from './api/port-owner.ts';
export { StartError } from './api/start-error.ts';
export type { StartErrorCode } from './api/start-error.ts';
export { checkScenario } from './simulation/check-scenario.ts';
export type { CheckResult, ScenarioResult } from './simulation/check-scenario.ts';
export {
  parseScenario,
  readShippedScenario,
  shippedScenarioNames,
  withoutAnswers,
} from './simulation/library.ts';
export { namespacesOf, SCENARIOS } from './simulation/scenario.ts';
export type { Scenario, ScenarioSpec } from './simulation/scenario.ts';
export { solveScenario } from './simulation/solve-scenario.ts';
export { StorageError } from './storage/storage.ts';
export type { StorageErrorCode } from './storage/storage.ts';
export type { PodMode } from './node/image-rules.ts';
export type { PodLogQuery, PodLogs } from './node/pod-logs.ts';
export type { ContainerContext, ImageRule, ImageRun, StartTenant, Tenant } from './node/tenant.ts';
