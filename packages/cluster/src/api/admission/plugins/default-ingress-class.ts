/** DefaultIngressClass: a new Ingress that names no class gets the cluster's default one. */
import { objectAt, valueAt } from '../../json.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { INGRESS_CLASSES } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';
import { newestFirst } from './default-storage-class.ts';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const GROUP = 'networking.k8s.io';

export function defaultIngressClassPlugin(stored: StoredObjects): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    mutates: ({ operation, resource, subresource }) =>
      operation === 'CREATE' &&
      resource.group === GROUP &&
      resource.plural === 'ingresses' &&
      subresource === undefined,
    mutate({ object }) {
      const spec = objectAt(object, 'spec');
      if (!spec || valueAt(spec, 'ingressClassName') !== undefined) return;
      if (object?.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const newest = stored
        .list(INGRESS_CLASSES)
        .filter(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true')
        .toSorted(newestFirst)[0];
      if (newest) spec['ingressClassName'] = newest.metadata.name;
    },
  };
}
