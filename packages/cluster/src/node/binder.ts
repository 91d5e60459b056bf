/**
 * The scheduler: gives pending pods to nodes by the rules of kube-scheduler, or says why it can't. Pods go to the embedded
 * node, whatever they request, unless they ask for another one that somebody made; pods of simulated namespaces go to
 * simulated nodes.
 */
import { isConflict, isNotFound } from '@kagent/kube';
import type { Informer, KubeClient, ResourceType } from '@kagent/kube';

import type { EventRecorder } from '../workloads/event-recorder.ts';
import { PODS } from '../workloads/objects.ts';
import type { NodeObject, Pod } from '../workloads/objects.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../workloads/storage-objects.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../workloads/storage-objects.ts';
import { timeText } from '../workloads/time-text.ts';
import type { NodeState } from './scheduling/node-state.ts';
import { place } from './scheduling/place.ts';
import type { VolumeNeeds } from './scheduling/place.ts';

/** Which pods belong to simulated nodes, and which of these a namespace may use. */
export interface SimulatedPlacement {
  isSimulated(namespace: string): boolean;
  /** Whether pods of the namespace may go to the node; asked for all nodes but the embedded one. */
  offers(node: string, namespace: string): boolean;
}

export interface BinderOptions {
  client: KubeClient;
  recorder: EventRecorder;
  /** The embedded node. */
  nodeName: string;
  pods: Informer<Pod>;
  nodes: Informer<NodeObject>;
  claims: Informer<PersistentVolumeClaim>;
  volumes: Informer<PersistentVolume>;
  classes: Informer<StorageClass>;
  simulated?: SimulatedPlacement;
  now(): number;
  /** Asks for another `bind` of a pod that did not fit, because something has changed. */
  enqueue(key: string): void;
}

type Outcome = void | { requeueAfterMs: number };

export interface Binder {
  /** Binds the pod, or writes why it can't be and says when to try again. Safe to repeat. */
  bind(pod: Pod): Promise<Outcome>;
}

/** A pod that fits nowhere is tried again after this long, as by kube-scheduler, even if nothing has changed. */
const RETRY_MS = 5 * 60_000;
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

function keyOf(pod: Pod): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
}

function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

class ClusterBinder implements Binder {
  readonly #options: BinderOptions;
  /** Bound here, while the informer may not show it yet. By uid. */
  readonly #assumed = new Map<string, { pod: Pod; node: string }>();
  /** Keys of pods that did not fit, and when that was last said. */
  readonly #waiting = new Map<string, { uid: string; told: number }>();

  constructor(options: BinderOptions) {
    this.#options = options;
    const retry = () => this.#retry();
    options.nodes.onChange((change) => {
      if (change.type !== 'updated' || hasMoved(change.old, change.object)) retry();
    });
    options.claims.onChange(retry);
    options.volumes.onChange(retry);
    options.classes.onChange(retry);
    options.pods.onChange((change) => {
      const { uid = '' } = change.object.metadata;
      if (change.type === 'deleted') this.#waiting.delete(keyOf(change.object));
      if (change.type === 'deleted' || change.object.spec.nodeName) this.#assumed.delete(uid);
      const isNews =
        change.type === 'deleted' ||
        (change.type === 'updated' &&
          (isOver(change.object) !== isOver(change.old) ||
            change.object.spec.nodeName !== change.old.spec.nodeName));
      if (isNews) retry();
    });
  }

  async bind(pod: Pod): Promise<Outcome> {
    const { schedulerName = 'default-scheduler', schedulingGates = [] } = pod.spec;
    if (schedulerName !== 'default-scheduler' || schedulingGates.length > 0) return;
    const volumes = this.#volumeNeeds(pod);
    const placement = place(pod, this.#states(pod), volumes);
    if ('message' in placement) {
      return this.#refuse(pod, placement.message);
    }
    this.#waiting.delete(keyOf(pod));
    const { namespace = '', name, uid = '' } = pod.metadata;
    this.#assumed.set(uid, { pod, node: placement.node });
    try {
      await this.#selectNode(volumes, { namespace, node: placement.node });
      await this.#assign(pod, placement.node);
    } catch (error) {
      this.#assumed.delete(uid);
      // Gone, or bound meanwhile: the next event of the pod tells.
      if (isNotFound(error) || isConflict(error)) return;
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${placement.node}`;
    this.#options.recorder.record(pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message,
      action: 'Binding',
    });
  }

  async #assign(pod: Pod, node: string): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    };
    await this.#options.client.create(PODS as ResourceType, binding, { subresource: 'binding' });
  }

  #retry(): void {
    for (const key of this.#waiting.keys()) this.#options.enqueue(key);
  }

  #states(pod: Pod): NodeState[] {
    const { nodes, nodeName, simulated, pods } = this.#options;
    const { namespace = '' } = pod.metadata;
    const isSimulated = simulated?.isSimulated(namespace) === true;
    const states = new Map<string, NodeState>();
    for (const node of nodes.list()) {
      const { name } = node.metadata;
      const isEmbedded = name === nodeName;
      if (isEmbedded ? isSimulated : simulated?.offers(name, namespace) === false) continue;
      states.set(name, { node, pods: [], isEmbedded });
    }
    if (states.size === 1 && states.has(nodeName) && !caresForPods(pod))
      return [...states.values()];
    for (const other of pods.list()) {
      if (!isOver(other)) states.get(other.spec.nodeName ?? '')?.pods.push(other);
    }
    for (const { pod: other, node } of this.#assumed.values()) {
      if (pods.get(keyOf(other))?.spec.nodeName === undefined) states.get(node)?.pods.push(other);
    }
    return [...states.values()];
  }

  #volumeNeeds(pod: Pod): VolumeNeeds & { unbound?: string[] } {
    const { claims, volumes } = this.#options;
    const { namespace = '' } = pod.metadata;
    const needs = { affinity: [] as VolumeNeeds['affinity'], unbound: [] as string[] };
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const name = persistentVolumeClaim.claimName;
      const claim = claims.get({ namespace, name });
      if (claim === undefined)
        return { ...needs, problem: `persistentvolumeclaim "${name}" not found` };
      if (claim.metadata.deletionTimestamp !== undefined)
        return { ...needs, problem: `persistentvolumeclaim "${name}" is being deleted` };
      const bound = claim.status?.phase === 'Bound' ? claim.spec.volumeName : undefined;
      if (bound !== undefined) {
        const required = volumes.get({ name: bound })?.spec.nodeAffinity?.required;
        if (required !== undefined) needs.affinity.push(required.nodeSelectorTerms);
      } else if (this.#waitsForConsumer(claim)) needs.unbound.push(name);
      else return { ...needs, problem: 'pod has unbound immediate PersistentVolumeClaims' };
    }
    return needs;
  }

  #waitsForConsumer(claim: PersistentVolumeClaim): boolean {
    const { classes } = this.#options;
    const name = claim.spec.storageClassName;
    const found =
      name === undefined
        ? classes.list().find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
        : classes.get({ name });
    return found?.volumeBindingMode === 'WaitForFirstConsumer';
  }

  /** Tells the provisioner where the volumes are wanted. */
  async #selectNode(
    { unbound = [] }: { unbound?: string[] },
    { namespace, node }: { namespace: string; node: string },
  ): Promise<void> {
    const body = { metadata: { annotations: { [SELECTED_NODE]: node } } };
    for (const name of unbound) {
      await this.#options.client.patch(PERSISTENT_VOLUME_CLAIMS, {
        namespace,
        name,
        patch: { type: 'merge', body },
      });
    }
  }

  async #refuse(pod: Pod, message: string): Promise<Outcome> {
    const { recorder, now } = this.#options;
    const { uid = '' } = pod.metadata;
    const before = this.#waiting.get(keyOf(pod));
    const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const isNews = known?.status !== 'False' || known.message !== message;
    const told = before?.uid === uid ? before.told : now();
    const isDue = now() - told >= RETRY_MS;
    this.#waiting.set(keyOf(pod), { uid, told: isNews || isDue ? now() : told });
    if (isNews) await this.#writeReason(pod, message);
    if (isNews || isDue)
      recorder.record(pod, {
        type: 'Warning',
        reason: 'FailedScheduling',
        message,
        action: 'Scheduling',
      });
    return { requeueAfterMs: isNews || isDue ? RETRY_MS : told + RETRY_MS - now() };
  }

  async #writeReason(pod: Pod, message: string): Promise<void> {
    const { client, now } = this.#options;
    const { namespace, name } = pod.metadata;
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    const scheduled = {
      type: 'PodScheduled',
      observedGeneration: pod.metadata.generation,
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: timeText(now()),
    };
    const body = { status: { phase: 'Pending', conditions: [...others, scheduled] } };
    await client.patch(
      PODS,
      { namespace, name, patch: { type: 'merge', body } },
      { subresource: 'status' },
    );
  }
}

/** Whether it matters to the pod which others are near; most do not care, and lists are long. */
function caresForPods(pod: Pod): boolean {
  const { affinity, topologySpreadConstraints } = pod.spec as Pod['spec'] & {
    topologySpreadConstraints?: unknown[];
  };
  return (
    affinity?.podAffinity !== undefined ||
    affinity?.podAntiAffinity !== undefined ||
    topologySpreadConstraints !== undefined
  );
}

/** Whether a change of a node may let a pod fit that did not: everything but its heartbeat. */
function hasMoved(before: NodeObject, after: NodeObject): boolean {
  const relevant = ({ metadata, spec, status }: NodeObject) =>
    JSON.stringify([metadata.labels, spec, status?.['allocatable']]);
  return relevant(before) !== relevant(after);
}

export function createBinder(options: BinderOptions): Binder {
  return new ClusterBinder(options);
}
