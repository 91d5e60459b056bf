/** Exponential delays with jitter, so that many waiters do not come back at the same moment. */

export interface BackoffOptions {
  initialMs: number;
  maxMs: number;
  /** In [0, 1). */
  random?: () => number;
}

/** Delay before try number `failures` + 1: doubles from `initialMs` to `maxMs`, then 50–100 % of that. */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const { initialMs, maxMs, random = Math.random } = options;
  const full = Math.min(maxMs, initialMs * 2 ** Math.min(failures, 40));
  return full * (0.5 + random() / 2);
}
