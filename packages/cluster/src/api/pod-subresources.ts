/** What can be asked of a pod beyond the object: its log, its place, its eviction. */
import type { PodLogs } from '../node/pod-logs.ts';
import { isObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { listAt, objectAt, stringAt, valueAt } from './json.ts';
import type { ApiObject } from './object.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { isTrue } from './route.ts';
import { uidConflict } from './update-rules.ts';
import { badRequest, conflict, invalid } from './status-error.ts';
import { numberIn } from './write-options.ts';

const PODS = { group: '', plural: 'pods' };

/** Streams a container's log. Which container, and whether there is a log, is the node's to say. */
export async function readPodLog(
  pod: ApiObject,
  request: ApiRequest,
  logs: PodLogs | undefined,
): Promise<ApiResponse> {
  const { name, namespace = '' } = pod.metadata;
  const { query, signal } = request;
  const sinceTime = query.get('sinceTime');
  const since = sinceTime === null ? undefined : Date.parse(sinceTime);
  if (Number.isNaN(since)) {
    const text = JSON.stringify(sinceTime);
    throw badRequest(
      `parsing time ${text} as "2006-01-02T15:04:05Z07:00": cannot parse ${text} as "2006"`,
    );
  }
  checkLogOptions(name, query);
  if (!stringAt(pod, 'spec', 'nodeName')) {
    requireContainer(pod, query.get('container'));
    return { kind: 'text', status: 204, headers: {}, body: '' };
  }
  if (!logs) throw badRequest(`pod ${name} does not have a host assigned`);
  const chunks = await logs.read({
    namespace,
    pod: name,
    container: query.get('container') ?? undefined,
    follow: isTrue(query.get('follow')),
    tailLines: numberIn(query, 'tailLines'),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    sinceSeconds: numberIn(query, 'sinceSeconds'),
    since,
    limitBytes: numberIn(query, 'limitBytes'),
    signal,
  });
  return { kind: 'stream', status: 200, headers: { 'content-type': 'text/plain' }, chunks };
}

function requireContainer(pod: ApiObject, container: string | null): void {
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    listAt(pod, 'spec', list),
  );
  const { name } = pod.metadata;
  if (container !== null && container !== '') {
    if (containers.some((item) => stringAt(item, 'name') === container)) return;
    throw badRequest(`container ${container} is not valid for pod ${name}`);
  }
}

/** As `ValidatePodLogOptions` of the API server: 422 for numbers that make no sense. */
function checkLogOptions(name: string, query: URLSearchParams): void {
  const errors: FieldError[] = [];
  const atLeast = (field: string, least: number, rule: string): void => {
    const value = numberIn(query, field);
    if (value === undefined || value >= least) return;
    errors.push({ type: 'Invalid', field, detail: `Invalid value: ${value}: must be ${rule}` });
  };
  atLeast('tailLines', 0, 'greater than or equal to 0');
  atLeast('limitBytes', 1, 'greater than 0');
  if (query.has('sinceSeconds') && query.has('sinceTime')) {
    const detail = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
    errors.push({ type: 'Forbidden', field: '[]', detail });
  } else atLeast('sinceSeconds', 1, 'greater than 0');
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
}

/** What is wrong with a Binding. */
export function bindingProblem(binding: unknown): string | undefined {
  const kind = stringAt(binding, 'target', 'kind') ?? '';
  if (kind !== '' && kind !== 'Node')
    return `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`;
  const node = stringAt(binding, 'target', 'name') ?? '';
  return node === '' ? 'target.name: Required value' : undefined;
}

/** The pod on the node a Binding names. Throws Conflict when it is on one already, or is another pod. */
export function bindPod(pod: ApiObject, binding: unknown, now: string): ApiObject {
  const node = stringAt(binding, 'target', 'name') ?? '';
  const current = stringAt(pod, 'spec', 'nodeName') ?? '';
  const { name } = pod.metadata;
  const uid = stringAt(binding, 'metadata', 'uid') ?? '';
  if (uid !== '' && uid !== pod.metadata.uid)
    throw uidConflict({ ...PODS, isCustom: false }, pod.metadata, uid);
  if (current !== '')
    throw conflict(
      { ...PODS, plural: 'pods/binding' },
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(current)}`,
    );
  const others = listAt(pod, 'status', 'conditions').filter(
    (item) => stringAt(item, 'type') !== 'PodScheduled',
  );
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: now,
  };
  const annotations = objectAt(binding, 'metadata', 'annotations') as Record<string, string>;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations && { annotations: { ...pod.metadata.annotations, ...annotations } }),
    },
    spec: { ...objectAt(pod, 'spec'), nodeName: node },
    status: { ...objectAt(pod, 'status'), conditions: [...others, scheduled] },
  };
}

/** The pod with the word that it ends because somebody evicted it. */
export function evictedPod(pod: ApiObject, now: string): ApiObject {
  const conditions = listAt(pod, 'status', 'conditions');
  const before = conditions.find((item) => stringAt(item, 'type') === 'DisruptionTarget');
  const target = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime:
      stringAt(before, 'status') === 'True' ? stringAt(before, 'lastTransitionTime') : now,
  };
  const others = conditions.filter((item) => item !== before);
  return { ...pod, status: { ...objectAt(pod, 'status'), conditions: [...others, target] } };
}

/** The DeleteOptions in an Eviction. */
export function evictionOptions(eviction: unknown): unknown {
  return isObject(eviction) ? valueAt(eviction, 'deleteOptions') : undefined;
}
