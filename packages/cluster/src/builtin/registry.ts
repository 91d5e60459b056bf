/**
 * The built-in kinds: one line a kind says how it is called and what it can do; schema, strategy and columns come from the
 * tables beside. Schemas are compiled when a kind is first used.
 */
import type { KindDefinition, KindVersion, PrinterColumn } from '../api/kinds.ts';
import { compileSource } from '../schema/compile.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { AGE, CREATED_AT } from './columns/cells.ts';
import * as network from './columns/network.ts';
import * as others from './columns/others.ts';
import { podColumns, podTemplateColumns } from './columns/pods.ts';
import * as workloads from './columns/workloads.ts';
import { builtinSource } from './schemas.ts';
import { strategyOf } from './strategies/strategy.ts';
import { builtinTypes } from './types.ts';

interface Resource {
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
  fields?: string[];
  verbs?: string[];
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

const RESOURCES: Resource[] = [
  {
    type: 'core.Namespace',
    plural: 'namespaces',
    shortNames: ['ns'],
    isClusterScoped: true,
    status: true,
    columns: others.namespaceColumns,
    fields: ['status.phase'],
  },
  {
    type: 'core.Pod',
    plural: 'pods',
    shortNames: ['po'],
    isInAll: true,
    status: true,
    columns: podColumns,
    fields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
  },
  { type: 'core.PodTemplate', plural: 'podtemplates', columns: podTemplateColumns },
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
    type: 'core.Endpoints',
    plural: 'endpoints',
    shortNames: ['ep'],
    columns: network.endpointsColumns,
  },
  {
    type: 'core.ConfigMap',
    plural: 'configmaps',
    shortNames: ['cm'],
    columns: others.configMapColumns,
  },
  { type: 'core.Secret', plural: 'secrets', columns: others.secretColumns, fields: ['type'] },
  {
    type: 'core.ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
    columns: others.serviceAccountColumns,
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
    type: 'core.ResourceQuota',
    plural: 'resourcequotas',
    shortNames: ['quota'],
    status: true,
    columns: others.resourceQuotaColumns,
  },
  { type: 'core.LimitRange', plural: 'limitranges', shortNames: ['limits'], columns: [CREATED_AT] },
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
    fields: ['status.replicas'],
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
    type: 'apps.DaemonSet',
    plural: 'daemonsets',
    shortNames: ['ds'],
    isInAll: true,
    status: true,
    columns: workloads.daemonSetColumns,
  },
  {
    type: 'apps.ControllerRevision',
    plural: 'controllerrevisions',
    columns: workloads.controllerRevisionColumns,
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
    type: 'batch.CronJob',
    plural: 'cronjobs',
    shortNames: ['cj'],
    isInAll: true,
    status: true,
    columns: workloads.cronJobColumns,
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
    type: 'discovery.EndpointSlice',
    plural: 'endpointslices',
    columns: network.endpointSliceColumns,
  },
  { type: 'coordination.Lease', plural: 'leases', columns: others.leaseColumns },
  { type: 'rbac.Role', plural: 'roles', columns: [CREATED_AT] },
  {
    type: 'rbac.ClusterRole',
    plural: 'clusterroles',
    isClusterScoped: true,
    columns: [CREATED_AT],
  },
  { type: 'rbac.RoleBinding', plural: 'rolebindings', columns: others.bindingColumns },
  {
    type: 'rbac.ClusterRoleBinding',
    plural: 'clusterrolebindings',
    isClusterScoped: true,
    columns: others.bindingColumns,
  },
  {
    type: 'events.Event',
    plural: 'events',
    shortNames: ['ev'],
    columns: others.eventColumns,
    fields: [...INVOLVED.map((key) => `regarding.${key}`), ...EVENT_FIELDS],
  },
  {
    type: 'networking.Ingress',
    plural: 'ingresses',
    shortNames: ['ing'],
    status: true,
    columns: network.ingressColumns,
  },
  {
    type: 'networking.IngressClass',
    plural: 'ingressclasses',
    isClusterScoped: true,
    columns: network.ingressClassColumns,
  },
  {
    type: 'networking.NetworkPolicy',
    plural: 'networkpolicies',
    shortNames: ['netpol'],
    columns: network.networkPolicyColumns,
  },
  {
    type: 'policy.PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    status: true,
    columns: others.podDisruptionBudgetColumns,
  },
  {
    type: 'storage.StorageClass',
    plural: 'storageclasses',
    shortNames: ['sc'],
    isClusterScoped: true,
    columns: others.storageClassColumns,
  },
  {
    type: 'scheduling.PriorityClass',
    plural: 'priorityclasses',
    shortNames: ['pc'],
    isClusterScoped: true,
    columns: others.priorityClassColumns,
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
  { type: 'authentication.TokenReview', plural: 'tokenreviews', isClusterScoped: true, verbs: ASK },
  {
    type: 'authentication.SelfSubjectReview',
    plural: 'selfsubjectreviews',
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
];

/**
 * Every built-in resource, core first. Reviews have only the verb `create` and are never stored. Types of subresources
 * (Eviction, Scale, TokenRequest, Binding) are not resources: see `builtinObjectSchema`.
 */
export function builtinKinds(): KindDefinition[] {
  return RESOURCES.map((resource) => definition(resource));
}

function definition(resource: Resource): KindDefinition {
  const { type, plural } = resource;
  const { group, version } = builtinTypes.groupOf(type);
  const kind = type.slice(type.indexOf('.') + 1);
  return {
    group,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: resource.shortNames ?? [],
    categories: categories(resource),
    namespaced: resource.isClusterScoped !== true,
    versions: [new BuiltinVersion(resource, version)],
    strategy: strategyOf(type),
    verbs: resource.verbs,
  };
}

function categories({ type, isInAll }: Resource): string[] {
  if (isInAll === true) return ['all'];
  const isExtension = type.startsWith('crd.') || type.startsWith('admission.');
  return isExtension ? ['api-extensions'] : [];
}

/** Compiles its schema when it is first asked for. */
class BuiltinVersion implements KindVersion {
  readonly version: string;
  readonly served = true;
  readonly storage = true;
  readonly columns: PrinterColumn[];
  readonly status: boolean;
  readonly scale: KindVersion['scale'];
  readonly selectableFields: string[];
  readonly #type: string;
  #schema: ObjectSchema | undefined;

  constructor(resource: Resource, version: string) {
    this.version = version;
    this.columns = resource.columns ?? [AGE];
    this.status = resource.status === true;
    this.scale = resource.scale;
    this.selectableFields = resource.fields ?? [];
    this.#type = resource.type;
  }

  get schema(): ObjectSchema {
    this.#schema ??= compileSource(builtinSource(this.#type));
    return this.#schema;
  }
}
