/** Errors of a JobSpec, of a Job or inside of a CronJob. */
import { qualifiedNameProblems } from '../../api/names.ts';
import {
  duplicate,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { indexesProblem } from './job-indexes.ts';
import { templateErrors } from './pod-templates.ts';
import {
  domainPathErrors,
  isUnset,
  items,
  nonNegativeFields,
  number,
  part,
  requiredOneOf,
  text,
  struct,
} from './rules.ts';

const HUNDRED_THOUSAND = 100_000;
const TEN_THOUSAND = 10_000;
const MAX_POLICY_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_MANAGED_BY = 63;

/** `path` is that of the spec. */
export function jobSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const errors = nonNegativeFields(spec, path, [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ]);
  if (!isUnset(spec.maxFailedIndexes) && isUnset(spec.backoffLimitPerIndex)) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  return [
    ...errors,
    ...managedByErrors(spec.managedBy, `${path}.managedBy`),
    ...completionErrors(spec, path),
    ...failurePolicyErrors(spec, `${path}.podFailurePolicy`),
    ...successPolicyErrors(spec, `${path}.successPolicy`),
    ...replacementErrors(spec, `${path}.podReplacementPolicy`),
    ...templateErrors(part(spec, 'template'), `${path}.template`),
    ...restartErrors(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function managedByErrors(value: unknown, path: string): FieldError[] {
  if (typeof value !== 'string') return [];
  const errors = domainPathErrors(value, path);
  return value.length > MAX_MANAGED_BY ? [...errors, tooLong(path, MAX_MANAGED_BY)] : errors;
}

function completionErrors(spec: JsonObject, path: string): FieldError[] {
  const { completionMode: mode } = spec;
  if (mode === 'Indexed') return indexedErrors(spec, path);
  const errors: FieldError[] = [];
  if (!isUnset(mode) && mode !== 'NonIndexed') {
    return [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])];
  }
  for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes']) {
    if (isUnset(spec[key])) continue;
    errors.push(invalid(`${path}.${key}`, spec[key], 'requires indexed completion mode'));
  }
  return errors;
}

function indexedErrors(spec: JsonObject, path: string): FieldError[] {
  const count = (key: string) => number(spec, key);
  const [completions, parallelism] = [count('completions'), count('parallelism')];
  const failed = count('maxFailedIndexes');
  const errors: FieldError[] = [];
  const tooMuch = (key: string, limit: number, when = '') => {
    const value = count(key);
    if (value === undefined || value <= limit) return;
    const why = `must be less than or equal to ${limit}${when}`;
    errors.push(invalid(`${path}.${key}`, value, why));
  };
  if (completions === undefined) {
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  tooMuch('parallelism', HUNDRED_THOUSAND, ' when completion mode is Indexed');
  if (completions !== undefined && failed !== undefined && failed > completions) {
    const why = 'must be less than or equal to completions';
    errors.push(invalid(`${path}.maxFailedIndexes`, failed, why));
  }
  tooMuch('maxFailedIndexes', HUNDRED_THOUSAND);
  const isLarge = (completions ?? 0) > HUNDRED_THOUSAND;
  if (!isLarge || isUnset(spec.backoffLimitPerIndex)) return errors;
  if (failed === undefined) {
    const why = `must be specified when completions is above ${HUNDRED_THOUSAND}`;
    errors.push(required(`${path}.maxFailedIndexes`, why));
  }
  const when = ` when completions are above ${HUNDRED_THOUSAND} and used with backoff limit per index`;
  if (parallelism !== undefined) tooMuch('parallelism', TEN_THOUSAND, when);
  tooMuch('maxFailedIndexes', TEN_THOUSAND, when);
  return errors;
}

function failurePolicyErrors(spec: JsonObject, path: string): FieldError[] {
  const policy = part(spec, 'podFailurePolicy');
  const rules = items(policy, 'rules', `${path}.`);
  const pod = part(part(spec, 'template'), 'spec');
  const containers = ['containers', 'initContainers'].flatMap((key) =>
    items(pod, key).map(([container]) => text(container, 'name')),
  );
  const errors = rules.flatMap(([rule, place]) => [
    ...actionErrors(rule, spec, `${place}.action`),
    ...(isObject(rule.onExitCodes)
      ? exitCodeErrors(rule.onExitCodes, containers, `${place}.onExitCodes`)
      : []),
    ...conditionErrors(rule, place),
    ...alternativeErrors(rule, place),
  ]);
  if (rules.length <= MAX_POLICY_RULES) return errors;
  return [tooMany(`${path}.rules`, rules.length, MAX_POLICY_RULES), ...errors];
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function actionErrors(rule: JsonObject, spec: JsonObject, path: string): FieldError[] {
  const action = text(rule, 'action');
  if (action !== 'FailIndex') return requiredOneOf(action, ACTIONS, path);
  if (!isUnset(spec.backoffLimitPerIndex)) return [];
  return [invalid(path, action, 'requires the backoffLimitPerIndex to be set')];
}

function alternativeErrors(rule: JsonObject, path: string): FieldError[] {
  const [codes, conditions] = [isObject(rule.onExitCodes), items(rule, 'onPodConditions').length];
  if (codes !== conditions > 0) return [];
  const why = codes
    ? 'specifying both OnExitCodes and OnPodConditions is not supported'
    : 'specifying one of OnExitCodes and OnPodConditions is required';
  return [{ type: 'Invalid', field: path, detail: `Invalid value: ${why}` }];
}

function exitCodeErrors(codes: JsonObject, containers: string[], path: string): FieldError[] {
  const operator = text(codes, 'operator');
  const errors = requiredOneOf(operator, ['In', 'NotIn'], `${path}.operator`);
  const { containerName } = codes;
  if (typeof containerName === 'string' && !containers.includes(containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(`${path}.containerName`, containerName, why));
  }
  const values = Array.isArray(codes.values) ? (codes.values as unknown[]) : [];
  const place = `${path}.values`;
  if (values.length === 0) {
    errors.push(invalid(place, codes.values ?? null, 'at least one value is required'));
  } else if (values.length > MAX_EXIT_CODES) {
    errors.push(tooMany(place, values.length, MAX_EXIT_CODES));
  }
  values.forEach((value, index) => {
    if (operator === 'In' && value === 0) {
      errors.push(invalid(`${place}[${index}]`, value, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < index) errors.push(duplicate(`${place}[${index}]`, value));
  });
  const isOrdered = values.every(
    (value, index) => index === 0 || Number(values[index - 1]) <= Number(value),
  );
  if (!isOrdered) errors.push(invalid(place, values, 'must be ordered'));
  return errors;
}

function conditionErrors(rule: JsonObject, path: string): FieldError[] {
  const patterns = items(rule, 'onPodConditions', `${path}.`);
  const errors = patterns.flatMap(([pattern, place]) => [
    ...qualifiedNameProblems(text(pattern, 'type')).map((problem) =>
      invalid(`${place}.type`, text(pattern, 'type'), problem),
    ),
    ...requiredOneOf(text(pattern, 'status'), ['False', 'True', 'Unknown'], `${place}.status`),
  ]);
  if (patterns.length <= MAX_POLICY_RULES) return errors;
  return [tooMany(`${path}.onPodConditions`, patterns.length, MAX_POLICY_RULES), ...errors];
}

function successPolicyErrors(spec: JsonObject, path: string): FieldError[] {
  const { successPolicy: policy } = spec;
  if (!isObject(policy)) return [];
  const rules = items(policy, 'rules', `${path}.`);
  if (spec.completionMode !== 'Indexed') {
    const printed = {
      Rules: rules.map(([rule]) => ({
        SucceededIndexes: rule.succeededIndexes ?? null,
        SucceededCount: rule.succeededCount ?? null,
      })),
    };
    return [invalid(path, struct(printed), 'requires indexed completion mode')];
  }
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    const why = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(required(`${path}.rules`, why));
  }
  if (rules.length > MAX_POLICY_RULES) {
    errors.push(tooMany(`${path}.rules`, rules.length, MAX_POLICY_RULES));
  }
  const completions = number(spec, 'completions') ?? 0;
  return [
    ...errors,
    ...rules.flatMap(([rule, place]) => successRuleErrors(rule, completions, place)),
  ];
}

function successRuleErrors(rule: JsonObject, completions: number, path: string): FieldError[] {
  const { succeededIndexes: indexes } = rule;
  const count = number(rule, 'succeededCount');
  if (count === undefined && typeof indexes !== 'string') {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const errors: FieldError[] = [];
  let total: number | undefined;
  if (typeof indexes === 'string') {
    const found = indexesProblem(indexes, completions);
    if (typeof found === 'number') total = found;
    else {
      total = 0;
      const why = `error parsing succeededIndexes: ${found}`;
      errors.push(invalid(`${path}.succeededIndexes`, indexes, why));
    }
  }
  if (count === undefined) return errors;
  errors.push(...nonNegativeFields(rule, path, ['succeededCount']));
  const most = (limit: number, of: string) => {
    if (count <= limit) return;
    const why = `must be less than or equal to ${limit} (${of})`;
    errors.push(invalid(`${path}.succeededCount`, count, why));
  };
  most(completions, 'the number of specified completions');
  if (total !== undefined)
    most(total, 'the number of indexes in the specified succeededIndexes field');
  return errors;
}

function replacementErrors(spec: JsonObject, path: string): FieldError[] {
  const { podReplacementPolicy: policy } = spec;
  if (typeof policy !== 'string') return [];
  const allowed = isObject(spec.podFailurePolicy) ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return allowed.includes(policy) ? [] : [notSupported(path, policy, allowed)];
}

function restartErrors(spec: JsonObject, path: string): FieldError[] {
  const { restartPolicy } = part(part(spec, 'template'), 'spec');
  if (isUnset(restartPolicy) || restartPolicy === 'Always') {
    return [required(path, 'valid values: "OnFailure", "Never"')];
  }
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    return [notSupported(path, restartPolicy, ['OnFailure', 'Never'])];
  }
  if (restartPolicy === 'Never' || !isObject(spec.podFailurePolicy)) return [];
  return [
    invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified'),
  ];
}
