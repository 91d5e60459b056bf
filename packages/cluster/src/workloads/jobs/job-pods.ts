/** The pods of a Job: how they are made, and what their state means for its counters. Pure. */
import type { Job } from '../job-objects.ts';
import { generatedName } from '../names.ts';
import type { Container, Pod } from '../objects.ts';
import { podFromTemplate } from '../pod-template.ts';

/** Keeps a pod until the Job has counted it (KEP-2307). */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';

export interface JobStart {
  /** Set for Indexed Jobs. */
  index?: number;
  /** Failures of the index so far, for `backoffLimitPerIndex`. */
  failures?: number;
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING) === true;
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** When the last container of the pod ended, in milliseconds; 0 = unknown. */
export function finishedAt(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  const known = times.filter((time) => !Number.isNaN(time));
  const transition = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const fallback = Date.parse(transition?.lastTransitionTime ?? '') || 0;
  return known.length === 0 ? fallback : Math.max(...known);
}

function withIndexEnv(container: Container): Container {
  if (container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX') === true) return container;
  const fieldRef = { fieldPath: `metadata.labels['${INDEX}']` };
  const added = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } };
  return { ...container, env: [...(container.env ?? []), added] };
}

export function jobPod(job: Job, start: JobStart, randomId: () => string): Pod {
  const { uid = '', name } = job.metadata;
  const { metadata = {}, spec } = job.spec.template;
  const labels = {
    ...metadata.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const finalizers = [...(metadata.finalizers ?? []), TRACKING];
  const pod = podFromTemplate(
    job,
    { metadata: { ...metadata, labels, finalizers }, spec },
    randomId,
  );
  const { index, failures } = start;
  if (index === undefined) return pod;
  const prefix = `${name.slice(0, 52)}-${index}`;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: generatedName(prefix, randomId),
      generateName: `${prefix}-`,
      labels: { ...labels, [INDEX]: String(index) },
      annotations: {
        ...metadata.annotations,
        [INDEX]: String(index),
        ...(failures === undefined ? {} : { [INDEX_FAILURES]: String(failures) }),
      },
    },
    spec: {
      ...spec,
      hostname: spec.hostname ?? `${name}-${index}`,
      containers: spec.containers.map(withIndexEnv),
      ...(spec.initContainers === undefined
        ? {}
        : { initContainers: spec.initContainers.map(withIndexEnv) }),
    },
  };
}
