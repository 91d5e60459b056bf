/** The shape of stored objects inside the API server, and the bridge to what storage hands out. */
import type { ObjectMeta } from '@kagent/kube';

import type { StoredEntry, StoredValue } from '../storage/storage.ts';
import type { JsonObject } from '../schema/json.ts';

export interface ApiMeta extends ObjectMeta {
  [field: string]: unknown;
}

/** An object whose type and metadata have been checked. */
export interface ApiObject {
  [field: string]: unknown;
  apiVersion: string;
  kind: string;
  metadata: ApiMeta;
}

/** Storage only ever gets objects that `decodeObject` has checked, so what comes back needs no second check. */
export function fromStorage(entry: StoredEntry): ApiObject {
  return entry.value as StoredValue & ApiObject;
}

/** Group and version as in `apiVersion`. */
export function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** A resource as messages and metrics name it: `deployments.apps`, `pods`. */
export function qualifiedName({ group, plural }: { group: string; plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** The key prefix of all objects of a resource. */
export function resourcePrefix(of: { group: string; plural: string }): string {
  return `/${of.group === '' ? 'core' : of.group}/${of.plural}/`;
}

/** The storage key of one object, or the prefix of a namespace when `name` is empty. */
export function objectKey(prefix: string, namespace: string | undefined, name: string): string {
  return namespace === undefined ? `${prefix}${name}` : `${prefix}${namespace}/${name}`;
}

/** The names in a key, behind its resource prefix. */
export function namesInKey(prefix: string, key: string): { namespace?: string; name: string } {
  const rest = key.slice(prefix.length);
  const slash = rest.indexOf('/');
  if (slash === -1) return { name: rest };
  return { namespace: rest.slice(0, slash), name: rest.slice(slash + 1) };
}

/** An instant as Kubernetes writes it: RFC 3339 in seconds. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** An object without its metadata and status: what `metadata.generation` counts. */
export function desiredPart(object: JsonObject, withStatus: boolean): JsonObject {
  const { metadata: _metadata, apiVersion: _apiVersion, ...rest } = object;
  if (withStatus) return rest;
  const { status: _status, ...desired } = rest;
  return desired;
}
