/**
 * Jobs: runs pods to completion and deletes itself after its time to live. No end of a pod is lost or counted twice: a
 * finalizer keeps the pod until the status names it, and the counters move when the finalizer is gone (KEP-2307).
 */
import { isDeepStrictEqual } from 'node:util';

import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { controllerFor, watchDependents, watchOrphans } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { JOBS } from '../job-objects.ts';
import type { Job, JobStatus } from '../job-objects.ts';
import { mergeBody } from '../merge-body.ts';
import { PODS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import { controllerOf } from '../owners.ts';
import { createPodControl } from '../pod-control.ts';
import type { PodControl } from '../pod-control.ts';
import { isJobFinished, planJob } from './job-plan.ts';
import type { JobPlan } from './job-plan.ts';
import { hasEnded, isTracked, jobPod, TRACKING } from './job-pods.ts';

/** Pods that carry the finalizer, by namespace and name of their Job. */
const TRACKED = 'job-tracked';
const JOB_NAME = 'batch.kubernetes.io/job-name';
const OWN_MANAGER = 'kubernetes.io/job-controller';
/** Pods started in one run; the rest follows in the next. */
const BURST = 500;

function jobKeyOf(pod: Pod): string | undefined {
  const name = pod.metadata.labels?.[JOB_NAME];
  return name === undefined ? undefined : `${pod.metadata.namespace ?? ''}/${name}`;
}

class JobController {
  readonly #context: ControllerContext;
  readonly #jobs: FreshView<Job>;
  readonly #pods: Informer<Pod>;
  readonly #freshPods: FreshView<Pod>;
  readonly #control: PodControl;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = context.informers.get(PODS);
    this.#freshPods = createFreshView(this.#pods);
    this.#jobs = createFreshView(context.informers.get(JOBS));
    this.#control = createPodControl({ context, keepDeleted: true });
    this.#pods.addIndex(TRACKED, (pod) => (isTracked(pod) ? [jobKeyOf(pod) ?? ''] : []));
  }

  async reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const job = this.#jobs.get(key);
    await this.#freeOrphans(key, job);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    if ((job.spec.managedBy ?? OWN_MANAGER) !== OWN_MANAGER) return;
    try {
      return await this.#sync(job);
    } catch (error) {
      if (isNotFound(error) && this.#jobs.get(key)?.metadata.uid !== job.metadata.uid) return;
      throw error;
    }
  }

  async #sync(job: Job): Promise<void | { requeueAfterMs: number }> {
    const { namespace, name, uid } = job.metadata;
    const pods = await this.#podsOf(job);
    const plan = planJob(job, pods, this.#context.clock.now());
    if (plan.isExpired) {
      const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
      await this.#context.client.delete(JOBS, { namespace, name }, options);
      return;
    }
    const recorded = plan.record === undefined ? job : await this.#publish(job, plan.record);
    await Promise.all([...plan.release, ...plan.drop].map((pod) => this.#free(pod)));
    await Promise.all([...plan.drop, ...plan.remove].map((pod) => this.#control.delete(job, pod)));
    await this.#start(job, plan);
    await this.#publish(recorded, plan.status);
    this.#tell(job, plan.status);
    return plan.nextMs === undefined ? undefined : { requeueAfterMs: plan.nextMs };
  }

  async #podsOf(job: Job): Promise<Pod[]> {
    const { selector } = job.spec;
    const uid = job.metadata.uid ?? '';
    const own = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
    const claimed = await this.#control.claim(job, { selector: selector ?? own });
    const pods = claimed.map((pod) => this.#freshPods.newest(pod));
    if (isJobFinished(job)) return pods;
    return Promise.all(
      pods.map(async (pod) => {
        const isAdopted =
          !isTracked(pod) && !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;
        return isAdopted
          ? this.#setFinalizers(pod, [...(pod.metadata.finalizers ?? []), TRACKING])
          : pod;
      }),
    );
  }

  async #start(job: Job, plan: JobPlan): Promise<void> {
    const { randomId } = this.#context;
    const [first, ...rest] = plan.create.slice(0, BURST);
    if (first === undefined) return;
    // The first pod alone: when the server refuses it, it refuses all.
    await this.#control.create(job, jobPod(job, first, randomId));
    await Promise.all(rest.map((start) => this.#control.create(job, jobPod(job, start, randomId))));
  }

  async #free(pod: Pod): Promise<void> {
    const newest = this.#freshPods.newest(pod);
    if (!isTracked(newest)) return;
    const finalizers = (newest.metadata.finalizers ?? []).filter((one) => one !== TRACKING);
    await this.#setFinalizers(newest, finalizers);
  }

  async #setFinalizers(pod: Pod, finalizers: string[]): Promise<Pod> {
    const { namespace, name, uid, resourceVersion } = pod.metadata;
    const body = { metadata: { uid, resourceVersion, finalizers } };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    try {
      return this.#freshPods.wrote(await this.#context.client.patch(PODS, target));
    } catch (error) {
      if (isNotFound(error)) return pod;
      throw error;
    }
  }

  /** Pods whose Job is gone, is another one, or is being deleted are held by nobody. */
  async #freeOrphans(key: string, job: Job | undefined): Promise<void> {
    const keeper = job?.metadata.deletionTimestamp === undefined ? job?.metadata.uid : undefined;
    for (const pod of this.#pods.byIndex(TRACKED, key)) {
      if (keeper === undefined || controllerOf(pod)?.uid !== keeper) await this.#free(pod);
    }
  }

  async #publish(job: Job, status: JobStatus): Promise<Job> {
    if (isDeepStrictEqual(status, { ...job.status })) return job;
    const { client } = this.#context;
    const { namespace, name } = job.metadata;
    const uncountedTerminatedPods = mergeBody(
      job.status?.uncountedTerminatedPods,
      status.uncountedTerminatedPods ?? {},
    );
    const body = { status: { ...mergeBody(job.status, status), uncountedTerminatedPods } };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    return this.#jobs.wrote(await client.patch(JOBS, target, { subresource: 'status' }));
  }

  #tell(job: Job, status: JobStatus): void {
    const isNews = (type: string): boolean => {
      const of = (from: JobStatus | undefined) =>
        from?.conditions?.find((one) => one.type === type)?.status;
      return of(status) !== undefined && of(status) !== of(job.status);
    };
    const { recorder } = this.#context;
    const normal = (reason: string, message: string): void =>
      recorder.record(job, { type: 'Normal', reason, message });
    if (isNews('Suspended')) {
      if (job.spec.suspend === true) normal('Suspended', 'Job suspended');
      else normal('Resumed', 'Job resumed');
    }
    if (isNews('Complete')) normal('Completed', 'Job completed');
    const failed = status.conditions?.find(({ type }) => type === 'Failed');
    if (!isNews('Failed') || failed === undefined) return;
    const { reason = 'Failed', message = '' } = failed;
    recorder.record(job, { type: 'Warning', reason, message });
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
  watchOrphans(informers.get(PODS), informers.get(JOBS), {
    selectorOf: ({ spec }) => spec.selector,
    enqueue: (key) => controller.enqueue(key),
  });
  informers.get(PODS).onChange(({ object }) => {
    const key = isTracked(object) ? jobKeyOf(object) : undefined;
    if (key !== undefined) controller.enqueue(key);
  });
  return controller;
}
