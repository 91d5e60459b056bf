/**
 * The one way objects get into storage: decode → admit → prune → default → own fields → validate → store. Every write of
 * every binding goes through here, so that a rule holds for all of them. Nothing in here awaits: a read-modify-write is
 * atomic.
 */
import type { Clock, ManagedFieldsEntry } from '@kagent/kube';

import { trackUpdate } from '../apply/track.ts';
import { jsonEqual } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { StorageError } from '../storage/storage.ts';
import type { Storage, StoredEntry } from '../storage/storage.ts';
import {
  annotationErrors,
  generateName,
  invalidValue,
  labelErrors,
  nameProblems,
} from './names.ts';
import { desiredPart, fromStorage, objectKey, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import { inVersion } from './representation.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';
import {
  admitCreate,
  finishSpecial,
  hasOwnFinalizers,
  prepareSpecial,
  validateSpecial,
} from './special-kinds.ts';
import { alreadyExists, conflict, invalid, notFound } from './status-error.ts';

export interface WriterDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  clock: Clock;
  randomId(): string;
  /** In [0, 1). */
  random(): number;
}

/** Which object a write is about. */
export interface WriteTarget {
  resource: ServedResource;
  namespace?: string;
  name: string;
  /** `status`: only the status changes. `scale`, `finalize`, … are writes of the object by another name. */
  subresource?: string;
}

export interface WriteBehaviour {
  dryRun: boolean;
  manager: string;
  /** The object's managedFields are already right (server-side apply). */
  isTracked?: boolean;
}

/** Subresources that change what a kind's strategy keeps from clients. */
const WITHOUT_STRATEGY = new Set(['status', 'finalize', 'binding']);

/** Attempts to find a free generated name. */
const NAME_ATTEMPTS = 8;

export class ObjectWriter {
  readonly #deps: WriterDependencies;

  constructor(deps: WriterDependencies) {
    this.#deps = deps;
  }

  exists({ resource, namespace, name }: WriteTarget): boolean {
    return this.#deps.storage.get(objectKey(resource.prefix, namespace, name)) !== undefined;
  }

  /** The stored object in the target's version. Throws NotFound. */
  read(target: WriteTarget): { entry: StoredEntry; object: ApiObject } {
    const { resource, namespace, name } = target;
    const entry = this.#deps.storage.get(objectKey(resource.prefix, namespace, name));
    if (!entry) throw notFound(resource, name);
    return { entry, object: inVersion(fromStorage(entry), resource) };
  }

  /** Stores a new object. Takes over `object`, which must be decoded and pruned. */
  create(target: WriteTarget, object: ApiObject, behaviour: WriteBehaviour): ApiObject {
    const { resource } = target;
    const { storage, registry, clock } = this.#deps;
    const now = clock.now();
    this.#setNewMetadata(resource, object, now);
    admitCreate(storage, resource, object);
    if (resource.version.status) delete object['status'];
    resource.definition.strategy?.prepareCreate?.(object);
    prepareSpecial(resource, object, { registry, now });
    resource.version.schema.applyDefaults(object);
    if (!behaviour.isTracked) this.#track(target, object, { manager: behaviour.manager });
    this.#validate(resource, object);
    finishSpecial(resource, object, { registry, now });
    return this.#insert(resource, object, behaviour.dryRun);
  }

  /**
   * Replaces the object with what `change` makes of it. `change` gets the current object (shared, not to be changed)
   * and returns a new one it gives away. An unchanged object is not written. Throws NotFound, Conflict, Invalid.
   */
  update(
    target: WriteTarget,
    behaviour: WriteBehaviour,
    change: (current: ApiObject) => ApiObject,
  ): ApiObject {
    const { resource } = target;
    const { storage, registry, clock } = this.#deps;
    const { entry, object: old } = this.read(target);
    const changed = change(old);
    this.#checkPreconditions(resource, changed, old);
    const next = withOwnedParts(target, changed, old);
    const { subresource } = target;
    if (!WITHOUT_STRATEGY.has(subresource ?? ''))
      resource.definition.strategy?.prepareUpdate?.(next, old);
    const context = { registry, now: clock.now(), old, subresource };
    prepareSpecial(resource, next, context);
    resource.version.schema.applyDefaults(next);
    if (hasGeneration(resource) && isNewGeneration(resource, next, old)) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    if (!behaviour.isTracked) this.#track(target, next, { manager: behaviour.manager, old });
    this.#validate(resource, next, old);
    if (subresource !== 'status') finishSpecial(resource, next, context);
    if (isSame(next, old)) return old;
    if (behaviour.dryRun) return next;
    if (isReleased(resource, next)) {
      storage.delete(entry.key, entry.revision);
      return next;
    }
    return this.#replace(resource, next, entry);
  }

  /** Writes an object that is on its way out; see `delete.ts`. */
  replaceForDeletion(resource: ServedResource, next: ApiObject, entry: StoredEntry): ApiObject {
    return this.#replace(resource, next, entry);
  }

  #replace(resource: ServedResource, next: ApiObject, entry: StoredEntry): ApiObject {
    const stored = { ...next, apiVersion: resource.storageApiVersion };
    const written = this.#deps.storage.update(entry.key, stored, entry.revision);
    return inVersion(fromStorage(written), resource);
  }

  #insert(resource: ServedResource, object: ApiObject, dryRun: boolean): ApiObject {
    const { storage, random } = this.#deps;
    const { metadata } = object;
    const isGenerated = metadata.name === '' && (metadata.generateName ?? '') !== '';
    for (let attempt = 1; ; attempt += 1) {
      if (isGenerated) metadata.name = generateName(metadata.generateName ?? '', random);
      const key = objectKey(resource.prefix, metadata.namespace, metadata.name);
      try {
        if (dryRun) {
          if (storage.get(key)) throw new StorageError('exists', key);
          return object;
        }
        const stored = { ...object, apiVersion: resource.storageApiVersion };
        return inVersion(fromStorage(storage.create(key, stored)), resource);
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'exists') throw error;
        if (!isGenerated || attempt === NAME_ATTEMPTS) throw alreadyExists(resource, metadata.name);
      }
    }
  }

  #setNewMetadata(resource: ServedResource, object: ApiObject, now: number): void {
    const { metadata } = object;
    delete metadata.resourceVersion;
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    delete metadata.generation;
    delete metadata['selfLink'];
    metadata.uid = this.#deps.randomId();
    metadata.creationTimestamp = timestamp(now);
    if (hasGeneration(resource)) metadata.generation = 1;
  }

  #checkPreconditions(resource: ServedResource, next: ApiObject, old: ApiObject): void {
    const { name, uid, resourceVersion } = next.metadata;
    if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
      throw conflict(resource, name, why);
    }
    if (
      resourceVersion !== undefined &&
      resourceVersion !== '' &&
      resourceVersion !== old.metadata.resourceVersion
    ) {
      throw conflict(resource, name);
    }
  }

  #track(
    target: WriteTarget,
    after: ApiObject,
    change: { manager: string; old?: ApiObject },
  ): void {
    const { resource, subresource } = target;
    const fields: ManagedFieldsEntry[] = trackUpdate({
      before: change.old,
      after,
      manager: change.manager,
      source: resource.version.schema.source,
      subresource: subresource ?? '',
      apiVersion: resource.apiVersion,
      now: timestamp(this.#deps.clock.now()),
    });
    if (fields.length > 0) after.metadata.managedFields = fields;
    else delete after.metadata.managedFields;
  }

  #validate(resource: ServedResource, object: ApiObject, old?: ApiObject): void {
    const errors = [
      ...metadataErrors(resource, object, old),
      ...resource.version.schema.validate(object, old),
      ...(resource.definition.strategy?.validate?.(object, old) ?? []),
      ...validateSpecial(resource, object, old),
    ];
    if (errors.length > 0) throw invalid(resource, object.metadata.name, errors);
  }
}

/** The new object with everything that is not the client's to change taken from the old one. */
function withOwnedParts(target: WriteTarget, next: ApiObject, old: ApiObject): ApiObject {
  const { resource, subresource } = target;
  const { metadata } = next;
  if (subresource === 'status') {
    const merged: ApiObject = { ...old, metadata: { ...old.metadata } };
    if (metadata.managedFields) merged.metadata.managedFields = metadata.managedFields;
    if (next['status'] === undefined) delete merged['status'];
    else merged['status'] = next['status'];
    return merged;
  }
  const result: ApiObject = { ...next, metadata: { ...metadata } };
  for (const field of SERVER_FIELDS) {
    if (old.metadata[field] === undefined) delete result.metadata[field];
    else result.metadata[field] = old.metadata[field];
  }
  // Binding also says in the status that the pod is scheduled.
  if (resource.version.status && subresource !== 'binding') {
    if (old['status'] === undefined) delete result['status'];
    else result['status'] = old['status'];
  }
  return result;
}

const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generateName',
];

/** Built-in kinds whose specs have no generation. */
const WITHOUT_GENERATION = new Set([
  'Namespace',
  'Node',
  'Service',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
]);

function hasGeneration(resource: ServedResource): boolean {
  if (resource.isCustom) return true;
  if (resource.group === '' && WITHOUT_GENERATION.has(resource.kind)) return false;
  return resource.version.status;
}

function isNewGeneration(resource: ServedResource, next: ApiObject, old: ApiObject): boolean {
  const withStatus = !resource.version.status && resource.isCustom;
  return !jsonEqual(desiredPart(next, withStatus), desiredPart(old, withStatus));
}

/** Whether nothing but the time of a managedFields entry differs. */
function isSame(next: ApiObject, old: ApiObject): boolean {
  const untimed = (object: ApiObject) => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: (object.metadata.managedFields ?? []).map(
        ({ time: _time, ...entry }) => entry,
      ),
    },
  });
  return jsonEqual(untimed(next), untimed(old));
}

/** Whether nothing holds a deleted object any longer. */
export function isReleased(resource: ServedResource, object: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return (
    deletionTimestamp !== undefined &&
    (deletionGracePeriodSeconds ?? 0) === 0 &&
    (finalizers ?? []).length === 0 &&
    !hasOwnFinalizers(resource, object)
  );
}

function metadataErrors(
  resource: ServedResource,
  object: ApiObject,
  old?: ApiObject,
): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (!old) {
    if (metadata.name === '' && (metadata.generateName ?? '') === '') {
      errors.push({
        type: 'Required',
        field: 'metadata.name',
        detail: 'Required value: name or generateName is required',
      });
    } else if (metadata.name !== '') {
      for (const problem of nameProblems(resource, metadata.name)) {
        errors.push(invalidValue('metadata.name', metadata.name, problem));
      }
    }
  }
  errors.push(
    ...labelErrors(metadata.labels ?? {}),
    ...annotationErrors(metadata.annotations ?? {}),
  );
  if (old?.metadata.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter(
      (item) => !old.metadata.finalizers?.includes(item),
    );
    if (added.length > 0) {
      const list = added.map((item) => JSON.stringify(item)).join(', ');
      const detail = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push({ type: 'Forbidden', field: 'metadata.finalizers', detail });
    }
  }
  return errors;
}
