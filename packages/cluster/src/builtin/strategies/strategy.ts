/** Makes the `KindStrategy` of a built-in kind: normal form, then the kind's own rules. */
import type { KindStrategy } from '../../api/kinds.ts';
import { NormalForm } from '../normal-form.ts';
import { builtinTypes } from '../types.ts';
import { cronJob, job } from './batch.ts';
import { configMap, secret } from './config-data.ts';
import * as others from './others.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts';
import type { Rules } from './rules.ts';
import { endpointSlice, ingress, networkPolicy, service } from './services.ts';
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
  'scheduling.PriorityClass': others.priorityClass,
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
    prepareCreate(object) {
      normalise(object);
      rules.create?.(object);
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
