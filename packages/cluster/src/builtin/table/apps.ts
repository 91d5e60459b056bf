/** Types of apps/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const apps: TypeTable = {
  StatefulSet: `%kind # Runs pods with stable names and storage.
    1 metadata meta.ObjectMeta
    2 spec StatefulSetSpec
    3 status StatefulSetStatus
  `,
  StatefulSetUpdateStrategy: `
    1 type string {OnDelete|RollingUpdate}
    2 rollingUpdate *RollingUpdateStatefulSetStrategy
  `,
  RollingUpdateStatefulSetStrategy: `
    1 partition *int32
    2 maxUnavailable *IntOrString
  `,
  StatefulSetPersistentVolumeClaimRetentionPolicy: `
    1 whenDeleted string :=Retain
    2 whenScaled string :=Retain
  `,
  StatefulSetOrdinals: `
    1 start int32 ?
  `,
  StatefulSetSpec: `
    1 replicas *int32 :=1
    2 selector *meta.LabelSelector !
    3 template core.PodTemplateSpec !
    4 volumeClaimTemplates []core.PersistentVolumeClaim @atomic # Claims made for every pod.
    5 serviceName string ? # Headless service that gives the pods their names.
    6 podManagementPolicy string :=OrderedReady {OrderedReady|Parallel}
    7 updateStrategy StatefulSetUpdateStrategy
    8 revisionHistoryLimit *int32 :=10
    9 minReadySeconds int32
    10 persistentVolumeClaimRetentionPolicy *StatefulSetPersistentVolumeClaimRetentionPolicy :={"whenDeleted":"Retain","whenScaled":"Retain"}
    11 ordinals *StatefulSetOrdinals
  `,
  StatefulSetStatus: `
    1 observedGeneration int64
    2 replicas int32 !
    3 readyReplicas int32
    4 currentReplicas int32
    5 updatedReplicas int32
    6 currentRevision string
    7 updateRevision string
    9 collisionCount *int32
    10 conditions []StatefulSetCondition @map(type) +merge(type)
    11 availableReplicas int32 ?
  `,
  StatefulSetCondition: `
    1 type string !
    2 status string !
    3 lastTransitionTime Time
    4 reason string
    5 message string
  `,
  Deployment: `%kind # Keeps a number of equal pods running and rolls out changes.
    1 metadata meta.ObjectMeta
    2 spec DeploymentSpec
    3 status DeploymentStatus
  `,
  DeploymentSpec: `
    1 replicas *int32 :=1 # Wanted number of pods.
    2 selector *meta.LabelSelector ! # Selects the pods; must match the template labels and cannot be changed.
    3 template core.PodTemplateSpec ! # Blueprint of the pods.
    4 strategy DeploymentStrategy +retainKeys # How old pods are replaced by new ones.
    5 minReadySeconds int32 # Seconds a new pod must be ready to count as available.
    6 revisionHistoryLimit *int32 :=10 # Old ReplicaSets kept for rollback.
    7 paused bool # Do not roll out changes.
    9 progressDeadlineSeconds *int32 :=600 # Seconds without progress before the rollout is reported as failed.
  `,
  DeploymentStrategy: `
    1 type string {Recreate|RollingUpdate} # Recreate or RollingUpdate.
    2 rollingUpdate *RollingUpdateDeployment
  `,
  RollingUpdateDeployment: `
    1 maxUnavailable *IntOrString # Pods that may be missing during a rollout, number or percentage.
    2 maxSurge *IntOrString # Extra pods during a rollout, number or percentage.
  `,
  DeploymentStatus: `
    1 observedGeneration int64 # Generation the controller last acted on.
    2 replicas int32
    3 updatedReplicas int32
    7 readyReplicas int32
    4 availableReplicas int32
    5 unavailableReplicas int32
    9 terminatingReplicas *int32
    6 conditions []DeploymentCondition @map(type) +merge(type)
    8 collisionCount *int32
  `,
  DeploymentCondition: `
    1 type string !
    2 status string !
    6 lastUpdateTime Time
    7 lastTransitionTime Time
    4 reason string
    5 message string
  `,
  DaemonSetUpdateStrategy: `
    1 type string {OnDelete|RollingUpdate}
    2 rollingUpdate *RollingUpdateDaemonSet
  `,
  RollingUpdateDaemonSet: `
    1 maxUnavailable *IntOrString
    2 maxSurge *IntOrString
  `,
  DaemonSetSpec: `
    1 selector *meta.LabelSelector !
    2 template core.PodTemplateSpec !
    3 updateStrategy DaemonSetUpdateStrategy
    4 minReadySeconds int32
    6 revisionHistoryLimit *int32 :=10
  `,
  DaemonSetStatus: `
    1 currentNumberScheduled int32 !
    2 numberMisscheduled int32 !
    3 desiredNumberScheduled int32 !
    4 numberReady int32 !
    5 observedGeneration int64
    6 updatedNumberScheduled int32
    7 numberAvailable int32
    8 numberUnavailable int32
    9 collisionCount *int32
    10 conditions []DaemonSetCondition @map(type) +merge(type)
  `,
  DaemonSetCondition: `
    1 type string !
    2 status string !
    3 lastTransitionTime Time
    4 reason string
    5 message string
  `,
  DaemonSet: `%kind # Runs one pod on every matching node.
    1 metadata meta.ObjectMeta
    2 spec DaemonSetSpec
    3 status DaemonSetStatus
  `,
  ReplicaSet: `%kind # Keeps a number of equal pods running.
    1 metadata meta.ObjectMeta
    2 spec ReplicaSetSpec
    3 status ReplicaSetStatus
  `,
  ReplicaSetSpec: `
    1 replicas *int32 :=1
    4 minReadySeconds int32
    2 selector *meta.LabelSelector !
    3 template core.PodTemplateSpec
  `,
  ReplicaSetStatus: `
    1 replicas int32 !
    2 fullyLabeledReplicas int32
    4 readyReplicas int32
    5 availableReplicas int32
    7 terminatingReplicas *int32
    3 observedGeneration int64
    6 conditions []ReplicaSetCondition @map(type) +merge(type)
  `,
  ReplicaSetCondition: `
    1 type string !
    2 status string !
    3 lastTransitionTime Time
    4 reason string
    5 message string
  `,
  ControllerRevision: `%kind
    1 metadata meta.ObjectMeta
    2 data RawExtension
    3 revision int64 !
  `,
};
