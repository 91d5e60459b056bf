/** Types of meta/v1: what every kind has in common, and the options of requests, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const meta: TypeTable = {
  ListMeta: `
    1 selfLink string
    2 resourceVersion string
    3 continue string
    4 remainingItemCount *int64
  `,
  ObjectMeta: `# Name, labels and bookkeeping common to every stored object.
    1 name string # Unique within the namespace for this kind; cannot be changed later.
    2 generateName string # Prefix for a name the server makes up when name is empty.
    3 namespace string # The namespace the object lives in; empty for cluster-scoped kinds.
    4 selfLink string
    5 uid string # Set by the server; never reused, even for a later object of the same name.
    6 resourceVersion string # Opaque version for optimistic locking and watches.
    7 generation int64 # Counts changes of the desired state.
    8 creationTimestamp Time # CreationTimestamp is a timestamp of the server, from when it accepted the object.
    9 deletionTimestamp *Time # Set when deletion was asked for; the object goes away once its finalizers are gone.
    10 deletionGracePeriodSeconds *int64
    11 labels map[string]string # Short key/value pairs that selectors match.
    12 annotations map[string]string # Free-form key/value pairs that tools read; not selectable.
    13 ownerReferences []OwnerReference @map(uid) +merge(uid) # Objects this one depends on; it is collected when all of them are gone.
    14 finalizers []string @set +merge # Must be empty before the object is really removed.
    17 managedFields []ManagedFieldsEntry @atomic # Which manager last set which fields.
  `,
  OwnerReference: `%atomic
    5 apiVersion string !
    1 kind string !
    3 name string !
    4 uid string !
    6 controller *bool
    7 blockOwnerDeletion *bool
  `,
  ListOptions: `%kind
    1 labelSelector string
    2 fieldSelector string
    3 watch bool
    9 allowWatchBookmarks bool
    4 resourceVersion string
    10 resourceVersionMatch string
    5 timeoutSeconds *int64
    7 limit int64
    8 continue string
    11 sendInitialEvents *bool
  `,
  GetOptions: `%kind
    1 resourceVersion string
  `,
  DeleteOptions: `%kind
    1 gracePeriodSeconds *int64
    2 preconditions *Preconditions
    3 orphanDependents *bool
    4 propagationPolicy *string
    5 dryRun []string @atomic
    6 ignoreStoreReadErrorWithClusterBreakingPotential *bool
  `,
  CreateOptions: `%kind
    1 dryRun []string @atomic
    3 fieldManager string
    4 fieldValidation string
  `,
  PatchOptions: `%kind
    1 dryRun []string @atomic
    2 force *bool
    3 fieldManager string
    4 fieldValidation string
  `,
  UpdateOptions: `%kind
    1 dryRun []string @atomic
    2 fieldManager string
    3 fieldValidation string
  `,
  Preconditions: `
    1 uid *string
    2 resourceVersion *string
  `,
  Status: `%kind
    1 metadata ListMeta
    2 status string
    3 message string
    4 reason string
    5 details *StatusDetails
    6 code int32
  `,
  StatusDetails: `
    1 name string
    2 group string
    3 kind string
    6 uid string
    4 causes []StatusCause @atomic
    5 retryAfterSeconds int32
  `,
  StatusCause: `
    1 reason string
    2 message string
    3 field string
  `,
  LabelSelector: `%atomic # Matches objects by labels; all terms must hold.
    1 matchLabels map[string]string # Labels that must have exactly these values.
    2 matchExpressions []LabelSelectorRequirement @atomic # Set-based terms.
  `,
  LabelSelectorRequirement: `
    1 key string !
    2 operator string ! # In, NotIn, Exists or DoesNotExist.
    3 values []string @atomic
  `,
  FieldSelectorRequirement: `
    1 key string !
    2 operator string !
    3 values []string @atomic
  `,
  ManagedFieldsEntry: `
    1 manager string
    2 operation string
    3 apiVersion string
    4 time *Time
    6 fieldsType string
    7 fieldsV1 *FieldsV1
    8 subresource string
  `,
  Condition: `
    1 type string ! # Name of the condition, unique in the list.
    2 status string ! # True, False or Unknown.
    3 observedGeneration int64
    4 lastTransitionTime Time !
    5 reason string ! # CamelCase cause of the last transition.
    6 message string ! # The same cause for people.
  `,
};
