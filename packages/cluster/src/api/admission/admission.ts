/** What stands between a decoded write and the storage: the plugins of the admission chain and what they see. */
import type { JsonObject } from '../../schema/json.ts';
import type { Eventual } from '../eventual.ts';
import type { ApiObject } from '../object.ts';
import type { User } from '../request.ts';
import type { ServedResource } from '../resource-registry.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** Who a write is for. Writes without a caller are the server's own and pass no admission. */
export interface Caller {
  user: User;
  /** Adds a `Warning` header to the answer; the same text twice is one header. */
  warn(text: string): void;
}

/** One write on its way to the storage, in the version the client speaks. */
export interface AdmissionRequest extends Caller {
  operation: AdmissionOperation;
  resource: ServedResource;
  namespace?: string;
  /** Empty while a generated name is not chosen yet. */
  name: string;
  /**
   * With `binding`, `eviction`, `token` and for CONNECT, `object` is of the subresource's own kind. With `scale` it is
   * the scaled object.
   */
  subresource?: string;
  /**
   * The object as it would be stored; undefined for DELETE. Mutating plugins replace it, or change it in place; for
   * UPDATE only in parts they made themselves, because the rest may be shared with `oldObject`.
   */
  object?: ApiObject;
  /** The stored object; undefined for CREATE. Shared, never changed. */
  oldObject?: ApiObject;
  dryRun: boolean;
  /**
   * `wanted`: a webhook has changed the object, so that plugins before it should look again. `running`: they do. Kept by
   * the chain.
   */
  reinvocation?: 'wanted' | 'running';
  /** CreateOptions and the like, as webhooks get them. */
  options?: JsonObject;
}

/**
 * A step of the chain. All `mutate` steps run in order, then the object is defaulted and validated, then all `validate`
 * steps run. Refuse with a `StatusError`. A plugin that has nothing to say about a request must return without a promise:
 * only then is the write atomic without a retry.
 */
export interface AdmissionPlugin {
  /** As in Kubernetes, e.g. `ServiceAccount`, `ValidatingAdmissionWebhook`. */
  name: string;
  /** Whether `mutate` may want something of this request; asked before the object is complete. Default: yes. */
  mutates?(request: AdmissionRequest): boolean;
  mutate?(request: AdmissionRequest): Eventual<void>;
  validate?(request: AdmissionRequest): Eventual<void>;
  /**
   * The last look, with nothing awaited between it and the write: for rules about everything stored, such as quota.
   * Synchronous; runs on dry runs too.
   */
  commit?(request: AdmissionRequest): void;
}
