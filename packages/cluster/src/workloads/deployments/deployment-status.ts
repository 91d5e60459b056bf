/** Counters and conditions of a Deployment with the reasons `kubectl rollout status` and `kubectl wait` look for. Pure. */
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from '../objects.ts';
import { timeText } from '../time-text.ts';
import { rolloutLimits } from './rollout.ts';

export interface StatusInput {
  deployment: Deployment;
  current: ReplicaSet | undefined;
  old: ReplicaSet[];
  /** Milliseconds. */
  now: number;
}

function total(
  replicaSets: ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return replicaSets.reduce((sum, one) => sum + (one.status?.[field] ?? 0), 0);
}

function find(status: DeploymentStatus | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Every replica is of the current template and available, and no other is left. */
export function isRolledOut(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted
  );
}

function isAdvancing(before: DeploymentStatus | undefined, status: DeploymentStatus): boolean {
  const old = (of: DeploymentStatus | undefined): number =>
    (of?.replicas ?? 0) - (of?.updatedReplicas ?? 0);
  const grew = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'): boolean =>
    (status[field] ?? 0) > (before?.[field] ?? 0);
  return (
    grew('updatedReplicas') ||
    grew('readyReplicas') ||
    grew('availableReplicas') ||
    old(status) < old(before)
  );
}

function availableCondition(deployment: Deployment, status: DeploymentStatus): Condition {
  const needed = (deployment.spec.replicas ?? 1) - rolloutLimits(deployment).maxUnavailable;
  return (status.availableReplicas ?? 0) >= needed
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function deadlineOf(deployment: Deployment): number {
  return (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
}

function progressing(
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): Condition {
  return { type: 'Progressing', status, reason, message };
}

function progressingCondition(input: StatusInput, status: DeploymentStatus): Condition {
  const { deployment, current, now } = input;
  const before = find(deployment.status, 'Progressing');
  if (deployment.spec.paused === true)
    return progressing('Unknown', 'DeploymentPaused', 'Deployment is paused');
  const name = current === undefined ? deployment.metadata.name : current.metadata.name;
  const subject = current === undefined ? `Deployment "${name}"` : `ReplicaSet "${name}"`;
  const isNewTemplate =
    (deployment.status?.observedGeneration ?? 0) < (deployment.metadata.generation ?? 0);
  const wasComplete = before?.reason === 'NewReplicaSetAvailable';
  if (isRolledOut(deployment, status)) {
    return progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`);
  }
  if (wasComplete && before.message?.startsWith(subject) === true) return before;
  if (
    before === undefined ||
    isNewTemplate ||
    wasComplete ||
    isAdvancing(deployment.status, status)
  ) {
    return progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`);
  }
  const since = Date.parse(before.lastUpdateTime ?? before.lastTransitionTime ?? '');
  if (before.reason === 'ProgressDeadlineExceeded') return before;
  if (now >= since + deadlineOf(deployment)) {
    return progressing(
      'False',
      'ProgressDeadlineExceeded',
      `${subject} has timed out progressing.`,
    );
  }
  return before.reason === 'DeploymentPaused'
    ? progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed')
    : before;
}

const FAILURE = 'ReplicaFailure';

/** What the newest ReplicaSet complains about, e.g. a quota, is the Deployment's trouble. */
function replicaFailure(replicaSets: ReplicaSet[]): Condition | undefined {
  const found = replicaSets
    .toReversed()
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === FAILURE && status === 'True');
  if (found === undefined) return undefined;
  return {
    type: FAILURE,
    status: 'True',
    reason: found.reason ?? '',
    message: found.message ?? '',
  };
}

function stamp(next: Condition, input: StatusInput, hasMoved: boolean): Condition {
  const before = find(input.deployment.status, next.type);
  const now = timeText(input.now);
  const isSame =
    before?.status === next.status &&
    before.reason === next.reason &&
    before.message === next.message;
  if (isSame && !hasMoved) return before;
  return {
    ...next,
    lastUpdateTime: now,
    lastTransitionTime: before?.status === next.status ? (before.lastTransitionTime ?? now) : now,
  };
}

/** The complete status. */
export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, current, old } = input;
  const all = current === undefined ? old : [...old, current];
  const availableReplicas = total(all, 'availableReplicas');
  const wanted = all.reduce((sum, one) => sum + (one.spec.replicas ?? 0), 0);
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total(all, 'replicas'),
    updatedReplicas: total(current === undefined ? [] : [current], 'replicas'),
    readyReplicas: total(all, 'readyReplicas'),
    availableReplicas,
    unavailableReplicas: Math.max(0, wanted - availableReplicas),
    terminatingReplicas: total(all, 'terminatingReplicas'),
    ...(deployment.status?.collisionCount === undefined
      ? {}
      : { collisionCount: deployment.status.collisionCount }),
  };
  const isMoving = !isRolledOut(deployment, status) && isAdvancing(deployment.status, status);
  const own = [
    stamp(availableCondition(deployment, status), input, false),
    stamp(progressingCondition(input, status), input, isMoving),
  ];
  const failure = replicaFailure(all);
  const failed = failure === undefined ? [] : [stamp(failure, input, false)];
  const foreign = (deployment.status?.conditions ?? []).filter(
    ({ type }) => type !== FAILURE && !own.some((one) => one.type === type),
  );
  return { ...status, conditions: [...own, ...failed, ...foreign] };
}

/** Milliseconds until the progress deadline must be looked at again; undefined when none runs. */
export function untilDeadline(input: StatusInput, status: DeploymentStatus): number | undefined {
  const condition = find(status, 'Progressing');
  if (condition?.status !== 'True' || condition.reason === 'NewReplicaSetAvailable')
    return undefined;
  const since = Date.parse(condition.lastUpdateTime ?? '');
  return Number.isNaN(since)
    ? undefined
    : Math.max(1000, since + deadlineOf(input.deployment) - input.now);
}
