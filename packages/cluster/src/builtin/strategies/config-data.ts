/** ConfigMaps and Secrets. */
import { forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, put, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { configKeyProblems } from './pods/checks.ts';
import { ensureObject, isUnset, part, text, type Rules } from './rules.ts';

const MAX_BYTES = 1024 * 1024;
const IMMUTABLE = 'field is immutable when `immutable` is set';

export const configMap: Rules = {
  validate(object, old) {
    const [data, binary] = [part(object, 'data'), part(object, 'binaryData')];
    const errors = keyErrors(data, 'data');
    for (const key of Object.keys(data)) {
      if (!Object.hasOwn(binary, key)) continue;
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    errors.push(...keyErrors(binary, 'binaryData'));
    if (textSize(data) + binarySize(binary) > MAX_BYTES) errors.push(tooLong('[]'));
    if (old !== undefined) errors.push(...immutableErrors(object, old, ['data', 'binaryData']));
    return errors;
  },
};

export const secret: Rules = {
  defaults(object) {
    const { stringData } = object;
    if (!isObject(stringData)) return;
    const data = ensureObject(object, 'data');
    for (const key of Object.keys(stringData)) {
      put(data, key, Buffer.from(text(stringData, key), 'utf8').toString('base64'));
    }
    delete object.stringData;
  },
  validate(object, old) {
    const data = part(object, 'data');
    const errors = [...keyErrors(data, 'data'), ...typeErrors(object, data)];
    if (binarySize(data) > MAX_BYTES) errors.push(tooLong('data'));
    if (old === undefined) return errors;
    const type = text(object, 'type') || 'Opaque';
    if (type !== (text(old, 'type') || 'Opaque')) {
      errors.push(invalid('type', type, 'field is immutable'));
    }
    return [...errors, ...immutableErrors(object, old, ['data'])];
  },
};

function keyErrors(data: JsonObject, field: string): FieldError[] {
  return Object.keys(data).flatMap((key) =>
    configKeyProblems(key).map((problem) => invalid(`${field}[${key}]`, key, problem)),
  );
}

function tooLong(field: string): FieldError {
  return { type: 'TooLong', field, detail: `Too long: may not be more than ${MAX_BYTES} bytes` };
}

function textSize(data: JsonObject): number {
  return Object.values(data).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 0),
    0,
  );
}

/** Bytes behind base64 values. */
function binarySize(data: JsonObject): number {
  return Object.values(data).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value, 'base64') : 0),
    0,
  );
}

function immutableErrors(object: JsonObject, old: JsonObject, fields: string[]): FieldError[] {
  if (old.immutable !== true) return [];
  const errors = fields
    .filter((field) => !jsonEqual(part(object, field), part(old, field)))
    .map((field) => forbidden(field, IMMUTABLE));
  if (object.immutable !== true) errors.unshift(forbidden('immutable', IMMUTABLE));
  return errors;
}

/** Keys that a Secret of a well-known type must have. */
const TYPE_KEYS: Readonly<Record<string, string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

function typeErrors(object: JsonObject, data: JsonObject): FieldError[] {
  const type = text(object, 'type');
  if (type === 'kubernetes.io/service-account-token') {
    const annotations = part(part(object, 'metadata'), 'annotations');
    return isUnset(annotations[SERVICE_ACCOUNT_NAME])
      ? [required(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`)]
      : [];
  }
  if (type === 'kubernetes.io/basic-auth') {
    const hasEither = Object.hasOwn(data, 'username') || Object.hasOwn(data, 'password');
    return hasEither ? [] : [required('data[username]'), required('data[password]')];
  }
  if (type === 'kubernetes.io/ssh-auth' && text(data, 'ssh-privatekey') === '') {
    return [required('data[ssh-privatekey]')];
  }
  const keys = TYPE_KEYS[type] ?? [];
  const missing = keys.filter((key) => !Object.hasOwn(data, key));
  if (missing.length > 0) return missing.map((key) => required(`data[${key}]`));
  return type.startsWith('kubernetes.io/docker')
    ? keys.flatMap((key) => jsonErrors(data, key))
    : [];
}

/** A file of docker's is a JSON object; its content stays out of messages. */
function jsonErrors(data: JsonObject, key: string): FieldError[] {
  const problem = goJsonProblem(Buffer.from(text(data, key), 'base64').toString('utf8'));
  if (problem === undefined) return [];
  return [invalid(`data[${key}]`, '<secret contents redacted>', problem)];
}

function goJsonProblem(content: string): string | undefined {
  if (content.trim() === '') return 'unexpected end of JSON input';
  try {
    const value: unknown = JSON.parse(content);
    if (isObject(value) || value === null) return undefined;
    const type = Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  } catch {
    const [first = ''] = content.trim();
    return /["{[\d\-tfn]/.test(first)
      ? 'unexpected end of JSON input'
      : `invalid character '${first}' looking for beginning of value`;
  }
}
