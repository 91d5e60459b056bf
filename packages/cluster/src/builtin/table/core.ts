/** Types of core/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const core: TypeTable = {
  Volume: `
    1 name string ! # Unique within the pod, a DNS label.
    2 ~ VolumeSource
  `,
  VolumeSource: `
    1 hostPath *HostPathVolumeSource # A path of the node.
    2 emptyDir *EmptyDirVolumeSource # Scratch space that lives as long as the pod.
    3 gcePersistentDisk *GCEPersistentDiskVolumeSource
    4 awsElasticBlockStore *AWSElasticBlockStoreVolumeSource
    5 gitRepo *GitRepoVolumeSource
    6 secret *SecretVolumeSource # Keys of a Secret as files.
    7 nfs *NFSVolumeSource
    8 iscsi *ISCSIVolumeSource
    9 glusterfs *GlusterfsVolumeSource
    10 persistentVolumeClaim *PersistentVolumeClaimVolumeSource # A claim in the same namespace.
    11 rbd *RBDVolumeSource
    12 flexVolume *FlexVolumeSource
    13 cinder *CinderVolumeSource
    14 cephfs *CephFSVolumeSource
    15 flocker *FlockerVolumeSource
    16 downwardAPI *DownwardAPIVolumeSource
    17 fc *FCVolumeSource
    18 azureFile *AzureFileVolumeSource
    19 configMap *ConfigMapVolumeSource # Keys of a ConfigMap as files.
    20 vsphereVolume *VsphereVirtualDiskVolumeSource
    21 quobyte *QuobyteVolumeSource
    22 azureDisk *AzureDiskVolumeSource
    23 photonPersistentDisk *PhotonPersistentDiskVolumeSource
    26 projected *ProjectedVolumeSource # Several sources in one directory.
    24 portworxVolume *PortworxVolumeSource
    25 scaleIO *ScaleIOVolumeSource
    27 storageos *StorageOSVolumeSource
    28 csi *CSIVolumeSource
    29 ephemeral *EphemeralVolumeSource
    30 image *ImageVolumeSource
  `,
  PersistentVolumeClaimVolumeSource: `
    1 claimName string !
    2 readOnly bool
  `,
  PersistentVolumeSource: `
    1 gcePersistentDisk *GCEPersistentDiskVolumeSource
    2 awsElasticBlockStore *AWSElasticBlockStoreVolumeSource
    3 hostPath *HostPathVolumeSource
    4 glusterfs *GlusterfsPersistentVolumeSource
    5 nfs *NFSVolumeSource
    6 rbd *RBDPersistentVolumeSource
    7 iscsi *ISCSIPersistentVolumeSource
    8 cinder *CinderPersistentVolumeSource
    9 cephfs *CephFSPersistentVolumeSource
    10 fc *FCVolumeSource
    11 flocker *FlockerVolumeSource
    12 flexVolume *FlexPersistentVolumeSource
    13 azureFile *AzureFilePersistentVolumeSource
    14 vsphereVolume *VsphereVirtualDiskVolumeSource
    15 quobyte *QuobyteVolumeSource
    16 azureDisk *AzureDiskVolumeSource
    17 photonPersistentDisk *PhotonPersistentDiskVolumeSource
    18 portworxVolume *PortworxVolumeSource
    19 scaleIO *ScaleIOPersistentVolumeSource
    20 local *LocalVolumeSource
    21 storageos *StorageOSPersistentVolumeSource
    22 csi *CSIPersistentVolumeSource
  `,
  PersistentVolume: `%kind # A piece of storage in the cluster.
    1 metadata meta.ObjectMeta
    2 spec PersistentVolumeSpec
    3 status PersistentVolumeStatus
  `,
  PersistentVolumeSpec: `
    1 capacity map[string]Quantity
    2 ~ PersistentVolumeSource
    3 accessModes []string @atomic {ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod}
    4 claimRef *ObjectReference @granular
    5 persistentVolumeReclaimPolicy string :=Retain {Delete|Recycle|Retain}
    6 storageClassName string
    7 mountOptions []string @atomic
    8 volumeMode *string :=Filesystem {Block|Filesystem}
    9 nodeAffinity *VolumeNodeAffinity
    10 volumeAttributesClassName *string
  `,
  VolumeNodeAffinity: `
    1 required *NodeSelector
  `,
  PersistentVolumeStatus: `
    1 phase string :=Pending {Available|Bound|Failed|Pending|Released}
    2 message string
    3 reason string
    4 lastPhaseTransitionTime *Time
  `,
  PersistentVolumeClaim: `%kind # A request for storage.
    1 metadata meta.ObjectMeta
    2 spec PersistentVolumeClaimSpec
    3 status PersistentVolumeClaimStatus
  `,
  PersistentVolumeClaimSpec: `
    1 accessModes []string @atomic {ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod} # How the volume may be mounted.
    4 selector *meta.LabelSelector
    2 resources VolumeResourceRequirements # How much storage is needed.
    3 volumeName string
    5 storageClassName *string # StorageClass to take the volume from.
    6 volumeMode *string :=Filesystem {Block|Filesystem}
    7 dataSource *TypedLocalObjectReference
    8 dataSourceRef *TypedObjectReference
    9 volumeAttributesClassName *string
  `,
  TypedObjectReference: `
    1 apiGroup *string ?
    2 kind string !
    3 name string !
    4 namespace *string
  `,
  ModifyVolumeStatus: `
    1 targetVolumeAttributesClassName string
    2 status string ! {InProgress|Infeasible|Pending}
  `,
  PersistentVolumeClaimCondition: `
    1 type string !
    2 status string !
    3 lastProbeTime Time
    4 lastTransitionTime Time
    5 reason string
    6 message string
  `,
  PersistentVolumeClaimStatus: `
    1 phase string :=Pending {Bound|Lost|Pending}
    2 accessModes []string @atomic {ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod}
    3 capacity map[string]Quantity
    4 conditions []PersistentVolumeClaimCondition @map(type) +merge(type)
    5 allocatedResources map[string]Quantity
    7 allocatedResourceStatuses map[string]string @granular {ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizeInProgress|NodeResizeInfeasible|NodeResizePending}
    8 currentVolumeAttributesClassName *string
    9 modifyVolumeStatus *ModifyVolumeStatus
  `,
  HostPathVolumeSource: `
    1 path string !
    2 type *string :="" {|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket}
  `,
  EmptyDirVolumeSource: `
    1 medium string
    2 sizeLimit *Quantity
  `,
  GlusterfsVolumeSource: `
    1 endpoints string !
    2 path string !
    3 readOnly bool
  `,
  GlusterfsPersistentVolumeSource: `
    1 endpoints string !
    2 path string !
    3 readOnly bool
    4 endpointsNamespace *string
  `,
  RBDVolumeSource: `
    1 monitors []string ! @atomic
    2 image string !
    3 fsType string
    4 pool string =rbd
    5 user string =admin
    6 keyring string =/etc/ceph/keyring
    7 secretRef *LocalObjectReference
    8 readOnly bool
  `,
  RBDPersistentVolumeSource: `
    1 monitors []string ! @atomic
    2 image string !
    3 fsType string
    4 pool string =rbd
    5 user string =admin
    6 keyring string =/etc/ceph/keyring
    7 secretRef *SecretReference
    8 readOnly bool
  `,
  CinderVolumeSource: `
    1 volumeID string !
    2 fsType string
    3 readOnly bool
    4 secretRef *LocalObjectReference
  `,
  CinderPersistentVolumeSource: `
    1 volumeID string !
    2 fsType string
    3 readOnly bool
    4 secretRef *SecretReference
  `,
  CephFSVolumeSource: `
    1 monitors []string ! @atomic
    2 path string
    3 user string
    4 secretFile string
    5 secretRef *LocalObjectReference
    6 readOnly bool
  `,
  SecretReference: `%atomic
    1 name string
    2 namespace string
  `,
  CephFSPersistentVolumeSource: `
    1 monitors []string ! @atomic
    2 path string
    3 user string
    4 secretFile string
    5 secretRef *SecretReference
    6 readOnly bool
  `,
  FlockerVolumeSource: `
    1 datasetName string
    2 datasetUUID string
  `,
  GCEPersistentDiskVolumeSource: `
    1 pdName string !
    2 fsType string
    3 partition int32
    4 readOnly bool
  `,
  QuobyteVolumeSource: `
    1 registry string !
    2 volume string !
    3 readOnly bool
    4 user string
    5 group string
    6 tenant string
  `,
  FlexPersistentVolumeSource: `
    1 driver string !
    2 fsType string
    3 secretRef *SecretReference
    4 readOnly bool
    5 options map[string]string
  `,
  FlexVolumeSource: `
    1 driver string !
    2 fsType string
    3 secretRef *LocalObjectReference
    4 readOnly bool
    5 options map[string]string
  `,
  AWSElasticBlockStoreVolumeSource: `
    1 volumeID string !
    2 fsType string
    3 partition int32
    4 readOnly bool
  `,
  GitRepoVolumeSource: `
    1 repository string !
    2 revision string
    3 directory string
  `,
  SecretVolumeSource: `
    1 secretName string
    2 items []KeyToPath @atomic
    3 defaultMode *int32 :=420
    4 optional *bool
  `,
  SecretProjection: `
    1 ~ LocalObjectReference
    2 items []KeyToPath @atomic
    4 optional *bool
  `,
  NFSVolumeSource: `
    1 server string !
    2 path string !
    3 readOnly bool
  `,
  ISCSIVolumeSource: `
    1 targetPortal string !
    2 iqn string !
    3 lun int32 !
    4 iscsiInterface string =default
    5 fsType string
    6 readOnly bool
    7 portals []string @atomic
    8 chapAuthDiscovery bool
    11 chapAuthSession bool
    10 secretRef *LocalObjectReference
    12 initiatorName *string
  `,
  ISCSIPersistentVolumeSource: `
    1 targetPortal string !
    2 iqn string !
    3 lun int32 !
    4 iscsiInterface string =default
    5 fsType string
    6 readOnly bool
    7 portals []string @atomic
    8 chapAuthDiscovery bool
    11 chapAuthSession bool
    10 secretRef *SecretReference
    12 initiatorName *string
  `,
  FCVolumeSource: `
    1 targetWWNs []string @atomic
    2 lun *int32
    3 fsType string
    4 readOnly bool
    5 wwids []string @atomic
  `,
  AzureFileVolumeSource: `
    1 secretName string !
    2 shareName string !
    3 readOnly bool
  `,
  AzureFilePersistentVolumeSource: `
    1 secretName string !
    2 shareName string !
    3 readOnly bool
    4 secretNamespace *string ?
  `,
  VsphereVirtualDiskVolumeSource: `
    1 volumePath string !
    2 fsType string
    3 storagePolicyName string
    4 storagePolicyID string
  `,
  PhotonPersistentDiskVolumeSource: `
    1 pdID string !
    2 fsType string
  `,
  AzureDiskVolumeSource: `
    1 diskName string !
    2 diskURI string !
    3 cachingMode *string =ReadWrite {None|ReadOnly|ReadWrite}
    4 fsType *string =ext4
    5 readOnly *bool =false
    6 kind *string =Shared {Dedicated|Managed|Shared}
  `,
  PortworxVolumeSource: `
    1 volumeID string !
    2 fsType string
    3 readOnly bool
  `,
  ScaleIOVolumeSource: `
    1 gateway string !
    2 system string !
    3 secretRef *LocalObjectReference !
    4 sslEnabled bool
    5 protectionDomain string
    6 storagePool string
    7 storageMode string =ThinProvisioned
    8 volumeName string
    9 fsType string =xfs
    10 readOnly bool
  `,
  ScaleIOPersistentVolumeSource: `
    1 gateway string !
    2 system string !
    3 secretRef *SecretReference !
    4 sslEnabled bool
    5 protectionDomain string
    6 storagePool string
    7 storageMode string =ThinProvisioned
    8 volumeName string
    9 fsType string =xfs
    10 readOnly bool
  `,
  StorageOSVolumeSource: `
    1 volumeName string
    2 volumeNamespace string
    3 fsType string
    4 readOnly bool
    5 secretRef *LocalObjectReference
  `,
  StorageOSPersistentVolumeSource: `
    1 volumeName string
    2 volumeNamespace string
    3 fsType string
    4 readOnly bool
    5 secretRef *ObjectReference
  `,
  ConfigMapVolumeSource: `
    1 ~ LocalObjectReference
    2 items []KeyToPath @atomic
    3 defaultMode *int32 :=420
    4 optional *bool
  `,
  ConfigMapProjection: `
    1 ~ LocalObjectReference
    2 items []KeyToPath @atomic
    4 optional *bool
  `,
  ServiceAccountTokenProjection: `
    1 audience string
    2 expirationSeconds *int64 :=3600
    3 path string !
  `,
  ClusterTrustBundleProjection: `
    1 name *string
    2 signerName *string
    3 labelSelector *meta.LabelSelector
    5 optional *bool
    4 path string !
  `,
  PodCertificateProjection: `
    1 signerName string !!
    2 keyType string !!
    3 maxExpirationSeconds *int32
    4 credentialBundlePath string
    5 keyPath string
    6 certificateChainPath string
    7 userAnnotations map[string]string
  `,
  ProjectedVolumeSource: `
    1 sources []VolumeProjection ? @atomic
    2 defaultMode *int32 :=420
  `,
  VolumeProjection: `
    1 secret *SecretProjection
    2 downwardAPI *DownwardAPIProjection
    3 configMap *ConfigMapProjection
    4 serviceAccountToken *ServiceAccountTokenProjection
    5 clusterTrustBundle *ClusterTrustBundleProjection
    6 podCertificate *PodCertificateProjection
  `,
  KeyToPath: `
    1 key string !
    2 path string !
    3 mode *int32
  `,
  LocalVolumeSource: `
    1 path string !
    2 fsType *string
  `,
  CSIPersistentVolumeSource: `
    1 driver string !
    2 volumeHandle string !
    3 readOnly bool
    4 fsType string
    5 volumeAttributes map[string]string
    6 controllerPublishSecretRef *SecretReference
    7 nodeStageSecretRef *SecretReference
    8 nodePublishSecretRef *SecretReference
    9 controllerExpandSecretRef *SecretReference
    10 nodeExpandSecretRef *SecretReference
  `,
  CSIVolumeSource: `
    1 driver string !
    2 readOnly *bool
    3 fsType *string
    4 volumeAttributes map[string]string
    5 nodePublishSecretRef *LocalObjectReference
  `,
  EphemeralVolumeSource: `
    1 volumeClaimTemplate *PersistentVolumeClaimTemplate
  `,
  PersistentVolumeClaimTemplate: `
    1 metadata meta.ObjectMeta
    2 spec PersistentVolumeClaimSpec !
  `,
  ContainerPort: `
    1 name string # Name that services can use instead of the number.
    2 hostPort int32
    3 containerPort int32 ! # Port number inside the pod, 1 to 65535.
    4 protocol string =TCP {SCTP|TCP|UDP} # TCP, UDP or SCTP.
    5 hostIP string
  `,
  VolumeMount: `
    1 name string ! # Name of a volume of the pod.
    2 readOnly bool # Mount without write access.
    7 recursiveReadOnly *string
    3 mountPath string ! # Path in the container.
    4 subPath string # Path within the volume to mount.
    5 mountPropagation *string {Bidirectional|HostToContainer|None}
    6 subPathExpr string
  `,
  VolumeDevice: `
    1 name string !
    2 devicePath string !
  `,
  EnvVar: `
    1 name string ! # Name of the variable.
    2 value string # Literal value; $(NAME) refers to earlier variables.
    3 valueFrom *EnvVarSource # Source of the value; excludes value.
  `,
  EnvVarSource: `
    1 fieldRef *ObjectFieldSelector # A field of the pod, e.g. metadata.name.
    2 resourceFieldRef *ResourceFieldSelector # A request or limit of a container.
    3 configMapKeyRef *ConfigMapKeySelector # A key of a ConfigMap.
    4 secretKeyRef *SecretKeySelector # A key of a Secret.
    5 fileKeyRef *FileKeySelector
  `,
  FileKeySelector: `%atomic
    1 volumeName string !
    2 path string !
    3 key string !
    4 optional *bool ^=false
  `,
  ObjectFieldSelector: `%atomic
    1 apiVersion string :=v1
    2 fieldPath string !
  `,
  ResourceFieldSelector: `%atomic
    1 containerName string
    2 resource string !
    3 divisor Quantity :="0"
  `,
  ConfigMapKeySelector: `%atomic
    1 ~ LocalObjectReference
    2 key string !
    3 optional *bool
  `,
  SecretKeySelector: `%atomic
    1 ~ LocalObjectReference
    2 key string !
    3 optional *bool
  `,
  EnvFromSource: `
    1 prefix string
    2 configMapRef *ConfigMapEnvSource
    3 secretRef *SecretEnvSource
  `,
  ConfigMapEnvSource: `
    1 ~ LocalObjectReference
    2 optional *bool
  `,
  SecretEnvSource: `
    1 ~ LocalObjectReference
    2 optional *bool
  `,
  HTTPHeader: `
    1 name string !
    2 value string !
  `,
  HTTPGetAction: `
    1 path string :=/
    2 port IntOrString !
    3 host string
    4 scheme string :=HTTP {HTTP|HTTPS}
    5 httpHeaders []HTTPHeader @atomic
  `,
  TCPSocketAction: `
    1 port IntOrString !
    2 host string
  `,
  GRPCAction: `
    1 port int32 !
    2 service *string ? =""
  `,
  ExecAction: `
    1 command []string @atomic
  `,
  SleepAction: `
    1 seconds int64 !
  `,
  Probe: `
    1 ~ ProbeHandler
    2 initialDelaySeconds int32 # Seconds after start before the first try.
    3 timeoutSeconds int32 :=1 # Seconds until a try counts as failed.
    4 periodSeconds int32 :=10 # Seconds between tries.
    5 successThreshold int32 :=1 # Successes in a row that change the verdict.
    6 failureThreshold int32 :=3 # Failures in a row that change the verdict.
    7 terminationGracePeriodSeconds *int64
  `,
  ContainerResizePolicy: `
    1 resourceName string !
    2 restartPolicy string !
  `,
  Capabilities: `
    1 add []string @atomic
    2 drop []string @atomic
  `,
  ResourceRequirements: `
    1 limits map[string]Quantity # Most the container may use.
    2 requests map[string]Quantity # What is reserved for the container.
    3 claims []ResourceClaim @map(name)
  `,
  VolumeResourceRequirements: `
    1 limits map[string]Quantity
    2 requests map[string]Quantity
  `,
  ResourceClaim: `
    1 name string !
    2 request string
  `,
  Container: `# A single process image with its settings.
    1 name string ! # Unique within the pod, a DNS label.
    2 image string # Image reference, e.g. registry/name:tag.
    3 command []string @atomic # Replaces the entry point of the image; not run in a shell.
    4 args []string @atomic # Arguments of the entry point.
    5 workingDir string # Directory the process starts in.
    6 ports []ContainerPort @map(containerPort,protocol) +merge(containerPort) # Ports the container listens on; informational.
    19 envFrom []EnvFromSource @atomic # Sources whose every key becomes a variable.
    7 env []EnvVar @map(name) +merge(name) # Environment variables; they win over envFrom.
    8 resources ResourceRequirements ={} # Requested and permitted compute resources.
    23 resizePolicy []ContainerResizePolicy @atomic
    24 restartPolicy *string
    25 restartPolicyRules []ContainerRestartRule @atomic
    9 volumeMounts []VolumeMount @map(mountPath) +merge(mountPath) # Volumes visible in the file system of the container.
    21 volumeDevices []VolumeDevice @map(devicePath) +merge(devicePath)
    10 livenessProbe *Probe # Restarts the container when it fails.
    11 readinessProbe *Probe # Takes the pod out of service endpoints while it fails.
    22 startupProbe *Probe # Holds back the other probes until it succeeds.
    12 lifecycle *Lifecycle # Actions on start and stop.
    13 terminationMessagePath string :=/dev/termination-log
    20 terminationMessagePolicy string :=File {FallbackToLogsOnError|File}
    14 imagePullPolicy string {Always|IfNotPresent|Never} # Always, IfNotPresent or Never; Always when the tag is latest or missing.
    15 securityContext *SecurityContext # Security settings; they win over those of the pod.
    16 stdin bool # Keep standard input open.
    17 stdinOnce bool
    18 tty bool # Give the process a terminal.
  `,
  ProbeHandler: `
    1 exec *ExecAction # Run a command in the container; exit code 0 is success.
    2 httpGet *HTTPGetAction # An HTTP GET; 200 to 399 is success.
    3 tcpSocket *TCPSocketAction # Open a TCP connection.
    4 grpc *GRPCAction # A gRPC health check.
  `,
  LifecycleHandler: `
    1 exec *ExecAction
    2 httpGet *HTTPGetAction
    3 tcpSocket *TCPSocketAction
    4 sleep *SleepAction
  `,
  Lifecycle: `
    1 postStart *LifecycleHandler
    2 preStop *LifecycleHandler
    3 stopSignal *string
  `,
  ContainerStateWaiting: `
    1 reason string
    2 message string
  `,
  ContainerStateRunning: `
    1 startedAt Time
  `,
  ContainerStateTerminated: `
    1 exitCode int32 !
    2 signal int32
    3 reason string
    4 message string
    5 startedAt Time
    6 finishedAt Time
    7 containerID string
  `,
  ContainerState: `
    1 waiting *ContainerStateWaiting
    2 running *ContainerStateRunning
    3 terminated *ContainerStateTerminated
  `,
  ContainerStatus: `
    1 name string !
    2 state ContainerState
    3 lastState ContainerState
    4 ready bool !
    5 restartCount int32 !
    6 image string !
    7 imageID string !
    8 containerID string
    9 started *bool
    10 allocatedResources map[string]Quantity
    11 resources *ResourceRequirements
    12 volumeMounts []VolumeMountStatus @map(mountPath) +merge(mountPath)
    13 user *ContainerUser
    14 allocatedResourcesStatus []ResourceStatus @map(name) +merge(name)
    15 stopSignal *string
  `,
  ResourceStatus: `
    1 name string !
    2 resources []ResourceHealth @map(resourceID)
  `,
  ResourceHealth: `
    1 resourceID string !
    2 health string
  `,
  ContainerUser: `
    1 linux *LinuxContainerUser
  `,
  LinuxContainerUser: `
    1 uid int64 !
    2 gid int64 !
    3 supplementalGroups []int64 @atomic
  `,
  PodCondition: `
    1 type string !
    7 observedGeneration int64
    2 status string !
    3 lastProbeTime Time
    4 lastTransitionTime Time
    5 reason string
    6 message string
  `,
  VolumeMountStatus: `
    1 name string !
    2 mountPath string !
    3 readOnly bool
    4 recursiveReadOnly *string
  `,
  ContainerRestartRule: `
    1 action string !!
    2 exitCodes *ContainerRestartRuleOnExitCodes
  `,
  ContainerRestartRuleOnExitCodes: `
    1 operator string !!
    2 values []int32 @set
  `,
  NodeSelector: `%atomic
    1 nodeSelectorTerms []NodeSelectorTerm ! @atomic
  `,
  NodeSelectorTerm: `%atomic
    1 matchExpressions []NodeSelectorRequirement @atomic
    2 matchFields []NodeSelectorRequirement @atomic
  `,
  NodeSelectorRequirement: `
    1 key string !
    2 operator string ! {DoesNotExist|Exists|Gt|In|Lt|NotIn}
    3 values []string @atomic
  `,
  TopologySelectorTerm: `%atomic
    1 matchLabelExpressions []TopologySelectorLabelRequirement @atomic
  `,
  TopologySelectorLabelRequirement: `
    1 key string !
    2 values []string ! @atomic
  `,
  Affinity: `
    1 nodeAffinity *NodeAffinity
    2 podAffinity *PodAffinity
    3 podAntiAffinity *PodAntiAffinity
  `,
  PodAffinity: `
    1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm @atomic
    2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm @atomic
  `,
  PodAntiAffinity: `
    1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm @atomic
    2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm @atomic
  `,
  WeightedPodAffinityTerm: `
    1 weight int32 !
    2 podAffinityTerm PodAffinityTerm !
  `,
  PodAffinityTerm: `
    1 labelSelector *meta.LabelSelector
    2 namespaces []string @atomic
    3 topologyKey string !
    4 namespaceSelector *meta.LabelSelector
    5 matchLabelKeys []string @atomic
    6 mismatchLabelKeys []string @atomic
  `,
  NodeAffinity: `
    1 requiredDuringSchedulingIgnoredDuringExecution *NodeSelector
    2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm @atomic
  `,
  PreferredSchedulingTerm: `
    1 weight int32 !
    2 preference NodeSelectorTerm !
  `,
  Taint: `
    1 key string !
    2 value string
    3 effect string ! {NoExecute|NoSchedule|PreferNoSchedule}
    4 timeAdded *Time
  `,
  Toleration: `
    1 key string
    2 operator string {Equal|Exists|Gt|Lt}
    3 value string
    4 effect string {NoExecute|NoSchedule|PreferNoSchedule}
    5 tolerationSeconds *int64
  `,
  PodReadinessGate: `
    1 conditionType string !
  `,
  PodSpec: `
    1 volumes []Volume @map(name) +merge,retainKeys(name) # Storage that the containers can mount.
    20 initContainers []Container @map(name) +merge(name) # Run one after the other before the containers start.
    2 containers []Container ! @map(name) +merge(name) # Containers of the pod, at least one.
    34 ephemeralContainers []EphemeralContainer @map(name) +merge(name) # Added to a running pod for debugging.
    3 restartPolicy string :=Always {Always|Never|OnFailure} # When ended containers are started again.
    4 terminationGracePeriodSeconds *int64 :=30 # Seconds between the stop signal and the kill.
    5 activeDeadlineSeconds *int64 # Seconds the pod may be active before it is failed.
    6 dnsPolicy string :=ClusterFirst {ClusterFirst|ClusterFirstWithHostNet|Default|None} # How names are resolved inside the pod.
    7 nodeSelector map[string]string @atomic # Labels a node must have to run the pod.
    8 serviceAccountName string # Identity under which the pod calls the API.
    9 serviceAccount string
    21 automountServiceAccountToken *bool # Whether a token of the service account is mounted.
    10 nodeName string # Node the pod is bound to.
    11 hostNetwork bool # Use the network of the node.
    12 hostPID bool
    13 hostIPC bool
    27 shareProcessNamespace *bool
    14 securityContext *PodSecurityContext :={} # Security settings for all containers of the pod.
    15 imagePullSecrets []LocalObjectReference @map(name) +merge(name) # Secrets with registry credentials.
    16 hostname string # Host name inside the pod.
    17 subdomain string
    18 affinity *Affinity # Placement rules relative to nodes and other pods.
    19 schedulerName string :=default-scheduler # Scheduler that places the pod.
    22 tolerations []Toleration @atomic # Taints the pod accepts.
    23 hostAliases []HostAlias @map(ip) +merge(ip)
    24 priorityClassName string # Name of the PriorityClass of the pod.
    25 priority *int32
    26 dnsConfig *PodDNSConfig
    28 readinessGates []PodReadinessGate @atomic
    29 runtimeClassName *string
    30 enableServiceLinks *bool # Inject environment variables for the services of the namespace.
    31 preemptionPolicy *string {Never|PreemptLowerPriority}
    32 overhead map[string]Quantity
    33 topologySpreadConstraints []TopologySpreadConstraint @map(topologyKey,whenUnsatisfiable) +merge(topologyKey) # How pods spread over zones, nodes and the like.
    35 setHostnameAsFQDN *bool
    36 os *PodOS
    37 hostUsers *bool
    38 schedulingGates []PodSchedulingGate @map(name) +merge(name)
    39 resourceClaims []PodResourceClaim @map(name) +merge,retainKeys(name)
    40 resources *ResourceRequirements
    41 hostnameOverride *string
    42 workloadRef *WorkloadReference
  `,
  PodResourceClaim: `
    1 name string !
    3 resourceClaimName *string
    4 resourceClaimTemplateName *string
  `,
  PodResourceClaimStatus: `
    1 name string !
    2 resourceClaimName *string
  `,
  PodExtendedResourceClaimStatus: `
    1 requestMappings []ContainerExtendedResourceRequest ! @atomic
    2 resourceClaimName string !
  `,
  ContainerExtendedResourceRequest: `
    1 containerName string !
    2 resourceName string !
    3 requestName string !
  `,
  PodOS: `
    1 name string !
  `,
  PodSchedulingGate: `
    1 name string !
  `,
  WorkloadReference: `
    1 name string !
    2 podGroup string !
    3 podGroupReplicaKey string
  `,
  TopologySpreadConstraint: `
    1 maxSkew int32 !
    2 topologyKey string !
    3 whenUnsatisfiable string ! {DoNotSchedule|ScheduleAnyway}
    4 labelSelector *meta.LabelSelector
    5 minDomains *int32
    6 nodeAffinityPolicy *string {Honor|Ignore}
    7 nodeTaintsPolicy *string {Honor|Ignore}
    8 matchLabelKeys []string @atomic
  `,
  HostAlias: `
    1 ip string !
    2 hostnames []string @atomic
  `,
  PodSecurityContext: `
    1 seLinuxOptions *SELinuxOptions
    8 windowsOptions *WindowsSecurityContextOptions
    2 runAsUser *int64
    6 runAsGroup *int64
    3 runAsNonRoot *bool
    4 supplementalGroups []int64 @atomic
    12 supplementalGroupsPolicy *string {Merge|Strict}
    5 fsGroup *int64
    7 sysctls []Sysctl @atomic
    9 fsGroupChangePolicy *string {Always|OnRootMismatch}
    10 seccompProfile *SeccompProfile
    11 appArmorProfile *AppArmorProfile
    13 seLinuxChangePolicy *string
  `,
  SeccompProfile: `
    1 type string ! {Localhost|RuntimeDefault|Unconfined}
    2 localhostProfile *string
  `,
  AppArmorProfile: `
    1 type string ! {Localhost|RuntimeDefault|Unconfined}
    2 localhostProfile *string
  `,
  PodDNSConfig: `
    1 nameservers []string @atomic
    2 searches []string @atomic
    3 options []PodDNSConfigOption @atomic
  `,
  PodDNSConfigOption: `
    1 name string
    2 value *string
  `,
  PodIP: `
    1 ip string !
  `,
  HostIP: `
    1 ip string !
  `,
  EphemeralContainerCommon: `
    1 name string !
    2 image string
    3 command []string @atomic
    4 args []string @atomic
    5 workingDir string
    6 ports []ContainerPort @map(containerPort,protocol) +merge(containerPort)
    19 envFrom []EnvFromSource @atomic
    7 env []EnvVar @map(name) +merge(name)
    8 resources ResourceRequirements ={}
    23 resizePolicy []ContainerResizePolicy @atomic
    24 restartPolicy *string
    25 restartPolicyRules []ContainerRestartRule @atomic
    9 volumeMounts []VolumeMount @map(mountPath) +merge(mountPath)
    21 volumeDevices []VolumeDevice @map(devicePath) +merge(devicePath)
    10 livenessProbe *Probe
    11 readinessProbe *Probe
    22 startupProbe *Probe
    12 lifecycle *Lifecycle
    13 terminationMessagePath string :=/dev/termination-log
    20 terminationMessagePolicy string :=File {FallbackToLogsOnError|File}
    14 imagePullPolicy string {Always|IfNotPresent|Never}
    15 securityContext *SecurityContext
    16 stdin bool
    17 stdinOnce bool
    18 tty bool
  `,
  EphemeralContainer: `
    1 ~ EphemeralContainerCommon
    2 targetContainerName string
  `,
  PodStatus: `
    17 observedGeneration int64
    1 phase string {Failed|Pending|Running|Succeeded|Unknown} # Pending, Running, Succeeded, Failed or Unknown.
    2 conditions []PodCondition @map(type) +merge(type) # Scheduled, initialized, containers ready, ready.
    3 message string
    4 reason string
    11 nominatedNodeName string
    5 hostIP string
    16 hostIPs []HostIP @atomic +merge(ip)
    6 podIP string # Address of the pod.
    12 podIPs []PodIP @map(ip) +merge(ip)
    7 startTime *Time
    10 initContainerStatuses []ContainerStatus @atomic
    8 containerStatuses []ContainerStatus @atomic # State of each container.
    9 qosClass string {BestEffort|Burstable|Guaranteed}
    13 ephemeralContainerStatuses []ContainerStatus @atomic
    14 resize string
    15 resourceClaimStatuses []PodResourceClaimStatus @map(name) +merge,retainKeys(name)
    18 extendedResourceClaimStatus *PodExtendedResourceClaimStatus
    19 allocatedResources map[string]Quantity
    20 resources *ResourceRequirements
  `,
  Pod: `%kind # A group of containers placed on one node with one network address.
    1 metadata meta.ObjectMeta
    2 spec PodSpec # What should run.
    3 status PodStatus # What was last observed to run.
  `,
  PodTemplateSpec: `# Blueprint from which controllers make pods.
    1 metadata meta.ObjectMeta
    2 spec PodSpec
  `,
  PodTemplate: `%kind
    1 metadata meta.ObjectMeta
    2 template PodTemplateSpec
  `,
  ReplicationControllerSpec: `
    1 replicas *int32 =1
    4 minReadySeconds int32 ^=0
    2 selector map[string]string @atomic
    3 template *PodTemplateSpec
  `,
  ReplicationControllerStatus: `
    1 replicas int32 !
    2 fullyLabeledReplicas int32
    4 readyReplicas int32
    5 availableReplicas int32
    3 observedGeneration int64
    6 conditions []ReplicationControllerCondition @map(type) +merge(type)
  `,
  ReplicationControllerCondition: `
    1 type string !
    2 status string !
    3 lastTransitionTime Time
    4 reason string
    5 message string
  `,
  ReplicationController: `%kind
    1 metadata meta.ObjectMeta
    2 spec ReplicationControllerSpec
    3 status ReplicationControllerStatus
  `,
  SessionAffinityConfig: `
    1 clientIP *ClientIPConfig
  `,
  ClientIPConfig: `
    1 timeoutSeconds *int32 :=10800
  `,
  ServiceStatus: `
    1 loadBalancer LoadBalancerStatus
    2 conditions []meta.Condition @map(type) +merge(type)
  `,
  LoadBalancerStatus: `
    1 ingress []LoadBalancerIngress @atomic
  `,
  LoadBalancerIngress: `
    1 ip string
    2 hostname string
    3 ipMode *string
    4 ports []PortStatus @atomic
  `,
  ServiceSpec: `
    1 ports []ServicePort @map(port,protocol) +merge(port) # Ports the service offers.
    2 selector map[string]string @atomic # Labels of the pods that get the traffic.
    3 clusterIP string # Virtual address; None for a headless service.
    18 clusterIPs []string @atomic
    4 type string :=ClusterIP {ClusterIP|ExternalName|LoadBalancer|NodePort} # ClusterIP, NodePort, LoadBalancer or ExternalName.
    5 externalIPs []string @atomic
    7 sessionAffinity string :=None {ClientIP|None} # ClientIP keeps a client on one pod.
    8 loadBalancerIP string
    9 loadBalancerSourceRanges []string @atomic
    10 externalName string # DNS name a service of type ExternalName points to.
    11 externalTrafficPolicy string {Cluster|Local}
    12 healthCheckNodePort int32
    13 publishNotReadyAddresses bool
    14 sessionAffinityConfig *SessionAffinityConfig
    19 ipFamilies []string @atomic {|IPv4|IPv6}
    17 ipFamilyPolicy *string {PreferDualStack|RequireDualStack|SingleStack}
    20 allocateLoadBalancerNodePorts *bool
    21 loadBalancerClass *string
    22 internalTrafficPolicy *string {Cluster|Local}
    23 trafficDistribution *string
  `,
  ServicePort: `
    1 name string # Needed when there is more than one port.
    2 protocol string =TCP {SCTP|TCP|UDP}
    6 appProtocol *string # Application protocol hint.
    3 port int32 ! # Port of the service.
    4 targetPort IntOrString # Port number or name on the pods; the same as port when empty.
    5 nodePort int32 # Port on every node for NodePort and LoadBalancer.
  `,
  Service: `%kind # A stable name and address for a set of pods.
    1 metadata meta.ObjectMeta
    2 spec ServiceSpec
    3 status ServiceStatus
  `,
  ServiceAccount: `%kind # Identity for processes in pods.
    1 metadata meta.ObjectMeta
    2 secrets []ObjectReference @map(name) +merge(name)
    3 imagePullSecrets []LocalObjectReference @atomic
    4 automountServiceAccountToken *bool
  `,
  Endpoints: `%kind
    1 metadata meta.ObjectMeta
    2 subsets []EndpointSubset @atomic
  `,
  EndpointSubset: `
    1 addresses []EndpointAddress @atomic
    2 notReadyAddresses []EndpointAddress @atomic
    3 ports []EndpointPort @atomic
  `,
  EndpointAddress: `%atomic
    1 ip string !
    3 hostname string
    4 nodeName *string
    2 targetRef *ObjectReference
  `,
  EndpointPort: `%atomic
    1 name string
    2 port int32 !
    3 protocol string :=TCP {SCTP|TCP|UDP}
    4 appProtocol *string
  `,
  NodeSpec: `
    1 podCIDR string
    7 podCIDRs []string @set +merge
    3 providerID string
    4 unschedulable bool
    5 taints []Taint @atomic
    6 configSource *NodeConfigSource
    2 externalID string
  `,
  NodeConfigSource: `
    2 configMap *ConfigMapNodeConfigSource
  `,
  ConfigMapNodeConfigSource: `
    1 namespace string !
    2 name string !
    3 uid string
    4 resourceVersion string
    5 kubeletConfigKey string !
  `,
  DaemonEndpoint: `
    1 Port int32 !
  `,
  NodeDaemonEndpoints: `
    1 kubeletEndpoint DaemonEndpoint
  `,
  NodeRuntimeHandlerFeatures: `
    1 recursiveReadOnlyMounts *bool
    2 userNamespaces *bool
  `,
  NodeRuntimeHandler: `
    1 name string ?
    2 features *NodeRuntimeHandlerFeatures
  `,
  NodeFeatures: `
    1 supplementalGroupsPolicy *bool
  `,
  NodeSystemInfo: `
    1 machineID string !
    2 systemUUID string !
    3 bootID string !
    4 kernelVersion string !
    5 osImage string !
    6 containerRuntimeVersion string !
    7 kubeletVersion string !
    8 kubeProxyVersion string !
    9 operatingSystem string !
    10 architecture string !
    11 swap *NodeSwapStatus
  `,
  NodeSwapStatus: `
    1 capacity *int64
  `,
  NodeConfigStatus: `
    1 assigned *NodeConfigSource
    2 active *NodeConfigSource
    3 lastKnownGood *NodeConfigSource
    4 error string
  `,
  NodeStatus: `
    1 capacity map[string]Quantity
    2 allocatable map[string]Quantity
    3 phase string {Pending|Running|Terminated}
    4 conditions []NodeCondition @map(type) +merge(type)
    5 addresses []NodeAddress @map(type) +merge(type)
    6 daemonEndpoints NodeDaemonEndpoints
    7 nodeInfo NodeSystemInfo
    8 images []ContainerImage @atomic
    9 volumesInUse []string @atomic
    10 volumesAttached []AttachedVolume @atomic
    11 config *NodeConfigStatus
    12 runtimeHandlers []NodeRuntimeHandler @atomic
    13 features *NodeFeatures
    14 declaredFeatures []string @atomic
  `,
  AttachedVolume: `
    1 name string !
    2 devicePath string !
  `,
  ContainerImage: `
    1 names []string ? @atomic
    2 sizeBytes int64
  `,
  NodeCondition: `
    1 type string !
    2 status string !
    3 lastHeartbeatTime Time
    4 lastTransitionTime Time
    5 reason string
    6 message string
  `,
  NodeAddress: `
    1 type string !
    2 address string !
  `,
  Node: `%kind # A machine that runs pods.
    1 metadata meta.ObjectMeta
    2 spec NodeSpec
    3 status NodeStatus
  `,
  NamespaceSpec: `
    1 finalizers []string @atomic
  `,
  NamespaceStatus: `
    1 phase string :=Active {Active|Terminating}
    2 conditions []NamespaceCondition @map(type) +merge(type)
  `,
  NamespaceCondition: `
    1 type string !
    2 status string !
    4 lastTransitionTime Time
    5 reason string
    6 message string
  `,
  Namespace: `%kind # A scope for names, quotas and access rules.
    1 metadata meta.ObjectMeta
    2 spec NamespaceSpec
    3 status NamespaceStatus
  `,
  ComponentCondition: `
    1 type string !
    2 status string !
    3 message string
    4 error string
  `,
  ComponentStatus: `%kind
    1 metadata meta.ObjectMeta
    2 conditions []ComponentCondition @map(type) +merge(type)
  `,
  Binding: `%kind
    1 metadata meta.ObjectMeta
    2 target ObjectReference !
  `,
  ObjectReference: `%atomic
    1 kind string
    2 namespace string
    3 name string
    4 uid string
    5 apiVersion string
    6 resourceVersion string
    7 fieldPath string
  `,
  LocalObjectReference: `%atomic
    1 name string ^=""
  `,
  TypedLocalObjectReference: `%atomic
    1 apiGroup *string ?
    2 kind string !
    3 name string !
  `,
  EventSource: `
    1 component string
    2 host string
  `,
  Event: `%kind # A report of something that happened to an object.
    1 metadata meta.ObjectMeta !
    2 involvedObject ObjectReference ! # What the event is about.
    3 reason string # Short machine-readable cause.
    4 message string # What happened, for people.
    5 source EventSource
    6 firstTimestamp Time
    7 lastTimestamp Time
    8 count int32 # How often it happened.
    9 type string # Normal or Warning.
    10 eventTime MicroTime
    11 series *EventSeries
    12 action string
    13 related *ObjectReference
    14 reportingComponent string ?
    15 reportingInstance string ?
  `,
  EventSeries: `
    1 count int32
    2 lastObservedTime MicroTime
  `,
  LimitRangeItem: `
    1 type string !
    2 max map[string]Quantity
    3 min map[string]Quantity
    4 default map[string]Quantity
    5 defaultRequest map[string]Quantity
    6 maxLimitRequestRatio map[string]Quantity
  `,
  LimitRangeSpec: `
    1 limits []LimitRangeItem ! @atomic
  `,
  LimitRange: `%kind # Defaults and bounds for resources in a namespace.
    1 metadata meta.ObjectMeta
    2 spec LimitRangeSpec
  `,
  ResourceQuotaSpec: `
    1 hard map[string]Quantity # Limit for each named resource.
    2 scopes []string @atomic {BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass}
    3 scopeSelector *ScopeSelector
  `,
  ScopeSelector: `%atomic
    1 matchExpressions []ScopedResourceSelectorRequirement @atomic
  `,
  ScopedResourceSelectorRequirement: `
    1 scopeName string ! {BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass}
    2 operator string ! {DoesNotExist|Exists|In|NotIn}
    3 values []string @atomic
  `,
  ResourceQuotaStatus: `
    1 hard map[string]Quantity
    2 used map[string]Quantity
  `,
  ResourceQuota: `%kind # Upper limits for a namespace.
    1 metadata meta.ObjectMeta
    2 spec ResourceQuotaSpec
    3 status ResourceQuotaStatus
  `,
  Secret: `%kind # Small sensitive data such as tokens and keys.
    1 metadata meta.ObjectMeta
    5 immutable *bool # Refuse changes of the data.
    2 data map[string]bytes # Base64 values by key.
    4 stringData map[string]string # Plain values merged into data on write; never read back.
    3 type string :=Opaque # What the data means, e.g. Opaque or kubernetes.io/tls.
  `,
  ConfigMap: `%kind # Configuration data that is not secret.
    1 metadata meta.ObjectMeta
    4 immutable *bool # Refuse changes of the data.
    2 data map[string]string # UTF-8 values by key.
    3 binaryData map[string]bytes # Base64 values by key.
  `,
  DownwardAPIVolumeSource: `
    1 items []DownwardAPIVolumeFile @atomic
    2 defaultMode *int32 :=420
  `,
  DownwardAPIVolumeFile: `
    1 path string !
    2 fieldRef *ObjectFieldSelector
    3 resourceFieldRef *ResourceFieldSelector
    4 mode *int32
  `,
  DownwardAPIProjection: `
    1 items []DownwardAPIVolumeFile @atomic
  `,
  SecurityContext: `
    1 capabilities *Capabilities # Linux capabilities to add or drop.
    2 privileged *bool # Run with all rights of the node.
    3 seLinuxOptions *SELinuxOptions
    10 windowsOptions *WindowsSecurityContextOptions
    4 runAsUser *int64 # User id of the process.
    8 runAsGroup *int64
    5 runAsNonRoot *bool # Refuse to start as user 0.
    6 readOnlyRootFilesystem *bool # Make the root file system read-only.
    7 allowPrivilegeEscalation *bool # Whether the process may gain more rights than its parent.
    9 procMount *string {Default|Unmasked}
    11 seccompProfile *SeccompProfile
    12 appArmorProfile *AppArmorProfile
  `,
  SELinuxOptions: `
    1 user string
    2 role string
    3 type string
    4 level string
  `,
  WindowsSecurityContextOptions: `
    1 gmsaCredentialSpecName *string
    2 gmsaCredentialSpec *string
    3 runAsUserName *string
    4 hostProcess *bool
  `,
  Sysctl: `
    1 name string !
    2 value string !
  `,
  PortStatus: `
    1 port int32 !
    2 protocol string ! {SCTP|TCP|UDP}
    3 error *string
  `,
  ImageVolumeSource: `
    1 reference string
    2 pullPolicy string {Always|IfNotPresent|Never}
  `,
};
