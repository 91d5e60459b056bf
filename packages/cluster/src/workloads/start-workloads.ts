/** Runs the controllers that make a Kubernetes API a cluster: namespaces, garbage, Deployments, Services, Jobs. */
import { CRDS, isAlreadyExists } from '@kagent/kube';
import type { Clock, KubeClient, Logger, Reconciler } from '@kagent/kube';

import { createClusterRoleController } from './cluster-roles/cluster-role-controller.ts';
import { indexByController } from './controller.ts';
import type { ControllerContext } from './controller.ts';
import { createCronJobController } from './cron-jobs/cron-job-controller.ts';
import { createDaemonSetController } from './daemon-sets/daemon-set-controller.ts';
import { createDeploymentController } from './deployments/deployment-controller.ts';
import { createBudgetController } from './disruption-budgets/budget-controller.ts';
import { createEventRecorder } from './event-recorder.ts';
import type { EventRecorder } from './event-recorder.ts';
import { GarbageCollector } from './garbage-collector/garbage-collector.ts';
import { createInformerSet } from './informer-set.ts';
import { createJobController } from './jobs/job-controller.ts';
import { createNamespaceController } from './namespaces/namespace-controller.ts';
import { createNodeLifecycleController } from './nodes/node-lifecycle-controller.ts';
import { createTaintEvictionController } from './nodes/taint-eviction-controller.ts';
import { namedClient } from './named-client.ts';
import { PODS } from './objects.ts';
import {
  createReplicaSetController,
  createReplicationControllerController,
} from './replica-sets/replica-set-controller.ts';
import { createStatefulSetController } from './stateful-sets/stateful-set-controller.ts';
import { createServiceAccountTokenController } from './service-account-tokens/service-account-token-controller.ts';
import type { IssueSecretToken } from './service-account-tokens/service-account-token-controller.ts';
import { createResourceQuotaController } from './resource-quotas/resource-quota-controller.ts';
import { createServiceController } from './services/service-controller.ts';
import { STORAGE_CLASSES } from './storage-objects.ts';
import { STANDARD_CLASS } from './volumes/binding.ts';
import { createClaimController } from './volumes/claim-controller.ts';
import { removeVolumeFolder } from './volumes/local-volumes.ts';
import { createVolumeController } from './volumes/volume-controller.ts';

export interface WorkloadsOptions {
  client: KubeClient;
  logger: Logger;
  clock: Clock;
  randomId(): string;
  /** PEM of the API server's certificate authority, for `kube-root-ca.crt`. Default: empty. */
  rootCertificate?: string;
  /** Signs the tokens in Secrets of service accounts; without it those Secrets stay empty. */
  issueSecretToken?: IssueSecretToken;
  /** Folder of the node in which volumes are provisioned, below it one each. Default `/var/lib/kagent/volumes`. */
  volumesDirectory?: string;
  /** Nodes whose health somebody else reports and judges, e.g. those of scenarios. */
  ignoresNode?(name: string): boolean;
}

export interface RunningWorkloads {
  /** Resolves when all controllers have the state of the cluster and work. */
  ready: Promise<void>;
  /** Whether no controller has anything to look at now. */
  isIdle(): boolean;
  /** Resolves when no controller runs any more. Idempotent. */
  stop(): Promise<void>;
}

const KINDS_REFRESH_MS = 200;
const KINDS_RETRY_MS = 1000;
const EVENT_FLUSH_MS = 2000;

/** Starts at once. One instance a cluster: two would work, but do everything twice. */
export function startWorkloads(options: WorkloadsOptions): RunningWorkloads {
  const { logger, clock, randomId } = options;
  const client = namedClient(options.client, 'kube-controller-manager');
  const stopping = new AbortController();
  const { signal } = stopping;
  const informers = createInformerSet({ client, clock, logger });
  const recorders: EventRecorder[] = [];
  /** What a controller works with, its events under its own name. */
  const contextOf = (component: string): ControllerContext => {
    const recorder = createEventRecorder({ client, component, clock, logger });
    recorders.push(recorder);
    return { client, informers, recorder, clock, logger, randomId };
  };
  indexByController(informers.get(PODS));
  const collector = new GarbageCollector(contextOf('garbage-collector-controller'));
  const reconcilers = [...controllers(options, contextOf), collector.reconciler];
  const running: Promise<void>[] = [];

  async function start(): Promise<void> {
    const kinds = watchKinds({ context: contextOf('kube-controller-manager'), collector, signal });
    running.push(kinds.done);
    await kinds.first;
    await informers.synced();
    await client.create(STORAGE_CLASSES, STANDARD_CLASS).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
    if (!signal.aborted) running.push(...reconcilers.map((reconciler) => reconciler.run(signal)));
  }

  const ready = start();
  ready.catch(() => {});
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    stopping.abort(new Error('the workload controllers stop'));
    await informers.stop();
    await ready.catch(() => {});
    await Promise.all(running);
    const flushed = AbortSignal.timeout(EVENT_FLUSH_MS);
    await Promise.all(recorders.map((recorder) => recorder.stop(flushed)));
    await informers.stop();
  }

  return {
    ready,
    isIdle: () => reconcilers.every(({ queue }) => !queue.isBusy()),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** All but the garbage collector. Each speaks under the name it has in kube-controller-manager. */
function controllers(
  options: WorkloadsOptions,
  contextOf: (component: string) => ControllerContext,
): Reconciler[] {
  const { ignoresNode, rootCertificate = '' } = options;
  const silent = contextOf('kube-controller-manager');
  return [
    createNamespaceController({ ...silent, rootCertificate }),
    createDeploymentController(contextOf('deployment-controller')),
    createReplicaSetController(contextOf('replicaset-controller')),
    createReplicationControllerController(contextOf('replication-controller')),
    createStatefulSetController(contextOf('statefulset-controller')),
    createDaemonSetController(contextOf('daemonset-controller')),
    createJobController(contextOf('job-controller')),
    createCronJobController(contextOf('cronjob-controller')),
    createServiceController(contextOf('endpoint-slice-controller')),
    createBudgetController(contextOf('controllermanager')),
    ...volumeControllers(options, contextOf('persistentvolume-controller')),
    createClusterRoleController(silent),
    ...tokenControllers(options, silent),
    createResourceQuotaController(silent),
    createNodeLifecycleController({ ...contextOf('node-controller'), ignoresNode }),
    createTaintEvictionController({ ...contextOf('taint-eviction-controller'), ignoresNode }),
  ];
}

function volumeControllers(
  { volumesDirectory = '/var/lib/kagent/volumes' }: WorkloadsOptions,
  context: ControllerContext,
): Reconciler[] {
  const removeVolume = (path: string): Promise<void> => removeVolumeFolder(volumesDirectory, path);
  return [
    createClaimController({ ...context, volumesDirectory }),
    createVolumeController({ ...context, removeVolume }),
  ];
}

function tokenControllers(
  { issueSecretToken, rootCertificate = '' }: WorkloadsOptions,
  context: ControllerContext,
): Reconciler[] {
  if (issueSecretToken === undefined) return [];
  const options = { ...context, issueToken: issueSecretToken, rootCertificate };
  return [createServiceAccountTokenController(options)];
}

/** Keeps the collector's kinds up to date with the CRDs. `first` resolves when the kinds are known for the first time. */
function watchKinds(options: {
  context: ControllerContext;
  collector: GarbageCollector;
  signal: AbortSignal;
}): {
  first: Promise<void>;
  done: Promise<void>;
} {
  const { context, collector, signal } = options;
  const { clock, logger, informers } = context;
  const first = Promise.withResolvers<void>();
  let isStale = true;
  let wake = Promise.withResolvers<void>();
  const touch = (): void => {
    isStale = true;
    wake.resolve();
  };
  informers.get(CRDS).onChange(touch);
  signal.addEventListener('abort', () => wake.resolve(), { once: true });

  async function run(): Promise<void> {
    while (!signal.aborted) {
      if (!isStale) {
        wake = Promise.withResolvers<void>();
        await wake.promise;
        await clock.sleep(KINDS_REFRESH_MS, signal).catch(() => {});
        continue;
      }
      isStale = false;
      try {
        await collector.refreshKinds();
        first.resolve();
      } catch (error) {
        if (signal.aborted) break;
        logger.warn({ error: String(error) }, 'the kinds of the API server could not be read');
        isStale = true;
        await clock.sleep(KINDS_RETRY_MS, signal).catch(() => {});
      }
    }
    first.resolve();
  }

  return { first: first.promise, done: run() };
}
