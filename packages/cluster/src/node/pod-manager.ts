/** Keeps the pods of this node as the API server says: binds, starts, ends, removes. */
import { createReconciler, isConflict, isNotFound } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { PODS } from '../workloads/objects.ts';
import type { Pod } from '../workloads/objects.ts';
import { timeText } from '../workloads/time-text.ts';
import type { Binder } from './binder.ts';
import { configReferences } from './config-source.ts';
import { PodWorker } from './pod-worker.ts';
import type { PodHost } from './pod-worker.ts';
import { NO_FREE_PORT, wantsTakenPort } from './scheduling/filters.ts';

const CONCURRENCY = 32;
/** Pods that come up at the same time; in a wave the first ones are ready soon, instead of all of them late. */
const MAX_STARTING = 16;
const DEFAULT_GRACE_SECONDS = 30;
/** The platform does not wait longer for its containers when it stops. */
const SHUTDOWN_GRACE_MS = 5000;

function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function graceMs(pod: Pod): number {
  const seconds = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds;
  return (seconds ?? DEFAULT_GRACE_SECONDS) * 1000;
}

export class PodManager {
  readonly reconciler: Reconciler;
  readonly #host: PodHost;
  readonly #pods: Informer<Pod>;
  readonly #binder: Binder;
  readonly #workers = new Map<string, PodWorker>();
  /** `namespace/Kind/name` of a ConfigMap or Secret → the pods that use it. */
  readonly #users = new Map<string, Set<PodWorker>>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #starting = new Set<string>();
  /** Pods that wait for a place in `#starting`, in order. */
  readonly #waiting = new Set<string>();

  constructor(
    host: Omit<PodHost, 'enqueue' | 'settled'>,
    options: { pods: Informer<Pod>; binder: Binder },
  ) {
    this.#host = {
      ...host,
      enqueue: (key) => this.reconciler.enqueue(key),
      settled: (key) => this.#settled(key),
    };
    this.#pods = options.pods;
    this.#binder = options.binder;
    this.reconciler = createReconciler({
      name: 'pod',
      reconcile: (key) => this.#reconcile(key),
      clock: host.clock,
      logger: host.logger,
      concurrency: CONCURRENCY,
    });
    options.pods.onChange(({ object }) =>
      this.reconciler.enqueue(`${object.metadata.namespace ?? ''}/${object.metadata.name}`),
    );
  }

  worker(key: string): PodWorker | undefined {
    return this.#workers.get(key);
  }

  workers(): Iterable<PodWorker> {
    return this.#workers.values();
  }

  /** Tells the pods that use the object. */
  configChanged(
    kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim',
    object: { metadata: { namespace?: string; name: string } },
  ): void {
    const { namespace = '', name } = object.metadata;
    for (const worker of this.#users.get(`${namespace}/${kind}/${name}`) ?? [])
      worker.configChanged();
  }

  /** Ends what runs, without a word to the API server: the pods come back with the next start. */
  async stop(): Promise<void> {
    const graces = [...this.#workers.values()].map((worker) =>
      worker.end(Math.min(SHUTDOWN_GRACE_MS, graceMs(worker.facts.pod))),
    );
    await Promise.all(graces);
    await Promise.all(this.#ending.values());
  }

  async #reconcile(key: string): Promise<void | { requeueAfterMs: number }> {
    const pod = this.#pods.get(key);
    const worker = this.#workers.get(key);
    if (worker !== undefined && worker.uid !== pod?.metadata.uid) {
      void this.#retire(worker, graceMs(worker.facts.pod));
      return;
    }
    if (pod?.metadata.deletionTimestamp !== undefined) return this.#remove(pod, worker);
    if (pod === undefined || this.#ending.has(key)) return;
    if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') return this.#binder.bind(pod);
    if (pod.spec.nodeName !== this.#host.nodeName) return;
    if (worker === undefined && isOver(pod)) return;
    if (worker === undefined && this.#starting.size >= MAX_STARTING) {
      this.#waiting.add(key);
      return;
    }
    if (worker === undefined && wantsTakenPort(pod, () => this.#others(pod)))
      return this.#refuse(pod, { reason: 'NodePorts', problem: NO_FREE_PORT });
    await (worker ?? this.#admit(pod)).sync(pod);
  }

  *#others(pod: Pod): Iterable<Pod> {
    for (const { facts, uid } of this.#workers.values())
      if (uid !== pod.metadata.uid && !isOver(facts.pod)) yield facts.pod;
  }

  /** A pod that was given to this node past the scheduler and cannot run here, as kubelet tells of it. */
  async #refuse(pod: Pod, { reason, problem }: { reason: string; problem: string }): Promise<void> {
    const { client, clock, recorder } = this.#host;
    const why = `Predicate ${reason} failed: ${problem}`;
    recorder.record(pod, { type: 'Warning', reason, message: why });
    const status = {
      phase: 'Failed',
      reason,
      message: `Pod was rejected: ${why}`,
      startTime: timeText(clock.now()),
    };
    const { namespace, name } = pod.metadata;
    const patch = { type: 'merge', body: { status } } as const;
    await client.patch(PODS, { namespace, name, patch }, { subresource: 'status' });
  }

  /** Frees the pod's place and gives it to the next. */
  #settled(key: string): void {
    if (!this.#starting.delete(key)) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.reconciler.enqueue(next);
  }

  #admit(pod: Pod): PodWorker {
    const worker = new PodWorker(this.#host, pod);
    this.#workers.set(worker.key, worker);
    this.#starting.add(worker.key);
    this.#waiting.delete(worker.key);
    for (const reference of this.#references(pod)) {
      const users = this.#users.get(reference) ?? new Set();
      users.add(worker);
      this.#users.set(reference, users);
    }
    return worker;
  }

  #references(pod: Pod): string[] {
    return configReferences(pod).map((reference) => `${pod.metadata.namespace ?? ''}/${reference}`);
  }

  /** Ends the worker in the background; the key is looked at again when it is gone. */
  #retire(worker: PodWorker, grace: number): Promise<void> {
    const known = this.#ending.get(worker.key);
    if (known !== undefined) {
      void worker.end(grace);
      return known;
    }
    this.#settled(worker.key);
    const ended = this.#bury(worker, grace).finally(() => {
      this.#ending.delete(worker.key);
      this.reconciler.enqueue(worker.key);
    });
    this.#ending.set(worker.key, ended);
    return ended;
  }

  async #bury(worker: PodWorker, grace: number): Promise<void> {
    await worker.end(grace);
    const { pod } = worker.facts;
    if (pod.metadata.deletionTimestamp !== undefined) await this.#release(pod, worker);
    this.#workers.delete(worker.key);
    for (const reference of this.#references(pod)) {
      const users = this.#users.get(reference);
      users?.delete(worker);
      if (users?.size === 0) this.#users.delete(reference);
    }
    try {
      await this.#host.runner.removeFiles(worker.facts);
      const { namespace = '', name } = pod.metadata;
      await this.#host.logs.remove({ namespace, name, uid: worker.uid });
    } catch (error) {
      this.#host.logger.warn(
        { pod: worker.key, error: String(error) },
        'the files of a pod could not be deleted',
      );
    }
  }

  /** Takes the pod from the API server for good; a refusal is tried again by `#remove`. */
  async #release(pod: Pod, worker: PodWorker | undefined): Promise<void> {
    const { namespace, name, uid, finalizers = [] } = pod.metadata;
    try {
      if (finalizers.length > 0) await worker?.publishFinal();
      await this.#host.client.delete(
        PODS,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      this.#host.logger.warn(
        { pod: `${namespace}/${name}`, error: String(error) },
        'a pod could not be removed',
      );
    }
  }

  async #remove(pod: Pod, worker: PodWorker | undefined): Promise<void> {
    if (worker !== undefined) {
      worker.facts.pod = pod;
      void this.#retire(worker, graceMs(pod));
      return;
    }
    if (this.#ending.has(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`)) return;
    const isOurs = pod.spec.nodeName === undefined || pod.spec.nodeName === this.#host.nodeName;
    if (isOurs && (pod.metadata.finalizers ?? []).length === 0) await this.#release(pod, undefined);
  }
}
