/** Which objects of a resource a list or watch is about. */
import { own } from '../schema/json.ts';
import { valueAt } from './json.ts';
import { objectKey } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';

export interface Selection {
  resource: ServedResource;
  /** Storage prefix that holds every selected object. */
  prefix: string;
  /** True without selectors: every object below the prefix is selected. */
  isEverything: boolean;
  matches(object: ApiObject): boolean;
}

/** Reads `labelSelector` and `fieldSelector`. `name`, if not empty, narrows to one object. Throws 400. */
export function parseSelection(
  resource: ServedResource,
  place: { namespace?: string; name?: string },
  query: URLSearchParams,
): Selection {
  const labels = parseLabelSelector(query.get('labelSelector'));
  const fields = parseFieldSelector(query.get('fieldSelector'), (field) =>
    refusalOf(resource, field),
  );
  const name = place.name === '' ? undefined : place.name;
  return {
    resource,
    prefix:
      resource.namespaced && place.namespace !== undefined
        ? objectKey(resource.prefix, place.namespace, '')
        : resource.prefix,
    isEverything: !labels && !fields && name === undefined,
    matches(object) {
      const { metadata } = object;
      if (name !== undefined && metadata.name !== name) return false;
      if (labels && !labels(metadata.labels ?? {})) return false;
      return fields?.matches((field) => fieldValue(resource, object, field)) ?? true;
    },
  };
}

/** Why a field cannot be selected by. Kinds without fields of their own say it in other words, and Job in its own. */
function refusalOf(resource: ServedResource, field: string): string | undefined {
  const { selectableFields } = resource.version;
  if (field === 'metadata.name' || selectableFields.includes(field)) return undefined;
  const hasOwn = resource.isCustom || selectableFields.length > 0;
  if (field === 'metadata.namespace' && (resource.namespaced || !hasOwn)) return undefined;
  if (resource.group === 'batch' && hasOwn)
    return `field label ${JSON.stringify(field)} not supported for ${resource.kind}`;
  return hasOwn
    ? `field label not supported: ${field}`
    : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function fieldValue(
  resource: ServedResource,
  object: ApiObject,
  field: string,
): string | undefined {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace;
  const computed = resource.definition.strategy?.fields?.(object);
  if (computed && Object.hasOwn(computed, field)) return String(own(computed, field));
  const value = valueAt(object, ...field.split('.'));
  return value === undefined || value === null || typeof value === 'object'
    ? undefined
    : String(value);
}
