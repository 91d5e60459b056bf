/** What may change in a pod once it is there. */
import { forbidden, invalid, required } from '../../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { items, number, part, text } from '../rules.ts';
import { structDiff } from '../struct-diff.ts';
import { rangeErrors } from './checks.ts';
import { imageErrors } from './containers.ts';

const POD_UPDATE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Errors of an update of the pod itself, besides those of what it then is. */
export function podUpdateErrors(pod: JsonObject, old: JsonObject): FieldError[] {
  const [after, before] = [pod.spec, old.spec];
  if (!isObject(after) || !isObject(before)) return [];
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers']) {
    const containers = items(after, list, 'spec.');
    if (containers.length !== items(before, list).length) {
      const why = 'pod updates may not add or remove containers';
      return [...errors, forbidden(`spec.${list}`, why)];
    }
    for (const [container, place] of containers) {
      if (text(container, 'image') === '') errors.push(required(`${place}.image`));
      errors.push(...imageErrors(container, place));
    }
  }
  const deadline = deadlineErrors(after, before);
  errors.push(...deadline.errors);
  if (deadline.isFinal) return errors;
  errors.push(...tolerationErrors(after, before), ...gateErrors(after, before));
  if (jsonEqual(after, before)) return errors;
  const { compared, errors: found } = comparedSpec(after, before);
  errors.push(...found);
  if (jsonEqual(compared, before)) return errors;
  const difference = structDiff(before, compared, 'PodSpec');
  return [...errors, forbidden('spec', `${POD_UPDATE}\n${difference}`)];
}

function deadlineErrors(
  after: JsonObject,
  before: JsonObject,
): { errors: FieldError[]; isFinal: boolean } {
  const [wanted, known] = [
    number(after, 'activeDeadlineSeconds'),
    number(before, 'activeDeadlineSeconds'),
  ];
  const field = 'spec.activeDeadlineSeconds';
  if (wanted === undefined) {
    if (known === undefined) return { errors: [], isFinal: false };
    const why = 'must not update from a positive integer to nil value';
    return { errors: [invalid(field, null, why)], isFinal: false };
  }
  const errors = rangeErrors(wanted, field, [0, 2147483647]);
  if (errors.length === 0 && known !== undefined && known < wanted)
    errors.push(invalid(field, wanted, 'must be less than or equal to previous value'));
  return { errors, isFinal: errors.length > 0 };
}

function tolerationErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const timeless = ({ tolerationSeconds: _seconds, ...rest }: JsonObject) => rest;
  const now = items(after, 'tolerations').map(([toleration]) => timeless(toleration));
  const isKept = items(before, 'tolerations').every(([toleration]) =>
    now.some((other) => jsonEqual(other, timeless(toleration))),
  );
  if (isKept) return [];
  const why = 'existing toleration can not be modified except its tolerationSeconds';
  return [forbidden('spec.tolerations', why)];
}

function gateErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const known = new Set(items(before, 'schedulingGates').map(([gate]) => text(gate, 'name')));
  return items(after, 'schedulingGates', 'spec.')
    .filter(([gate]) => !known.has(text(gate, 'name')))
    .map(([gate, place]) => {
      const why = `only deletion is allowed, but found new scheduling gate '${text(gate, 'name')}'`;
      return forbidden(`${place}.name`, why);
    });
}

/** The new spec with all that may change as it was. What a gated pod may change is checked here. */
function comparedSpec(
  after: JsonObject,
  before: JsonObject,
): { compared: JsonObject; errors: FieldError[] } {
  const compared: JsonObject = { ...after };
  const keep = (key: string) => {
    if (before[key] === undefined) delete compared[key];
    else compared[key] = before[key];
  };
  for (const list of ['containers', 'initContainers']) {
    if (!Array.isArray(after[list])) continue;
    const old = items(before, list).map(([container]) => container);
    compared[list] = items(after, list).map(([container], index) => ({
      ...container,
      image: old[index]?.image,
    }));
  }
  for (const key of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations']) keep(key);
  const grace = number(before, 'terminationGracePeriodSeconds') ?? 0;
  if (grace < 0 && after.terminationGracePeriodSeconds === 1) keep('terminationGracePeriodSeconds');
  if (items(before, 'schedulingGates').length === 0) return { compared, errors: [] };
  const errors = [...selectorErrors(after, before), ...affinityErrors(after, before)];
  keep('nodeSelector');
  const { nodeAffinity: _new, ...others } = part(after, 'affinity');
  const { nodeAffinity: known } = part(before, 'affinity');
  const affinity = { ...others, ...(known !== undefined && { nodeAffinity: known }) };
  if (Object.keys(affinity).length > 0) compared.affinity = affinity;
  else keep('affinity');
  return { compared, errors };
}

function selectorErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const [now, old] = [part(after, 'nodeSelector'), part(before, 'nodeSelector')];
  if (Object.keys(old).every((key) => now[key] === old[key])) return [];
  const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  return [invalid('spec.nodeSelector', now, why)];
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

function affinityErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const terms = (spec: JsonObject) =>
    items(part(part(part(spec, 'affinity'), 'nodeAffinity'), REQUIRED), 'nodeSelectorTerms');
  const [now, old] = [terms(after), terms(before)];
  const field = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
  if (old.length > 0 && old.length !== now.length) {
    const why = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    return [
      invalid(
        field,
        now.map(([term]) => term),
        why,
      ),
    ];
  }
  return old.flatMap(([term], index) => {
    const [next] = now[index] ?? [{}];
    const isKept = ['matchExpressions', 'matchFields'].every((key) => {
      const [had, has] = [items(term, key), items(next, key)];
      return had.every(([item], at) => jsonEqual(item, has[at]?.[0] ?? null));
    });
    const wasEmpty = Object.keys(term).length === 0;
    if (isKept && !(wasEmpty && Object.keys(next).length > 0)) return [];
    const why = 'only additions are allowed (no mutations or deletions)';
    return [invalid(`${field}[${index}]`, next, why)];
  });
}

/** Errors of the `ephemeralcontainers` subresource: they are only ever added. */
export function ephemeralUpdateErrors(pod: JsonObject, old: JsonObject): FieldError[] {
  const list = (of: JsonObject) => items(part(of, 'spec'), 'ephemeralContainers');
  const now = new Map(list(pod).map(([item]) => [text(item, 'name'), item]));
  return list(old).flatMap(([item]) => {
    const name = JSON.stringify(text(item, 'name'));
    const found = now.get(text(item, 'name'));
    if (found !== undefined && jsonEqual(found, item)) return [];
    const why =
      found === undefined
        ? `existing ephemeral containers ${name} may not be removed\n`
        : `existing ephemeral containers ${name} may not be changed\n${structDiff(item, found, 'EphemeralContainer')}`;
    return [forbidden('spec.ephemeralContainers', why)];
  });
}
