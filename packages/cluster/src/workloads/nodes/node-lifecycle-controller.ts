/**
 * Nodes: taints that follow from their conditions, and what happens to one that stops renewing its Lease
 * (https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller). A node that never had a Lease is left alone:
 * somebody made it for a test, and no kubelet is going to report about it.
 */
import { isConflict, isNotFound } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { LEASES, NODES, PODS } from '../objects.ts';
import type { Condition, NodeObject, Pod } from '../objects.ts';
import { isPodReady } from '../pods.ts';
import { timeText } from '../time-text.ts';
import { nodeCondition, silentConditions, taintsFor } from './node-health.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
/** `--node-monitor-grace-period` */
const GRACE_MS = 40_000;
/** A timer that is later than this shows that the process itself slept; nodes then get their time again. */
const OVERSLEPT_MS = 5000;
/** For how long a kubelet may keep Secrets and ConfigMaps, in seconds; that of clusters up to 100 nodes. */
const TTL = 'node.alpha.kubernetes.io/ttl';
const TTL_SECONDS = '0';
/** Index of pods by the node they are on. */
export const BY_NODE = 'node-name';

export interface NodeLifecycleOptions extends ControllerContext {
  /** Nodes that somebody else looks after. */
  ignoresNode?(name: string): boolean;
}

class NodeLifecycle {
  readonly #options: NodeLifecycleOptions;
  readonly #nodes: FreshView<NodeObject>;
  /** When each node was heard of last, by this process's clock: theirs may be wrong. */
  readonly #heard = new Map<string, number>();

  constructor(options: NodeLifecycleOptions) {
    this.#options = options;
    this.#nodes = createFreshView(options.informers.get(NODES));
  }

  heardOf(name: string): void {
    this.#heard.set(name, this.#options.clock.now());
  }

  /** Says that a node has come or gone. */
  tell({ metadata: { name, uid } }: NodeObject, reason: 'RegisteredNode' | 'RemovingNode'): void {
    if (this.#options.ignoresNode?.(name) === true) return;
    const what =
      reason === 'RegisteredNode'
        ? `Registered Node ${name} in Controller`
        : `Removing Node ${name} from Controller`;
    this.#event({ name, uid }, reason, `Node ${name} event: ${what}`);
  }

  #event(metadata: { name: string; uid?: string }, reason: string, message: string): void {
    const node = { apiVersion: 'v1', kind: 'Node', metadata };
    this.#options.recorder.record(node, { type: 'Normal', reason, message });
  }

  /** For nodes that have a Lease. */
  reported(name: string): void {
    if (this.#heard.has(name)) this.heardOf(name);
  }

  forget(name: string): void {
    this.#heard.delete(name);
  }

  async reconcile(name: string): Promise<void | { requeueAfterMs: number }> {
    const node = this.#nodes.get(name);
    if (node === undefined || this.#options.ignoresNode?.(name) === true) return;
    try {
      const wait = this.#wait(name);
      const judged = wait === 0 ? await this.#silence(node) : node;
      await this.#taint(judged);
      return wait === undefined || wait === 0 ? undefined : { requeueAfterMs: wait };
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
      return { requeueAfterMs: 100 };
    }
  }

  /** Milliseconds until the node counts as silent; 0 = it does; undefined = it never said anything. */
  #wait(name: string): number | undefined {
    const heard = this.#heard.get(name);
    if (heard === undefined) return undefined;
    const late = this.#options.clock.now() - heard - GRACE_MS;
    if (late < 0) return -late;
    const isKnown = nodeCondition(this.#nodes.get(name) ?? EMPTY, 'Ready')?.status === 'Unknown';
    if (isKnown || late <= OVERSLEPT_MS) return 0;
    this.heardOf(name);
    return GRACE_MS;
  }

  async #silence(node: NodeObject): Promise<NodeObject> {
    const { client, clock } = this.#options;
    if (nodeCondition(node, 'Ready')?.status === 'Unknown') return node;
    const { name, resourceVersion } = node.metadata;
    const conditions = silentConditions(node, clock.now());
    const body = { metadata: { resourceVersion }, status: { conditions } };
    const target = { name, patch: { type: 'merge', body } } as const;
    const written = await client.patch(NODES, target, { subresource: 'status' });
    const { uid } = node.metadata;
    this.#event({ name, uid }, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    for (const pod of this.#options.informers.get(PODS).byIndex(BY_NODE, name))
      if (isPodReady(pod)) await this.#notReady(pod);
    return this.#nodes.wrote(written);
  }

  async #notReady(pod: Pod): Promise<void> {
    const { client, clock, recorder } = this.#options;
    const { namespace, name, resourceVersion } = pod.metadata;
    const conditions = (pod.status?.conditions ?? []).map((condition): Condition =>
      condition.type === 'Ready'
        ? { ...condition, status: 'False', lastTransitionTime: timeText(clock.now()) }
        : condition,
    );
    const body = { metadata: { resourceVersion }, status: { conditions } };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    try {
      await client.patch(PODS, target, { subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    recorder.record(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
  }

  async #taint(node: NodeObject): Promise<void> {
    const taints = taintsFor(node, this.#options.clock.now());
    const known = node.spec?.taints ?? [];
    const isTainted = taints === known || taints.length + known.length === 0;
    const ttl = node.metadata.annotations?.[TTL];
    if (isTainted && ttl !== undefined) return;
    const { name, resourceVersion } = node.metadata;
    const annotations = { [TTL]: ttl ?? TTL_SECONDS };
    const body = {
      metadata: { resourceVersion, annotations },
      ...(isTainted ? {} : { spec: { taints } }),
    };
    this.#nodes.wrote(
      await this.#options.client.patch(NODES, { name, patch: { type: 'merge', body } }),
    );
  }
}

const EMPTY: NodeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: '' } };

/** What a node says about itself, beside its Lease. */
function report(node: NodeObject): string {
  const ready = nodeCondition(node, 'Ready') as
    | (Condition & { lastHeartbeatTime?: string })
    | undefined;
  return ready?.status === 'Unknown' ? '' : `${ready?.status} ${ready?.lastHeartbeatTime}`;
}

export function createNodeLifecycleController(options: NodeLifecycleOptions): Reconciler {
  const { informers } = options;
  informers
    .get(PODS)
    .addIndex(BY_NODE, ({ spec }) =>
      spec.nodeName === undefined || spec.nodeName === '' ? [] : [spec.nodeName],
    );
  const logic = new NodeLifecycle(options);
  const controller = controllerFor(options, {
    name: 'node-lifecycle',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(NODES).onChange((change) => {
    const { name } = change.object.metadata;
    if (change.type === 'added') logic.tell(change.object, 'RegisteredNode');
    if (change.type === 'deleted') {
      logic.tell(change.object, 'RemovingNode');
      return logic.forget(name);
    }
    const said = report(change.object);
    if (change.type === 'updated' && said !== '' && said !== report(change.old))
      logic.reported(name);
    controller.enqueue(name);
  });
  informers.get(LEASES).onChange((change) => {
    const { namespace, name } = change.object.metadata;
    if (namespace !== LEASE_NAMESPACE || change.type === 'deleted') return;
    const before = change.type === 'updated' ? change.old.spec?.renewTime : undefined;
    if (change.type === 'updated' && before === change.object.spec?.renewTime) return;
    logic.heardOf(name);
    if (change.type === 'added') controller.enqueue(name);
  });
  return controller;
}
