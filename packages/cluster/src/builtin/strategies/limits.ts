/** LimitRanges and ResourceQuotas. */
import { duplicate, forbidden, invalid, required } from '../../schema/field-error.ts';
import { jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { quantityNanos } from '../quantity.ts';
import { qualifiedNameErrors } from './pods/checks.ts';
import {
  amountErrors,
  containerResourceErrors,
  isOvercommitted,
  isQuotaResource,
  resourceNameErrors,
} from './pods/resources.ts';
import { ensureObject, items, part, setDefault, strings, text, type Rules } from './rules.ts';

/** A default limit is the maximum; a default request is the default limit, or else the minimum. */
export const limitRange: Rules = {
  defaults(object) {
    for (const [item] of items(part(object, 'spec'), 'limits')) {
      if (item.type !== 'Container') continue;
      const limits = ensureObject(item, 'default');
      const requests = ensureObject(item, 'defaultRequest');
      fillFrom(limits, part(item, 'max'));
      fillFrom(requests, limits);
      fillFrom(requests, part(item, 'min'));
      if (Object.keys(limits).length === 0) delete item.default;
      if (Object.keys(requests).length === 0) delete item.defaultRequest;
    }
  },
  validate(object) {
    const types = new Set<string>();
    return items(part(object, 'spec'), 'limits', 'spec.').flatMap(([limit, path]) => {
      const type = text(limit, 'type');
      const errors = qualifiedNameErrors(type, `${path}.type`);
      if (errors.length === 0 && !type.includes('/') && !TYPES.includes(type)) {
        const why = 'must be a standard limit type or fully qualified';
        errors.push(invalid(`${path}.type`, type, why));
      }
      if (types.has(type)) errors.push(duplicate(`${path}.type`, type));
      types.add(type);
      return [...errors, ...limitErrors(limit, type, path)];
    });
  },
};

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

function fillFrom(target: JsonObject, source: JsonObject): void {
  for (const key of Object.keys(source)) setDefault(target, key, source[key]);
}

function limitErrors(limit: JsonObject, type: string, path: string): FieldError[] {
  const nameErrors =
    type === 'PersistentVolumeClaim' ? resourceNameErrors : containerResourceErrors;
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const lists = type === 'Pod' ? ['max', 'min'] : ['max', 'min', 'default', 'defaultRequest'];
  const check = (list: string) => {
    for (const name of Object.keys(part(limit, list))) {
      errors.push(...nameErrors(name, `${path}.${list}[${name}]`));
      names.add(name);
    }
  };
  lists.forEach(check);
  for (const list of type === 'Pod' ? ['default', 'defaultRequest'] : []) {
    if (Object.keys(part(limit, list)).length === 0) continue;
    errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
  }
  const isSized = ['min', 'max'].some((list) => part(limit, list).storage !== undefined);
  if (type === 'PersistentVolumeClaim' && !isSized) {
    const why = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${path}.limits`, why));
  }
  check('maxLimitRequestRatio');
  return [...errors, ...[...names].flatMap((name) => boundErrors(limit, name, path))];
}

/** Pairs of lists of which the first may not be greater; the value told is that of one of them, by mistake or not. */
const BOUNDS = [
  ['min', 'max', 'min', 'min'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest'],
  ['min', 'default', 'default', 'min'],
  ['default', 'max', 'default', 'max'],
] as const;
const WORDS = { min: 'min', max: 'max', default: 'default', defaultRequest: 'default request' };

function boundErrors(limit: JsonObject, name: string, path: string): FieldError[] {
  const amount = (list: string) => part(limit, list)[name];
  const nanos = (list: string) => quantityNanos(amount(list));
  const errors: FieldError[] = [];
  for (const [low, high, field, told] of BOUNDS) {
    const [least, most] = [nanos(low), nanos(high)];
    if (least === undefined || most === undefined || least <= most) continue;
    const isLimit = low === 'defaultRequest' && high === 'default';
    const other = isLimit ? 'default limit' : WORDS[high];
    const why = `${WORDS[low]} value ${String(amount(low))} is greater than ${other} value ${String(amount(high))}`;
    errors.push(invalid(`${path}.${field}[${name}]`, amount(told), why));
  }
  errors.push(...ratioErrors(limit, name, path));
  const [limited, requested] = [nanos('default'), nanos('defaultRequest')];
  if (limited === undefined || requested === undefined || limited === requested) return errors;
  if (isOvercommitted(name)) return errors;
  const why = `default value ${String(amount('default'))} must equal to defaultRequest value ${String(amount('defaultRequest'))} in ${name}`;
  return [...errors, invalid(`${path}.defaultRequest[${name}]`, amount('defaultRequest'), why)];
}

function ratioErrors(limit: JsonObject, name: string, path: string): FieldError[] {
  const ratio = part(limit, 'maxLimitRequestRatio')[name];
  const value = quantityNanos(ratio);
  if (value === undefined) return [];
  const field = `${path}.maxLimitRequestRatio[${name}]`;
  const errors: FieldError[] = [];
  if (value < 1_000_000_000n)
    errors.push(invalid(field, ratio, `ratio ${String(ratio)} is less than 1`));
  const [least, most] = ['min', 'max'].map((list) => quantityNanos(part(limit, list)[name]));
  if (least === undefined || most === undefined) return errors;
  const widest = Number(most) / Number(least);
  if (Number(value) / 1e9 <= widest) return errors;
  const why = `ratio ${String(ratio)} is greater than max/min = ${widest.toFixed(6)}`;
  return [...errors, invalid(field, ratio, why)];
}

const COMPUTE = ['cpu', 'memory'].flatMap((name) => [name, `limits.${name}`, `requests.${name}`]);
/** Scopes, and what may be counted in them. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  Terminating: ['pods', ...COMPUTE],
  NotTerminating: ['pods', ...COMPUTE],
  NotBestEffort: ['pods', ...COMPUTE],
  PriorityClass: ['pods', ...COMPUTE],
  CrossNamespacePodAffinity: ['pods', ...COMPUTE],
  BestEffort: ['pods'],
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
};
const ONLY_EXISTS = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'CrossNamespacePodAffinity',
];
const EXISTS_PROBLEM =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
  'ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';

export const resourceQuota: Rules = {
  create(object) {
    object.status = {};
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const hard = part(spec, 'hard');
    const errors = Object.entries(hard).flatMap(([name, amount]) => {
      const place = `spec.hard[${name}]`;
      const wrong = resourceNameErrors(name, place);
      if (!name.includes('/') && !isQuotaResource(name))
        wrong.push(invalid(place, name, 'must be a standard resource for quota'));
      return [...wrong, ...amountErrors(name, amount, place)];
    });
    const scopes = strings(spec, 'scopes');
    errors.push(...scopeErrors(scopes, Object.keys(hard)), ...selectorErrors(spec));
    const before = old === undefined ? scopes : strings(part(old, 'spec'), 'scopes');
    if (jsonEqual(scopes.toSorted(), before.toSorted())) return errors;
    return [...errors, invalid('spec.scopes', scopes, 'field is immutable')];
  },
};

function isMisplaced(scope: string, names: string[]): number {
  const counted = SCOPES[scope];
  if (counted === undefined) return 0;
  return names.filter((name) => isQuotaResource(name) && !counted.includes(name)).length;
}

function isConflicting(scopes: string[]): boolean {
  return ['BestEffort', 'Terminating'].some(
    (scope) => scopes.includes(scope) && scopes.includes(`Not${scope}`),
  );
}

function scopeErrors(scopes: string[], names: string[]): FieldError[] {
  const told = (why: string) => invalid('spec.scopes', scopes, why);
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES[scope] === undefined ? [told('unsupported scope')] : []),
    ...Array.from({ length: isMisplaced(scope, names) }, () =>
      told('unsupported scope applied to resource'),
    ),
  ]);
  return isConflicting(scopes) ? [...errors, told('conflicting scopes')] : errors;
}

/** The errors name the list and none of its items. */
function selectorErrors(spec: JsonObject): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions';
  const expressions = items(part(spec, 'scopeSelector'), 'matchExpressions');
  const names = Object.keys(part(spec, 'hard'));
  const errors = expressions.flatMap(([expression]) => {
    const [scope, operator] = [text(expression, 'scopeName'), text(expression, 'operator')];
    const values = strings(expression, 'values');
    const wrong: FieldError[] = [];
    if (SCOPES[scope] === undefined)
      wrong.push(invalid(`${path}.scopeName`, scope, 'unsupported scope'));
    for (let count = isMisplaced(scope, names); count > 0; count -= 1)
      wrong.push(invalid(path, spec.scopeSelector, 'unsupported scope applied to resource'));
    if (ONLY_EXISTS.includes(scope) && operator !== 'Exists')
      wrong.push(invalid(`${path}.operator`, operator, EXISTS_PROBLEM));
    if (operator === 'In' || operator === 'NotIn') {
      const why =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      if (values.length === 0) wrong.push(required(`${path}.values`, why));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      const why =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      if (values.length > 0) wrong.push(invalid(`${path}.values`, values, why));
    } else wrong.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
    return wrong;
  });
  const scopes = expressions.map(([expression]) => text(expression, 'scopeName'));
  if (!isConflicting(scopes)) return errors;
  return [...errors, invalid('spec.scopes', strings(spec, 'scopes'), 'conflicting scopes')];
}
