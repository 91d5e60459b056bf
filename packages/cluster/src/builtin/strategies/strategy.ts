/** Makes the `KindStrategy` of a built-in kind: normal form, then the kind's own rules. */
import type { KindStrategy } from '../../api/kinds.ts';
import { decodingProblem } from '../go-decoding.ts';
import { NormalForm } from '../normal-form.ts';
import { builtinTypes } from '../types.ts';
import { cronJob, job } from './batch.ts';
import * as cluster from './cluster.ts';
import { configMap, secret } from './config-data.ts';
import { networkPolicy } from './network-policies.ts';
import * as others from './others.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts';
import type { Rules } from './rules.ts';
import { endpointSlice, ingress, service } from './services.ts';
import {
  daemonSet,
  deployment,
  replicaSet,
  replicationController,
  statefulSet,
} from './workloads.ts';

/** Rules by qualified type name. */
const RULES: Readonly<Record<string, Rules>> = {
  'core.Pod': others.pod,
  'core.Service': service,
  'core.ConfigMap': configMap,
  'core.Secret': secret,
  'core.Event': others.event,
  'core.Node': others.node,
  'core.PersistentVolume': others.persistentVolume,
  'core.PersistentVolumeClaim': others.persistentVolumeClaim,
  'core.LimitRange': others.limitRange,
  'core.ReplicationController': replicationController,
  'apps.Deployment': deployment,
  'apps.ReplicaSet': replicaSet,
  'apps.StatefulSet': statefulSet,
  'apps.DaemonSet': daemonSet,
  'batch.Job': job,
  'batch.CronJob': cronJob,
  'discovery.EndpointSlice': endpointSlice,
  'events.Event': others.eventV1,
  'rbac.Role': role,
  'rbac.ClusterRole': clusterRole,
  'rbac.RoleBinding': roleBinding,
  'rbac.ClusterRoleBinding': clusterRoleBinding,
  'networking.Ingress': ingress,
  'networking.IngressClass': others.ingressClass,
  'networking.NetworkPolicy': networkPolicy,
  'policy.PodDisruptionBudget': others.podDisruptionBudget,
  'autoscaling.HorizontalPodAutoscaler': others.horizontalPodAutoscaler,
  'storage.StorageClass': others.storageClass,
  'scheduling.PriorityClass': cluster.priorityClass,
  'autoscalingV1.HorizontalPodAutoscaler': others.horizontalPodAutoscalerV1,
  'storage.CSIDriver': cluster.csiDriver,
  'storage.VolumeAttachment': cluster.volumeAttachment,
  'storage.VolumeAttributesClass': cluster.volumeAttributesClass,
  'node.RuntimeClass': cluster.runtimeClass,
  'coordination.Lease': cluster.lease,
  'certificates.CertificateSigningRequest': cluster.certificateSigningRequest,
  'apiregistration.APIService': cluster.apiService,
  'flowcontrol.FlowSchema': cluster.flowSchema,
  'flowcontrol.PriorityLevelConfiguration': cluster.priorityLevel,
  'admission.MutatingWebhookConfiguration': others.webhookConfiguration,
  'admission.ValidatingWebhookConfiguration': others.webhookConfiguration,
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
  return {
    decodingProblem: (object) => decodingProblem(builtinTypes, type, object),
    applyDefaults(object) {
      normalise(object);
      rules.defaults?.(object);
    },
    prepareCreate(object, user) {
      normalise(object);
      rules.create?.(object, user);
      rules.defaults?.(object);
    },
    prepareUpdate(object, old) {
      normalise(object);
      rules.update?.(object, old);
      rules.defaults?.(object);
    },
    validate: (object, old) => [
      ...normalForm.problems(object, type),
      ...(rules.validate?.(object, old) ?? []),
    ],
    ...(rules.fields !== undefined && { fields: rules.fields }),
  };
}
