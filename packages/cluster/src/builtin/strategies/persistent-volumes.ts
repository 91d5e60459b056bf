/** PersistentVolumes: what they are made of, and what stays. */
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { quantityNanos } from '../quantity.ts';
import { accessModeErrors, VOLUME_MODES } from './claims.ts';
import { noBackstepErrors, optionalChoiceErrors, subdomainErrors } from './pods/checks.ts';
import { nodeSelectorErrors } from './pods/scheduling.ts';
import { driverErrors, volumeSourceErrors } from './pods/volumes.ts';
import { part, requiredFields, strings, text, type Rules } from './rules.ts';
import { structDiff } from './struct-diff.ts';

export const persistentVolume: Rules = {
  create(object) {
    const { creationTimestamp } = part(object, 'metadata');
    object.status = { phase: 'Pending', lastPhaseTransitionTime: creationTimestamp };
  },
  prepareStatus(object, old) {
    const [status, before] = [part(object, 'status'), part(old, 'status')];
    const time = before.lastPhaseTransitionTime;
    if (status.phase === before.phase && status.lastPhaseTransitionTime === undefined && time)
      object.status = { ...status, lastPhaseTransitionTime: time };
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors = volumeErrors(spec);
    return old === undefined ? errors : [...errors, ...changeErrors(spec, part(old, 'spec'))];
  },
  status: () => [],
};

/** Fields of a volume's spec that are no source of it. */
const NO_SOURCE = new Set(['claimRef', 'nodeAffinity', 'capacity']);

function sourcesOf(spec: JsonObject): string[] {
  return Object.keys(spec).filter((key) => !NO_SOURCE.has(key) && isObject(spec[key]));
}

function volumeErrors(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (strings(spec, 'accessModes').length === 0) errors.push(required('spec.accessModes'));
  errors.push(...accessModeErrors(spec, 'spec'), ...capacityErrors(spec));
  const policies = ['Delete', 'Recycle', 'Retain'];
  const policy = spec.persistentVolumeReclaimPolicy;
  errors.push(...optionalChoiceErrors(policy, 'spec.persistentVolumeReclaimPolicy', policies));
  const { nodeAffinity } = spec;
  if (isObject(nodeAffinity)) {
    const field = 'spec.nodeAffinity.required';
    if (!isObject(nodeAffinity.required))
      errors.push(required(field, 'must specify required node constraints'));
    else errors.push(...nodeSelectorErrors(nodeAffinity.required, field));
  }
  const [source, ...others] = sourcesOf(spec);
  if (source !== undefined) errors.push(...sourceErrors(spec, source));
  for (const other of others)
    errors.push(forbidden(`spec.${other}`, 'may not specify more than 1 volume type'));
  if (source === undefined) errors.push(required('spec', 'must specify a volume type'));
  if (
    isObject(spec.hostPath) &&
    policy === 'Recycle' &&
    /^\/+$/.test(text(spec.hostPath, 'path'))
  ) {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', why));
  }
  const name = text(spec, 'storageClassName');
  if (name !== '') errors.push(...subdomainErrors(name, 'spec.storageClassName'));
  errors.push(...optionalChoiceErrors(spec.volumeMode, 'spec.volumeMode', VOLUME_MODES));
  return errors;
}

function capacityErrors(spec: JsonObject): FieldError[] {
  const capacity = part(spec, 'capacity');
  const names = Object.keys(capacity);
  const errors: FieldError[] = [];
  if (names.length === 0) errors.push(required('spec.capacity'));
  if (names.length !== 1 || names[0] !== 'storage')
    errors.push(notSupported('spec.capacity', spec.capacity ?? null, ['storage']));
  for (const name of names) {
    const amount = quantityNanos(capacity[name]) ?? 0n;
    const place = `spec.capacity[${name}]`;
    if (amount < 0n) {
      const value = Number(amount / 1_000_000_000n);
      errors.push(invalid(place, value, 'must be a valid resource quantity'));
    }
    if (name === 'storage' && amount <= 0n)
      errors.push(invalid(place, capacity[name], 'must be greater than zero'));
  }
  return errors;
}

function sourceErrors(spec: JsonObject, key: string): FieldError[] {
  const source = part(spec, key);
  const path = `spec.${key}`;
  if (key === 'csi') {
    return [
      ...driverErrors(text(source, 'driver'), `${path}.driver`),
      ...requiredFields(source, path, ['volumeHandle']),
    ];
  }
  if (key !== 'local') return volumeSourceErrors(key, source, path);
  const errors = requiredFields(source, path, ['path']);
  errors.push(...noBackstepErrors(text(source, 'path'), `${path}.path`));
  if (isObject(spec.nodeAffinity)) return errors;
  return [...errors, required('spec.nodeAffinity', 'Local volume requires node affinity')];
}

function changeErrors(spec: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const source = (of: JsonObject): JsonObject =>
    Object.fromEntries(sourcesOf(of).map((key) => [key, of[key]]));
  if (!jsonEqual(source(spec), source(before))) {
    const difference = structDiff(source(before), source(spec), 'PersistentVolumeSource');
    const why = `spec.persistentvolumesource is immutable after creation\n${difference}`;
    errors.push(forbidden('spec.persistentvolumesource', why));
  }
  if (!jsonEqual(spec.volumeMode ?? null, before.volumeMode ?? null))
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, 'field is immutable'));
  const { nodeAffinity } = before;
  if (nodeAffinity !== undefined && !jsonEqual(nodeAffinity, spec.nodeAffinity ?? null)) {
    const value = isObject(spec.nodeAffinity) ? spec.nodeAffinity : null;
    errors.push(invalid('nodeAffinity', value, 'field is immutable'));
  }
  return errors;
}
