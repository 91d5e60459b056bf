/** `postStart` and `preStop`: a command, an HTTP request, or a pause. */
import type { Clock } from '@kagent/kube';

import type { LifecycleHandler } from '../workloads/objects.ts';
import { runProbe } from './probes/run-probe.ts';
import type { ProbeTarget } from './probes/run-probe.ts';

/**
 * Resolves to what went wrong; undefined when nothing did. Ends with the signal at the latest. Tenants have no inside: their
 * commands are passed over. Never rejects.
 */
export async function runHook(
  handler: LifecycleHandler,
  target: ProbeTarget,
  { clock, timeoutMs, signal }: { clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<string | undefined> {
  if (handler.sleep !== undefined) {
    await clock.sleep(handler.sleep.seconds * 1000, signal).catch(() => {});
    return undefined;
  }
  // A TCP hook is only there for old manifests and does nothing.
  if (handler.exec === undefined && handler.httpGet === undefined) return undefined;
  const { exec, httpGet } = handler;
  const timeoutSeconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const action = exec === undefined ? { httpGet } : { exec };
  const { ok, message } = await runProbe({ ...action, timeoutSeconds }, target);
  return ok ? undefined : message;
}
