/** Rules of single parts of a CRD: names, columns, selectable fields, scale, conversion, and versions objects are stored in. */
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../schema/field-error.ts';
import { isObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { findFieldPath } from '../schema/schema-field-path.ts';
import { hasUsableCaBundle } from './crd-conditions.ts';
import { listAt, objectAt, stringAt, valueAt } from './json.ts';
import { dns1035Problems, invalidValue } from './names.ts';
import { webhookServiceErrors, webhookUrlErrors } from './webhook-client-rules.ts';

const MAX_SELECTABLE = 8;
const SELECTABLE_TYPES: ReadonlySet<unknown> = new Set(['string', 'boolean', 'integer']);

/** `spec.names` or `status.acceptedNames`. */
export function validateNames(names: unknown, path: string): FieldError[] {
  const check = (value: string, field: string, intro = ''): FieldError[] => {
    const problems = dns1035Problems(intro === '' ? value : value.toLowerCase());
    return problems.length === 0 ? [] : [invalidValue(field, value, intro + problems.join(','))];
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  const errors = ['plural', 'singular', 'kind', 'listKind'].flatMap((field) => {
    const value = stringAt(names, field) ?? '';
    const intro = field.endsWith('ind') ? mixed : '';
    return value === '' ? [] : check(value, `${path}.${field}`, intro);
  });
  const all = (field: string): FieldError[] =>
    listAt(names, field).flatMap((item, i) => check(String(item), `${path}.${field}[${i}]`));
  errors.push(...all('shortNames'));
  const kind = stringAt(names, 'kind') ?? '';
  if (kind !== '' && kind === stringAt(names, 'listKind')) {
    const why = 'kind and listKind may not be the same';
    errors.push(invalidValue(`${path}.listKind`, kind, why));
  }
  return [...errors, ...all('categories')];
}

/** `deprecationWarning` of a version, at `path`. */
export function validateDeprecation(version: unknown, path: string): FieldError[] {
  const warning = stringAt(version, 'deprecationWarning');
  if (warning === undefined) return [];
  if (valueAt(version, 'deprecated') !== true)
    return [invalid(path, warning, 'can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(warning) > 256)
    errors.push(invalid(path, warning, 'must be <= 256 characters long'));
  if (warning === '') errors.push(invalid(path, warning, 'must not be an empty string'));
  const bad = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning);
  if (bad) {
    const index = Buffer.byteLength(warning.slice(0, bad.index));
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${index}`;
    errors.push(invalid(path, warning, why));
  }
  return errors;
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = [
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];

/** One of `additionalPrinterColumns`. */
export function validateColumn(column: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [name, type, format] = ['name', 'type', 'format'].map((key) => stringAt(column, key) ?? '');
  if (name === '') errors.push(required(`${path}.name`));
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (type === '') errors.push(required(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type ?? '')) errors.push(invalid(`${path}.type`, type, types));
  if (format !== '' && !COLUMN_FORMATS.includes(format ?? ''))
    errors.push(invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  const jsonPath = stringAt(column, 'jsonPath') ?? '';
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith('.'))
    errors.push(invalid(`${path}.JSONPath`, jsonPath, SIMPLE_PATH));
  return errors;
}

const SIMPLE_PATH = 'must be a simple json path starting with .';

/** `selectableFields` of what has a schema; `path` is that of the list. */
export function validateSelectableFields(of: unknown, path: string): FieldError[] {
  const schema = objectAt(of, 'schema', 'openAPIV3Schema');
  if (!schema) return [invalid(path, '', 'may only be set when validations.schema is included')];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, field] of listAt(of, 'selectableFields').entries()) {
    const jsonPath = stringAt(field, 'jsonPath') ?? '';
    const place = `${path}[${index}].jsonPath`;
    if (jsonPath === '') {
      errors.push(required(place));
      continue;
    }
    const found = findFieldPath(schema, jsonPath, { allowsBrackets: false });
    if ('problem' in found) {
      errors.push(invalid(place, jsonPath, `is an invalid path: ${found.problem}`));
      continue;
    }
    if (found.steps[0] === 'metadata')
      errors.push(invalid(place, jsonPath, 'must not point to fields in metadata'));
    if (!SELECTABLE_TYPES.has(found.schema.type)) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(invalid(place, jsonPath, why));
    }
    const identity = JSON.stringify(found.steps);
    if (seen.has(identity)) errors.push(duplicate(place, jsonPath));
    seen.add(identity);
  }
  if (seen.size > MAX_SELECTABLE) errors.push(tooMany(path, seen.size, MAX_SELECTABLE));
  return errors;
}

/** `subresources.scale` of one version; `path` is that of `scale`. */
export function validateScalePaths(version: unknown, path: string): FieldError[] {
  const scale = objectAt(version, 'subresources', 'scale');
  if (!scale) return [];
  const rules: [field: string, isOptional: boolean, place: RegExp, text: string][] = [
    ['specReplicasPath', false, /^\.spec\./, 'should be a json path under .spec'],
    ['statusReplicasPath', false, /^\.status\./, 'should be a json path under .status'],
    [
      'labelSelectorPath',
      true,
      /^\.(spec|status)\./,
      'should be a json path under either .spec or .status',
    ],
  ];
  return rules.flatMap(([field, isOptional, place, text]) => {
    const value = stringAt(scale, field) ?? '';
    const at = `${path}.${field}`;
    if (value === '') return isOptional ? [] : [required(at)];
    if (!value.startsWith('.')) return [invalid(at, value, SIMPLE_PATH)];
    return place.test(value) ? [] : [invalid(at, value, text)];
  });
}

/** `conversion` of a spec; without `isTrusting` its caBundle must hold certificates. */
export function validateConversion(
  spec: unknown,
  { isTrusting }: { isTrusting: boolean },
): FieldError[] {
  const conversion = objectAt(spec, 'conversion');
  if (!conversion) return [];
  const path = 'spec.conversion';
  const strategy = stringAt(conversion, 'strategy') ?? '';
  const strategies = ['None', 'Webhook'];
  const errors: FieldError[] = [];
  if (strategy === '') errors.push(required(`${path}.strategy`));
  else if (!strategies.includes(strategy))
    errors.push(notSupported(`${path}.strategy`, strategy, strategies));
  const clientConfig = objectAt(conversion, 'webhook', 'clientConfig');
  const versions = listAt(conversion, 'webhook', 'conversionReviewVersions');
  const [configField, versionsField] = [
    `${path}.webhookClientConfig`,
    `${path}.conversionReviewVersions`,
  ];
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook';
    if (clientConfig) errors.push(forbidden(configField, why));
    if (versions.length > 0) errors.push(forbidden(versionsField, why));
    return errors;
  }
  if (clientConfig) errors.push(...clientConfigErrors(clientConfig, configField));
  else errors.push(required(configField, 'required when strategy is set to Webhook'));
  const caBundle = stringAt(clientConfig, 'caBundle') ?? '';
  if (caBundle !== '' && !isTrusting && !hasUsableCaBundle(clientConfig)) {
    const why = 'unable to load root certificates: unable to parse bytes as PEM block';
    errors.push(invalid(`${configField}.caBundle`, caBundle, why));
  }
  return [...errors, ...reviewVersionErrors(versions, versionsField)];
}

function reviewVersionErrors(versions: unknown[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path)];
  const errors = versions.flatMap((version, i) => {
    const at = `${path}[${i}]`;
    if (versions.indexOf(version) < i) return [invalid(at, version, 'duplicate version')];
    return dns1035Problems(String(version)).map((problem) => invalid(at, version, problem));
  });
  if (versions.some((version) => version === 'v1' || version === 'v1beta1')) return errors;
  return [...errors, invalid(path, versions, 'must include at least one of v1, v1beta1')];
}

/** `clientConfig` of any webhook. */
export function clientConfigErrors(clientConfig: unknown, path: string): FieldError[] {
  const service = objectAt(clientConfig, 'service');
  const url = stringAt(clientConfig, 'url');
  if ((service === undefined) === (url === undefined))
    return [required(path, 'exactly one of url or service is required')];
  return service
    ? webhookServiceErrors(service, `${path}.service`)
    : webhookUrlErrors(url ?? '', `${path}.url`);
}

/** Objects may still be stored in a version that `status.storedVersions` names: it has to stay. */
export function validateStoredVersions(crd: unknown): FieldError[] {
  const path = 'status.storedVersions';
  const stored = listAt(crd, 'status', 'storedVersions');
  if (stored.length === 0) {
    const shown = valueAt(crd, 'status', 'storedVersions') ?? null;
    return [invalid(path, shown, 'must have at least one stored version')];
  }
  const left = new Map(stored.map((name, index) => [name, index]));
  const errors: FieldError[] = [];
  for (const { name, storage } of listAt(crd, 'spec', 'versions').filter(isObject)) {
    if (storage === true && !left.has(name))
      errors.push(invalid(path, stored, `must have the storage version ${String(name)}`));
    left.delete(name);
  }
  for (const [name, index] of left) {
    const why = `missing from spec.versions; ${String(name)} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${String(name)} and removes ${String(name)} from status.storedVersions`;
    errors.push(invalid(`${path}[${index}]`, name, why));
  }
  return errors;
}
