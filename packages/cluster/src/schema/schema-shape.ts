/** Whether JSON can be read as a schema at all: every keyword holds the kind of value it takes. */
import { invalid } from './field-error.ts';
import { isObject } from './json.ts';
import type { FieldError } from './schema.ts';

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'strings' | 'rules';

const kinds: Readonly<Record<string, Kind>> = {
  ...of('string', 'type format description title pattern $ref id'),
  ...of('string', 'x-kubernetes-list-type x-kubernetes-map-type'),
  ...of('number', 'minLength maxLength minimum maximum multipleOf minItems maxItems'),
  ...of('number', 'minProperties maxProperties'),
  ...of('boolean', 'nullable exclusiveMinimum exclusiveMaximum uniqueItems'),
  ...of('boolean', 'x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields'),
  ...of('boolean', 'x-kubernetes-embedded-resource'),
  ...of('object', 'properties'),
  ...of('array', 'enum allOf anyOf oneOf'),
  ...of('strings', 'required x-kubernetes-list-map-keys'),
  ...of('rules', 'x-kubernetes-validations'),
};

function of(kind: Kind, names: string): Record<string, Kind> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]));
}

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'rules':
      return Array.isArray(value) && value.every(isRule);
    default:
      return typeof value === kind;
  }
}

function isRule(rule: unknown): boolean {
  if (!isObject(rule) || typeof rule['rule'] !== 'string') return false;
  const texts = ['message', 'messageExpression', 'reason', 'fieldPath'];
  const isFlag = ['boolean', 'undefined'].includes(typeof rule['optionalOldSelf']);
  return isFlag && texts.every((key) => ['string', 'undefined'].includes(typeof rule[key]));
}

/** The first thing below `path` that is no schema or holds what its keyword cannot. */
export function findMisshapen(schema: unknown, path: string): FieldError | undefined {
  const at = (step: string): string => (path === '' ? step : `${path}.${step}`);
  if (!isObject(schema)) return invalid(path, schema, 'must be a schema');
  for (const [key, value] of Object.entries(schema)) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind !== undefined && !isOfKind(value, kind)) {
      return invalid(
        at(key),
        value,
        `must be of type ${kind === 'strings' ? 'array of strings' : kind}`,
      );
    }
  }
  for (const [step, child] of childrenOf(schema)) {
    const found = findMisshapen(child, at(step));
    if (found !== undefined) return found;
  }
  return undefined;
}

function* childrenOf(schema: Record<string, unknown>): Iterable<readonly [string, unknown]> {
  for (const key of ['items', 'not']) {
    const child = schema[key];
    if (child !== undefined && !Array.isArray(child)) yield [key, child];
  }
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    const children = schema[key];
    if (Array.isArray(children)) {
      for (const [i, child] of children.entries()) yield [`${key}[${i}]`, child];
    }
  }
  const { properties, additionalProperties } = schema;
  if (isObject(properties)) {
    for (const [name, child] of Object.entries(properties)) yield [`properties[${name}]`, child];
  }
  if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean') {
    yield ['additionalProperties', additionalProperties];
  }
}
