/**
 * When a container is probed and what the results mean: thresholds and periods as in core/v1 Probe, with one addition:
 * startup and readiness are also probed between the regular times, at once and then ever less often, so that a container
 * shows as ready within milliseconds. Such early probes can only succeed; their failures do not count.
 */
import type { Clock } from '@kagent/kube';

import type { Probe } from '../../workloads/objects.ts';
import type { Scheduler, Timer } from '../scheduler.ts';
import type { ProbeResult } from './run-probe.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

const FIRST_QUICK_MS = 20;
const QUICK_GROWTH = 1.5;

export interface ProbeLoopOptions {
  kind: ProbeKind;
  probe: Probe;
  clock: Clock;
  scheduler: Scheduler;
  run(): Promise<ProbeResult>;
  /** The state changed: thresholds were reached. Starts as failing for startup and readiness, passing for liveness. */
  onChange(isPassing: boolean): void;
  /** A regular probe failed. */
  onFailure(message: string): void;
}

/** Starts probing; returns the way to stop. A startup probe stops by itself once it passed. */
export function startProbeLoop(options: ProbeLoopOptions): () => void {
  const { kind, probe, clock, scheduler } = options;
  const period = Math.max(1, probe.periodSeconds ?? 10) * 1000;
  const successThreshold = Math.max(1, probe.successThreshold ?? 1);
  const failureThreshold = Math.max(1, probe.failureThreshold ?? 3);
  let isStopped = false;
  let isPassing = kind === 'liveness';
  let successes = 0;
  let failures = 0;
  let quick = FIRST_QUICK_MS;
  let nextRegular = clock.now() + (probe.initialDelaySeconds ?? 0) * 1000;
  let timer: Timer | undefined;

  function change(passing: boolean): void {
    if (isPassing === passing) return;
    isPassing = passing;
    quick = FIRST_QUICK_MS;
    options.onChange(passing);
  }

  function take(result: ProbeResult, isRegular: boolean): void {
    if (result.ok) {
      failures = 0;
      successes += 1;
      if (successes >= successThreshold) change(true);
      return;
    }
    successes = 0;
    if (!isRegular) return;
    failures += 1;
    options.onFailure(result.message);
    if (failures < failureThreshold) return;
    failures = 0;
    if (kind === 'readiness') change(false);
    else options.onChange(false);
  }

  function schedule(): void {
    const untilRegular = Math.max(0, nextRegular - clock.now());
    const early = kind === 'liveness' || isPassing ? untilRegular : Math.min(quick, untilRegular);
    quick = Math.min(quick * QUICK_GROWTH, period);
    timer = scheduler.after(early, probeNow);
  }

  function probeNow(): void {
    const now = clock.now();
    const isRegular = now >= nextRegular;
    if (isRegular) nextRegular = now + period;
    void options.run().then((result) => {
      if (isStopped) return;
      take(result, isRegular);
      if (isStopped || (kind === 'startup' && isPassing)) return;
      schedule();
    });
  }

  if (kind === 'liveness') schedule();
  else timer = scheduler.after(0, probeNow);
  return () => {
    isStopped = true;
    timer?.cancel();
  };
}
