/** Jobs: runs pods to completion, counts failures, deletes itself after its time to live. */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, watchDependents } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { JOBS, PODS } from '../objects.ts';
import type { Job, JobStatus, Pod } from '../objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import type { OwnWrites } from '../own-writes.ts';
import { podFromTemplate } from '../pod-template.ts';
import { isJobFinished, planJob } from './job-state.ts';

class JobController {
  readonly #context: ControllerContext;
  readonly #jobs: FreshView<Job>;
  readonly #pods: Informer<Pod>;
  readonly #ownWrites: OwnWrites<Pod>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = context.informers.get(PODS);
    this.#jobs = createFreshView(context.informers.get(JOBS));
    this.#ownWrites = createOwnWrites(this.#pods, context.clock);
  }

  async reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const job = this.#jobs.get(key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, uid = '' } = job.metadata;
    try {
      const pods = this.#ownWrites.view(uid, this.#pods.byIndex(BY_CONTROLLER, uid));
      const plan = planJob(job, pods, this.#context.clock.now());
      if (plan.isExpired) {
        const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
        await this.#context.client.delete(JOBS, { namespace, name }, options);
        return;
      }
      await Promise.all(plan.remove.map((pod) => this.#deletePod(job, pod)));
      await Promise.all(Array.from({ length: plan.create }, () => this.#createPod(job)));
      await this.#publish(job, plan.status);
      return plan.nextMs === undefined ? undefined : { requeueAfterMs: plan.nextMs };
    } catch (error) {
      if (isNotFound(error) && this.#jobs.get(key)?.metadata.uid !== uid) return;
      throw error;
    }
  }

  async #createPod(job: Job): Promise<void> {
    const { client, recorder, randomId } = this.#context;
    const { uid = '', name } = job.metadata;
    const { metadata = {}, spec } = job.spec.template;
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
      ...metadata.labels,
    };
    const template = { metadata: { ...metadata, labels }, spec };
    const pod = await client.create(PODS, podFromTemplate(job, template, randomId));
    this.#ownWrites.created(uid, pod);
    recorder.record(job, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${pod.metadata.name}`,
    });
  }

  async #deletePod(job: Job, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const undo = this.#ownWrites.deleting(pod);
    try {
      await this.#context.client.delete(PODS, { namespace, name }, { preconditions: { uid } });
      const message = `Deleted pod: ${name}`;
      this.#context.recorder.record(job, { type: 'Normal', reason: 'SuccessfulDelete', message });
    } catch (error) {
      undo();
      if (!isNotFound(error)) throw error;
    }
  }

  async #publish(job: Job, status: JobStatus): Promise<void> {
    if (isDeepStrictEqual(status, { ...job.status })) return;
    const { client, recorder } = this.#context;
    const { namespace, name } = job.metadata;
    const patch = { type: 'merge', body: { status } } as const;
    const updated = await client.patch(JOBS, { namespace, name, patch }, { subresource: 'status' });
    this.#jobs.wrote(updated);
    if (isJobFinished(job) || !isJobFinished(updated)) return;
    const failed = status.conditions?.find(({ type }) => type === 'Failed');
    if (failed === undefined)
      recorder.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
    else
      recorder.record(job, {
        type: 'Warning',
        reason: failed.reason ?? 'Failed',
        message: failed.message ?? '',
      });
  }
}

/** Needs the pod index of `indexByController`. */
export function createJobController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new JobController(context);
  const controller = controllerFor(context, {
    name: 'job',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(JOBS).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(PODS), 'Job', (key) => controller.enqueue(key));
  return controller;
}
