/**
 * What `kubectl explain` says of fields that the type tables leave without a word: many types have fields of the same name
 * and meaning, described here once. A line is `name: text`, or `Type.name: text` where a type means something else by it.
 */
const LINES = `
metadata: Standard object metadata: name, labels, annotations and bookkeeping.
spec: What is wanted of the object.
status: What was last observed of the object; written by controllers.
ListMeta.selfLink: No longer filled.
ObjectMeta.selfLink: No longer filled.
ListMeta.resourceVersion: State of the cluster the list shows; watches can go on from it.
ListMeta.continue: Token that gets the next page; empty on the last one.
ListMeta.remainingItemCount: Objects behind this page, where that is known.
ObjectMeta.deletionGracePeriodSeconds: Seconds the object has to end by itself once it is being deleted.
Status.status: Success or Failure.
Status.metadata: Metadata of lists.
name: Name of the object, or of what is meant by it.
namespace: Namespace of the object that is meant.
type: Which of the possible kinds this is.
kind: Kind of the object that is meant.
apiVersion: Group and version of the object that is meant.
apiGroup: API group of the object that is meant; empty for the core group.
uid: Unique id of the object that is meant.
group: API group.
version: API version.
resource: Resource name in plural.
readOnly: Whether it may not be written to.
reason: The cause in one CamelCase word.
message: The cause for people.
conditions: Aspects of the present state, each True, False or Unknown.
lastTransitionTime: When the status of the condition last changed.
lastProbeTime: When the condition was last checked.
lastUpdateTime: When the condition was last updated.
lastHeartbeatTime: When the node last reported the condition.
observedGeneration: Value of metadata.generation that the reporting controller has acted on.
fsType: File system to mount, e.g. ext4.
path: Path of the file, directory or URL.
secretRef: Secret with the credentials.
port: Number or name of the port.
ports: Ports in use.
key: Name of the key.
value: Value that goes with the name or key.
values: Values to compare with.
operator: How key and values are compared.
optional: Whether what is named may be missing.
user: Name of the user.
selector: Selects objects by their labels.
replicas: Number of pods, wanted in a spec, existing in a status.
readyReplicas: Pods with a true Ready condition.
availableReplicas: Pods that have been ready for minReadySeconds.
updatedReplicas: Pods made from the newest template.
currentReplicas: Pods made from the previous or present template.
terminatingReplicas: Pods that are being deleted.
fullyLabeledReplicas: Pods whose labels match all labels of the template.
unavailableReplicas: Pods still missing for full strength.
collisionCount: Hash collisions so far; goes into generated names.
minReadySeconds: Seconds a new pod must be ready to count as available.
revisionHistoryLimit: Old revisions kept for rollback.
template: Blueprint of the pods.
updateStrategy: How pods are replaced when the template changes.
rollingUpdate: Settings of rolling updates.
maxUnavailable: Pods that may be missing during an update, number or percentage.
maxSurge: Extra pods during an update, number or percentage.
partition: Pods from this ordinal on are updated; on volumes, the number of the partition.
resources: Compute resources, requested and permitted.
limits: Most of each resource that may be used.
requests: What is reserved of each resource.
claims: Claims of the pod that the container uses.
request: Name of the request within the claim.
items: Which keys become files, and under which paths; all when empty.
resourceVersion: State of the object that is meant.
ip: IP address.
protocol: TCP, UDP or SCTP.
image: Name of the container image.
imageID: Exact image that runs.
containerID: Id of the container in its runtime.
restartCount: How often the container was restarted.
restartPolicy: When containers are started again: Always, OnFailure or Never.
command: Program and arguments that replace the entry point of the image.
args: Arguments that replace those of the image.
workingDir: Directory the program starts in.
envFrom: Sources whose every key becomes an environment variable.
env: Environment variables.
volumeMounts: Where volumes appear in the file system of the container.
volumeDevices: Block devices the container gets.
livenessProbe: Restarts the container when it fails.
readinessProbe: Takes the pod out of Services while it fails.
startupProbe: Holds the other probes back until it succeeds.
lifecycle: Hooks after start and before stop.
imagePullPolicy: Always, Never or IfNotPresent.
securityContext: Privileges of the processes.
stdin: Keep a standard input open.
stdinOnce: Close the standard input after the first client left.
tty: Give the container a terminal.
terminationMessagePath: File whose content becomes the message of a container that ended.
terminationMessagePolicy: File, or FallbackToLogsOnError to take the end of the log instead.
resizePolicy: Whether a change of a resource restarts the container.
restartPolicyRules: Rules by exit code that come before restartPolicy.
targetContainerName: Container whose processes are visible from this one.
state: Present state of the container.
lastState: State before the last restart.
waiting: The container has not started yet.
running: The container runs.
terminated: The container has ended.
started: Whether the startup probe has passed.
ready: Whether it can take traffic.
exitCode: Exit code of the program.
signal: Signal that ended the program.
startedAt: When it began to run.
finishedAt: When it ended.
stopSignal: Signal that asks the program to end.
postStart: Runs right after the container was made.
preStop: Runs before the container is stopped.
exec: Runs a command in the container.
httpGet: Makes an HTTP request.
tcpSocket: Opens a TCP connection.
sleep: Waits for some seconds.
scheme: HTTP or HTTPS.
httpHeaders: Headers of the request.
host: Host name or address; the pod by default.
timeoutSeconds: Seconds after which it counts as failed.
terminationGracePeriodSeconds: Seconds between the request to end and the kill.
hostIP: Address of the node.
hostPort: Port of the node that leads to the container.
mountPropagation: Which mounts made later are seen on the other side.
recursiveReadOnly: Whether a read-only mount is so all the way down.
subPathExpr: Path inside the volume, with environment variables.
mountPath: Path in the container.
devicePath: Path of the device.
prefix: Put before the name of every variable.
configMapRef: ConfigMap with the variables.
fieldRef: A field of the pod itself.
resourceFieldRef: A resource of the container.
fieldPath: Path of the field.
containerName: Name of the container.
divisor: Unit of the value.
add: Capabilities to add.
drop: Capabilities to take away.
runAsUser: User id of the processes.
runAsGroup: Group id of the processes.
runAsNonRoot: Refuse to run as root.
runAsUserName: Windows user of the processes.
fsGroup: Group that owns the files of the volumes.
fsGroupChangePolicy: When the owner of files is changed.
supplementalGroups: More groups of the processes.
sysctls: Kernel settings of the pod.
seLinuxOptions: SELinux labels of the processes.
seccompProfile: Filter of system calls.
appArmorProfile: AppArmor profile.
windowsOptions: Settings for Windows.
localhostProfile: Path of a profile on the node.
procMount: Kind of the proc mount.
nodeName: Node it is on.
hostname: Host name.
subdomain: Sub-domain in the full host name.
hostPID: Share the process ids of the node.
hostIPC: Share the IPC namespace of the node.
hostUsers: Share the user namespace of the node.
shareProcessNamespace: Containers see each other's processes.
hostAliases: Lines for the hosts file.
hostnames: Names for the address.
dnsConfig: Resolver settings beside those of the policy.
nameservers: Addresses of name servers.
searches: Search domains.
options: Options as name and value.
readinessGates: Conditions that must be true for the pod to be ready.
conditionType: Name of the condition.
runtimeClassName: RuntimeClass that runs the pod.
overhead: Resources the runtime itself needs.
os: Operating system the pod is for.
schedulingGates: The pod is not scheduled while there is one.
resourceClaims: Claims for devices.
preemptionPolicy: Whether pods of lower priority may be evicted for it.
priority: Priority as a number; greater comes first.
serviceAccount: Older name of serviceAccountName.
setHostnameAsFQDN: Use the full name as host name.
affinity: Preferences and demands where pods go.
nodeAffinity: By labels of nodes.
podAffinity: Near other pods.
podAntiAffinity: Away from other pods.
requiredDuringSchedulingIgnoredDuringExecution: Must hold when the pod is scheduled.
preferredDuringSchedulingIgnoredDuringExecution: Should hold when the pod is scheduled.
topologyKey: Node label whose values make the places.
namespaceSelector: Selects namespaces by their labels.
namespaces: Names of namespaces.
labelSelector: Selects objects by their labels.
matchExpressions: Set-based terms; all must hold.
matchFields: Terms on fields of the node.
matchLabelKeys: Label keys whose values are taken from the new pod.
nodeSelectorTerms: Terms of which one must hold.
preference: Term the weight is for.
podAffinityTerm: Term the weight is for.
weight: From 1 to 100.
maxSkew: Greatest difference between two places.
whenUnsatisfiable: DoNotSchedule or ScheduleAnyway.
minDomains: Fewest places that count.
effect: NoSchedule, PreferNoSchedule or NoExecute.
tolerationSeconds: How long the taint is tolerated.
timeAdded: When the taint was added.
phase: Where it is in its life.
startTime: When it was accepted for running.
completionTime: When it was done.
podIPs: Addresses of the pod.
hostIPs: Addresses of the node.
nominatedNodeName: Node where room is being made for it.
qosClass: Guaranteed, Burstable or BestEffort.
initContainerStatuses: Init containers as last seen.
ephemeralContainerStatuses: Debug containers as last seen.
clusterIPs: Virtual addresses, one for each family.
externalIPs: Further addresses that lead to the service.
loadBalancer: What the load balancer has given out.
loadBalancerIP: Wanted address of the load balancer. Deprecated.
loadBalancerClass: Which implementation makes the load balancer.
loadBalancerSourceRanges: Networks that may use the load balancer.
externalTrafficPolicy: Cluster, or Local to stay on the node that got the traffic.
internalTrafficPolicy: Cluster, or Local to stay on the node of the client.
healthCheckNodePort: Node port where load balancers ask for health.
publishNotReadyAddresses: Publish pods before they are ready.
sessionAffinityConfig: Settings of session affinity.
ipFamilies: IPv4, IPv6 or both.
ipFamilyPolicy: SingleStack, PreferDualStack or RequireDualStack.
allocateLoadBalancerNodePorts: Whether a load balancer needs node ports.
trafficDistribution: Preference for near endpoints.
appProtocol: Protocol the application speaks on the port.
ingress: Incoming traffic, or points where it comes in.
egress: Outgoing traffic that is allowed.
from: Where traffic may come from; anywhere when empty.
to: Where traffic may go; anywhere when empty.
policyTypes: Ingress, Egress or both.
endPort: Last port of a range that begins with port.
cidr: Network in CIDR notation.
except: Networks inside the CIDR that are left out.
podSelector: Selects pods by their labels.
ipBlock: A network in CIDR notation.
defaultBackend: Where requests go that no rule matches.
rules: Rules in the order they are tried.
hosts: Host names.
http: Rules for HTTP by path.
paths: Paths and where they lead.
pathType: Exact, Prefix or ImplementationSpecific.
backend: Where requests go.
number: Port number.
service: The Service that is meant.
secretName: Name of the Secret.
addresses: Addresses behind the service.
notReadyAddresses: Addresses that do not take traffic yet.
subsets: Groups of addresses with the same ports.
endpoints: What is behind the service.
addressType: IPv4, IPv6 or FQDN.
targetRef: Object behind the address.
serving: Takes traffic, even while it ends.
terminating: Whether it is being ended.
zone: Zone it is in.
hints: Who should use it.
secrets: Secrets that pods of the account may use.
imagePullSecrets: Secrets with credentials for image registries.
automountServiceAccountToken: Whether pods get the token of the account.
defaultMode: Mode of files, e.g. 0644.
mode: Mode of this file.
sources: What is put into the directory.
accessModes: How the volume may be mounted.
capacity: Size and other amounts.
storageClassName: Name of the StorageClass.
volumeName: Name of the volume.
volumeMode: Filesystem or Block.
mountOptions: Options for mounting.
claimRef: Claim the volume is bound to.
claimName: Name of the claim in the same namespace.
persistentVolumeReclaimPolicy: What happens to the volume when its claim is gone: Retain, Delete or Recycle.
reclaimPolicy: What happens to volumes when their claims are gone.
volumeBindingMode: Immediate, or WaitForFirstConsumer to wait for a pod.
allowVolumeExpansion: Whether claims may grow.
allowedTopologies: Places volumes may be in.
provisioner: Who makes the volumes.
parameters: Settings for whoever implements it.
dataSource: What a new volume is filled with.
dataSourceRef: What a new volume is filled with; any kind of object.
volumeAttributesClassName: VolumeAttributesClass of the volume.
driver: Name of the driver.
medium: Empty for disk, Memory for RAM.
sizeLimit: Most the volume may hold.
podCIDR: Network of the pods on the node.
podCIDRs: Networks of the pods on the node.
providerID: Id of the machine at its provider.
unschedulable: Takes no new pods.
taints: What keeps pods away.
allocatable: What is there for pods.
daemonEndpoints: Ports of the node's own programs.
nodeInfo: Machine, kernel and versions.
images: Images on the node.
volumesInUse: Volumes attached and in use.
volumesAttached: Volumes attached.
kubeletVersion: Version of the node agent.
containerRuntimeVersion: Version of the container runtime.
kernelVersion: Version of the kernel.
osImage: Name of the operating system's release.
operatingSystem: linux or windows.
architecture: Processor architecture.
hard: Limits by name.
used: Amounts in use by name.
scopes: Only objects in these scopes count.
scopeSelector: Only objects in the selected scopes count.
max: Greatest amounts.
min: Least amounts.
default: Value when there is none.
defaultRequest: Requests when there are none.
maxLimitRequestRatio: Greatest ratio of limit to request.
eventTime: When it happened.
series: Repetitions of the event.
related: A second object that has to do with it.
reportingComponent: Controller that reported it.
reportingController: Controller that reported it.
reportingInstance: Instance of that controller.
action: What was done.
regarding: What the event is about.
note: What happened, for people.
firstTimestamp: When it was first seen.
lastTimestamp: When it was last seen.
lastObservedTime: When it was last seen.
count: How often.
source: Who reported it.
component: Program that reported it.
active: What is running now.
succeeded: What ended well.
failed: What ended badly.
completionMode: NonIndexed or Indexed.
completedIndexes: Indexes that are done.
failedIndexes: Indexes that have failed.
backoffLimitPerIndex: Failures before one index is given up.
maxFailedIndexes: Failed indexes before the job is given up.
podFailurePolicy: What failures of pods mean.
successPolicy: When the job counts as done early.
podReplacementPolicy: When failed pods are replaced.
manualSelector: The selector is the user's own.
managedBy: Controller that looks after the job.
startingDeadlineSeconds: Seconds a start may be late.
successfulJobsHistoryLimit: Finished jobs to keep.
failedJobsHistoryLimit: Failed jobs to keep.
lastScheduleTime: When a job was last made.
lastSuccessfulTime: When a job last ended well.
podManagementPolicy: OrderedReady or Parallel.
persistentVolumeClaimRetentionPolicy: What happens to the claims when pods go.
whenDeleted: Delete or Retain when the set is deleted.
whenScaled: Delete or Retain when the set shrinks.
ordinals: Numbering of the pods.
start: First number.
currentRevision: Revision of pods not updated yet.
updateRevision: Revision of updated pods.
scaleTargetRef: What is scaled.
minReplicas: Fewest pods.
maxReplicas: Most pods.
metrics: What the number of pods is computed from.
behavior: How fast it scales.
scaleUp: When pods are added.
scaleDown: When pods are taken away.
stabilizationWindowSeconds: Seconds to look back before acting.
selectPolicy: Max, Min or Disabled.
policies: Limits of change.
periodSeconds: Seconds the limit is for.
target: Value to reach.
current: Value now.
metric: Which metric.
averageUtilization: Percent of the requests, on average.
averageValue: Value of one pod, on average.
currentMetrics: Metrics as last read.
desiredReplicas: Number of pods last computed.
lastScaleTime: When the number of pods last changed.
disruptionsAllowed: Pods that may be evicted now.
currentHealthy: Pods that are healthy.
desiredHealthy: Pods that must stay healthy.
expectedPods: Pods the budget counts.
disruptedPods: Pods on their way out.
unhealthyPodEvictionPolicy: Whether unhealthy pods may always be evicted.
holderIdentity: Who holds the lease.
leaseDurationSeconds: Seconds it lasts without renewal.
acquireTime: When the holder got it.
renewTime: When the holder last renewed it.
leaseTransitions: How often the holder changed.
subjects: Who it is for.
roleRef: The role that is granted; cannot be changed.
aggregationRule: Selects the roles whose rules make up this one.
clusterRoleSelectors: Selectors of cluster roles.
verbs: Actions such as get, list, watch, create.
apiGroups: API groups.
resourceNames: Names of objects.
nonResourceURLs: Paths outside of the API groups.
webhooks: The webhooks, in the order they are called.
clientConfig: How it is reached.
url: Address, with https.
caBundle: Certificates that its certificate is checked against, PEM.
failurePolicy: Fail or Ignore when it cannot be reached.
matchPolicy: Exact, or Equivalent to see other versions too.
objectSelector: Selects objects by their labels.
sideEffects: None, or NoneOnDryRun.
admissionReviewVersions: Versions of AdmissionReview it understands.
matchConditions: CEL expressions that must all be true.
expression: CEL expression.
reinvocationPolicy: Whether it is called again after later changes.
operations: CREATE, UPDATE, DELETE, CONNECT or *.
scope: Namespaced, Cluster or *.
globalDefault: Priority of pods that name no class.
versions: Versions of the kind.
served: Whether it is served.
storage: Whether objects are stored in it; true for one version.
deprecated: Whether clients are warned.
deprecationWarning: What clients are told.
schema: Schema of the version.
openAPIV3Schema: Structural OpenAPI v3 schema.
subresources: Status and scale endpoints.
scale: Scale endpoint.
additionalPrinterColumns: Columns of kubectl get.
selectableFields: Fields that field selectors may name.
jsonPath: Path of the value.
conversion: How objects get from one version to another.
names: Names of the kind.
plural: Name in paths.
singular: Name of one object.
shortNames: Short names for the command line.
listKind: Kind of lists.
categories: Groups of kinds such as all.
acceptedNames: Names in use.
storedVersions: Versions objects may still be stored in.
specReplicasPath: Path of the wanted replicas.
statusReplicasPath: Path of the present replicas.
labelSelectorPath: Path of the selector as text.
properties: Schemas of the fields.
additionalProperties: Schema of all other fields.
required: Fields or terms that must be there.
enum: Values that are allowed.
pattern: Regular expression the text must match.
description: For people.
format: Form of the value.
rule: CEL rule that must be true.
messageExpression: CEL expression that makes the message.
audiences: Who the token is for.
token: The token.
expirationSeconds: How long it is valid.
expirationTimestamp: When it ends.
boundObjectRef: Object the token ends with.
username: Name of the user.
groups: Groups of the user.
extra: Further facts of the user.
allowed: Whether it is allowed.
denied: Whether it is denied.
authenticated: Whether the token is valid.
gracePeriodSeconds: Seconds until the object is removed.
propagationPolicy: Orphan, Background or Foreground.
dryRun: All to store nothing.
preconditions: What must be true of the object.
orphanDependents: Older form of propagationPolicy.
fieldManager: Name under which the fields are tracked.
fieldValidation: Ignore, Warn or Strict.
force: Take over fields of other managers.
manager: Program that set the fields.
operation: Apply or Update.
fieldsType: Form of the fields.
fieldsV1: The fields as a tree.
subresource: Subresource the fields were set through.
time: When it was.
blockOwnerDeletion: The owner waits for this object in foreground deletion.
controller: Whether it is the managing controller.
nodeSelector: Labels a node must have.
tolerations: Taints that are tolerated.
podFixed: Amounts for every pod.
`;

/** Descriptions by field name and by `Type.field`. Parsed anew each time: keep the result only as long as a document is made. */
export function fieldDescriptions(): ReadonlyMap<string, string> {
  const lines = LINES.trim().split('\n');
  return new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
}
