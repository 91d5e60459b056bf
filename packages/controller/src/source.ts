/** The cache of one kind over the watched namespaces: one informer for all of them, or one each. */
import {
  type Clock,
  createInformer,
  type InformerChange,
  type KubeClient,
  type KubeObject,
  type Logger,
  type ObjectKey,
  type ResourceType,
} from '@kagent/kube';

export interface Source<T extends KubeObject> {
  readonly type: ResourceType<T>;
  get(key: ObjectKey): T | undefined;
  list(): T[];
  /** Existing objects are delivered as `added` first. */
  onChange(listener: (change: InformerChange<T>) => void): void;
  synced(): Promise<void>;
  stop(): Promise<void>;
}

export interface SourceOptions {
  client: KubeClient;
  /** Empty means all. Cluster-scoped kinds are not affected. */
  namespaces: readonly string[];
  clock: Clock;
  logger: Logger;
}

/** Starts watching at once. */
export function createSource<T extends KubeObject>(
  type: ResourceType<T>,
  options: SourceOptions,
): Source<T> {
  const { client, clock, logger } = options;
  const namespaces =
    type.namespaced && options.namespaces.length > 0 ? options.namespaces : [undefined];
  const informers = new Map(
    namespaces.map((namespace) => [
      namespace,
      createInformer<T>({
        client,
        type,
        clock,
        logger,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    ]),
  );
  const all = informers.get(undefined);
  return {
    type,
    get: (key) => (all ?? informers.get(key.namespace))?.get(key),
    list: () => [...informers.values()].flatMap((informer) => informer.list()),
    onChange(listener) {
      for (const informer of informers.values()) informer.onChange(listener);
    },
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced));
    },
    async stop() {
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
    },
  };
}
