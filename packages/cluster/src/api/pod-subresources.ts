/** What can be asked of a pod beyond the object: its log, its place, its eviction. */
import type { PodLogs } from '../node/pod-logs.ts';
import { isObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { listAt, objectAt, stringAt, valueAt } from './json.ts';
import type { ApiObject } from './object.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { isTrue } from './route.ts';
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
  if (!logs || !stringAt(pod, 'spec', 'nodeName')) {
    throw badRequest(`pod ${name} does not have a host assigned`);
  }
  const { query, signal } = request;
  checkLogOptions(name, query);
  const sinceTime = query.get('sinceTime');
  const since = sinceTime === null ? undefined : Date.parse(sinceTime);
  if (Number.isNaN(since))
    throw badRequest(`invalid value for sinceTime: ${JSON.stringify(sinceTime)}`);
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
    errors.push({ type: 'Forbidden', field: '', detail });
  } else atLeast('sinceSeconds', 1, 'greater than 0');
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
}

/** The pod on the node a Binding names. Throws Conflict when it is on one already. */
export function bindPod(pod: ApiObject, binding: unknown, now: string): ApiObject {
  const node = stringAt(binding, 'target', 'name') ?? '';
  if (node === '') throw badRequest('target.name: Required value');
  const current = stringAt(pod, 'spec', 'nodeName') ?? '';
  const { name } = pod.metadata;
  if (current !== '')
    throw conflict(
      PODS,
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(current)}`,
    );
  const others = listAt(pod, 'status', 'conditions').filter(
    (item) => stringAt(item, 'type') !== 'PodScheduled',
  );
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
  };
  return {
    ...pod,
    spec: { ...objectAt(pod, 'spec'), nodeName: node },
    status: { ...objectAt(pod, 'status'), conditions: [...others, scheduled] },
  };
}

/** The DeleteOptions in an Eviction. */
export function evictionOptions(eviction: unknown): unknown {
  return isObject(eviction) ? valueAt(eviction, 'deleteOptions') : undefined;
}
