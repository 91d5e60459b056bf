/**
 * Deletes pods from nodes whose `NoExecute` taints they do not tolerate, or no longer
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/).
 */
import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { EventRecorder } from '../event-recorder.ts';
import { NODES, PODS } from '../objects.ts';
import type { NodeObject, Pod } from '../objects.ts';
import { timeText } from '../time-text.ts';
import { toleratedMs } from './node-health.ts';
import { BY_NODE } from './node-lifecycle-controller.ts';
import type { NodeLifecycleOptions } from './node-lifecycle-controller.ts';

export function createTaintEvictionController(options: NodeLifecycleOptions): Reconciler {
  const { informers, clock, recorder } = options;
  const pods = informers.get(PODS);
  const nodes = informers.get(NODES);
  /** Since when a pod is on borrowed time, by key. */
  const since = new Map<string, number>();

  const controller = controllerFor(options, {
    name: 'taint-eviction',
    async reconcile(key) {
      const pod = pods.get(key);
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) {
        since.delete(key);
        return;
      }
      const node = nodes.get(pod.spec.nodeName ?? '');
      const allowed = toleratedMs(pod, node?.spec?.taints ?? []);
      if (allowed === Infinity) {
        if (since.delete(key)) {
          const message = `Cancelling deletion of Pod ${key}`;
          tell(recorder, pod, message);
        }
        return;
      }
      const start = since.get(key) ?? clock.now();
      since.set(key, start);
      const left = start + allowed - clock.now();
      if (left > 0) return { requeueAfterMs: left };
      await evict(options, pod);
      since.delete(key);
    },
  });

  nodes.onChange((change) => {
    const { name } = change.object.metadata;
    const versions = change.type === 'updated' ? [change.object, change.old] : [change.object];
    if (change.type === 'deleted' || options.ignoresNode?.(name) === true) return;
    if (!versions.some(drivesAway)) return;
    for (const pod of pods.byIndex(BY_NODE, name)) controller.enqueue(keyOfObject(pod));
  });
  pods.onChange(({ object }) => {
    const name = object.spec.nodeName ?? '';
    const node = name === '' ? undefined : nodes.get(name);
    const isConcerned = node !== undefined && drivesAway(node) && !options.ignoresNode?.(name);
    if (isConcerned || since.has(keyOfObject(object))) controller.enqueue(keyOfObject(object));
  });
  return controller;
}

function drivesAway({ spec }: NodeObject): boolean {
  return (spec?.taints ?? []).some(({ effect }) => effect === 'NoExecute');
}

/** About whatever pod has the name now: the event of the original has no identity either. */
function tell(recorder: EventRecorder, pod: Pod, message: string): void {
  const { namespace, name } = pod.metadata;
  const named = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } };
  recorder.record(named, { type: 'Normal', reason: 'TaintManagerEviction', message });
}

async function evict({ client, clock, recorder }: NodeLifecycleOptions, pod: Pod): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const target = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: timeText(clock.now()),
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== target.type);
  const body = { status: { conditions: [...others, target] } };
  const message = `Marking for deletion Pod ${keyOfObject(pod)}`;
  tell(recorder, pod, message);
  try {
    const patch = { type: 'merge', body } as const;
    await client.patch(PODS, { namespace, name, patch }, { subresource: 'status' });
    await client.delete(PODS, { namespace, name }, { preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
