/** One informer a kind, shared by all controllers of this process. */
import { createInformer } from '@kagent/kube';
import type { Clock, Informer, KubeClient, KubeObject, Logger, ResourceType } from '@kagent/kube';

export interface InformerSet {
  /** Starts the informer of the kind, or returns the one that runs. */
  get<T extends KubeObject>(type: ResourceType<T>): Informer<T>;
  /** Stops one kind, e.g. when its CRD is gone. */
  drop(type: ResourceType): Promise<void>;
  /** Resolves when every informer asked for so far has its first state. */
  synced(): Promise<void>;
  stop(): Promise<void>;
}

/** `group/plural`: the version does not matter, an object is the same in all of them. */
export function resourceName(type: Pick<ResourceType, 'group' | 'plural'>): string {
  return `${type.group}/${type.plural}`;
}

export function createInformerSet(options: {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
}): InformerSet {
  const informers = new Map<string, Informer<KubeObject>>();

  return {
    get<T extends KubeObject>(type: ResourceType<T>) {
      const name = resourceName(type);
      const known = informers.get(name);
      if (known !== undefined) return known as Informer<T>;
      const informer = createInformer({ ...options, type });
      informers.set(name, informer as unknown as Informer<KubeObject>);
      return informer;
    },
    async drop(type) {
      const informer = informers.get(resourceName(type));
      informers.delete(resourceName(type));
      await informer?.stop();
    },
    async synced() {
      await Promise.all([...informers.values()].map((informer) => informer.synced));
    },
    async stop() {
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
    },
  };
}
