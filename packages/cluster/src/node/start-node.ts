/** The node of the embedded cluster: runs pods as tenants of this process or as local processes. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Clock, KubeClient, Logger } from '@kagent/kube';

import { createEventRecorder } from '../workloads/event-recorder.ts';
import type { EventRecorder } from '../workloads/event-recorder.ts';
import { createInformerSet } from '../workloads/informer-set.ts';
import type { InformerSet } from '../workloads/informer-set.ts';
import { namedClient } from '../workloads/named-client.ts';
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  NODES,
  PODS,
  SECRETS,
  SERVICES,
} from '../workloads/objects.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
} from '../workloads/storage-objects.ts';
import { createPodAddresses, reserveBlock } from './addresses.ts';
import type { AddressBlock } from './addresses.ts';
import type { HostPort, PodAddresses } from './addresses.ts';
import { createBinder } from './binder.ts';
import type { Binder, SimulatedPlacement } from './binder.ts';
import type { ConfigSource } from './config-source.ts';
import { createContainerRunner } from './container-runner.ts';
import type { PodMode } from './image-rules.ts';
import { createEngineFinder } from './engine/container-engine.ts';
import type { EngineChoice } from './engine/container-engine.ts';
import { createEngineLeftovers } from './engine/engine-leftovers.ts';
import type { EngineLeftovers } from './engine/engine-leftovers.ts';
import { killLeftovers } from './leftover-processes.ts';
import { createLogStore } from './logs/log-store.ts';
import type { LogStore } from './logs/log-store.ts';
import type { MetricsSource } from './metrics-source.ts';
import { createNodeUsage } from './usage/node-usage.ts';
import { heartbeat, nodeCapacity, registerNode } from './node-object.ts';
import { createPodLogs } from './pod-logs.ts';
import type { PodLogs } from './pod-logs.ts';
import { createNodeStreams } from './streams/node-streams.ts';
import type { PodStreams } from './streams/pod-streams.ts';
import { PodManager } from './pod-manager.ts';
import { DEFAULT_RESTART_BACKOFF } from './restart-delay.ts';
import type { RestartBackoff } from './restart-delay.ts';
import { createScheduler } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { startServiceProxy } from './service-proxy.ts';
import type { ServiceProxy } from './service-proxy.ts';
import { createServiceTable } from './service-table.ts';
import type { ServiceTable } from './service-table.ts';
import type { ImageRule } from './tenant.ts';

export interface NodeOptions {
  client: KubeClient;
  nodeName: string;
  /** What this node can run, the first match counts. */
  images: ImageRule[];
  logger: Logger;
  clock: Clock;
  /** Logs, files of processes and process ids live here; kept between starts. */
  dataDir: string;
  /** `process` prefers rules that name a command. Default `tenant`. */
  podMode?: PodMode;
  randomId(): string;
  /** Base environment of every container, e.g. PATH and HOME for processes. */
  extraEnv?: Record<string, string>;
  restartBackoff?: RestartBackoff;
  /** Runs images that no rule matches: `auto` (podman or docker, the default), `none`, or the name or path of a program. */
  containerEngine?: EngineChoice;
  /** Environment of the container engine's program; `extraEnv` by default. Without a PATH there is no engine. */
  engineEnv?: Record<string, string>;
  /** Pods may mount folders of this machine. Default false. */
  allowHostPath?: boolean;
  /** Pods that are not for this node. */
  simulated?: SimulatedPlacement;
}

export interface RunningNode {
  /** Resolves when the Node is registered and pods are being run; rejects when that is impossible. */
  ready: Promise<void>;
  logs: PodLogs;
  streams: PodStreams;
  /** What the machine and the pods of this node use. */
  usage: MetricsSource;
  /** Whether it has no pod to look at now, its own or one to be bound. */
  isIdle(): boolean;
  /** Where a connection to a cluster name, cluster IP or pod address really goes; undefined = none of these. */
  resolve(host: string, port: number, namespace?: string): HostPort | undefined;
  /** Ends all containers; the pods stay in the API server and come back with the next start. Idempotent. */
  stop(): Promise<void>;
}

const HOST_IP = '127.0.0.1';
const TOKEN_SWEEP_MS = 60_000;
const EVENT_FLUSH_MS = 2000;

interface Parts {
  informers: InformerSet;
  scheduler: Scheduler;
  logs: LogStore;
  recorder: EventRecorder;
  schedulerEvents: EventRecorder;
  services: ServiceTable;
  manager: PodManager;
  engines: EngineLeftovers;
}

function watchServices(informers: InformerSet, services: ServiceTable): void {
  informers.get(SERVICES).onChange((change) => {
    if (change.type === 'deleted') services.deleteService(change.object);
    else services.setService(change.object);
  });
  informers.get(ENDPOINT_SLICES).onChange((change) => {
    if (change.type === 'deleted') services.deleteSlice(change.object);
    else services.setSlice(change.object);
  });
}

function watchConfig(informers: InformerSet, manager: PodManager): void {
  informers.get(CONFIG_MAPS).onChange(({ object }) => manager.configChanged('ConfigMap', object));
  informers.get(SECRETS).onChange(({ object }) => manager.configChanged('Secret', object));
  informers
    .get(PERSISTENT_VOLUME_CLAIMS)
    .onChange(({ object }) => manager.configChanged('PersistentVolumeClaim', object));
  informers.get(PERSISTENT_VOLUMES).onChange(({ object }) => {
    const { namespace, name } = object.spec.claimRef ?? {};
    if (name === undefined) return;
    manager.configChanged('PersistentVolumeClaim', { metadata: { namespace, name } });
  });
}

function configSource(informers: InformerSet, allowsHostPath = false): ConfigSource {
  const configMaps = informers.get(CONFIG_MAPS);
  const secrets = informers.get(SECRETS);
  const claims = informers.get(PERSISTENT_VOLUME_CLAIMS);
  const volumes = informers.get(PERSISTENT_VOLUMES);
  return {
    allowsHostPath,
    configMap: (namespace, name) => configMaps.get({ namespace, name }),
    secret: (namespace, name) => secrets.get({ namespace, name }),
    claimFolder(namespace, name) {
      const claim = claims.get({ namespace, name });
      if (claim?.status?.phase !== 'Bound') return undefined;
      const { hostPath, local } = volumes.get({ name: claim.spec.volumeName ?? '' })?.spec ?? {};
      return (hostPath ?? local)?.path;
    },
  };
}

interface Network {
  addresses: PodAddresses;
  /** There once the node has started. */
  proxy(): ServiceProxy | undefined;
}

/** The scheduler's part: it speaks with a name of its own. */
function buildBinder(
  { client, clock, logger, nodeName, simulated }: NodeOptions,
  informers: InformerSet,
  enqueue: (key: string) => void,
): { binder: Binder; schedulerEvents: EventRecorder } {
  const component = 'default-scheduler';
  const schedulerEvents = createEventRecorder({ client, component, clock, logger });
  const binder = createBinder({
    client: namedClient(client, 'kube-scheduler'),
    recorder: schedulerEvents,
    nodeName,
    pods: informers.get(PODS),
    nodes: informers.get(NODES),
    claims: informers.get(PERSISTENT_VOLUME_CLAIMS),
    volumes: informers.get(PERSISTENT_VOLUMES),
    classes: informers.get(STORAGE_CLASSES),
    ...(simulated === undefined ? {} : { simulated }),
    now: () => clock.now(),
    enqueue,
  });
  return { binder, schedulerEvents };
}

function engineFinder(options: NodeOptions): EngineLeftovers {
  const { clock, logger, dataDir, containerEngine: choice = 'auto' } = options;
  const env = options.engineEnv ?? options.extraEnv ?? {};
  const finder = createEngineFinder({ choice, env, clock });
  return createEngineLeftovers({
    finder,
    marker: join(dataDir, 'engine'),
    owner: ownerLabel(options),
    logger,
  });
}

function build(options: NodeOptions, { addresses, proxy }: Network): Parts {
  const { client, clock, logger, nodeName, dataDir } = options;
  const informers = createInformerSet({ client, clock, logger });
  const scheduler = createScheduler(clock);
  const recorder = createEventRecorder({
    client,
    component: 'kubelet',
    host: nodeName,
    clock,
    logger,
  });
  const services = createServiceTable(addresses);
  const engines = engineFinder(options);
  const logs = createLogStore({ root: join(dataDir, 'logs'), clock, scheduler, logger });
  const runner = createContainerRunner({
    images: options.images,
    podMode: options.podMode ?? 'tenant',
    clock,
    addresses,
    extraEnv: options.extraEnv ?? {},
    processEnv: (namespace) => proxy()?.env(namespace) ?? {},
    services: (namespace) => informers.get(SERVICES).list(namespace),
    engines,
    owner: ownerLabel(options),
    podsFolder: join(dataDir, 'pods'),
    pidFolder: join(dataDir, 'pids'),
    resolve: (host, port, namespace) => services.resolve(host, port, namespace),
  });
  const { binder, schedulerEvents } = buildBinder(options, informers, (key) =>
    manager.reconciler.enqueue(key),
  );
  const config = configSource(informers, options.allowHostPath);
  const backoff = options.restartBackoff ?? DEFAULT_RESTART_BACKOFF;
  const capacity = nodeCapacity();
  const shared = {
    client,
    clock,
    logger,
    scheduler,
    runner,
    addresses,
    logs,
    recorder,
    config,
    backoff,
    capacity,
  };
  const manager = new PodManager(
    { ...shared, nodeName, hostIP: HOST_IP },
    { pods: informers.get(PODS), binder },
  );
  watchServices(informers, services);
  watchConfig(informers, manager);
  return { informers, scheduler, logs, recorder, schedulerEvents, services, manager, engines };
}

/** Writes what waits: events, for a moment, and logs. */
async function flush({ recorder, schedulerEvents, logs }: Parts): Promise<void> {
  const signal = AbortSignal.timeout(EVENT_FLUSH_MS);
  await Promise.all([recorder.stop(signal), schedulerEvents.stop(signal)]);
  await logs.close();
}

/** The containers of this node on an engine that other clusters may use too. */
function ownerLabel({ dataDir, nodeName }: NodeOptions): string {
  return createHash('sha256')
    .update(`${nodeName} ${resolve(dataDir)}`)
    .digest('hex')
    .slice(0, 32);
}

/** What kubelet says when it starts; of a Node the name is the uid in events. */
function announce(recorder: EventRecorder, nodeName: string): void {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
  recorder.record(node, { type: 'Normal', reason: 'Starting', message: 'Starting kubelet.' });
  const message = `Node ${nodeName} status is now: NodeReady`;
  recorder.record(node, { type: 'Normal', reason: 'NodeReady', message });
}

/** Deletes what belonged to pods that are gone, once the pods are known. */
async function sweepLogs(parts: Parts): Promise<void> {
  const pods = parts.informers.get(PODS).list();
  await parts.logs.sweep(new Set(pods.map((pod) => pod.metadata.uid ?? '')));
}

/** Renews service account tokens that are about to expire, a pod at a time, until the signal aborts. */
async function renewTokens(options: NodeOptions, parts: Parts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await options.clock.sleep(TOKEN_SWEEP_MS, signal).catch(() => {});
    for (const worker of signal.aborted ? [] : parts.manager.workers()) {
      await worker.renewTokens().catch((error: unknown) => {
        options.logger.warn(
          { pod: worker.key, error: String(error) },
          'a service account token could not be renewed',
        );
      });
    }
  }
}

/** What can be seen of the containers from outside. */
function inside(
  parts: Parts,
  { clock, addresses }: { clock: Clock; addresses: PodAddresses },
): Pick<RunningNode, 'logs' | 'streams'> {
  return {
    logs: createPodLogs({
      pods: parts.informers.get(PODS),
      store: parts.logs,
      clock,
      attempt: (key, container) => parts.manager.worker(key)?.restartCount(container),
    }),
    streams: createNodeStreams({
      clock,
      pod: (key) => parts.manager.worker(key),
      route: (ip, port) => addresses.route(ip, port) ?? { host: ip, port },
    }),
  };
}

/**
 * Starts at once. Pods that are bound to this node already are started again under their names; everything else follows
 * from the state of the API server.
 */
export function startNode(options: NodeOptions): RunningNode {
  const client = namedClient(options.client, 'kubelet');
  const { clock, logger, nodeName, dataDir } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let reserved: AddressBlock | undefined;
  const addresses = createPodAddresses({ block: () => reserved?.block });
  let proxy: ServiceProxy | undefined;
  const parts = build({ ...options, client }, { addresses, proxy: () => proxy });
  const registration = { client, clock, logger, nodeName, hostIP: HOST_IP };
  const running: Promise<unknown>[] = [];
  const usage = createNodeUsage({
    nodeName,
    clock,
    signal,
    containers: () => [...parts.manager.workers()].flatMap((worker) => [...worker.measured()]),
  });

  async function start(): Promise<void> {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    reserved = await reserveBlock();
    proxy = await startServiceProxy((...name) => parts.services.resolve(...name));
    const killed = await killLeftovers(join(dataDir, 'pids'));
    await parts.engines.sweep();
    if (killed > 0) logger.info({ killed }, 'processes of an earlier run were ended');
    await Promise.all([registerNode(registration), parts.informers.synced()]);
    announce(parts.recorder, nodeName);
    await sweepLogs(parts);
    if (signal.aborted) return;
    running.push(
      parts.manager.reconciler.run(signal),
      heartbeat(registration, signal),
      renewTokens(options, parts, signal),
    );
  }

  const ready = start();
  ready.catch(() => {});
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    stopping.abort(new Error('the node stops'));
    await ready.catch(() => {});
    await parts.manager.stop();
    await Promise.all(running);
    await flush(parts);
    await parts.informers.stop();
    parts.scheduler.stop();
    reserved?.release();
    await proxy?.stop();
  }

  return {
    ready,
    isIdle: () => !parts.manager.reconciler.queue.isBusy(),
    usage,
    ...inside(parts, { clock, addresses }),
    resolve: (host, port, namespace) => parts.services.resolve(host, port, namespace),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
