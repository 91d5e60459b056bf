/** ControllerRevisions: the template history of StatefulSets and DaemonSets, as `kubectl rollout history|undo` reads it. */
import { isAlreadyExists, isNotFound } from '@kagent/kube';
import type { Informer, KubeObject } from '@kagent/kube';

import { BY_CONTROLLER, indexByController, ORPHANS } from './controller.ts';
import type { ControllerContext } from './controller.ts';
import { createFreshView } from './fresh-view.ts';
import type { FreshView } from './fresh-view.ts';
import { canonical, canonicalJson, hashName } from './names.ts';
import type { LabelSelector, PodTemplateSpec } from './objects.ts';
import { createOwnWrites } from './own-writes.ts';
import type { OwnWrites } from './own-writes.ts';
import { controllerReference } from './owners.ts';
import { matchesSelector } from './selectors.ts';
import { CONTROLLER_REVISIONS } from './workload-objects.ts';
import type { ControllerRevision } from './workload-objects.ts';

/** On pods: which revision they were made from. */
export const REVISION_HASH = 'controller-revision-hash';

/** Annotations of the workload that its revisions do not carry. */
const NOT_COPIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Names end with a dash and ten characters. */
const PREFIX_LENGTH = 223;

export interface Workload extends KubeObject {
  spec: { selector: LabelSelector; template: PodTemplateSpec; revisionHistoryLimit?: number };
  status?: { collisionCount?: number };
}

export interface RevisionState {
  /** The revision of the template as it is now. */
  update: ControllerRevision;
  /** All, oldest first, the new one included. */
  all: ControllerRevision[];
  collisionCount: number;
}

export interface RevisionHistory {
  /** Makes sure that the template has a revision and that it is the newest one. Adopts orphans. */
  sync(owner: Workload): Promise<RevisionState>;
  /** Deletes the oldest beyond `revisionHistoryLimit` (10) that are not in use. */
  trim(owner: Workload, state: RevisionState, inUse: ReadonlySet<string>): Promise<void>;
}

function dataOf(owner: Workload): NonNullable<ControllerRevision['data']> {
  return { spec: { template: { ...owner.spec.template, $patch: 'replace' } } };
}

/** The template a revision stands for. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  if (revision.data === undefined) return undefined;
  const { $patch: _, ...template } = revision.data.spec.template;
  return template as unknown as PodTemplateSpec;
}

function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  if (a.revision !== b.revision) return a.revision - b.revision;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

class StoredHistory implements RevisionHistory {
  readonly #context: ControllerContext;
  readonly #hashLabel: string;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #fresh: FreshView<ControllerRevision>;
  readonly #ownWrites: OwnWrites<ControllerRevision>;

  constructor(context: ControllerContext, hashLabel: string) {
    this.#context = context;
    this.#hashLabel = hashLabel;
    this.#revisions = context.informers.get(CONTROLLER_REVISIONS);
    indexByController(this.#revisions);
    this.#fresh = createFreshView(this.#revisions);
    this.#ownWrites = createOwnWrites(this.#revisions, context.clock);
  }

  async sync(owner: Workload): Promise<RevisionState> {
    const all = await this.#list(owner);
    const data = dataOf(owner);
    const text = canonicalJson(data);
    const next = (all.at(-1)?.revision ?? 0) + 1;
    const collisionCount = owner.status?.collisionCount ?? 0;
    const equal = all.findLast((one) => canonicalJson(one.data) === text);
    if (equal === undefined) {
      const made = await this.#create(owner, { data, revision: next, collisionCount });
      return { ...made, all: [...all, made.update] };
    }
    if (equal === all.at(-1)) return { update: equal, all, collisionCount };
    const update = await this.#renumber(equal, next);
    return { update, all: [...all.filter((one) => one !== equal), update], collisionCount };
  }

  async trim(owner: Workload, state: RevisionState, inUse: ReadonlySet<string>): Promise<void> {
    const limit = owner.spec.revisionHistoryLimit ?? 10;
    const unused = state.all.filter(
      (one) => one !== state.update && !inUse.has(one.metadata.name) && !inUse.has(this.hash(one)),
    );
    for (const one of unused.slice(0, Math.max(0, unused.length - limit))) {
      const { namespace, name, uid } = one.metadata;
      const undo = this.#ownWrites.deleting(one);
      try {
        const options = { preconditions: { uid } };
        await this.#context.client.delete(CONTROLLER_REVISIONS, { namespace, name }, options);
      } catch (error) {
        undo();
        if (!isNotFound(error)) throw error;
      }
    }
  }

  hash(revision: ControllerRevision): string {
    return revision.metadata.labels?.[this.#hashLabel] ?? '';
  }

  async #list(owner: Workload): Promise<ControllerRevision[]> {
    const { uid = '', namespace = '', deletionTimestamp } = owner.metadata;
    const owned = this.#ownWrites.view(uid, this.#revisions.byIndex(BY_CONTROLLER, uid));
    const found = owned.map((one) => this.#fresh.newest(one));
    const orphans =
      deletionTimestamp === undefined ? this.#revisions.byIndex(ORPHANS, namespace) : [];
    for (const orphan of orphans) {
      if (!matchesSelector(owner.spec.selector, orphan.metadata.labels)) continue;
      const { name, uid: own, ownerReferences = [] } = orphan.metadata;
      const owners = [...ownerReferences, controllerReference(owner)];
      const body = { metadata: { uid: own, ownerReferences: owners } };
      const target = { namespace, name, patch: { type: 'merge', body } } as const;
      found.push(this.#fresh.wrote(await this.#context.client.patch(CONTROLLER_REVISIONS, target)));
    }
    return found.toSorted(byRevision);
  }

  async #create(
    owner: Workload,
    wanted: { data: ControllerRevision['data']; revision: number; collisionCount: number },
  ): Promise<{ update: ControllerRevision; collisionCount: number }> {
    const { name, namespace, uid, annotations = {} } = owner.metadata;
    for (let { collisionCount } = wanted; ; collisionCount += 1) {
      const hash = hashName(owner.spec.template, collisionCount);
      const copied = Object.entries(annotations).filter(([key]) => key !== NOT_COPIED);
      const revision: ControllerRevision = {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: `${name.slice(0, PREFIX_LENGTH)}-${hash}`,
          namespace,
          labels: { ...owner.spec.template.metadata?.labels, [this.#hashLabel]: hash },
          annotations: Object.fromEntries(copied),
          ownerReferences: [controllerReference(owner)],
        },
        // Clients compare its text with the one they make of the owner.
        data: canonical(wanted.data),
        revision: wanted.revision,
      };
      try {
        const update = await this.#context.client.create(CONTROLLER_REVISIONS, revision);
        this.#ownWrites.created(uid ?? '', update);
        return { update, collisionCount };
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        const update = await this.#context.client.get(CONTROLLER_REVISIONS, revision.metadata);
        if (canonicalJson(update.data) === canonicalJson(wanted.data))
          return { update, collisionCount };
      }
    }
  }

  async #renumber(found: ControllerRevision, revision: number): Promise<ControllerRevision> {
    const { namespace, name } = found.metadata;
    const patch = { type: 'merge', body: { revision } } as const;
    const target = { namespace, name, patch };
    return this.#fresh.wrote(await this.#context.client.patch(CONTROLLER_REVISIONS, target));
  }
}

/** `hashLabel` is the label of a revision that carries its hash; pods carry it, or the name, under `REVISION_HASH`. */
export function createRevisionHistory(
  context: ControllerContext,
  hashLabel: string,
): RevisionHistory {
  return new StoredHistory(context, hashLabel);
}
