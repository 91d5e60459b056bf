/** The storage backend of simulated nodes: makes the volumes that claims with a storage class of theirs wait for. */
import { isAlreadyExists } from '@kagent/kube';
import type { KubeClient } from '@kagent/kube';

import { PERSISTENT_VOLUMES } from '../workloads/storage-objects.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../workloads/storage-objects.ts';

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** Claims of these classes are somebody else's. */
const OWN_PROVISIONER = /^kagent/;

/** Makes the volume of a claim if its class says so; binding is left to the volume controller. Idempotent. */
export async function provisionVolume(
  client: KubeClient,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
): Promise<void> {
  const { namespace, name, uid, annotations, deletionTimestamp } = claim.metadata;
  const isDone = (claim.spec.volumeName ?? '') !== '' || deletionTimestamp !== undefined;
  if (storageClass === undefined || isDone || OWN_PROVISIONER.test(storageClass.provisioner))
    return;
  const waits = storageClass.volumeBindingMode === 'WaitForFirstConsumer';
  if (waits && annotations?.[SELECTED_NODE] === undefined) return;
  const { accessModes, resources, volumeMode = 'Filesystem' } = claim.spec;
  const volume: PersistentVolume & { spec: { csi: unknown } } = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: `pvc-${uid ?? ''}`,
      annotations: { 'pv.kubernetes.io/provisioned-by': storageClass.provisioner },
    },
    spec: {
      accessModes: accessModes ?? ['ReadWriteOnce'],
      capacity: { storage: resources?.requests?.['storage'] ?? '1Gi' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        ...(namespace === undefined ? {} : { namespace }),
        name,
        ...(uid === undefined ? {} : { uid }),
      },
      csi: {
        driver: storageClass.provisioner,
        fsType: 'ext4',
        volumeHandle: `vol-0${(uid ?? '').replaceAll('-', '').slice(0, 16)}`,
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode,
    },
  };
  await client.create(PERSISTENT_VOLUMES, volume).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
