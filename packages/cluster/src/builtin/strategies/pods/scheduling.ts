/** What says where a pod may run: affinity, tolerations, spread over a topology. */
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../schema/field-error.ts';
import { labelValueProblems } from '../../../api/names.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { isUnset, items, labelSelectorErrors, number, part, strings, text } from '../rules.ts';
import {
  labelErrors,
  optionalChoiceErrors,
  qualifiedNameErrors,
  subdomainErrors,
  told,
} from './checks.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function affinityErrors(affinity: JsonObject, path: string): FieldError[] {
  const node = part(affinity, 'nodeAffinity');
  const place = `${path}.nodeAffinity`;
  return [
    ...(isObject(node[REQUIRED]) ? nodeSelectorErrors(node[REQUIRED], `${place}.${REQUIRED}`) : []),
    ...items(node, PREFERRED, `${place}.`).flatMap(([term, at]) => [
      ...weightErrors(term, at),
      ...termErrors(part(term, 'preference'), `${at}.preference`, { anyValue: true }),
    ]),
    ...['podAffinity', 'podAntiAffinity'].flatMap((key) =>
      podTermsErrors(part(affinity, key), `${path}.${key}`),
    ),
  ];
}

function weightErrors(term: JsonObject, path: string): FieldError[] {
  const weight = number(term, 'weight') ?? 0;
  if (weight > 0 && weight <= 100) return [];
  return [invalid(`${path}.weight`, weight, 'must be in the range 1-100')];
}

/** Errors of a NodeSelector, of pods and of volumes. */
export function nodeSelectorErrors(selector: JsonObject, path: string): FieldError[] {
  const terms = items(selector, 'nodeSelectorTerms', `${path}.`);
  if (terms.length === 0) {
    return [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')];
  }
  return terms.flatMap(([term, place]) => termErrors(term, place, { anyValue: false }));
}

function termErrors(
  term: JsonObject,
  path: string,
  { anyValue }: { anyValue: boolean },
): FieldError[] {
  return [
    ...items(term, 'matchExpressions', `${path}.`).flatMap(([expression, place]) => [
      ...expressionErrors(expression, place),
      ...(anyValue
        ? []
        : strings(expression, 'values').flatMap((value, index) =>
            told(labelValueProblems(value), `${place}.values[${index}]`, value),
          )),
    ]),
    ...items(term, 'matchFields', `${path}.`).flatMap(([field, place]) =>
      fieldTermErrors(field, place),
    ),
  ];
}

function expressionErrors(expression: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = strings(expression, 'values').length;
  const operator = text(expression, 'operator');
  const place = `${path}.values`;
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0)
      errors.push(required(place, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    if (count > 0) errors.push(forbidden(place, why));
  } else if (operator === 'Gt' || operator === 'Lt') {
    const why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    if (count !== 1) errors.push(required(place, why));
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  return [...errors, ...qualifiedNameErrors(text(expression, 'key'), `${path}.key`)];
}

function fieldTermErrors(field: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [operator, key, values] = [
    text(field, 'operator'),
    text(field, 'key'),
    strings(field, 'values'),
  ];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, why));
  }
  if (key !== 'metadata.name') {
    return [...errors, invalid(`${path}.key`, key, 'not a valid field selector key')];
  }
  return [
    ...errors,
    ...values.flatMap((value, index) => subdomainErrors(value, `${path}.values[${index}]`)),
  ];
}

function podTermsErrors(affinity: JsonObject, path: string): FieldError[] {
  return [
    ...items(affinity, REQUIRED, `${path}.`).flatMap(([term, place]) => podTermErrors(term, place)),
    ...items(affinity, PREFERRED, `${path}.`).flatMap(([weighted, place]) => [
      ...weightErrors(weighted, place),
      ...podTermErrors(part(weighted, 'podAffinityTerm'), `${place}.podAffinityTerm`),
    ]),
  ];
}

function podTermErrors(term: JsonObject, path: string): FieldError[] {
  const topologyKey = text(term, 'topologyKey');
  return [
    ...['labelSelector', 'namespaceSelector'].flatMap((key) => {
      const selector = term[key];
      return isObject(selector) ? labelSelectorErrors(selector, `${path}.${key}`) : [];
    }),
    ...strings(term, 'namespaces').flatMap((name) => labelErrors(name, `${path}.namespace`)),
    ...labelKeyErrors(term, path),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...qualifiedNameErrors(topologyKey, `${path}.topologyKey`),
  ];
}

/** `matchLabelKeys` and `mismatchLabelKeys`. */
function labelKeyErrors(term: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['matchLabelKeys', 'mismatchLabelKeys']) {
    const names = strings(term, key);
    if (names.length === 0) continue;
    const place = `${path}.${key}`;
    if (!isObject(term.labelSelector)) {
      errors.push(forbidden(place, 'must not be specified when labelSelector is not set'));
    } else {
      errors.push(
        ...names.flatMap((name, index) => qualifiedNameErrors(name, `${place}[${index}]`)),
      );
    }
  }
  const asked = strings(term, 'matchLabelKeys');
  const known = new Set(Object.keys(part(part(term, 'labelSelector'), 'matchLabels')));
  for (const [expression] of items(part(term, 'labelSelector'), 'matchExpressions')) {
    const key = text(expression, 'key');
    const index = asked.lastIndexOf(key);
    if (index !== -1 && known.has(key)) {
      const why = 'exists in both matchLabelKeys and labelSelector';
      errors.push(invalid(`${path}[${index}]`, key, why));
    }
    known.add(key);
  }
  const avoided = strings(term, 'mismatchLabelKeys');
  for (const [index, key] of asked.entries()) {
    if (!avoided.includes(key)) continue;
    const why = 'exists in both matchLabelKeys and mismatchLabelKeys';
    errors.push(invalid(`${path}.matchLabelKeys[${index}]`, key, why));
  }
  return errors;
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const EMPTY_KEY =
  'operator must be Exists when `key` is empty, which means "match all values and all keys"';

export function tolerationErrors(spec: JsonObject, path: string): FieldError[] {
  return items(spec, 'tolerations', `${path}.`).flatMap(([toleration, place]) => {
    const [key, operator, value, effect] = [
      text(toleration, 'key'),
      text(toleration, 'operator'),
      text(toleration, 'value'),
      text(toleration, 'effect'),
    ];
    const errors = key === '' ? [] : qualifiedNameErrors(key, `${place}.key`);
    if (key === '' && operator !== 'Exists') {
      errors.push(invalid(`${place}.operator`, operator, EMPTY_KEY));
    }
    if (number(toleration, 'tolerationSeconds') !== undefined && effect !== 'NoExecute') {
      const why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(invalid(`${place}.effect`, effect, why));
    }
    errors.push(...operatorErrors(operator, value, `${place}.operator`));
    if (effect !== '') errors.push(...optionalChoiceErrors(effect, `${place}.effect`, EFFECTS));
    return errors;
  });
}

function operatorErrors(operator: string, value: string, path: string): FieldError[] {
  if (operator === '' || operator === 'Equal') {
    const problems = labelValueProblems(value);
    return problems.length === 0 ? [] : [invalid(path, value, problems.join(';'))];
  }
  if (operator === 'Exists') {
    if (value === '') return [];
    return [invalid(path, value, "value must be empty when `operator` is 'Exists'")];
  }
  const known = ['Equal', 'Exists'];
  const isComparison = operator === 'Lt' || operator === 'Gt';
  return [notSupported(path, operator, isComparison ? [...known, 'Lt', 'Gt'] : known)];
}

const POLICIES = ['Honor', 'Ignore'];
const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];

export function spreadErrors(spec: JsonObject, path: string): FieldError[] {
  const constraints = items(spec, 'topologySpreadConstraints', `${path}.`);
  return constraints.flatMap(([constraint, place], index) => {
    const [key, action] = [text(constraint, 'topologyKey'), text(constraint, 'whenUnsatisfiable')];
    const errors = positiveErrors(constraint.maxSkew ?? 0, `${place}.maxSkew`);
    if (key === '') errors.push(required(`${place}.topologyKey`, 'can not be empty'));
    if (!ACTIONS.includes(action))
      errors.push(notSupported(`${place}.whenUnsatisfiable`, action, ACTIONS));
    const isRepeated = constraints
      .slice(index + 1)
      .some(
        ([other]) =>
          text(other, 'topologyKey') === key && text(other, 'whenUnsatisfiable') === action,
      );
    if (isRepeated) {
      const field = `${place}.{topologyKey, whenUnsatisfiable}`;
      errors.push(duplicate(field, `{${key}, ${action}}`));
    }
    const { minDomains } = constraint;
    if (!isUnset(minDomains)) {
      errors.push(...positiveErrors(minDomains, `${place}.minDomains`));
      if (action !== 'DoNotSchedule') {
        const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
        errors.push(invalid(`${place}.minDomains`, minDomains, why));
      }
    }
    for (const policy of ['nodeAffinityPolicy', 'nodeTaintsPolicy'])
      errors.push(...optionalChoiceErrors(constraint[policy], `${place}.${policy}`, POLICIES));
    errors.push(...labelKeyErrors(constraint, place));
    const { labelSelector } = constraint;
    if (!isObject(labelSelector)) return errors;
    return [...errors, ...labelSelectorErrors(labelSelector, `${place}.labelSelector`)];
  });
}

function positiveErrors(value: unknown, path: string): FieldError[] {
  if (typeof value !== 'number' || value > 0) return [];
  return [invalid(path, value, 'must be greater than zero')];
}
