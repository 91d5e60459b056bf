/** Roles and their bindings. */
import { invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import {
  ensureObject,
  isUnset,
  items,
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
export const roleBinding: Rules = bindingRules(['ClusterRole', 'Role']);
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
  if (items(part(object, 'aggregationRule'), 'clusterRoleSelectors').length > 0) return [];
  const why = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
  return [required('aggregationRule.clusterRoleSelectors', why)];
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
        errors.push(...subjectErrors(subject, path));
      }
      if (
        old !== undefined &&
        isObject(object.roleRef) &&
        !jsonEqual(object.roleRef, old.roleRef)
      ) {
        errors.push(invalid('roleRef', object.roleRef, 'cannot change roleRef'));
      }
      return errors;
    },
  };
}

function roleRefErrors(roleRef: JsonObject, kinds: string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== GROUP) {
    errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup, [GROUP]));
  }
  const kind = text(roleRef, 'kind');
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (isUnset(roleRef.name)) errors.push(required('roleRef.name'));
  return errors;
}

function subjectErrors(subject: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [kind, group] = [text(subject, 'kind'), text(subject, 'apiGroup')];
  if (isUnset(subject.name)) errors.push(required(`${path}.name`));
  if (!SUBJECT_KINDS.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, SUBJECT_KINDS));
  else if (kind === 'ServiceAccount') {
    if (isUnset(subject.namespace)) errors.push(required(`${path}.namespace`));
    if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
  } else if (group !== GROUP) errors.push(notSupported(`${path}.apiGroup`, group, [GROUP]));
  return errors;
}
