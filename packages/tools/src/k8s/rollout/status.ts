/** How far a rollout is, in one sentence, from the counters the controllers keep. */
import type { DaemonSet, Deployment, StatefulSet } from '@kagent/kube';
import type { AnyObject } from '../objects.ts';

export function rolloutStatus(object: AnyObject): string {
  const { generation = 0, name } = object.metadata;
  const { observedGeneration = 0 } = (object['status'] ?? {}) as { observedGeneration?: number };
  if (observedGeneration < generation)
    return `Waiting for the controller to see the latest change of ${object.kind} "${name}".`;
  switch (object.kind) {
    case 'Deployment':
      return deploymentStatus(object as unknown as Deployment);
    case 'StatefulSet':
      return statefulSetStatus(object as unknown as StatefulSet);
    default:
      return daemonSetStatus(object as unknown as DaemonSet);
  }
}

function deploymentStatus({ metadata, spec, status }: Deployment): string {
  const name = `Deployment "${metadata.name}"`;
  const wanted = spec?.replicas ?? 1;
  const {
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    conditions = [],
  } = status ?? {};
  const progressing = conditions.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return `${name} exceeded its progress deadline: ${updatedReplicas} of ${wanted} replicas updated, ${availableReplicas} available. ${progressing.message ?? ''} k8s_describe_resource shows its pods.`;
  if (spec?.paused === true)
    return `${name} is paused: ${updatedReplicas} of ${wanted} replicas updated.`;
  if (updatedReplicas < wanted)
    return `${name} is rolling out: ${updatedReplicas} of ${wanted} replicas updated.`;
  if (replicas > updatedReplicas)
    return `${name} is rolling out: ${replicas - updatedReplicas} old replicas still to be ended.`;
  if (availableReplicas < updatedReplicas)
    return `${name} is rolling out: ${availableReplicas} of ${updatedReplicas} updated replicas are available.`;
  return `${name} successfully rolled out: ${availableReplicas} of ${wanted} replicas available.`;
}

function statefulSetStatus({ metadata, spec, status }: StatefulSet): string {
  const name = `StatefulSet "${metadata.name}"`;
  const wanted = spec?.replicas ?? 1;
  const { readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = status ?? {};
  if (currentRevision !== updateRevision && updatedReplicas < wanted)
    return `${name} is rolling out: ${updatedReplicas} of ${wanted} replicas updated.`;
  if (readyReplicas < wanted)
    return `${name} is rolling out: ${readyReplicas} of ${wanted} replicas ready.`;
  return `${name} successfully rolled out: ${readyReplicas} of ${wanted} replicas ready.`;
}

function daemonSetStatus({ metadata, status }: DaemonSet): string {
  const name = `DaemonSet "${metadata.name}"`;
  const {
    desiredNumberScheduled = 0,
    updatedNumberScheduled = 0,
    numberAvailable = 0,
  } = status ?? {};
  if (updatedNumberScheduled < desiredNumberScheduled)
    return `${name} is rolling out: ${updatedNumberScheduled} of ${desiredNumberScheduled} pods updated.`;
  if (numberAvailable < desiredNumberScheduled)
    return `${name} is rolling out: ${numberAvailable} of ${desiredNumberScheduled} updated pods are available.`;
  return `${name} successfully rolled out: ${numberAvailable} of ${desiredNumberScheduled} pods available.`;
}
