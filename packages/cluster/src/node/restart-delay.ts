/** When a container that ended is started again: the crash loop backoff of kubelet. Pure. */
import type { Container } from '../workloads/objects.ts';

export interface RestartBackoff {
  /** 10 s. */
  initialMs: number;
  /** 5 min. */
  maxMs: number;
}

export const DEFAULT_RESTART_BACKOFF: RestartBackoff = { initialMs: 10_000, maxMs: 300_000 };

/**
 * `crashes`: ends in a row, this one included. The first restart is immediate; then the delay doubles from `initialMs`.
 */
export function restartDelay(crashes: number, backoff: RestartBackoff): number {
  if (crashes <= 1) return 0;
  return Math.min(backoff.maxMs, backoff.initialMs * 2 ** Math.min(crashes - 2, 30));
}

/** A container that ran for twice the longest delay starts counting anew. */
export function isStableRun(ranMs: number, backoff: RestartBackoff): boolean {
  return ranMs >= backoff.maxMs * 2;
}

/** When an image that could not be had is tried again, after so many failures in a row. */
export function imageRetryDelay(failures: number): number {
  return Math.min(DEFAULT_RESTART_BACKOFF.maxMs, 10_000 * 2 ** Math.min(failures - 1, 30));
}

/**
 * Whether a container comes back that ended with this code: by the first of its own rules that fits, else by its own
 * restart policy, else by that of the pod (KEP-5307). `policy` is the pod's.
 */
export function restartsAfter(container: Container, policy: string, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const isListed = exitCodes?.values?.includes(exitCode) === true;
    if (exitCodes?.operator === 'NotIn' ? !isListed : isListed) return action === 'Restart';
  }
  return wantsRestart(container.restartPolicy ?? policy, exitCode);
}

/** Whether `restartPolicy` wants a container back that ended with this code. */
export function wantsRestart(policy: string | undefined, exitCode: number): boolean {
  if (policy === 'Never') return false;
  return policy === 'OnFailure' ? exitCode !== 0 : true;
}
