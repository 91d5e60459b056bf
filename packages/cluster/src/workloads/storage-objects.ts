/** Volumes and claims of core/v1 and storage.k8s.io/v1: only the fields the controllers use. */
import type { KubeObject, ResourceType } from '@kagent/kube';

import type { Affinity, Condition, IntOrString, LabelSelector } from './objects.ts';

export interface PersistentVolumeClaim extends KubeObject {
  spec: {
    accessModes?: string[];
    selector?: LabelSelector;
    resources?: { requests?: Record<string, IntOrString>; limits?: Record<string, IntOrString> };
    volumeName?: string;
    /** Undefined: the default class; empty: no class, no provisioning. */
    storageClassName?: string;
    volumeMode?: string;
    dataSource?: Record<string, unknown>;
  };
  status?: {
    phase?: string;
    accessModes?: string[];
    capacity?: Record<string, IntOrString>;
    conditions?: Condition[];
  };
}

export interface PersistentVolume extends KubeObject {
  spec: {
    accessModes?: string[];
    capacity?: Record<string, IntOrString>;
    claimRef?: {
      apiVersion?: string;
      kind?: string;
      namespace?: string;
      name?: string;
      uid?: string;
      resourceVersion?: string;
    };
    persistentVolumeReclaimPolicy?: string;
    storageClassName?: string;
    volumeMode?: string;
    hostPath?: { path: string; type?: string };
    local?: { path: string };
    nodeAffinity?: {
      required?: NonNullable<
        Affinity['nodeAffinity']
      >['requiredDuringSchedulingIgnoredDuringExecution'];
    };
  };
  status?: {
    phase?: string;
    message?: string;
    reason?: string;
    lastPhaseTransitionTime?: string;
  };
}

export interface StorageClass extends KubeObject {
  provisioner: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
}

export const PERSISTENT_VOLUME_CLAIMS: ResourceType<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};
export const PERSISTENT_VOLUMES: ResourceType<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};
export const STORAGE_CLASSES: ResourceType<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};
