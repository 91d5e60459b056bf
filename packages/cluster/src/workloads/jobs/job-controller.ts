/** Jobs: runs pods to completion, counts failures, deletes itself after its time to live. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, watchDependents } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { JOBS, PODS } from '../objects.ts';
import type { Job, Pod } from '../objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import { podFromTemplate } from '../pod-template.ts';
import { isJobFinished, planJob } from './job-state.ts';

/** Needs the pod index of `indexByController`. */
export function createJobController(context: ControllerContext): Reconciler {
  const { client, informers, recorder, clock, randomId } = context;
  const jobs = informers.get(JOBS);
  const pods = informers.get(PODS);
  const ownWrites = createOwnWrites(pods, clock);

  async function createPod(job: Job): Promise<void> {
    const { metadata = {}, spec } = job.spec.template;
    const labels = {
      'batch.kubernetes.io/controller-uid': job.metadata.uid ?? '',
      'batch.kubernetes.io/job-name': job.metadata.name,
      'controller-uid': job.metadata.uid ?? '',
      'job-name': job.metadata.name,
      ...metadata.labels,
    };
    const template = { metadata: { ...metadata, labels }, spec: { ...spec, restartPolicy: spec.restartPolicy ?? 'Never' } };
    const pod = await client.create(PODS, podFromTemplate(job, template, randomId));
    ownWrites.created(job.metadata.uid ?? '', pod);
    recorder.record(job, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
  }

  async function deletePod(job: Job, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const undo = ownWrites.deleting(pod);
    try {
      await client.delete(PODS, { namespace, name }, { preconditions: { uid } });
      recorder.record(job, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
    } catch (error) {
      undo();
      if (!isNotFound(error)) throw error;
    }
  }

  async function publish(job: Job, status: Job['status']): Promise<void> {
    if (isDeepStrictEqual(status, { ...job.status })) return;
    const { namespace, name } = job.metadata;
    const updated = await client.patch(
      JOBS,
      { namespace, name, patch: { type: 'merge', body: { status } } },
      { subresource: 'status' },
    );
    if (isJobFinished(job) || !isJobFinished(updated)) return;
    const failed = status?.conditions?.find(({ type }) => type === 'Failed');
    if (failed === undefined) recorder.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
    else recorder.record(job, { type: 'Warning', reason: failed.reason ?? 'Failed', message: failed.message ?? '' });
  }

  async function reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const job = jobs.get(key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, uid = '' } = job.metadata;
    try {
      const plan = planJob(job, ownWrites.view(uid, pods.byIndex(BY_CONTROLLER, uid)), clock.now());
      if (plan.isExpired) {
        await client.delete(JOBS, { namespace, name }, { propagationPolicy: 'Foreground', preconditions: { uid } });
        return;
      }
      await Promise.all(plan.remove.map((pod) => deletePod(job, pod)));
      await Promise.all(Array.from({ length: plan.create }, () => createPod(job)));
      await publish(job, plan.status);
      return plan.nextMs === undefined ? undefined : { requeueAfterMs: plan.nextMs };
    } catch (error) {
      if (isNotFound(error) && jobs.get(key)?.metadata.uid !== uid) return;
      throw error;
    }
  }

  const controller = controllerFor(context, { name: 'job', reconcile });
  jobs.onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(pods, 'Job', (key) => controller.enqueue(key));
  return controller;
}
