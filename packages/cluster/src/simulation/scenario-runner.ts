/** One scenario from start to end: its objects, its past, its present, and its removal. */
import { isNotFound } from '@kagent/kube';
import type { Clock, KubeClient, KubeObject, Logger } from '@kagent/kube';

import { expireEvents } from '../api/bootstrap.ts';
import { isObject } from '../schema/json.ts';
import type { Storage, StoredValue } from '../storage/storage.ts';
import { EVENTS, NAMESPACES, NODES, PODS } from '../workloads/objects.ts';
import { PERSISTENT_VOLUMES } from '../workloads/storage-objects.ts';
import { microTimeText, timeText } from '../workloads/time-text.ts';
import { applyObject, createKindFinder, deleteReference, patchObject } from './object-access.ts';
import type { KindFinder } from './object-access.ts';
import { recordPast } from './past.ts';
import type { PastRecorder } from './past.ts';
import { durationMs, namespacesOf } from './scenario.ts';
import type { PastEvent, Scenario } from './scenario.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import { registerSimulatedNode } from './simulated-node.ts';
import { Timeline } from './timeline.ts';
import type { World } from './world.ts';

export interface ScenarioRunnerOptions {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  storage: Storage;
  world: World;
  scenario: Scenario;
  /** Delays pass so many times faster once the scenario is live. */
  pace: number;
  randomId(): string;
  /** Whether controllers and scheduler have nothing to do. */
  isIdle(): boolean;
}

const DEFAULT_AGE = '50m';
const HASTE = 12;
const REPAIR_MS = 700;
/** So often the controllers are waited for while the past runs; later turns only change numbers. */
const MAX_TURNS = 30;
const QUIET_MS = 5;
/** Timers of the past that run without a pause. */
const STEPS_AT_ONCE = 1000;
/** Controllers answer each other: after the last change they get more time. */
const LAST_ROUNDS = 12;
const MAX_WAIT_MS = 600;
const REMOVAL_POLL_MS = 20;
const SCHEDULING_RETRY_MS = 5 * 60_000;

export class ScenarioRunner {
  readonly namespaces: ReadonlySet<string>;
  readonly nodes: ReadonlySet<string>;
  readonly cluster: SimulatedCluster;
  readonly timeline: Timeline;
  readonly #options: ScenarioRunnerOptions;
  readonly #kinds: KindFinder;
  readonly #stopping = new AbortController();

  constructor(options: ScenarioRunnerOptions) {
    const { scenario, clock, pace, client, logger, world } = options;
    const { spec, status } = scenario;
    this.#options = options;
    this.#kinds = createKindFinder(client);
    this.namespaces = new Set(namespacesOf(spec));
    this.nodes = new Set((spec.nodes ?? []).map(({ name }) => name));
    const isNew = status?.phase === undefined;
    const past = isNew ? clock.now() - durationMs(spec.age ?? DEFAULT_AGE) : undefined;
    this.timeline = new Timeline({ clock, past, pace });
    this.cluster = new SimulatedCluster({
      client,
      clock,
      logger,
      timeline: this.timeline,
      world,
      spec,
      haste: HASTE,
      repairMs: REPAIR_MS,
    });
  }

  get name(): string {
    return this.#options.scenario.metadata.name;
  }

  /** Makes the cluster of the scenario and lives through its past. Rejects when an object is refused. */
  async start(): Promise<void> {
    const { storage, clock, client, scenario } = this.#options;
    const past = recordPast({
      storage,
      since: clock.now(),
      isOurs: (value) => this.#isOurs(value),
    });
    try {
      for (const node of scenario.spec.nodes ?? []) {
        await registerSimulatedNode(client, node, this.timeline.now());
      }
      await this.#makeNamespaces();
      for (const object of scenario.spec.objects) await this.#apply(object);
      await this.#settle(past);
      this.#scheduleLater();
      this.cluster.scheduleNodes(clock.now());
      await this.#liveThroughPast(past);
      await this.#repeatWarnings();
      await this.#writeHistory();
      expireEvents(storage, clock);
    } finally {
      past.stop();
    }
    this.cluster.startLeases();
  }

  /** Goes on after the process was restarted. */
  resume(): void {
    this.timeline.goLive();
    for (const { name, silentFor } of this.#options.scenario.spec.nodes ?? []) {
      this.cluster.adoptNode(name, silentFor !== undefined);
    }
    this.cluster.startLeases();
  }

  /** Deletes everything the scenario made. Resolves when nothing is left; safe to repeat. */
  async remove(): Promise<void> {
    const { client, clock, scenario } = this.#options;
    const { spec } = scenario;
    for (const namespace of this.namespaces) {
      await deleteReference(client, this.#kinds, {
        apiVersion: 'v1',
        kind: 'Namespace',
        name: namespace,
      });
    }
    const later = (spec.later ?? []).flatMap(({ apply = [] }) => apply);
    for (const object of [...spec.objects, ...later]) {
      if (object.kind === 'Namespace' || object.metadata.namespace !== undefined) continue;
      await deleteReference(client, this.#kinds, { ...object, name: object.metadata.name });
    }
    while (await this.#hasNamespaces()) {
      await this.#dropPods();
      await clock.sleep(REMOVAL_POLL_MS, this.#stopping.signal);
    }
    const { items: volumes } = await client.list(PERSISTENT_VOLUMES);
    for (const { metadata, spec: volume } of volumes) {
      if (!this.namespaces.has(volume.claimRef?.namespace ?? '')) continue;
      await deleteReference(client, this.#kinds, {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        name: metadata.name,
      });
    }
    await this.#removeNodes();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the scenario stops'));
    this.timeline.stop();
    await this.cluster.stop();
  }

  #isOurs({ kind, metadata, involvedObject }: StoredValue): boolean {
    const namespace = metadata['namespace'];
    if (typeof namespace === 'string' && this.namespaces.has(namespace)) return true;
    const name = String(metadata['name']);
    if (kind === 'Namespace') return this.namespaces.has(name);
    if (kind === 'Node') return this.nodes.has(name);
    if (kind === 'Event')
      return isObject(involvedObject) && this.nodes.has(String(involvedObject['name']));
    const { objects } = this.#options.scenario.spec;
    return objects.some((object) => object.kind === kind && object.metadata.name === name);
  }

  async #makeNamespaces(): Promise<void> {
    for (const name of this.namespaces) {
      await this.#apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }

  /** An owner without a uid is looked up: manifests cannot know it. */
  async #apply(object: KubeObject): Promise<void> {
    const { client } = this.#options;
    const owners = object.metadata.ownerReferences ?? [];
    const ownerReferences = await Promise.all(
      owners.map(async (owner) => {
        if (owner.uid !== undefined && owner.uid !== '') return owner;
        const { namespace } = object.metadata;
        const found = await client.get(await this.#kinds(owner), { name: owner.name, namespace });
        return { ...owner, uid: found.metadata.uid ?? '' };
      }),
    );
    const metadata =
      owners.length === 0 ? object.metadata : { ...object.metadata, ownerReferences };
    const { status, ...rest } = object as KubeObject & { status?: unknown };
    await applyObject(client, this.#kinds, { ...rest, metadata });
    if (status === undefined) return;
    const { name, namespace } = metadata;
    await client.patch(
      await this.#kinds(object),
      { name, namespace, patch: { type: 'merge', body: { status } } },
      { subresource: 'status' },
    );
  }

  #scheduleLater(): void {
    const { clock, scenario } = this.#options;
    for (const { ago, apply, patch } of scenario.spec.later ?? []) {
      const at = clock.now() - durationMs(ago);
      this.timeline.after(Math.max(0, at - this.timeline.now()), () =>
        this.cluster.act(async () => {
          if (apply !== undefined) await this.#apply(apply);
          if (patch !== undefined) await patchObject(this.#options.client, this.#kinds, patch);
        }),
      );
    }
  }

  /** Waits until nobody writes to the scenario's objects any more, and gives what was written its time. */
  async #settle(past: PastRecorder, rounds = 1): Promise<void> {
    const { clock, isIdle } = this.#options;
    const { signal } = this.#stopping;
    let quiet = 0;
    for (let waited = 0; quiet < rounds && waited < MAX_WAIT_MS; waited += QUIET_MS) {
      const seen = past.writes;
      await this.cluster.flush();
      await clock.sleep(QUIET_MS, signal);
      this.cluster.recheck();
      await this.cluster.flush();
      quiet = past.writes === seen && isIdle() ? quiet + 1 : 0;
    }
    past.settle(this.timeline.now());
  }

  async #liveThroughPast(past: PastRecorder): Promise<void> {
    const { clock } = this.#options;
    let turns = 0;
    for (let steps = 1; this.timeline.step(clock.now()); steps += 1) {
      // a long past must not keep the API server from answering
      if (steps % STEPS_AT_ONCE === 0) await clock.sleep(0, this.#stopping.signal);
      if (turns >= MAX_TURNS || !this.cluster.takeTurn()) continue;
      turns += 1;
      await this.#settle(past);
    }
    await this.#settle(past, LAST_ROUNDS);
    this.timeline.goLive();
    await this.#settle(past, LAST_ROUNDS);
  }

  /** The scheduler tried again every five minutes of the past, which it did not live through. */
  async #repeatWarnings(): Promise<void> {
    const { client, clock } = this.#options;
    for (const namespace of this.namespaces) {
      const { items } = await client.list(EVENTS, {
        namespace,
        fieldSelector: 'reason=FailedScheduling',
      });
      const latest = new Map(items.map((event) => [event.involvedObject.uid, event]));
      for (const { metadata, involvedObject, eventTime, series } of latest.values()) {
        const { name = '' } = involvedObject;
        const pod = await client.find(PODS, { namespace, name });
        if (pod === undefined || (pod.spec.nodeName ?? '') !== '') continue;
        const last = Date.parse(series?.lastObservedTime ?? eventTime ?? '');
        const times = Math.floor((clock.now() - last) / SCHEDULING_RETRY_MS);
        if (!(times > 0)) continue;
        const lastObservedTime = microTimeText(last + times * SCHEDULING_RETRY_MS);
        const body = { series: { count: (series?.count ?? 1) + times, lastObservedTime } };
        await client.patch(EVENTS, { ...metadata, patch: { type: 'merge', body } });
      }
    }
  }

  async #writeHistory(): Promise<void> {
    const { client, clock, scenario } = this.#options;
    for (const event of scenario.spec.history?.events ?? []) {
      const involved = await client.find(await this.#kinds(event.on), {
        name: event.on.name ?? '',
        ...(event.on.namespace === undefined ? {} : { namespace: event.on.namespace }),
      });
      if (involved !== undefined) {
        await client.create(
          EVENTS,
          pastEvent(event, involved, { now: clock.now(), id: this.#options.randomId() }),
        );
      }
    }
  }

  async #hasNamespaces(): Promise<boolean> {
    const found = await Promise.all(
      [...this.namespaces].map((name) => this.#options.client.find(NAMESPACES, { name })),
    );
    return found.some((namespace) => namespace !== undefined);
  }

  /** Nobody waits for processes that are not there. */
  async #dropPods(): Promise<void> {
    const { client, world } = this.#options;
    for (const namespace of this.namespaces) {
      for (const { metadata } of world.pods.list(namespace)) {
        await client.delete(PODS, metadata, { gracePeriodSeconds: 0 }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      }
    }
  }

  async #removeNodes(): Promise<void> {
    const { client } = this.#options;
    for (const name of this.nodes) {
      await deleteReference(client, this.#kinds, { apiVersion: 'v1', kind: 'Node', name });
      await deleteReference(client, this.#kinds, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        namespace: 'kube-node-lease',
        name,
      });
      const { items } = await client.list(EVENTS, {
        namespace: 'default',
        fieldSelector: `involvedObject.kind=${NODES.kind},involvedObject.name=${name}`,
      });
      for (const { metadata } of items) await client.delete(EVENTS, metadata).catch(() => {});
    }
  }
}

function pastEvent(
  event: PastEvent,
  involved: KubeObject,
  { now, id }: { now: number; id: string },
) {
  const { namespace, name, uid, resourceVersion } = involved.metadata;
  const last = now - durationMs(event.ago);
  const first = event.since === undefined ? last : now - durationMs(event.since);
  const component = event.component ?? 'kubelet';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${id.replaceAll('-', '').slice(0, 16)}`,
      namespace: namespace ?? 'default',
    },
    involvedObject: {
      apiVersion: event.on.apiVersion,
      kind: event.on.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: event.type ?? 'Normal',
    reason: event.reason,
    message: event.message,
    count: event.count ?? 1,
    firstTimestamp: timeText(first),
    lastTimestamp: timeText(last),
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  };
}
