/** One pod on this node: address, tokens, init containers in order, containers, status. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound } from '@kagent/kube';
import type { Clock, KubeClient, Logger } from '@kagent/kube';

import type { EventRecorder } from '../workloads/event-recorder.ts';
import { PODS } from '../workloads/objects.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';
import type { PodAddresses } from './addresses.ts';
import { jsonEqual } from '../schema/json.ts';
import { ConfigProblem } from './config-problem.ts';
import type { ConfigSource, PodFacts } from './config-source.ts';
import { ContainerEntry } from './container-entry.ts';
import type { EntryHost } from './container-entry.ts';
import type { ContainerRunner, StartedContainer } from './container-runner.ts';
import type { LogStore } from './logs/log-store.ts';
import { isInitDone, isOwnCondition, isSidecar, podStatus } from './pod-status.ts';
import type { RestartBackoff } from './restart-delay.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import { createPodTokens } from './service-account-tokens.ts';
import type { PodTokens } from './service-account-tokens.ts';
import type { MeasuredContainer } from './usage/node-usage.ts';
import type { VolumeInput } from './volumes.ts';

/** What all pods of a node share. */
export interface PodHost {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  scheduler: Scheduler;
  runner: ContainerRunner;
  addresses: PodAddresses;
  logs: LogStore;
  recorder: EventRecorder;
  config: ConfigSource;
  backoff: RestartBackoff;
  nodeName: string;
  hostIP: string;
  capacity: { cpu: number; memory: number };
  /** Asks for another `sync` of the pod. */
  enqueue(key: string): void;
  /** The pod is up, in trouble, or slow. May be told again. */
  settled(key: string): void;
}

/** A service account that is not there yet usually is in a moment. */
const PREPARE_RETRY_MS = 250;
/** So long a pod that comes up quietly is not written about, so that one write tells of start and readiness. */
const SETTLE_MS = 300;
const QUIET = new Set(['ContainerCreating', 'PodInitializing']);
/** What a container gets when others have used up the grace period, as from kubelet. */
const LEAST_GRACE_MS = 2000;
const DEADLINE_EXCEEDED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

export class PodWorker {
  readonly uid: string;
  readonly key: string;
  readonly #host: PodHost;
  readonly #init: ContainerEntry[];
  readonly #main: ContainerEntry[];
  /** Added while the pod runs (`kubectl debug`). */
  readonly #ephemeral: ContainerEntry[] = [];
  readonly #facts: PodFacts;
  readonly #volumes: VolumeInput;
  readonly #tokens: PodTokens;
  readonly #stopping = new AbortController();
  readonly #startTime: string;
  readonly #settledAt: number;
  #pod: Pod;
  #isPrepared = false;
  #isPreparing = false;
  /** What was written last; newer than the informer's copy until that has caught up. */
  #written: PodStatus | undefined;
  #hasSettleTimer = false;
  #areFilesStale = false;
  #ending: Promise<void> | undefined;
  #endGraceMs = Number.POSITIVE_INFINITY;
  #deadline: { seconds: number; timer: Timer } | undefined;
  /** It ran longer than it may. */
  #isOverdue = false;

  constructor(host: PodHost, pod: Pod) {
    this.#host = host;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.key = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    const podIP =
      pod.spec.hostNetwork === true ? host.hostIP : host.addresses.allocate(pod.status?.podIP);
    const { hostIP, nodeName, capacity } = host;
    this.#facts = { pod, podIP, hostIP, nodeName, capacity };
    this.#tokens = createPodTokens(host);
    this.#volumes = {
      facts: this.#facts,
      source: host.config,
      token: (request) => this.#tokens.get(request),
    };
    this.#startTime = pod.status?.startTime ?? timeText(host.clock.now());
    this.#settledAt = host.clock.now() + SETTLE_MS;
    this.#main = this.#entries(pod.spec.containers, pod.status?.containerStatuses);
    const isOver = this.#main.every(({ record }) => record.state.terminated !== undefined);
    this.#init = this.#entries(
      pod.spec.initContainers ?? [],
      pod.status?.initContainerStatuses,
      !isOver,
    );
  }

  get podIP(): string {
    return this.#facts.podIP;
  }

  get facts(): PodFacts {
    return this.#facts;
  }

  /** What runs of the container now. */
  running(container: string): StartedContainer | undefined {
    return this.#entry(container)?.running;
  }

  /** How often the container was restarted, which is the number of its current log. */
  restartCount(container: string): number | undefined {
    return this.#entry(container)?.record.restartCount;
  }

  #entry(container: string): ContainerEntry | undefined {
    return this.#all().find(({ record }) => record.container.name === container);
  }

  #all(): ContainerEntry[] {
    return [...this.#main, ...this.#init, ...this.#ephemeral];
  }

  /** What runs now, for measurements. */
  *measured(): Iterable<MeasuredContainer> {
    const { namespace = '', name: pod } = this.#pod.metadata;
    for (const { record, running, startedAt } of this.#all()) {
      if (running === undefined) continue;
      const { group, containerID } = running;
      const id = `${containerID} ${startedAt}`;
      yield { namespace, pod, name: record.container.name, id, startedAt, group };
    }
  }

  /**
   * Brings the pod closer to what it should be, and its status up to date. Never waits for a container.
   * Rejects when the status could not be written.
   */
  async sync(pod: Pod): Promise<void> {
    if (!isSameFor(['annotations'], pod, this.#pod)) {
      // an annotation may say how to run what could not be run
      for (const entry of this.#all()) entry.unblock();
    }
    // Files of the downward API tell of both.
    if (!isSameFor(['annotations', 'labels'], pod, this.#pod)) this.#areFilesStale = true;
    this.#pod = pod;
    this.#facts.pod = pod;
    if (this.#ending !== undefined) return;
    this.#watchDeadline();
    if (this.#isPrepared) this.#advance();
    else if (!this.#isPreparing) {
      this.#isPreparing = true;
      void this.#prepare();
    }
    await this.#publish();
  }

  /** A ConfigMap or Secret it uses has changed. */
  configChanged(): void {
    this.#areFilesStale = true;
    this.#host.enqueue(this.key);
  }

  /** Renews tokens that are due, on disk too. */
  async renewTokens(): Promise<void> {
    if (!this.#isPrepared || this.#ending !== undefined) return;
    if (await this.#tokens.refresh(this.#facts, this.#stopping.signal)) this.configChanged();
  }

  /**
   * Ends all containers, the sidecars last. Resolves when nothing runs; its address is free then. Called again, only a
   * shorter grace period makes a difference.
   */
  end(graceMs: number): Promise<void> {
    if (this.#ending !== undefined && graceMs < this.#endGraceMs)
      for (const entry of this.#all()) void entry.stop(graceMs);
    this.#endGraceMs = Math.min(this.#endGraceMs, graceMs);
    this.#ending ??= this.#end(graceMs);
    return this.#ending;
  }

  /** Writes the status even though the pod ends, for pods that finalizers keep. */
  async publishFinal(): Promise<void> {
    await this.#write(this.#status());
  }

  #entries(
    containers: Container[],
    before: ContainerStatus[] | undefined,
    isRerun = false,
  ): ContainerEntry[] {
    const { clock, scheduler, runner, backoff, logs, recorder, addresses } = this.#host;
    const host: EntryHost = {
      clock,
      scheduler,
      runner,
      backoff,
      volumes: this.#volumes,
      pod: () => this.#pod,
      route: (address, port) => addresses.route(address, port) ?? { host: address, port },
      openLog: (container, attempt) => {
        const { namespace = '', name } = this.#pod.metadata;
        return logs.open({ pod: { namespace, name, uid: this.uid }, container, attempt });
      },
      running: (container) => this.running(container),
      record: (draft) => recorder.record(this.#pod, draft),
      changed: () => this.#host.enqueue(this.key),
    };
    return containers.map((container) => {
      const status = before?.find((candidate) => candidate.name === container.name);
      const own = this.#policyOf(containers, container);
      const entry = new ContainerEntry(host, {
        container,
        before: isRerun ? again(status) : status,
        policy: own,
      });
      const hasInit = (this.#pod.spec.initContainers ?? []).length > 0;
      if (hasInit && entry.record.state.waiting !== undefined) {
        entry.record.state = { waiting: { reason: 'PodInitializing' } };
      }
      return entry;
    });
  }

  /** Debug containers run once. */
  #policyOf(containers: Container[], container: Container): string {
    const { restartPolicy = 'Always', initContainers } = this.#pod.spec;
    if (containers === this.#pod.spec.containers) return restartPolicy;
    return containers === initContainers ? initPolicy(container, restartPolicy) : 'Never';
  }

  async #prepare(): Promise<void> {
    try {
      await this.#tokens.refresh(this.#facts, this.#stopping.signal);
      this.#isPrepared = true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#host.logger.warn(
        { pod: this.key, error: String(error) },
        'a service account token could not be fetched',
      );
      this.#host.recorder.record(this.#pod, {
        type: 'Warning',
        reason: 'FailedMount',
        message: `MountVolume.SetUp failed for volume "kube-api-access": ${error instanceof Error ? error.message : String(error)}`,
      });
      // it stays "preparing" until then: a sync meanwhile must not ask again at once
      this.#host.scheduler.after(PREPARE_RETRY_MS, () => this.#prepared());
      return;
    }
    this.#prepared();
  }

  #prepared(): void {
    this.#isPreparing = false;
    this.#host.enqueue(this.key);
  }

  #advance(): void {
    if (this.#areFilesStale) {
      for (const entry of this.#all()) entry.unblock();
      this.#refreshFiles();
    }
    this.#startEphemeral();
    for (const entry of this.#init) {
      if (isInitDone(entry.record) && !isSidecar(entry.record.container)) continue;
      entry.ensure();
      if (!isInitDone(entry.record)) return;
    }
    for (const entry of this.#main) entry.ensure();
    const isOver = this.#main.every(
      ({ record }) => record.state.terminated !== undefined && !record.ready,
    );
    const phase = isOver ? this.#status().phase : undefined;
    if (phase === 'Succeeded' || phase === 'Failed') void this.#stopSidecars();
  }

  /** One after the other, the last one first, all within one grace period (KEP-753). */
  async #stopSidecars(graceMs = this.#graceMs()): Promise<void> {
    const { clock } = this.#host;
    const end = clock.now() + graceMs;
    for (const entry of this.#init.toReversed()) {
      const left = graceMs === 0 ? 0 : Math.max(LEAST_GRACE_MS, end - clock.now());
      await entry.stop(left);
    }
  }

  #graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #startEphemeral(): void {
    const { ephemeralContainers = [] } = this.#pod.spec;
    if (this.#isOverdue) return;
    for (const container of ephemeralContainers.slice(this.#ephemeral.length)) {
      const before = this.#pod.status?.ephemeralContainerStatuses;
      this.#ephemeral.push(...this.#entries([container], before));
    }
    for (const entry of this.#ephemeral) entry.ensure();
  }

  /** `activeDeadlineSeconds` counts from the start of the pod and may be changed. */
  #watchDeadline(): void {
    const { activeDeadlineSeconds: seconds } = this.#pod.spec;
    if (seconds === this.#deadline?.seconds) return;
    this.#deadline?.timer.cancel();
    this.#deadline = undefined;
    if (seconds === undefined || this.#isOverdue) return;
    const { clock, scheduler } = this.#host;
    const left = Date.parse(this.#startTime) + seconds * 1000 - clock.now();
    const timer = scheduler.after(Math.max(0, left), () => this.#fail());
    this.#deadline = { seconds, timer };
  }

  #fail(): void {
    const { phase } = this.#status();
    if (this.#ending !== undefined || phase === 'Succeeded' || phase === 'Failed') return;
    this.#isOverdue = true;
    const { reason, message } = DEADLINE_EXCEEDED;
    this.#host.recorder.record(this.#pod, { type: 'Normal', reason, message });
    void this.#stopAll(this.#graceMs());
    this.#host.enqueue(this.key);
  }

  async #stopAll(graceMs: number): Promise<void> {
    const begin = this.#host.clock.now();
    await Promise.all([...this.#main, ...this.#ephemeral].map((entry) => entry.stop(graceMs)));
    const left = graceMs - (this.#host.clock.now() - begin);
    await this.#stopSidecars(graceMs === 0 ? 0 : Math.max(LEAST_GRACE_MS, left));
  }

  #refreshFiles(): void {
    this.#areFilesStale = false;
    if (!this.#all().some((entry) => entry.hasFiles)) return;
    this.#host.runner.writeFiles(this.#volumes).catch((error: unknown) => {
      if (error instanceof ConfigProblem) return;
      this.#host.logger.warn(
        { pod: this.key, error: String(error) },
        'the files of a pod could not be updated',
      );
    });
  }

  #status(): PodStatus {
    const { clock, hostIP } = this.#host;
    const { status } = this.#pod;
    const own = (this.#written ?? status)?.conditions?.filter(isOwnCondition) ?? [];
    const foreign = status?.conditions?.filter((condition) => !isOwnCondition(condition)) ?? [];
    const before = { ...(this.#written ?? status), conditions: [...own, ...foreign] };
    return podStatus({
      pod: { ...this.#pod, status: before },
      podIP: this.podIP,
      hostIP,
      startTime: this.#startTime,
      init: this.#init.map((entry) => entry.record),
      main: this.#main.map((entry) => entry.record),
      ephemeral: this.#ephemeral.map((entry) => entry.record),
      isPrepared: this.#isPrepared,
      failure: this.#isOverdue ? DEADLINE_EXCEEDED : undefined,
      now: timeText(clock.now()),
    });
  }

  /** True while it comes up and nothing is wrong. */
  #isSettling(): boolean {
    if (this.#host.clock.now() >= this.#settledAt) return false;
    const records = [...this.#init, ...this.#main].map((entry) => entry.record);
    const hasTrouble = records.some(
      ({ state }) =>
        (state.waiting !== undefined && !QUIET.has(state.waiting.reason ?? '')) ||
        (state.terminated !== undefined && state.terminated.exitCode !== 0),
    );
    const isReady = this.#main.every(
      ({ record }) => record.ready || record.state.terminated !== undefined,
    );
    return !hasTrouble && !isReady;
  }

  async #publish(): Promise<void> {
    if (this.#isSettling()) {
      if (this.#hasSettleTimer) return;
      this.#hasSettleTimer = true;
      this.#host.scheduler.after(SETTLE_MS, () => this.#host.enqueue(this.key));
      return;
    }
    this.#host.settled(this.key);
    await this.#write(this.#status());
  }

  async #write(status: PodStatus): Promise<void> {
    if (isDeepStrictEqual(status, this.#written ?? this.#pod.status)) return;
    const { namespace, name, uid } = this.#pod.metadata;
    const body = { metadata: { uid }, status };
    try {
      const patched = await this.#host.client.patch(
        PODS,
        { namespace, name, patch: { type: 'merge', body } },
        { subresource: 'status' },
      );
      // The server's object is the one the caches share: keep that rather than a second copy.
      this.#written = isDeepStrictEqual(patched.status, status) ? patched.status : status;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #end(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error('the pod ends'));
    this.#deadline?.timer.cancel();
    await this.#stopAll(graceMs);
    if (this.#pod.spec.hostNetwork !== true) this.#host.addresses.release(this.podIP);
  }
}

/** An init container is repeated until it succeeds; only `Never` gives up. A sidecar always comes back. */
function initPolicy(container: Container, policy: string): string {
  if (isSidecar(container)) return 'Always';
  return policy === 'Never' ? 'Never' : 'OnFailure';
}

/** The status of an init container that must run once more, after its node was restarted. */
function again(status: ContainerStatus | undefined): ContainerStatus | undefined {
  const ended = status?.state?.terminated;
  if (status === undefined || ended === undefined) return status;
  return { ...status, state: {}, lastState: { terminated: ended } };
}

function isSameFor(fields: ('annotations' | 'labels')[], next: Pod, before: Pod): boolean {
  return fields.every((field) =>
    jsonEqual(next.metadata[field] ?? {}, before.metadata[field] ?? {}),
  );
}
