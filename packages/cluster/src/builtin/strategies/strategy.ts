/** Makes the `KindStrategy` of a built-in kind: normal form, then the kind's own rules. */
import type { KindStrategy } from '../../api/kinds.ts';
import { cloneJson, isObject } from '../../schema/json.ts';
import { decodingProblem } from '../go-decoding.ts';
import { NormalForm } from '../normal-form.ts';
import { builtinTypes } from '../types.ts';
import {
  admissionPolicy,
  admissionPolicyBinding,
  webhookConfiguration,
} from './admission-kinds.ts';
import * as autoscaling from './autoscaling.ts';
import { cronJob, job } from './batch.ts';
import { endpointSlice, ipAddress } from './endpoint-slices.ts';
import { ingress, ingressClass } from './ingresses.ts';
import { persistentVolumeClaim } from './claims.ts';
import * as cluster from './cluster.ts';
import { configMap, secret } from './config-data.ts';
import { namespace } from './namespaces.ts';
import { networkPolicy } from './network-policies.ts';
import { endpoints } from './endpoints.ts';
import { event, eventV1 } from './events.ts';
import { limitRange, resourceQuota } from './limits.ts';
import { node } from './nodes.ts';
import { persistentVolume } from './persistent-volumes.ts';
import { pod, podTemplate } from './pod-rules.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts';
import type { Rules } from './rules.ts';
import { service } from './services.ts';
import * as storage from './storage.ts';
import { statefulSet } from './stateful-sets.ts';
import {
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  replicationController,
} from './workloads.ts';

/** Rules by qualified type name. */
const RULES: Readonly<Record<string, Rules>> = {
  'core.Pod': pod,
  'core.Service': service,
  'core.ConfigMap': configMap,
  'core.Secret': secret,
  'core.Event': event,
  'core.Namespace': namespace,
  'core.Node': node,
  'core.PersistentVolume': persistentVolume,
  'core.PersistentVolumeClaim': persistentVolumeClaim,
  'core.LimitRange': limitRange,
  'core.ResourceQuota': resourceQuota,
  'core.Endpoints': endpoints,
  'core.PodTemplate': podTemplate,
  'core.ReplicationController': replicationController,
  'apps.Deployment': deployment,
  'apps.ReplicaSet': replicaSet,
  'apps.StatefulSet': statefulSet,
  'apps.DaemonSet': daemonSet,
  'apps.ControllerRevision': controllerRevision,
  'batch.Job': job,
  'batch.CronJob': cronJob,
  'discovery.EndpointSlice': endpointSlice,
  'events.Event': eventV1,
  'rbac.Role': role,
  'rbac.ClusterRole': clusterRole,
  'rbac.RoleBinding': roleBinding,
  'rbac.ClusterRoleBinding': clusterRoleBinding,
  'networking.Ingress': ingress,
  'networking.IngressClass': ingressClass,
  'networking.NetworkPolicy': networkPolicy,
  'networking.IPAddress': ipAddress,
  'policy.PodDisruptionBudget': autoscaling.podDisruptionBudget,
  'autoscaling.HorizontalPodAutoscaler': autoscaling.horizontalPodAutoscaler,
  'storage.StorageClass': storage.storageClass,
  'scheduling.PriorityClass': cluster.priorityClass,
  'autoscalingV1.HorizontalPodAutoscaler': autoscaling.horizontalPodAutoscalerV1,
  'storage.CSIDriver': storage.csiDriver,
  'storage.VolumeAttachment': storage.volumeAttachment,
  'storage.CSINode': storage.csiNode,
  'storage.VolumeAttributesClass': cluster.volumeAttributesClass,
  'node.RuntimeClass': cluster.runtimeClass,
  'coordination.Lease': cluster.lease,
  'certificates.CertificateSigningRequest': cluster.certificateSigningRequest,
  'apiregistration.APIService': cluster.apiService,
  'flowcontrol.FlowSchema': cluster.flowSchema,
  'flowcontrol.PriorityLevelConfiguration': cluster.priorityLevel,
  'admission.ValidatingAdmissionPolicy': admissionPolicy,
  'admission.ValidatingAdmissionPolicyBinding': admissionPolicyBinding,
  'admission.MutatingWebhookConfiguration': webhookConfiguration,
  'admission.ValidatingWebhookConfiguration': webhookConfiguration,
};

const normalForm = new NormalForm(builtinTypes);

/**
 * The strategy of a kind, by its qualified type name. `prepareCreate` expects `metadata.name` and `metadata.uid` to be set
 * already (Jobs put both into labels). `status` is left alone but for what a new object begins with.
 */
export function strategyOf(type: string): KindStrategy {
  const rules = RULES[type] ?? {};
  const normalise = (object: Record<string, unknown>) => {
    // The status of an update belongs to the stored object.
    const { status: _status, ...desired } = object;
    normalForm.apply(desired, type);
    for (const key of Object.keys(object)) {
      if (key !== 'status' && !Object.hasOwn(desired, key)) delete object[key];
    }
    Object.assign(object, desired);
  };
  const normaliseStatus = (object: Record<string, unknown>) => {
    if (!isObject(object.status)) return;
    // What was not changed is shared with the stored object.
    const written = { status: cloneJson(object.status) };
    normalForm.apply(written, type);
    object.status = written.status;
  };
  return {
    decodingProblem: (object) => decodingProblem(builtinTypes, type, object),
    applyDefaults(object) {
      normalise(object);
      rules.defaults?.(object);
    },
    prepareCreate(object, user) {
      normalise(object);
      if (rules.keepsNewStatus === true) normaliseStatus(object);
      rules.create?.(object, user);
      rules.defaults?.(object);
    },
    prepareUpdate(object, old) {
      normalise(object);
      rules.update?.(object, old);
      rules.defaults?.(object);
    },
    ...(rules.keepsNewStatus === true && { keepsNewStatus: true }),
    prepareStatus(object, old) {
      if (!isObject(object.status)) return;
      normaliseStatus(object);
      rules.prepareStatus?.(object, old);
    },
    validate: (object, old, subresource) => [
      ...normalForm.problems(object, type),
      ...(rules.validate?.(object, old, subresource) ?? []),
    ],
    validateStatus: (object, old) => [
      ...normalForm.problems(object, type),
      ...(rules.status?.(object, old) ?? []),
    ],
    ...(rules.warnings !== undefined && { warnings: rules.warnings }),
    ...(rules.fields !== undefined && { fields: rules.fields }),
  };
}
