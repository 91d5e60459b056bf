/** Which of the shapes of an object a client wants, from its Accept header. */
import { partialObject } from './table.ts';
import type { IncludeObject, TablePrinter } from './table.ts';
import type { ApiRequest } from './request.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, notAcceptable } from './status-error.ts';

export type Representation =
  | { as: 'object' }
  | { as: 'metadata' }
  | { as: 'table'; include: IncludeObject };

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
}

/** The clauses of an Accept header in the client's order. */
export function parseAccept(header: string | undefined): MediaType[] {
  return (header ?? '*/*').split(',').map((clause) => {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(
      rest.map((part) => {
        const [key = '', ...value] = part.split('=');
        return [key, value.join('=')];
      }),
    );
    return { type: type.toLowerCase(), parameters };
  });
}

/** The first shape of the header this server can give. Throws 406. */
export function negotiate(request: ApiRequest): Representation {
  for (const { type, parameters } of parseAccept(request.headers['accept'])) {
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue;
    const as = parameters['as'];
    if (as === undefined) return { as: 'object' };
    if (parameters['g'] !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(parameters['v'] ?? ''))
      continue;
    if (as === 'Table')
      return { as: 'table', include: includeOf(request.query.get('includeObject')) };
    if (as.startsWith('PartialObjectMetadata')) return { as: 'metadata' };
  }
  throw notAcceptable();
}

function includeOf(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`invalid includeObject value: "${value}"`);
}

/** An object in the version it was asked for; conversion between versions changes only `apiVersion`. */
export function inVersion(object: ApiObject, resource: ServedResource): ApiObject {
  if (object.apiVersion === resource.apiVersion) return object;
  return { ...object, apiVersion: resource.apiVersion };
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
        metadata,
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
