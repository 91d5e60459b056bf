/** RuntimeClass: a pod names one that exists, and has its overhead and its nodes (kube-apiserver's plugin of the name). */
import { isObject, jsonEqual } from '../../../schema/json.ts';
import { listAt, objectAt, stringAt, valueAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { isCore, RUNTIME_CLASSES } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

export function runtimeClassPlugin(stored: StoredObjects): AdmissionPlugin {
  const handles = (request: AdmissionRequest) =>
    request.operation === 'CREATE' && isCore(request, 'pods');
  return {
    name: 'RuntimeClass',
    mutates: (request) => handles(request) && isConcerned(request.object),
    mutate(request) {
      const runtimeClass = classOf(stored, request);
      if (runtimeClass === undefined) return;
      setOverhead(request, runtimeClass);
      setScheduling(request, runtimeClass);
    },
    validate(request) {
      if (!handles(request)) return;
      const overhead = valueAt(classOf(stored, request), 'overhead', 'podFixed');
      const own = valueAt(request.object, 'spec', 'overhead');
      if (overhead === undefined) {
        if (own === undefined) return;
        throw refused(
          request,
          'Pod Overhead set without corresponding RuntimeClass defined Overhead',
        );
      }
      if (!jsonEqual(overhead, own ?? null)) throw refused(request, MISMATCH);
    },
  };
}

const MISMATCH = "Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function refused({ resource, name }: AdmissionRequest, why: string): Error {
  return forbidden(resource, name, `pod rejected: ${why}`);
}

function isConcerned(pod: ApiObject | undefined): boolean {
  return valueAt(pod, 'spec', 'runtimeClassName') !== undefined;
}

function classOf(stored: StoredObjects, request: AdmissionRequest): ApiObject | undefined {
  const wanted = stringAt(request.object, 'spec', 'runtimeClassName');
  if (wanted === undefined) return undefined;
  const found = stored.get(RUNTIME_CLASSES, wanted);
  if (!found) throw refused(request, `RuntimeClass ${JSON.stringify(wanted)} not found`);
  return found;
}

function setOverhead(request: AdmissionRequest, runtimeClass: ApiObject): void {
  const overhead = valueAt(runtimeClass, 'overhead', 'podFixed');
  const spec = objectAt(request.object, 'spec');
  if (!isObject(overhead) || !spec) return;
  const own = spec['overhead'];
  if (own !== undefined && !jsonEqual(own, overhead)) throw refused(request, MISMATCH);
  spec['overhead'] = overhead;
}

function setScheduling(request: AdmissionRequest, runtimeClass: ApiObject): void {
  const spec = objectAt(request.object, 'spec');
  const scheduling = valueAt(runtimeClass, 'scheduling');
  if (!isObject(scheduling) || !spec) return;
  const selector = { ...objectAt(spec, 'nodeSelector') };
  for (const [key, value] of Object.entries(objectAt(scheduling, 'nodeSelector') ?? {})) {
    const own = selector[key];
    if (own !== undefined && own !== value) {
      const why = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${String(value)}; pod.spec.nodeSelector[${key}] = ${String(own)}`;
      throw forbidden(request.resource, request.name, why);
    }
    selector[key] = value;
  }
  if (Object.keys(selector).length > 0) spec['nodeSelector'] = selector;
  const tolerations = listAt(spec, 'tolerations');
  const added = listAt(scheduling, 'tolerations').filter(
    (toleration) => !tolerations.some((known) => jsonEqual(known, toleration)),
  );
  if (added.length > 0) spec['tolerations'] = [...tolerations, ...added];
}
