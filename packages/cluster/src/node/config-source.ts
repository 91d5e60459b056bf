/** Where env and volumes get their data from. One implementation reads the node's informer caches; tests give maps. */
import type { ConfigMap, Pod, Secret } from '../workloads/objects.ts';

export interface ConfigSource {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  /** Folder of the volume a PersistentVolumeClaim is bound to; undefined = not bound. Without it claims have no files. */
  claimFolder?(namespace: string, name: string): string | undefined;
  /** Whether pods may mount folders of this machine. */
  allowsHostPath?: boolean;
}

/** What the node knows of a pod beyond its object. */
export interface PodFacts {
  pod: Pod;
  podIP: string;
  hostIP: string;
  nodeName: string;
  /** What `limits.cpu` and `limits.memory` are when a container has none: cores and bytes. */
  capacity: { cpu: number; memory: number };
}

/** Every ConfigMap, Secret and claim a pod refers to, as `ConfigMap/name`, `Secret/name` and so on, without repetition. */
export function configReferences(pod: Pod): string[] {
  const found = new Set<string>();
  const add = (
    kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim',
    name: string | undefined,
  ): void => {
    if (name !== undefined) found.add(`${kind}/${name}`);
  };
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  for (const container of [...initContainers, ...containers, ...ephemeralContainers]) {
    for (const variable of container.env ?? []) {
      add('ConfigMap', variable.valueFrom?.configMapKeyRef?.name);
      add('Secret', variable.valueFrom?.secretKeyRef?.name);
    }
    for (const from of container.envFrom ?? []) {
      add('ConfigMap', from.configMapRef?.name);
      add('Secret', from.secretRef?.name);
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    add('ConfigMap', volume.configMap?.name);
    add('Secret', volume.secret?.secretName);
    add('PersistentVolumeClaim', volume.persistentVolumeClaim?.claimName);
    for (const source of volume.projected?.sources ?? []) {
      add('ConfigMap', source.configMap?.name);
      add('Secret', source.secret?.name);
    }
  }
  return [...found];
}
