/** What names, owners and finalizers of an object may be, beside its labels: checked as `ValidateObjectMeta` does. */
import type { FieldError } from '../schema/schema.ts';
import { isObject } from '../schema/json.ts';
import { invalidValue, nameProblems, qualifiedNameProblems } from './names.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';

/** Complaints about the name of a new object, and about what it is made from. */
export function newNameErrors(
  resource: ServedResource,
  { name, generateName = '' }: ApiObject['metadata'],
): FieldError[] {
  if (name === '' && generateName === '') {
    const detail = 'Required value: name or generateName is required';
    return [{ type: 'Required', field: 'metadata.name', detail }];
  }
  // What follows a dash at the end is not known yet.
  const prefix = generateName.replace(/.-$/s, 'a');
  const prefixErrors = generateName === '' ? [] : nameProblems(resource, prefix);
  return [
    ...prefixErrors.map((why) => invalidValue('metadata.generateName', generateName, why)),
    ...(name === '' ? [] : nameProblems(resource, name)).map((why) =>
      invalidValue('metadata.name', name, why),
    ),
  ];
}

const OWNERS = 'metadata.ownerReferences';

/** Complaints about `metadata.ownerReferences`. */
export function ownerErrors(references: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    if (!isObject(reference)) continue;
    errors.push(...referenceErrors(reference));
    if (reference['controller'] !== true) continue;
    const name = `${text(reference['kind'])}/${text(reference['name'])}`;
    if (controller !== undefined) {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidJson(OWNERS, references.map(inOrder), why));
    } else controller = name;
  }
  return errors;
}

function referenceErrors(reference: Record<string, unknown>): FieldError[] {
  const apiVersion = text(reference['apiVersion']);
  const kind = text(reference['kind']);
  const parts = apiVersion.split('/');
  const hasVersion = parts.length < 3 && parts.at(-1) !== '';
  const errors: FieldError[] = [];
  if (!hasVersion)
    errors.push(invalidValue(`${OWNERS}.apiVersion`, apiVersion, 'version must not be empty'));
  for (const field of ['kind', 'name', 'uid']) {
    if (text(reference[field]) === '')
      errors.push(invalidValue(`${OWNERS}.${field}`, '', 'must not be empty'));
  }
  if (apiVersion === 'v1' && kind === 'Event') {
    const why = '/v1, Kind=Event is disallowed from being an owner';
    errors.push(invalidJson(OWNERS, inOrder(reference), why));
  }
  return errors;
}

const STANDARD = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Complaints about `metadata.finalizers`; those of built-in kinds must say whose they are. */
export function finalizerErrors(finalizers: readonly string[], isCustom: boolean): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((name) =>
    qualifiedNameProblems(name).map((why) => invalidValue(field, name, why)),
  );
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const why = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalidJson(field, finalizers, why));
  }
  if (isCustom) return errors;
  for (const [index, name] of finalizers.entries()) {
    if (name.includes('/') || STANDARD.has(name)) continue;
    const why = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(invalidValue(`${field}[${index}]`, name, why));
  }
  return errors;
}

function invalidJson(field: string, value: unknown, why: string): FieldError {
  return { type: 'Invalid', field, detail: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

const REFERENCE_FIELDS = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'];

/** With the fields in the order of the Go type. */
function inOrder(reference: unknown): unknown {
  if (!isObject(reference)) return reference;
  return Object.fromEntries(
    REFERENCE_FIELDS.filter((field) => reference[field] !== undefined).map((field) => [
      field,
      reference[field],
    ]),
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
