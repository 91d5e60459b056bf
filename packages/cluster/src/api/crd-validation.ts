/**
 * Whether a CustomResourceDefinition may be stored (apiextensions `validation.go`). A real server judges its internal form, in
 * which what all versions have in common stands once at the top: the paths in its messages are those of that form.
 */
import { invalid, notSupported, required } from '../schema/field-error.ts';
import { printVersions } from '../schema/internal-form.ts';
import { isObject, jsonEqual, type JsonObject } from '../schema/json.ts';
import { validateSchema } from '../schema/structural.ts';
import type { FieldError, Schema } from '../schema/schema.ts';
import { approvalErrors } from './crd-conditions.ts';
import {
  validateColumn,
  validateConversion,
  validateDeprecation,
  validateNames,
  validateScalePaths,
  validateSelectableFields,
  validateStoredVersions,
} from './crd-rules.ts';
import { listAt, objectAt, stringAt, valueAt } from './json.ts';
import { dns1035Problems, invalidValue, subdomainProblems } from './names.ts';
import type { ApiObject } from './object.ts';

/** Rules beyond the schema of the CRD kind itself. `old` is the stored CRD on updates. */
export function validateCrd(crd: ApiObject, old?: ApiObject): FieldError[] {
  const spec = objectAt(crd, 'spec') ?? {};
  const before = old && objectAt(old, 'spec');
  return [
    ...(old ? [] : nameErrors(crd)),
    ...specErrors(spec, { hasOld: old !== undefined, isTrusting: trustsCaBundle(old) }),
    ...(before ? immutableErrors(spec, before, isEstablished(old)) : []),
    ...validateNames(objectAt(crd, 'status', 'acceptedNames'), 'status.acceptedNames'),
    ...validateStoredVersions(crd),
    ...approvalErrors(crd, old),
    ...preserveErrors(spec, before),
  ];
}

/** Rules of what is written as the status alone. */
export function validateCrdStatus(crd: ApiObject): FieldError[] {
  return validateNames(objectAt(crd, 'status', 'acceptedNames'), 'status.acceptedNames');
}

function nameErrors({ metadata, spec }: ApiObject): FieldError[] {
  const wanted = `${stringAt(spec, 'names', 'plural') ?? ''}.${stringAt(spec, 'group') ?? ''}`;
  return (['generateName', 'name'] as const).flatMap((field) => {
    const name = metadata[field] ?? '';
    if (name === '' || name === wanted) return [];
    return [invalidValue(`metadata.${field}`, name, 'must be spec.names.plural+"."+spec.group')];
  });
}

interface SpecContext {
  hasOld: boolean;
  /** An invalid caBundle is tolerated. */
  isTrusting: boolean;
}

function specErrors(spec: JsonObject, context: SpecContext): FieldError[] {
  const versions = listAt(spec, 'versions').filter(isObject);
  const common = commonParts(versions);
  const names = objectAt(spec, 'names');
  const errors = [...groupErrors(stringAt(spec, 'group') ?? ''), ...scopeErrors(spec)];
  for (const [index, version] of versions.entries()) {
    if (objectAt(version, 'schema', 'openAPIV3Schema') === undefined)
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  }
  for (const [index, version] of versions.entries()) {
    const name = stringAt(version, 'name') ?? '';
    const path = `spec.versions[${index}]`;
    const problems = dns1035Problems(name);
    if (problems.length > 0) errors.push(invalidValue(`${path}.name`, name, problems.join(',')));
    errors.push(...validateDeprecation(version, `${path}.deprecationWarning`));
    const hasStatus = objectAt(version, 'subresources', 'status') !== undefined;
    const own = { ...version, ...without(common) };
    errors.push(...partErrors(own, { hasStatus, schemaPath: `${path}.schema`, path }));
  }
  errors.push(...storageErrors(versions, spec, common));
  const first = stringAt(versions[0], 'name') ?? '';
  const problems = first === '' ? [] : dns1035Problems(first);
  if (problems.length > 0) errors.push(invalidValue('spec.version', first, problems.join(',')));
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    if ((stringAt(names, field) ?? '') === '') errors.push(required(`spec.names.${field}`));
  }
  errors.push(...validateNames(names, 'spec.names'));
  const hasStatus = versions.some((version) => objectAt(version, 'subresources', 'status'));
  errors.push(...partErrors(common, { hasStatus, schemaPath: 'spec.validation', path: 'spec' }));
  const strategy = stringAt(spec, 'conversion', 'strategy') ?? '';
  if (strategy !== 'None' && spec['preserveUnknownFields'] === true) {
    const why = 'must be None if spec.preserveUnknownFields is true';
    errors.push(invalid('spec.conversion.strategy', strategy, why));
  }
  errors.push(...validateConversion(spec, context));
  return errors;
}

const PARTS = ['subresources', 'schema', 'additionalPrinterColumns', 'selectableFields'] as const;

/** What all versions say alike; absent parts are left out. */
function commonParts(versions: JsonObject[]): JsonObject {
  const [first] = versions;
  const same = PARTS.filter(
    (part) =>
      first?.[part] !== undefined &&
      versions.every((version) => jsonEqual(version[part], first[part])),
  );
  return Object.fromEntries(same.map((part) => [part, first?.[part]]));
}

/** Takes the common parts out of a version when it is spread over it. */
function without(common: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(common).map((part) => [part, undefined]));
}

function partErrors(
  of: JsonObject,
  { hasStatus, schemaPath, path }: { hasStatus: boolean; schemaPath: string; path: string },
): FieldError[] {
  const schema: Schema | undefined = objectAt(of, 'schema', 'openAPIV3Schema');
  const errors =
    schema === undefined
      ? []
      : validateSchema(schema, { hasStatus, path: `${schemaPath}.openAPIV3Schema` });
  errors.push(...validateScalePaths(of, `${path}.subresources.scale`));
  for (const [index, column] of listAt(of, 'additionalPrinterColumns').entries())
    errors.push(...validateColumn(column, `${path}.additionalPrinterColumns[${index}]`));
  const selectable = listAt(of, 'selectableFields');
  if (selectable.length === 0) return errors;
  if (schema !== undefined || path === 'spec')
    errors.push(...validateSelectableFields(of, `${path}.selectableFields`));
  return errors;
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const problems = subdomainProblems(group);
  if (problems.length > 0) return [invalidValue('spec.group', group, problems.join(','))];
  if (group.includes('.')) return [];
  return [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

function scopeErrors(spec: JsonObject): FieldError[] {
  const scope = stringAt(spec, 'scope') ?? '';
  if (scope === '') return [required('spec.scope')];
  const scopes = ['Cluster', 'Namespaced'];
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)];
}

/** Each name once, and one version to store objects in. */
function storageErrors(versions: JsonObject[], spec: JsonObject, common: JsonObject): FieldError[] {
  const shown = (): unknown =>
    spec['versions'] === undefined || spec['versions'] === null
      ? null
      : printVersions(versions.map((version) => ({ ...version, ...without(common) })));
  const errors: FieldError[] = [];
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalid('spec.versions', shown(), 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage === true).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(invalid('spec.versions', shown(), why));
  }
  return errors;
}

const ESTABLISHED_KEEP = [['scope'], ['names', 'kind']];
const ALL_KEEP = [['group'], ['names', 'plural']];

function immutableErrors(spec: JsonObject, before: JsonObject, established: boolean): FieldError[] {
  return [...(established ? ESTABLISHED_KEEP : []), ...ALL_KEEP].flatMap((path) => {
    const value = stringAt(spec, ...path) ?? '';
    if (value === (stringAt(before, ...path) ?? '')) return [];
    return [invalidValue(`spec.${path.join('.')}`, value, 'field is immutable')];
  });
}

function preserveErrors(spec: JsonObject, before: JsonObject | undefined): FieldError[] {
  if (spec['preserveUnknownFields'] !== true || before?.['preserveUnknownFields'] === true)
    return [];
  const why =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [invalid('spec.preserveUnknownFields', true, why)];
}

/** Until a CRD is established its caBundle may be wrong. */
function trustsCaBundle(old: ApiObject | undefined): boolean {
  return old === undefined || !isEstablished(old);
}

function isEstablished(crd: ApiObject | undefined): boolean {
  return listAt(crd, 'status', 'conditions').some(
    (item) => valueAt(item, 'type') === 'Established' && valueAt(item, 'status') === 'True',
  );
}
