/**
 * Webhook configurations and admission policies, but for their expressions and the way to a webhook: those are the
 * admission chain's.
 */
import { dns1035Problems, subdomainProblems } from '../../api/names.ts';
import { duplicate, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { items, labelSelectorErrors, part, strings, text, type Rules } from './rules.ts';

const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

export const webhookConfiguration: Rules = {
  validate(object) {
    const names = new Set<string>();
    return items(object, 'webhooks').flatMap(([webhook, path]) => {
      const name = text(webhook, 'name');
      const errors = [...webhookErrors(webhook, path), ...versionErrors(webhook, path)];
      if (name !== '' && names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
      return errors;
    });
  },
};

export const admissionPolicy: Rules = {
  validate: (object) =>
    matchErrors(part(part(object, 'spec'), 'matchConstraints'), 'spec.matchConstraints'),
};

export const admissionPolicyBinding: Rules = {
  validate(object) {
    const spec = part(object, 'spec');
    const name = text(spec, 'policyName');
    const actions = strings(spec, 'validationActions');
    return [
      ...(name === '' ? [] : subdomainProblems(name)).map((why) =>
        invalid('spec.policyName', name, why),
      ),
      ...matchErrors(part(spec, 'matchResources'), 'spec.matchResources'),
      ...actions.flatMap((action, index) =>
        actions.indexOf(action) < index
          ? [duplicate(`spec.validationActions[${index}]`, action)]
          : [],
      ),
    ];
  },
};

/** Errors of MatchResources. */
function matchErrors(match: JsonObject, path: string): FieldError[] {
  return [
    ...choiceErrors(match, ['matchPolicy', ['Equivalent', 'Exact']], path),
    ...['namespaceSelector', 'objectSelector'].flatMap((key) =>
      labelSelectorErrors(part(match, key), `${path}.${key}`),
    ),
    ...['resourceRules', 'excludeResourceRules'].flatMap((key) =>
      items(match, key, `${path}.`).flatMap(([rule, place]) => ruleErrors(rule, place)),
    ),
  ];
}

function webhookErrors(webhook: JsonObject, path: string): FieldError[] {
  const errors = [
    ...nameErrors(text(webhook, 'name'), `${path}.name`),
    ...items(webhook, 'rules', `${path}.`).flatMap(([rule, place]) => ruleErrors(rule, place)),
    ...choiceErrors(webhook, ['failurePolicy', ['Fail', 'Ignore']], path),
    ...choiceErrors(webhook, ['matchPolicy', ['Equivalent', 'Exact']], path),
    ...choiceErrors(webhook, ['reinvocationPolicy', ['IfNeeded', 'Never']], path),
    ...choiceErrors(webhook, ['sideEffects', SIDE_EFFECTS], path),
  ];
  if (typeof webhook.sideEffects !== 'string') {
    const why = `must specify one of ${SIDE_EFFECTS.join(', ')}`;
    errors.push(required(`${path}.sideEffects`, why));
  }
  for (const key of ['namespaceSelector', 'objectSelector']) {
    const selector = webhook[key];
    if (isObject(selector)) errors.push(...labelSelectorErrors(selector, `${path}.${key}`));
  }
  return errors;
}

function choiceErrors(
  object: JsonObject,
  [key, values]: [string, string[]],
  path: string,
): FieldError[] {
  const value = object[key];
  if (typeof value !== 'string' || values.includes(value)) return [];
  return [notSupported(`${path}.${key}`, value, values)];
}

/** A name with at least two dots. */
function nameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const errors = subdomainProblems(name).map((problem) => invalid(path, name, problem));
  if (errors.length > 0 || name.split('.').length > 2) return errors;
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')];
}

function versionErrors(webhook: JsonObject, path: string): FieldError[] {
  const versions = strings(webhook, 'admissionReviewVersions');
  const place = `${path}.admissionReviewVersions`;
  if (versions.length === 0) {
    return [required(place, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  }
  const errors = versions.flatMap((version, index) => {
    const field = `${place}[${index}]`;
    if (versions.indexOf(version) < index) return [invalid(field, version, 'duplicate version')];
    return dns1035Problems(version).map((problem) => invalid(field, version, problem));
  });
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors;
  const why = `must include at least one of ${REVIEW_VERSIONS.join(', ')}`;
  return [...errors, invalid(place, versions, why)];
}

function ruleErrors(rule: JsonObject, path: string): FieldError[] {
  const operations = strings(rule, 'operations');
  return [
    ...listErrors(operations, `${path}.operations`, 'operations'),
    ...operations.flatMap((operation, index) =>
      OPERATIONS.includes(operation)
        ? []
        : [notSupported(`${path}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...listErrors(strings(rule, 'apiGroups'), `${path}.apiGroups`, 'API groups'),
    ...listErrors(strings(rule, 'apiVersions'), `${path}.apiVersions`, 'API versions'),
    ...emptyErrors(strings(rule, 'apiVersions'), `${path}.apiVersions`),
    ...resourceErrors(strings(rule, 'resources'), `${path}.resources`),
    ...choiceErrors(rule, ['scope', SCOPES], path),
  ];
}

function listErrors(list: string[], path: string, what: string): FieldError[] {
  if (list.length === 0) return [required(path)];
  if (list.length === 1 || !list.includes('*')) return [];
  return [invalid(path, list, `if '*' is present, must not specify other ${what}`)];
}

function emptyErrors(list: string[], path: string): FieldError[] {
  return list.flatMap((item, index) => (item === '' ? [required(`${path}[${index}]`)] : []));
}

function resourceErrors(resources: string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const [whole, across] = [new Set<string>(), new Set<string>()];
  const errors = resources.flatMap((item, index) => {
    const slash = item.indexOf('/');
    if (item === '') return [required(`${path}[${index}]`)];
    if (slash === -1) return [];
    const [name, subresource] = [item.slice(0, slash), item.slice(slash + 1)];
    const found = [
      ...(whole.has(name) ? [`if '${name}/*' is present, must not specify ${item}`] : []),
      ...(across.has(subresource)
        ? [`if '*/${subresource}' is present, must not specify ${item}`]
        : []),
    ];
    if (subresource === '*') whole.add(name);
    if (name === '*') across.add(subresource);
    return found.map((why) => invalid(`${path}[${index}]`, item, why));
  });
  if (resources.length > 1 && resources.includes('*/*')) {
    const why = "if '*/*' is present, must not specify other resources";
    errors.push(invalid(path, resources, why));
  }
  // As on a real server the last one without a subresource decides.
  const plain = resources.filter((item) => item !== '' && !item.includes('/')).at(-1);
  if (resources.includes('*') && plain !== undefined && plain !== '*') {
    const why = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(path, resources, why));
  }
  return errors;
}
