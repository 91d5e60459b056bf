/**
 * What every controller of pods does with them: takes in those that match, lets go those that no longer do, makes and
 * deletes them with an event, and sees its own writes at once.
 */
import { isAlreadyExists, isNotFound } from '@kagent/kube';
import type { Informer, KubeObject, OwnerReference } from '@kagent/kube';

import { BY_CONTROLLER, isNamespaceTerminating, ORPHANS } from './controller.ts';
import type { ControllerContext } from './controller.ts';
import { PODS } from './objects.ts';
import type { LabelSelector, Pod } from './objects.ts';
import { createOwnWrites } from './own-writes.ts';
import type { OwnWrites } from './own-writes.ts';
import { controllerReference } from './owners.ts';
import { isPodActive } from './pods.ts';
import { matchesSelector } from './selectors.ts';

export interface PodEvents {
  /** Message of `SuccessfulCreate`. */
  created?(pod: string): string;
  /** Message of `FailedCreate`. */
  refused?(pod: string, error: string): string;
  /** Message of `SuccessfulDelete`. */
  deleted?(pod: string): string;
}

export interface ClaimOptions {
  selector: LabelSelector;
  /** A further condition on orphans, e.g. their name. */
  accepts?(pod: Pod): boolean;
}

export interface PodControl {
  /** All pods of the owner, also finished and terminating ones. An owner that is being deleted changes nothing. */
  claim(owner: KubeObject, options: ClaimOptions): Promise<Pod[]>;
  /** Rejects with the server's refusal after writing an event about it (none when the name is taken or the namespace goes). */
  create(owner: KubeObject, pod: Pod): Promise<Pod>;
  /** A pod that is gone already is fine. */
  delete(owner: KubeObject, pod: Pod): Promise<void>;
}

export interface PodControlOptions {
  context: ControllerContext;
  events?: PodEvents;
  /** Shows pods whose deletion was asked for as terminating; otherwise they are left out of the view. */
  keepDeleted?: boolean;
}

const EVENTS: Required<PodEvents> = {
  created: (pod) => `Created pod: ${pod}`,
  refused: (_pod, error) => `Error creating: ${error}`,
  deleted: (pod) => `Deleted pod: ${pod}`,
};

class SharedPodControl implements PodControl {
  readonly #context: ControllerContext;
  readonly #events: Required<PodEvents>;
  readonly #pods: Informer<Pod>;
  readonly #ownWrites: OwnWrites<Pod>;

  constructor({ context, events, keepDeleted }: PodControlOptions) {
    this.#context = context;
    this.#events = { ...EVENTS, ...events };
    this.#pods = context.informers.get(PODS);
    this.#ownWrites = createOwnWrites(this.#pods, context.clock, { keepDeleted });
  }

  async claim(owner: KubeObject, { selector, accepts }: ClaimOptions): Promise<Pod[]> {
    const { uid = '', namespace = '', deletionTimestamp } = owner.metadata;
    const owned = this.#ownWrites.view(uid, this.#pods.byIndex(BY_CONTROLLER, uid));
    if (deletionTimestamp !== undefined) return owned;
    const kept: Pod[] = [];
    for (const pod of owned) {
      const owners = pod.metadata.ownerReferences ?? [];
      const rest = owners.filter((reference) => reference.uid !== uid);
      if (matchesSelector(selector, pod.metadata.labels)) kept.push(pod);
      else await this.#setOwners(pod, rest);
    }
    for (const pod of this.#pods.byIndex(ORPHANS, namespace)) {
      if (!isPodActive(pod) || !matchesSelector(selector, pod.metadata.labels)) continue;
      if (accepts?.(pod) === false) continue;
      const owners = [...(pod.metadata.ownerReferences ?? []), controllerReference(owner)];
      kept.push(await this.#setOwners(pod, owners));
    }
    return kept;
  }

  async create(owner: KubeObject, pod: Pod): Promise<Pod> {
    const { client, recorder } = this.#context;
    try {
      const created = await client.create(PODS, pod);
      this.#ownWrites.created(owner.metadata.uid ?? '', created);
      const message = this.#events.created(created.metadata.name);
      recorder.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return created;
    } catch (error) {
      if (isAlreadyExists(error) || isNamespaceTerminating(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const message = this.#events.refused(pod.metadata.name, why);
      recorder.record(owner, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  async delete(owner: KubeObject, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const undo = this.#ownWrites.deleting(pod);
    try {
      await this.#context.client.delete(PODS, { namespace, name }, { preconditions: { uid } });
      const message = this.#events.deleted(name);
      const draft = { type: 'Normal', reason: 'SuccessfulDelete', message } as const;
      this.#context.recorder.record(owner, draft);
    } catch (error) {
      undo();
      if (!isNotFound(error)) throw error;
    }
  }

  #setOwners(pod: Pod, ownerReferences: OwnerReference[]): Promise<Pod> {
    const { namespace, name, uid } = pod.metadata;
    const body = { metadata: { uid, ownerReferences } };
    return this.#context.client.patch(PODS, { namespace, name, patch: { type: 'merge', body } });
  }
}

/** Needs the pod index of `indexByController`. */
export function createPodControl(options: PodControlOptions): PodControl {
  return new SharedPodControl(options);
}
