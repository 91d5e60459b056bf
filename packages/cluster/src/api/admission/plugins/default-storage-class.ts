/** DefaultStorageClass: a claim that names no class gets the cluster's default one. */
import { objectAt, valueAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { isCore, STORAGE_CLASSES } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

const IS_DEFAULT = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';

export function defaultStorageClassPlugin(stored: StoredObjects): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    mutates: (request) =>
      request.operation === 'CREATE' && isCore(request, 'persistentvolumeclaims'),
    mutate({ object }) {
      const spec = objectAt(object, 'spec');
      if (!spec || valueAt(spec, 'storageClassName') !== undefined) return;
      if (object?.metadata.annotations?.[OLD_CLASS] !== undefined) return;
      const newest = stored.list(STORAGE_CLASSES).filter(isDefault).toSorted(newestFirst)[0];
      if (newest) spec['storageClassName'] = newest.metadata.name;
    },
  };
}

function isDefault({ metadata }: ApiObject): boolean {
  return IS_DEFAULT.some((key) => metadata.annotations?.[key] === 'true');
}

/** Of several defaults the newest counts, then the first by name. */
export function newestFirst(a: ApiObject, b: ApiObject): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left > right ? -1 : 1;
}
