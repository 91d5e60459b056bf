/** Which of the shapes of an object a client wants, from its Accept header. */
import { partialObject } from './table.ts';
import type { IncludeObject, TablePrinter } from './table.ts';
import type { ApiRequest } from './request.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { parseResourceRoute } from './route.ts';
import { badRequest, notAcceptable, nothingAcceptable } from './status-error.ts';
import type { StatusError } from './status-error.ts';

export type Representation =
  | { as: 'object' }
  | { as: 'metadata' }
  | { as: 'table'; include: IncludeObject };

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
}

/** The clauses of an Accept header by preference: those with the greatest `q` first, then in the client's order. */
export function parseAccept(header: string | undefined): MediaType[] {
  const clauses = (header === undefined || header.trim() === '' ? '*/*' : header)
    .split(',')
    .map((clause) => {
      const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
      const parameters = Object.fromEntries(
        rest.map((part) => {
          const [key = '', ...value] = part.split('=');
          return [key.trim().toLowerCase(), value.join('=').trim()];
        }),
      );
      return { type: type.toLowerCase(), parameters };
    });
  return clauses.toSorted((a, b) => quality(b) - quality(a));
}

function quality({ parameters }: MediaType): number {
  const value = Number(parameters['q'] ?? 1);
  return value >= 0 && value <= 1 ? value : 1;
}

/** What every object can be had as; a protobuf clause is passed over. */
const OBJECT_TYPES = ['application/json', 'application/*', '*/*'];
const YAML = 'application/yaml';
const SHAPE_GROUP = 'meta.k8s.io';

/** The first shape of the header this server can give; a watch is always JSON. Throws 406. */
export function negotiate(
  request: ApiRequest,
  { isWatch = false, isCustom = false }: { isWatch?: boolean; isCustom?: boolean } = {},
): Representation {
  for (const { type, parameters } of parseAccept(request.headers['accept'])) {
    if (!OBJECT_TYPES.includes(type) && type !== YAML) continue;
    if (isWatch && type === YAML) throw notAcceptable(STREAMED);
    const { as, g: group, v: version = '' } = parameters;
    if (as === undefined) return { as: 'object' };
    if (group !== SHAPE_GROUP || !['v1', 'v1beta1'].includes(version)) continue;
    if (as === 'Table')
      return { as: 'table', include: includeOf(request.query.get('includeObject')) };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { as: 'metadata' };
  }
  const { verb } = parseResourceRoute(request.method, request.path, request.query) ?? {};
  const isListed = verb === 'list' || verb === 'watch';
  if (isCustom) throw notAcceptable(PRODUCED);
  throw unacceptable(request, isListed ? [...PRODUCED, ...STREAMED] : PRODUCED);
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const PRODUCED = ['application/json', YAML, PROTOBUF];
const STREAMED = ['application/json;stream=watch', `${PROTOBUF};stream=watch`];

/**
 * The 406 for an Accept header: of a path that has nothing of the media types at all, or of an answer that has them, but
 * not in the shape. Who takes nothing but protobuf is told what there is.
 */
function unacceptable(request: ApiRequest, available = PRODUCED): StatusError {
  const types = parseAccept(request.headers['accept']).map(({ type }) => type);
  if (!types.some((type) => available.includes(type))) return nothingAcceptable(available);
  return notAcceptable(PRODUCED.filter((type) => type !== PROTOBUF || !types.includes(PROTOBUF)));
}

/** For answers that have no shape but their own. Throws 406. */
export function requireOwnShape(request: ApiRequest): void {
  const isServed = ({ type, parameters }: MediaType) =>
    (OBJECT_TYPES.includes(type) || type === YAML) && parameters['as'] === undefined;
  if (!parseAccept(request.headers['accept']).some(isServed)) throw unacceptable(request);
}

/** Whether the first clause that can be served at all asks for YAML. The shape of the answer is the same. */
export function prefersYaml(accept: string | undefined): boolean {
  if (accept?.includes(YAML) !== true) return false;
  const served = [...OBJECT_TYPES, YAML];
  return parseAccept(accept).find(({ type }) => served.includes(type))?.type === YAML;
}

function includeOf(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** A stored object in the version it was asked for. Between versions of a CRD only `apiVersion` changes. */
export function inVersion(stored: ApiObject, resource: ServedResource): ApiObject {
  const object = resource.definition.storedDefaults?.(stored) ?? stored;
  if (object.apiVersion === resource.apiVersion) return object;
  const { storedAs } = resource.definition;
  if (storedAs) return storedAs.fromStored(object) as ApiObject;
  return { ...object, apiVersion: resource.apiVersion };
}

/** The object as it is stored; the opposite of `inVersion`. */
export function inStorage(object: ApiObject, resource: ServedResource): ApiObject {
  if (object.apiVersion === resource.storageApiVersion) return object;
  const { storedAs } = resource.definition;
  if (storedAs) return storedAs.toStored(object) as ApiObject;
  return { ...object, apiVersion: resource.storageApiVersion };
}

export interface RenderOptions {
  representation: Representation;
  printer: TablePrinter;
  now: number;
}

/** One object as the client wants it. */
export function renderObject(
  resource: ServedResource,
  object: ApiObject,
  options: RenderOptions,
): object {
  const { representation, printer, now } = options;
  const converted = inVersion(object, resource);
  switch (representation.as) {
    case 'object':
      return converted;
    case 'metadata':
      return partialObject(converted);
    case 'table':
      return printer.table(resource, [converted], { include: representation.include, now });
  }
}

export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** A list as the client wants it. */
export function renderList(
  resource: ServedResource,
  list: { objects: ApiObject[]; metadata: ListMetadata },
  options: RenderOptions,
): object {
  const { representation, printer, now } = options;
  const objects = list.objects.map((object) => inVersion(object, resource));
  const { metadata } = list;
  switch (representation.as) {
    case 'object':
      return {
        kind: resource.definition.listKind,
        apiVersion: resource.apiVersion,
        // Lists of custom resources always have the field.
        metadata: resource.isCustom ? { continue: '', ...metadata } : metadata,
        items: objects,
      };
    case 'metadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: objects.map(partialObject),
      };
    case 'table':
      return printer.table(resource, objects, { include: representation.include, now, metadata });
  }
}
