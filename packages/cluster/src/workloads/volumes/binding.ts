/** Which volume a claim gets, and what a provisioned one looks like. Pure. */
import { quantityNanos } from '../../builtin/quantity.ts';
import type { IntOrString } from '../objects.ts';
import { matchesSelector } from '../selectors.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../storage-objects.ts';

/** The provisioner this cluster has itself: a folder of the node. */
export const PROVISIONER = 'kagent.dev/local-path';
export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

/** The class every cluster has from its start, made the default one. */
export const STANDARD_CLASS: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { [DEFAULT_CLASS]: 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  allowVolumeExpansion: true,
  volumeBindingMode: 'WaitForFirstConsumer',
};

export function requestOf(claim: PersistentVolumeClaim): IntOrString {
  return claim.spec.resources?.requests?.storage ?? '0';
}

function nanos(value: IntOrString | undefined): bigint {
  return quantityNanos(value ?? '0') ?? 0n;
}

export function isSmaller(a: IntOrString | undefined, b: IntOrString | undefined): boolean {
  return nanos(a) < nanos(b);
}

export function isReservedFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { claimRef } = volume.spec;
  if (claimRef?.name !== claim.metadata.name) return false;
  if (claimRef.namespace !== claim.metadata.namespace) return false;
  return claimRef.uid === undefined || claimRef.uid === '' || claimRef.uid === claim.metadata.uid;
}

function fits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec } = volume;
  const modes = spec.accessModes ?? [];
  return (
    (spec.storageClassName ?? '') === (claim.spec.storageClassName ?? '') &&
    (spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem') &&
    (claim.spec.accessModes ?? []).every((mode) => modes.includes(mode)) &&
    !isSmaller(spec.capacity?.storage, requestOf(claim)) &&
    (claim.spec.selector === undefined ||
      matchesSelector(claim.spec.selector, volume.metadata.labels))
  );
}

/** The volume reserved for the claim, else the smallest free one that fits. */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: PersistentVolume[],
): PersistentVolume | undefined {
  const living = volumes.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const { volumeName = '' } = claim.spec;
  if (volumeName !== '') {
    const named = living.find(({ metadata }) => metadata.name === volumeName);
    if (named === undefined) return undefined;
    return named.spec.claimRef === undefined || isReservedFor(named, claim) ? named : undefined;
  }
  const reserved = living.find((volume) => isReservedFor(volume, claim));
  if (reserved !== undefined) return reserved;
  return living
    .filter((volume) => volume.spec.claimRef === undefined && fits(volume, claim))
    .toSorted((a, b) =>
      isSmaller(a.spec.capacity?.storage, b.spec.capacity?.storage) ? -1 : 1,
    )[0];
}

export function claimReference(
  claim: PersistentVolumeClaim,
): NonNullable<PersistentVolume['spec']['claimRef']> {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
}

/** A folder of its own, named so that a person finds it. */
export function provisionedVolume(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  directory: string,
): PersistentVolume {
  const { namespace, name, uid, annotations } = claim.metadata;
  const volume = `pvc-${uid}`;
  const node = annotations?.[SELECTED_NODE];
  const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: [node ?? ''] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volume,
      annotations: { [PROVISIONED_BY]: PROVISIONER },
      finalizers: [VOLUME_PROTECTION],
    },
    spec: {
      accessModes: claim.spec.accessModes ?? [],
      capacity: { storage: requestOf(claim) },
      claimRef: claimReference(claim),
      hostPath: { path: `${directory}/${volume}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(node === undefined
        ? {}
        : {
            nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
          }),
    },
  };
}
