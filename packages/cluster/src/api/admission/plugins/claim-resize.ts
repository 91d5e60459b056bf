/** PersistentVolumeClaimResize: a claim grows only where its class lets it (kube-apiserver's plugin of the name). */
import { quantityNanos } from '../../../builtin/quantity.ts';
import { stringAt, valueAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { isCore, STORAGE_CLASSES } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

export function claimResizePlugin(stored: StoredObjects): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    validate({ operation, resource, name, object, oldObject, ...request }) {
      const isClaim = isCore(
        { resource, subresource: request.subresource },
        'persistentvolumeclaims',
      );
      if (operation !== 'UPDATE' || !isClaim || sizeOf(object) <= sizeOf(oldObject)) return;
      if (stringAt(oldObject, 'status', 'phase') !== 'Bound')
        throw forbidden(resource, name, 'Only bound persistent volume claims can be expanded');
      const [wanted, given] = [object, oldObject].map((claim) =>
        stringAt(claim, 'spec', 'storageClassName'),
      );
      const storageClass =
        wanted === undefined || wanted !== given ? undefined : stored.get(STORAGE_CLASSES, wanted);
      if (valueAt(storageClass, 'allowVolumeExpansion') === true) return;
      const why =
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
      throw forbidden(resource, name, why);
    },
  };
}

function sizeOf(claim: ApiObject | undefined): bigint {
  return quantityNanos(valueAt(claim, 'spec', 'resources', 'requests', 'storage')) ?? 0n;
}
