/** Field ownership of writes that are no applies: create, update and the other patches (structured-merge-diff `Update`). */
import type { ManagedFieldsEntry } from '@kagent/kube';
import { isObject, own, type JsonObject } from '../schema/json.ts';
import type { SchemaSource } from '../schema/schema.ts';
import { difference, union } from './fields.ts';
import {
  capManagers,
  isSameManager,
  readManagers,
  systemFields,
  withFields,
  writeManagers,
  type Manager,
} from './managers.ts';
import type { Comparison } from './typed.ts';
import { Versions, type VersionLookup } from './versions.ts';

export interface TrackInput {
  /** The stored object, `undefined` on create. */
  before: JsonObject | undefined;
  /** The object about to be stored; its `managedFields` are what the client sent. */
  after: JsonObject;
  manager: string;
  source: SchemaSource;
  /** What every object of the kind holds, and nobody owns; nothing by default. */
  empty?: JsonObject | undefined;
  /** `status`, `scale`, … ; empty or absent for the object itself. */
  subresource?: string;
  /** Version of the request, `apps/v1`. */
  apiVersion: string;
  /** The kind's other versions; without it every manager is judged in the version of the request. */
  versions?: VersionLookup;
  /** As metav1.Time prints: `2026-01-31T12:00:00Z`. */
  now: string;
}

/**
 * The new `managedFields`. What the write changed belongs to `manager` alone, what it removed to nobody; everything else
 * stays. A write that changes nothing returns the entries of `before` as they are. An object whose entries were
 * emptied is not tracked until somebody applies.
 */
export function trackUpdate(input: TrackInput): ManagedFieldsEntry[] {
  const { before, after } = input;
  const started = startingManagers(input);
  if (before !== undefined && started.length === 0) return [];
  const versions = new Versions(input);
  const live = before === undefined ? (input.empty ?? {}) : ownable(before);
  const changes = versions.comparing(live, ownable(after));
  const gained = difference(changes(input.apiVersion).changed, systemFields);
  const rest = withoutChanges(versions.existing(started), changes);
  if (gained.size === 0) return writeManagers(rest);
  const mine: Manager = {
    name: input.manager,
    operation: 'Update',
    apiVersion: input.apiVersion,
    subresource: input.subresource ?? '',
    time: input.now,
    fields: gained,
  };
  const previous = rest.find((manager) => isSameManager(manager, mine));
  const fields = previous === undefined ? gained : union(previous.fields, gained);
  const others = rest.filter((manager) => manager !== previous && manager.fields.size > 0);
  return writeManagers(capManagers([...others, { ...mine, fields }]));
}

/** Managers without the fields that a write changed or removed, each judged in its own version. */
export function withoutChanges(
  managers: readonly Manager[],
  changes: (apiVersion: string) => Comparison,
): Manager[] {
  return managers.map((manager) => {
    const { changed, removed } = changes(manager.apiVersion);
    return withFields(manager, difference(difference(manager.fields, changed), removed));
  });
}

/**
 * Clients may edit the entries (that is how kubectl migrates to server-side apply), but forgetting to send them or entries
 * that cannot be read, keeps them; `[]` and `[{}]` empty them on purpose.
 */
function startingManagers({ before, after, subresource }: TrackInput): Manager[] {
  const stored = readManagers(before);
  if (subresource !== undefined && subresource !== '') return stored;
  if (before !== undefined && isReset(after)) return [];
  const sent = readManagers(after);
  return sent.length === 0 ? stored : sent;
}

function isReset(object: JsonObject): boolean {
  const metadata = own(object, 'metadata');
  const entries = isObject(metadata) ? own(metadata, 'managedFields') : undefined;
  if (!Array.isArray(entries) || entries.length > 1) return false;
  const [entry] = entries as unknown[];
  return entry === undefined || (isObject(entry) && Object.keys(entry).length === 0);
}

/** The object without its own record of owners. */
export function ownable(object: JsonObject): JsonObject {
  const metadata = own(object, 'metadata');
  if (!isObject(metadata) || !Object.hasOwn(metadata, 'managedFields')) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
