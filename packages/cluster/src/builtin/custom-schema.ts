/** What OpenAPI says of the schema in a CRD: what an embedded resource has in any case, and nothing that is only prose. */
import type { Schema } from '../schema/schema.ts';

const INTEGER_OR_STRING: Schema[] = [{ type: 'integer' }, { type: 'string' }];

/** The schema with all below it; `meta` is the reference to ObjectMeta. What is given is not changed. */
export function publishedCustomSchema(schema: Schema, meta: Schema): Schema {
  const { example: _example, externalDocs: _docs, ...rest }: Schema & Prose = schema;
  const below = (part: Schema) => publishedCustomSchema(part, meta);
  const published: Schema = { ...rest };
  if (rest.properties !== undefined) published.properties = mapSchemas(rest.properties, below);
  if (rest.items !== undefined) published.items = below(rest.items);
  if (typeof rest.additionalProperties === 'object')
    published.additionalProperties = below(rest.additionalProperties);
  if (rest['x-kubernetes-int-or-string'] === true) published.anyOf ??= INTEGER_OR_STRING;
  return rest['x-kubernetes-embedded-resource'] === true ? embedded(published, meta) : published;
}

interface Prose {
  example?: unknown;
  externalDocs?: unknown;
}

function mapSchemas(
  schemas: Record<string, Schema>,
  change: (schema: Schema) => Schema,
): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, change(schema)]));
}

function embedded(schema: Schema, meta: Schema): Schema {
  const required = ['kind', 'apiVersion'];
  return {
    ...schema,
    required: [...new Set([...(schema.required ?? []), ...required])],
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string', description: 'Group and version of the embedded object.' },
      kind: { type: 'string', description: 'Name of the kind of the embedded object.' },
      metadata: {
        description: "Standard object's metadata: name, labels and bookkeeping.",
        allOf: [meta],
      },
    },
  };
}
