/** What the strategies of `pkg/registry` say of a PUT, kind by kind: whether it may create, and whether it needs a revision. */
import type { ApiObject } from './object.ts';
import { conflict } from './status-error.ts';
import type { ResourceName, StatusError } from './status-error.ts';

/** A PUT of an object that is not there makes it. */
const CREATED_BY_PUT: ReadonlySet<string> = new Set([
  '/endpoints',
  '/events',
  '/limitranges',
  '/services',
  'coordination.k8s.io/leases',
  'events.k8s.io/events',
  'node.k8s.io/runtimeclasses',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/roles',
]);

/** Never replaced blindly; custom resources are not either. */
const NEEDS_REVISION: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'apiextensions.k8s.io/customresourcedefinitions',
  'apiregistration.k8s.io/apiservices',
  'coordination.k8s.io/leases',
  'node.k8s.io/runtimeclasses',
  'policy/poddisruptionbudgets',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/csistoragecapacities',
  'storage.k8s.io/volumeattachments',
]);

/** Whether a PUT makes the object when there is none. */
export function isCreatedByPut({ group, plural }: ResourceName): boolean {
  return CREATED_BY_PUT.has(`${group}/${plural}`);
}

/** Whether an update without a resourceVersion is refused. */
export function needsRevision(resource: ResourceName & { isCustom: boolean }): boolean {
  return resource.isCustom || NEEDS_REVISION.has(`${resource.group}/${resource.plural}`);
}

/** A resourceVersion that asks for nothing. */
export function isUnset(resourceVersion: string | undefined): boolean {
  return resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0';
}

/** Names under which a real API server keeps resources, where they are not the plural. */
const KEPT_AS: Readonly<Record<string, string>> = {
  '/endpoints': 'services/endpoints',
  '/nodes': 'minions',
  '/replicationcontrollers': 'controllers',
  '/services': 'services/specs',
  'networking.k8s.io/ingresses': 'ingress',
};
const KEPT_BY_GROUP: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
]);

/** The refusal of a write that is about another object of the same name. */
export function uidConflict(
  resource: ResourceName & { isCustom: boolean },
  metadata: ApiObject['metadata'],
  uid: string,
): StatusError {
  const failure = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  const where = `Code: 4, Key: ${registryKey(resource, metadata)}, ResourceVersion: 0`;
  const why = `StorageError: invalid object, ${where}, AdditionalErrorMsg: ${failure}`;
  return conflict(resource, metadata.name, why);
}

/** Where etcd would hold the object. */
function registryKey(
  { group, plural, isCustom }: ResourceName & { isCustom: boolean },
  { namespace, name }: ApiObject['metadata'],
): string {
  const isByGroup = isCustom || KEPT_BY_GROUP.has(group);
  const place = isByGroup ? `${group}/${plural}` : (KEPT_AS[`${group}/${plural}`] ?? plural);
  return ['/registry', place, namespace, name].filter((part) => part !== undefined).join('/');
}
