/** What stands between a decoded write and the storage: the plugins of the admission chain and what they see. */
import type { ApiObject } from '../object.ts';
import type { User } from '../request.ts';
import type { ServedResource } from '../resource-registry.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** One write on its way to the storage, in the version the client speaks. */
export interface AdmissionRequest {
  operation: AdmissionOperation;
  resource: ServedResource;
  namespace?: string;
  /** Empty while a generated name is not chosen yet. */
  name: string;
  subresource?: string;
  user: User;
  /** The object as it would be stored; undefined for DELETE. Mutating plugins change it in place or replace it. */
  object?: ApiObject;
  /** The stored object; undefined for CREATE. Shared, never changed. */
  oldObject?: ApiObject;
  dryRun: boolean;
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void;
}

/**
 * A step of the chain. All `mutate` steps run in order, then the object is defaulted and validated, then all `validate`
 * steps run. Refuse with a `StatusError`. A plugin that has nothing to say about a request must return without a promise:
 * only then is the write atomic without a retry.
 */
export interface AdmissionPlugin {
  /** As in Kubernetes, e.g. `ServiceAccount`, `ValidatingAdmissionWebhook`. */
  name: string;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
