/** Rules of CRDs about fields that can be selected, conversion, and versions objects are stored in. */
import { duplicate, invalid, required, tooMany } from '../schema/field-error.ts';
import type { FieldError } from '../schema/schema.ts';
import { fieldPath } from './json-path.ts';
import { listAt, objectAt, stringAt, valueAt } from './json.ts';

const MAX_SELECTABLE = 8;
const SELECTABLE_TYPES: ReadonlySet<unknown> = new Set(['string', 'boolean', 'integer']);
/** Dots and names only: no lists, no expressions. */
const SIMPLE_PATH = /^(?:\.[A-Za-z_$][\w$-]*)+$/;

/** `selectableFields` of one version; `path` is that of the list. */
export function validateSelectableFields(version: unknown, path: string): FieldError[] {
  const fields = listAt(version, 'selectableFields');
  const schema = objectAt(version, 'schema', 'openAPIV3Schema');
  const errors: FieldError[] = [];
  if (fields.length > MAX_SELECTABLE) errors.push(tooMany(path, fields.length, MAX_SELECTABLE));
  const seen = new Set<string>();
  for (const [index, field] of fields.entries()) {
    const jsonPath = stringAt(field, 'jsonPath') ?? '';
    const place = `${path}[${index}].jsonPath`;
    const problem = jsonPath === '' ? undefined : selectableProblem(schema, jsonPath);
    if (jsonPath === '') errors.push(required(place));
    else if (problem !== undefined) errors.push(invalid(place, jsonPath, problem));
    if (seen.has(jsonPath)) errors.push(duplicate(place, jsonPath));
    seen.add(jsonPath);
  }
  return errors;
}

function selectableProblem(schema: unknown, jsonPath: string): string | undefined {
  if (!SIMPLE_PATH.test(jsonPath))
    return 'is an invalid path: expected a path of field names such as .spec.name';
  const steps = fieldPath(jsonPath);
  if (steps[0] === 'metadata') return 'must not point to fields in metadata';
  let place: unknown = schema;
  for (const step of steps) {
    place = objectAt(place, 'properties', step);
    if (place === undefined)
      return `is an invalid path: does not refer to a valid field: ${JSON.stringify(step)}`;
  }
  if (SELECTABLE_TYPES.has(valueAt(place, 'type'))) return undefined;
  return 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
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
    if (!value.startsWith('.'))
      return [invalid(at, value, 'must be a simple json path starting with .')];
    return place.test(value) ? [] : [invalid(at, value, text)];
  });
}

/** `spec.conversion`. */
export function validateConversion(crd: unknown): FieldError[] {
  const conversion = objectAt(crd, 'spec', 'conversion');
  const webhook = objectAt(conversion, 'webhook');
  const strategy = stringAt(conversion, 'strategy') ?? 'None';
  const path = 'spec.conversion';
  if (strategy !== 'Webhook') {
    if (!webhook) return [];
    const why = 'should not be set when strategy is not set to Webhook';
    return [{ type: 'Forbidden', field: `${path}.webhook`, detail: `Forbidden: ${why}` }];
  }
  const clientConfig = objectAt(webhook, 'clientConfig');
  if (!clientConfig)
    return [required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook')];
  const errors = clientConfigErrors(clientConfig, `${path}.webhookClientConfig`);
  const versions = listAt(webhook, 'conversionReviewVersions');
  const field = `${path}.conversionReviewVersions`;
  if (versions.length === 0) errors.push(required(field));
  else if (!versions.some((version) => version === 'v1' || version === 'v1beta1'))
    errors.push(invalid(field, versions, 'must include at least one of v1, v1beta1'));
  return errors;
}

/** `clientConfig` of any webhook. */
export function clientConfigErrors(clientConfig: unknown, path: string): FieldError[] {
  const service = objectAt(clientConfig, 'service');
  const url = stringAt(clientConfig, 'url');
  if ((service === undefined) === (url === undefined))
    return [required(path, 'exactly one of url or service is required')];
  const errors: FieldError[] = [];
  if (url !== undefined) {
    const form = 'desired format: https://host[/path]';
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed) errors.push(invalid(`${path}.url`, url, `url must be a valid URL; ${form}`));
    else if (parsed.protocol !== 'https:')
      errors.push(
        invalid(
          `${path}.url`,
          parsed.protocol.slice(0, -1),
          `'https' is the only allowed URL scheme; ${form}`,
        ),
      );
    else if (parsed.username !== '' || parsed.password !== '')
      errors.push(
        invalid(`${path}.url`, parsed.username, 'user information is not permitted in the URL'),
      );
    else if (parsed.hash !== '')
      errors.push(
        invalid(`${path}.url`, parsed.hash.slice(1), 'fragments are not permitted in the URL'),
      );
    else if (parsed.search !== '')
      errors.push(
        invalid(
          `${path}.url`,
          parsed.search.slice(1),
          'query parameters are not permitted in the URL',
        ),
      );
  }
  if (service) {
    for (const field of ['name', 'namespace'])
      if ((stringAt(service, field) ?? '') === '')
        errors.push(required(`${path}.service.${field}`, `service ${field} is required`));
  }
  return errors;
}

/** Objects may still be stored in a version that `status.storedVersions` names: it has to stay. */
export function validateStoredVersions(crd: unknown): FieldError[] {
  const versions = new Set(listAt(crd, 'spec', 'versions').map((item) => valueAt(item, 'name')));
  return listAt(crd, 'status', 'storedVersions').flatMap((name, index) => {
    if (versions.has(name)) return [];
    const why = `missing from spec.versions; ${String(name)} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${String(name)} and removes ${String(name)} from status.storedVersions`;
    return [invalid(`status.storedVersions[${index}]`, name, why)];
  });
}
