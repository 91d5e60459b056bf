/** Roles and their bindings. */
import { pathSegmentProblems, subdomainProblems } from '../../api/names.ts';
import { invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import {
  ensureObject,
  isUnset,
  items,
  labelSelectorErrors,
  part,
  setDefault,
  strings,
  text,
  type Rules,
} from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

export const role: Rules = { validate: (object) => ruleErrors(object, true) };
export const clusterRole: Rules = {
  validate: (object) => [...ruleErrors(object, false), ...aggregationErrors(object)],
};
export const roleBinding: Rules = bindingRules(['Role', 'ClusterRole']);
export const clusterRoleBinding: Rules = bindingRules(['ClusterRole']);

function ruleErrors(object: JsonObject, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const [rule, path] of items(object, 'rules')) {
    const [urls, resources] = [strings(rule, 'nonResourceURLs'), strings(rule, 'resources')];
    const groups = strings(rule, 'apiGroups');
    if (strings(rule, 'verbs').length === 0) {
      errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
    }
    if (urls.length > 0) {
      if (isNamespaced) {
        const why = 'namespaced rules cannot apply to non-resource URLs';
        errors.push(invalid(`${path}.nonResourceURLs`, urls, why));
      }
      if (groups.length + resources.length + strings(rule, 'resourceNames').length > 0) {
        const why = 'rules cannot apply to both regular resources and non-resource URLs';
        errors.push(invalid(`${path}.nonResourceURLs`, urls, why));
      }
      continue;
    }
    if (groups.length === 0) {
      errors.push(
        required(`${path}.apiGroups`, 'resource rules must supply at least one api group'),
      );
    }
    if (resources.length === 0) {
      errors.push(
        required(`${path}.resources`, 'resource rules must supply at least one resource'),
      );
    }
  }
  return errors;
}

function aggregationErrors(object: JsonObject): FieldError[] {
  if (isUnset(object.aggregationRule)) return [];
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = items(
    part(object, 'aggregationRule'),
    'clusterRoleSelectors',
    'aggregationRule.',
  );
  if (selectors.length === 0) {
    const why = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
    return [required(path, why)];
  }
  return selectors.flatMap(([selector, place]) => {
    const errors = labelSelectorErrors(selector, place);
    return errors.length === 0 ? [] : [...errors, invalid(place, null, 'invalid label selector.')];
  });
}

function bindingRules(kinds: string[]): Rules {
  return {
    defaults(object) {
      setDefault(ensureObject(object, 'roleRef'), 'apiGroup', GROUP);
      for (const [subject] of items(object, 'subjects')) {
        const kind = text(subject, 'kind');
        if (kind === 'User' || kind === 'Group') setDefault(subject, 'apiGroup', GROUP);
      }
    },
    validate(object, old) {
      const errors = roleRefErrors(part(object, 'roleRef'), kinds);
      for (const [subject, path] of items(object, 'subjects')) {
        errors.push(...subjectErrors(subject, path, kinds.includes('Role')));
      }
      if (
        old !== undefined &&
        isObject(object.roleRef) &&
        !jsonEqual(object.roleRef, old.roleRef)
      ) {
        errors.push(invalid('roleRef', printedRef(object.roleRef), 'cannot change roleRef'));
      }
      return errors;
    },
  };
}

/** As Go prints the internal type. */
function printedRef(roleRef: JsonObject): JsonObject {
  const { apiGroup, kind, name } = roleRef;
  return { APIGroup: apiGroup ?? '', Kind: kind ?? '', Name: name ?? '' };
}

function roleRefErrors(roleRef: JsonObject, kinds: string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== GROUP) {
    errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup, [GROUP]));
  }
  const kind = text(roleRef, 'kind');
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  const name = text(roleRef, 'name');
  if (name === '') errors.push(required('roleRef.name'));
  errors.push(...pathSegmentProblems(name).map((why) => invalid('roleRef.name', name, why)));
  return errors;
}

function subjectErrors(subject: JsonObject, path: string, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const [kind, group] = [text(subject, 'kind'), text(subject, 'apiGroup')];
  if (isUnset(subject.name)) errors.push(required(`${path}.name`));
  if (!SUBJECT_KINDS.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, SUBJECT_KINDS));
  else if (kind === 'ServiceAccount') {
    const name = text(subject, 'name');
    const problems = name === '' ? [] : subdomainProblems(name);
    errors.push(...problems.map((problem) => invalid(`${path}.name`, name, problem)));
    if (!isNamespaced && isUnset(subject.namespace)) errors.push(required(`${path}.namespace`));
    if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
  } else if (group !== GROUP) errors.push(notSupported(`${path}.apiGroup`, group, [GROUP]));
  return errors;
}
