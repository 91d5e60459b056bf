/** The probes of one running container: startup first, then readiness and liveness. */
import type { Clock } from '@kagent/kube';

import type { Container, Probe } from '../workloads/objects.ts';
import { startProbeLoop } from './probes/probe-loop.ts';
import type { ProbeKind } from './probes/probe-loop.ts';
import { runProbe } from './probes/run-probe.ts';
import type { ProbeTarget } from './probes/run-probe.ts';
import type { Scheduler } from './scheduler.ts';

export interface ContainerProbesOptions {
  container: Container;
  clock: Clock;
  scheduler: Scheduler;
  target: ProbeTarget;
  /** `started`: the startup probe has passed (at once when there is none). Called only on change. */
  onState(state: { started: boolean; ready: boolean }): void;
  /** Liveness or startup failed for good: the container must be restarted. */
  onDead(kind: ProbeKind): void;
  onFailure(message: string): void;
}

function isGiven(probe: Probe | undefined): probe is Probe {
  return probe !== undefined && probe !== null;
}

/** Calls `onState` before it returns when there is nothing to wait for. Returns the way to stop. */
export function startContainerProbes(options: ContainerProbesOptions): () => void {
  const { container, clock, scheduler } = options;
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const stops: (() => void)[] = [];

  function start(kind: ProbeKind, probe: Probe, onChange: (isPassing: boolean) => void): void {
    const label = `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
    const stop = startProbeLoop({
      kind,
      probe,
      clock,
      scheduler,
      run: () => runProbe(probe, options.target),
      onChange,
      onFailure: (message) => options.onFailure(`${label} probe failed: ${message}`),
    });
    stops.push(stop);
  }

  function startSteady(): void {
    options.onState({ started: true, ready: !isGiven(readinessProbe) });
    if (isGiven(readinessProbe))
      start('readiness', readinessProbe, (ready) => options.onState({ started: true, ready }));
    if (isGiven(livenessProbe))
      start('liveness', livenessProbe, (passing) => passing || options.onDead('liveness'));
  }

  if (!isGiven(startupProbe)) startSteady();
  else
    start('startup', startupProbe, (passing) =>
      passing ? startSteady() : options.onDead('startup'),
    );
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}
