/** What admission plugins read: stored objects of built-in kinds, in the state the write will meet. */
import type { Storage } from '../../storage/storage.ts';
import { fromStorage, objectKey, resourcePrefix } from '../object.ts';
import type { ApiObject } from '../object.ts';

export interface StoredObjects {
  get(of: ResourceId, name: string, namespace?: string): ApiObject | undefined;
  /** In name order; of all namespaces when none is given. */
  list(of: ResourceId, namespace?: string): ApiObject[];
}

export interface ResourceId {
  group: string;
  plural: string;
}

export const NAMESPACES: ResourceId = { group: '', plural: 'namespaces' };
export const SERVICE_ACCOUNTS: ResourceId = { group: '', plural: 'serviceaccounts' };
export const LIMIT_RANGES: ResourceId = { group: '', plural: 'limitranges' };
export const RESOURCE_QUOTAS: ResourceId = { group: '', plural: 'resourcequotas' };
export const PRIORITY_CLASSES: ResourceId = {
  group: 'scheduling.k8s.io',
  plural: 'priorityclasses',
};
export const RUNTIME_CLASSES: ResourceId = { group: 'node.k8s.io', plural: 'runtimeclasses' };
export const INGRESS_CLASSES: ResourceId = {
  group: 'networking.k8s.io',
  plural: 'ingressclasses',
};
export const STORAGE_CLASSES: ResourceId = { group: 'storage.k8s.io', plural: 'storageclasses' };

export function storedObjects(storage: Storage): StoredObjects {
  return {
    get(of, name, namespace) {
      const entry = storage.get(objectKey(resourcePrefix(of), namespace, name));
      return entry && fromStorage(entry);
    },
    list: (of, namespace) =>
      storage
        .list(namespace === undefined ? resourcePrefix(of) : `${resourcePrefix(of)}${namespace}/`)
        .entries.map(fromStorage),
  };
}

/** Whether a request is about the objects of a core resource themselves, not about a subresource. */
export function isCore(
  request: { resource: ResourceId; subresource?: string },
  plural: string,
): boolean {
  const { resource, subresource } = request;
  return resource.group === '' && resource.plural === plural && subresource === undefined;
}
