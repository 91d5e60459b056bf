/** What every Kubernetes tool works with, and the parameters they share. */
import type { Clock, KubeClient } from '@kagent/kube';
import { z } from 'zod';
import type { Catalog } from './catalog.ts';

export type Fetch = typeof globalThis.fetch;

export interface K8sContext {
  kube: KubeClient;
  catalog: Catalog;
  clock: Clock;
  fetch: Fetch;
}

/** Names the writer in managedFields. */
export const FIELD_MANAGER = 'kagent-tools';

export const DEFAULT_NAMESPACE = 'default';

export const resourceType = z
  .string()
  .describe(
    'Kind: plural, singular, short name or Kind, e.g. pods, deploy, Agent, certificates.cert-manager.io',
  );
export const resourceName = z.string().describe('Name of the resource');
export const namespace = z
  .string()
  .optional()
  .describe('Namespace; default "default". Ignored for cluster-scoped kinds');
