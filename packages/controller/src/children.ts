/** Writes the objects a kind generates: compare, then server-side apply; refuses to take over what belongs to others. */
import { createHash } from 'node:crypto';
import { isNotFound, type KubeClient, type KubeObject, type ResourceType } from '@kagent/kube';
import { covers } from './covers.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

/** Field manager of everything the controller writes. */
export const FIELD_MANAGER = 'kagent-controller';

/** Changes whenever what we want changes, so that fields we no longer want are noticed too. */
export const APPLIED_HASH_ANNOTATION = 'kagent.dev/applied-hash';

export interface Child {
  apply(client: KubeClient, signal: AbortSignal): Promise<void>;
  remove(client: KubeClient, signal: AbortSignal): Promise<void>;
  /** What stands in the way of writing it. */
  readonly obstacle: Problem | 'going-away' | undefined;
}

export interface Owner {
  kind: string;
  name: string;
  uid: string;
  namespace: string;
  /** True for an object without owner that an earlier owner of the same name left behind. */
  isLeftover(object: KubeObject): boolean;
}

/** One child of one owner, named like it. `desired` undefined means that there must be none. */
export function child<T extends KubeObject>(
  source: Pick<Source<T>, 'type' | 'get'>,
  desired: T | undefined,
  owner: Owner,
): Child {
  const live = source.get({ namespace: owner.namespace, name: owner.name });
  const type: ResourceType<T> = source.type;
  return {
    obstacle:
      desired === undefined || live === undefined ? undefined : obstacle(live, type.kind, owner),
    async apply(client, signal) {
      if (desired === undefined) return;
      const wanted = withAppliedHash(desired);
      if (live !== undefined && covers(wanted, live)) return;
      await client.apply(type, wanted, { fieldManager: FIELD_MANAGER, force: true, signal });
    },
    async remove(client, signal) {
      if (desired !== undefined || live === undefined || !isOwned(live, owner)) return;
      if (live.metadata.deletionTimestamp !== undefined) return;
      const key = { namespace: owner.namespace, name: owner.name };
      try {
        await client.delete(type, key, { signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

function isOwned(live: KubeObject, owner: Owner): boolean {
  return live.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) ?? false;
}

function obstacle(
  live: KubeObject,
  kind: string,
  owner: Owner,
): Problem | 'going-away' | undefined {
  const controller = live.metadata.ownerReferences?.find(
    (reference) => reference.controller === true,
  );
  const isStale =
    controller?.kind === owner.kind &&
    controller.name === owner.name &&
    controller.uid !== owner.uid;
  if (live.metadata.deletionTimestamp !== undefined || isStale) return 'going-away';
  if (isOwned(live, owner)) return undefined;
  if (controller === undefined && (kind === 'ServiceAccount' || owner.isLeftover(live)))
    return undefined;
  const whose =
    controller === undefined
      ? 'was not made for it'
      : `belongs to ${controller.kind} ${controller.name}`;
  return {
    reason: 'NameConflict',
    message: `${kind} ${owner.namespace}/${owner.name} exists and ${whose}; rename ${owner.kind} ${owner.name} or delete the ${kind}`,
  };
}

function withAppliedHash<T extends KubeObject>(object: T): T {
  const digest = createHash('sha256')
    .update(JSON.stringify(object, sortKeys))
    .digest('hex')
    .slice(0, 16);
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH_ANNOTATION]: digest };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Replacer: maps read from a server may come in any order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
