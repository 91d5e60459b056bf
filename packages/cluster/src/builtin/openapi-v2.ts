/**
 * OpenAPI v2 (Swagger) of what the server serves: older kubectl, `diff` of custom resources and GitOps tools read it. It is
 * made from the documents of version 3, one group version after the other, so that the whole never lies in memory as
 * objects.
 */
import { isObject, type JsonObject } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import type { OpenApiDocument } from './openapi.ts';
import type { Operation, PathItem } from './openapi-paths.ts';

const V3 = '#/components/schemas/';
const V2 = '#/definitions/';
const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';

/** What one group version adds to the document. */
export interface SwaggerPart {
  paths: Record<string, JsonObject>;
  definitions: Record<string, JsonObject>;
}

/** The Swagger form of one version 3 document. Definitions that other parts have too are the same there. */
export function swaggerPart(document: OpenApiDocument): SwaggerPart {
  const paths: Record<string, JsonObject> = {};
  for (const [path, item] of Object.entries(document.paths)) paths[path] = pathItem(item);
  const definitions: Record<string, JsonObject> = {};
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    definitions[name] = swaggerSchema(schema);
  }
  definitions[PATCH] = {
    type: 'object',
    description: 'A patch of an object, in one of the formats.',
  };
  return { paths, definitions };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

function pathItem(item: PathItem): JsonObject {
  const result: JsonObject = {};
  for (const method of METHODS) {
    const operation = item[method];
    if (operation !== undefined) result[method] = swaggerOperation(operation, method === 'patch');
  }
  if (item.parameters !== undefined) result.parameters = item.parameters.map(parameter);
  return result;
}

function swaggerOperation(operation: Operation, isPatch: boolean): JsonObject {
  const { parameters = [], requestBody, responses, ...rest } = operation;
  const body = requestBody && {
    name: 'body',
    in: 'body',
    ...(requestBody.required === true && { required: true }),
    schema: isPatch ? { $ref: V2 + PATCH } : swaggerSchema(contentSchema(requestBody.content)),
  };
  const answers = Object.entries(responses).map(([code, { description, content }]) => [
    code,
    { description, schema: swaggerSchema(contentSchema(content)) },
  ]);
  return {
    ...rest,
    schemes: ['https'],
    consumes: requestBody === undefined ? ['*/*'] : Object.keys(requestBody.content),
    produces: Object.keys(Object.values(responses)[0]?.content ?? {}),
    parameters: [...(body === undefined ? [] : [body]), ...parameters.map(parameter)],
    responses: Object.fromEntries(answers),
  };
}

function contentSchema(content: Record<string, { schema: Schema }>): Schema {
  return Object.values(content)[0]?.schema ?? {};
}

function parameter({ schema, ...rest }: NonNullable<PathItem['parameters']>[number]): JsonObject {
  return { ...rest, ...schema };
}

/** Keywords Swagger does not have; what they say is lost. */
const UNKNOWN = new Set(['nullable', 'oneOf', 'anyOf', 'not']);
const PRESERVES = 'x-kubernetes-preserve-unknown-fields';
const OWN_KIND = 'x-kubernetes-group-version-kind';
const SELECTABLE = 'x-kubernetes-selectable-fields';

/** A schema in the words of Swagger. */
export function swaggerSchema(schema: Schema): JsonObject {
  if (schema[PRESERVES] === true && schema[OWN_KIND] !== undefined) return anyObject(schema);
  const { $ref, allOf } = schema;
  const [only] = allOf ?? [];
  // What stands beside a reference is wrapped in version 3 and not here.
  const reference = $ref ?? (allOf?.length === 1 ? only?.$ref : undefined);
  const lost = lostKeywords(schema);
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (lost.has(key) || (reference !== undefined && key === '$ref')) continue;
    result[key] = keywordValue(key, value);
  }
  if (Array.isArray(result.required)) requireOnly(result, schema);
  if (reference !== undefined) result.$ref = reference.replace(V3, V2);
  if (schema.type === undefined && schema.oneOf !== undefined) result.type = 'string';
  return result;
}

/** A custom kind that takes any field: with properties, kubectl would refuse all others. */
function anyObject(schema: Schema): JsonObject {
  return {
    type: 'object',
    [OWN_KIND]: schema[OWN_KIND],
    ...(schema[SELECTABLE] !== undefined && { [SELECTABLE]: schema[SELECTABLE] }),
  };
}

/** Beside the unknown keywords those that would let kubectl refuse what the server takes. */
function lostKeywords(schema: Schema): ReadonlySet<string> {
  const preserves = schema[PRESERVES] === true;
  const isOpen = schema.nullable === true || preserves;
  const hasNoItems = schema.type === 'array' && (isOpen || schema.items === undefined);
  const losesType =
    schema.nullable === true || hasNoItems || (preserves && schema.type === 'object');
  return new Set([
    ...UNKNOWN,
    'allOf',
    ...(isOpen ? ['items', 'properties'] : []),
    ...(losesType ? ['type'] : []),
  ]);
}

/** Nothing that may be null is required. */
function requireOnly(result: JsonObject, { required, properties = {}, ...schema }: Schema): void {
  const { additionalProperties: others } = schema;
  const isOpen = schema.nullable === true || schema[PRESERVES] === true;
  const left =
    isObject(others) && others['nullable'] === true
      ? []
      : (required ?? []).filter((name) => isOpen || properties[name]?.nullable !== true);
  if (left.length === 0) delete result.required;
  else result.required = left;
}

function keywordValue(key: string, value: unknown): unknown {
  switch (key) {
    case 'properties':
      return isObject(value) ? mapValues(value, schemaOf) : value;
    case 'items':
    case 'additionalProperties':
      return schemaOf(value);
    default:
      return value;
  }
}

function schemaOf(value: unknown): unknown {
  return isObject(value) ? swaggerSchema(value) : value;
}

function mapValues(object: JsonObject, change: (value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
