/** DaemonSets: one pod on every node that fits; rolling update; history. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { controllerFor, watchDependents, watchOrphans } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createRevisionHistory, REVISION_HASH } from '../controller-revisions.ts';
import type { RevisionHistory } from '../controller-revisions.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { mergeBody } from '../merge-body.ts';
import { NODES, PODS } from '../objects.ts';
import type { NodeObject, Pod } from '../objects.ts';
import { createPodControl } from '../pod-control.ts';
import type { PodControl } from '../pod-control.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS } from '../workload-objects.ts';
import type { DaemonSet, DaemonSetStatus } from '../workload-objects.ts';
import { daemonPod } from './daemon-pods.ts';
import { planDaemonSet } from './daemon-plan.ts';

type Outcome = void | { requeueAfterMs: number };

/** Between two pods that fail on the same node: 1 s, doubled, at most 15 min, as the real controller waits. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 15 * 60_000;

class DaemonSetController {
  readonly #context: ControllerContext;
  readonly #sets: FreshView<DaemonSet>;
  readonly #nodes: Informer<NodeObject>;
  readonly #history: RevisionHistory;
  readonly #pods: PodControl;
  /** By set and node: when a failed pod was last deleted there, and how long to wait before the next time. */
  readonly #failures = new Map<string, { until: number; delay: number }>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = createFreshView(context.informers.get(DAEMON_SETS));
    this.#nodes = context.informers.get(NODES);
    this.#history = createRevisionHistory(context, REVISION_HASH);
    this.#pods = createPodControl({ context, keepDeleted: true });
  }

  async reconcile(key: string): Promise<Outcome> {
    const set = this.#sets.get(key);
    if (set === undefined) return;
    try {
      return await this.#sync(set);
    } catch (error) {
      if (isNotFound(error) && this.#sets.get(key)?.metadata.uid !== set.metadata.uid) return;
      throw error;
    }
  }

  async #sync(set: DaemonSet): Promise<Outcome> {
    const pods = await this.#pods.claim(set, { selector: set.spec.selector });
    const revisions = await this.#history.sync(set);
    const hash = revisions.update.metadata.labels?.[REVISION_HASH] ?? '';
    const { collisionCount } = revisions;
    const now = this.#context.clock.now();
    const nodes = this.#nodes.list();
    const plan = planDaemonSet({ set, nodes, pods, hash, collisionCount, now });
    const held = this.#hold(set, plan.failed, now);
    try {
      for (const pod of plan.remove) {
        if (held.pods.has(pod)) continue;
        if (plan.failed.includes(pod)) this.#tellFailed(set, pod);
        await this.#pods.delete(set, pod);
      }
      const make = (node: string): Promise<Pod> =>
        this.#pods.create(set, daemonPod(set, { node, hash }, this.#context.randomId));
      await Promise.all(plan.create.map(make));
    } finally {
      await this.#publish(set, plan.status);
    }
    const inUse = new Set(pods.map((pod) => pod.metadata.labels?.[REVISION_HASH] ?? ''));
    if (set.metadata.deletionTimestamp === undefined)
      await this.#history.trim(set, revisions, inUse);
    const waits = [plan.nextMs, held.nextMs].filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  /** A pod that fails again and again on a node is not replaced at once. */
  #hold(set: DaemonSet, failed: Pod[], now: number): { pods: Set<Pod>; nextMs?: number } {
    const pods = new Set<Pod>();
    const waits: number[] = [];
    for (const pod of failed) {
      const key = `${set.metadata.uid}/${pod.spec.nodeName}`;
      const known = this.#failures.get(key);
      if (known !== undefined && known.until > now) {
        pods.add(pod);
        waits.push(known.until - now);
        continue;
      }
      // Long quiet means that the trouble was another one.
      const isRecent = known !== undefined && now - known.until < 2 * MAX_RETRY_MS;
      const delay = isRecent ? Math.min(MAX_RETRY_MS, known.delay * 2) : FIRST_RETRY_MS;
      this.#failures.set(key, { until: now + delay, delay });
    }
    for (const [key, { until }] of this.#failures)
      if (now - until > 2 * MAX_RETRY_MS) this.#failures.delete(key);
    return { pods, ...(waits.length === 0 ? {} : { nextMs: Math.min(...waits) }) };
  }

  #tellFailed(set: DaemonSet, pod: Pod): void {
    const { namespace, name } = pod.metadata;
    this.#context.recorder.record(set, {
      type: 'Warning',
      reason: 'FailedDaemonPod',
      message: `Found failed daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}, will try to kill it`,
    });
  }

  async #publish(set: DaemonSet, status: DaemonSetStatus): Promise<void> {
    if (isDeepStrictEqual(status, { ...set.status })) return;
    const { namespace, name } = set.metadata;
    const body = { status: mergeBody(set.status, status) };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    const options = { subresource: 'status' };
    this.#sets.wrote(await this.#context.client.patch(DAEMON_SETS, target, options));
  }
}

/** What of a node decides where daemons run. */
function relevant(node: NodeObject): unknown {
  return [node.metadata.labels, node.spec?.taints, node.spec?.unschedulable];
}

/** Needs the pod index of `indexByController`. */
export function createDaemonSetController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new DaemonSetController(context);
  const controller = controllerFor(context, {
    name: 'daemonset',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(DAEMON_SETS).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(PODS), 'DaemonSet', (key) => controller.enqueue(key));
  watchOrphans(informers.get(PODS), informers.get(DAEMON_SETS), {
    selectorOf: ({ spec }) => spec.selector,
    enqueue: (key) => controller.enqueue(key),
  });
  watchDependents(informers.get(CONTROLLER_REVISIONS), 'DaemonSet', (key) =>
    controller.enqueue(key),
  );
  informers.get(NODES).onChange((change) => {
    const isSame =
      change.type === 'updated' && isDeepStrictEqual(relevant(change.object), relevant(change.old));
    if (isSame) return;
    for (const set of informers.get(DAEMON_SETS).list()) controller.enqueue(keyOfObject(set));
  });
  return controller;
}
