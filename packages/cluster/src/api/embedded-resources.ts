/**
 * Rules for objects inside an object (`x-kubernetes-embedded-resource`): they are named and typed like any other object
 * (apiextensions `schema/objectmeta`).
 */
import { invalid, required } from '../schema/field-error.ts';
import { canonicalJson, isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import { createNodeSource } from '../schema/node.ts';
import type { SchemaNode } from '../schema/node.ts';
import type { FieldError, Schema } from '../schema/schema.ts';
import { metadataProblem } from './decode-object.ts';
import {
  annotationErrors,
  dns1035Problems,
  invalidValue,
  labelErrors,
  pathSegmentProblems,
} from './names.ts';

/**
 * Why embedded resources cannot be decoded: their type is no text, their metadata is none. Takes nulls out of their metadata.
 * Undefined when the schema has no embedded resources.
 */
export function embeddedDecoding(
  schema: Schema,
): ((object: JsonObject) => string | undefined) | undefined {
  const rootNode = nodeWithEmbedded(schema);
  return rootNode && ((object) => coerce(object, rootNode, ''));
}

function coerce(value: unknown, node: SchemaNode, path: string): string | undefined {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const problem = node.items && coerce(item, node.items, `${path}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (!isObject(value)) return undefined;
  if (node.isResource && path !== '') {
    const problem = coerceResource(value, path);
    if (problem !== undefined) return problem;
  }
  for (const [key, part] of Object.entries(value)) {
    const child = node.child(key);
    if (child === undefined || (node.isResource && key === 'metadata')) continue;
    const problem = coerce(part, child, path === '' ? key : `${path}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function coerceResource(object: JsonObject, path: string): string | undefined {
  for (const field of ['apiVersion', 'kind']) {
    const value = object[field];
    if (value !== undefined && typeof value !== 'string')
      return `${path}.${field}: Invalid value: ${JSON.stringify(value)}: must be a string`;
  }
  if (object['metadata'] === null) object['metadata'] = {};
  const { metadata } = object;
  if (metadata === undefined) return undefined;
  const shown = canonicalJson(metadata);
  const problem = metadataProblem(metadata, '');
  return problem && `${path}.metadata: Invalid value: ${shown}: ${problem}`;
}

function nodeWithEmbedded(schema: Schema): SchemaNode | undefined {
  if (!JSON.stringify(schema).includes('"x-kubernetes-embedded-resource":true')) return undefined;
  const resolve = (): Schema => ({});
  return createNodeSource({ root: schema, resolve }, { freeFormObjects: false }).rootNode;
}

/** The rules for the embedded resources of `schema`; undefined when it has none. */
export function embeddedRules(schema: Schema): ((object: JsonObject) => FieldError[]) | undefined {
  const rootNode = nodeWithEmbedded(schema);
  if (rootNode === undefined) return undefined;
  return (object) => {
    const errors: FieldError[] = [];
    visit(object, rootNode, { path: '', errors });
    return errors;
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
  for (const field of ['apiVersion', 'kind']) {
    if (object[field] === undefined) errors.push(required(`${path}.${field}`));
    if (object[field] === '') errors.push(invalid(`${path}.${field}`, '', 'must not be empty'));
  }
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
