/** Priority: the priority of a pod is that of its class (kube-apiserver's plugin of the name). */
import { numberAt, objectAt, stringAt, valueAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { isCore, PRIORITY_CLASSES } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

export function priorityPlugin(stored: StoredObjects): AdmissionPlugin {
  return {
    name: 'Priority',
    mutates: (request) => request.operation === 'CREATE' && isCore(request, 'pods'),
    mutate: (request) => setPriority(stored, request),
    validate(request) {
      const { resource, object, operation, name } = request;
      const { group, plural } = PRIORITY_CLASSES;
      if (resource.group !== group || resource.plural !== plural) return;
      if (operation === 'DELETE' || valueAt(object, 'globalDefault') !== true) return;
      const other = defaultClass(stored);
      if (!other || other.metadata.name === name) return;
      const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
      throw forbidden(resource, name, why);
    },
  };
}

function setPriority(stored: StoredObjects, { object, resource, name }: AdmissionRequest): void {
  const spec = objectAt(object, 'spec');
  if (!spec) return;
  const wanted = stringAt(spec, 'priorityClassName') ?? '';
  const found = wanted === '' ? defaultClass(stored) : stored.get(PRIORITY_CLASSES, wanted);
  if (wanted !== '' && !found)
    throw forbidden(resource, name, `no PriorityClass with name ${wanted} was found`);
  const priority = numberAt(found, 'value') ?? 0;
  const policy = stringAt(found, 'preemptionPolicy') ?? 'PreemptLowerPriority';
  const given = numberAt(spec, 'priority');
  if (given !== undefined && given !== priority) {
    const why = `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
    throw forbidden(resource, name, why);
  }
  const givenPolicy = stringAt(spec, 'preemptionPolicy');
  if (givenPolicy !== undefined && givenPolicy !== policy) {
    const why = `the string value of PreemptionPolicy (${givenPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    throw forbidden(resource, name, why);
  }
  if (wanted === '' && found) spec['priorityClassName'] = found.metadata.name;
  spec['priority'] = priority;
  spec['preemptionPolicy'] = policy;
}

/** The class for pods that name none; of several the one with the lowest value. */
function defaultClass(stored: StoredObjects): ApiObject | undefined {
  return stored
    .list(PRIORITY_CLASSES)
    .filter((item) => valueAt(item, 'globalDefault') === true)
    .toSorted((a, b) => (numberAt(a, 'value') ?? 0) - (numberAt(b, 'value') ?? 0))[0];
}
