/**
 * Defaults a CRD got after some of its objects were stored: a real API server applies them whenever it reads one from its
 * storage (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting).
 * Whatever was written since has them already, so only older objects are looked at, and each of them once.
 */
import { cloneJson, jsonEqual } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import type { KindVersion } from './kinds.ts';
import type { ApiObject } from './object.ts';

/** Gives a stored object with the defaults of its schema: the same object when it has them all, else a copy. */
export type StoredDefaults = (stored: ApiObject) => ApiObject;

/**
 * `since` is the revision the schema was written at; `apiVersion` that of stored objects. Undefined for a schema without
 * defaults.
 */
export function storedDefaults(
  version: Pick<KindVersion, 'schema'>,
  { schema, since, apiVersion }: { schema: Schema; since: number; apiVersion: string },
): StoredDefaults | undefined {
  if (!JSON.stringify(schema).includes('"default":')) return undefined;
  const known = new WeakMap<ApiObject, ApiObject>();
  return (stored) => {
    // What is on its way in has no revision, and is not older than anything.
    const isOlder = Number(stored.metadata.resourceVersion) < since;
    if (!isOlder || stored.apiVersion !== apiVersion) return stored;
    let complete = known.get(stored);
    if (complete === undefined) {
      const copy = cloneJson(stored);
      version.schema.applyDefaults(copy);
      complete = jsonEqual(copy, stored) ? stored : copy;
      known.set(stored, complete);
      known.set(complete, complete);
    }
    return complete;
  };
}
