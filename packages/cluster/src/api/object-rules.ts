/** What the writer checks and carries over, whatever the kind: metadata, generation, what is not a client's to change. */
import { jsonEqual } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { listAt, objectAt } from './json.ts';
import { annotationErrors, invalidValue, labelErrors, nameProblems } from './names.ts';
import { desiredPart } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { hasOwnFinalizers } from './special-kinds.ts';
import { conflict } from './status-error.ts';

/** Refuses an update of another object (uid) or of another state of it (resourceVersion). Throws Conflict. */
export function checkPreconditions(
  resource: ServedResource,
  next: ApiObject,
  old: ApiObject,
): void {
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

/** The new object with everything that is not the client's to change taken from the old one. */
export function withOwnedParts(
  { resource, subresource }: { resource: ServedResource; subresource?: string },
  next: ApiObject,
  old: ApiObject,
): ApiObject {
  const { metadata } = next;
  if (subresource === 'status' || subresource === 'approval') {
    const merged: ApiObject = { ...old, metadata: { ...old.metadata } };
    if (metadata.managedFields) merged.metadata.managedFields = metadata.managedFields;
    if (next['status'] === undefined) delete merged['status'];
    else merged['status'] = next['status'];
    return merged;
  }
  if (subresource === 'ephemeralcontainers') return withDebugContainers(next, old);
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

/** A pod with nothing new but its ephemeral containers. */
function withDebugContainers(next: ApiObject, old: ApiObject): ApiObject {
  const merged: ApiObject = { ...old, metadata: { ...old.metadata } };
  if (next.metadata.managedFields) merged.metadata.managedFields = next.metadata.managedFields;
  const ephemeralContainers = listAt(next, 'spec', 'ephemeralContainers');
  merged['spec'] = { ...objectAt(old, 'spec'), ephemeralContainers };
  return merged;
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

/** Whether objects of the kind count the changes of what they want. */
export function hasGeneration({ isCustom, definition }: ServedResource): boolean {
  return isCustom || definition.hasGeneration === true;
}

/** Whether an update changes what `metadata.generation` counts. */
export function isNewGeneration(
  resource: ServedResource,
  next: ApiObject,
  old: ApiObject,
): boolean {
  const withStatus = !resource.version.status && resource.isCustom;
  return !jsonEqual(desiredPart(next, withStatus), desiredPart(old, withStatus));
}

/** Whether nothing but the time of a managedFields entry differs. */
export function isSame(next: ApiObject, old: ApiObject): boolean {
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

/** What is wrong with the metadata of a new (`old` undefined) or changed object. */
export function metadataErrors(
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
