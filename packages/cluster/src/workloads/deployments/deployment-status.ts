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

const AVAILABLE = 'NewReplicaSetAvailable';
const PAUSED = 'DeploymentPaused';
const TIMED_OUT = 'ProgressDeadlineExceeded';

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

const FAILURE = 'ReplicaFailure';
/** `progressDeadlineSeconds` that stands for none. */
const NO_DEADLINE = 2 ** 31 - 1;

/**
 * The list with the condition in it. One that says something new moves to the end; another message alone is nothing new
 * (`SetDeploymentCondition`).
 */
function withCondition(conditions: Condition[], next: Condition, now: number): Condition[] {
  const before = conditions.find(({ type }) => type === next.type);
  if (before?.status === next.status && before.reason === next.reason) return conditions;
  return replaced(conditions, next, now);
}

function replaced(conditions: Condition[], next: Condition, now: number): Condition[] {
  const before = conditions.find(({ type }) => type === next.type);
  const time = timeText(now);
  const since = before?.status === next.status ? (before.lastTransitionTime ?? time) : time;
  const stamped = { lastUpdateTime: time, lastTransitionTime: since, ...next };
  return [...withoutType(conditions, next.type), stamped];
}

function withoutType(conditions: Condition[], type: string): Condition[] {
  return conditions.some((one) => one.type === type)
    ? conditions.filter((one) => one.type !== type)
    : conditions;
}

/** Says that the Deployment is paused or resumed, so that the pause does not count as lack of progress. */
function withPause(conditions: Condition[], { deployment, now }: StatusInput): Condition[] {
  const reason = conditions.find(({ type }) => type === 'Progressing')?.reason;
  const isPaused = deployment.spec.paused === true;
  if (reason === TIMED_OUT || isPaused === (reason === PAUSED)) return conditions;
  const next = isPaused
    ? progressing('Unknown', PAUSED, 'Deployment is paused')
    : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  return withCondition(conditions, next, now);
}

/** Says that there is a ReplicaSet the condition does not speak of yet. */
function withNewReplicaSet(conditions: Condition[], { current, now }: StatusInput): Condition[] {
  if (current === undefined) return conditions;
  const { name } = current.metadata;
  const before = conditions.find(({ type }) => type === 'Progressing');
  const isKnown = before?.status === 'Unknown' || before?.message?.includes(`"${name}"`) === true;
  if (isKnown) return conditions;
  const message = `Created new replica set "${name}"`;
  return replaced(conditions, progressing('True', 'NewReplicaSetCreated', message), now);
}

function withProgress(
  conditions: Condition[],
  input: StatusInput,
  status: DeploymentStatus,
): Condition[] {
  const { deployment, current, now } = input;
  const before = conditions.find(({ type }) => type === 'Progressing');
  if (status.replicas === status.updatedReplicas && before?.reason === AVAILABLE) return conditions;
  const { name } = (current ?? deployment).metadata;
  const subject = `${current === undefined ? 'Deployment' : 'ReplicaSet'} "${name}"`;
  if (isRolledOut(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, progressing('True', AVAILABLE, message), now);
  }
  if (isAdvancing(deployment.status, status)) {
    const message = `${subject} is progressing.`;
    return replaced(conditions, progressing('True', 'ReplicaSetUpdated', message), now);
  }
  if (before === undefined || before.reason === AVAILABLE) return conditions;
  const since = Date.parse(before.lastUpdateTime ?? before.lastTransitionTime ?? '');
  if (!(now >= since + deadlineOf(deployment))) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(conditions, progressing('False', TIMED_OUT, message), now);
}

/** What a ReplicaSet complains about, e.g. a quota, is the Deployment's trouble; the newest first. */
function replicaFailure(replicaSets: ReplicaSet[]): Condition | undefined {
  return replicaSets
    .toReversed()
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type }) => type === FAILURE);
}

function conditionsOf(input: StatusInput, status: DeploymentStatus): Condition[] {
  const { deployment, current, old, now } = input;
  const isPaused = deployment.spec.paused === true;
  const hasDeadline = deployment.spec.progressDeadlineSeconds !== NO_DEADLINE;
  let conditions = deployment.status?.conditions ?? [];
  if (hasDeadline) conditions = withPause(conditions, input);
  if (hasDeadline && !isPaused) conditions = withNewReplicaSet(conditions, input);
  conditions = withCondition(conditions, availableCondition(deployment, status), now);
  if (isPaused) return conditions;
  conditions = hasDeadline
    ? withProgress(conditions, input, status)
    : withoutType(conditions, 'Progressing');
  const failure = replicaFailure(current === undefined ? old : [...old, current]);
  if (failure === undefined) return withoutType(conditions, FAILURE);
  const lastUpdateTime = failure.lastTransitionTime ?? timeText(now);
  return withCondition(conditions, { ...failure, lastUpdateTime }, now);
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
  return { ...status, conditions: conditionsOf(input, status) };
}

/** Milliseconds until the progress deadline must be looked at again; undefined when none runs. */
export function untilDeadline(input: StatusInput, status: DeploymentStatus): number | undefined {
  const condition = find(status, 'Progressing');
  if (condition?.status !== 'True' || condition.reason === AVAILABLE) return undefined;
  const since = Date.parse(condition.lastUpdateTime ?? '');
  return Number.isNaN(since)
    ? undefined
    : Math.max(1000, since + deadlineOf(input.deployment) - input.now);
}
