/** The typed client port. `createKubeClient(transport)` is its one implementation. */
import type { KubeList, KubeObject, ObjectKey, Patch, ResourceType, WatchEvent } from './types.ts';

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  signal?: AbortSignal;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  /** Ask for the current state first, ended by a bookmark with `k8s.io/initial-events-end`. */
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
}

export interface WriteOptions {
  fieldManager?: string;
  dryRun?: boolean;
  subresource?: string;
  signal?: AbortSignal;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  force?: boolean;
}

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  signal?: AbortSignal;
}

/**
 * Reads and writes objects of any kind. Every method rejects with `KubeError` (reason, HTTP code, Status) when the
 * server refuses, and with a `KubeError` of reason `Unreachable` when there is no answer. Nothing is retried here.
 * Returned objects must be treated as frozen.
 */
export interface KubeClient {
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): Promise<T>;
  /** Like `get`, with `undefined` instead of a NotFound error. */
  find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): Promise<T | undefined>;
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  watch<T extends KubeObject>(
    type: ResourceType<T>,
    options?: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>>;
  /** Namespace and name come from the object's metadata. */
  create<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  /** Whole-object PUT; `metadata.resourceVersion`, when set, must be current (else Conflict). */
  replace<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    target: ObjectKey & { patch: Patch },
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply. `object` carries only the fields the manager owns. */
  apply<T extends KubeObject>(type: ResourceType<T>, object: T, options: ApplyOptions): Promise<T>;
  delete<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<void>;
  /** Log text of a pod's container, in chunks. */
  logs(
    pod: ObjectKey,
    options?: {
      container?: string;
      tailLines?: number;
      follow?: boolean;
      previous?: boolean;
      signal?: AbortSignal;
    },
  ): Promise<AsyncIterable<string>>;
  /** Any other call, e.g. discovery. */
  raw(
    request: import('./transport.ts').KubeRequest,
  ): Promise<import('./transport.ts').KubeResponse>;
}
