/**
 * Server-side apply with the semantics of structured-merge-diff: a manager states the fields it wants, others keep theirs,
 * fields it no longer states and nobody else owns go away, and touching another's field is a conflict unless forced.
 */
import { malformedPatch, unexpectedPatch } from '../patch/errors.ts';
import {
  canonicalJson,
  cloneJson,
  isObject,
  jsonEqual,
  own,
  put,
  type JsonObject,
} from '../schema/json.ts';
import { rootNodeOf, type SchemaNode } from '../schema/node.ts';
import type { SchemaSource } from '../schema/schema.ts';
import {
  difference,
  fieldPaths,
  intersection,
  sameFields,
  union,
  type FieldSet,
} from './fields.ts';
import {
  isSameManager,
  readManagers,
  systemFields,
  unionOf,
  writeManagers,
  type Manager,
} from './managers.ts';
import { ownable, withoutChanges } from './track.ts';
import { claimedFields, compare, mergeObjects, removeUnclaimed, type Comparison } from './typed.ts';
import { configurationProblem } from './validate.ts';
import { Versions, type VersionLookup } from './versions.ts';

export interface ApplyInput {
  /** The stored object, `undefined` when apply creates it. */
  live: JsonObject | undefined;
  /** The applied configuration: only what the manager has an opinion on. */
  applied: JsonObject;
  manager: string;
  /** Take fields away from other managers instead of reporting a conflict. */
  force: boolean;
  source: SchemaSource;
  /** What every object of the kind holds, and nobody owns; nothing by default. */
  empty?: JsonObject | undefined;
  /** `status` or another subresource; empty or absent for the object itself. */
  subresource?: string;
  /** Version of the request, `apps/v1`. */
  apiVersion: string;
  /** The kind's other versions; without it every manager is judged in the version of the request. */
  versions?: VersionLookup;
  /** As metav1.Time prints: `2026-01-31T12:00:00Z`. */
  now: string;
  /** The kind has a status subresource: applying the object ignores `status`, applying `status` ignores `spec`. */
  hasStatus?: boolean;
  /** Fields of `metadata` that applying `status` ignores. */
  statusResets?: readonly string[];
}

/** One field of another manager, as `details.causes` of the 409 wants it. */
export interface ApplyConflict {
  reason: 'FieldManagerConflict';
  /** `conflict with "kubectl-edit" using v1` */
  message: string;
  /** `.spec.containers[name="a"].image` */
  field: string;
}

export type ApplyResult =
  | { kind: 'applied'; object: JsonObject }
  | { kind: 'conflict'; causes: ApplyConflict[]; message: string };

/**
 * Applies a configuration. The result shares nothing with the inputs; applying the same again gives the same object,
 * times in `managedFields` included. Pruning, defaulting and validation are the caller's.
 * @throws PatchError 400 when the configuration cannot be applied: it has managedFields, or list items without keys
 */
export function serverSideApply(input: ApplyInput): ApplyResult {
  const root = rootNodeOf(input.source);
  const { applied, whole } = readConfiguration(input, root);
  const live = input.live === undefined ? undefined : ownable(input.live);
  const versions = new Versions(input);
  const managers = versions.existing(startingManagers(input, live, root));
  const mine: Manager = {
    name: input.manager,
    operation: 'Apply',
    apiVersion: input.apiVersion,
    subresource: input.subresource ?? '',
    time: input.now,
    fields: difference(claimedFields(applied, root), systemFields),
  };
  const previous = managers.find((manager) => isSameManager(manager, mine));
  const others = managers.filter((manager) => manager !== previous);
  const merged = mergeObjects(live ?? {}, applied, root);
  const node = previous === undefined ? undefined : versions.node(previous.apiVersion);
  const object =
    previous === undefined || node === undefined
      ? merged
      : removeUnclaimed(merged, node, {
          last: previous.fields,
          kept: union(systemFields, unionOf([...others, mine])),
        });
  const changes = versions.comparing(live ?? {}, object);
  const found = input.force ? [] : findConflicts(others, changes);
  const conflicts = withoutMigrated(found, { input, live, root });
  if (conflicts.length > 0) return describeConflicts(conflicts);
  // What is stated in vain counts as a change.
  const isUnchanged =
    live !== undefined && jsonEqual(live, object) && mergeObjects(live, whole, root) === live;
  const stored = isUnchanged ? keepTime(previous, mine) : mine;
  const remaining = withoutChanges(others, changes);
  const result = finish(withLastApplied(object, input), [...remaining, stored]);
  if (input.live !== undefined && jsonEqual(input.live, result)) {
    return { kind: 'applied', object: cloneJson(input.live) };
  }
  return { kind: 'applied', object: result };
}

interface Configuration {
  /** Without what apply cannot state. */
  applied: JsonObject;
  whole: JsonObject;
}

/** A copy of the configuration, which is checked. */
function readConfiguration(input: ApplyInput, root: SchemaNode): Configuration {
  const applied = cloneJson(input.applied);
  const metadata = own(applied, 'metadata');
  if (isObject(metadata) && (metadata.managedFields ?? null) !== null)
    throw malformedPatch('metadata.managedFields must be nil');
  const problem = configurationProblem(applied, root);
  if (problem !== undefined) {
    const type = typeText(input.apiVersion, String(applied.kind));
    throw unexpectedPatch(
      `failed to create typed patch object (${nameOf(applied)}; ${type}): ${problem}`,
    );
  }
  const whole = { ...applied };
  if (isObject(metadata)) {
    for (const name of ['managedFields', 'creationTimestamp', 'generation', 'selfLink'])
      delete metadata[name];
  }
  if (input.hasStatus === true) {
    if (input.subresource === 'status') keepForStatus(applied, input.statusResets ?? []);
    else delete applied.status;
  }
  return { applied, whole };
}

function keepForStatus(applied: JsonObject, resets: readonly string[]): void {
  delete applied.spec;
  const metadata = own(applied, 'metadata');
  if (isObject(metadata)) for (const name of resets) delete metadata[name];
}

/** A type in the words of Go: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
export function typeText(apiVersion: string, kind: string): string {
  if (apiVersion.split('/').length > 2) return '/, Kind=';
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
}

/** Namespace and name as they are in an object: `ns/name`. */
export function nameOf(object: JsonObject): string {
  const metadata = own(object, 'metadata');
  if (!isObject(metadata)) return '/';
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return `${text(metadata.namespace)}/${text(metadata.name)}`;
}

/** Owners of a live object that nobody has tracked: everything belongs to `before-first-apply`. */
function startingManagers(
  input: ApplyInput,
  live: JsonObject | undefined,
  root: SchemaNode,
): Manager[] {
  const managers = readManagers(input.live);
  if (live === undefined || managers.length > 0) return managers;
  return [
    {
      name: 'before-first-apply',
      operation: 'Update',
      apiVersion: input.apiVersion,
      subresource: '',
      time: input.now,
      fields: difference(compare(input.empty ?? {}, live, root).changed, systemFields),
    },
  ];
}

interface Conflict {
  manager: Manager;
  fields: FieldSet;
}

function findConflicts(
  others: readonly Manager[],
  changes: (apiVersion: string) => Comparison,
): Conflict[] {
  return others.flatMap((manager) => {
    const fields = intersection(manager.fields, changes(manager.apiVersion).changed);
    return fields.size === 0 ? [] : [{ manager, fields }];
  });
}

function describeConflicts(conflicts: Conflict[]): ApplyResult {
  const named = conflicts
    .map(({ manager, fields }) => ({
      name: describeManager(manager),
      paths: [...fieldPaths(fields)],
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const causes = named.flatMap(({ name, paths }) =>
    paths.map((field) => ({
      reason: 'FieldManagerConflict' as const,
      message: `conflict with ${name}`,
      field,
    })),
  );
  const [first] = causes;
  const message =
    causes.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: ${first.message}: ${first.field}`
      : `Apply failed with ${causes.length} conflicts: ${named
          .map(({ name, paths }) =>
            [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)].join('\n'),
          )
          .join('\n')}`;
  return { kind: 'conflict', causes, message };
}

function describeManager({ name, operation, apiVersion, subresource }: Manager): string {
  const subject =
    subresource === ''
      ? JSON.stringify(name)
      : `${JSON.stringify(name)} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${subject} using ${apiVersion}` : subject;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * `kubectl apply --server-side` on an object of client-side apply: conflicts about fields that kubectl itself applied last,
 * and nobody touched since, are not conflicts.
 */
function withoutMigrated(
  conflicts: Conflict[],
  { input, live, root }: { input: ApplyInput; live: JsonObject | undefined; root: SchemaNode },
): Conflict[] {
  if (conflicts.length === 0 || input.manager !== 'kubectl' || live === undefined) return conflicts;
  const lastApplied = readLastApplied(live);
  if (lastApplied?.apiVersion !== input.apiVersion) return conflicts;
  const { changed, removed } = compare(lastApplied, live, root);
  const untouched = difference(difference(claimedFields(lastApplied, root), changed), removed);
  return conflicts
    .map(({ manager, fields }) => ({ manager, fields: difference(fields, untouched) }))
    .filter(({ fields }) => fields.size > 0);
}

function readLastApplied(live: JsonObject): JsonObject | undefined {
  const metadata = own(live, 'metadata');
  const annotations = isObject(metadata) ? own(metadata, 'annotations') : undefined;
  const text = isObject(annotations) ? own(annotations, LAST_APPLIED) : undefined;
  if (typeof text !== 'string') return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `kubectl apply --server-side` keeps the record of client-side apply up to date where an object has one. */
function withLastApplied(object: JsonObject, input: ApplyInput): JsonObject {
  const metadata = own(object, 'metadata');
  const annotations = isObject(metadata) ? own(metadata, 'annotations') : undefined;
  const hasRecord = isObject(annotations) && (own(annotations, LAST_APPLIED) ?? '') !== '';
  if (input.manager !== 'kubectl' || !hasRecord || !isObject(metadata)) return object;
  const record = `${asGoWrites(canonicalJson(withoutRecord(input.applied)))}\n`;
  const recorded = { ...annotations, [LAST_APPLIED]: record };
  return { ...object, metadata: { ...metadata, annotations: recorded } };
}

/** Go escapes in JSON what would mean something in HTML. */
function asGoWrites(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function withoutRecord(applied: JsonObject): JsonObject {
  const metadata = own(applied, 'metadata');
  const annotations = isObject(metadata) ? own(metadata, 'annotations') : undefined;
  if (!isObject(metadata) || !isObject(annotations)) return applied;
  const { [LAST_APPLIED]: _, ...rest } = annotations;
  return { ...applied, metadata: { ...metadata, annotations: rest } };
}

/** An apply that leaves the object as it is leaves the time of its entry alone; a new entry has none. */
function keepTime(previous: Manager | undefined, mine: Manager): Manager {
  const isRepeated =
    previous?.apiVersion === mine.apiVersion && sameFields(previous.fields, mine.fields);
  return isRepeated ? previous : { ...mine, time: previous?.time };
}

function finish(object: JsonObject, managers: Manager[]): JsonObject {
  const result = cloneJson(object);
  const entries = cloneJson(writeManagers(managers));
  const metadata = own(result, 'metadata');
  const complete = isObject(metadata) ? metadata : {};
  if (entries.length > 0) complete.managedFields = entries;
  put(result, 'metadata', complete);
  return result;
}
