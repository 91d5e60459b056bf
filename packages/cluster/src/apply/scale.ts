/**
 * Field ownership of the scale subresource. A Scale shows no other field of its object but the replicas, so owners of the
 * replicas are owners of `.spec.replicas` of the Scale while it is written, and are put back afterwards. Updates through
 * the object itself come back as entries of their own, without a time: that is what a real server stores.
 */
import type { ManagedFieldsEntry } from '@kagent/kube';
import type { JsonObject } from '../schema/json.ts';
import {
  difference,
  fieldElement,
  intersection,
  NO_FIELDS,
  OWNED,
  type FieldSet,
} from './fields.ts';
import { isSameManager, readManagers, writeManagers, type Manager } from './managers.ts';

export const SCALE_VERSION = 'autoscaling/v1';

export interface ScaledObject {
  /** The object whose Scale is written. */
  parent: JsonObject;
  /** The version of the request, `apps/v1`. */
  apiVersion: string;
  /**
   * Where the replicas are in a version of the kind (`['spec', 'replicas']`): none when they are in no field of it, undefined
   * for a version that does not exist.
   */
  replicasPath(apiVersion: string): readonly string[] | undefined;
}

/** The owners of the replicas, as `managedFields` of the Scale. */
export function scaleManagers(scaled: ScaledObject): ManagedFieldsEntry[] {
  const replicas = at(['spec', 'replicas']);
  const holders = readManagers(scaled.parent).filter((manager) => hasReplicas(scaled, manager));
  return writeManagers(
    holders.map((manager) => ({
      ...manager,
      entry: undefined,
      apiVersion: SCALE_VERSION,
      fields: replicas,
    })),
  );
}

/** `managedFields` of the object after its Scale has got `entries`. */
export function parentManagers(scaled: ScaledObject, entries: unknown): ManagedFieldsEntry[] {
  const left = readManagers({ metadata: { managedFields: entries } });
  const kept: Manager[] = [];
  for (const manager of readManagers(scaled.parent)) {
    const path = scaled.replicasPath(manager.apiVersion);
    if (path === undefined) continue;
    if (!hasReplicas(scaled, manager)) {
      kept.push(manager);
      continue;
    }
    const same = left.findIndex((other) => isSameManager(other, manager));
    if (same === -1) {
      const { entry: _, ...rest } = manager;
      kept.push({ ...rest, fields: difference(manager.fields, at(path)) });
    } else {
      left.splice(same, 1);
      kept.push(manager);
    }
  }
  const path = scaled.replicasPath(scaled.apiVersion) ?? [];
  const gained = left
    .filter(({ fields }) => intersection(fields, at(['spec', 'replicas'])).size > 0)
    .map((manager) => ({
      ...manager,
      entry: undefined,
      apiVersion: scaled.apiVersion,
      time: undefined,
      fields: at(path),
    }));
  return writeManagers([...kept, ...gained]);
}

function hasReplicas({ replicasPath }: ScaledObject, { apiVersion, fields }: Manager): boolean {
  const path = replicasPath(apiVersion) ?? [];
  return path.length > 0 && intersection(fields, at(path)).size > 0;
}

function at(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>(
    (below, name) =>
      new Map([
        [fieldElement(name), below === NO_FIELDS ? OWNED : { owned: false, children: below }],
      ]),
    NO_FIELDS,
  );
}
