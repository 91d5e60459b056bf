/** The Kubernetes tools: any kind, through the Kubernetes API, with the rights of the client they are given. */
import type { Clock, KubeClient } from '@kagent/kube';
import type { ToolProvider } from '../registry.ts';
import { createCatalog } from './catalog.ts';
import { createChangeTools } from './change.ts';
import { createClusterTools } from './cluster-configuration.ts';
import type { Fetch, K8sContext } from './context.ts';
import { createDescribeTools } from './describe/describe.ts';
import { createEventTools } from './events.ts';
import { createReadTools } from './get-resources.ts';
import { createManifestTools } from './manifests.ts';
import { createMetadataTools } from './metadata.ts';
import { createLogTools } from './pod-logs.ts';
import { createRolloutTools } from './rollout/rollout.ts';

export interface K8sProviderOptions {
  kube: KubeClient;
  clock: Clock;
  /** For k8s_create_resource_from_url. */
  fetch: Fetch;
}

export function createK8sProvider(options: K8sProviderOptions): ToolProvider {
  const context: K8sContext = { ...options, catalog: createCatalog(options) };
  return {
    name: 'k8s',
    tools: [
      ...createReadTools(context),
      ...createDescribeTools(context),
      ...createLogTools(context),
      ...createEventTools(context),
      ...createClusterTools(context),
      ...createManifestTools(context),
      ...createChangeTools(context),
      ...createRolloutTools(context),
      ...createMetadataTools(context),
    ],
  };
}
