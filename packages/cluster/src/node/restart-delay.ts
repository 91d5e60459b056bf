/** When a container that ended is started again: the crash loop backoff of kubelet. Pure. */

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

/** Whether `restartPolicy` wants a container back that ended with this code. */
export function wantsRestart(policy: string | undefined, exitCode: number): boolean {
  if (policy === 'Never') return false;
  return policy === 'OnFailure' ? exitCode !== 0 : true;
}
