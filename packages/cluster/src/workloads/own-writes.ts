/**
 * Read-your-writes for a controller that makes and deletes dependents: what it created or deleted a moment ago counts
 * at once, although its informer has not been told yet. Without it a controller would create a second pod.
 */
import { keyOfObject } from '@kagent/kube';
import type { Clock, Informer, KubeObject } from '@kagent/kube';

import { timeText } from './time-text.ts';

export interface OwnWrites<T extends KubeObject> {
  /** Call with the server's answer to a create. */
  created(ownerUid: string, object: T): void;
  /** Call before a delete; call what it returns when the delete failed. */
  deleting(object: T): () => void;
  /** What the informer has of the owner, with what was created and without (or marked) what is being deleted. */
  view(ownerUid: string, cached: T[]): T[];
}

/** An answer that no watch event has confirmed for so long was overtaken: the object came and went. */
const FORGET_AFTER_MS = 60_000;

export function createOwnWrites<T extends KubeObject>(
  informer: Informer<T>,
  clock: Clock,
  options: { keepDeleted?: boolean } = {},
): OwnWrites<T> {
  const created = new Map<string, Map<string, { object: T; at: number }>>();
  const deleting = new Map<string, number>();
  const owners = new Map<string, string>();

  function confirm(object: T): void {
    const uid = object.metadata.uid ?? '';
    const owner = owners.get(uid);
    if (owner === undefined) return;
    owners.delete(uid);
    const mine = created.get(owner);
    mine?.delete(uid);
    if (mine?.size === 0) created.delete(owner);
  }

  informer.onChange((change) => {
    confirm(change.object);
    if (change.type === 'deleted') deleting.delete(change.object.metadata.uid ?? '');
  });

  function mark(object: T): T {
    const since = deleting.get(object.metadata.uid ?? '');
    if (since === undefined || object.metadata.deletionTimestamp !== undefined) return object;
    if (since < clock.now() - FORGET_AFTER_MS) return object;
    const deletionTimestamp = timeText(since);
    return { ...object, metadata: { ...object.metadata, deletionTimestamp } };
  }

  return {
    created(ownerUid, object) {
      if (informer.get(keyOfObject(object))?.metadata.uid === object.metadata.uid) return;
      const uid = object.metadata.uid ?? '';
      const mine = created.get(ownerUid) ?? new Map<string, { object: T; at: number }>();
      mine.set(uid, { object, at: clock.now() });
      created.set(ownerUid, mine);
      owners.set(uid, ownerUid);
    },
    deleting(object) {
      const uid = object.metadata.uid ?? '';
      deleting.set(uid, clock.now());
      return () => void deleting.delete(uid);
    },
    view(ownerUid, cached) {
      const old = clock.now() - FORGET_AFTER_MS;
      const isDoomed = ({ metadata }: T): boolean =>
        (deleting.get(metadata.uid ?? '') ?? Number.NEGATIVE_INFINITY) >= old;
      const found =
        options.keepDeleted === true ? cached.map(mark) : cached.filter((one) => !isDoomed(one));
      for (const { object, at } of created.get(ownerUid)?.values() ?? []) {
        if (at < old) confirm(object);
        else if (!deleting.has(object.metadata.uid ?? '')) found.push(object);
      }
      return found;
    },
  };
}
