/** Gives pending pods to this node: the part of a scheduler that a cluster of one node needs. */
import { isConflict, isKubeError, isNotFound } from '@kagent/kube';
import type { KubeClient, Logger, ResourceType } from '@kagent/kube';

import type { EventRecorder } from '../workloads/event-recorder.ts';
import { PODS } from '../workloads/objects.ts';
import type { Pod } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';

export interface BinderOptions {
  client: KubeClient;
  logger: Logger;
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
  const unmet = Object.entries(pod.spec.nodeSelector ?? {}).filter(([key, value]) => labels[key] !== value);
  if (unmet.length === 0) return undefined;
  const wanted = unmet.map(([key, value]) => `${key}=${value}`).join(', ');
  return `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector (${wanted}).`;
}

export function createBinder(options: BinderOptions): Binder {
  const { client, recorder, nodeName } = options;
  let hasBinding = true;

  async function refuse(pod: Pod, message: string): Promise<void> {
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
      lastTransitionTime: timeText(options.now()),
    };
    const body = { status: { phase: 'Pending', conditions: [...others, scheduled] } };
    await client.patch(PODS, { namespace, name, patch: { type: 'merge', body } }, { subresource: 'status' });
    recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
  }

  async function assign(pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    if (hasBinding) {
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
      };
      try {
        await client.create(PODS as ResourceType, binding, { subresource: 'binding' });
        return;
      } catch (error) {
        if (!isKubeError(error) || (error.code !== 405 && error.code !== 404)) throw error;
        if ((await client.find(PODS, { namespace, name })) === undefined) return;
        hasBinding = false;
        options.logger.debug({}, 'the server has no pods/binding; pods are bound by patch');
      }
    }
    const body = { metadata: { uid }, spec: { nodeName } };
    await client.patch(PODS, { namespace, name, patch: { type: 'merge', body } });
  }

  return {
    async bind(pod) {
      const { schedulerName = 'default-scheduler', schedulingGates = [] } = pod.spec;
      if (schedulerName !== 'default-scheduler' || schedulingGates.length > 0) return;
      const problem = misfit(pod, options.nodeLabels);
      if (problem !== undefined) return refuse(pod, problem);
      try {
        await assign(pod);
      } catch (error) {
        // Gone, or bound meanwhile: the next event of the pod tells.
        if (isNotFound(error) || isConflict(error)) return;
        throw error;
      }
      const { namespace = '', name } = pod.metadata;
      const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
      recorder.record(pod, { type: 'Normal', reason: 'Scheduled', message });
    },
  };
}
