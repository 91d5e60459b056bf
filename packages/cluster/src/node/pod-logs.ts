/** Container logs as `kubectl logs` asks for them, with the refusals kubelet gives. */
import { KubeError } from '@kagent/kube';
import type { Clock, Informer } from '@kagent/kube';

import type { ContainerStatus, Pod } from '../workloads/objects.ts';
import type { LogStore } from './logs/log-store.ts';

export interface PodLogQuery {
  namespace: string;
  pod: string;
  /** May be left out for a pod of one container. */
  container?: string;
  tailLines?: number;
  sinceSeconds?: number;
  /** Milliseconds since the epoch; instead of `sinceSeconds`. */
  since?: number;
  /** Keeps the stream open until the container ends or `signal` aborts. */
  follow?: boolean;
  /** The run before the last restart. */
  previous?: boolean;
  /** Prefixes each line with its RFC 3339 time. */
  timestamps?: boolean;
  limitBytes?: number;
  signal?: AbortSignal;
}

export interface PodLogs {
  /**
   * Whole lines, in chunks. Rejects with KubeError: `NotFound` for an unknown pod, `BadRequest` when the container must
   * be named, is unknown, has not started yet, or has no previous run.
   */
  read(query: PodLogQuery): Promise<AsyncIterable<string>>;
}

function refuse(reason: 'NotFound' | 'BadRequest', message: string): KubeError {
  const code = reason === 'NotFound' ? 404 : 400;
  const status = {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  } as const;
  return new KubeError({ reason, code, message, status });
}

function containerOf(pod: Pod, wanted: string | undefined): string {
  const names = pod.spec.containers.map(({ name }) => name);
  const init = (pod.spec.initContainers ?? []).map(({ name }) => name);
  if (wanted === undefined || wanted === '') {
    if (names.length === 1) return names[0]!;
    const hint = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
    throw refuse(
      'BadRequest',
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]${hint}`,
    );
  }
  const debug = (pod.spec.ephemeralContainers ?? []).map(({ name }) => name);
  if ([...names, ...init, ...debug].includes(wanted)) return wanted;
  throw refuse('BadRequest', `container ${wanted} is not valid for pod ${pod.metadata.name}`);
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const all = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}

export function createPodLogs(options: {
  pods: Pick<Informer<Pod>, 'get'>;
  store: Pick<LogStore, 'has' | 'previousAttempt' | 'read'>;
  clock: Clock;
  /** Restart count of the run that is current here; newer than what the API server knows. */
  attempt(podKey: string, container: string): number | undefined;
}): PodLogs {
  const { pods, store, clock } = options;

  function attemptOf(pod: Pod, container: string, previous: boolean): number {
    const { namespace = '', name, uid = '' } = pod.metadata;
    const current =
      options.attempt(`${namespace}/${name}`, container) ??
      statusOf(pod, container)?.restartCount ??
      0;
    const id = { pod: { namespace, name, uid }, container, attempt: current };
    const state = statusOf(pod, container)?.state;
    // a run that said nothing left no file, and its log is empty
    const hasEnded = statusOf(pod, container)?.lastState?.terminated !== undefined;
    // the status may be older than the run: then it tells of a wait that is over
    const isBetween =
      state?.waiting?.reason === 'CrashLoopBackOff' &&
      statusOf(pod, container)?.restartCount === current;
    if (previous) {
      const before = store.previousAttempt(isBetween ? { ...id, attempt: current + 1 } : id);
      if (before !== undefined) return before;
      if (hasEnded) return current;
      throw refuse(
        'BadRequest',
        `previous terminated container "${container}" in pod "${name}" not found`,
      );
    }
    if (store.has(id)) return current;
    const last = store.previousAttempt(id);
    if (last !== undefined) return last;
    if (hasEnded || state?.running !== undefined || state?.terminated !== undefined) return current;
    const reason = state?.waiting?.reason ?? 'ContainerCreating';
    throw refuse(
      'BadRequest',
      `container "${container}" in pod "${name}" is waiting to start: ${reason}`,
    );
  }

  return {
    async read(query) {
      const pod = pods.get({ namespace: query.namespace, name: query.pod });
      if (pod === undefined) throw refuse('NotFound', `pods "${query.pod}" not found`);
      const container = containerOf(pod, query.container);
      const attempt = attemptOf(pod, container, query.previous === true);
      const { namespace = '', name, uid = '' } = pod.metadata;
      const { sinceSeconds, tailLines, timestamps, limitBytes, follow } = query;
      const since =
        query.since ?? (sinceSeconds === undefined ? undefined : clock.now() - sinceSeconds * 1000);
      const signal = query.signal ?? new AbortController().signal;
      const id = { pod: { namespace, name, uid }, container, attempt };
      return store.read(id, { tailLines, since, timestamps, limitBytes, follow, signal });
    },
  };
}
