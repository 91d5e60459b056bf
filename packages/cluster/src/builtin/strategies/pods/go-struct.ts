/** Values as a real API server has them inside, for messages that print them: `{"Name":"a","Optional":null}`. */
import { goJson, Printed } from '../../../schema/field-error.ts';
import { isObject, put, type JsonObject } from '../../../schema/json.ts';
import { goStructs } from '../../table/go-structs.ts';
import { part } from '../rules.ts';

/** Fields of a pod spec that are inside of its security context there. */
const IN_SECURITY_CONTEXT = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
  'hostUsers',
];

/** The value as JSON of the Go struct of that name; types that are not in the table stay as they are. */
export function asGoStruct(value: JsonObject, type: string): JsonObject {
  const fields = goStructs[type];
  if (fields === undefined) return value;
  const own = type === 'PodSpec' ? withSharedNamespaces(value) : value;
  const keys = new Map(Object.keys(own).map((key) => [key.toLowerCase(), key]));
  const result: JsonObject = {};
  for (const field of fields.split(' ')) {
    const colon = field.lastIndexOf(':');
    const [name = '', alias] = field.slice(0, colon).split('=');
    const kind = field.slice(colon + 1);
    if (name === '~') Object.assign(result, asGoStruct(own, kind));
    else {
      const key = alias ?? keys.get(name.toLowerCase());
      result[name] = asGo(key === undefined ? undefined : own[key], kind);
    }
  }
  return result;
}

/** As `asGoStruct`, for the value of a field error. */
export function printedStruct(value: JsonObject, type: string): Printed {
  return new Printed(goJson(asGoStruct(value, type)));
}

function withSharedNamespaces(spec: JsonObject): JsonObject {
  const context: JsonObject = { ...part(spec, 'securityContext') };
  for (const key of IN_SECURITY_CONTEXT) if (spec[key] !== undefined) context[key] = spec[key];
  return { ...spec, securityContext: context };
}

const ZEROS: Readonly<Record<string, unknown>> = { s: '', n: 0, b: false, q: '0', p: 0, t: null };

function asGo(value: unknown, kind: string): unknown {
  if (kind.startsWith('*')) {
    return value === undefined || value === null ? null : asGo(value, kind.slice(1));
  }
  if (kind.startsWith('[]')) {
    if (!Array.isArray(value)) return null;
    return value.map((item) => asGo(item, kind.slice(2)));
  }
  if (kind.startsWith('{}')) {
    if (!isObject(value)) return null;
    const map: JsonObject = {};
    for (const key of Object.keys(value).toSorted()) put(map, key, asGo(value[key], kind.slice(2)));
    return map;
  }
  if (goStructs[kind] !== undefined) return asGoStruct(isObject(value) ? value : {}, kind);
  return value ?? ZEROS[kind] ?? null;
}
