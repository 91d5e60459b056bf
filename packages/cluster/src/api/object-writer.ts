/**
 * The one way objects get into storage: decode → admit → prune → default → own fields → validate → store. Every write of
 * every binding goes through here, so that a rule holds for all of them. Where no webhook is asked, nothing in here
 * awaits: a read-modify-write is atomic. Where one is, the write is computed, and computed again if the object has
 * changed meanwhile.
 */
import type { Clock, ManagedFieldsEntry } from '@kagent/kube';

import { trackUpdate } from '../apply/track.ts';
import type { VersionLookup } from '../apply/versions.ts';
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import type { Storage, StoredEntry } from '../storage/storage.ts';
import type { AdmissionRequest, Caller } from './admission/admission.ts';
import type { AdmissionChain } from './admission/chain.ts';
import type { VersionConverter } from './conversion/version-converter.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { versionsOf } from './managed-versions.ts';
import { generateName } from './names.ts';
import { fromStorage, objectKey, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import {
  checkPreconditions,
  hasGeneration,
  isNewGeneration,
  isReleased,
  isSame,
  metadataErrors,
  withOwnedParts,
} from './object-rules.ts';
import { inVersion } from './representation.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';
import { admitCreate, finishSpecial, prepareSpecial, validateSpecial } from './special-kinds.ts';
import { scaleFieldErrors } from './scale.ts';
import type { ServiceAllocator } from './services/service-allocator.ts';
import { alreadyExists, conflict, invalid, notFound } from './status-error.ts';

export interface WriterDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  clock: Clock;
  admission: AdmissionChain;
  converter: VersionConverter;
  /** Gives Services their addresses and ports. */
  services: ServiceAllocator;
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
  /** Whose write this is; without one it is the server's own and passes no admission plugins. */
  caller?: Caller;
  /** The options as webhooks see them. */
  options?: JsonObject;
}

/** Makes the new object from the current one (shared, not to be changed). `attempt` counts from 1. */
export type Change = (current: ApiObject, attempt: number) => ApiObject;

/** Subresources that change what a kind's strategy keeps from clients. */
const WITHOUT_STRATEGY = new Set(['status', 'approval', 'finalize', 'binding']);

/** Attempts to find a free generated name. */
const NAME_ATTEMPTS = 8;

/** How often a write that had to wait for a webhook is computed before it is given up for a Conflict. */
export const WRITE_ATTEMPTS = 30;

interface Update {
  target: WriteTarget;
  behaviour: WriteBehaviour;
  change: Change;
  attempt: number;
}

/** An update that has been computed but not stored. */
interface Draft {
  entry: StoredEntry;
  old: ApiObject;
  /** What the client asked for, with what is not the client's to change. */
  stated: ApiObject;
  next: ApiObject;
  request?: AdmissionRequest;
}

export class ObjectWriter {
  readonly #deps: WriterDependencies;

  constructor(deps: WriterDependencies) {
    this.#deps = deps;
  }

  exists({ resource, namespace, name }: WriteTarget): boolean {
    return this.#deps.storage.get(objectKey(resource.prefix, namespace, name)) !== undefined;
  }

  /** The versions in which fields of such objects may be owned. */
  versions(resource: ServedResource): VersionLookup {
    return versionsOf(this.#deps.registry, resource);
  }

  /** The object as it is stored. Throws NotFound. */
  entry({ resource, namespace, name }: WriteTarget): StoredEntry {
    const entry = this.#deps.storage.get(objectKey(resource.prefix, namespace, name));
    if (!entry) throw notFound(resource, name);
    return entry;
  }

  /** The stored object of a kind that no webhook converts: every built-in one. Throws NotFound. */
  read(target: WriteTarget): { entry: StoredEntry; object: ApiObject } {
    const entry = this.entry(target);
    return { entry, object: inVersion(fromStorage(entry), target.resource) };
  }

  /** The stored object in the target's version. Throws NotFound, or rejects when it cannot be converted. */
  view(target: WriteTarget): Eventual<{ entry: StoredEntry; object: ApiObject }> {
    const entry = this.entry(target);
    const stored = fromStorage(entry);
    const { converter } = this.#deps;
    return after(converter.toVersion([stored], target.resource), ([object = stored]) => ({
      entry,
      object,
    }));
  }

  /**
   * Stores a new object. Takes over `object`, which must be decoded and pruned. Throws or rejects with AlreadyExists,
   * Invalid, Forbidden and what admission says.
   */
  create(target: WriteTarget, object: ApiObject, behaviour: WriteBehaviour): Eventual<ApiObject> {
    const { resource } = target;
    const { storage, admission } = this.#deps;
    this.#setNewMetadata(resource, object);
    admitCreate(storage, resource, object);
    const keepsStatus = resource.definition.strategy?.keepsNewStatus === true;
    if (resource.version.status && !keepsStatus) delete object['status'];
    const request = this.#request('CREATE', { target, behaviour, object });
    const isMutable = request !== undefined && admission.mutates(request);
    this.#prepare(target, object, { behaviour, isMutable });
    if (!request) {
      this.#complete(target, object, behaviour);
      return this.#insert({ target, behaviour, object });
    }
    const { uid, creationTimestamp, managedFields } = object.metadata;
    const admitted = after(admission.mutate(request), () => {
      const mutated = request.object ?? object;
      if (isMutable) Object.assign(mutated.metadata, { uid, creationTimestamp });
      if (isMutable && managedFields) mutated.metadata.managedFields = managedFields;
      this.#complete(target, mutated, behaviour);
      Object.assign(request, { object: mutated, name: mutated.metadata.name });
      return after(admission.validate(request), () => mutated);
    });
    if (!(admitted instanceof Promise))
      return this.#insert({ target, behaviour, object: admitted, request });
    return admitted.then((ready) => {
      // The namespace may have gone while others were asked.
      admitCreate(storage, resource, ready);
      return this.#insert({ target, behaviour, object: ready, request });
    });
  }

  /**
   * Replaces the object with what `change` makes of it; `change` is called again when the object changed while a
   * webhook was asked. An unchanged object is not written. Throws or rejects with NotFound, Conflict, Invalid and what
   * admission says.
   */
  update(target: WriteTarget, behaviour: WriteBehaviour, change: Change): Eventual<ApiObject> {
    return this.#attempt({ target, behaviour, change, attempt: 1 });
  }

  #attempt(update: Update): Eventual<ApiObject> {
    const { target, behaviour, change, attempt } = update;
    const { admission, converter } = this.#deps;
    return after(this.view(target), ({ entry, object: old }) => {
      const changed = change(old, attempt);
      checkPreconditions(target.resource, changed, old);
      const next = withOwnedParts(target, changed, old);
      const draft: Draft = { entry, old, stated: changed, next };
      const { next: object } = draft;
      draft.request = this.#request('UPDATE', { target, behaviour, object, oldObject: old });
      return after(this.#admitDraft(update, draft), () =>
        // What is not going to be written need not be converted.
        isSame(draft.next, old) || behaviour.dryRun
          ? this.#answerUnwritten(draft)
          : after(converter.toStorage(draft.next, target.resource), (stored) => {
              if (isSuperseded(this.#deps.storage, entry)) return this.#again(update);
              if (isService(target.resource)) this.#deps.services.confirm(draft.next);
              if (draft.request) admission.commit(draft.request);
              return this.#write(target.resource, draft, stored);
            }),
      );
    });
  }

  #answerUnwritten({ next, old, request }: Draft): ApiObject {
    if (isSame(next, old)) return old;
    if (request) this.#deps.admission.commit(request);
    return next;
  }

  /** Runs admission around the completion of `draft.next`. */
  #admitDraft({ target, behaviour }: Update, draft: Draft): Eventual<void> {
    const { admission } = this.#deps;
    const { request, old } = draft;
    const isMutable = request !== undefined && admission.mutates(request);
    this.#prepare(target, draft.next, { behaviour, isMutable, old, stated: draft.stated });
    if (!request) return this.#completeDraft(target, behaviour, draft);
    const { managedFields } = draft.next.metadata;
    return after(admission.mutate(request), () => {
      const mutated = request.object ?? draft.next;
      if (isMutable && mutated !== draft.next) {
        draft.next = withOwnedParts(target, mutated, old);
        if (managedFields) draft.next.metadata.managedFields = managedFields;
      }
      this.#completeDraft(target, behaviour, draft);
      request.object = draft.next;
      return admission.validate(request);
    });
  }

  #again(update: Update): Eventual<ApiObject> {
    const { target, attempt } = update;
    if (attempt >= WRITE_ATTEMPTS) throw conflict(target.resource, target.name);
    return this.#attempt({ ...update, attempt: attempt + 1 });
  }

  /** Writes an object that is on its way out, in its stored form; see `delete.ts`. */
  replaceForDeletion(next: ApiObject, entry: StoredEntry): ApiObject {
    return fromStorage(this.#deps.storage.update(entry.key, next, entry.revision));
  }

  #write(resource: ServedResource, { next, entry }: Draft, stored: ApiObject): ApiObject {
    const { storage } = this.#deps;
    if (isReleased(resource, next)) {
      storage.delete(entry.key, entry.revision);
      return next;
    }
    return written(resource, next, storage.update(entry.key, stored, entry.revision));
  }

  #insert(create: {
    target: WriteTarget;
    behaviour: WriteBehaviour;
    object: ApiObject;
    request?: AdmissionRequest;
  }): Eventual<ApiObject> {
    const { target, behaviour, object, request } = create;
    const { resource } = target;
    const { storage, admission, converter } = this.#deps;
    const { namespace, name } = object.metadata;
    const key = objectKey(resource.prefix, namespace, name);
    const existing = storage.get(key);
    if (existing) throw alreadyExists(resource, name, isBeingDeleted(existing));
    if (behaviour.dryRun) {
      if (request) admission.commit(request);
      return object;
    }
    return after(converter.toStorage(object, resource), (stored) => {
      if (storage.get(key)) throw alreadyExists(resource, name);
      if (isService(resource)) this.#deps.services.confirm(object);
      if (request) admission.commit(request);
      return written(resource, object, storage.create(key, stored));
    });
  }

  #request(
    operation: 'CREATE' | 'UPDATE',
    write: {
      target: WriteTarget;
      behaviour: WriteBehaviour;
      object: ApiObject;
      oldObject?: ApiObject;
    },
  ): AdmissionRequest | undefined {
    const { target, behaviour, object, oldObject } = write;
    const { caller, dryRun, options } = behaviour;
    if (!caller) return undefined;
    const { resource, namespace, subresource } = target;
    const { name } = object.metadata;
    const { user } = caller;
    const warn = (text: string) => caller.warn(text);
    return {
      operation,
      resource,
      namespace,
      name,
      subresource,
      object,
      oldObject,
      user,
      warn,
      dryRun,
      options,
    };
  }

  /**
   * Gives the object what a decoded one has on a real server: defaults, and fields with owners. What admission plugins and
   * the kind's own rules put in after that belongs to nobody.
   */
  #prepare(
    target: WriteTarget,
    object: ApiObject,
    {
      behaviour,
      isMutable,
      old,
      stated,
    }: {
      behaviour: WriteBehaviour;
      isMutable: boolean;
      old?: ApiObject;
      stated?: ApiObject;
    },
  ): void {
    if (behaviour.isTracked && !isMutable) return;
    const { resource, subresource } = target;
    if (!WITHOUT_STRATEGY.has(subresource ?? ''))
      resource.definition.strategy?.applyDefaults?.(object);
    resource.version.schema.applyDefaults(object);
    // A binding goes past the owners of fields.
    if (behaviour.isTracked || subresource === 'binding') return;
    const change = { manager: behaviour.manager, old };
    if (!resource.isCustom || subresource !== 'status' || !stated || !old) {
      this.#track(target, object, change);
      return;
    }
    // Whoever states metadata along with a status owns it, though it is not stored.
    const { metadata, ...rest } = stated;
    const owned = { ...rest, metadata: { ...metadata }, spec: old['spec'] };
    if (owned.spec === undefined) delete owned.spec;
    this.#track(target, owned, change);
    object.metadata.managedFields = owned.metadata.managedFields;
  }

  /** Makes a new object ready to be stored. */
  #complete(target: WriteTarget, object: ApiObject, behaviour: WriteBehaviour): void {
    const { resource } = target;
    const { dryRun } = behaviour;
    const context = { registry: this.#deps.registry, now: this.#deps.clock.now(), dryRun };
    this.#chooseName(resource, object);
    resource.definition.strategy?.prepareCreate?.(object, behaviour.caller?.user);
    prepareSpecial(resource, object, context);
    resource.version.schema.applyDefaults(object);
    this.#validate(resource, object);
    warn(resource, object, { behaviour });
    finishSpecial(resource, object, context);
    if (isService(resource)) this.#deps.services.allocate(object, { dryRun: behaviour.dryRun });
  }

  /** Makes a changed object ready to be stored. */
  #completeDraft(target: WriteTarget, behaviour: WriteBehaviour, draft: Draft): void {
    const { resource, subresource } = target;
    const { next, old } = draft;
    if (!WITHOUT_STRATEGY.has(subresource ?? ''))
      resource.definition.strategy?.prepareUpdate?.(next, old);
    if (subresource === 'status') resource.definition.strategy?.prepareStatus?.(next, old);
    const { registry, clock } = this.#deps;
    const context = { registry, now: clock.now(), old, subresource, dryRun: behaviour.dryRun };
    prepareSpecial(resource, next, context);
    resource.version.schema.applyDefaults(next);
    // A pod that is given a node is not another pod.
    const counts = hasGeneration(resource) && subresource !== 'binding';
    if (counts && isNewGeneration(target, next, old)) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    this.#validate(resource, next, { old, subresource });
    if (subresource === 'status') return;
    warn(resource, next, { behaviour, old });
    finishSpecial(resource, next, context);
    const { dryRun } = behaviour;
    if (isService(resource)) this.#deps.services.allocate(next, { old, dryRun });
  }

  #chooseName(resource: ServedResource, { metadata }: ApiObject): void {
    const { generateName: prefix = '', namespace } = metadata;
    if (metadata.name !== '' || prefix === '') return;
    for (let attempt = 1; attempt <= NAME_ATTEMPTS; attempt += 1) {
      metadata.name = generateName(prefix, this.#deps.random);
      const key = objectKey(resource.prefix, namespace, metadata.name);
      if (this.#deps.storage.get(key) === undefined) return;
    }
    throw alreadyExists(resource, metadata.name);
  }

  #setNewMetadata(resource: ServedResource, object: ApiObject): void {
    const { metadata } = object;
    delete metadata.resourceVersion;
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    delete metadata.generation;
    delete metadata['selfLink'];
    metadata.uid = this.#deps.randomId();
    metadata.creationTimestamp = timestamp(this.#deps.clock.now());
    if (hasGeneration(resource)) metadata.generation = 1;
  }

  #track(
    target: WriteTarget,
    after: ApiObject,
    change: { manager: string; old?: ApiObject },
  ): void {
    const { resource, subresource } = target;
    // An empty list is none where objects are not decoded into structs.
    if (resource.isCustom && after.metadata.managedFields?.length === 0)
      delete after.metadata.managedFields;
    const fields: ManagedFieldsEntry[] = trackUpdate({
      before: change.old,
      after,
      manager: change.manager,
      source: resource.version.schema.source,
      empty: resource.version.schema.empty,
      subresource: subresource ?? '',
      apiVersion: resource.apiVersion,
      versions: this.versions(resource),
      now: timestamp(this.#deps.clock.now()),
    });
    if (fields.length > 0) after.metadata.managedFields = fields;
    else delete after.metadata.managedFields;
  }

  #validate(
    resource: ServedResource,
    object: ApiObject,
    { old, subresource }: { old?: ApiObject; subresource?: string } = {},
  ): void {
    const found = resource.version.schema.validate(object, old);
    const isStatus = resource.isCustom && subresource === 'status';
    const errors = [
      ...metadataErrors(resource, object, old),
      ...(isStatus ? found.map(fromStatusSchema) : found),
      ...strategyErrors(resource, object, { old, subresource }),
      ...(resource.isCustom ? scaleFieldErrors(resource, object) : []),
      ...validateSpecial(resource, object, { old, subresource }),
    ];
    if (errors.length === 0) return;
    // Refusals are about what is stored.
    const { group } = resource.definition.storedAs ?? resource;
    throw invalid({ group, kind: resource.kind }, object.metadata.name, errors);
  }
}

function warn(
  { definition: { strategy } }: ServedResource,
  object: ApiObject,
  { behaviour, old }: { behaviour: WriteBehaviour; old?: ApiObject },
): void {
  if (strategy?.warnings === undefined || behaviour.caller === undefined) return;
  for (const text of strategy.warnings(object, old)) behaviour.caller.warn(text);
}

function strategyErrors(
  { definition: { strategy } }: ServedResource,
  object: ApiObject,
  { old, subresource }: { old?: ApiObject; subresource?: string },
): FieldError[] {
  if (old !== undefined && subresource === 'status' && strategy?.validateStatus !== undefined)
    return strategy.validateStatus(object, old);
  return strategy?.validate?.(object, old, subresource) ?? [];
}

function isBeingDeleted(entry: StoredEntry): boolean {
  return fromStorage(entry).metadata.deletionTimestamp !== undefined;
}

/** The status of a custom resource is checked with its own part of the schema, whose texts do not begin at the object. */
function fromStatusSchema(error: FieldError): FieldError {
  return { ...error, detail: error.detail.replace(/(^|: )status\.(?=\S* in body )/, '$1') };
}

function isService({ group, plural }: ServedResource): boolean {
  return plural === 'services' && group === '';
}

/** Whether an entry has been written or deleted since it was read. */
export function isSuperseded(storage: Storage, entry: StoredEntry): boolean {
  return storage.get(entry.key)?.revision !== entry.revision;
}

/** What was stored, in the version it came in; a webhook need not be asked for that. */
function written(resource: ServedResource, object: ApiObject, entry: StoredEntry): ApiObject {
  if (!resource.definition.conversion) return inVersion(fromStorage(entry), resource);
  const { resourceVersion } = fromStorage(entry).metadata;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
