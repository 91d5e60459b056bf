/** ConfigMaps and Secrets. */
import { forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, put, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { ensureObject, isUnset, part, text, type Rules } from './rules.ts';

const MAX_BYTES = 1024 * 1024;
const KEY = /^[-._a-zA-Z0-9]+$/;
const KEY_PROBLEM =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex " +
  "used for validation is '[-._a-zA-Z0-9]+')";
const IMMUTABLE = 'field is immutable when `immutable` is set';

export const configMap: Rules = {
  validate(object, old) {
    const [data, binary] = [part(object, 'data'), part(object, 'binaryData')];
    const errors = [...keyErrors(data, 'data'), ...keyErrors(binary, 'binaryData')];
    for (const key of Object.keys(binary)) {
      if (!Object.hasOwn(data, key)) continue;
      errors.push(invalid(`binaryData[${key}]`, key, 'duplicate of key present in data'));
    }
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
  return Object.keys(data).flatMap((key) => {
    const place = `${field}[${key}]`;
    if (key === '.' || key === '..') return [invalid(place, key, `must not be '${key}'`)];
    if (key.length > 253) return [invalid(place, key, 'must be no more than 253 characters')];
    return KEY.test(key) ? [] : [invalid(place, key, KEY_PROBLEM)];
  });
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
  return (TYPE_KEYS[type] ?? [])
    .filter((key) => !Object.hasOwn(data, key))
    .map((key) => required(`data[${key}]`));
}
