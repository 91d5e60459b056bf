/**
 * Deletes what its owners leave behind, as the garbage collector of Kubernetes does: background, foreground
 * (`foregroundDeletion`, `blockOwnerDeletion`) and orphan. It watches every kind that can be deleted.
 */
import { createReconciler, isConflict, isKubeError, isNotFound } from '@kagent/kube';
import type { KubeObject, OwnerReference, Reconciler, ResourceType } from '@kagent/kube';

import type { ControllerContext } from '../controller.ts';
import { resourceName } from '../informer-set.ts';
import { discoverKinds } from '../namespaces/discovery.ts';
import { createOwnerGraph } from './owner-graph.ts';
import type { GraphNode, OwnerGraph } from './owner-graph.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
const CONCURRENCY = 16;
/** Kinds that own nothing, are owned by nothing, and change all the time. */
const IGNORED = new Set(['/events', 'events.k8s.io/events', 'coordination.k8s.io/leases']);

/** How a reference stands: its owner lives, is gone, or is being deleted and waits for its dependents. */
type Standing = 'solid' | 'dangling' | 'waiting';

function plan(node: GraphNode): 'Orphan' | 'Foreground' | 'Background' {
  if (node.finalizers.includes(ORPHAN)) return 'Orphan';
  return node.finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
}

function waitsForDependents({ isDeleting, finalizers }: GraphNode): boolean {
  return isDeleting && finalizers.includes(FOREGROUND);
}

export class GarbageCollector {
  readonly reconciler: Reconciler;
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph = createOwnerGraph();
  readonly #kinds = new Map<string, ResourceType>();
  /** `group/Kind` → kind, to look up owners by what a reference says. */
  readonly #byKind = new Map<string, ResourceType>();
  /** `group/Kind` that is not served → the dependents to judge again when it is. */
  readonly #waiting = new Map<string, Set<string>>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.reconciler = createReconciler({
      name: 'garbage-collector',
      reconcile: (uid) => this.#reconcile(uid),
      clock: context.clock,
      logger: context.logger,
      concurrency: CONCURRENCY,
    });
  }

  /** Watches kinds that came and forgets those that went. Rejects when discovery fails. */
  async refreshKinds(): Promise<void> {
    const found = (await discoverKinds(this.#context.client)).filter(
      (kind) =>
        ['list', 'watch', 'delete'].every((verb) => kind.verbs.includes(verb)) &&
        !IGNORED.has(resourceName(kind)),
    );
    const names = new Set(found.map(resourceName));
    for (const [name, kind] of this.#kinds) {
      if (names.has(name)) continue;
      this.#kinds.delete(name);
      this.#byKind.delete(`${kind.group}/${kind.kind}`);
      await this.#context.informers.drop(kind);
    }
    for (const kind of found) {
      this.#byKind.set(`${kind.group}/${kind.kind}`, kind);
      if (this.#kinds.has(resourceName(kind))) continue;
      this.#kinds.set(resourceName(kind), kind);
      this.#watch(kind);
    }
  }

  #watch(kind: ResourceType): void {
    const informer = this.#context.informers.get(kind);
    informer.onChange((change) => {
      const uid = change.object.metadata.uid ?? '';
      if (change.type === 'deleted') this.#forget(uid);
      else this.#learn(kind, change.object);
    });
    const name = `${kind.group}/${kind.kind}`;
    informer.synced.then(
      () => {
        for (const uid of this.#waiting.get(name) ?? []) this.reconciler.enqueue(uid);
        this.#waiting.delete(name);
      },
      () => {
        // Stopped before it had anything to tell.
      },
    );
  }

  #wait(name: string, uid: string): void {
    const uids = this.#waiting.get(name) ?? new Set();
    uids.add(uid);
    this.#waiting.set(name, uids);
  }

  #learn(kind: ResourceType, object: KubeObject): void {
    const before = this.#graph.get(object.metadata.uid ?? '');
    const ownersBefore = before?.owners ?? [];
    const wasDeleting = before?.isDeleting === true;
    const node = this.#graph.set(kind, object);
    if (node.owners.length === 0 && ownersBefore.length === 0 && !node.isDeleting) return;
    const isNew = before === undefined || ownersBefore.length !== node.owners.length;
    if (isNew || node.isDeleting) this.reconciler.enqueue(node.uid);
    // An owner that waits in the foreground may have lost its last blocker.
    for (const { uid } of isNew || node.isDeleting !== wasDeleting ? ownersBefore : [])
      this.#enqueueWaiting(uid);
  }

  #forget(uid: string): void {
    const owners = this.#graph.get(uid)?.owners ?? [];
    for (const dependent of this.#graph.delete(uid)) this.reconciler.enqueue(dependent.uid);
    for (const owner of owners) this.#enqueueWaiting(owner.uid);
  }

  #enqueueWaiting(uid: string): void {
    if (this.#graph.get(uid)?.isDeleting === true) this.reconciler.enqueue(uid);
  }

  async #reconcile(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined || node.isVirtual) return;
    try {
      if (node.isDeleting && node.finalizers.includes(ORPHAN)) await this.#orphanDependents(node);
      else if (waitsForDependents(node)) await this.#deleteDependents(node);
      else if (!node.isDeleting) await this.#judge(node);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Owner side of foreground deletion: waits until nothing blocks it any more. */
  async #deleteDependents(node: GraphNode): Promise<void> {
    const blocking = [...node.dependents].filter((dependent) =>
      dependent.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
    );
    if (blocking.length === 0) {
      await this.#removeFinalizer(node, FOREGROUND);
      return;
    }
    for (const dependent of node.dependents)
      if (!dependent.isDeleting) this.reconciler.enqueue(dependent.uid);
  }

  /** Owner side of orphaning: dependents lose the reference and stay. */
  async #orphanDependents(node: GraphNode): Promise<void> {
    for (const dependent of node.dependents) await this.#dropOwners(dependent, new Set([node.uid]));
    await this.#removeFinalizer(node, ORPHAN);
  }

  /** Dependent side: goes when no owner is left that keeps it. */
  async #judge(node: GraphNode): Promise<void> {
    if (node.owners.length === 0 || node.type === undefined) return;
    const standings = await Promise.all(node.owners.map((owner) => this.#standing(node, owner)));
    const of = (wanted: Standing): OwnerReference[] =>
      node.owners.filter((_, index) => standings[index] === wanted);
    const [solid, dangling, waiting] = [of('solid'), of('dangling'), of('waiting')];
    if (solid.length > 0) {
      const lost = new Set([...dangling, ...waiting].map(({ uid }) => uid));
      if (lost.size > 0) await this.#dropOwners(node, lost);
      return;
    }
    const isForeground = waiting.length > 0 && node.dependents.size > 0;
    const propagationPolicy = isForeground ? 'Foreground' : plan(node);
    const { namespace, name, uid } = node;
    if (isForeground && [...node.dependents].some(waitsForDependents)) await this.#unblock(node);
    try {
      await this.#context.client.delete(
        node.type,
        { namespace, name },
        { propagationPolicy, preconditions: { uid } },
      );
    } catch (error) {
      // Replaced by another object of that name: the one we meant is gone.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  /** Owners that wait for each other in a circle would wait for ever: this one is waited for no longer. */
  async #unblock(node: GraphNode): Promise<void> {
    if (!node.owners.some((owner) => owner.blockOwnerDeletion === true)) return;
    await this.#setOwners(
      node,
      node.owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
    );
  }

  async #standing(node: GraphNode, reference: OwnerReference): Promise<Standing> {
    const owner = this.#graph.get(reference.uid);
    if (owner !== undefined && !owner.isVirtual) {
      if (owner.namespace !== undefined && owner.namespace !== node.namespace) {
        this.#tellNamespace(node, reference);
        return node.namespace === undefined ? 'solid' : 'dangling';
      }
      return waitsForDependents(owner) ? 'waiting' : 'solid';
    }
    return (await this.#isAlive(node, reference)) ? 'solid' : 'dangling';
  }

  /** Owners are looked for in the dependent's own namespace only. */
  #tellNamespace({ type, namespace, name, uid }: GraphNode, reference: OwnerReference): void {
    if (type === undefined) return;
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    const dependent: KubeObject = {
      apiVersion,
      kind: type.kind,
      metadata: { namespace, name, uid },
    };
    const owner = `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace ?? ''}, name: ${reference.name}, uid: ${reference.uid}]`;
    const message = `ownerRef ${owner} does not exist in namespace "${namespace ?? ''}"`;
    const draft = { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message } as const;
    this.#context.recorder.record(dependent, draft);
  }

  /** Asks the API server: the informer of the owner's kind may be behind. */
  async #isAlive(node: GraphNode, reference: OwnerReference): Promise<boolean> {
    const group = reference.apiVersion.includes('/') ? reference.apiVersion.split('/')[0]! : '';
    const kind = this.#byKind.get(`${group}/${reference.kind}`);
    // A kind nobody serves now may come back with its CRD; deleting would be beyond repair.
    if (kind === undefined) {
      this.#wait(`${group}/${reference.kind}`, node.uid);
      return true;
    }
    const namespace = kind.namespaced ? node.namespace : undefined;
    if (kind.namespaced && namespace === undefined) return true;
    const owner = await this.#context.client.find(kind, { namespace, name: reference.name });
    return owner?.metadata.uid === reference.uid;
  }

  #dropOwners(node: GraphNode, lost: ReadonlySet<string>): Promise<void> {
    return this.#setOwners(
      node,
      node.owners.filter((owner) => !lost.has(owner.uid)),
    );
  }

  async #setOwners(node: GraphNode, ownerReferences: OwnerReference[]): Promise<void> {
    const { type, namespace, name, uid } = node;
    if (type === undefined) return;
    const body = { metadata: { uid, ownerReferences } };
    await this.#context.client
      .patch(type, { namespace, name, patch: { type: 'merge', body } })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const { type, namespace, name } = node;
    if (type === undefined) return;
    const object = await this.#context.client.find(type, { namespace, name });
    if (object === undefined || object.metadata.uid !== node.uid) return;
    const { finalizers = [], resourceVersion } = object.metadata;
    if (!finalizers.includes(finalizer)) return;
    const body = {
      metadata: { resourceVersion, finalizers: finalizers.filter((one) => one !== finalizer) },
    };
    await this.#context.client.patch(type, { namespace, name, patch: { type: 'merge', body } });
  }
}

/** True for errors that mean a kind is just not served (any more). */
export function isNotServed(error: unknown): boolean {
  return isKubeError(error) && (error.code === 404 || error.code === 405);
}
