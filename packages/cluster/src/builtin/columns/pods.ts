/** Columns of pods: the STATUS text is the one people read first when something is wrong. */
import type { PrinterColumn } from '../../api/kinds.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import { items, number, part, text } from '../strategies/rules.ts';
import { AGE, column, formatLabels, imageColumns, NONE, since, wide } from './cells.ts';

export const podColumns: PrinterColumn[] = [
  column('Ready', (pod) => {
    const { ready, total } = summarisePod(pod);
    return `${ready}/${total}`;
  }),
  column('Status', (pod) => summarisePod(pod).status),
  column('Restarts', (pod, now) => {
    const { restarts, lastRestart } = summarisePod(pod);
    if (restarts === 0 || lastRestart === '') return String(restarts);
    return `${restarts} (${since(lastRestart, now)} ago)`;
  }),
  AGE,
  wide('IP', (pod) => podIP(pod) || NONE),
  wide('Node', (pod) => text(part(pod, 'spec'), 'nodeName') || NONE),
  wide('Nominated Node', (pod) => text(part(pod, 'status'), 'nominatedNodeName') || NONE),
  wide('Readiness Gates', readinessGates),
];

const COMPLETED: Record<string, string> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
};

/** Says of pods that have run to their end that they have. */
export function podRowConditions(pod: JsonObject): object[] | undefined {
  const reason = text(part(pod, 'status'), 'phase');
  const message = COMPLETED[reason];
  return message === undefined
    ? undefined
    : [{ type: 'Completed', status: 'True', reason, message }];
}

export const podTemplateColumns: PrinterColumn[] = [
  ...imageColumns((object) => part(object, 'template')).map((shown) => ({ ...shown, priority: 0 })),
  column('Pod Labels', (object) =>
    formatLabels(part(part(part(object, 'template'), 'metadata'), 'labels')),
  ),
];

function podIP(pod: JsonObject): string {
  const status = part(pod, 'status');
  const [first] = items(status, 'podIPs');
  return (first && text(first[0], 'ip')) ?? text(status, 'podIP');
}

function readinessGates(pod: JsonObject): string {
  const gates = items(part(pod, 'spec'), 'readinessGates').map(([gate]) =>
    text(gate, 'conditionType'),
  );
  if (gates.length === 0) return NONE;
  const conditions = items(part(pod, 'status'), 'conditions').map(([condition]) => condition);
  const passed = gates.filter((gate) =>
    conditions.some((condition) => condition.type === gate && condition.status === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}

export interface PodSummary {
  /** As `kubectl get pods` shows it, e.g. `CrashLoopBackOff`, `Init:0/1`, `Completed`, `Terminating`. */
  status: string;
  ready: number;
  total: number;
  restarts: number;
  /** Instant of the last restart, empty if there was none. */
  lastRestart: string;
}

/** What kubectl tells of a pod in one line. */
export function summarisePod(pod: JsonObject): PodSummary {
  const [spec, status] = [part(pod, 'spec'), part(pod, 'status')];
  const sidecars = new Set(
    items(spec, 'initContainers')
      .filter(([container]) => container.restartPolicy === 'Always')
      .map(([container]) => text(container, 'name')),
  );
  const summary: PodSummary = {
    status: text(status, 'reason') || text(status, 'phase'),
    ready: 0,
    total: items(spec, 'containers').length + sidecars.size,
    restarts: 0,
    lastRestart: '',
  };
  if (hasCondition(status, 'PodScheduled', { reason: 'SchedulingGated' })) {
    summary.status = 'SchedulingGated';
  }
  const isInitializing = summariseInit(summary, { spec, status, sidecars });
  if (!isInitializing || hasCondition(status, 'Initialized', { status: 'True' })) {
    summariseContainers(summary, status, sidecars);
  }
  if (part(pod, 'metadata').deletionTimestamp !== undefined) {
    const phase = text(status, 'phase');
    if (status.reason === 'NodeLost') summary.status = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.status = 'Terminating';
  }
  return summary;
}

function hasCondition(status: JsonObject, type: string, wanted: JsonObject): boolean {
  return items(status, 'conditions').some(
    ([condition]) =>
      condition.type === type && Object.keys(wanted).every((key) => condition[key] === wanted[key]),
  );
}

/** Counts one container's restarts in. */
function countRestarts(summary: PodSummary, container: JsonObject): void {
  summary.restarts += number(container, 'restartCount') ?? 0;
  const finished = text(part(part(container, 'lastState'), 'terminated'), 'finishedAt');
  if (finished > summary.lastRestart) summary.lastRestart = finished;
}

/** @returns whether init containers are still at work */
function summariseInit(
  summary: PodSummary,
  pod: { spec: JsonObject; status: JsonObject; sidecars: ReadonlySet<string> },
): boolean {
  const total = items(pod.spec, 'initContainers').length;
  for (const [index, [container]] of items(pod.status, 'initContainerStatuses').entries()) {
    countRestarts(summary, container);
    const state = part(container, 'state');
    const { terminated, waiting } = state;
    if (isObject(terminated) && (number(terminated, 'exitCode') ?? 0) === 0) continue;
    if (pod.sidecars.has(text(container, 'name')) && container.started === true) {
      if (container.ready === true) summary.ready += 1;
      continue;
    }
    if (isObject(terminated)) summary.status = `Init:${terminationReason(terminated)}`;
    else {
      const reason = isObject(waiting) ? text(waiting, 'reason') : '';
      const isPlain = reason === '' || reason === 'PodInitializing';
      summary.status = isPlain ? `Init:${index}/${total}` : `Init:${reason}`;
    }
    return true;
  }
  return false;
}

function terminationReason(terminated: JsonObject): string {
  const reason = text(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = number(terminated, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${number(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function summariseContainers(
  summary: PodSummary,
  status: JsonObject,
  sidecars: ReadonlySet<string>,
): void {
  summary.restarts = 0;
  summary.lastRestart = '';
  for (const [container] of items(status, 'initContainerStatuses')) {
    if (sidecars.has(text(container, 'name'))) countRestarts(summary, container);
  }
  let hasRunning = false;
  for (const [container] of items(status, 'containerStatuses').toReversed()) {
    countRestarts(summary, container);
    const { waiting, terminated, running } = part(container, 'state');
    const reason = isObject(waiting) ? text(waiting, 'reason') : '';
    if (reason !== '') summary.status = reason;
    else if (isObject(terminated)) summary.status = terminationReason(terminated);
    else if (container.ready === true && isObject(running)) {
      hasRunning = true;
      summary.ready += 1;
    }
  }
  if (summary.status === 'Completed' && hasRunning) {
    const isReady = hasCondition(status, 'Ready', { status: 'True' });
    summary.status = isReady ? 'Running' : 'NotReady';
  }
}
