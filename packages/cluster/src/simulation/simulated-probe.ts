/** Probes of a simulated container: thresholds and periods of core/v1 Probe, results from what the container would answer. */
import type { ProbeKind } from '../node/probes/probe-loop.ts';
import type { Timer } from '../node/scheduler.ts';
import type { ContainerPort, Probe } from '../workloads/objects.ts';
import type { RunPlan } from './assess.ts';

export interface ProbeSubject {
  podIP: string;
  ports: ContainerPort[];
  plan: RunPlan;
  isListening: boolean;
  /** A need with `unready` is not met. */
  isUnready: boolean;
}

const TITLES = { readiness: 'Readiness', liveness: 'Liveness', startup: 'Startup' } as const;

function portOf(probe: NonNullable<Probe['httpGet']>['port'], ports: ContainerPort[]): number {
  const number = Number(probe);
  if (Number.isInteger(number)) return number;
  return ports.find(({ name }) => name === probe)?.containerPort ?? 0;
}

/** Status code of a GET; undefined when the listener does not speak HTTP. */
export function httpStatus(
  { paths, readyPaths }: RunPlan['listens'][number],
  path: string,
  isUnready: boolean,
): number | undefined {
  if (paths === undefined) return undefined;
  const bare = path.split('?')[0]!;
  const answered = paths[bare] ?? paths['*'] ?? 404;
  return isUnready && readyPaths.includes(bare) ? 503 : answered;
}

/** Why the probe fails, as kubelet writes it; undefined when it passes. */
export function probeFailure(probe: Probe, subject: ProbeSubject): string | undefined {
  const { plan, isListening, podIP } = subject;
  const action = probe.httpGet ?? probe.tcpSocket ?? probe.grpc;
  if (action === undefined) {
    const isUp = plan.listens.length === 0 || isListening;
    if (isUp) return undefined;
    return `${podIP}:${plan.listens[0]!.port} - no response\n`;
  }
  const port = portOf(action.port, subject.ports);
  const address = `${podIP}:${port}`;
  const listener = isListening ? plan.listens.find((one) => one.port === port) : undefined;
  const refused = `dial tcp ${address}: connect: connection refused`;
  if (probe.httpGet === undefined) return listener === undefined ? refused : undefined;
  const { path = '/', scheme = 'HTTP' } = probe.httpGet;
  const url = `${scheme.toLowerCase()}://${address}${path.startsWith('/') ? '' : '/'}${path}`;
  if (listener === undefined) return `Get "${url}": ${refused}`;
  if (listener.paths === undefined) return `Get "${url}": EOF`;
  if (scheme === 'HTTPS') return `Get "${url}": http: server gave HTTP response to HTTPS client`;
  const status = httpStatus(listener, path, subject.isUnready) ?? 0;
  return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`;
}

export interface SimulatedProbeOptions {
  kind: ProbeKind;
  probe: Probe;
  subject(): ProbeSubject;
  /** Runs the task later, in the time of the container's run. */
  after(ms: number, task: () => void): Timer;
  onChange(isPassing: boolean): void;
  /** `Readiness probe failed: …` */
  onFailure(message: string): void;
}

/** While it passes nothing is scheduled: `recheck` says when the answer may have changed. */
export class SimulatedProbe {
  readonly #options: SimulatedProbeOptions;
  #timer: Timer | undefined;
  #isPassing: boolean;
  #isDone = false;
  /** The next run is one that `recheck` asked for. */
  #isSoon = false;
  #successes = 0;
  #failures = 0;

  constructor(options: SimulatedProbeOptions) {
    this.#options = options;
    this.#isPassing = options.kind === 'liveness';
    const delay = (options.probe.initialDelaySeconds ?? 0) * 1000;
    this.#schedule(delay + (options.kind === 'liveness' ? this.#periodMs : 0));
  }

  get isPassing(): boolean {
    return this.#isPassing;
  }

  /** Something about the container changed: a success is seen soon, a failure at the next regular time. */
  recheck(): void {
    if (this.#isDone) return;
    const isFine = probeFailure(this.#options.probe, this.#options.subject()) === undefined;
    if (isFine && !this.#isPassing) {
      if (this.#isSoon) return;
      this.#schedule(Math.min(500, this.#periodMs));
      this.#isSoon = true;
    }
    if (this.#timer === undefined && !isFine) this.#schedule(this.#periodMs);
  }

  stop(): void {
    this.#isDone = true;
    this.#timer?.cancel();
  }

  get #periodMs(): number {
    return Math.max(1, this.#options.probe.periodSeconds ?? 10) * 1000;
  }

  #schedule(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.after(ms, () => this.#run());
  }

  #run(): void {
    this.#timer = undefined;
    this.#isSoon = false;
    if (this.#isDone) return;
    const { kind, probe, subject, onFailure, onChange } = this.#options;
    const failure = probeFailure(probe, subject());
    if (failure === undefined) {
      this.#failures = 0;
      this.#successes += 1;
      const isEnough = this.#successes >= Math.max(1, probe.successThreshold ?? 1);
      if (!isEnough) this.#schedule(this.#periodMs);
      else if (!this.#isPassing) {
        this.#isPassing = true;
        if (kind === 'startup') this.#isDone = true;
        onChange(true);
      }
      return;
    }
    this.#successes = 0;
    this.#failures += 1;
    this.#schedule(this.#periodMs);
    onFailure(`${TITLES[kind]} probe failed: ${failure}`);
    if (this.#failures < Math.max(1, probe.failureThreshold ?? 3)) return;
    this.#failures = 0;
    if (kind !== 'readiness') onChange(false);
    else if (this.#isPassing) {
      this.#isPassing = false;
      onChange(false);
    }
  }
}
