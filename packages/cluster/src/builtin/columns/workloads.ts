/** Columns of the workload kinds. */
import { humanDuration } from '../../api/human-duration.ts';
import type { PrinterColumn } from '../../api/kinds.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import { isUnset, items, number, part, text } from '../strategies/rules.ts';
import {
  AGE,
  column,
  count,
  formatBoolean,
  formatLabels,
  imageColumns,
  NONE,
  quantity,
  since,
  templateColumns,
  wide,
  workloadSelector,
} from './cells.ts';

const specCount = (key: string) => (object: JsonObject) => number(part(object, 'spec'), key) ?? 0;
const statusCount = (key: string) => (object: JsonObject) =>
  number(part(object, 'status'), key) ?? 0;

export const deploymentColumns: PrinterColumn[] = [
  column(
    'Ready',
    (object) => `${statusCount('readyReplicas')(object)}/${specCount('replicas')(object)}`,
  ),
  quantity('Up-to-date', statusCount('updatedReplicas')),
  quantity('Available', statusCount('availableReplicas')),
  AGE,
  ...templateColumns(workloadSelector),
];

const replicaCounts: PrinterColumn[] = [
  count('Desired', specCount('replicas')),
  count('Current', statusCount('replicas')),
  count('Ready', statusCount('readyReplicas')),
  AGE,
];

export const replicaSetColumns: PrinterColumn[] = [
  ...replicaCounts,
  ...templateColumns(workloadSelector),
];

export const replicationControllerColumns: PrinterColumn[] = [
  ...replicaCounts,
  ...templateColumns((object) => formatLabels(part(part(object, 'spec'), 'selector'))),
];

export const statefulSetColumns: PrinterColumn[] = [
  column(
    'Ready',
    (object) => `${statusCount('readyReplicas')(object)}/${specCount('replicas')(object)}`,
  ),
  AGE,
  ...imageColumns((object) => part(part(object, 'spec'), 'template')),
];

export const daemonSetColumns: PrinterColumn[] = [
  count('Desired', statusCount('desiredNumberScheduled')),
  count('Current', statusCount('currentNumberScheduled')),
  count('Ready', statusCount('numberReady')),
  count('Up-to-date', statusCount('updatedNumberScheduled')),
  count('Available', statusCount('numberAvailable')),
  column('Node Selector', (object) => {
    const template = part(part(object, 'spec'), 'template');
    return formatLabels(part(part(template, 'spec'), 'nodeSelector'));
  }),
  AGE,
  ...templateColumns(workloadSelector),
];

export const controllerRevisionColumns: PrinterColumn[] = [
  column('Controller', (object) => {
    const [owner] = items(part(object, 'metadata'), 'ownerReferences').find(
      ([reference]) => reference.controller === true,
    ) ?? [undefined];
    if (owner === undefined) return NONE;
    const group = text(owner, 'apiVersion').includes('/')
      ? `.${text(owner, 'apiVersion').split('/')[0]}`
      : '';
    return `${text(owner, 'kind').toLowerCase()}${group}/${text(owner, 'name')}`;
  }),
  quantity('Revision', (object) => number(object, 'revision') ?? 0),
  AGE,
];

export const jobColumns: PrinterColumn[] = [
  column('Status', jobStatus),
  column('Completions', completions),
  column('Duration', (object, now) => {
    const { startTime, completionTime } = part(object, 'status');
    if (typeof startTime !== 'string') return '';
    const end = typeof completionTime === 'string' ? Date.parse(completionTime) : now;
    return humanDuration(end - Date.parse(startTime));
  }),
  AGE,
  ...templateColumns(workloadSelector),
];

/** Conditions in the order they are looked for, with what is shown; deletion comes behind the first two. */
const JOB_CONDITIONS = ['Complete', 'Failed', 'Suspended', 'FailureTarget'] as const;

function jobStatus(job: JsonObject): string {
  const has = (type: string) =>
    items(part(job, 'status'), 'conditions').some(
      ([condition]) => condition.type === type && condition.status === 'True',
    );
  const found = JOB_CONDITIONS.find(has);
  if (found === 'Complete' || found === 'Failed') return found;
  if (!isUnset(part(job, 'metadata').deletionTimestamp)) return 'Terminating';
  if (found !== undefined) return found;
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completions(job: JsonObject): string {
  const succeeded = statusCount('succeeded')(job);
  const spec = part(job, 'spec');
  const wanted = number(spec, 'completions');
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = number(spec, 'parallelism') ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

const jobTemplate = (object: JsonObject) => part(part(part(object, 'spec'), 'jobTemplate'), 'spec');

export const cronJobColumns: PrinterColumn[] = [
  column('Schedule', (object) => text(part(object, 'spec'), 'schedule')),
  column('Timezone', (object) => text(part(object, 'spec'), 'timeZone') || NONE),
  {
    name: 'Suspend',
    type: 'boolean',
    cell: (object) => formatBoolean(part(object, 'spec').suspend),
  },
  count('Active', (object) => items(part(object, 'status'), 'active').length),
  column('Last Schedule', (object, now) => {
    const { lastScheduleTime } = part(object, 'status');
    return isUnset(lastScheduleTime) ? NONE : since(lastScheduleTime, now);
  }),
  AGE,
  ...imageColumns((object) => part(jobTemplate(object), 'template')),
  wide('Selector', (object) => {
    const { selector } = jobTemplate(object);
    return isObject(selector) ? workloadSelector({ spec: { selector } }, 0) : NONE;
  }),
];
