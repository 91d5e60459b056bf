/** Types of storage.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const storage: TypeTable = {
  StorageClass: `%kind # A kind of storage volumes can be made from.
    1 metadata meta.ObjectMeta
    2 provisioner string !
    3 parameters map[string]string
    4 reclaimPolicy *string =Delete {Delete|Recycle|Retain}
    5 mountOptions []string @atomic
    6 allowVolumeExpansion *bool
    7 volumeBindingMode *string =Immediate {Immediate|WaitForFirstConsumer}
    8 allowedTopologies []core.TopologySelectorTerm @atomic
  `,
};
