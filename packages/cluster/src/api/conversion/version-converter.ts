/** Between the version an object is stored in and the versions it is served in. */
import type { Eventual } from '../eventual.ts';
import type { ApiObject } from '../object.ts';
import { inStorage, inVersion } from '../representation.ts';
import type { ServedResource } from '../resource-registry.ts';

/** Converts stored objects at the edges: what is between storage and edge never changes version. */
export interface VersionConverter {
  /** Stored objects in the version of `resource`, in the same order. Synchronous where nobody has to be asked. */
  toVersion(objects: readonly ApiObject[], resource: ServedResource): Eventual<ApiObject[]>;
  /** An object of the version of `resource` as it is to be stored. */
  toStorage(object: ApiObject, resource: ServedResource): Eventual<ApiObject>;
}

/** Built-in kinds, and CRDs whose versions differ in nothing but `apiVersion`. */
export const plainConverter = {
  toVersion: (objects, resource) => objects.map((object) => inVersion(object, resource)),
  toStorage: (object, resource) => inStorage(object, resource),
} satisfies VersionConverter;
