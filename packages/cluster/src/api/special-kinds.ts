/** The kinds whose life the API server itself takes part in: Namespaces and CustomResourceDefinitions. */
import { configurationErrors } from './admission/validate-configuration.ts';
import type { Storage } from '../storage/storage.ts';
import type { FieldError } from '../schema/schema.ts';
import {
  beginCrdStatus,
  CRD_FINALIZER,
  CRD_GROUP,
  CRD_PLURAL,
  defaultCrd,
  establishCrd,
  nameConflict,
} from './crd.ts';
import { validateCrd, validateCrdStatus } from './crd-validation.ts';
import { listAt, objectAt } from './json.ts';
import { fromStorage, objectKey, resourcePrefix } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';
import { forbidden, methodNotSupported, notFound, StatusError } from './status-error.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };
const NAMESPACE_PREFIX = resourcePrefix(NAMESPACES);

/** Namespaces every cluster has; the first three may not be deleted. */
export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const UNDELETABLE = new Set(SYSTEM_NAMESPACES.slice(0, 3));

export function isNamespace(resource: ServedResource): boolean {
  return resource.group === '' && resource.plural === 'namespaces';
}

export function isCrd(resource: ServedResource): boolean {
  return resource.group === CRD_GROUP && resource.plural === CRD_PLURAL;
}

/** Refuses new objects in namespaces that do not exist or are going away, and of kinds that are going away. */
export function admitCreate(storage: Storage, resource: ServedResource, object: ApiObject): void {
  if (resource.isTerminating) {
    const why = 'create not allowed while custom resource definition is terminating';
    throw methodNotSupported(resource, 'create', why);
  }
  const { namespace } = object.metadata;
  if (namespace === undefined) return;
  const entry = storage.get(objectKey(NAMESPACE_PREFIX, undefined, namespace));
  if (!entry) throw notFound(NAMESPACES, namespace);
  if (fromStorage(entry).metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { name, generateName = '' } = object.metadata;
  const { status } = forbidden(resource, name === '' ? generateName : name, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: status.message ?? '',
    details: { ...status.details, causes: [cause] },
  });
}

export function admitDelete(resource: ServedResource, name: string): void {
  if (isNamespace(resource) && UNDELETABLE.has(name)) {
    throw forbidden(resource, name, 'this namespace may not be deleted');
  }
}

export interface PrepareContext {
  registry: ResourceRegistry;
  now: number;
  old?: ApiObject;
  subresource?: string;
  /** Nothing follows from an object that is not stored. */
  dryRun?: boolean;
}

/** Fills what the server owns in these kinds, before defaults and validation. Changes `object`. */
export function prepareSpecial(
  resource: ServedResource,
  object: ApiObject,
  context: PrepareContext,
): void {
  if (isNamespace(resource)) {
    // What a patch left alone is shared with the stored object: made anew here, not written to.
    const labels = {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    };
    object.metadata = { ...object.metadata, labels };
    if (!context.old) object['status'] = { phase: 'Active' };
    // Only `finalize` may take the content finalizer away.
    if (context.subresource !== 'finalize') {
      const finalizers = context.old
        ? listAt(context.old, 'spec', 'finalizers')
        : [...new Set([...listAt(object, 'spec', 'finalizers'), 'kubernetes'])];
      object['spec'] = { ...objectAt(object, 'spec'), finalizers };
    }
  }
  if (isCrd(resource)) {
    defaultCrd(object);
    beginCrdStatus(object, context.subresource === 'status' ? object : context.old);
    if (!context.old && context.dryRun !== true)
      object.metadata.finalizers = [
        ...new Set([...(object.metadata.finalizers ?? []), CRD_FINALIZER]),
      ];
  }
}

/** Checks beyond schema and strategy. */
export function validateSpecial(
  resource: ServedResource,
  object: ApiObject,
  { old, subresource }: { old?: ApiObject | undefined; subresource?: string | undefined } = {},
): FieldError[] {
  if (resource.group === 'admissionregistration.k8s.io') return configurationErrors(object);
  if (!isCrd(resource)) return [];
  return subresource === 'status' ? validateCrdStatus(object) : validateCrd(object, old);
}

/** What follows from a valid object, e.g. a CRD's conditions. Changes `object`. */
export function finishSpecial(
  resource: ServedResource,
  object: ApiObject,
  context: PrepareContext,
): void {
  if (!isCrd(resource) || context.dryRun === true) return;
  establishCrd(object, { now: context.now, conflict: nameConflict(object, context.registry) });
}

/** Marks a namespace as going away when its deletion begins. Changes `object`. */
export function terminateSpecial(
  resource: ServedResource,
  object: ApiObject,
  context: PrepareContext,
): void {
  if (isNamespace(resource))
    object['status'] = { ...objectAt(object, 'status'), phase: 'Terminating' };
  finishSpecial(resource, object, context);
}

/** Finalizers outside of metadata that hold the object. */
export function hasOwnFinalizers(resource: ServedResource, object: ApiObject): boolean {
  return isNamespace(resource) && listAt(object, 'spec', 'finalizers').length > 0;
}
