/** Gives pending pods to this node: the part of a scheduler that a cluster of one node needs. */
import { isConflict, isNotFound } from '@kagent/kube';
import type { KubeClient, ResourceType } from '@kagent/kube';

import type { EventRecorder } from '../workloads/event-recorder.ts';
import { PODS } from '../workloads/objects.ts';
import type { Pod } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';

export interface BinderOptions {
  client: KubeClient;
  recorder: EventRecorder;
  nodeName: string;
  nodeLabels: Readonly<Record<string, string>>;
  now(): number;
}

export interface Binder {
  /** Binds the pod, or writes why it can't be. Safe to repeat. */
  bind(pod: Pod): Promise<void>;
}

/** Why the pod can't run here; undefined = it can. */
function misfit(pod: Pod, labels: Readonly<Record<string, string>>): string | undefined {
  const unmet = Object.entries(pod.spec.nodeSelector ?? {}).filter(
    ([key, value]) => labels[key] !== value,
  );
  if (unmet.length === 0) return undefined;
  const wanted = unmet.map(([key, value]) => `${key}=${value}`).join(', ');
  return `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector (${wanted}).`;
}

class OneNodeBinder implements Binder {
  readonly #options: BinderOptions;

  constructor(options: BinderOptions) {
    this.#options = options;
  }

  async bind(pod: Pod): Promise<void> {
    const { client, recorder, nodeName, nodeLabels } = this.#options;
    const { schedulerName = 'default-scheduler', schedulingGates = [] } = pod.spec;
    if (schedulerName !== 'default-scheduler' || schedulingGates.length > 0) return;
    const problem = misfit(pod, nodeLabels);
    if (problem !== undefined) return this.#refuse(pod, problem);
    const { namespace = '', name, uid } = pod.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    };
    try {
      await client.create(PODS as ResourceType, binding, { subresource: 'binding' });
    } catch (error) {
      // Gone, or bound meanwhile: the next event of the pod tells.
      if (isNotFound(error) || isConflict(error)) return;
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    recorder.record(pod, { type: 'Normal', reason: 'Scheduled', message });
  }

  async #refuse(pod: Pod, message: string): Promise<void> {
    const { client, recorder, now } = this.#options;
    const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.status === 'False' && known.message === message) return;
    const { namespace, name } = pod.metadata;
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    const scheduled = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: timeText(now()),
    };
    const body = { status: { phase: 'Pending', conditions: [...others, scheduled] } };
    await client.patch(
      PODS,
      { namespace, name, patch: { type: 'merge', body } },
      { subresource: 'status' },
    );
    recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
  }
}

export function createBinder(options: BinderOptions): Binder {
  return new OneNodeBinder(options);
}
