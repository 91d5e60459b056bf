/** `metadata.managedFields` as a list of managers, and back. */
import type { ManagedFieldsEntry } from '@kagent/kube';
import { isObject, own, type JsonObject } from '../schema/json.ts';
import {
  formatFields,
  NO_FIELDS,
  OWNED,
  parseFields,
  union,
  type FieldEntry,
  type FieldSet,
} from './fields.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** The entry as it was read, while its fields are the same. */
  readonly entry?: ManagedFieldsEntry | undefined;
}

/** Updates are told apart by API version too; applying through another version takes over the old entry. */
export function isSameManager(a: Manager, b: Manager): boolean {
  return (
    a.name === b.name &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** Managers of an object; none when one of its entries cannot be read. */
export function readManagers(object: JsonObject | undefined): Manager[] {
  const metadata = object === undefined ? undefined : own(object, 'metadata');
  const entries = isObject(metadata) ? own(metadata, 'managedFields') : undefined;
  if (!Array.isArray(entries)) return [];
  const managers: Manager[] = [];
  for (const entry of entries as unknown[]) {
    const manager = readManager(entry);
    if (manager === undefined) return [];
    const known = managers.findIndex((other) => isSameManager(other, manager));
    if (known === -1) managers.push(manager);
    else managers[known] = manager;
  }
  return managers;
}

function readManager(entry: unknown): Manager | undefined {
  if (!isObject(entry)) return undefined;
  const { operation, fieldsV1, time, apiVersion } = entry;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '') return undefined;
  if (entry.fieldsType !== 'FieldsV1') return undefined;
  if (fieldsV1 !== undefined && fieldsV1 !== null && !isObject(fieldsV1)) return undefined;
  return {
    name: text(entry.manager),
    operation,
    apiVersion,
    subresource: text(entry.subresource),
    time: typeof time === 'string' ? time : undefined,
    fields: parseFields(fieldsV1),
    entry: entry as ManagedFieldsEntry,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Entries without empty ones: applies first, then by time and name. */
export function writeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] {
  return managers
    .filter(({ fields }) => fields.size > 0)
    .sort(byAge)
    .map((manager) => manager.entry ?? writeManager(manager));
}

function byAge(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function writeManager(manager: Manager): ManagedFieldsEntry {
  const { name, operation, apiVersion, subresource, time, fields } = manager;
  return {
    ...(name === '' ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: formatFields(fields),
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** `manager` with other fields; the same manager when they are the same set. */
export function withFields(manager: Manager, fields: FieldSet): Manager {
  if (fields === manager.fields) return manager;
  const { entry: _, ...rest } = manager;
  return { ...rest, fields };
}

const MAX_UPDATE_MANAGERS = 10;
const BUCKET = 'ancient-changes';

/**
 * Keeps the number of updaters bounded: the oldest are joined into one entry per API version, which is there once it has
 * two to join.
 */
export function capManagers(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  let excess = updaters.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return managers;
  const buckets = new Map<string, Manager>();
  const gone = new Set<Manager>();
  const firsts = new Map<string, Manager>();
  for (const manager of updaters.toSorted(byAge)) {
    if (excess === 0) break;
    const { apiVersion } = manager;
    const joined = buckets.get(apiVersion) ?? firsts.get(apiVersion);
    if (joined === undefined) {
      firsts.set(apiVersion, manager);
      continue;
    }
    excess -= 1;
    gone.add(joined).add(manager);
    const { entry: _, ...rest } = manager;
    const fields = union(joined.fields, manager.fields);
    buckets.set(apiVersion, { ...rest, name: BUCKET, subresource: '', fields });
  }
  return [...managers.filter((manager) => !gone.has(manager)), ...buckets.values()];
}

/** Fields nobody owns: the system sets them, or they are the object's identity. */
export const systemFields: FieldSet = new Map<string, FieldEntry>([
  ['f:apiVersion', OWNED],
  ['f:kind', OWNED],
  [
    'f:metadata',
    {
      owned: true,
      children: new Map(
        [
          'name',
          'namespace',
          'creationTimestamp',
          'selfLink',
          'uid',
          'clusterName',
          'generation',
          'managedFields',
          'resourceVersion',
        ].map((name) => [`f:${name}`, OWNED]),
      ),
    },
  ],
]);

/** Everything owned by any of the managers. */
export function unionOf(managers: readonly Manager[]): FieldSet {
  return managers.reduce((all, { fields }) => union(all, fields), NO_FIELDS);
}
