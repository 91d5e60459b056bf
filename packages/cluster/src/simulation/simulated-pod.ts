/** One pod on a simulated node: volumes, init containers in order, containers, status, end. */
import { isDeepStrictEqual } from 'node:util';

import { isConflict, isNotFound } from '@kagent/kube';
import type { KubeClient, Logger } from '@kagent/kube';

import type { ConfigSource, PodFacts } from '../node/config-source.ts';
import { isInitDone, isSidecar, podStatus } from '../node/pod-status.ts';
import type { Timer } from '../node/scheduler.ts';
import type { EventRecorder } from '../workloads/event-recorder.ts';
import { PODS } from '../workloads/objects.ts';
import type { Container, Pod, PodStatus } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';
import { assess, mountProblem } from './assess.ts';
import type { RunPlan } from './assess.ts';
import { pullImage } from './image-pull.ts';
import type { Connection } from './network.ts';
import type { ImageBehaviour } from './scenario.ts';
import { SimulatedContainer } from './simulated-container.ts';
import type { Timeline } from './timeline.ts';

/** What the pods of one simulated node share. */
export interface SimulatedPodHost {
  client: KubeClient;
  logger: Logger;
  timeline: Timeline;
  recorder: EventRecorder;
  config: ConfigSource;
  images: readonly ImageBehaviour[];
  nodeName: string;
  hostIP: string;
  capacity: { cpu: number; memory: number };
  hasImage(reference: string): boolean;
  keepImage(reference: string): void;
  connect(pod: Pod, address: string): Connection;
  /** The status must be written. */
  changed(pod: SimulatedPod, isTurn: boolean): void;
  filledDisk(pod: SimulatedPod, plan: RunPlan): void;
  haste: number;
  repairMs: number;
}

const MOUNT_RETRY_MS = 500;
const MAX_MOUNT_RETRY_MS = 122_000;
/** A process that is asked to end needs about so long. */
const STOP_MS = 1200;

export class SimulatedPod {
  readonly uid: string;
  readonly key: string;
  readonly #host: SimulatedPodHost;
  readonly #facts: PodFacts;
  readonly #init: SimulatedContainer[];
  readonly #main: SimulatedContainer[];
  readonly #startTime: string;
  #pod: Pod;
  #written: PodStatus | undefined;
  #isMounted = false;
  #mountDelay = MOUNT_RETRY_MS;
  #mountTimer: Timer | undefined;
  #mountProblem: string | undefined;
  #evicted: string | undefined;
  #isEnding = false;
  #isFrozen = false;

  constructor(host: SimulatedPodHost, pod: Pod, podIP: string) {
    this.#host = host;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.key = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    const { hostIP, nodeName, capacity } = host;
    this.#facts = { pod, podIP, hostIP, nodeName, capacity };
    this.#startTime = pod.status?.startTime ?? timeText(host.timeline.now());
    this.#init = (pod.spec.initContainers ?? []).map((one) => this.#container(one, true));
    this.#main = pod.spec.containers.map((one) => this.#container(one, false));
  }

  get pod(): Pod {
    return this.#pod;
  }

  get isEvicted(): boolean {
    return this.#evicted !== undefined;
  }

  container(name: string): SimulatedContainer | undefined {
    return [...this.#main, ...this.#init].find(({ record }) => record.container.name === name);
  }

  containers(): SimulatedContainer[] {
    return [...this.#init, ...this.#main];
  }

  listens(port: number): boolean {
    return this.#main.some((container) => container.listens(port));
  }

  answer(port: number, path: string): number | undefined {
    return this.#main.find((container) => container.listens(port))?.answer(port, path);
  }

  get facts(): PodFacts {
    return this.#facts;
  }

  /** Takes over the object as it is now. */
  update(pod: Pod): void {
    const isImageChange = !isDeepStrictEqual(pod.spec.containers, this.#pod.spec.containers);
    this.#pod = pod;
    this.#facts.pod = pod;
    if (isImageChange) this.#takeSpec(pod);
    if (pod.metadata.deletionTimestamp !== undefined) this.#end();
  }

  /** Begins. */
  start(): void {
    const phase = this.#pod.status?.phase;
    if (phase === 'Failed' || phase === 'Succeeded') return;
    this.#mount();
  }

  /** Something in the cluster changed that containers may depend on. */
  recheck(): void {
    if (this.#isEnding || this.#isFrozen || this.isEvicted) return;
    if (!this.#isMounted) {
      const problem = mountProblem(this.#facts, this.#host.config);
      if (problem !== this.#mountProblem) {
        this.#mountProblem = problem;
        this.#mountTimer?.cancel();
        this.#mountTimer = this.#host.timeline.after(this.#host.repairMs, () => this.#mount());
      }
      return;
    }
    for (const container of this.containers()) container.recheck();
  }

  /** The node fell silent: nothing happens any more, and nobody tells. */
  freeze(): void {
    this.#isFrozen = true;
    this.#mountTimer?.cancel();
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  evict(message: string): void {
    if (this.isEvicted || this.#isEnding) return;
    this.#evicted = message;
    this.#host.recorder.record(this.#pod, { type: 'Warning', reason: 'Evicted', message });
    for (const container of this.#main) {
      if (container.run === undefined) continue;
      const { name } = container.record.container;
      this.#host.recorder.record(this.#pod, {
        type: 'Normal',
        reason: 'Killing',
        message: `Stopping container ${name}`,
        fieldPath: `spec.containers{${name}}`,
      });
      container.kill(137);
    }
    this.#host.changed(this, true);
  }

  /** The object is gone. */
  drop(): void {
    this.#isEnding = true;
    this.#mountTimer?.cancel();
    for (const container of this.containers()) container.stop();
  }

  /** Writes the status when it differs from what the server has. Rejects when the server refuses. */
  async publish(): Promise<void> {
    if (this.#isFrozen) return;
    const status = this.#status();
    if (isDeepStrictEqual(status, this.#written ?? this.#pod.status)) return;
    const { namespace, name, uid } = this.#pod.metadata;
    const gone = Object.keys(this.#written ?? this.#pod.status ?? {}).filter(
      (field) => !(field in status),
    );
    const body = {
      metadata: { uid },
      status: { ...Object.fromEntries(gone.map((field) => [field, null])), ...status },
    };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    try {
      await this.#host.client.patch(PODS, target, { subresource: 'status' });
      this.#written = status;
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  #takeSpec(pod: Pod): void {
    for (const [index, container] of pod.spec.containers.entries()) {
      const known = this.#main[index];
      if (known === undefined || known.record.container.image === container.image) continue;
      known.record.container = container;
      known.recheck();
    }
  }

  #container(container: Container, isInit: boolean): SimulatedContainer {
    const { timeline, config, images, hasImage, keepImage, haste, repairMs } = this.#host;
    const policy = this.#pod.spec.restartPolicy ?? 'Always';
    const initPolicy = isSidecar(container) ? 'Always' : policy === 'Never' ? 'Never' : 'OnFailure';
    const { containerStatuses, initContainerStatuses } = this.#pod.status ?? {};
    const before = (isInit ? initContainerStatuses : containerStatuses)?.find(
      ({ name }) => name === container.name,
    );
    const namespace = this.#pod.metadata.namespace ?? '';
    const simulated = new SimulatedContainer(
      {
        timeline,
        pod: () => this.#pod,
        podIP: () => this.#facts.podIP,
        pull: ({ image = '' }) =>
          pullImage(images, this.#pod, { image, secret: (name) => config.secret(namespace, name) }),
        assess: (one, behaviour) =>
          assess(
            {
              facts: this.#facts,
              container: one,
              source: config,
              images,
              now: timeline.now(),
              connect: (pod, address) => this.#host.connect(pod, address),
            },
            behaviour,
          ),
        connect: (address) => this.#host.connect(this.#pod, address),
        hasImage,
        keepImage,
        record: (draft) => {
          if (!this.#isFrozen) this.#host.recorder.record(this.#pod, draft);
        },
        changed: (isTurn) => {
          this.#advance();
          this.#host.changed(this, isTurn);
        },
        filledDisk: (plan) => this.#host.filledDisk(this, plan),
        haste,
        repairMs,
      },
      { container, policy: isInit ? initPolicy : policy, before },
    );
    const hasInit = (this.#pod.spec.initContainers ?? []).length > 0;
    if (hasInit && simulated.record.state.waiting !== undefined) {
      simulated.record.state = { waiting: { reason: 'PodInitializing' } };
    }
    return simulated;
  }

  #mount(): void {
    if (this.#isEnding || this.#isFrozen) return;
    this.#mountProblem = mountProblem(this.#facts, this.#host.config);
    if (this.#mountProblem !== undefined) {
      this.#host.recorder.record(this.#pod, {
        type: 'Warning',
        reason: 'FailedMount',
        message: this.#mountProblem,
      });
      this.#mountTimer = this.#host.timeline.after(this.#mountDelay, () => this.#mount());
      this.#mountDelay = Math.min(this.#mountDelay * 2, MAX_MOUNT_RETRY_MS);
      this.#host.changed(this, false);
      return;
    }
    this.#isMounted = true;
    this.#advance();
    this.#host.changed(this, true);
  }

  #advance(): void {
    if (!this.#isMounted || this.#isEnding || this.#isFrozen || this.isEvicted) return;
    for (const container of this.#init) {
      if (isInitDone(container.record) && !isSidecar(container.record.container)) continue;
      container.ensure();
      if (!isInitDone(container.record)) return;
    }
    for (const container of this.#main) container.ensure();
  }

  #status(): PodStatus {
    const { timeline, hostIP } = this.#host;
    const before = this.#written ?? this.#pod.status;
    const status = this.#asScheduled(
      podStatus({
        pod: { ...this.#pod, status: before },
        podIP: this.#facts.podIP,
        hostIP,
        startTime: this.#startTime,
        init: this.#init.map(({ record }) => ({ ...record })),
        main: this.#main.map(({ record }) => ({ ...record })),
        isPrepared: this.#isMounted,
        now: timeText(timeline.now()),
      }),
    );
    if (this.#evicted === undefined) return status;
    const { containerStatuses: _ended, initContainerStatuses: _init, ...rest } = status;
    return { ...rest, phase: 'Failed', reason: 'Evicted', message: this.#evicted };
  }

  /** The API server knows when it was bound by its own clock only. */
  #asScheduled(status: PodStatus): PodStatus {
    const conditions = status.conditions?.map((condition) =>
      condition.type === 'PodScheduled'
        ? { ...condition, lastTransitionTime: this.#startTime }
        : condition,
    );
    return { ...status, ...(conditions === undefined ? {} : { conditions }) };
  }

  #end(): void {
    if (this.#isEnding || this.#isFrozen) return;
    this.#isEnding = true;
    this.#mountTimer?.cancel();
    const isRunning = this.containers()
      .map((container) => container.stop())
      .includes(true);
    const grace = this.#pod.metadata.deletionGracePeriodSeconds ?? 30;
    const { timeline, haste } = this.#host;
    const wait = isRunning ? Math.min(STOP_MS, grace * 1000) : 0;
    timeline.after(timeline.isLive ? wait / Math.min(haste, 4) : wait, () => void this.#release());
  }

  async #release(): Promise<void> {
    const { namespace, name } = this.#pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } };
    try {
      await this.#host.client.delete(PODS, { namespace, name }, options);
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      this.#host.logger.warn({ pod: this.key, error: String(error) }, 'a pod could not be removed');
    }
  }
}
