/** The nodes and pods of one scenario: one kubelet for each node, and what happens to nodes. */
import { isNotFound } from '@kagent/kube';
import type { Clock, KubeClient, Logger } from '@kagent/kube';

import { parseQuantity } from '../node/downward.ts';
import { createEventRecorder } from '../workloads/event-recorder.ts';
import type { EventRecorder } from '../workloads/event-recorder.ts';
import { PODS } from '../workloads/objects.ts';
import type { Pod } from '../workloads/objects.ts';
import type { RunPlan } from './assess.ts';
import { connectFrom } from './network.ts';
import type { NetworkView } from './network.ts';
import { shellWorldOf } from './shell-world.ts';
import type { ShellWorld } from './simulated-shell.ts';
import { provisionVolume } from './provisioner.ts';
import { cpuOf } from './usage.ts';
import { durationMs, namespacesOf } from './scenario.ts';
import type { ScenarioSpec } from './scenario.ts';
import { nodeAddress, podNetwork, renewSimulatedLease, reportHealth } from './simulated-node.ts';
import { SimulatedAutoscalers } from './simulated-autoscalers.ts';
import { SimulatedPod } from './simulated-pod.ts';
import type { SimulatedPodHost } from './simulated-pod.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

export interface SimulatedClusterOptions {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  timeline: Timeline;
  world: World;
  spec: ScenarioSpec;
  haste: number;
  repairMs: number;
}

interface NodeRuntime {
  name: string;
  host: SimulatedPodHost;
  recorder: EventRecorder;
  images: Set<string>;
  isSilent: boolean;
  hasDiskPressure: boolean;
}

const EVENT_FLUSH_MS = 1000;
const LEASE_MS = 10_000;
const FLUSH_MS = 5;
const RECHECK_MS = 10;
const EVICT_SILENT_MS = 300_000;
const PRESSURE_MS = 300_000;
const DISK_THRESHOLD = 0.85;

export class SimulatedCluster {
  readonly #options: SimulatedClusterOptions;
  readonly #network: NetworkView;
  readonly #autoscalers: SimulatedAutoscalers;
  readonly #controllerEvents: EventRecorder;
  readonly #nodes = new Map<string, NodeRuntime>();
  readonly #pods = new Map<string, SimulatedPod>();
  readonly #dirty = new Set<SimulatedPod>();
  readonly #usedAddresses = new Set<string>();
  /** What nodes do; awaited before time goes on. */
  #actions: (() => Promise<void>)[] = [];
  #hasTurned = false;
  #isFlushing = false;
  #needsRecheck = false;
  #isStopped = false;

  constructor(options: SimulatedClusterOptions) {
    this.#options = options;
    this.#network = options.world.network((pod, port) => {
      const { namespace = '', name } = pod.metadata;
      return this.#pods.get(`${namespace}/${name}`)?.listens(port) === true;
    });
    const { client, logger, timeline, world, spec, haste } = options;
    this.#controllerEvents = createEventRecorder({
      client,
      component: 'horizontal-pod-autoscaler',
      clock: timeline.clock,
      logger,
    });
    this.#autoscalers = new SimulatedAutoscalers({
      client,
      timeline,
      recorder: this.#controllerEvents,
      autoscalers: world.autoscalers,
      deployments: world.deployments,
      namespaces: namespacesOf(spec),
      pods: () => this.#pods.values(),
      usage: (pod, resource) => this.#usage(pod, resource),
      act: (action) => this.act(action),
      haste,
    });
  }

  /** An autoscaler of the scenario's namespaces was seen. */
  wakeAutoscalers(): void {
    this.#autoscalers.wake();
  }

  #usage(pod: SimulatedPod, resource: string): number | undefined {
    const running = pod.containers().filter(({ run }) => run?.upAt !== undefined);
    if (running.length === 0) return undefined;
    return running.reduce(
      (sum, one) => sum + (resource === 'cpu' ? cpuOf(this, one) : (one.run?.plan.memory ?? 0)),
      0,
    );
  }

  pods(): Iterable<SimulatedPod> {
    return this.#pods.values();
  }

  pod(key: string): SimulatedPod | undefined {
    return this.#pods.get(key);
  }

  /** Names of the nodes that have run pods. */
  nodeNames(): string[] {
    return [...this.#nodes.keys()];
  }

  isSilent(node: string): boolean {
    return this.#nodes.get(node)?.isSilent === true;
  }

  connect(pod: Pod, address: string): string | undefined {
    return connectFrom(this.#network, pod, address);
  }

  /** The inside of a running container; undefined when it does not run. */
  shellWorld(key: string, name: string): ShellWorld | undefined {
    const pod = this.#pods.get(key);
    const container = pod?.container(name);
    if (pod === undefined || container === undefined || pod.isFrozen) return undefined;
    return shellWorldOf({
      pod,
      container,
      view: this.#network,
      config: this.#options.world.config,
      answer: (other, port, path) => {
        const { namespace = '', name: otherName } = other.metadata;
        return this.#pods.get(`${namespace}/${otherName}`)?.answer(port, path);
      },
      now: this.#options.timeline.now(),
      disk: this.#capacity(pod.facts.nodeName, 'ephemeral-storage', 40 * 2 ** 30),
    });
  }

  /** A pod of the scenario's namespaces was seen; `undefined` when it is gone. */
  seePod(key: string, pod: Pod | undefined): void {
    const known = this.#pods.get(key);
    if (known !== undefined && known.uid !== pod?.metadata.uid) {
      known.drop();
      this.#pods.delete(key);
      this.#dirty.delete(known);
      this.#usedAddresses.delete(known.pod.status?.podIP ?? '');
    }
    if (pod === undefined || (pod.spec.nodeName ?? '') === '') return;
    const current = this.#pods.get(key);
    if (current !== undefined) {
      current.update(pod);
      return;
    }
    const node = this.#node(pod.spec.nodeName!);
    const simulated = new SimulatedPod(node.host, pod, this.#address(node.name, pod));
    this.#pods.set(key, simulated);
    if (node.isSilent) simulated.freeze();
    else simulated.start();
    simulated.update(pod);
  }

  /** A claim of the scenario's namespaces was seen. */
  provision(name: string, namespace: string): void {
    this.act(async () => {
      const { client, world } = this.#options;
      const claim = world.claims.get({ namespace, name });
      if (claim === undefined) return;
      const storageClass = world.classes.get({ name: claim.spec.storageClassName ?? '' });
      await provisionVolume(client, claim, storageClass);
    });
  }

  /** Something that containers may depend on has changed. */
  changed(): void {
    if (this.#needsRecheck || this.#isStopped) return;
    this.#needsRecheck = true;
    if (this.#options.timeline.isLive)
      this.#options.timeline.after(RECHECK_MS, () => this.recheck());
  }

  recheck(): void {
    if (!this.#needsRecheck) return;
    this.#needsRecheck = false;
    for (const pod of this.#pods.values()) pod.recheck();
  }

  /** Whether phase or readiness of a pod, or a node, changed since the last call. */
  takeTurn(): boolean {
    const hasTurned = this.#hasTurned || this.#actions.length > 0;
    this.#hasTurned = false;
    return hasTurned;
  }

  /** Writes the statuses that changed, and does what nodes are about to do. Failures are logged. */
  async flush(): Promise<void> {
    const actions = this.#actions;
    this.#actions = [];
    for (const action of actions) {
      await action().catch((error: unknown) => {
        if (!isNotFound(error))
          this.#options.logger.warn({ error: String(error) }, 'a simulated node failed');
      });
    }
    while (this.#dirty.size > 0) {
      const pods = [...this.#dirty];
      this.#dirty.clear();
      for (const pod of pods) {
        await pod.publish().catch((error: unknown) => {
          this.#options.logger.warn(
            { pod: pod.key, error: String(error) },
            'a pod status could not be written',
          );
        });
      }
    }
  }

  /** Arms what nodes do at their times: falling silent, renewing leases. */
  scheduleNodes(end: number): void {
    const { timeline, spec } = this.#options;
    for (const { name, silentFor } of spec.nodes ?? []) {
      this.#node(name);
      if (silentFor === undefined) continue;
      const at = end - durationMs(silentFor);
      timeline.after(Math.max(0, at - timeline.now()), () => this.#silence(this.#node(name)));
    }
  }

  /** After a restart of the process: the node is as it was. */
  adoptNode(name: string, isSilent: boolean): void {
    this.#node(name).isSilent = isSilent;
  }

  startLeases(): void {
    const { timeline, client } = this.#options;
    const renew = (): void => {
      if (this.#isStopped) return;
      timeline.after(LEASE_MS, () => {
        void Promise.all(
          [...this.#nodes.values()]
            .filter(({ isSilent }) => !isSilent)
            .map(({ name }) => renewSimulatedLease(client, name, timeline.now()).catch(() => {})),
        ).then(renew);
      });
    };
    renew();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const pod of this.#pods.values()) pod.drop();
    const recorders = [...this.#nodes.values()].map(({ recorder }) => recorder);
    await Promise.all(
      [...recorders, this.#controllerEvents].map((recorder) =>
        recorder.stop(AbortSignal.timeout(EVENT_FLUSH_MS)),
      ),
    );
  }

  #node(name: string): NodeRuntime {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const { client, logger, timeline, world, spec, haste, repairMs } = this.#options;
    const recorder = createEventRecorder({
      client,
      component: 'kubelet',
      host: name,
      clock: timeline.clock,
      logger,
    });
    const images = new Set<string>();
    const node: NodeRuntime = {
      name,
      recorder,
      images,
      isSilent: false,
      hasDiskPressure: false,
      host: {
        client,
        logger,
        timeline,
        recorder,
        config: world.config,
        images: spec.images ?? [],
        nodeName: name,
        hostIP: nodeAddress(name),
        capacity: {
          cpu: this.#capacity(name, 'cpu', 4),
          memory: this.#capacity(name, 'memory', 2 ** 34),
        },
        hasImage: (reference) => images.has(reference),
        keepImage: (reference) => void images.add(reference),
        connect: (pod, address) => this.connect(pod, address),
        changed: (pod, isTurn) => this.#podChanged(pod, isTurn),
        filledDisk: (pod, plan) => this.#filledDisk(node, pod, plan),
        haste,
        repairMs,
      },
    };
    this.#nodes.set(name, node);
    return node;
  }

  #capacity(name: string, resource: string, fallback: number): number {
    const status = this.#options.world.nodes.get({ name })?.status?.['allocatable'];
    const given = this.#options.spec.nodes?.find((node) => node.name === name)?.capacity?.[
      resource
    ];
    const value = (status as Record<string, string> | undefined)?.[resource] ?? given;
    return value === undefined ? fallback : parseQuantity(value);
  }

  #address(node: string, pod: Pod): string {
    if (pod.spec.hostNetwork === true) return nodeAddress(node);
    const given = pod.status?.podIP ?? '';
    for (let number = 2; given === '' && number < 255; number += 1) {
      const candidate = `${podNetwork(node)}.${number}`;
      if (this.#usedAddresses.has(candidate)) continue;
      this.#usedAddresses.add(candidate);
      return candidate;
    }
    this.#usedAddresses.add(given);
    return given;
  }

  #podChanged(pod: SimulatedPod, isTurn: boolean): void {
    if (this.#isStopped) return;
    this.#dirty.add(pod);
    if (isTurn) this.#hasTurned = true;
    this.#flushSoon();
  }

  #flushSoon(): void {
    const { timeline } = this.#options;
    if (!timeline.isLive || this.#isFlushing) return;
    this.#isFlushing = true;
    timeline.after(FLUSH_MS, () => {
      void this.flush().finally(() => {
        this.#isFlushing = false;
        if (this.#dirty.size > 0 || this.#actions.length > 0) this.#flushSoon();
      });
    });
  }

  /** Does this before time goes on. */
  act(action: () => Promise<void>): void {
    this.#actions.push(action);
    this.#flushSoon();
  }

  async #report(node: NodeRuntime): Promise<void> {
    const { client, timeline, world } = this.#options;
    const object = world.nodes.get({ name: node.name });
    if (object !== undefined) await reportHealth(client, object, { ...node, now: timeline.now() });
  }

  #recordNode(
    node: NodeRuntime,
    type: 'Normal' | 'Warning',
    reason: string,
  ): (message: string) => void {
    return (message) => {
      const object = this.#options.world.nodes.get({ name: node.name });
      if (object !== undefined) node.recorder.record(object, { type, reason, message });
    };
  }

  #silence(node: NodeRuntime): void {
    const { client, timeline } = this.#options;
    const on = [...this.#pods.values()].filter(({ pod }) => pod.spec.nodeName === node.name);
    this.act(async () => {
      await this.flush();
      node.isSilent = true;
      this.#recordNode(
        node,
        'Normal',
        'NodeNotReady',
      )(`Node ${node.name} status is now: NodeNotReady`);
      await this.#report(node);
      for (const pod of on) {
        pod.freeze();
        node.recorder.record(pod.pod, {
          type: 'Warning',
          reason: 'NodeNotReady',
          message: 'Node is not ready',
        });
        await markUnready(client, pod.pod);
      }
    });
    timeline.after(EVICT_SILENT_MS, () =>
      this.act(async () => {
        for (const { pod } of on) {
          const message = `Marking for deletion Pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
          node.recorder.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
          await client.delete(PODS, pod.metadata).catch(() => {});
        }
      }),
    );
  }

  #filledDisk(node: NodeRuntime, pod: SimulatedPod, plan: RunPlan): void {
    for (const { container } of pod.containers().map(({ record }) => record)) {
      const limit = container.resources?.limits?.['ephemeral-storage'];
      if (limit === undefined || plan.disk <= parseQuantity(limit)) continue;
      pod.evict(
        `Container ${container.name} exceeded its local ephemeral storage limit "${limit}". `,
      );
      return;
    }
    const total = this.#capacity(node.name, 'ephemeral-storage', 40 * 2 ** 30);
    if (plan.disk < total * DISK_THRESHOLD) return;
    const threshold = Math.floor(total * (1 - DISK_THRESHOLD));
    const left = Math.max(0, Math.floor((total - plan.disk) / 1024));
    const { name } = pod.pod.spec.containers[0]!;
    this.#recordNode(
      node,
      'Warning',
      'EvictionThresholdMet',
    )('Attempting to reclaim ephemeral-storage');
    pod.evict(
      `The node was low on resource: ephemeral-storage. Threshold quantity: ${threshold}, available: ${left}Ki. ` +
        `Container ${name} was using ${Math.floor(plan.disk / 1024)}Ki, request is 0, has larger consumption of ephemeral-storage. `,
    );
    this.#setPressure(node, true);
    this.#options.timeline.after(this.#inHaste(PRESSURE_MS), () => this.#setPressure(node, false));
  }

  #inHaste(ms: number): number {
    return this.#options.timeline.isLive ? ms / this.#options.haste : ms;
  }

  #setPressure(node: NodeRuntime, hasDiskPressure: boolean): void {
    if (node.hasDiskPressure === hasDiskPressure) return;
    node.hasDiskPressure = hasDiskPressure;
    const reason = hasDiskPressure ? 'NodeHasDiskPressure' : 'NodeHasNoDiskPressure';
    this.#recordNode(node, 'Normal', reason)(`Node ${node.name} status is now: ${reason}`);
    this.act(() => this.#report(node));
  }
}

/** What the node lifecycle controller does to the pods of a node that fell silent. */
async function markUnready(client: KubeClient, pod: Pod): Promise<void> {
  const { namespace, name } = pod.metadata;
  const current = await client.find(PODS, { namespace, name });
  if (current === undefined) return;
  const conditions = (current.status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False' } : condition,
  );
  await client.patch(
    PODS,
    { namespace, name, patch: { type: 'merge', body: { status: { conditions } } } },
    { subresource: 'status' },
  );
}
