/** The body of a patch, and its refusals in the words of what a real server reads each type of patch with. */
import { goText } from '../patch/go-text.ts';
import { decodePatchBody } from './body.ts';
import type { DecodedBody } from './body.ts';
import { NO_DUPLICATES } from './duplicate-keys.ts';
import { isObject } from '../schema/json.ts';
import { invalidValue } from './names.ts';
import type { ApiRequest } from './request.ts';
import { badRequest, invalid, StatusError } from './status-error.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

const NOT_JSON = "couldn't get version/kind; json parse error: ";

/** Reads a patch of a media type. Throws 400 for what cannot be parsed. */
export function readPatch(request: ApiRequest, type: string): DecodedBody {
  const { body } = request;
  const isEmpty = body === undefined || ('bytes' in body && body.bytes.length === 0);
  if (type === APPLY_PATCH) {
    return isEmpty
      ? { value: null, duplicates: () => NO_DUPLICATES }
      : decodePatchBody(request, 'yaml');
  }
  const prefix = type === STRATEGIC_MERGE_PATCH ? '' : 'error decoding patch: ';
  if (isEmpty) throw badRequest(`${prefix}unexpected end of JSON input`);
  try {
    return decodePatchBody(request, 'json');
  } catch (error) {
    if (!(error instanceof StatusError) || !error.message.startsWith(NOT_JSON)) throw error;
    throw badRequest(prefix + error.message.slice(NOT_JSON.length));
  }
}

/** Keys of JSON Patch operations that mean nothing, as complaints about fields. */
export function unknownOperationFields(operations: unknown): string[] {
  if (!Array.isArray(operations)) return [];
  return operations.flatMap((operation: unknown, index) =>
    isObject(operation)
      ? Object.keys(operation)
          .filter((key) => !OPERATION_FIELDS.has(key))
          .map((key) => `unknown field ${JSON.stringify(`[${index}].${key}`)}`)
      : [],
  );
}

const OPERATION_FIELDS = new Set(['op', 'path', 'from', 'value']);

/**
 * The refusal of a patch whose result is no object of its kind. `shown` is what the message repeats: the patch, or the
 * patched object.
 */
export function unusablePatch(type: string, shown: unknown, problem: string): StatusError {
  const isStrategic = type === STRATEGIC_MERGE_PATCH;
  const text = isStrategic ? goText(shown) : JSON.stringify(shown);
  const error = invalidValue('patch', text, isStrategic ? asConverter(problem) : problem);
  return invalid({ group: '', kind: '' }, '', [error]);
}

const UNMARSHAL =
  /^json: cannot unmarshal (\w+)(?: \S+)? into Go (?:struct field \S+|value) of type (.+)$/;

/** What Go's converter of maps says where its JSON decoder would say `problem`. */
export function asConverter(problem: string): string {
  const [, from = '', to = ''] = UNMARSHAL.exec(problem) ?? [];
  if (to === '') return problem;
  const kind = KINDS[from] ?? from;
  if (to.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (to.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (to.includes('.')) return `cannot restore struct from: ${kind}`;
  if (to === 'string' && from === 'number') return 'cannot convert int64 to string';
  return `unrecognized type: ${to}`;
}

const KINDS: Record<string, string> = { array: 'slice', object: 'map', number: 'int64' };
