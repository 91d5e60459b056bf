/** What may be reported about a Job: its end is announced, happens once, and is not taken back. */
import { duplicate, invalid, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { indexesProblem } from './job-indexes.ts';
import { isUnset, items, nonNegativeFields, number, part, strings, text, struct } from './rules.ts';

const CONDITIONS = 'status.conditions';

/** A view of one job's report. */
class Report {
  readonly spec: JsonObject;
  readonly status: JsonObject;

  constructor(job: JsonObject) {
    this.spec = part(job, 'spec');
    this.status = part(job, 'status');
  }

  is(type: string): boolean {
    return items(this.status, 'conditions').some(
      ([condition]) => condition.type === type && condition.status === 'True',
    );
  }

  get isFinished(): boolean {
    return this.is('Complete') || this.is('Failed');
  }

  count(key: string): number {
    return number(this.status, key) ?? 0;
  }
}

/** Errors of a status that is about to be written. */
export function jobStatusErrors(object: JsonObject, before: JsonObject): FieldError[] {
  const [job, old] = [new Report(object), new Report(before)];
  return [
    ...nonNegativeFields(job.status, 'status', [
      'active',
      'succeeded',
      'failed',
      'ready',
      'terminating',
    ]),
    ...uncountedErrors(part(job.status, 'uncountedTerminatedPods')),
    ...endErrors(job, old),
    ...indexErrors(job, old),
    ...runningErrors(job, old),
    ...contradictionErrors(job),
    ...reversalErrors(job, old),
  ];
}

/** Without the value, which would be the whole list. */
function wrong(field: string, why: string): FieldError {
  return { type: 'Invalid', field, detail: `Invalid value: ${why}` };
}

function hasChanged(job: Report, old: Report, key: string): boolean {
  return !jsonEqual(job.status[key] ?? null, old.status[key] ?? null);
}

function uncountedErrors(pods: JsonObject): FieldError[] {
  const seen = new Set<string>();
  return ['succeeded', 'failed'].flatMap((key) =>
    strings(pods, key).flatMap((uid, index) => {
      const path = `status.uncountedTerminatedPods.${key}[${index}]`;
      if (uid === '') return [invalid(path, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(path, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

function endErrors(job: Report, old: Report): FieldError[] {
  const errors: FieldError[] = [];
  const changed = (type: string) => job.is(type) !== old.is(type);
  const { completionTime, startTime } = job.status;
  const [isComplete, isTimed] = [job.is('Complete'), !isUnset(completionTime)];
  const times = changed('Complete') || hasChanged(job, old, 'completionTime');
  if ((changed('Complete') || changed('Failed')) && isComplete && job.is('Failed')) {
    errors.push(wrong(CONDITIONS, 'cannot set Complete=True and Failed=true conditions'));
  }
  if ((changed('Complete') || changed('FailureTarget')) && isComplete && job.is('FailureTarget')) {
    errors.push(wrong(CONDITIONS, 'cannot set Complete=True and FailureTarget=true conditions'));
  }
  if (times && isTimed && !isComplete) {
    const why = 'cannot set completionTime when there is no Complete=True condition';
    errors.push(invalid('status.completionTime', completionTime, why));
  }
  if (times && !isTimed && isComplete) {
    const why = 'completionTime is required for Complete jobs';
    errors.push(required('status.completionTime', why));
  }
  if (
    isTimed &&
    !isUnset(startTime) &&
    Date.parse(String(completionTime)) < Date.parse(String(startTime))
  ) {
    const isNew = hasChanged(job, old, 'completionTime') || hasChanged(job, old, 'startTime');
    const why = 'must be equal to or after `startTime`';
    if (isNew) errors.push(invalid('status.completionTime', completionTime, why));
  }
  const isFailing = changed('Failed') || hasChanged(job, old, 'failedIndexes');
  if (isFailing && job.is('Failed') && !job.is('FailureTarget')) {
    const why = 'cannot set Failed=True condition without the FailureTarget=true condition';
    errors.push(wrong(CONDITIONS, why));
  }
  if (
    (changed('Complete') || changed('SuccessCriteriaMet')) &&
    isComplete &&
    !job.is('SuccessCriteriaMet')
  ) {
    const why = 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition';
    errors.push(wrong(CONDITIONS, why));
  }
  return [...errors, ...finishedErrors(job, old)];
}

function finishedErrors(job: Report, old: Report): FieldError[] {
  if (!job.isFinished) return [];
  const isNew = (key: string) => !old.isFinished || hasChanged(job, old, key);
  const errors: FieldError[] = [];
  if (isNew('active') && job.count('active') > 0) {
    const why = 'active>0 is invalid for finished job';
    errors.push(invalid('status.active', job.count('active'), why));
  }
  const isEmpty = job.spec.suspend === true && job.spec.completions === 0;
  if (isNew('startTime') && !isEmpty && isUnset(job.status.startTime)) {
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  }
  const { uncountedTerminatedPods: pods } = job.status;
  if (isNew('uncountedTerminatedPods') && isObject(pods)) {
    const [succeeded, failed] = [strings(pods, 'succeeded'), strings(pods, 'failed')];
    if (succeeded.length + failed.length > 0) {
      const printed = { Succeeded: pods.succeeded ?? null, Failed: pods.failed ?? null };
      const why = 'must be empty for finished job';
      errors.push(invalid('status.uncountedTerminatedPods', struct(printed), why));
    }
  }
  return errors;
}

function indexErrors(job: Report, old: Report): FieldError[] {
  const errors: FieldError[] = [];
  const completed = text(job.status, 'completedIndexes');
  const { failedIndexes: failed } = job.status;
  const completions = number(job.spec, 'completions');
  const check = (key: string, value: string) => {
    const problem = completions === undefined ? 0 : indexesProblem(value, completions);
    if (typeof problem === 'string')
      errors.push(invalid(`status.${key}`, value, `error parsing ${key}: ${problem}`));
  };
  const isNewFailed = hasChanged(job, old, 'failedIndexes') && typeof failed === 'string';
  const isPerIndex = !isUnset(job.spec.backoffLimitPerIndex);
  const isNewCompleted = hasChanged(job, old, 'completedIndexes');
  if (isNewCompleted) check('completedIndexes', completed);
  if (isNewFailed && isPerIndex) check('failedIndexes', failed);
  if (isNewCompleted && completed !== '' && job.spec.completionMode !== 'Indexed') {
    const why = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalid('status.completedIndexes', completed, why));
  }
  if (isNewFailed && !isPerIndex) {
    const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalid('status.failedIndexes', failed, why));
  }
  return errors;
}

function runningErrors(job: Report, old: Report): FieldError[] {
  const errors: FieldError[] = [];
  const terminating = job.count('terminating');
  const isNew = job.isFinished !== old.isFinished || hasChanged(job, old, 'terminating');
  if (isNew && job.isFinished && terminating > 0) {
    const why = 'terminating>0 is invalid for finished job';
    errors.push(invalid('status.terminating', terminating, why));
  }
  const isCounted = hasChanged(job, old, 'ready') || hasChanged(job, old, 'active');
  if (isCounted && job.count('ready') > job.count('active')) {
    const why = 'cannot set more ready pods than active';
    errors.push(invalid('status.ready', job.count('ready'), why));
  }
  return errors;
}

function contradictionErrors(job: Report): FieldError[] {
  const errors: FieldError[] = [];
  const isMet = job.is('SuccessCriteriaMet');
  if (isMet && job.is('Failed')) {
    errors.push(wrong(CONDITIONS, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'));
  }
  if (isMet && job.is('FailureTarget')) {
    const why = 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions';
    errors.push(wrong(CONDITIONS, why));
  }
  if (isObject(job.spec.successPolicy) && !isMet && job.is('Complete')) {
    const why =
      'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True';
    errors.push(wrong(CONDITIONS, why));
  }
  return errors;
}

function reversalErrors(job: Report, old: Report): FieldError[] {
  const errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => old.is(type) && !job.is(type))
    .map((type) => wrong(CONDITIONS, `cannot disable the terminal ${type}=True condition`));
  const isElastic =
    job.spec.completionMode === 'Indexed' && job.spec.completions === job.spec.parallelism;
  for (const key of isElastic ? ['failed'] : ['failed', 'succeeded']) {
    if (job.count(key) >= old.count(key)) continue;
    errors.push(invalid(`status.${key}`, job.count(key), `cannot decrease the ${key} counter`));
  }
  const { completionTime, startTime } = job.status;
  const wasTimed = !isUnset(old.status.completionTime);
  if (wasTimed && !isUnset(completionTime) && hasChanged(job, old, 'completionTime')) {
    errors.push(invalid('status.completionTime', completionTime, 'field is immutable'));
  }
  const isRestarted = !isUnset(old.status.startTime) && old.status.startTime !== startTime;
  if (isRestarted && job.spec.suspend !== true && !isResuming(job, old)) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  if (old.is('SuccessCriteriaMet') && !job.is('SuccessCriteriaMet')) {
    errors.push(wrong(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'));
  }
  if (old.is('Complete') && !old.is('SuccessCriteriaMet') && job.is('SuccessCriteriaMet')) {
    const why = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    errors.push(wrong(CONDITIONS, why));
  }
  return errors;
}

function isResuming(job: Report, old: Report): boolean {
  const isResumed = items(job.status, 'conditions').some(
    ([condition]) => condition.type === 'Suspended' && condition.status === 'False',
  );
  return old.is('Suspended') && isResumed;
}
