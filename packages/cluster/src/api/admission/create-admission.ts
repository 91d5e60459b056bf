/** Puts the admission chain together. */
import type { Clock, Logger } from '@kagent/kube';

import type { Storage } from '../../storage/storage.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { VersionConverter } from '../conversion/version-converter.ts';
import type { ResourceRegistry } from '../resource-registry.ts';
import type { WebhookClient } from '../webhook/webhook-client.ts';
import type { AdmissionPlugin } from './admission.ts';
import { AdmissionChain } from './chain.ts';
import { authorizerVariables } from './expression-variables.ts';
import { createMatcher } from './match.ts';
import { defaultIngressClassPlugin } from './plugins/default-ingress-class.ts';
import { claimResizePlugin } from './plugins/claim-resize.ts';
import { defaultStorageClassPlugin } from './plugins/default-storage-class.ts';
import { defaultTolerationsPlugin } from './plugins/default-tolerations.ts';
import { limitRangerPlugin } from './plugins/limit-ranger.ts';
import { priorityPlugin } from './plugins/priority.ts';
import { resourceQuotaPlugin } from './plugins/resource-quota.ts';
import { runtimeClassPlugin } from './plugins/runtime-class.ts';
import { serviceAccountPlugin } from './plugins/service-account.ts';
import { createPolicyIndex } from './policies/policy-index.ts';
import { validatingPolicies } from './policies/policy-plugin.ts';
import { storedObjects } from './stored-objects.ts';
import { createWebhookIndex } from './webhooks/webhook-index.ts';
import { mutatingWebhooks, validatingWebhooks } from './webhooks/webhook-plugins.ts';

export interface AdmissionOptions {
  storage: Storage;
  registry: ResourceRegistry;
  converter: VersionConverter;
  client: WebhookClient;
  clock: Clock;
  logger: Logger;
  randomId(): string;
  /** In [0, 1). */
  random(): number;
  /** Plugins from elsewhere, e.g. RBAC's escalation check; they run before webhooks are asked to validate. */
  plugins?: readonly AdmissionPlugin[];
  /** Answers the `authorizer` of CEL expressions. */
  authorizer: Authorizer;
}

export interface Admission {
  chain: AdmissionChain;
  close(): void;
}

/**
 * The plugins of kube-apiserver in its order. NamespaceLifecycle comes first, in the writer itself; quota has the last
 * word.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { storage, registry, converter, client, logger } = options;
  const stored = storedObjects(storage);
  const index = createWebhookIndex(storage, logger);
  const policies = createPolicyIndex(storage);
  const matcher = createMatcher(registry, stored);
  const variablesFor = authorizerVariables(options.authorizer);
  const webhooks = {
    index,
    matcher,
    converter,
    client,
    randomId: () => options.randomId(),
    variablesFor,
  };
  const chain = new AdmissionChain([
    limitRangerPlugin(stored),
    serviceAccountPlugin(stored, () => options.random()),
    priorityPlugin(stored),
    defaultTolerationsPlugin,
    defaultStorageClassPlugin(stored),
    runtimeClassPlugin(stored),
    claimResizePlugin(stored),
    defaultIngressClassPlugin(stored),
    ...(options.plugins ?? []),
    mutatingWebhooks(webhooks),
    validatingPolicies({ index: policies, matcher, registry, stored, variablesFor }),
    validatingWebhooks(webhooks),
    resourceQuotaPlugin(stored),
  ]);
  return {
    chain,
    close() {
      index.close();
      policies.close();
    },
  };
}
