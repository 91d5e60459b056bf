/**
 * How a real API server prints parts of a CRD inside of messages: as JSON of its internal Go types, with every field there
 * and names in Go's spelling (apiextensions `types.go`, `types_jsonschema.go`).
 */
import { goJson, Printed } from './field-error.ts';
import { isObject, type JsonObject } from './json.ts';

type Form = (value: unknown) => unknown;

const text: Form = (value) => value ?? '';
const flag: Form = (value) => value ?? false;
const pointer: Form = (value) => value ?? null;
const each =
  (form: Form): Form =>
  (value) =>
    Array.isArray(value) ? value.map(form) : null;
const orNull =
  (form: Form): Form =>
  (value) =>
    value === undefined || value === null ? null : form(value);
const byName: Form = (value) =>
  isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .toSorted()
          .map((key) => [key, schema(value[key])]),
      )
    : null;

type Field = readonly [go: string, json: string, form: Form];

function struct(fields: readonly Field[]): Form {
  return (value) => {
    const from: JsonObject = isObject(value) ? value : {};
    return Object.fromEntries(fields.map(([go, json, form]) => [go, form(from[json])]));
  };
}

const schemaOrBoolean: Form = (value) =>
  typeof value === 'boolean'
    ? { Allows: value, Schema: null }
    : { Allows: true, Schema: schema(value) };

const schemaOrList: Form = (value) =>
  Array.isArray(value)
    ? { Schema: null, JSONSchemas: value.map(schema) }
    : { Schema: schema(value), JSONSchemas: null };

const rule: Form = struct([
  ['Rule', 'rule', text],
  ['Message', 'message', text],
  ['MessageExpression', 'messageExpression', text],
  ['Reason', 'reason', pointer],
  ['FieldPath', 'fieldPath', text],
  ['OptionalOldSelf', 'optionalOldSelf', pointer],
]);

const externalDocs = struct([
  ['Description', 'description', text],
  ['URL', 'url', text],
]);

const schemaFields: readonly Field[] = [
  ['ID', 'id', text],
  ['Schema', '$schema', text],
  ['Ref', '$ref', pointer],
  ['Description', 'description', text],
  ['Type', 'type', text],
  ['Nullable', 'nullable', flag],
  ['Format', 'format', text],
  ['Title', 'title', text],
  ['Default', 'default', pointer],
  ['Maximum', 'maximum', pointer],
  ['ExclusiveMaximum', 'exclusiveMaximum', flag],
  ['Minimum', 'minimum', pointer],
  ['ExclusiveMinimum', 'exclusiveMinimum', flag],
  ['MaxLength', 'maxLength', pointer],
  ['MinLength', 'minLength', pointer],
  ['Pattern', 'pattern', text],
  ['MaxItems', 'maxItems', pointer],
  ['MinItems', 'minItems', pointer],
  ['UniqueItems', 'uniqueItems', flag],
  ['MultipleOf', 'multipleOf', pointer],
  ['Enum', 'enum', pointer],
  ['MaxProperties', 'maxProperties', pointer],
  ['MinProperties', 'minProperties', pointer],
  ['Required', 'required', pointer],
  ['Items', 'items', orNull(schemaOrList)],
  ['AllOf', 'allOf', each((item) => schema(item))],
  ['OneOf', 'oneOf', each((item) => schema(item))],
  ['AnyOf', 'anyOf', each((item) => schema(item))],
  ['Not', 'not', orNull((item) => schema(item))],
  ['Properties', 'properties', byName],
  ['AdditionalProperties', 'additionalProperties', orNull(schemaOrBoolean)],
  ['PatternProperties', 'patternProperties', byName],
  ['Dependencies', 'dependencies', byName],
  ['AdditionalItems', 'additionalItems', orNull(schemaOrBoolean)],
  ['Definitions', 'definitions', byName],
  ['ExternalDocs', 'externalDocs', orNull(externalDocs)],
  ['Example', 'example', pointer],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields', pointer],
  ['XEmbeddedResource', 'x-kubernetes-embedded-resource', flag],
  ['XIntOrString', 'x-kubernetes-int-or-string', flag],
  ['XListMapKeys', 'x-kubernetes-list-map-keys', pointer],
  ['XListType', 'x-kubernetes-list-type', pointer],
  ['XMapType', 'x-kubernetes-map-type', pointer],
  ['XValidations', 'x-kubernetes-validations', each(rule)],
];

const schema: Form = struct(schemaFields);

const scale = struct([
  ['SpecReplicasPath', 'specReplicasPath', text],
  ['StatusReplicasPath', 'statusReplicasPath', text],
  ['LabelSelectorPath', 'labelSelectorPath', pointer],
]);

const version: Form = struct([
  ['Name', 'name', text],
  ['Served', 'served', flag],
  ['Storage', 'storage', flag],
  ['Deprecated', 'deprecated', flag],
  ['DeprecationWarning', 'deprecationWarning', pointer],
  ['Schema', 'schema', orNull(struct([['OpenAPIV3Schema', 'openAPIV3Schema', orNull(schema)]]))],
  [
    'Subresources',
    'subresources',
    orNull(
      struct([
        ['Status', 'status', orNull(struct([]))],
        ['Scale', 'scale', orNull(scale)],
      ]),
    ),
  ],
  [
    'AdditionalPrinterColumns',
    'additionalPrinterColumns',
    each(
      struct([
        ['Name', 'name', text],
        ['Type', 'type', text],
        ['Format', 'format', text],
        ['Description', 'description', text],
        ['Priority', 'priority', (value) => value ?? 0],
        ['JSONPath', 'jsonPath', text],
      ]),
    ),
  ],
  ['SelectableFields', 'selectableFields', each(struct([['JSONPath', 'jsonPath', text]]))],
]);

/** A rule of `x-kubernetes-validations`. */
export function printRule(value: unknown): Printed {
  return new Printed(goJson(rule(value)));
}

/** An `openAPIV3Schema`. */
export function printSchema(value: unknown): Printed {
  return new Printed(goJson(schema(value)));
}

/** `spec.versions`, without what stands at the top. */
export function printVersions(values: readonly unknown[]): Printed {
  return new Printed(goJson(values.map(version)));
}
