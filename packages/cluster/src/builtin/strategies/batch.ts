/** Jobs and CronJobs. */
import { dnsLabelProblems } from '../../api/names.ts';
import { invalid, notSupported, type Printed, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { scheduleProblem } from './cron-schedule.ts';
import { jobSpecErrors } from './job-spec.ts';
import { jobStatusErrors } from './job-status.ts';
import { defaultTemplate } from './pod-defaults.ts';
import { asGoStruct } from './pods/go-struct.ts';
import {
  ensureObject,
  immutable,
  isUnset,
  nonNegativeFields,
  number,
  part,
  podNameWarnings,
  printedSelector,
  selects,
  setDefault,
  sorted,
  text,
  type Rules,
  labelSelectorErrors,
  struct,
} from './rules.ts';

const MAX_INT32 = 2147483647;

export const job: Rules = {
  create: generateSelector,
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultJobSpec(spec);
    labelAsPods(object);
    defaultTemplate(object);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors = [...jobErrors(object), ...podNameErrors(object)];
    if (old === undefined) return errors;
    // A real server looks at the new object twice.
    return [...errors, ...specErrors(spec), ...jobUpdateErrors(spec, old)];
  },
  prepareStatus: labelAsPods,
  status: jobStatusErrors,
  warnings: (object, old) => [
    ...podNameWarnings(object, old),
    ...trackingWarnings(part(object, 'spec'), 'spec'),
  ],
  fields: (object) => ({
    'status.successful': String(number(part(object, 'status'), 'succeeded') ?? 0),
  }),
};

/** A job without labels of its own has those of its pods. */
function labelAsPods(object: JsonObject): void {
  const spec = part(object, 'spec');
  const labels = part(part(part(spec, 'template'), 'metadata'), 'labels');
  const metadata = ensureObject(object, 'metadata');
  // With what `create` adds, once it has.
  const isReady = spec.manualSelector === true || Object.hasOwn(labels, 'controller-uid');
  if (isReady && Object.keys(part(metadata, 'labels')).length === 0) {
    metadata.labels = { ...labels };
  }
}

/** Labels every pod of a job has, and the parts of the job's metadata they repeat. */
const POD_LABELS = [
  ['controller-uid', 'uid'],
  ['job-name', 'name'],
  ['batch.kubernetes.io/controller-uid', 'uid'],
  ['batch.kubernetes.io/job-name', 'name'],
] as const;

/** Pods of a job are found by the uid of the job, unless the user brought a selector. */
function generateSelector(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  if (spec.manualSelector === true) return;
  const metadata = part(object, 'metadata');
  const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
  for (const [label, key] of POD_LABELS) {
    if (!Object.hasOwn(labels, label)) labels[label] = text(metadata, key);
  }
  const matched = ensureObject(ensureObject(spec, 'selector'), 'matchLabels');
  setDefault(matched, 'batch.kubernetes.io/controller-uid', text(metadata, 'uid'));
}

function jobErrors(object: JsonObject): FieldError[] {
  const spec = part(object, 'spec');
  return [...generatedErrors(object, spec), ...specErrors(spec)];
}

/** Labels and selector that were given out must not have been replaced. */
function generatedErrors(object: JsonObject, spec: JsonObject): FieldError[] {
  if (spec.manualSelector === true || !isObject(spec.selector)) return [];
  const metadata = part(object, 'metadata');
  const labels = part(part(part(spec, 'template'), 'metadata'), 'labels');
  const wanted: JsonObject = {};
  const errors = POD_LABELS.flatMap(([label, key]) => {
    const value = text(metadata, key);
    wanted[label] = value;
    const path = `spec.template.metadata.labels[${label}]`;
    const why = `must be '${value}'`;
    if (!Object.hasOwn(labels, label)) return [required(path, why)];
    return labels[label] === value ? [] : [invalid(path, sorted(labels), why)];
  });
  const { selector } = spec;
  if (labelSelectorErrors(selector, '').length === 0 && !selects(selector, wanted)) {
    errors.push(
      invalid('spec.selector', printedSelector(selector), '`selector` not auto-generated'),
    );
  }
  return errors;
}

function specErrors(spec: JsonObject): FieldError[] {
  const errors = jobSpecErrors(spec, 'spec');
  const { selector } = spec;
  const { labels } = part(part(spec, 'template'), 'metadata');
  const wrong = isObject(selector) ? labelSelectorErrors(selector, 'spec.selector') : [];
  if (!isObject(selector)) errors.push(required('spec.selector'));
  errors.push(...wrong);
  const isSelected = isObject(selector) && selects(selector, isObject(labels) ? labels : {});
  if (wrong.length > 0 || isSelected) return errors;
  const why = '`selector` does not match template `labels`';
  return [...errors, invalid('spec.template.metadata.labels', sorted(labels), why)];
}

function trackingWarnings(spec: JsonObject, path: string): string[] {
  const [completions, parallelism] = [number(spec, 'completions'), number(spec, 'parallelism')];
  const isLarge = (completions ?? 0) > 100_000 && (parallelism ?? 0) > 10_000;
  if (spec.completionMode !== 'Indexed' || !isLarge) return [];
  return [
    `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
  ];
}

/** The index of a pod becomes part of its name. */
function podNameErrors(object: JsonObject): FieldError[] {
  const spec = part(object, 'spec');
  const completions = number(spec, 'completions') ?? 0;
  if (spec.completionMode !== 'Indexed' || completions <= 0) return [];
  const name = text(part(object, 'metadata'), 'name');
  const longest = `${name}-${completions - 1}`;
  if (dnsLabelProblems(longest).length === 0) return [];
  const why = `will not able to create pod with invalid DNS label: ${longest}`;
  return [invalid('metadata.name', name, why)];
}

/** Only what a Job gets; the spec inside a CronJob gets its defaults when the Job is made. */
function defaultJobSpec(spec: JsonObject): void {
  if (isUnset(spec.completions) && isUnset(spec.parallelism)) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  if (isUnset(spec.backoffLimit)) {
    spec.backoffLimit = isUnset(spec.backoffLimitPerIndex) ? 6 : MAX_INT32;
  }
  const policy = isObject(spec.podFailurePolicy) ? 'Failed' : 'TerminatingOrFailed';
  spec.podReplacementPolicy ??= policy;
}

const IMMUTABLE = [
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
];

function jobUpdateErrors(spec: JsonObject, oldJob: JsonObject): FieldError[] {
  const old = part(oldJob, 'spec');
  const place = { object: spec, old };
  const errors: FieldError[] = [];
  if (!isElastic(spec, old)) errors.push(...immutable(place, 'spec', 'completions'));
  errors.push(...immutable(place, 'spec', 'selector'));
  const isMovable = old.suspend === true && isUnset(part(oldJob, 'status').startTime);
  const templates = {
    object: { template: withoutPlacement(spec, isMovable) },
    old: { template: withoutPlacement(old, isMovable) },
  };
  if (!jsonEqual(templates.object, templates.old)) {
    const printed = printedTemplate(part(spec, 'template'));
    errors.push(invalid('spec.template', printed, 'field is immutable'));
  }
  return [...errors, ...IMMUTABLE.flatMap((key) => immutable(place, 'spec', key))];
}

function printedTemplate(template: JsonObject): Printed {
  const { labels, annotations, ...metadata } = part(template, 'metadata');
  return struct({
    ...metadata,
    ...(isObject(labels) && { labels: sorted(labels) }),
    ...(isObject(annotations) && { annotations: sorted(annotations) }),
    Spec: asGoStruct(part(template, 'spec'), 'PodSpec'),
  });
}

/** An indexed job may grow and shrink as long as it runs all of its pods at once. */
function isElastic(spec: JsonObject, old: JsonObject): boolean {
  const completions = number(spec, 'completions');
  if (spec.completionMode !== 'Indexed' || completions === number(old, 'completions')) return false;
  return completions === number(spec, 'parallelism');
}

/** While a job is suspended, where its pods go may still be changed. */
function withoutPlacement(spec: JsonObject, isMovable: boolean): JsonObject {
  const template = part(spec, 'template');
  if (!isMovable) return template;
  const {
    nodeSelector: _selector,
    tolerations: _tolerations,
    affinity: _affinity,
    schedulingGates: _gates,
    ...rest
  } = part(template, 'spec');
  const { labels: _labels, annotations: _annotations, ...metadata } = part(template, 'metadata');
  const { nodeAffinity: _node, ...affinity } = part(part(template, 'spec'), 'affinity');
  return { metadata, spec: { ...rest, affinity } };
}

export const cronJob: Rules = {
  defaults(object) {
    const template = part(part(object, 'spec'), 'jobTemplate');
    defaultTemplate(template);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const before = old && part(old, 'spec');
    const errors = [
      ...scheduleErrors(spec, before),
      ...nonNegativeFields(spec, 'spec', ['startingDeadlineSeconds']),
      ...(before !== undefined && before.timeZone === spec.timeZone ? [] : zoneErrors(spec)),
      ...concurrencyErrors(text(spec, 'concurrencyPolicy')),
      ...jobTemplateErrors(part(part(spec, 'jobTemplate'), 'spec')),
      ...nonNegativeFields(spec, 'spec', ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']),
    ];
    const name = text(part(object, 'metadata'), 'name');
    if (old === undefined && name.length > 52) {
      errors.push(invalid('metadata.name', name, 'must be no more than 52 characters'));
    }
    return errors;
  },
  warnings(object, old) {
    const isZoned = old !== undefined && text(part(object, 'spec'), 'schedule').includes('TZ');
    const why =
      'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
    const job = part(part(part(object, 'spec'), 'jobTemplate'), 'spec');
    return [
      ...podNameWarnings(object, old),
      ...trackingWarnings(job, 'spec.jobTemplate.spec'),
      ...(isZoned ? [why] : []),
    ];
  },
};

function concurrencyErrors(policy: string): FieldError[] {
  const known = ['Allow', 'Forbid', 'Replace'];
  if (policy === '' || known.includes(policy)) return [];
  return [notSupported('spec.concurrencyPolicy', policy, known)];
}

function jobTemplateErrors(spec: JsonObject): FieldError[] {
  const path = 'spec.jobTemplate.spec';
  const errors = jobSpecErrors(spec, path);
  if (isObject(spec.selector)) {
    const why = '`selector` will be auto-generated';
    errors.push(invalid(`${path}.selector`, printedSelector(spec.selector), why));
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  }
  return errors;
}

function scheduleErrors(spec: JsonObject, before?: JsonObject): FieldError[] {
  const path = 'spec.schedule';
  const schedule = text(spec, 'schedule');
  if (schedule === '') return [required(path)];
  const problem = scheduleProblem(schedule, isTimeZone);
  const errors = problem === undefined ? [] : [invalid(path, schedule, problem)];
  if (!schedule.includes('TZ')) return errors;
  const isKept = before !== undefined && text(before, 'schedule').includes('TZ');
  if (!isKept) {
    const why = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalid(path, schedule, why));
  } else if (!isUnset(spec.timeZone)) {
    const why = 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    errors.push(invalid(path, schedule, why));
  }
  return errors;
}

const ZONE_PART = /^[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}$/;

function zoneErrors(spec: JsonObject): FieldError[] {
  const { timeZone: zone } = spec;
  if (typeof zone !== 'string') return [];
  const wrong = (why: string) => invalid('spec.timeZone', zone, why);
  if (zone === '') return [wrong('timeZone must be nil or non-empty string')];
  const isName = zone
    .split('/')
    .every((name) => name !== '.' && name !== '..' && ZONE_PART.test(name));
  if (!isName) return [wrong(`unknown time zone ${zone}`)];
  const errors: FieldError[] = [];
  if (zone.toLowerCase() === 'local') {
    const why =
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(wrong(why));
  }
  if (zone !== 'Local' && !isTimeZone(zone)) errors.push(wrong(`unknown time zone ${zone}`));
  return errors;
}

/** Unlike here, names are case-sensitive on a real server. */
function isTimeZone(zone: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions();
    // Old names are told by another one; all begin with a capital letter.
    if (timeZone.toLowerCase() !== zone.toLowerCase()) return /^[A-Z]/.test(zone);
    return timeZone === zone;
  } catch {
    return false;
  }
}
