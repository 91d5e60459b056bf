/** The first record of a container, and small texts about restarts. Pure. */
import { timeText } from '../workloads/time-text.ts';
import type { Container, ContainerStatus } from '../workloads/objects.ts';
import type { ContainerRecord } from './pod-status.ts';
import { restartsAfter } from './restart-delay.ts';

const LOST_EXIT_CODE = 255;

/**
 * The record of a container as it was found in storage. Whatever ran there ended with the former node process: it counts
 * as one restart, unless the restart policy lets it rest.
 */
export function initialRecord(options: {
  container: Container;
  before: ContainerStatus | undefined;
  policy: string;
  now: number;
}): ContainerRecord {
  const { container, before, policy, now } = options;
  const record: ContainerRecord = {
    container,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastTerminated: before?.lastState?.terminated,
    restartCount: before?.restartCount ?? 0,
    ready: false,
    started: false,
    containerID: undefined,
    imageID: before?.imageID ?? '',
  };
  const running = before?.state?.running;
  const lost = {
    exitCode: LOST_EXIT_CODE,
    reason: 'Unknown',
    message: 'The container ended when its node stopped',
    startedAt: running?.startedAt,
    finishedAt: timeText(now),
  };
  const ended = before?.state?.terminated ?? (running === undefined ? undefined : lost);
  if (ended === undefined) {
    return record.lastTerminated === undefined
      ? record
      : { ...record, restartCount: record.restartCount + 1 };
  }
  if (!restartsAfter(container, policy, ended.exitCode)) {
    return { ...record, state: { terminated: ended }, containerID: before?.containerID };
  }
  return { ...record, lastTerminated: ended, restartCount: record.restartCount + 1 };
}

/** `10s`, `2m40s`. */
export function delayText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}
