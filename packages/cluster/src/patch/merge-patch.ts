/** JSON Merge Patch (RFC 7386). */
import { cloneJson, isObject, own, put, type JsonObject } from '../schema/json.ts';
import { malformedPatch } from './errors.ts';
import { goTypeOf } from './go-text.ts';

/**
 * Merges `patch` into a copy of `document`: objects are merged, null removes, everything else replaces.
 * @throws PatchError 400 when the patch is not an object
 */
export function applyMergePatch(document: JsonObject, patch: unknown): JsonObject {
  if (patch === null) throw malformedPatch('Invalid JSON Patch');
  if (!isObject(patch)) {
    throw malformedPatch(
      `error decoding patch: json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return merge(cloneJson(document), patch);
}

function merge(target: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    const current = own(result, key);
    if (value === null) delete result[key];
    else if (!isObject(current)) put(result, key, withoutNulls(value));
    else put(result, key, isObject(value) ? merge(current, value) : cloneJson(value));
  }
  return result;
}

/** A copy as it is put where no object was: fields that are null are none, also inside lists. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value))
    if (value[key] !== null) put(result, key, withoutNulls(value[key]));
  return result;
}
