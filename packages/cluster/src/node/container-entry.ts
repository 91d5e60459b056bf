/** One container of a pod on this node: its state, what runs, its probes, its restarts. */
import type { Clock } from '@kagent/kube';

import type { EventDraft } from '../workloads/event-recorder.ts';
import type { Container, ContainerStatus, Pod } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';
import { ConfigProblem } from './config-problem.ts';
import { startContainerProbes } from './container-probes.ts';
import type { ContainerRunner, StartedContainer } from './container-runner.ts';
import { delayText, initialRecord } from './container-state.ts';
import { ImageProblem } from './image-rules.ts';
import type { ContainerLog } from './logs/container-log.ts';
import type { ContainerRecord } from './pod-status.ts';
import type { ProbeKind } from './probes/probe-loop.ts';
import { isStableRun, restartDelay, wantsRestart } from './restart-delay.ts';
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
  record(draft: EventDraft): void;
  /** Something changed: the pod must be looked at again. */
  changed(): void;
}

const IMAGE_BACKOFF_MS = 10_000;
/** A changed ConfigMap or Secret unblocks at once; this is for what no event tells. */
const CONFIG_RETRY_MS = 10_000;
const START_ERROR_CODE = 128;
const TAIL_FOR_MESSAGE = 2048;

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

  get isProcess(): boolean {
    return this.#running?.mode === 'process';
  }

  /** Starts it when it should run and does not; does nothing while it runs, starts, waits for its backoff or is done. */
  ensure(): void {
    if (this.#isStopping || this.#running !== undefined || this.#starting !== undefined) return;
    if (this.#isBlocked) return;
    const ended = this.record.state.terminated;
    if (ended !== undefined && !wantsRestart(this.#policy, ended.exitCode)) return;
    if (ended === undefined && this.#restartAt === undefined) this.#start();
    else this.#restart();
  }

  /** What kept it from starting may be gone: the next `ensure` tries again. */
  unblock(): void {
    this.#isBlocked = false;
    this.#unblocked += 1;
  }

  /** Ends it for good. Resolves when it is over. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#graceMs = graceMs;
      this.#stopProbes();
      this.#retry?.cancel();
      if (this.#running !== undefined)
        this.#emit('Normal', 'Killing', `Stopping container ${this.#name}`);
    }
    await this.#running?.stop(graceMs);
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
    this.#starting = this.#begin()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#starting = undefined;
        if (this.#unblocked !== unblocked) this.#isBlocked = false;
        this.#host.changed();
      });
  }

  async #begin(): Promise<void> {
    const { runner, volumes, clock } = this.#host;
    const { record } = this;
    const { container, restartCount } = record;
    const plan = runner.plan(volumes.facts, container);
    this.#log = this.#host.openLog(container.name, restartCount);
    this.#startedAt = clock.now();
    const started = await runner.start({
      container,
      volumes,
      restartCount,
      log: (line) => this.#writeLog(line),
    });
    this.#running = started;
    record.containerID = started.containerID;
    record.imageID = started.label;
    record.state = { running: { startedAt: timeText(this.#startedAt) } };
    const image = container.image ?? '';
    this.#emit(
      'Normal',
      'Pulled',
      `Container image "${image}" already present on machine (${plan.label})`,
    );
    this.#emit('Normal', 'Created', `Container created: ${container.name}`);
    this.#emit('Normal', 'Started', `Container started: ${container.name}`);
    void started.exited.then((exit) =>
      this.#onExit(exit, exit.exitCode === 0 ? 'Completed' : 'Error'),
    );
    if (this.#isStopping) await started.stop(this.#graceMs);
    else this.#probe(started);
  }

  #probe(started: StartedContainer): void {
    const { record } = this;
    const { container } = record;
    this.#stopProbes = startContainerProbes({
      container,
      clock: this.#host.clock,
      scheduler: this.#host.scheduler,
      target: {
        podIP: this.#host.volumes.facts.podIP,
        ports: container.ports ?? [],
        route: (host, port) => this.#host.route(host, port),
        exec: started.exec,
      },
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
    const grace =
      probe?.terminationGracePeriodSeconds ??
      this.#host.pod().spec.terminationGracePeriodSeconds ??
      30;
    void started.stop(grace * 1000);
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
      const isNews = this.#wait('CreateContainerConfigError', error.message);
      if (isNews) this.#emit('Warning', 'Failed', `Error: ${error.message}`);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#emit('Warning', 'Failed', `Error: ${message}`);
    this.#log?.append(message);
    this.#onExit({ exitCode: START_ERROR_CODE, message }, 'StartError');
  }

  /** First `ErrImagePull`, after a while `ImagePullBackOff`, as a node that pulls would show it. */
  #failImage(problem: ImageProblem): void {
    const image = this.record.container.image ?? '';
    const before = this.record.state.waiting?.reason;
    this.#isBlocked = true;
    if (before === 'ImagePullBackOff') return;
    if (before === 'ErrImagePull') {
      this.#wait(
        'ImagePullBackOff',
        `Back-off pulling image "${image}": ErrImagePull: ${problem.message}`,
      );
      this.#emit('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      this.#emit('Warning', 'Failed', 'Error: ImagePullBackOff');
      return;
    }
    this.#wait('ErrImagePull', problem.message);
    this.#emit('Warning', 'Failed', `Failed to pull image "${image}": ${problem.message}`);
    this.#emit('Warning', 'Failed', 'Error: ErrImagePull');
    this.#retryAfter(IMAGE_BACKOFF_MS);
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
