/** From a decoded body to an object of the right type in the right place, and the report of fields nobody knows. */
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import { duplicatesError } from './duplicate-keys.ts';
import type { DuplicateKeys } from './duplicate-keys.ts';
import { goTypeOf, stringAt } from './json.ts';
import { invalidValue } from './names.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, invalid } from './status-error.ts';
import { conversionProblem } from './typed-body.ts';
import type { FieldValidation } from './write-options.ts';

export interface ObjectPlace {
  resource: ServedResource;
  namespace?: string;
  /** Empty when the server or the object gives the name. */
  name: string;
}

/**
 * Checks type and metadata of a body against where it was sent, and completes namespace and name. The result is the
 * same object. Throws 400.
 */
export function decodeObject(body: unknown, place: ObjectPlace): ApiObject {
  const { resource, namespace, name } = place;
  if (!isObject(body)) throw badRequest(`the body is not an object of kind ${resource.kind}`);
  if (!resource.isCustom) completeType(body, resource);
  const { kind, apiVersion = resource.isCustom ? '' : undefined } = body;
  if (typeof kind !== 'string' || kind === '') {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body).slice(0, 200)}'`);
  }
  if (typeof apiVersion !== 'string' || (apiVersion === '' && !resource.isCustom)) {
    throw badRequest(`Object 'apiVersion' is missing in '${JSON.stringify(body).slice(0, 200)}'`);
  }
  const problem = resource.isCustom ? undefined : conversionProblem({ apiVersion, kind }, resource);
  if (problem !== undefined) throw badRequest(problem);
  if (apiVersion !== resource.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${resource.apiVersion})`,
    );
  }
  if (kind !== resource.kind) {
    const wrong = invalidValue('kind', kind, `must be ${resource.kind}`);
    const named = stringAt(body, 'metadata', 'name') ?? name;
    throw invalid({ group: resource.group, kind }, named, [wrong]);
  }
  const object = withMetadata(body, resource);
  const { metadata } = object;
  if (namespace === undefined) delete metadata.namespace;
  else if (metadata.namespace === undefined || metadata.namespace === '')
    metadata.namespace = namespace;
  else if (metadata.namespace !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  if (name !== '' && metadata.name !== '' && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  if (name !== '') metadata.name = name;
  return object;
}

/** Typed clients leave out what the URL says; only bodies of custom resources must carry their type. */
function completeType(body: JsonObject, { kind, apiVersion }: ServedResource): void {
  if ((body['kind'] ?? '') === '') body['kind'] = kind;
  if ((body['apiVersion'] ?? '') === '') body['apiVersion'] = apiVersion;
}

/** Gives an object whose metadata has the types `ObjectMeta` promises. */
export function withMetadata(object: JsonObject, resource: ServedResource): ApiObject {
  const metadata = object['metadata'] ?? {};
  const found = metadataProblem(metadata, resource.isCustom ? '' : 'metadata.');
  const inStruct = `into Go struct field ${resource.kind}.metadata`;
  const problem = resource.isCustom ? found : found?.replace('into Go value', inStruct);
  if (problem !== undefined) {
    throw badRequest(
      `${resource.kind} in version "${resource.version.version}" cannot be handled as a ${resource.kind}: ${problem}`,
    );
  }
  object['metadata'] = metadata;
  if (isObject(metadata) && metadata['name'] === undefined) metadata['name'] = '';
  if (isObject(metadata)) delete metadata['selfLink'];
  return object as ApiObject;
}

const TYPES: Record<string, 'string' | 'number' | 'map' | 'strings' | 'objects'> = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'number',
  creationTimestamp: 'string',
  deletionTimestamp: 'string',
  deletionGracePeriodSeconds: 'number',
  labels: 'map',
  annotations: 'map',
  ownerReferences: 'objects',
  finalizers: 'strings',
  managedFields: 'objects',
};

/**
 * Drops what holds nothing, which means absent; returns what has the wrong type, in the words of Go's decoder. `prefix` stands
 * before the names of fields.
 */
export function metadataProblem(metadata: unknown, prefix: string): string | undefined {
  if (!isObject(metadata))
    return `json: cannot unmarshal ${goTypeOf(metadata)} into Go value of type v1.ObjectMeta`;
  for (const [field, type] of Object.entries(TYPES)) {
    const value = metadata[field];
    if (value === null) delete metadata[field];
    if (value === null || value === undefined) continue;
    if (type === 'map' && isObject(value)) withoutNulls(value);
    const wrong = wrongPart(value, type);
    // An empty list of managedFields says that they are to be forgotten.
    if (wrong === undefined && field !== 'managedFields' && isEmpty(value)) delete metadata[field];
    if (wrong !== undefined)
      return `json: cannot unmarshal ${goTypeOf(wrong.value)} into Go struct field ObjectMeta.${prefix}${field} of type ${goTypeOfField(field, type, wrong.value === value)}`;
  }
  return undefined;
}

/** To Go a null text is an empty one. */
function withoutNulls(texts: JsonObject): void {
  for (const key of Object.keys(texts)) if (texts[key] === null) texts[key] = '';
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0;
}

const GO_TYPES = {
  string: 'string',
  number: 'int64',
  map: 'string',
  strings: 'string',
  objects: 'v1.OwnerReference',
};

function goTypeOfField(field: string, type: keyof typeof GO_TYPES, isWhole: boolean): string {
  const item = field === 'managedFields' ? 'v1.ManagedFieldsEntry' : GO_TYPES[type];
  if (!isWhole || type === 'string' || type === 'number') return item;
  return type === 'map' ? `map[string]${item}` : `[]${item}`;
}

function wrongPart(value: unknown, type: (typeof TYPES)[string]): { value: unknown } | undefined {
  const first = (values: unknown[], isRight: (item: unknown) => boolean) => {
    const index = values.findIndex((item) => !isRight(item));
    return index === -1 ? undefined : { value: values[index] };
  };
  switch (type) {
    case 'string':
      return typeof value === 'string' ? undefined : { value };
    case 'number':
      return typeof value === 'number' ? undefined : { value };
    case 'map':
      return isObject(value)
        ? first(Object.values(value), (item) => typeof item === 'string')
        : { value };
    case 'strings':
      return Array.isArray(value) ? first(value, (item) => typeof item === 'string') : { value };
    case 'objects':
      return Array.isArray(value) ? first(value, isObject) : { value };
  }
}

export interface StrictReport {
  fieldValidation: FieldValidation;
  /** Paths of keys that occur twice in the body's text. */
  duplicates: () => DuplicateKeys;
  /** Takes the texts of `Warning` headers. */
  warn: (text: string) => void;
}

/**
 * Removes what the kind's schema does not know. Unknown and duplicate fields are refused (Strict), reported (Warn) or
 * passed over (Ignore). `refuse` makes the error from the list of complaints.
 */
export function pruneUnknown(
  object: ApiObject,
  resource: ServedResource,
  report: StrictReport & { refuse?: (complaints: string) => Error },
): void {
  const { kind, version } = resource;
  const problem =
    resource.definition.strategy?.decodingProblem?.(object) ?? version.decodingProblem?.(object);
  if (problem !== undefined) {
    throw badRequest(
      `${kind} in version "${version.version}" cannot be handled as a ${kind}: ${problem}`,
    );
  }
  const unknown = resource.version.schema.prune(object);
  if (report.fieldValidation === 'Ignore') return;
  const duplicates = report.duplicates();
  const { problems, format } = duplicates;
  const complaints = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (complaints.length + problems.length === 0) return;
  // YAML is read for them before it is decoded, JSON while it is.
  const inOrder = (texts: string[]): string[] =>
    format === 'yaml' ? [...texts, ...complaints] : [...complaints, ...texts];
  if (report.fieldValidation === 'Warn') {
    for (const complaint of inOrder(problems)) report.warn(complaint);
    return;
  }
  const told = problems.length === 0 ? [] : [duplicatesError(duplicates)];
  const text = `strict decoding error: ${inOrder(told).join(', ')}`;
  if (report.refuse) throw report.refuse(text);
  throw badRequest(
    `${kind} in version "${version.version}" cannot be handled as a ${kind}: ${text}`,
  );
}
