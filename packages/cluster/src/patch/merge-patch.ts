/** JSON Merge Patch (RFC 7386). */
import { cloneJson, isObject, own, put, type JsonObject } from '../schema/json.ts';
import { malformedPatch } from './errors.ts';

/**
 * Merges `patch` into a copy of `document`: objects are merged, null removes, everything else replaces.
 * @throws PatchError 400 when the patch is not an object
 */
export function applyMergePatch(document: JsonObject, patch: unknown): JsonObject {
  if (!isObject(patch)) throw malformedPatch('error decoding patch: a merge patch is an object');
  return merge(cloneJson(document), patch);
}

function merge(target: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) {
      delete result[key];
    } else if (isObject(value)) {
      const current = own(result, key);
      put(result, key, merge(isObject(current) ? current : {}, value));
    } else {
      put(result, key, cloneJson(value));
    }
  }
  return result;
}
