import { describe, expect, it } from 'vitest';

import { autoscale } from './autoscaler.ts';
import type { Autoscaler, ScaledPod, ScaleView } from './autoscaler.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

function scaler(status?: Autoscaler['status']): Autoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 8,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 50 } } },
      ],
    },
    ...(status === undefined ? {} : { status }),
  };
}

function pods(count: number, pod: Partial<ScaledPod>): ScaledPod[] {
  return Array.from({ length: count }, (_, index) => ({
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `web-${index}`, namespace: 'shop' },
      spec: { containers: [] },
    },
    isReady: true,
    requests: { app: 0.2 },
    usage: 0.1,
    ...pod,
  }));
}

function view(replicas: number, pod: Partial<ScaledPod> = {}): ScaleView {
  return { target: { replicas }, pods: () => pods(replicas, pod), now: NOW };
}

/** `Type Status Reason` of each condition. */
function verdicts(status: Record<string, unknown>): string[] {
  return ((status as Autoscaler['status'])?.conditions ?? []).map(
    (one) => `${one.type} ${one.status} ${one.reason ?? ''}`,
  );
}

// https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details
describe('autoscaler', () => {
  it.each([
    ['at its target', view(2), undefined, 'DesiredWithinRange'],
    ['within the tolerance of a tenth', view(2, { usage: 0.109 }), undefined, 'DesiredWithinRange'],
    ['above its target', view(2, { usage: 0.15 }), 3, 'DesiredWithinRange'],
    ['far above: four more at once', view(2, { usage: 0.4 }), 6, 'DesiredWithinRange'],
    ['above what it may use', view(6, { usage: 0.2 }), 8, 'TooManyReplicas'],
    ['below its least', view(1, { usage: 0.05 }), 2, 'TooFewReplicas'],
    [
      'waiting for pods to be ready',
      view(2, { usage: 0.4, isReady: false }),
      undefined,
      'DesiredWithinRange',
    ],
  ] as const)('%s', (_, seen, replicas, limited) => {
    const decision = autoscale(scaler(), seen);
    expect(decision.replicas).toBe(replicas);
    expect(verdicts(decision.status)).toContain(
      `ScalingLimited ${limited === 'DesiredWithinRange' ? 'False' : 'True'} ${limited}`,
    );
    expect(decision.events.map(({ reason }) => reason)).toEqual(
      replicas === undefined ? [] : ['SuccessfulRescale'],
    );
  });

  it('says so when its target is not there', () => {
    const { status, events } = autoscale(scaler(), { ...view(2), target: undefined });
    expect(verdicts(status)).toEqual(['AbleToScale False FailedGetScale']);
    expect(events).toMatchObject([
      { type: 'Warning', reason: 'FailedGetScale', message: 'deployments.apps "web" not found' },
    ]);
  });

  it.each([
    [
      'a container has no request',
      { requests: { app: 0.2, proxy: undefined } },
      'failed to get cpu utilization: missing request for cpu in container proxy of Pod web-0',
    ],
    [
      'nothing is measured',
      { usage: undefined },
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
    ],
  ])('cannot decide when %s', (_, pod, message) => {
    const { status, events, replicas } = autoscale(scaler(), view(2, pod));
    expect(replicas).toBeUndefined();
    expect(verdicts(status)).toContain('ScalingActive False FailedGetResourceMetric');
    expect(events[0]).toMatchObject({ reason: 'FailedGetResourceMetric', message });
  });

  it('changes nothing when it looks again', () => {
    const { status } = autoscale(scaler(), view(2));
    expect(autoscale(scaler(status), { ...view(2), now: NOW + 15_000 }).status).toEqual(status);
  });
});
