/** Object keys as text: the form in which caches and queues name an object. */
import type { KubeObject, ObjectKey } from './types.ts';

/** `namespace/name`, or `name` for a cluster-scoped object. */
export function keyOf(target: ObjectKey): string {
  return target.namespace === undefined || target.namespace === ''
    ? target.name
    : `${target.namespace}/${target.name}`;
}

export function keyOfObject(object: KubeObject): string {
  return keyOf(object.metadata);
}

/** The reverse of `keyOf`; Kubernetes names hold no slash. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/');
  return slash === -1
    ? { name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
