/**
 * Rules for objects inside an object (`x-kubernetes-embedded-resource`): they are named and typed like any other object
 * (apiextensions `schema/objectmeta`).
 */
import { invalid } from '../schema/field-error.ts';
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import { createNodeSource } from '../schema/node.ts';
import type { SchemaNode } from '../schema/node.ts';
import type { FieldError, ObjectSchema, Schema } from '../schema/schema.ts';
import {
  annotationErrors,
  dns1035Problems,
  invalidValue,
  labelErrors,
  pathSegmentProblems,
} from './names.ts';

/** `compiled` with the rules for the embedded resources of `schema`; itself when there are none. */
export function withEmbeddedRules(compiled: ObjectSchema, schema: Schema): ObjectSchema {
  if (!JSON.stringify(schema).includes('"x-kubernetes-embedded-resource":true')) return compiled;
  const resolve = (): Schema => ({});
  const { rootNode } = createNodeSource({ root: schema, resolve }, { freeFormObjects: false });
  return {
    ...compiled,
    validate(object, old) {
      const errors = compiled.validate(object, old);
      visit(object, rootNode, { path: '', errors });
      return errors;
    },
  };
}

interface Place {
  path: string;
  errors: FieldError[];
}

function visit(value: unknown, node: SchemaNode, { path, errors }: Place): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return;
    for (const [index, item] of value.entries())
      visit(item, items, { path: `${path}[${index}]`, errors });
  }
  if (!isObject(value)) return;
  if (node.isResource && path !== '') errors.push(...resourceErrors(value, path));
  for (const [key, part] of Object.entries(value)) {
    const child = node.child(key);
    if (child) visit(part, child, { path: path === '' ? key : `${path}.${key}`, errors });
  }
}

/** What has the wrong type is left to the schema. */
function resourceErrors(object: JsonObject, path: string): FieldError[] {
  const { apiVersion, kind, metadata } = object;
  const errors: FieldError[] = [];
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    const problem = `unexpected GroupVersion string: ${apiVersion}`;
    errors.push(invalid(`${path}.apiVersion`, apiVersion, problem));
  }
  if (typeof kind === 'string' && kind !== '') {
    const problems = dns1035Problems(kind.toLowerCase()).join(',');
    const text = `may have mixed case, but should otherwise match: ${problems}`;
    if (problems !== '') errors.push(invalid(`${path}.kind`, kind, text));
  }
  if (!isObject(metadata)) return errors;
  const { name, labels, annotations } = metadata;
  if (typeof name === 'string')
    for (const problem of pathSegmentProblems(name))
      errors.push(invalidValue(`${path}.metadata.name`, name, problem));
  const found = [
    ...(isTextMap(labels) ? labelErrors(labels) : []),
    ...(isTextMap(annotations) ? annotationErrors(annotations) : []),
  ];
  return [...errors, ...found.map((error) => ({ ...error, field: `${path}.${error.field}` }))];
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string');
}
