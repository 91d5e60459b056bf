/**
 * The newest known state of an object: the informer's, or the server's answer to our own write while the informer has
 * not caught up. Without it a controller repeats writes it has just made.
 */
import { keyOfObject } from '@kagent/kube';
import type { Informer, KubeObject } from '@kagent/kube';

export interface FreshView<T extends KubeObject> {
  get(key: string): T | undefined;
  /** The object itself, or the newer answer to a write of ours. */
  newest(object: T): T;
  /** Remembers the server's answer to an update; returns it. */
  wrote(object: T): T;
}

/** Resource versions are integers and may be compared (KEP-5504); others never count as newer. */
function isNewer(a: KubeObject, b: KubeObject): boolean {
  return Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion);
}

export function createFreshView<T extends KubeObject>(informer: Informer<T>): FreshView<T> {
  const written = new Map<string, T>();

  informer.onChange(({ type, object }) => {
    const key = keyOfObject(object);
    const mine = written.get(key);
    if (mine !== undefined && (type === 'deleted' || !isNewer(mine, object))) written.delete(key);
  });

  function newest(object: T): T {
    const mine = written.get(keyOfObject(object));
    return mine !== undefined && mine.metadata.uid === object.metadata.uid && isNewer(mine, object)
      ? mine
      : object;
  }

  return {
    newest,
    get(key) {
      const cached = informer.get(key);
      return cached === undefined ? undefined : newest(cached);
    },
    wrote(object) {
      const cached = informer.get(keyOfObject(object));
      if (cached !== undefined && isNewer(object, cached)) written.set(keyOfObject(object), object);
      return object;
    },
  };
}
