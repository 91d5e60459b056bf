/** What the writer checks and carries over, whatever the kind: metadata, generation, what is not a client's to change. */
import { isObject, jsonEqual } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { listAt, objectAt } from './json.ts';
import { finalizerErrors, newNameErrors, ownerErrors } from './metadata-rules.ts';
import { annotationErrors, labelErrors } from './names.ts';
import { desiredPart } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { hasOwnFinalizers } from './special-kinds.ts';
import { isUnset, uidConflict } from './update-rules.ts';
import { conflict } from './status-error.ts';

/** Refuses an update of another object (uid) or of another state of it (resourceVersion). Throws Conflict. */
export function checkPreconditions(
  resource: ServedResource,
  next: ApiObject,
  old: ApiObject,
): void {
  const { name, uid, resourceVersion } = next.metadata;
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    throw uidConflict(resource, old.metadata, uid);
  }
  if (!isUnset(resourceVersion) && resourceVersion !== old.metadata.resourceVersion) {
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
    const merged: ApiObject = { ...old, metadata: metadataWithStatus(resource, next, old) };
    if (next['status'] === undefined) delete merged['status'];
    else merged['status'] = next['status'];
    return merged;
  }
  if (subresource === 'ephemeralcontainers') return withDebugContainers(next, old);
  if (subresource === 'resize') return withResizedContainers(next, old);
  const result: ApiObject = { ...next, metadata: { ...metadata } };
  restore(result, old, SERVER_FIELDS);
  // Binding also says in the status that the pod is scheduled.
  if (resource.version.status && subresource !== 'binding') {
    if (old['status'] === undefined) delete result['status'];
    else result['status'] = old['status'];
  }
  return result;
}

/** What a write of the status does to metadata: nothing of a custom object, and most of what is sent of a built-in one. */
function metadataWithStatus(
  { isCustom, group, plural }: ServedResource,
  next: ApiObject,
  old: ApiObject,
): ApiObject['metadata'] {
  const { managedFields } = next.metadata;
  if (isCustom) return { ...old.metadata, ...(managedFields && { managedFields }) };
  const result: ApiObject = { ...next, metadata: { ...next.metadata } };
  restore(result, old, SERVER_FIELDS);
  restore(result, old, KEPT_WITH_STATUS[group === '' ? plural : `${plural}.${group}`] ?? []);
  return result.metadata;
}

function restore(object: ApiObject, old: ApiObject, fields: readonly string[]): void {
  for (const field of fields) {
    if (old.metadata[field] === undefined) delete object.metadata[field];
    else object.metadata[field] = old.metadata[field];
  }
}

/** The metadata that applying the status of a kind neither changes nor owns. */
export function statusResets({ group, plural }: ServedResource): readonly string[] {
  if (EXTENDING.has(group)) return CLIENT_FIELDS;
  return KEPT_WITH_STATUS[group === '' ? plural : `${plural}.${group}`] ?? [];
}

/** A pod with nothing new but its ephemeral containers. */
function withDebugContainers(next: ApiObject, old: ApiObject): ApiObject {
  const merged: ApiObject = { ...old, metadata: { ...old.metadata } };
  if (next.metadata.managedFields) merged.metadata.managedFields = next.metadata.managedFields;
  const ephemeralContainers = listAt(next, 'spec', 'ephemeralContainers');
  merged['spec'] = { ...objectAt(old, 'spec'), ephemeralContainers };
  return merged;
}

/** A pod with nothing new but what its containers use. */
function withResizedContainers(next: ApiObject, old: ApiObject): ApiObject {
  const merged: ApiObject = { ...old, metadata: { ...old.metadata } };
  if (next.metadata.managedFields) merged.metadata.managedFields = next.metadata.managedFields;
  const spec = { ...objectAt(old, 'spec') };
  for (const list of ['containers', 'initContainers']) {
    const containers = listAt(old, 'spec', list).filter(isObject);
    const wanted = listAt(next, 'spec', list).filter(isObject);
    if (containers.length === 0) continue;
    spec[list] = containers.map((container) => {
      const { name, resources: _resources, resizePolicy: _policy, ...rest } = container;
      const asked = wanted.find((other) => other['name'] === name) ?? container;
      const { resources, resizePolicy } = asked;
      return {
        name,
        ...rest,
        ...(resources !== undefined && { resources }),
        ...(resizePolicy !== undefined && { resizePolicy }),
      };
    });
  }
  merged['spec'] = spec;
  return merged;
}

const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

const EXTENDING: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);
const CLIENT_FIELDS = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/** What the strategies of `pkg/registry` take from the old object when the status of a built-in kind is written. */
const KEPT_WITH_STATUS: Readonly<Record<string, readonly string[]>> = {
  pods: ['ownerReferences'],
  'deployments.apps': ['labels'],
  'flowschemas.flowcontrol.apiserver.k8s.io': CLIENT_FIELDS,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': CLIENT_FIELDS,
  'podcertificaterequests.certificates.k8s.io': CLIENT_FIELDS,
  'resourceclaims.resource.k8s.io': CLIENT_FIELDS,
  'servicecidrs.networking.k8s.io': CLIENT_FIELDS,
  'validatingadmissionpolicies.admissionregistration.k8s.io': CLIENT_FIELDS,
  'volumeattachments.storage.k8s.io': CLIENT_FIELDS,
};

/** Whether objects of the kind count the changes of what they want. */
export function hasGeneration({ isCustom, definition }: ServedResource): boolean {
  return isCustom || definition.hasGeneration === true;
}

/** Whether an update changes what `metadata.generation` counts. */
export function isNewGeneration(
  { resource, subresource }: { resource: ServedResource; subresource?: string },
  next: ApiObject,
  old: ApiObject,
): boolean {
  // Deployments count the changes of their annotations too.
  const isDeployment = resource.group === 'apps' && resource.plural === 'deployments';
  if (isDeployment && subresource !== 'status') {
    if (!jsonEqual(next.metadata.annotations ?? {}, old.metadata.annotations ?? {})) return true;
  }
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
  if (!old) errors.push(...newNameErrors(resource, metadata));
  errors.push(
    ...labelErrors(metadata.labels ?? {}),
    ...annotationErrors(metadata.annotations ?? {}),
  );
  if (metadata.ownerReferences) errors.push(...ownerErrors(metadata.ownerReferences));
  // The kinds of the two API groups that extend the API are checked as custom ones are.
  const isLenient = resource.isCustom || EXTENDING.has(resource.group);
  if (metadata.finalizers) errors.push(...finalizerErrors(metadata.finalizers, isLenient));
  if (old?.metadata.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter(
      (item) => !old.metadata.finalizers?.includes(item),
    );
    if (added.length > 0) {
      const list = added.map((item) => JSON.stringify(item)).join(', ');
      const detail = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      const error: FieldError = { type: 'Forbidden', field: 'metadata.finalizers', detail };
      // Built-in kinds are looked at twice.
      errors.push(error, ...(resource.isCustom ? [] : [error]));
    }
  }
  return errors;
}
