/** Field selectors of a version that only a webhook can make: they are about the object as it is served, not as it is stored. */
import type { Storage } from '../../storage/storage.ts';
import { after } from '../eventual.ts';
import type { Eventual } from '../eventual.ts';
import { parseSelection } from '../list-selection.ts';
import { objectKey } from '../object.ts';
import type { ApiObject } from '../object.ts';
import { listObjects } from '../reads.ts';
import type { ListResult } from '../reads.ts';
import type { ServedResource } from '../resource-registry.ts';
import type { WatchFrame } from '../watch/watch-frame.ts';
import { needsConversion } from './convert-frames.ts';
import type { VersionConverter } from './version-converter.ts';

/** Whether the storage alone cannot tell what the query selects. */
export function selectsConverted(resource: ServedResource, query: URLSearchParams): boolean {
  const text = query.get('fieldSelector') ?? '';
  const { selectableFields } = resource.version;
  return needsConversion(resource) && selectableFields.some((field) => text.includes(field));
}

/** The query for what is stored; the rest of it is for the converted objects. */
export function withoutFields(query: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(query);
  rest.delete('fieldSelector');
  return rest;
}

/**
 * `listObjects`, with the same errors: stored objects that the query selects. A page may have fewer objects than its limit;
 * what is left is not counted. Rejects when an object cannot be converted.
 */
export function listSelected(
  deps: { storage: Storage; converter: VersionConverter },
  target: { resource: ServedResource; namespace?: string },
  query: URLSearchParams,
): Eventual<ListResult> {
  const { resource } = target;
  if (!selectsConverted(resource, query)) return listObjects(deps.storage, target, query);
  const selection = parseSelection(resource, {}, query);
  const { objects, metadata } = listObjects(deps.storage, target, withoutFields(query));
  const { remainingItemCount: _uncounted, ...known } = metadata;
  return after(deps.converter.toVersion(objects, resource), (converted) => ({
    objects: objects.filter((_, index) => selection.matches(converted[index] as ApiObject)),
    metadata: known,
  }));
}

/** What an event of an object is to a watch that selects some; undefined when it is none. */
export type FrameFilter = (
  type: WatchFrame['type'],
  object: ApiObject,
) => WatchFrame['type'] | undefined;

/**
 * For the events of one watch, in order. Where the watch cannot know whether its client has the object, it says the one
 * that leaves the client right in either case.
 */
export function frameFilter(matches: (object: ApiObject) => boolean): FrameFilter {
  /** Objects the client is known not to have. */
  const outside = new Set<string>();
  return (type, object) => {
    const { namespace, name } = object.metadata;
    const key = objectKey('', namespace, name);
    const wasOutside = outside.delete(key);
    if (matches(object)) return wasOutside && type === 'MODIFIED' ? 'ADDED' : type;
    if (type === 'DELETED') return undefined;
    outside.add(key);
    return wasOutside || type === 'ADDED' ? undefined : 'DELETED';
  };
}
