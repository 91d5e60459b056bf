/** Every built-in resource: how it is called, what it can do, and what `kubectl get` shows of it. */
import type { KindDefinition, KindVersion, PrinterColumn, StoredForm } from '../api/kinds.ts';
import { CREATED_AT } from './columns/cells.ts';
import { admissionPolicyBindingColumns, admissionPolicyColumns } from './columns/admission.ts';
import * as cluster from './columns/cluster.ts';
import { componentStatusColumns, componentStatuses } from './component-statuses.ts';
import { metricsColumns } from './columns/metrics.ts';
import * as network from './columns/network.ts';
import * as others from './columns/others.ts';
import { podColumns, podRowConditions, podTemplateColumns } from './columns/pods.ts';
import * as workloads from './columns/workloads.ts';
import { autoscalerForm, eventForm } from './stored-forms.ts';

export interface Resource {
  /** Qualified name in the type tables. */
  type: string;
  plural: string;
  shortNames?: string[];
  /** Listed by `kubectl get all`. */
  isInAll?: boolean;
  isClusterScoped?: boolean;
  status?: boolean;
  scale?: KindVersion['scale'];
  columns?: PrinterColumn[];
  rowConditions?: KindVersion['rowConditions'];
  fields?: string[];
  verbs?: string[];
  /** Every answer warns with it. */
  deprecation?: string;
  /** Set where objects are made for each request. */
  compute?: KindDefinition['compute'];
  storedAs?: StoredForm;
}

const scale = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
};
const EVENT_FIELDS = ['type', 'reason', 'reportingController'];
const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
/** Asked, answered, never stored. */
const ASK = ['create'];

/** Groups in the order of discovery, the resources of each by name. */
export const RESOURCES: Resource[] = [
  { type: 'core.Binding', plural: 'bindings', verbs: ASK },
  {
    type: 'core.ComponentStatus',
    plural: 'componentstatuses',
    shortNames: ['cs'],
    isClusterScoped: true,
    columns: componentStatusColumns,
    verbs: ['get', 'list'],
    deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
    compute: componentStatuses,
  },
  {
    type: 'core.ConfigMap',
    plural: 'configmaps',
    shortNames: ['cm'],
    columns: others.configMapColumns,
  },
  {
    type: 'core.Endpoints',
    plural: 'endpoints',
    shortNames: ['ep'],
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    columns: network.endpointsColumns,
  },
  {
    type: 'core.Event',
    plural: 'events',
    shortNames: ['ev'],
    columns: others.eventColumns,
    fields: [
      ...INVOLVED.map((key) => `involvedObject.${key}`),
      'type',
      'reason',
      'reportingComponent',
      'source',
    ],
  },
  { type: 'core.LimitRange', plural: 'limitranges', shortNames: ['limits'], columns: [CREATED_AT] },
  {
    type: 'core.Namespace',
    plural: 'namespaces',
    shortNames: ['ns'],
    isClusterScoped: true,
    status: true,
    columns: others.namespaceColumns,
    fields: ['status.phase'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  },
  {
    type: 'core.Node',
    plural: 'nodes',
    shortNames: ['no'],
    isClusterScoped: true,
    status: true,
    columns: others.nodeColumns,
    fields: ['spec.unschedulable'],
  },
  {
    type: 'core.PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    shortNames: ['pvc'],
    status: true,
    columns: others.persistentVolumeClaimColumns,
  },
  {
    type: 'core.PersistentVolume',
    plural: 'persistentvolumes',
    shortNames: ['pv'],
    isClusterScoped: true,
    status: true,
    columns: others.persistentVolumeColumns,
  },
  {
    type: 'core.Pod',
    plural: 'pods',
    shortNames: ['po'],
    isInAll: true,
    status: true,
    columns: podColumns,
    rowConditions: podRowConditions,
    fields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.podIPs',
      'status.nominatedNodeName',
    ],
  },
  { type: 'core.PodTemplate', plural: 'podtemplates', columns: podTemplateColumns },
  {
    type: 'core.ReplicationController',
    plural: 'replicationcontrollers',
    shortNames: ['rc'],
    isInAll: true,
    status: true,
    scale,
    columns: workloads.replicationControllerColumns,
    fields: ['status.replicas'],
  },
  {
    type: 'core.ResourceQuota',
    plural: 'resourcequotas',
    shortNames: ['quota'],
    status: true,
    columns: others.resourceQuotaColumns,
  },
  { type: 'core.Secret', plural: 'secrets', columns: others.secretColumns, fields: ['type'] },
  {
    type: 'core.ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
  },
  {
    type: 'core.Service',
    plural: 'services',
    shortNames: ['svc'],
    isInAll: true,
    status: true,
    columns: network.serviceColumns,
    fields: ['spec.clusterIP', 'spec.type'],
  },
  {
    type: 'apiregistration.APIService',
    plural: 'apiservices',
    isClusterScoped: true,
    status: true,
    columns: cluster.apiServiceColumns,
  },
  {
    type: 'apps.ControllerRevision',
    plural: 'controllerrevisions',
    columns: workloads.controllerRevisionColumns,
  },
  {
    type: 'apps.DaemonSet',
    plural: 'daemonsets',
    shortNames: ['ds'],
    isInAll: true,
    status: true,
    columns: workloads.daemonSetColumns,
  },
  {
    type: 'apps.Deployment',
    plural: 'deployments',
    shortNames: ['deploy'],
    isInAll: true,
    status: true,
    scale,
    columns: workloads.deploymentColumns,
  },
  {
    type: 'apps.ReplicaSet',
    plural: 'replicasets',
    shortNames: ['rs'],
    isInAll: true,
    status: true,
    scale,
    columns: workloads.replicaSetColumns,
  },
  {
    type: 'apps.StatefulSet',
    plural: 'statefulsets',
    shortNames: ['sts'],
    isInAll: true,
    status: true,
    scale,
    columns: workloads.statefulSetColumns,
  },
  {
    type: 'events.Event',
    plural: 'events',
    shortNames: ['ev'],
    columns: others.eventColumns,
    fields: [...INVOLVED.map((key) => `regarding.${key}`), ...EVENT_FIELDS],
    storedAs: eventForm,
  },
  {
    type: 'authentication.SelfSubjectReview',
    plural: 'selfsubjectreviews',
    isClusterScoped: true,
    verbs: ASK,
  },
  { type: 'authentication.TokenReview', plural: 'tokenreviews', isClusterScoped: true, verbs: ASK },
  {
    type: 'authorization.LocalSubjectAccessReview',
    plural: 'localsubjectaccessreviews',
    verbs: ASK,
  },
  {
    type: 'authorization.SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    isClusterScoped: true,
    verbs: ASK,
  },
  {
    type: 'authorization.SelfSubjectRulesReview',
    plural: 'selfsubjectrulesreviews',
    isClusterScoped: true,
    verbs: ASK,
  },
  {
    type: 'authorization.SubjectAccessReview',
    plural: 'subjectaccessreviews',
    isClusterScoped: true,
    verbs: ASK,
  },
  {
    type: 'autoscaling.HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    shortNames: ['hpa'],
    isInAll: true,
    status: true,
    columns: others.autoscalerColumns,
  },
  {
    type: 'autoscalingV1.HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    shortNames: ['hpa'],
    isInAll: true,
    status: true,
    columns: others.autoscalerV1Columns,
    storedAs: autoscalerForm,
  },
  {
    type: 'batch.CronJob',
    plural: 'cronjobs',
    shortNames: ['cj'],
    isInAll: true,
    status: true,
    columns: workloads.cronJobColumns,
  },
  {
    type: 'batch.Job',
    plural: 'jobs',
    isInAll: true,
    status: true,
    columns: workloads.jobColumns,
    fields: ['status.successful'],
  },
  {
    type: 'certificates.CertificateSigningRequest',
    plural: 'certificatesigningrequests',
    shortNames: ['csr'],
    isClusterScoped: true,
    status: true,
    columns: cluster.certificateRequestColumns,
    fields: ['spec.signerName'],
  },
  {
    type: 'networking.IngressClass',
    plural: 'ingressclasses',
    isClusterScoped: true,
    columns: network.ingressClassColumns,
  },
  {
    type: 'networking.Ingress',
    plural: 'ingresses',
    shortNames: ['ing'],
    status: true,
    columns: network.ingressColumns,
  },
  {
    type: 'networking.IPAddress',
    plural: 'ipaddresses',
    shortNames: ['ip'],
    isClusterScoped: true,
    columns: cluster.ipAddressColumns,
    fields: [],
  },
  {
    type: 'networking.NetworkPolicy',
    plural: 'networkpolicies',
    shortNames: ['netpol'],
    columns: network.networkPolicyColumns,
  },
  {
    type: 'networking.ServiceCIDR',
    plural: 'servicecidrs',
    isClusterScoped: true,
    status: true,
    columns: cluster.serviceCidrColumns,
  },
  {
    type: 'policy.PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    status: true,
    columns: others.podDisruptionBudgetColumns,
  },
  {
    type: 'rbac.ClusterRoleBinding',
    plural: 'clusterrolebindings',
    isClusterScoped: true,
    columns: others.bindingColumns,
  },
  {
    type: 'rbac.ClusterRole',
    plural: 'clusterroles',
    isClusterScoped: true,
    columns: [CREATED_AT],
  },
  { type: 'rbac.RoleBinding', plural: 'rolebindings', columns: others.bindingColumns },
  { type: 'rbac.Role', plural: 'roles', columns: [CREATED_AT] },
  {
    type: 'storage.CSIDriver',
    plural: 'csidrivers',
    isClusterScoped: true,
    columns: cluster.csiDriverColumns,
  },
  {
    type: 'storage.CSINode',
    plural: 'csinodes',
    isClusterScoped: true,
    columns: cluster.csiNodeColumns,
  },
  {
    type: 'storage.CSIStorageCapacity',
    plural: 'csistoragecapacities',
    columns: [CREATED_AT],
  },
  {
    type: 'storage.StorageClass',
    plural: 'storageclasses',
    shortNames: ['sc'],
    isClusterScoped: true,
    columns: others.storageClassColumns,
  },
  {
    type: 'storage.VolumeAttachment',
    plural: 'volumeattachments',
    isClusterScoped: true,
    status: true,
    columns: cluster.volumeAttachmentColumns,
  },
  {
    type: 'storage.VolumeAttributesClass',
    plural: 'volumeattributesclasses',
    shortNames: ['vac'],
    isClusterScoped: true,
    columns: cluster.volumeAttributesClassColumns,
  },
  {
    type: 'admission.MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    isClusterScoped: true,
    columns: others.webhookColumns,
  },
  {
    type: 'admission.ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    isClusterScoped: true,
    columns: others.webhookColumns,
  },
  {
    type: 'admission.ValidatingAdmissionPolicy',
    plural: 'validatingadmissionpolicies',
    isClusterScoped: true,
    status: true,
    columns: admissionPolicyColumns,
  },
  {
    type: 'admission.ValidatingAdmissionPolicyBinding',
    plural: 'validatingadmissionpolicybindings',
    isClusterScoped: true,
    columns: admissionPolicyBindingColumns,
  },
  {
    type: 'crd.CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    shortNames: ['crd', 'crds'],
    isClusterScoped: true,
    status: true,
    columns: [CREATED_AT],
  },
  {
    type: 'scheduling.PriorityClass',
    plural: 'priorityclasses',
    shortNames: ['pc'],
    isClusterScoped: true,
    columns: others.priorityClassColumns,
  },
  { type: 'coordination.Lease', plural: 'leases', columns: others.leaseColumns },
  {
    type: 'node.RuntimeClass',
    plural: 'runtimeclasses',
    isClusterScoped: true,
    columns: cluster.runtimeClassColumns,
  },
  {
    type: 'discovery.EndpointSlice',
    plural: 'endpointslices',
    columns: network.endpointSliceColumns,
  },
  {
    type: 'flowcontrol.FlowSchema',
    plural: 'flowschemas',
    isClusterScoped: true,
    status: true,
    columns: cluster.flowSchemaColumns,
  },
  {
    type: 'flowcontrol.PriorityLevelConfiguration',
    plural: 'prioritylevelconfigurations',
    isClusterScoped: true,
    status: true,
    columns: cluster.priorityLevelColumns,
  },
];

/** Served only where there is a node that measures; see `api/metrics.ts`. */
export const METRICS_RESOURCES: Resource[] = [
  {
    type: 'metrics.NodeMetrics',
    plural: 'nodes',
    isClusterScoped: true,
    columns: metricsColumns,
    verbs: ['get', 'list'],
  },
  {
    type: 'metrics.PodMetrics',
    plural: 'pods',
    columns: metricsColumns,
    verbs: ['get', 'list'],
  },
];
