/** CronJobs: starts Jobs on schedule, follows them, keeps a short history. */
import { isDeepStrictEqual } from 'node:util';

import { isAlreadyExists, isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { BY_CONTROLLER, controllerFor, indexByController, watchDependents } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { CRON_JOBS, JOBS } from '../job-objects.ts';
import type { CronJob, Job, ObjectReference } from '../job-objects.ts';
import { createOwnWrites } from '../own-writes.ts';
import type { OwnWrites } from '../own-writes.ts';
import { isControlledBy } from '../owners.ts';
import { timeText } from '../time-text.ts';
import { finishedAs, jobFor, planCronJob, surplusJobs } from './cron-plan.ts';
import type { CronEvent } from './cron-plan.ts';

type Outcome = void | { requeueAfterMs: number };
type Status = NonNullable<CronJob['status']>;

function referenceTo(job: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = job.metadata;
  return { apiVersion: job.apiVersion, kind: job.kind, namespace, name, uid, resourceVersion };
}

class CronJobController {
  readonly #context: ControllerContext;
  readonly #cronJobs: FreshView<CronJob>;
  readonly #jobs: Informer<Job>;
  readonly #ownWrites: OwnWrites<Job>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#cronJobs = createFreshView(context.informers.get(CRON_JOBS));
    this.#jobs = context.informers.get(JOBS);
    indexByController(this.#jobs);
    this.#ownWrites = createOwnWrites(this.#jobs, context.clock);
  }

  async reconcile(key: string): Promise<Outcome> {
    const cronJob = this.#cronJobs.get(key);
    if (cronJob === undefined) return;
    try {
      return await this.#sync(cronJob);
    } catch (error) {
      if (isNotFound(error) && this.#cronJobs.get(key)?.metadata.uid !== cronJob.metadata.uid)
        return;
      throw error;
    }
  }

  async #sync(cronJob: CronJob): Promise<Outcome> {
    const { uid = '' } = cronJob.metadata;
    const jobs = this.#ownWrites.view(uid, this.#jobs.byIndex(BY_CONTROLLER, uid));
    const status = await this.#follow(cronJob, jobs);
    const active = jobs.filter((job) => finishedAs(job) === undefined);
    const plan = planCronJob({ ...cronJob, status }, active, this.#context.clock.now());
    for (const event of plan.events) this.#tell(cronJob, event);
    const next: Status = { ...status };
    for (const job of plan.replace) {
      await this.#delete(cronJob, job);
      next.active = (next.active ?? []).filter((one) => one.uid !== job.metadata.uid);
    }
    if (plan.start !== undefined) {
      const job = await this.#start(cronJob, plan.start);
      if (job !== undefined) {
        const others = (next.active ?? []).filter((one) => one.uid !== job.metadata.uid);
        next.active = [...others, referenceTo(job)];
      }
      next.lastScheduleTime = timeText(plan.start);
    }
    await this.#publish(cronJob, next);
    for (const job of surplusJobs(cronJob, jobs)) await this.#delete(cronJob, job);
    return plan.nextMs === undefined ? undefined : { requeueAfterMs: plan.nextMs };
  }

  #tell(cronJob: CronJob, event: CronEvent): void {
    this.#context.recorder.record(cronJob, event);
  }

  /** The status with the Jobs that ended or disappeared since, with an event for each. */
  async #follow(cronJob: CronJob, jobs: Job[]): Promise<Status> {
    const status: Status = { ...cronJob.status };
    const active: ObjectReference[] = [];
    for (const reference of status.active ?? []) {
      const job = jobs.find(({ metadata }) => metadata.uid === reference.uid);
      if (job === undefined) {
        const { namespace, name = '' } = reference;
        const found = await this.#context.client.find(JOBS, { namespace, name });
        if (found !== undefined && found.metadata.uid === reference.uid) active.push(reference);
        else
          this.#tell(cronJob, {
            type: 'Normal',
            reason: 'MissingJob',
            message: `Active job went missing: ${name}`,
          });
        continue;
      }
      const end = finishedAs(job);
      if (end === undefined) active.push(reference);
      else
        this.#tell(cronJob, {
          type: 'Normal',
          reason: 'SawCompletedJob',
          message: `Saw completed job: ${job.metadata.name}, condition: ${end}`,
        });
    }
    for (const job of jobs) {
      const { completionTime } = job.status ?? {};
      if (finishedAs(job) !== 'Complete' || completionTime === undefined) continue;
      if (completionTime > (status.lastSuccessfulTime ?? ''))
        status.lastSuccessfulTime = completionTime;
    }
    const { active: _, ...rest } = status;
    return active.length === 0 ? rest : { ...rest, active };
  }

  /** Undefined when the run had been started before this process knew. */
  async #start(cronJob: CronJob, time: number): Promise<Job | undefined> {
    const { client } = this.#context;
    const wanted = jobFor(cronJob, time);
    try {
      const job = await client.create(JOBS, wanted);
      this.#ownWrites.created(cronJob.metadata.uid ?? '', job);
      const message = `Created job ${job.metadata.name}`;
      this.#tell(cronJob, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return job;
    } catch (error) {
      if (isAlreadyExists(error)) {
        const job = await client.find(JOBS, wanted.metadata);
        if (job === undefined || !isControlledBy(job, cronJob)) throw error;
        return finishedAs(job) === undefined ? job : undefined;
      }
      const why = error instanceof Error ? error.message : String(error);
      this.#tell(cronJob, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating job: ${why}`,
      });
      throw error;
    }
  }

  async #delete(cronJob: CronJob, job: Job): Promise<void> {
    const { namespace, name, uid } = job.metadata;
    const undo = this.#ownWrites.deleting(job);
    try {
      const options = { propagationPolicy: 'Background', preconditions: { uid } } as const;
      await this.#context.client.delete(JOBS, { namespace, name }, options);
      const message = `Deleted job ${name}`;
      this.#tell(cronJob, { type: 'Normal', reason: 'SuccessfulDelete', message });
    } catch (error) {
      undo();
      if (!isNotFound(error)) throw error;
    }
  }

  async #publish(cronJob: CronJob, status: Status): Promise<void> {
    const wanted = { ...status, active: status.active ?? [] };
    if (isDeepStrictEqual(wanted, { ...cronJob.status, active: cronJob.status?.active ?? [] }))
      return;
    const { namespace, name } = cronJob.metadata;
    const body = {
      status: { ...wanted, active: wanted.active.length === 0 ? null : wanted.active },
    };
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    const options = { subresource: 'status' };
    this.#cronJobs.wrote(await this.#context.client.patch(CRON_JOBS, target, options));
  }
}

export function createCronJobController(context: ControllerContext): Reconciler {
  const { informers } = context;
  const logic = new CronJobController(context);
  const controller = controllerFor(context, {
    name: 'cronjob',
    reconcile: (key) => logic.reconcile(key),
  });
  informers.get(CRON_JOBS).onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  watchDependents(informers.get(JOBS), 'CronJob', (key) => controller.enqueue(key));
  return controller;
}
