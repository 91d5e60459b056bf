/** Deletion: preconditions, grace, finalizers, propagation. What owners and namespaces hold is the work of controllers. */
import type { Clock } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import type { AdmissionRequest, Caller } from './admission/admission.ts';
import type { AdmissionChain } from './admission/chain.ts';
import { deleteOptionsObject } from './delete-options.ts';
import type { DeleteOptions } from './delete-options.ts';
import { after } from './eventual.ts';
import type { Eventual } from './eventual.ts';
import { stringAt, valueAt } from './json.ts';
import { fromStorage, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import { isReleased } from './object-rules.ts';
import { isSuperseded, WRITE_ATTEMPTS } from './object-writer.ts';
import type { ObjectWriter, WriteTarget } from './object-writer.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';
import { admitDelete, isNamespace, terminateSpecial } from './special-kinds.ts';
import { conflict } from './status-error.ts';

export interface DeleteDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  clock: Clock;
  writer: ObjectWriter;
  admission: AdmissionChain;
}

export interface Deletion {
  /** The last state of the object. */
  object: ApiObject;
  /** False while a finalizer or a grace period holds the object. */
  isGone: boolean;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const DEFAULT_POD_GRACE = 30;
const JOB_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

/**
 * Deletes one object, or marks it as being deleted. Throws or rejects with NotFound, Conflict, Forbidden and what
 * admission says. The object of the result is in its stored form.
 */
export function deleteObject(
  deps: DeleteDependencies,
  target: WriteTarget,
  options: DeleteOptions & { caller?: Caller },
): Eventual<Deletion> {
  return options.caller
    ? admitAndDelete(deps, target, { ...options, caller: options.caller, attempt: 1 })
    : deleteNow(deps, target, options);
}

function admitAndDelete(
  deps: DeleteDependencies,
  target: WriteTarget,
  options: DeleteOptions & { caller: Caller; attempt: number },
): Eventual<Deletion> {
  const { resource, namespace, name } = target;
  const { caller, attempt, dryRun } = options;
  admitDelete(resource, name);
  if (isJob(resource) && options.propagation === undefined) caller.warn(JOB_WARNING);
  const request: AdmissionRequest = {
    operation: 'DELETE',
    resource,
    namespace,
    name,
    user: caller.user,
    warn: (text) => caller.warn(text),
    dryRun,
    options: deleteOptionsObject(options),
  };
  const admitted = after(deps.writer.view(target), ({ entry, object }) => {
    checkPreconditions(resource, object, options);
    request.oldObject = object;
    return after(deps.admission.admit(request), () => entry);
  });
  if (!(admitted instanceof Promise)) return deleteNow(deps, target, options);
  return admitted.then((entry) => {
    if (!isSuperseded(deps.storage, entry)) return deleteNow(deps, target, options);
    if (attempt >= WRITE_ATTEMPTS) throw conflict(resource, name);
    return admitAndDelete(deps, target, { ...options, attempt: attempt + 1 });
  });
}

/** `deleteObject` without admission plugins: synchronous, for the server's own work. Throws NotFound, Conflict, Forbidden. */
export function deleteNow(
  deps: DeleteDependencies,
  target: WriteTarget,
  options: DeleteOptions,
): Deletion {
  const { resource, name } = target;
  admitDelete(resource, name);
  const entry = deps.writer.entry(target);
  const old = fromStorage(entry);
  checkPreconditions(resource, old, options);
  const grace = graceOf(resource, old, options);
  const finalizers = finalizersFor(resource, old, options);
  const next: ApiObject = { ...old, metadata: { ...old.metadata } };
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  else delete next.metadata.finalizers;
  if (!markDeleted(next, old, { grace, now: deps.clock.now() }))
    return { object: old, isGone: false };
  // Namespaces have a life of their own and no grace.
  if (isNamespace(resource)) delete next.metadata.deletionGracePeriodSeconds;
  if (isReleased(resource, next)) {
    const last = options.dryRun ? entry : deps.storage.delete(entry.key, entry.revision);
    // What a pod was told before it went is in the answer.
    return { object: isPod(resource) ? next : fromStorage(last), isGone: true };
  }
  terminateSpecial(resource, next, { registry: deps.registry, now: deps.clock.now(), old });
  if (options.dryRun) return { object: next, isGone: false };
  return { object: deps.writer.replaceForDeletion(next, entry), isGone: false };
}

function checkPreconditions(
  resource: ServedResource,
  old: ApiObject,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion, name } = old.metadata;
  const named = { group: resource.group, plural: resource.kind };
  if (options.uid !== undefined && options.uid !== uid) {
    throw conflict(
      named,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(named, name, why);
  }
}

function isPod({ group, kind }: ServedResource): boolean {
  return group === '' && kind === 'Pod';
}

function isJob({ group, kind }: ServedResource): boolean {
  return group === 'batch' && kind === 'Job';
}

/** Kinds whose dependents stay unless the client says otherwise, as in the versions before there was a choice. */
function keepsDependents(resource: ServedResource): boolean {
  return isJob(resource) || (resource.group === '' && resource.kind === 'ReplicationController');
}

/** Only pods that may be running somewhere get time to stop. */
function graceOf(resource: ServedResource, old: ApiObject, options: DeleteOptions): number {
  if (!isPod(resource)) return 0;
  const phase = stringAt(old, 'status', 'phase');
  if (!stringAt(old, 'spec', 'nodeName') || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = valueAt(old, 'spec', 'terminationGracePeriodSeconds');
  const asked = options.gracePeriodSeconds ?? (typeof own === 'number' ? own : DEFAULT_POD_GRACE);
  return asked < 0 ? 1 : asked;
}

function finalizersFor(resource: ServedResource, old: ApiObject, options: DeleteOptions): string[] {
  const existing = old.metadata.finalizers ?? [];
  const isDecided = existing.includes(ORPHAN) || existing.includes(FOREGROUND);
  const { propagation = keepsDependents(resource) && !isDecided ? 'Orphan' : undefined } = options;
  if (propagation === undefined) return existing;
  const others = existing.filter((item) => item !== ORPHAN && item !== FOREGROUND);
  if (propagation === 'Background') return others;
  return [...others, propagation === 'Orphan' ? ORPHAN : FOREGROUND];
}

/** Sets deletion time and grace. False when the object is already being deleted and this request changes nothing. */
function markDeleted(
  next: ApiObject,
  old: ApiObject,
  { grace, now }: { grace: number; now: number },
): boolean {
  const { metadata } = next;
  if (old.metadata.deletionTimestamp !== undefined) {
    const isSooner = grace < (old.metadata.deletionGracePeriodSeconds ?? 0);
    const isSame = String(metadata.finalizers ?? []) === String(old.metadata.finalizers ?? []);
    if (!isSooner && isSame) return false;
    if (!isSooner) return true;
  } else if (metadata.generation !== undefined) metadata.generation += 1;
  metadata.deletionTimestamp = timestamp(now + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  return true;
}
