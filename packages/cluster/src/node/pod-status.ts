/** The status of a pod as kubelet would write it: pure functions from the state of its containers. */
import { isDeepStrictEqual } from 'node:util';

import { restartsAfter } from './restart-delay.ts';
import type {
  Condition,
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodStatus,
  TerminatedState,
} from '../workloads/objects.ts';

/** The state of one container, as the node tracks it. */
export interface ContainerRecord {
  container: Container;
  state: ContainerState;
  lastTerminated: TerminatedState | undefined;
  restartCount: number;
  ready: boolean;
  started: boolean;
  containerID: string | undefined;
  /** What the image stands for here, e.g. `kagent engine`. */
  imageID: string;
  /** Who its processes run as, where that is known. */
  user?: { uid: number; gid: number } | undefined;
}

export interface PodState {
  pod: Pod;
  podIP: string;
  hostIP: string;
  startTime: string;
  init: ContainerRecord[];
  main: ContainerRecord[];
  /** Added while the pod runs; they count for nothing. */
  ephemeral?: ContainerRecord[];
  /** Why the pod has failed, whatever its containers do. */
  failure?: { reason: string; message: string } | undefined;
  /** Address and volumes are there. */
  isPrepared: boolean;
  now: string;
}

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

function succeeded(record: ContainerRecord): boolean {
  return record.state.terminated?.exitCode === 0;
}

/** True for an init container that runs as long as the pod does. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** An init container that no longer keeps the next one from starting. */
export function isInitDone(record: ContainerRecord): boolean {
  return isSidecar(record.container) ? record.started : succeeded(record);
}

/** The phase by the rules of kubelet (`getPhase`). */
export function podPhase(pod: Pod, init: ContainerRecord[], main: ContainerRecord[]): Phase {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const failedInit = init.find(
    (record) => !isInitDone(record) && record.state.terminated !== undefined,
  );
  if (failedInit !== undefined && policy === 'Never') return 'Failed';
  if (init.some((record) => !isInitDone(record))) return 'Pending';
  const waiting = main.filter((record) => record.state.waiting !== undefined);
  if (waiting.some((record) => record.lastTerminated === undefined)) return 'Pending';
  if (waiting.length > 0 || main.some((record) => record.state.running !== undefined))
    return 'Running';
  const comesBack = ({ container, state }: ContainerRecord): boolean =>
    restartsAfter(container, policy, state.terminated?.exitCode ?? 0);
  if (main.some(comesBack)) return 'Running';
  return main.every(succeeded) ? 'Succeeded' : 'Failed';
}

const OWN_CONDITIONS = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]);

/** Whether the node says so; other conditions belong to whoever set them. */
export function isOwnCondition({ type }: Condition): boolean {
  return OWN_CONDITIONS.has(type);
}

function condition(
  type: string,
  holds: boolean,
  why?: { reason: string; message?: string },
): Condition {
  return holds ? { type, status: 'True' } : { type, status: 'False', ...why };
}

function names(records: ContainerRecord[]): string {
  return `[${records.map((record) => record.container.name).join(' ')}]`;
}

function conditionsOf(state: PodState, phase: Phase): Condition[] {
  const pendingInit = state.init.filter((record) => !isInitDone(record));
  const serving = [...state.init.filter((record) => isSidecar(record.container)), ...state.main];
  const unready = serving.filter((record) => !record.ready);
  const done = phase === 'Succeeded' || phase === 'Failed';
  const notReady = done
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: ${names(unready)}`,
      };
  const isReady = unready.length === 0 && !done;
  const gates = closedGates(state.pod);
  const gated = { reason: 'ReadinessGatesNotReady', message: gates.join(', ') };
  return [
    condition('PodReadyToStartContainers', state.isPrepared && !done),
    condition('Initialized', pendingInit.length === 0, {
      reason: 'ContainersNotInitialized',
      message: `containers with incomplete status: ${names(pendingInit)}`,
    }),
    condition('Ready', isReady && gates.length === 0, isReady ? gated : notReady),
    condition('ContainersReady', isReady, notReady),
    condition('PodScheduled', true),
  ];
}

/** What keeps a pod with ready containers from being ready: conditions that others must set. */
function closedGates({ spec, status }: Pod): string[] {
  return (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = status?.conditions?.find(({ type }) => type === conditionType);
    const gate = `pod readiness gate "${conditionType}"`;
    if (found === undefined) return [`corresponding condition of ${gate} does not exist.`];
    return found.status === 'True'
      ? []
      : [`the status of ${gate} is not "True", but ${found.status}`];
  });
}

function withTimes(conditions: Condition[], state: PodState): Condition[] {
  const before = state.pod.status?.conditions ?? [];
  const { generation } = state.pod.metadata;
  const own = conditions.map((next): Condition => {
    const old = before.find((candidate) => candidate.type === next.type);
    const isSame = old?.status === next.status && old.lastTransitionTime !== undefined;
    return {
      ...next,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastProbeTime: null,
      lastTransitionTime: isSame ? old.lastTransitionTime : state.now,
    };
  });
  const foreign = before.filter((old) => !conditions.some((next) => next.type === old.type));
  return [...own, ...foreign];
}

/** What the container was given: there is no other allocation than what the spec asks for. */
function detailsOf({ container, user }: ContainerRecord): Partial<ContainerStatus> {
  const { resources, volumeMounts = [] } = container;
  const requests = resources?.requests ?? {};
  const mounts = volumeMounts.map(({ name, mountPath, readOnly }) =>
    readOnly === true
      ? { name, mountPath, readOnly, recursiveReadOnly: 'Disabled' }
      : { name, mountPath },
  );
  return {
    ...(Object.keys(requests).length > 0 && { allocatedResources: requests }),
    ...(resources !== undefined && Object.keys(resources).length > 0 && { resources }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    ...(user !== undefined && {
      user: { linux: { uid: user.uid, gid: user.gid, supplementalGroups: [user.gid] } },
    }),
  };
}

function statusOf(record: ContainerRecord): ContainerStatus {
  return {
    ...detailsOf(record),
    name: record.container.name,
    image: record.container.image ?? '',
    imageID: record.imageID,
    ...(record.containerID === undefined ? {} : { containerID: record.containerID }),
    ready: record.ready,
    started: record.started,
    restartCount: record.restartCount,
    state: record.state,
    lastState: record.lastTerminated === undefined ? {} : { terminated: record.lastTerminated },
  };
}

/** An init container is ready when it has done its work. */
function initStatusOf(record: ContainerRecord): ContainerStatus {
  return { ...statusOf(record), ready: record.ready || succeeded(record) };
}

function qosClass(pod: Pod): string {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const lists = all.flatMap(({ resources }) => [resources?.requests, resources?.limits]);
  if (lists.every((list) => list === undefined || Object.keys(list).length === 0))
    return 'BestEffort';
  const isGuaranteed = all.every(({ resources }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources?.limits?.[name];
      return limit !== undefined && isDeepStrictEqual(resources?.requests?.[name] ?? limit, limit);
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

/** The complete status; conditions of others are kept. Two calls with the same state give equal objects. */
export function podStatus(state: PodState): PodStatus {
  const { failure, ephemeral = [] } = state;
  const phase = failure ? 'Failed' : podPhase(state.pod, state.init, state.main);
  const { generation } = state.pod.metadata;
  return {
    phase,
    ...failure,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: withTimes(conditionsOf(state, phase), state),
    hostIP: state.hostIP,
    hostIPs: [{ ip: state.hostIP }],
    podIP: state.podIP,
    podIPs: [{ ip: state.podIP }],
    startTime: state.startTime,
    qosClass: state.pod.status?.qosClass ?? qosClass(state.pod),
    ...(state.init.length === 0 ? {} : { initContainerStatuses: state.init.map(initStatusOf) }),
    containerStatuses: state.main.map(statusOf),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral.map(statusOf) }),
  };
}
