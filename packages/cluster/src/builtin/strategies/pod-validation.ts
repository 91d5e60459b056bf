/** The most frequent mistakes in pods and pod templates, told as a real API server tells them. */
import { forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { containerErrors, type ContainerContext } from './container-validation.ts';
import { duplicates, items, labelProblems, number, requiredFields, text } from './rules.ts';

/** Errors of a PodSpec at `path`, e.g. `spec.template.spec`. */
export function podSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const volumes = items(spec, 'volumes', `${path}.`);
  const context: ContainerContext = {
    volumes: new Set(volumes.map(([volume]) => text(volume, 'name'))),
    names: new Set(),
  };
  const containers = items(spec, 'containers', `${path}.`);
  const errors = volumes.flatMap(([volume, place]) => volumeErrors(volume, place));
  errors.push(...duplicates(volumes, 'name'));
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  for (const [container, place] of containers) {
    errors.push(...containerErrors(container, place, context));
  }
  for (const [container, place] of items(spec, 'initContainers', `${path}.`)) {
    errors.push(...containerErrors(container, place, context));
  }
  for (const [container, place] of items(spec, 'ephemeralContainers', `${path}.`)) {
    errors.push(...containerErrors(container, place, context));
  }
  const deadline = number(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && deadline < 1) {
    const why = 'must be between 1 and 2147483647, inclusive';
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, why));
  }
  const grace = number(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0) {
    const why = 'must be greater than or equal to 0';
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, why));
  }
  for (const key of ['hostname', 'subdomain']) {
    const value = text(spec, key);
    if (value === '') continue;
    for (const why of labelProblems(value)) errors.push(invalid(`${path}.${key}`, value, why));
  }
  return errors;
}

/** What a volume source cannot do without. */
const VOLUME_FIELDS: Readonly<Record<string, string[]>> = {
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  hostPath: ['path'],
  nfs: ['server', 'path'],
  csi: ['driver'],
};

function volumeErrors(volume: JsonObject, path: string): FieldError[] {
  const errors = nameErrors(volume, path);
  const sources = Object.keys(volume).filter((key) => key !== 'name' && isObject(volume[key]));
  for (const extra of sources.slice(1)) {
    errors.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type'));
  }
  const [source] = sources;
  const value = source === undefined ? undefined : volume[source];
  if (source !== undefined && isObject(value)) {
    errors.push(...requiredFields(value, `${path}.${source}`, VOLUME_FIELDS[source] ?? []));
    for (const [item, place] of items(value, 'items', `${path}.${source}.`)) {
      errors.push(...requiredFields(item, place, ['key', 'path']));
    }
  }
  return errors;
}

/** A name that must be there and must be a DNS label. */
export function nameErrors(object: JsonObject, path: string): FieldError[] {
  const name = text(object, 'name');
  if (name === '') return [required(`${path}.name`)];
  return labelProblems(name).map((problem) => invalid(`${path}.name`, name, problem));
}

const POD_UPDATE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Errors of a change of a pod. Giving it a node, once, is a binding. */
export function podUpdateErrors(pod: JsonObject, old: JsonObject): FieldError[] {
  const [after, before] = [pod.spec, old.spec];
  if (!isObject(after) || !isObject(before)) return [];
  const isBinding = text(before, 'nodeName') === '';
  const kept = debugContainerErrors(after, before);
  if (kept.length > 0) return kept;
  if (jsonEqual(fixedPart(after, isBinding), fixedPart(before, isBinding))) return [];
  return [forbidden('spec', POD_UPDATE)];
}

/** Ephemeral containers are only ever added. */
function debugContainerErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const now = new Map(
    items(after, 'ephemeralContainers').map(([item]) => [text(item, 'name'), item]),
  );
  return items(before, 'ephemeralContainers').flatMap(([item]) => {
    const name = text(item, 'name');
    const found = now.get(name);
    if (found !== undefined && jsonEqual(found, item)) return [];
    const what = found === undefined ? 'removed' : 'changed';
    const why = `existing ephemeral containers ${JSON.stringify(name)} may not be ${what}`;
    return [forbidden('spec.ephemeralContainers', why)];
  });
}

/** A PodSpec without what may change. */
function fixedPart(spec: JsonObject, isBinding: boolean): JsonObject {
  const {
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    ephemeralContainers: _ephemeral,
    schedulingGates: _gates,
    nodeName,
    ...rest
  } = spec;
  const withoutImage = (container: JsonObject) => ({ ...container, image: '' });
  return {
    ...rest,
    ...(!isBinding && { nodeName }),
    containers: items(spec, 'containers').map(([container]) => withoutImage(container)),
    initContainers: items(spec, 'initContainers').map(([container]) => withoutImage(container)),
  };
}
