/** What a HorizontalPodAutoscaler of a scenario decides and reports, in the words of Kubernetes' controller. Pure. */
import type { KubeObject, ResourceType } from '@kagent/kube';

import type { EventDraft } from '../workloads/event-recorder.ts';
import type { Condition, Pod } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';

export interface Autoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: {
      type: string;
      resource?: { name: string; target: { averageUtilization?: number } };
    }[];
  };
  status?: Record<string, unknown> & { conditions?: Condition[] };
}

export const AUTOSCALERS: ResourceType<Autoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};

/** A pod of the target. `usage` in the unit of `requests`, undefined while nothing is measured. */
export interface ScaledPod {
  pod: Pod;
  isReady: boolean;
  /** By container. */
  requests: Record<string, number | undefined>;
  usage: number | undefined;
}

export interface ScaleView {
  /** Undefined when there is no such workload. */
  target: { replicas: number } | undefined;
  /** Pods of the target with what they use of the resource. */
  pods(resource: string): ScaledPod[];
  now: number;
}

export interface ScaleDecision {
  status: Record<string, unknown>;
  events: EventDraft[];
  /** The size to set. */
  replicas?: number;
}

const TOLERANCE = 0.1;

type Verdict = [type: string, isTrue: boolean, reason: string, message: string];

function conditions(autoscaler: Autoscaler, verdicts: Verdict[], now: number): Condition[] {
  const before = autoscaler.status?.conditions ?? [];
  return verdicts.map(([type, isTrue, reason, message]) => {
    const status = isTrue ? 'True' : 'False';
    const known = before.find((one) => one.type === type);
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : timeText(now);
    return { type, status, lastTransitionTime, reason, message };
  });
}

const FOUND: Verdict = [
  'AbleToScale',
  true,
  'SucceededGetScale',
  "the HPA controller was able to get the target's current scale",
];

const warning = (reason: string, message: string): EventDraft => ({
  type: 'Warning',
  reason,
  message,
});

/** Decides once; the controller of Kubernetes does so every 15 seconds. It never scales down but to `maxReplicas`. */
export function autoscale(autoscaler: Autoscaler, view: ScaleView): ScaleDecision {
  const { target, now } = view;
  const { scaleTargetRef: reference } = autoscaler.spec;
  const { status: before = {} } = autoscaler;
  if (target === undefined) {
    const plural = `${reference.kind.toLowerCase()}s`;
    const group = reference.apiVersion?.split('/').at(-2) ?? '';
    const error = `${plural}${group === '' ? '' : `.${group}`} ${JSON.stringify(reference.name)} not found`;
    const message = `the HPA controller was unable to get the target's current scale: ${error}`;
    const shown = conditions(autoscaler, [['AbleToScale', false, 'FailedGetScale', message]], now);
    return {
      status: { ...before, currentReplicas: 0, desiredReplicas: 0, conditions: shown },
      events: [warning('FailedGetScale', error)],
    };
  }
  const metric = autoscaler.spec.metrics?.find(({ type }) => type === 'Resource')?.resource;
  const { name: resource = 'cpu', target: wanted = {} } = metric ?? {};
  const goal = wanted.averageUtilization ?? 80;
  const pods = view.pods(resource);
  const problem = metricProblem(pods, resource);
  const current = target.replicas;
  if (problem !== undefined) return withoutMetric(autoscaler, { problem, resource, current, now });
  const usage = pods.reduce((sum, pod) => sum + (pod.usage ?? 0), 0);
  const requested = pods.reduce((sum, { requests }) => sum + total(requests), 0);
  const utilization = Math.round((usage / requested) * 100);
  const isSettled = pods.length === current && pods.every(({ isReady }) => isReady);
  const size = isSettled
    ? sizeFor(autoscaler, { current, ratio: utilization / goal })
    : { replicas: current };
  return withMetric(autoscaler, {
    ...size,
    resource,
    current,
    utilization,
    now,
    value: usage / pods.length,
  });
}

function total(requests: ScaledPod['requests']): number {
  return Object.values(requests).reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function metricProblem(pods: ScaledPod[], resource: string): string | undefined {
  for (const { pod, requests } of pods) {
    const [missing] = Object.entries(requests).find(([, value]) => value === undefined) ?? [];
    if (missing !== undefined)
      return `failed to get ${resource} utilization: missing request for ${resource} in container ${missing} of Pod ${pod.metadata.name}`;
  }
  if (pods.some(({ usage }) => usage !== undefined)) return undefined;
  return `failed to get ${resource} utilization: unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`;
}

function withoutMetric(
  autoscaler: Autoscaler,
  {
    problem,
    resource,
    current,
    now,
  }: { problem: string; resource: string; current: number; now: number },
): ScaleDecision {
  const message = `the HPA was unable to compute the replica count: ${problem}`;
  const verdicts: Verdict[] = [FOUND, ['ScalingActive', false, 'FailedGetResourceMetric', message]];
  const { currentMetrics: _gone, ...before } = autoscaler.status ?? {};
  return {
    status: {
      ...before,
      currentReplicas: current,
      desiredReplicas: 0,
      conditions: conditions(autoscaler, verdicts, now),
    },
    events: [
      warning('FailedGetResourceMetric', problem),
      warning(
        'FailedComputeMetricsReplicas',
        `invalid metrics (1 invalid out of 1), first error is: failed to get ${resource} resource metric value: ${problem}`,
      ),
    ],
  };
}

interface Size {
  replicas: number;
  /** Replicas would be out of the range of the autoscaler. */
  limit?: 'TooManyReplicas' | 'TooFewReplicas';
}

function sizeFor(
  { spec: { minReplicas = 1, maxReplicas } }: Autoscaler,
  { current, ratio }: { current: number; ratio: number },
): Size {
  const raw = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(current * ratio);
  const kept = Math.max(raw, current);
  if (kept > maxReplicas) return { replicas: maxReplicas, limit: 'TooManyReplicas' };
  if (kept < minReplicas) return { replicas: minReplicas, limit: 'TooFewReplicas' };
  // as fast as the default policies allow: double it, or four more
  return { replicas: Math.min(kept, Math.max(current * 2, current + 4)) };
}

const RANGE = {
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
} as const;

function withMetric(
  autoscaler: Autoscaler,
  of: Size & { resource: string; current: number; utilization: number; value: number; now: number },
): ScaleDecision {
  const { resource, current, utilization, replicas, limit, now, value } = of;
  const isChange = replicas !== current;
  const source = `${resource} resource utilization (percentage of request)`;
  const verdicts: Verdict[] = [
    isChange
      ? [
          'AbleToScale',
          true,
          'SucceededRescale',
          `the HPA controller was able to update the target scale to ${replicas}`,
        ]
      : ['AbleToScale', true, 'ReadyForNewScale', 'recommended size matches current size'],
    [
      'ScalingActive',
      true,
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${source}`,
    ],
    limit === undefined
      ? [
          'ScalingLimited',
          false,
          'DesiredWithinRange',
          'the desired count is within the acceptable range',
        ]
      : ['ScalingLimited', true, limit, RANGE[limit]],
  ];
  const averageValue =
    resource === 'cpu' ? `${Math.round(value * 1000)}m` : String(Math.round(value));
  const event: EventDraft = {
    type: 'Normal',
    reason: 'SuccessfulRescale',
    message: `New size: ${replicas}; reason: ${source} above target`,
  };
  return {
    status: {
      ...autoscaler.status,
      ...(isChange ? { lastScaleTime: timeText(now) } : {}),
      currentReplicas: current,
      desiredReplicas: replicas,
      currentMetrics: [
        {
          type: 'Resource',
          resource: { name: resource, current: { averageUtilization: utilization, averageValue } },
        },
      ],
      conditions: conditions(autoscaler, verdicts, now),
    },
    events: isChange ? [event] : [],
    ...(isChange ? { replicas } : {}),
  };
}
