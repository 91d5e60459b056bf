/** What a failed pod means for its Job: `podFailurePolicy` (KEP-3329). Pure. */
import type { Job, PodFailurePolicyRule } from '../job-objects.ts';
import type { Pod } from '../objects.ts';

export type FailureAction = 'Count' | 'Ignore' | 'FailIndex' | 'FailJob';

export interface FailureVerdict {
  action: FailureAction;
  /** Why the Job fails, for `FailJob`. */
  message: string;
}

function matchingContainer(
  rule: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  pod: Pod,
): { name: string; exitCode: number } | undefined {
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  for (const { name, state } of statuses) {
    if (rule.containerName !== undefined && rule.containerName !== name) continue;
    const exitCode = state?.terminated?.exitCode;
    if (exitCode === undefined || exitCode === 0) continue;
    if (rule.values.includes(exitCode) === (rule.operator === 'In')) return { name, exitCode };
  }
  return undefined;
}

function matchMessage(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (rule.onExitCodes !== undefined) {
    const found = matchingContainer(rule.onExitCodes, pod);
    if (found === undefined) return undefined;
    return `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${found.exitCode} matching ${rule.action} rule`;
  }
  const condition = (rule.onPodConditions ?? []).find((pattern) =>
    pod.status?.conditions?.some(
      ({ type, status }) => type === pattern.type && status === (pattern.status ?? 'True'),
    ),
  );
  return condition === undefined
    ? undefined
    : `Pod ${namespace}/${name} has condition ${condition.type} matching ${rule.action} rule`;
}

/** The first rule that matches decides; without one the failure counts. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const message = matchMessage(rule, pod);
    if (message === undefined) continue;
    return { action: rule.action as FailureAction, message: `${message} at index ${index}` };
  }
  return { action: 'Count', message: '' };
}
