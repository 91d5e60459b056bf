/** One container on a simulated node: pulled, started, probed, killed and restarted as kubelet would, without a process. */
import { delayText } from '../node/container-state.ts';
import type { ContainerRecord } from '../node/pod-status.ts';
import type { ProbeKind } from '../node/probes/probe-loop.ts';
import {
  DEFAULT_RESTART_BACKOFF,
  isStableRun,
  restartDelay,
  wantsRestart,
} from '../node/restart-delay.ts';
import type { Timer } from '../node/scheduler.ts';
import type { EventDraft } from '../workloads/event-recorder.ts';
import type { Container, ContainerStatus, Pod } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';
import { fateOf } from './assess.ts';
import type { Assessment, RunPlan, UnmetNeed } from './assess.ts';
import { fill, hashText, hexText, noise } from './fill.ts';
import { fullReference } from './image-pull.ts';
import type { Pull } from './image-pull.ts';
import { durationMs } from './scenario.ts';
import type { ImageBehaviour } from './scenario.ts';
import type { RunRecord } from './run-record.ts';
import { httpStatus, SimulatedProbe } from './simulated-probe.ts';
import type { Timeline } from './timeline.ts';

export interface SimulatedContainerHost {
  timeline: Timeline;
  pod(): Pod;
  podIP(): string;
  pull(container: Container): Pull;
  assess(container: Container, behaviour: ImageBehaviour): Assessment;
  connect(address: string): string | undefined;
  hasImage(reference: string): boolean;
  keepImage(reference: string): void;
  record(draft: EventDraft): void;
  /** `isTurn`: phase or readiness may have changed. */
  changed(isTurn: boolean): void;
  /** The container has written all it writes to its disk. */
  filledDisk(plan: RunPlan): void;
  /** How many times faster a young container lives than the clock, once the scenario is live. */
  haste: number;
  /** How soon a waiting container is tried again after something it waits for has changed. */
  repairMs: number;
}

const PULL_MS = 1400;
const CONFIG_RETRY_MS = 12_000;
const MAX_PULL_BACKOFF_MS = 300_000;
/** So long a container shows how it ended before it shows that it waits. */
const ENDED_MS = 2000;
const YOUNG_MS = 60_000;
const TERM_EXIT_CODE = 143;
/** Reasons to wait for that a change in the cluster may end. */
const RETRIED = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'ErrImagePull',
  'ImagePullBackOff',
]);

export class SimulatedContainer {
  readonly record: ContainerRecord;
  /** The current run and the one before, newest last. */
  readonly runs: RunRecord[] = [];
  readonly #host: SimulatedContainerHost;
  readonly #policy: string;
  #timer: Timer | undefined;
  #probes: { kind: ProbeKind; probe: SimulatedProbe }[] = [];
  #isStarted = false;
  #isStopped = false;
  #isKilled = false;
  #pulls = 0;
  #crashes = 0;
  #fate = '';

  constructor(
    host: SimulatedContainerHost,
    options: { container: Container; policy: string; before: ContainerStatus | undefined },
  ) {
    const { container, before } = options;
    this.#host = host;
    this.#policy = options.policy;
    this.record = {
      container,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastTerminated: before?.lastState?.terminated,
      restartCount: before?.restartCount ?? 0,
      ready: false,
      started: false,
      containerID: undefined,
      imageID: before?.imageID ?? '',
    };
    this.#crashes = Math.min(this.record.restartCount, 6);
    const ended = before?.state?.terminated;
    if (ended !== undefined && !wantsRestart(options.policy, ended.exitCode)) {
      this.record.state = { terminated: ended };
      this.record.containerID = before?.containerID;
      this.#isStarted = true;
    }
  }

  get run(): RunRecord | undefined {
    const last = this.runs.at(-1);
    return last?.finishedAt === undefined ? last : undefined;
  }

  /** Whether something in it accepts connections on the port. */
  listens(port: number): boolean {
    const { run } = this;
    return run?.upAt !== undefined && run.plan.listens.some((listener) => listener.port === port);
  }

  /** Status code of an HTTP GET; undefined when the listener does not speak HTTP. */
  answer(port: number, path: string): number | undefined {
    const { run } = this;
    const listener = run?.plan.listens.find((one) => one.port === port);
    if (run === undefined || listener === undefined) return undefined;
    return httpStatus(listener, path, this.#isUnready(run));
  }

  /** Begins; later calls do nothing. */
  ensure(): void {
    if (this.#isStarted || this.#isStopped) return;
    this.#isStarted = true;
    this.#pull();
  }

  /** Something in the cluster changed: what waits is tried again soon if it would fare differently now. */
  recheck(): void {
    const { run } = this;
    if (this.#isStopped || !this.#isStarted) return;
    if (run !== undefined) {
      this.#recheckRun(run);
      return;
    }
    if (this.#timer === undefined || !RETRIED.has(this.record.state.waiting?.reason ?? '')) return;
    const fate = this.#currentFate();
    if (fate === this.#fate) return;
    this.#fate = fate;
    this.#later(this.#host.repairMs, () => this.#again());
  }

  /** The process ends now; `again` is not asked. Returns whether something ran. */
  stop(): boolean {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#stopProbes();
    const { run } = this;
    if (run === undefined) return false;
    this.#emit('Normal', 'Killing', `Stopping container ${this.#name}`);
    return true;
  }

  /** Ends the process of a pod that is evicted. */
  kill(exitCode: number): void {
    this.#isStopped = true;
    if (this.run !== undefined) this.#exit(exitCode, 'Error');
    this.#timer?.cancel();
  }

  get #name(): string {
    return this.record.container.name;
  }

  get #now(): number {
    return this.#host.timeline.now();
  }

  #emit(type: EventDraft['type'], reason: string, message: string): void {
    const list = (this.#host.pod().spec.initContainers ?? []).includes(this.record.container)
      ? 'initContainers'
      : 'containers';
    this.#host.record({ type, reason, message, fieldPath: `spec.${list}{${this.#name}}` });
  }

  #later(ms: number, task: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#host.timeline.after(ms, () => {
      this.#timer = undefined;
      if (!this.#isStopped) task();
    });
  }

  /** Delays inside a run pass faster while it is young, so that a repair can be seen in seconds. */
  #hasten(ms: number, startedAt: number): number {
    const { timeline, haste } = this.#host;
    return timeline.isLive && this.#now - startedAt < YOUNG_MS ? ms / haste : ms;
  }

  #currentFate(): string {
    const pull = this.#host.pull(this.record.container);
    if ('error' in pull) return pull.error;
    return fateOf(this.#host.assess(this.record.container, pull.behaviour));
  }

  #wait(reason: string, message?: string): void {
    this.record.state = { waiting: message === undefined ? { reason } : { reason, message } };
    this.#host.changed(false);
  }

  #again(): void {
    const before = this.record.state.waiting?.reason;
    if (before === 'CrashLoopBackOff') this.#restart();
    else this.#pull();
  }

  #pull(): void {
    const { container } = this.record;
    const image = container.image ?? '';
    const pull = this.#host.pull(container);
    const policy = (container as { imagePullPolicy?: string }).imagePullPolicy ?? 'IfNotPresent';
    if ('error' in pull) {
      this.#failPull(image, pull.error);
      return;
    }
    this.#pulls = 0;
    if (policy !== 'Always' && this.#host.hasImage(image)) {
      this.#emit('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      this.#create(pull.behaviour);
      return;
    }
    this.#emit('Normal', 'Pulling', `Pulling image "${image}"`);
    const seed = hashText(image);
    const took = Math.round(
      PULL_MS * (0.6 + noise(seed ^ hashText(this.#host.pod().metadata.name))),
    );
    this.#later(this.#hasten(took, this.#now), () => {
      this.#host.keepImage(image);
      const shown = took >= 1000 ? `${(took / 1000).toFixed(3)}s` : `${Math.round(took)}ms`;
      const bytes = 24_000_000 + Math.floor(noise(seed + 1) * 180_000_000);
      this.#emit(
        'Normal',
        'Pulled',
        `Successfully pulled image "${image}" in ${shown} (${shown} including waiting). Image size: ${bytes} bytes.`,
      );
      this.#create(pull.behaviour);
    });
  }

  #failPull(image: string, error: string): void {
    this.#fate = error;
    this.#pulls += 1;
    this.#emit('Normal', 'Pulling', `Pulling image "${image}"`);
    this.#emit('Warning', 'Failed', `Failed to pull image "${image}": ${error}`);
    this.#emit('Warning', 'Failed', 'Error: ErrImagePull');
    this.#wait('ErrImagePull', error);
    const delay = Math.min(MAX_PULL_BACKOFF_MS, 10_000 * 2 ** Math.min(this.#pulls - 1, 10));
    this.#later(ENDED_MS, () => {
      this.#emit('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      this.#emit('Warning', 'Failed', 'Error: ImagePullBackOff');
      this.#wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${error}`);
      this.#later(delay, () => this.#pull());
      this.recheck();
    });
  }

  #create(behaviour: ImageBehaviour): void {
    const { record } = this;
    const assessment = this.#host.assess(record.container, behaviour);
    this.#fate = fateOf(assessment);
    if ('problem' in assessment) {
      this.#emit('Warning', 'Failed', `Error: ${assessment.problem}`);
      this.#wait('CreateContainerConfigError', assessment.problem);
      this.#later(CONFIG_RETRY_MS, () => this.#pull());
      return;
    }
    const seed = hashText(`${this.#host.pod().metadata.uid}/${this.#name}/${record.restartCount}`);
    record.containerID = `containerd://${hexText(seed)}`;
    record.imageID = `${fullReference(record.container.image ?? '').replace(/[:@][^/]*$/, '')}@sha256:${hexText(hashText(record.container.image ?? ''))}`;
    record.state = { running: { startedAt: timeText(this.#now) } };
    this.#emit('Normal', 'Created', `Created container: ${this.#name}`);
    this.#emit('Normal', 'Started', `Started container ${this.#name}`);
    this.#isKilled = false;
    const run: RunRecord = {
      attempt: record.restartCount,
      startedAt: this.#now,
      finishedAt: undefined,
      upAt: undefined,
      plan: assessment,
      complaints: [{ from: this.#now, unmet: assessment.unmet }],
    };
    this.runs.push(run);
    if (this.runs.length > 2) this.runs.shift();
    this.#probe(run);
    this.#proceed(run);
    this.#host.changed(true);
  }

  #proceed(run: RunRecord): void {
    const { plan, startedAt } = run;
    const hasten = (ms: number) => this.#hasten(ms, startedAt);
    const unmet = run.complaints.at(-1)!.unmet;
    const blocking = unmet.find(({ need }) =>
      ['crash', 'wait'].includes(need.otherwise ?? 'crash'),
    );
    if (blocking !== undefined) {
      if (blocking.need.otherwise === 'wait') return;
      const tried = 0.8 + 0.4 * noise(hashText(this.#host.pod().metadata.name) + run.attempt);
      const after = hasten(durationMs(blocking.need.after, 1000) * tried);
      this.#later(after, () => this.#exit(blocking.need.exit ?? 1));
      return;
    }
    const startup = durationMs(plan.run.startup, 2000);
    const growth = durationMs(plan.run.growth, 20_000);
    const isTooLarge = plan.memoryLimit !== undefined && plan.memory > plan.memoryLimit;
    const steps: [number, () => void][] = [[startup, () => this.#up(run)]];
    if (isTooLarge) steps.push([growth, () => this.#exit(137, 'OOMKilled')]);
    else if (plan.run.runs !== undefined) {
      steps.push([durationMs(plan.run.runs), () => this.#exit(plan.run.exit ?? 0)]);
    }
    if (plan.disk > 0) steps.push([growth, () => this.#host.filledDisk(plan)]);
    this.#follow(
      run,
      steps.toSorted(([a], [b]) => a - b),
      0,
    );
  }

  /** Runs the steps at their times from the start of the run, one timer at a time. */
  #follow(run: RunRecord, steps: [number, () => void][], at: number): void {
    const [next, ...rest] = steps;
    if (next === undefined) return;
    this.#later(this.#hasten(next[0] - at, run.startedAt), () => {
      next[1]();
      if (run.finishedAt === undefined) this.#follow(run, rest, next[0]);
    });
  }

  #up(run: RunRecord): void {
    run.upAt = this.#now;
    for (const { probe } of this.#probes) probe.recheck();
    if (this.record.container.readinessProbe === undefined) this.#settleReadiness();
    this.#host.changed(true);
  }

  #isUnready(run: RunRecord): boolean {
    return run.complaints.at(-1)!.unmet.some(({ need }) => need.otherwise === 'unready');
  }

  #probe(run: RunRecord): void {
    const { container } = this.record;
    const kinds: [ProbeKind, Container['livenessProbe']][] = [
      ['startup', container.startupProbe],
      ['readiness', container.readinessProbe],
      ['liveness', container.livenessProbe],
    ];
    this.#probes = [];
    for (const [kind, probe] of kinds) {
      if (probe === undefined || (kind !== 'startup' && container.startupProbe !== undefined))
        continue;
      this.#startProbe(run, kind, probe);
    }
    this.#settleReadiness();
  }

  #startProbe(
    run: RunRecord,
    kind: ProbeKind,
    probe: NonNullable<Container['livenessProbe']>,
  ): void {
    const { container } = this.record;
    const simulated = new SimulatedProbe({
      kind,
      probe,
      subject: () => ({
        podIP: this.#host.podIP(),
        ports: container.ports ?? [],
        plan: run.plan,
        isListening: run.upAt !== undefined,
        isUnready: this.#isUnready(run),
      }),
      after: (ms, task) => this.#host.timeline.after(this.#hasten(ms, run.startedAt), task),
      onFailure: (message) => this.#emit('Warning', 'Unhealthy', message),
      onChange: (isPassing) => this.#onProbe(run, kind, isPassing),
    });
    this.#probes.push({ kind, probe: simulated });
  }

  #onProbe(run: RunRecord, kind: ProbeKind, isPassing: boolean): void {
    if (kind === 'startup' && isPassing) {
      const { readinessProbe, livenessProbe } = this.record.container;
      if (readinessProbe !== undefined) this.#startProbe(run, 'readiness', readinessProbe);
      if (livenessProbe !== undefined) this.#startProbe(run, 'liveness', livenessProbe);
    }
    if (kind !== 'readiness' && !isPassing) {
      if (this.#isKilled) return;
      this.#isKilled = true;
      this.#emit(
        'Normal',
        'Killing',
        `Container ${this.#name} failed ${kind} probe, will be restarted`,
      );
      this.#later(1000, () => this.#exit(TERM_EXIT_CODE));
      return;
    }
    this.#settleReadiness();
    this.#host.changed(true);
  }

  #settleReadiness(): void {
    const { record } = this;
    const find = (wanted: ProbeKind) => this.#probes.find(({ kind }) => kind === wanted)?.probe;
    record.started = find('startup')?.isPassing ?? true;
    const readiness = find('readiness');
    record.ready =
      record.started &&
      record.state.running !== undefined &&
      (record.container.readinessProbe === undefined || readiness?.isPassing === true);
  }

  #recheckRun(run: RunRecord): void {
    const before = run.complaints.at(-1)!.unmet;
    const kept = before.filter(({ need }) => need.connect === undefined);
    const failing: UnmetNeed[] = [];
    for (const need of run.plan.run.needs ?? []) {
      if (need.connect === undefined) continue;
      const error = this.#host.connect(fill(need.connect, { env: run.plan.env }));
      if (error !== undefined) failing.push({ need, error });
    }
    const unmet = [...kept, ...failing];
    const describe = (list: UnmetNeed[]) =>
      list.map(({ need, error }) => `${need.connect} ${error}`).join();
    if (describe(unmet) === describe(before)) return;
    run.complaints.push({ from: this.#now, unmet });
    if (run.complaints.length > 50) run.complaints.splice(1, 1);
    const isBlocked = (list: UnmetNeed[]) => list.some(({ need }) => need.otherwise === 'wait');
    if (isBlocked(before) && !isBlocked(unmet)) this.#proceed(run);
    for (const { probe } of this.#probes) probe.recheck();
    this.#host.changed(false);
  }

  #stopProbes(): void {
    for (const { probe } of this.#probes) probe.stop();
    this.#probes = [];
  }

  #exit(exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    const { record, run } = this;
    if (run === undefined) return;
    run.finishedAt = this.#now;
    this.#stopProbes();
    record.ready = false;
    record.started = false;
    record.state = {
      terminated: {
        exitCode,
        reason,
        startedAt: timeText(run.startedAt),
        finishedAt: timeText(this.#now),
        ...(record.containerID === undefined ? {} : { containerID: record.containerID }),
      },
    };
    this.#host.changed(true);
    if (this.#isStopped || !wantsRestart(this.#policy, exitCode)) return;
    const isStable = isStableRun(this.#now - run.startedAt, DEFAULT_RESTART_BACKOFF);
    this.#crashes = isStable ? 1 : this.#crashes + 1;
    this.#later(ENDED_MS, () => this.#backOff());
  }

  #backOff(): void {
    const { record } = this;
    record.lastTerminated = record.state.terminated ?? record.lastTerminated;
    const delay = restartDelay(this.#crashes, DEFAULT_RESTART_BACKOFF);
    if (delay === 0) {
      this.#restart();
      return;
    }
    const { namespace = '', name, uid = '' } = this.#host.pod().metadata;
    const subject = `${name}_${namespace}(${uid})`;
    this.#wait(
      'CrashLoopBackOff',
      `back-off ${delayText(delay)} restarting failed container=${this.#name} pod=${subject}`,
    );
    this.#repeatBackOff(
      `Back-off restarting failed container ${this.#name} in pod ${subject}`,
      delay,
    );
    this.recheck();
  }

  /** Kubelet looks at the pod every now and then while it waits, and says so each time. */
  #repeatBackOff(message: string, left: number): void {
    this.#emit('Warning', 'BackOff', message);
    const pause = Math.min(left, 13_000);
    this.#later(pause, () => {
      if (left > pause) this.#repeatBackOff(message, left - pause);
      else this.#restart();
    });
  }

  #restart(): void {
    const { record } = this;
    record.lastTerminated = record.state.terminated ?? record.lastTerminated;
    record.restartCount += 1;
    this.#pull();
  }
}
