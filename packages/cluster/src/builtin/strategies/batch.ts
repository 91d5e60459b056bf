/** Jobs and CronJobs. */
import { invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { scheduleProblem } from './cron-schedule.ts';
import { defaultTemplate } from './pod-defaults.ts';
import {
  ensureObject,
  immutable,
  isUnset,
  nonNegativeFields,
  number,
  part,
  setDefault,
  text,
  type Rules,
} from './rules.ts';
import { templateErrors } from './workloads.ts';

const MAX_INT32 = 2147483647;

export const job: Rules = {
  create: generateSelector,
  update(object, old) {
    const [spec, before] = [ensureObject(object, 'spec'), part(old, 'spec')];
    if (isUnset(spec.selector) && before.selector !== undefined) spec.selector = before.selector;
  },
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultJobSpec(spec);
    const labels = part(part(part(spec, 'template'), 'metadata'), 'labels');
    const metadata = ensureObject(object, 'metadata');
    if (Object.keys(labels).length > 0 && Object.keys(part(metadata, 'labels')).length === 0) {
      metadata.labels = { ...labels };
    }
    defaultTemplate(object);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors = jobSpecErrors(spec, 'spec');
    if (spec.manualSelector === true && !isObject(spec.selector)) {
      errors.push(required('spec.selector'));
    }
    if (old !== undefined) errors.push(...jobUpdateErrors(spec, part(old, 'spec')));
    return errors;
  },
  fields: (object) => ({
    'status.successful': String(number(part(object, 'status'), 'succeeded') ?? 0),
  }),
};

/** Pods of a job are found by the uid of the job, unless the user brought a selector. */
function generateSelector(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  if (spec.manualSelector === true) return;
  const { uid, name } = part(object, 'metadata');
  const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
  if (typeof name === 'string' && name !== '') {
    setDefault(labels, 'batch.kubernetes.io/job-name', name);
    setDefault(labels, 'job-name', name);
  }
  if (typeof uid !== 'string') return;
  labels['batch.kubernetes.io/controller-uid'] = uid;
  labels['controller-uid'] = uid;
  const selector = ensureObject(spec, 'selector');
  ensureObject(selector, 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid;
}

/** Only what a Job gets; the spec inside a CronJob gets its defaults when the Job is made. */
function defaultJobSpec(spec: JsonObject): void {
  if (isUnset(spec.completions) && isUnset(spec.parallelism)) spec.completions = 1;
  if (isUnset(spec.backoffLimit)) {
    spec.backoffLimit = isUnset(spec.backoffLimitPerIndex) ? 6 : MAX_INT32;
  }
  const policy = isObject(spec.podFailurePolicy) ? 'Failed' : 'TerminatingOrFailed';
  setDefault(spec, 'podReplacementPolicy', policy);
}

function jobSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const template = part(spec, 'template');
  const errors = nonNegativeFields(spec, path, [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
    'ttlSecondsAfterFinished',
  ]);
  if (spec.completionMode === 'Indexed' && isUnset(spec.completions)) {
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  errors.push(...templateErrors(template, `${path}.template`));
  const field = `${path}.template.spec.restartPolicy`;
  const { restartPolicy } = part(template, 'spec');
  if (isUnset(restartPolicy) || restartPolicy === 'Always') {
    errors.push(required(field, 'valid values: "OnFailure", "Never"'));
  } else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    errors.push(notSupported(field, restartPolicy, ['OnFailure', 'Never']));
  }
  return errors;
}

const IMMUTABLE = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
];

function jobUpdateErrors(spec: JsonObject, old: JsonObject): FieldError[] {
  const place = { object: spec, old };
  const errors = IMMUTABLE.flatMap((key) => immutable(place, 'spec', key));
  const isElastic =
    spec.completionMode === 'Indexed' &&
    number(spec, 'completions') === number(spec, 'parallelism');
  if (!isElastic) errors.push(...immutable(place, 'spec', 'completions'));
  const isSuspended = old.suspend === true;
  const templates = {
    object: { template: withoutPlacement(spec, isSuspended) },
    old: { template: withoutPlacement(old, isSuspended) },
  };
  return [...errors, ...immutable(templates, 'spec', 'template')];
}

/** While a job is suspended, where its pods go may still be changed. */
function withoutPlacement(spec: JsonObject, isSuspended: boolean): JsonObject {
  const template = part(spec, 'template');
  if (!isSuspended) return template;
  const {
    nodeSelector: _selector,
    tolerations: _tolerations,
    affinity: _affinity,
    schedulingGates: _gates,
    ...rest
  } = part(template, 'spec');
  return { spec: rest };
}

export const cronJob: Rules = {
  defaults(object) {
    const template = part(part(object, 'spec'), 'jobTemplate');
    defaultTemplate(template);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors = scheduleErrors(spec, old && part(old, 'spec'));
    errors.push(
      ...nonNegativeFields(spec, 'spec', [
        'startingDeadlineSeconds',
        'successfulJobsHistoryLimit',
        'failedJobsHistoryLimit',
      ]),
      ...jobSpecErrors(part(part(spec, 'jobTemplate'), 'spec'), 'spec.jobTemplate.spec'),
    );
    const name = text(part(object, 'metadata'), 'name');
    if (name.length > 52) {
      errors.push(invalid('metadata.name', name, 'must be no more than 52 characters'));
    }
    return errors;
  },
};

const ZONE_IN_SCHEDULE = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
const ZONE_NOT_NAMED =
  'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';

function scheduleErrors(spec: JsonObject, before?: JsonObject): FieldError[] {
  const schedule = text(spec, 'schedule');
  const errors: FieldError[] = [];
  if (schedule === '') errors.push(required('spec.schedule'));
  else if (schedule.includes('TZ')) {
    const isKept = before !== undefined && text(before, 'schedule') === schedule;
    if (!isKept) errors.push(invalid('spec.schedule', schedule, ZONE_IN_SCHEDULE));
  } else {
    const problem = scheduleProblem(schedule);
    if (problem !== undefined) errors.push(invalid('spec.schedule', schedule, problem));
  }
  if (spec.timeZone === undefined || spec.timeZone === null) return errors;
  const zone = text(spec, 'timeZone');
  if (zone === '')
    errors.push(invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string'));
  else if (zone.toLowerCase() === 'local')
    errors.push(invalid('spec.timeZone', zone, ZONE_NOT_NAMED));
  else if (!isTimeZone(zone))
    errors.push(invalid('spec.timeZone', zone, `unknown time zone ${zone}`));
  return errors;
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
