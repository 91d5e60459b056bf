/** Types of storage.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const storage: TypeTable = {
  StorageClass: `%kind # A kind of storage volumes can be made from.
    1 metadata meta.ObjectMeta
    2 provisioner string !
    3 parameters map[string]string
    4 reclaimPolicy *string :=Delete {Delete|Recycle|Retain}
    5 mountOptions []string @atomic
    6 allowVolumeExpansion *bool
    7 volumeBindingMode *string :=Immediate {Immediate|WaitForFirstConsumer}
    8 allowedTopologies []core.TopologySelectorTerm @atomic
  `,
  CSIDriver: `%kind # What a CSI volume driver can do and needs.
    1 metadata meta.ObjectMeta
    2 spec CSIDriverSpec !
  `,
  CSIDriverSpec: `
    1 attachRequired *bool :=true # Volumes must be attached to a node first; cannot be changed.
    2 podInfoOnMount *bool :=false # Tell the driver about the pod.
    3 volumeLifecycleModes []string @set {Ephemeral|Persistent} <>
    4 storageCapacity *bool :=false
    5 fsGroupPolicy *string :=ReadWriteOnceWithFSType {File|None|ReadWriteOnceWithFSType} <>
    6 tokenRequests []TokenRequest @atomic
    7 requiresRepublish *bool :=false
    8 seLinuxMount *bool :=false
    9 nodeAllocatableUpdatePeriodSeconds *int64
    10 serviceAccountTokenInSecrets *bool
  `,
  TokenRequest: `
    1 audience string !
    2 expirationSeconds *int64
  `,
  CSINode: `%kind # The CSI drivers of a node.
    1 metadata meta.ObjectMeta
    2 spec CSINodeSpec !
  `,
  CSINodeSpec: `
    1 drivers []CSINodeDriver ! @map(name) +merge(name)
  `,
  CSINodeDriver: `
    1 name string !
    2 nodeID string !
    3 topologyKeys []string ? @atomic
    4 allocatable *VolumeNodeResources
  `,
  VolumeNodeResources: `
    1 count *int32
  `,
  CSIStorageCapacity: `%kind # Storage that a driver can still give out in one place.
    1 metadata meta.ObjectMeta
    2 nodeTopology *meta.LabelSelector
    3 storageClassName string !
    4 capacity *Quantity
    5 maximumVolumeSize *Quantity
  `,
  VolumeAttachment: `%kind # Asks for a volume to be attached to a node.
    1 metadata meta.ObjectMeta
    2 spec VolumeAttachmentSpec !
    3 status VolumeAttachmentStatus
  `,
  VolumeAttachmentSpec: `
    1 attacher string !
    2 source VolumeAttachmentSource !
    3 nodeName string !
  `,
  VolumeAttachmentSource: `
    1 persistentVolumeName *string
    2 inlineVolumeSpec *core.PersistentVolumeSpec
  `,
  VolumeAttachmentStatus: `
    1 attached bool !
    2 attachmentMetadata map[string]string
    3 attachError *VolumeError
    4 detachError *VolumeError
  `,
  VolumeError: `
    1 time Time
    2 message string
    3 errorCode *int32
  `,
  VolumeAttributesClass: `%kind # Attributes of volumes that can be changed later.
    1 metadata meta.ObjectMeta
    2 driverName string !
    3 parameters map[string]string
  `,
};
