/** From request bodies to JSON values: JSON, YAML, the protobuf of built-in kinds, or a value of a local client. */

import { decodeProtobuf } from '../builtin/protobuf.ts';
import { isObject, put } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import {
  duplicatesInJson,
  duplicatesInJsonAsYaml,
  NO_DUPLICATES,
  readYaml,
} from './duplicate-keys.ts';
import type { DuplicateKeys } from './duplicate-keys.ts';
import { isTooDeep } from './json.ts';
import { jsonSyntaxError } from './json-syntax.ts';
import type { ApiRequest } from './request.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

export interface DecodedBody {
  /** Belongs to the caller, who may change it. Undefined when there was no body. */
  value: unknown;
  /** Reads the text once more for keys that occur twice. */
  duplicates(): DuplicateKeys;
}

/** The media type without parameters; JSON when there is none. */
export function contentTypeOf(request: ApiRequest): string {
  const header = request.headers['content-type'] ?? '';
  if (header === '') return JSON_TYPE;
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}

/** Reads an object or options. Throws 415 for other media types, 400 for what cannot be parsed. */
export function decodeBody(request: ApiRequest): DecodedBody {
  const { body } = request;
  if (!body) return { value: undefined, duplicates: () => NO_DUPLICATES };
  if ('value' in body) return { value: copyValue(body.value), duplicates: () => NO_DUPLICATES };
  if (body.bytes.length === 0) return { value: undefined, duplicates: () => NO_DUPLICATES };
  switch (contentTypeOf(request)) {
    case JSON_TYPE:
      return decodeJson(body.bytes);
    case YAML_TYPE:
      return decodeYaml(body.bytes);
    case PROTOBUF_TYPE:
      return { value: decodeProtobufBody(body.bytes), duplicates: () => NO_DUPLICATES };
    default:
      throw unsupportedMediaType([JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE]);
  }
}

/** A patch body. Apply patches may be YAML, the others are JSON. */
export function decodePatchBody(request: ApiRequest, format: 'json' | 'yaml'): DecodedBody {
  const { body } = request;
  if (!body) throw badRequest('a patch needs a body');
  if ('value' in body) return { value: copyValue(body.value), duplicates: () => NO_DUPLICATES };
  return format === 'yaml' ? decodeYaml(body.bytes) : decodeJson(body.bytes);
}

function decodeJson(bytes: Uint8Array): DecodedBody {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (isTooDeep(value)) throw new Error('exceeded max depth');
    return { value, duplicates: () => duplicatesInJson(text) };
  } catch (error) {
    const why = jsonSyntaxError(bytes, messageOf(error));
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
  }
}

/** YAML contains JSON, and JSON is by far the more frequent and the faster one. */
function decodeYaml(bytes: Uint8Array): DecodedBody {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.trimStart().startsWith('{'))
    return { ...decodeJson(bytes), duplicates: () => duplicatesInJsonAsYaml(text) };
  try {
    const { value, duplicates } = readYaml(text);
    if (isTooDeep(value)) throw new Error('exceeded max depth');
    return { value: copyValue(value), duplicates };
  } catch (error) {
    throw badRequest(`error decoding YAML: ${messageOf(error)}`);
  }
}

function decodeProtobufBody(bytes: Uint8Array): JsonObject {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}

/** A copy as JSON would make it: fields that are undefined do not exist. */
function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyValue);
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] !== undefined) put(copy, key, copyValue(value[key]));
  }
  return copy;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
