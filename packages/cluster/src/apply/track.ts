/** Field ownership of writes that are no applies: create, update and the other patches (structured-merge-diff `Update`). */
import type { ManagedFieldsEntry } from '@kagent/kube';
import { isObject, own, type JsonObject } from '../schema/json.ts';
import { rootNodeOf } from '../schema/node.ts';
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
import { compare } from './typed.ts';

export interface TrackInput {
  /** The stored object, `undefined` on create. */
  before: JsonObject | undefined;
  /** The object about to be stored; its `managedFields` are what the client sent. */
  after: JsonObject;
  manager: string;
  source: SchemaSource;
  /** `status`, `scale`, … ; empty or absent for the object itself. */
  subresource?: string;
  /** Version of the request, `apps/v1`. */
  apiVersion: string;
  /** As metav1.Time prints: `2026-01-31T12:00:00Z`. */
  now: string;
}

/**
 * The new `managedFields`. What the write changed belongs to `manager` alone, what it removed to nobody; everything else
 * stays. A write that changes nothing returns the entries of `before` as they are. An object whose entries were
 * emptied is not tracked until somebody applies.
 */
export function trackUpdate(input: TrackInput): ManagedFieldsEntry[] {
  const { before, after, source } = input;
  const managers = startingManagers(input);
  if (before !== undefined && managers.length === 0) return [];
  const { changed, removed } = compare(
    before === undefined ? {} : ownable(before),
    ownable(after),
    rootNodeOf(source),
  );
  const gained = difference(changed, systemFields);
  const rest = managers.map((manager) =>
    withFields(manager, difference(difference(manager.fields, changed), removed)),
  );
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

/**
 * Clients may edit the entries (that is how kubectl migrates to server-side apply), but forgetting to send them keeps
 * them; `[{}]` empties them on purpose.
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
  if (!Array.isArray(entries) || entries.length !== 1) return false;
  const [entry] = entries as unknown[];
  return isObject(entry) && Object.keys(entry).length === 0;
}

/** The object without its own record of owners. */
export function ownable(object: JsonObject): JsonObject {
  const metadata = own(object, 'metadata');
  if (!isObject(metadata) || !Object.hasOwn(metadata, 'managedFields')) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
