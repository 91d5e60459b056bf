/** The versions of a kind that managers of its objects may have used, for server-side apply and field ownership. */
import type { VersionLookup } from '../apply/versions.ts';
import type { ApiObject } from './object.ts';
import { inStorage, inVersion } from './representation.ts';
import type { ResourceRegistry, ServedResource } from './resource-registry.ts';

/** Finds the served versions of a kind by `group/version`. `resource` is the version of the request. */
export function versionsOf(registry: ResourceRegistry, resource: ServedResource): VersionLookup {
  return (apiVersion) => {
    const [version = '', group = ''] = apiVersion.split('/').toReversed();
    const other = registry.find(group, version, resource.plural);
    if (!other || other.prefix !== resource.prefix) return undefined;
    const { source } = other.version.schema;
    // A webhook cannot be asked in the middle of a write.
    if (resource.definition.conversion) return { source, convert: () => undefined };
    if (!resource.definition.storedAs && !other.definition.storedAs) return { source };
    return {
      source,
      convert: (object) => inVersion(inStorage(object as ApiObject, resource), other),
    };
  };
}
