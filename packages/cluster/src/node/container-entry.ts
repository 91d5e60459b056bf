/** One container of a pod on this node: its state, what runs, its probes, its restarts. */
import type { Clock } from '@kagent/kube';

import type { EventDraft } from '../workloads/event-recorder.ts';
import type {
  Container,
  ContainerStatus,
  EphemeralContainer,
  LifecycleHandler,
  Pod,
} from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';
import { ConfigProblem, MountProblem } from './config-problem.ts';
import { startContainerProbes } from './container-probes.ts';
import type { ContainerRunner, PreparedImage, StartedContainer } from './container-runner.ts';
import { delayText, initialRecord } from './container-state.ts';
import { ImageProblem } from './image-rules.ts';
import { runHook } from './lifecycle-hook.ts';
import type { ContainerLog } from './logs/container-log.ts';
import type { ContainerRecord } from './pod-status.ts';
import type { ProbeKind } from './probes/probe-loop.ts';
import type { ProbeTarget } from './probes/run-probe.ts';
import { imageRetryDelay, isStableRun, restartDelay, restartsAfter } from './restart-delay.ts';
import type { RestartBackoff } from './restart-delay.ts';
import type { ContainerExit } from './running-container.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import type { VolumeInput } from './volumes.ts';

/** What the entry needs of its pod and node. */
export interface EntryHost {
  clock: Clock;
  scheduler: Scheduler;
  runner: ContainerRunner;
  backoff: RestartBackoff;
  volumes: VolumeInput;
  pod(): Pod;
  route(host: string, port: number): { host: string; port: number };
  openLog(container: string, attempt: number): ContainerLog;
  /** Another container of the pod. */
  running(container: string): StartedContainer | undefined;
  record(draft: EventDraft): void;
  /** Something changed: the pod must be looked at again. */
  changed(): void;
}

/** So long `ErrImagePull` is shown before `ImagePullBackOff`. */
const IMAGE_ERROR_SHOWN_MS = 2000;
/** A changed ConfigMap or Secret unblocks at once; this is for what no event tells. */
const CONFIG_RETRY_MS = 10_000;
const START_ERROR_CODE = 128;
const TAIL_FOR_MESSAGE = 2048;
/** A hook may take all of the grace period; the container still gets this long, as from kubelet. */
const LEAST_GRACE_MS = 2000;
const DEFAULT_GRACE_SECONDS = 30;
/** A hook after the start may take as long as it wants. */
const POST_START_MS = 24 * 3_600_000;

export class ContainerEntry {
  readonly record: ContainerRecord;
  readonly #host: EntryHost;
  readonly #policy: string;
  #running: StartedContainer | undefined;
  #starting: Promise<void> | undefined;
  #log: ContainerLog | undefined;
  #stopProbes: () => void = () => {};
  #isStopping = false;
  #isKilled = false;
  /** The hook before the end of what runs; resolves to the rest of the grace period. */
  #halting: Promise<number> | undefined;
  /** Ends a `postStart` hook that runs when the container must end. */
  #postStarting: AbortController | undefined;
  #imageFailures = 0;
  #graceMs = 0;
  /** Ends in a row, without a long run between them. */
  #crashes = 0;
  #startedAt = 0;
  #restartAt: number | undefined;
  #retry: Timer | undefined;
  /** It could not be started, and trying again at once would fail the same way. */
  #isBlocked = false;
  /** How often `unblock` was called: a start that failed meanwhile is tried again. */
  #unblocked = 0;
  /** The last lines of the log, where they are to become the termination message. */
  #tail = '';

  constructor(
    host: EntryHost,
    options: { container: Container; before: ContainerStatus | undefined; policy: string },
  ) {
    this.#host = host;
    this.#policy = options.policy;
    this.record = initialRecord({ ...options, now: host.clock.now() });
  }

  get isBusy(): boolean {
    return this.#starting !== undefined;
  }

  /** What runs now; undefined between runs. */
  get running(): StartedContainer | undefined {
    return this.#running;
  }

  /** It runs where it sees its volumes as files on disk. */
  get hasFiles(): boolean {
    return this.#running !== undefined && this.#running.mode !== 'tenant';
  }

  /** When what runs was started, milliseconds since the epoch. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Starts it when it should run and does not; does nothing while it runs, starts, waits for its backoff or is done. */
  ensure(): void {
    if (this.#isStopping || this.#running !== undefined || this.#starting !== undefined) return;
    if (this.#isBlocked) return;
    const ended = this.record.state.terminated;
    const { container } = this.record;
    if (ended !== undefined && !restartsAfter(container, this.#policy, ended.exitCode)) return;
    if (ended === undefined && this.#restartAt === undefined) this.#start();
    else this.#restart();
  }

  /** What kept it from starting may be gone: the next `ensure` tries again. */
  unblock(): void {
    this.#isBlocked = false;
    this.#unblocked += 1;
  }

  /** Ends it for good. Resolves when it is over. Called again, only a shorter grace period makes a difference. */
  async stop(graceMs: number): Promise<void> {
    const isHurried = this.#isStopping && graceMs < this.#graceMs;
    if (isHurried) this.#graceMs = graceMs;
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#graceMs = graceMs;
      this.#postStarting?.abort();
      this.#stopProbes();
      this.#retry?.cancel();
      if (this.#running !== undefined)
        this.#emit('Normal', 'Killing', `Stopping container ${this.#name}`);
    }
    if (isHurried) await this.#running?.stop(graceMs);
    else if (this.#running !== undefined) await this.#halt(this.#running, graceMs);
    await this.#starting;
    await this.#log?.close();
  }

  get #name(): string {
    return this.record.container.name;
  }

  #emit(type: EventDraft['type'], reason: string, message: string): void {
    this.#host.record({ type, reason, message, fieldPath: `spec.containers{${this.#name}}` });
  }

  /** False when it waits for just that already. */
  #wait(reason: string, message?: string): boolean {
    const before = this.record.state.waiting;
    if (before?.reason === reason && before.message === message) return false;
    this.record.state = { waiting: message === undefined ? { reason } : { reason, message } };
    return true;
  }

  #start(): void {
    const unblocked = this.#unblocked;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#starting = this.#begin()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#starting = undefined;
        if (this.#unblocked !== unblocked) this.#isBlocked = false;
        this.#host.changed();
      });
  }

  async #begin(): Promise<void> {
    const { runner, volumes } = this.#host;
    const { container } = this.record;
    const image = await runner.prepareImage(volumes.facts, container, () =>
      this.#emit('Normal', 'Pulling', `Pulling image "${container.image ?? ''}"`),
    );
    this.#imageFailures = 0;
    if (this.#isStopping) return;
    this.#emit('Normal', 'Pulled', image.message);
    const started = await this.#launch(image);
    if (this.#isStopping) return this.#halt(started, this.#graceMs);
    await this.#postStart(started);
    // It may have ended meanwhile.
    if (this.#running !== started) return;
    this.record.state = { running: { startedAt: timeText(this.#startedAt) } };
    if (!this.#isStopping) this.#probe(started);
  }

  async #launch(image: PreparedImage): Promise<StartedContainer> {
    const { runner, volumes, clock } = this.#host;
    const { record } = this;
    const { container, restartCount } = record;
    const { targetContainerName: target = '' }: EphemeralContainer = container;
    this.#log = this.#host.openLog(container.name, restartCount);
    this.#startedAt = clock.now();
    const started = await runner.start({
      container,
      image,
      volumes,
      restartCount,
      beside: target === '' ? undefined : this.#host.running(target),
      log: (line) => this.#writeLog(line),
    });
    this.#running = started;
    record.containerID = started.containerID;
    record.imageID = image.imageID;
    record.user = started.user;
    this.#emit('Normal', 'Created', 'Container created');
    this.#emit('Normal', 'Started', 'Container started');
    void started.exited.then((exit) =>
      this.#onExit(exit, exit.reason ?? (exit.exitCode === 0 ? 'Completed' : 'Error')),
    );
    return started;
  }

  /** The container counts as running when its hook has ended, and is killed when that fails. */
  async #postStart(started: StartedContainer): Promise<void> {
    const hook = this.record.container.lifecycle?.postStart;
    if (hook === undefined) return;
    const { clock } = this.#host;
    const over = new AbortController();
    this.#postStarting = over;
    const { signal } = over;
    const done = runHook(hook, this.#target(started), { clock, timeoutMs: POST_START_MS, signal });
    const problem = await Promise.race([done, started.exited.then(() => undefined)]);
    over.abort();
    if (problem === undefined || this.#running !== started) return;
    this.#emit('Warning', 'FailedPostStartHook', 'PostStartHook failed');
    this.#emit('Normal', 'Killing', 'FailedPostStartHook');
    await this.#halt(started, this.#podGraceMs());
  }

  #podGraceMs(): number {
    const { terminationGracePeriodSeconds: seconds } = this.#host.pod().spec;
    return (seconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  }

  /** Ends what runs: its `preStop` hook first, within the same grace period. */
  async #halt(started: StartedContainer, graceMs: number): Promise<void> {
    const hook = this.record.container.lifecycle?.preStop;
    if (hook === undefined || graceMs === 0) return started.stop(graceMs);
    this.#halting ??= this.#preStop(started, hook, graceMs);
    await started.stop(await this.#halting);
  }

  /** What is left of the grace period after the hook. */
  async #preStop(
    started: StartedContainer,
    hook: LifecycleHandler,
    graceMs: number,
  ): Promise<number> {
    const { clock } = this.#host;
    const begin = clock.now();
    const over = new AbortController();
    const { signal } = over;
    const done = runHook(hook, this.#target(started), { clock, timeoutMs: graceMs, signal });
    const late = clock.sleep(graceMs, signal).then(
      () => 'the grace period is over',
      () => undefined,
    );
    const problem = await Promise.race([done, late, started.exited.then(() => undefined)]);
    over.abort();
    if (problem !== undefined) this.#emit('Warning', 'FailedPreStopHook', 'PreStopHook failed');
    return Math.max(LEAST_GRACE_MS, graceMs - (clock.now() - begin));
  }

  #target(started: StartedContainer): ProbeTarget {
    return {
      podIP: this.#host.volumes.facts.podIP,
      ports: this.record.container.ports ?? [],
      route: (host, port) => this.#host.route(host, port),
      exec: started.exec,
    };
  }

  #probe(started: StartedContainer): void {
    const { record } = this;
    this.#stopProbes = startContainerProbes({
      container: record.container,
      clock: this.#host.clock,
      scheduler: this.#host.scheduler,
      target: this.#target(started),
      onState: (state) => {
        Object.assign(record, state);
        this.#host.changed();
      },
      onDead: (kind) => this.#kill(started, kind),
      onFailure: (message) => this.#emit('Warning', 'Unhealthy', message),
    });
  }

  #kill(started: StartedContainer, kind: ProbeKind): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    this.#emit(
      'Normal',
      'Killing',
      `Container ${this.#name} failed ${kind} probe, will be restarted`,
    );
    const { livenessProbe, startupProbe } = this.record.container;
    const probe = kind === 'liveness' ? livenessProbe : startupProbe;
    const own = probe?.terminationGracePeriodSeconds;
    void this.#halt(started, own === undefined ? this.#podGraceMs() : own * 1000);
  }

  #writeLog(line: string): void {
    this.#log?.append(line);
    if (this.record.container.terminationMessagePolicy !== 'FallbackToLogsOnError') return;
    this.#tail = `${this.#tail}${line}\n`.slice(-TAIL_FOR_MESSAGE);
  }

  #onExit(exit: ContainerExit, reason: string): void {
    const { record } = this;
    const { clock, backoff } = this.#host;
    const now = clock.now();
    this.#stopProbes();
    this.#running = undefined;
    this.#isKilled = false;
    this.#halting = undefined;
    record.ready = false;
    record.started = false;
    const message = exit.message ?? (exit.exitCode === 0 ? '' : this.#tail);
    record.state = {
      terminated: {
        exitCode: exit.exitCode,
        reason,
        ...(message === '' ? {} : { message }),
        startedAt: timeText(this.#startedAt),
        finishedAt: timeText(now),
        ...(record.containerID === undefined ? {} : { containerID: record.containerID }),
      },
    };
    void this.#closeLog();
    this.#crashes = isStableRun(now - this.#startedAt, backoff) ? 1 : this.#crashes + 1;
    this.#restartAt = now + restartDelay(this.#crashes, backoff);
    this.#host.changed();
  }

  async #closeLog(): Promise<void> {
    const log = this.#log;
    this.#log = undefined;
    this.#tail = '';
    await log?.close();
  }

  #fail(error: unknown): void {
    if (error instanceof ImageProblem) {
      this.#failImage(error);
      return;
    }
    if (error instanceof ConfigProblem) {
      void this.#closeLog();
      this.#isBlocked = true;
      this.#retryAfter(CONFIG_RETRY_MS);
      if (error instanceof MountProblem) {
        this.#host.record({ type: 'Warning', reason: 'FailedMount', message: error.message });
        return;
      }
      const isNews = this.#wait('CreateContainerConfigError', error.message);
      if (isNews) this.#emit('Warning', 'Failed', `Error: ${error.message}`);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#emit('Warning', 'Failed', `Error: ${message}`);
    this.#log?.append(message);
    this.#onExit({ exitCode: START_ERROR_CODE, message }, 'StartError');
  }

  /** First the problem itself, after a moment `ImagePullBackOff`; then it is tried again, ever less often. */
  #failImage({ message, reason }: ImageProblem): void {
    const image = this.record.container.image ?? '';
    this.#isBlocked = true;
    this.#imageFailures += 1;
    const delay = imageRetryDelay(this.#imageFailures);
    const isNews = this.#wait(reason, message);
    if (reason !== 'ErrImagePull') {
      if (isNews) {
        const event = reason === 'InvalidImageName' ? 'InspectFailed' : reason;
        this.#emit('Warning', event, message);
        this.#emit('Warning', 'Failed', `Error: ${reason}`);
      }
      this.#retryAfter(delay);
      return;
    }
    this.#emit('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    this.#emit('Warning', 'Failed', 'Error: ErrImagePull');
    this.#retry?.cancel();
    this.#retry = this.#host.scheduler.after(IMAGE_ERROR_SHOWN_MS, () => {
      this.#retry = undefined;
      this.#wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`);
      this.#emit('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      this.#emit('Warning', 'Failed', 'Error: ImagePullBackOff');
      this.#retryAfter(delay - IMAGE_ERROR_SHOWN_MS);
      this.#host.changed();
    });
  }

  #retryAfter(ms: number): void {
    this.#retry ??= this.#host.scheduler.after(ms, () => {
      this.#retry = undefined;
      this.#isBlocked = false;
      this.#host.changed();
    });
  }

  #restart(): void {
    const { record } = this;
    const { clock, backoff } = this.#host;
    if (record.state.terminated !== undefined) record.lastTerminated = record.state.terminated;
    const left = (this.#restartAt ?? 0) - clock.now();
    if (left > 0) {
      const { namespace = '', name, uid = '' } = this.#host.pod().metadata;
      const subject = `pod ${name}_${namespace}(${uid})`;
      const delay = delayText(restartDelay(this.#crashes, backoff));
      const text = `back-off ${delay} restarting failed container=${this.#name} ${subject.replace(' ', '=')}`;
      if (this.#wait('CrashLoopBackOff', text)) {
        this.#emit(
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${this.#name} in ${subject}`,
        );
      }
      this.#retryAfter(left);
      return;
    }
    this.#restartAt = undefined;
    record.restartCount += 1;
    this.#wait('ContainerCreating');
    this.#start();
  }
}
