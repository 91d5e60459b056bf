/** Scenarios of the embedded cluster: installs their kind, follows the resources, and runs one simulation for each. */
import { createReconciler, CRDS, createKubeClient, isNotFound } from '@kagent/kube';
import type { Clock, CustomResourceDefinition, KubeClient, Logger, Transport } from '@kagent/kube';

import type { SimulatedPlacement } from '../node/binder.ts';
import type { LogId } from '../node/logs/log-store.ts';
import type { MetricsSource } from '../node/metrics-source.ts';
import { createPodLogs } from '../node/pod-logs.ts';
import type { PodLogs } from '../node/pod-logs.ts';
import type { PodStreams } from '../node/streams/pod-streams.ts';
import type { Storage } from '../storage/storage.ts';
import { createInformerSet } from '../workloads/informer-set.ts';
import type { InformerSet } from '../workloads/informer-set.ts';
import { namedClient } from '../workloads/named-client.ts';
import { scenarioCrd } from './scenario-crd.ts';
import { ScenarioRunner } from './scenario-runner.ts';
import { SCENARIOS } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { createSimulatedLogs } from './simulated-logs.ts';
import { createSimulatedStreams } from './simulated-streams.ts';
import { defaultNodes } from './simulated-node.ts';
import { createUsage } from './usage.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

export interface SimulationOptions {
  transport: Transport;
  storage: Storage;
  clock: Clock;
  logger: Logger;
  randomId(): string;
  /** How many times faster than the clock delays pass in running scenarios. Default 1. */
  pace?: number;
  /** Whether controllers and scheduler have nothing to do: what a moment of a scenario's past leads to has happened. */
  isIdle(): boolean;
}

export interface Simulation extends SimulatedPlacement {
  /** Resolves when Scenario is served and the scenarios of an earlier run are known. */
  ready: Promise<void>;
  /** Logs of simulated pods; undefined for pods of other namespaces. */
  logs(namespace: string): PodLogs | undefined;
  /** What can be connected to in simulated pods; undefined for pods of other namespaces. */
  streams(namespace: string): PodStreams | undefined;
  usage: MetricsSource;
  stop(): Promise<void>;
}

const FINALIZER = 'cluster.kagent.dev/scenario';
const PROTECTED = /^(default|kagent|kube-.*)$/;

class ScenarioSimulation implements Simulation {
  readonly ready: Promise<void>;
  readonly usage: MetricsSource;
  readonly #options: SimulationOptions;
  readonly #client: KubeClient;
  readonly #informers: InformerSet;
  readonly #runners = new Map<string, ScenarioRunner>();
  readonly #stopping = new AbortController();
  readonly #streams: PodStreams;
  #world: { world: World; logs: PodLogs } | undefined;
  #running: Promise<void> | undefined;

  constructor(options: SimulationOptions) {
    const { clock, logger, transport } = options;
    this.#options = options;
    this.#client = namedClient(createKubeClient(transport), 'kubelet');
    this.#informers = createInformerSet({ client: this.#client, clock, logger });
    this.usage = createUsage(
      () => [...this.#runners.values()].map(({ cluster }) => cluster),
      () => clock.now(),
    );
    this.#streams = createSimulatedStreams({
      world: ({ namespace, pod, container }) =>
        this.#runnerOf(namespace)?.cluster.shellWorld(`${namespace}/${pod}`, container),
      hasPod: ({ namespace, pod }) => this.#pod(namespace, pod) !== undefined,
    });
    this.ready = this.#start();
    this.ready.catch(() => {});
  }

  isSimulated(namespace: string): boolean {
    return this.#runnerOf(namespace) !== undefined;
  }

  offers(node: string, namespace: string): boolean {
    const runner = this.#runnerOf(namespace);
    return ![...this.#runners.values()].some((other) => other !== runner && other.nodes.has(node));
  }

  logs(namespace: string): PodLogs | undefined {
    return this.isSimulated(namespace) ? this.#world?.logs : undefined;
  }

  streams(namespace: string): PodStreams | undefined {
    return this.isSimulated(namespace) ? this.#streams : undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the simulation stops'));
    await this.ready.catch(() => {});
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    await this.#running;
    await this.#informers.stop();
  }

  async #start(): Promise<void> {
    const { clock, logger } = this.#options;
    const crd = scenarioCrd() as unknown as CustomResourceDefinition;
    await this.#client.apply(CRDS, crd, { fieldManager: 'kagent-cluster', force: true });
    const scenarios = this.#informers.get(SCENARIOS);
    const reconciler = createReconciler({
      name: 'scenario',
      reconcile: (name) => this.#reconcile(scenarios.get(name)),
      clock,
      logger,
      concurrency: 32,
    });
    scenarios.onChange(({ object }) => reconciler.enqueue(object.metadata.name));
    await scenarios.synced;
    // namespaces must be known before a scheduler looks at their pods
    for (const scenario of scenarios.list()) {
      if (scenario.status?.phase !== undefined) await this.#resume(scenario);
    }
    this.#running = reconciler.run(this.#stopping.signal);
  }

  #runnerOf(namespace: string): ScenarioRunner | undefined {
    for (const runner of this.#runners.values())
      if (runner.namespaces.has(namespace)) return runner;
    return undefined;
  }

  /** The caches of the cluster, from the first scenario on. */
  async #open(): Promise<World> {
    if (this.#world === undefined) {
      const world = openWorld(this.#informers);
      const { clock } = this.#options;
      const runs = ({ pod, container }: Omit<LogId, 'attempt'>) =>
        this.#pod(pod.namespace, pod.name)?.container(container)?.runs ?? [];
      const store = createSimulatedLogs({ runs, now: () => clock.now() }, clock);
      const logs = createPodLogs({
        pods: world.pods,
        store,
        clock,
        attempt: (key, container) => {
          const [namespace = '', name = ''] = key.split('/');
          return this.#pod(namespace, name)?.container(container)?.record.restartCount;
        },
      });
      this.#world = { world, logs };
      world.onChange((namespace) => {
        for (const { cluster, namespaces } of this.#runners.values()) {
          if (namespaces.has(namespace)) cluster.changed();
        }
      });
      world.claims.onChange(({ type, object }) => {
        const { namespace = '', name } = object.metadata;
        if (type !== 'deleted') this.#runnerOf(namespace)?.cluster.provision(name, namespace);
      });
      world.classes.onChange(({ object }) => {
        for (const claim of world.claims.list()) {
          const { namespace = '', name } = claim.metadata;
          if (claim.spec.storageClassName === object.metadata.name)
            this.#runnerOf(namespace)?.cluster.provision(name, namespace);
        }
      });
      world.autoscalers.onChange(({ object }) => {
        this.#runnerOf(object.metadata.namespace ?? '')?.cluster.wakeAutoscalers();
      });
      world.pods.onChange((change) => {
        const { namespace = '', name } = change.object.metadata;
        const runner = this.#runnerOf(namespace);
        const pod = change.type === 'deleted' ? undefined : change.object;
        runner?.cluster.seePod(`${namespace}/${name}`, pod);
      });
    }
    await this.#world.world.synced();
    return this.#world.world;
  }

  #pod(namespace: string, name: string) {
    return this.#runnerOf(namespace)?.cluster.pod(`${namespace}/${name}`);
  }

  async #reconcile(scenario: Scenario | undefined): Promise<void> {
    if (scenario === undefined) return;
    const { name, deletionTimestamp } = scenario.metadata;
    if (deletionTimestamp !== undefined) return this.#remove(scenario);
    if (this.#runners.has(name)) return;
    if (scenario.status?.phase === 'Failed') return;
    const problem = this.#conflict(scenario);
    if (problem !== undefined) return this.#report(name, { phase: 'Failed', message: problem });
    await this.#begin(scenario);
  }

  async #newRunner(scenario: Scenario): Promise<ScenarioRunner> {
    const { clock, logger, storage, randomId, isIdle, pace = 1 } = this.#options;
    const world = await this.#open();
    const client = this.#client;
    const { name } = scenario.metadata;
    const nodes = scenario.spec.nodes ?? defaultNodes(name);
    const complete = { ...scenario, spec: { ...scenario.spec, nodes } };
    const runner = new ScenarioRunner({
      client,
      clock,
      logger,
      storage,
      world,
      scenario: complete,
      pace,
      randomId,
      isIdle,
    });
    this.#runners.set(name, runner);
    return runner;
  }

  async #resume(scenario: Scenario): Promise<void> {
    const runner = await this.#newRunner(scenario);
    runner.resume();
    for (const namespace of runner.namespaces) {
      for (const pod of this.#world?.world.pods.list(namespace) ?? []) {
        runner.cluster.seePod(`${namespace}/${pod.metadata.name}`, pod);
      }
    }
  }

  async #begin(scenario: Scenario): Promise<void> {
    const { name } = scenario.metadata;
    const finalizers = [...new Set([...(scenario.metadata.finalizers ?? []), FINALIZER])];
    await this.#client.patch(SCENARIOS, {
      name,
      patch: { type: 'merge', body: { metadata: { finalizers } } },
    });
    const runner = await this.#newRunner(scenario);
    const status = { namespaces: [...runner.namespaces], nodes: [...runner.nodes] };
    await this.#report(name, { phase: 'Starting', ...status });
    try {
      await runner.start();
      await this.#report(name, { phase: 'Running' });
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn(
        { scenario: name, error: message },
        'a scenario could not be started',
      );
      await this.#report(name, { phase: 'Failed', message });
    }
  }

  /** Why it must not start: it would mix with what is not its own. */
  #conflict({ metadata, spec }: Scenario): string | undefined {
    const runner = new Set<string>();
    for (const object of spec.objects) {
      const namespace =
        object.kind === 'Namespace' ? object.metadata.name : object.metadata.namespace;
      if (namespace !== undefined) runner.add(namespace);
    }
    for (const namespace of runner) {
      if (PROTECTED.test(namespace)) return `a scenario cannot use the namespace "${namespace}"`;
      const other = this.#runnerOf(namespace);
      if (other !== undefined)
        return `namespace "${namespace}" belongs to the scenario "${other.name}", which must be stopped before "${metadata.name}" can start`;
    }
    for (const { name } of spec.nodes ?? []) {
      const other = [...this.#runners.values()].find(({ nodes }) => nodes.has(name));
      if (other !== undefined) return `node "${name}" belongs to the scenario "${other.name}"`;
    }
    return undefined;
  }

  async #remove(scenario: Scenario): Promise<void> {
    const { name, finalizers = [] } = scenario.metadata;
    const runner = this.#runners.get(name);
    if (runner !== undefined) {
      await runner.remove();
      await runner.stop();
      this.#runners.delete(name);
    }
    const body = { metadata: { finalizers: finalizers.filter((one) => one !== FINALIZER) } };
    await this.#client
      .patch(SCENARIOS, { name, patch: { type: 'merge', body } })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  async #report(name: string, status: Scenario['status']): Promise<void> {
    await this.#client.patch(
      SCENARIOS,
      { name, patch: { type: 'merge', body: { status } } },
      { subresource: 'status' },
    );
  }
}

/** Starts at once. */
export function startSimulation(options: SimulationOptions): Simulation {
  return new ScenarioSimulation(options);
}
