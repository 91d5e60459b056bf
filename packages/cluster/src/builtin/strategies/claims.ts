/** PersistentVolumeClaims, by themselves and as the template of an ephemeral volume. */
import { annotationErrors, labelErrors } from '../../api/names.ts';
import { forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { structDiff } from './struct-diff.ts';
import { quantityNanos } from '../quantity.ts';
import {
  labelErrors as dnsLabelErrors,
  optionalChoiceErrors,
  subdomainErrors,
} from './pods/checks.ts';
import {
  isUnset,
  labelSelectorErrors,
  part,
  requiredFields,
  strings,
  text,
  type Rules,
} from './rules.ts';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

export const persistentVolumeClaim: Rules = {
  create(object) {
    object.status = { phase: 'Pending' };
    normaliseSources(part(object, 'spec'));
  },
  update: (object) => normaliseSources(part(object, 'spec')),
  validate(object, old) {
    const errors = claimSpecErrors(part(object, 'spec'), 'spec');
    return old === undefined ? errors : [...errors, ...claimUpdateErrors(object, old)];
  },
};

/** A claim or a snapshot is named by both fields; what else there is by the newer one alone. */
function normaliseSources(spec: JsonObject): void {
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (isObject(source) && !isObject(reference)) {
    const group = text(source, 'apiGroup');
    const isKnown =
      (group === '' && source.kind === 'PersistentVolumeClaim') ||
      (group === 'snapshot.storage.k8s.io' && source.kind === 'VolumeSnapshot');
    if (isKnown) spec.dataSourceRef = { ...source };
    else delete spec.dataSource;
  } else if (isObject(reference) && !isObject(source) && isUnset(reference.namespace)) {
    spec.dataSource = { ...reference };
  }
}

/** Errors of the metadata of a template: labels and annotations are all it may have. */
export function templateMetadataErrors(metadata: JsonObject, path: string): FieldError[] {
  const inPlace = (error: FieldError) => ({
    ...error,
    field: error.field.replace(/^metadata/, path),
  });
  return [
    ...annotationErrors(texts(part(metadata, 'annotations'))).map(inPlace),
    ...labelErrors(texts(part(metadata, 'labels'))).map(inPlace),
    ...Object.keys(metadata)
      .filter((key) => key !== 'labels' && key !== 'annotations')
      .map((key) => forbidden(`${path}.${key}`, 'cannot be set')),
  ];
}

function texts(object: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.keys(object).map((key) => [key, text(object, key)]));
}

/** Access modes, of claims and of volumes. */
export function accessModeErrors(spec: JsonObject, path: string): FieldError[] {
  const modes = strings(spec, 'accessModes');
  const place = `${path}.accessModes`;
  const errors = modes.flatMap((mode) => optionalChoiceErrors(mode, place, ACCESS_MODES));
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  const single = known.filter((mode) => mode === 'ReadWriteOncePod').length;
  if (single > 0 && single < known.length) {
    errors.push(forbidden(place, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

/** Errors of a PersistentVolumeClaimSpec at `path`. */
export function claimSpecErrors(spec: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (strings(spec, 'accessModes').length === 0) {
    errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  }
  if (isObject(spec.selector))
    errors.push(...labelSelectorErrors(spec.selector, `${path}.selector`));
  errors.push(...accessModeErrors(spec, path));
  const { storage } = part(part(spec, 'resources'), 'requests');
  const size = quantityNanos(storage);
  const place = `${path}.resources[storage]`;
  if (isUnset(storage)) errors.push(required(place));
  else if (size !== undefined && size <= 0n) {
    errors.push(invalid(place, storage, 'must be greater than zero'));
  }
  const name = text(spec, 'storageClassName');
  if (name !== '') errors.push(...subdomainErrors(name, `${path}.storageClassName`));
  errors.push(...optionalChoiceErrors(spec.volumeMode, `${path}.volumeMode`, VOLUME_MODES));
  errors.push(...dataSourceErrors(spec, path));
  const attributes = text(spec, 'volumeAttributesClassName');
  if (attributes === '') return errors;
  return [...errors, ...subdomainErrors(attributes, `${path}.volumeAttributesClassName`)];
}

function dataSourceErrors(spec: JsonObject, path: string): FieldError[] {
  const { dataSource, dataSourceRef } = spec;
  const errors: FieldError[] = [];
  for (const key of ['dataSource', 'dataSourceRef']) {
    const source = spec[key];
    if (!isObject(source)) continue;
    const place = `${path}.${key}`;
    errors.push(...requiredFields(source, place, ['name', 'kind']));
    const group = text(source, 'apiGroup');
    if (group !== '') errors.push(...subdomainErrors(group, `${place}.apiGroup`));
    else if (source.kind !== 'PersistentVolumeClaim') {
      const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
      errors.push(invalid(place, text(source, 'kind'), why));
    }
    const namespace = text(source, 'namespace');
    if (namespace !== '') errors.push(...dnsLabelErrors(namespace, `${place}.namespace`));
  }
  if (!isObject(dataSource) || !isObject(dataSourceRef)) return errors;
  const { namespace, ...reference } = dataSourceRef;
  if (!isUnset(namespace)) {
    const why = 'may not be specified when dataSourceRef.namespace is specified';
    errors.push(invalid(path, {}, why));
  } else if (!jsonEqual(dataSource, reference)) {
    errors.push(invalid(path, {}, 'must match dataSourceRef'));
  }
  return errors;
}

const CLAIM_UPDATE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function claimUpdateErrors(object: JsonObject, old: JsonObject): FieldError[] {
  const [spec, before] = [part(object, 'spec'), part(old, 'spec')];
  const errors: FieldError[] = [];
  const compared = comparedSpec(object, old);
  if (!jsonEqual(compared, before)) {
    const difference = structDiff(before, compared, 'PersistentVolumeClaimSpec');
    errors.push(forbidden('spec', `${CLAIM_UPDATE}\n${difference}`));
  }
  const size = (of: JsonObject) =>
    quantityNanos(part(part(of, 'resources'), 'requests').storage) ?? 0n;
  const given = quantityNanos(part(part(old, 'status'), 'capacity').storage) ?? 0n;
  if (size(spec) < size(before) && size(spec) <= given) {
    const why = 'field can not be less than status.capacity';
    errors.push(forbidden('spec.resources.requests.storage', why));
  }
  if (!jsonEqual(spec.volumeMode ?? null, before.volumeMode ?? null)) {
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, 'field is immutable'));
  }
  return errors;
}

/** The new spec with what may change as it was: the volume and the class are filled in once, a bound claim may grow. */
function comparedSpec(object: JsonObject, old: JsonObject): JsonObject {
  const [spec, before] = [part(object, 'spec'), part(old, 'spec')];
  const compared: JsonObject = { ...spec };
  const keep = (key: string) => {
    if (before[key] === undefined) delete compared[key];
    else compared[key] = before[key];
  };
  if (isUnset(before.volumeName)) keep('volumeName');
  if (before.storageClassName === undefined) keep('storageClassName');
  if (part(old, 'status').phase !== 'Bound') return compared;
  keep('volumeAttributesClassName');
  const requests = { ...part(part(spec, 'resources'), 'requests') };
  const { storage } = part(part(before, 'resources'), 'requests');
  if (storage !== undefined) requests.storage = storage;
  compared.resources = { ...part(spec, 'resources'), requests };
  return compared;
}
