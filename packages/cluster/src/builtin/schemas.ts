/**
 * From the type tables to schemas. Two renderings: the one the API server checks objects with (list types, patch keys,
 * defaults, enums, no prose, nothing required: Go fills absent fields with zeros, and strategies ask for what matters), and
 * the one it publishes in OpenAPI.
 */
import { compileSource } from '../schema/compile.ts';
import type { ObjectSchema, Schema, SchemaSource } from '../schema/schema.ts';
import { fieldDescriptions } from './descriptions.ts';
import {
  builtinTypes,
  typeGroups,
  TypeSet,
  type Field,
  type FieldType,
  type Scalar,
} from './types.ts';

const REFERENCE = '#/components/schemas/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const CRD = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const numberOrText: Schema = { oneOf: [{ type: 'string' }, { type: 'number' }] };
const integerOrText: Schema = {
  format: 'int-or-string',
  oneOf: [{ type: 'integer' }, { type: 'string' }],
};

/** Component names and published schemas of the scalars that have a name in OpenAPI. */
const NAMED_SCALARS: Partial<Record<Scalar, { name: string; schema: Schema }>> = {
  Time: { name: `${META}.Time`, schema: { type: 'string', format: 'date-time' } },
  MicroTime: { name: `${META}.MicroTime`, schema: { type: 'string', format: 'date-time' } },
  Quantity: { name: 'io.k8s.apimachinery.pkg.api.resource.Quantity', schema: numberOrText },
  IntOrString: { name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString', schema: integerOrText },
  RawExtension: {
    name: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
    schema: { type: 'object' },
  },
  FieldsV1: { name: `${META}.FieldsV1`, schema: { type: 'object' } },
  JSON: { name: `${CRD}.JSON`, schema: {} },
  JSONSchemaPropsOrBool: { name: `${CRD}.JSONSchemaPropsOrBool`, schema: {} },
  JSONSchemaPropsOrArray: { name: `${CRD}.JSONSchemaPropsOrArray`, schema: {} },
  JSONSchemaPropsOrStringArray: { name: `${CRD}.JSONSchemaPropsOrStringArray`, schema: {} },
};

const freeForm: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

const SCALAR_SCHEMAS: Record<Scalar, Schema> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bool: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  Time: { type: 'string', format: 'date-time' },
  MicroTime: { type: 'string', format: 'date-time' },
  Quantity: {},
  IntOrString: { 'x-kubernetes-int-or-string': true },
  RawExtension: { type: 'object', ...freeForm },
  FieldsV1: { type: 'object', ...freeForm },
  JSON: freeForm,
  ExtraValue: { type: 'array', items: { type: 'string' } },
  JSONSchemaPropsOrBool: freeForm,
  JSONSchemaPropsOrArray: freeForm,
  JSONSchemaPropsOrStringArray: freeForm,
};

export type Rendering = 'working' | 'published';

/** Renders types as schemas, each once. References look like `#/components/schemas/io.k8s.api.core.v1.PodSpec`. */
export class SchemaRenderer {
  readonly #types: TypeSet;
  readonly #rendering: Rendering;
  readonly #schemas = new Map<string, Schema>();
  #names: ReadonlyMap<string, string> | undefined;
  #descriptions: ReadonlyMap<string, string> | undefined;

  constructor(types: TypeSet, rendering: Rendering) {
    this.#types = types;
    this.#rendering = rendering;
  }

  /** The schema of a qualified type name, e.g. `apps.Deployment`. */
  schema(type: string): Schema {
    const known = this.#schemas.get(type);
    if (known !== undefined) return known;
    const schema = this.#render(type);
    this.#schemas.set(type, schema);
    return schema;
  }

  /** The schema behind a reference or a component name. @throws Error when there is none */
  resolve(reference: string): Schema {
    const name = reference.startsWith(REFERENCE) ? reference.slice(REFERENCE.length) : reference;
    for (const scalar of Object.values(NAMED_SCALARS)) {
      if (scalar.name === name) return scalar.schema;
    }
    this.#names ??= new Map(
      this.#types.names().map((type) => [this.#types.openApiName(type), type]),
    );
    const type = this.#names.get(name);
    if (type === undefined) throw new Error(`no built-in schema ${name}`);
    return this.schema(type);
  }

  /** A reference to a type by its qualified name. */
  reference(type: string): Schema {
    return { $ref: `${REFERENCE}${this.#types.openApiName(type)}` };
  }

  #render(type: string): Schema {
    const definition = this.#types.get(type);
    const isPublished = this.#rendering === 'published';
    const schema: Schema = { type: 'object' };
    if (isPublished && definition.description !== undefined) {
      schema.description = definition.description;
    }
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    if (definition.isKind) {
      properties.apiVersion = { type: 'string', ...(isPublished && { description: API_VERSION }) };
      properties.kind = { type: 'string', ...(isPublished && { description: KIND }) };
    }
    this.#addFields(type, properties, required);
    // Without properties a type would count as free-form.
    if (Object.keys(properties).length > 0) schema.properties = properties;
    if (isPublished && required.length > 0) schema.required = required;
    if (definition.isAtomic) schema['x-kubernetes-map-type'] = 'atomic';
    const unions = isPublished ? UNIONS[type] : undefined;
    if (unions !== undefined)
      Object.assign(schema, { 'x-kubernetes-unions': [unionOf(...unions)] });
    if (isPublished && definition.isKind) {
      const { group, version } = this.#types.groupOf(type);
      const kind = type.slice(type.indexOf('.') + 1);
      schema['x-kubernetes-group-version-kind'] = [{ group, version, kind }];
    }
    return schema;
  }

  #addFields(type: string, properties: Record<string, Schema>, required: string[]): void {
    const hasEnums = this.#rendering === 'published' || !UNCHECKED.test(type);
    for (const field of this.#types.get(type).fields) {
      if (field.name === '' && field.type.form === 'object') {
        this.#addFields(field.type.type, properties, required);
        continue;
      }
      const property = this.#field(field, hasEnums);
      if (this.#rendering === 'published') this.#describe(property, field, type);
      properties[field.name] = property;
      if (field.isRequired) required.push(field.name);
    }
  }

  #field(field: Field, hasEnums: boolean): Schema {
    const values = this.#rendering === 'published' ? field.publishedEnum : undefined;
    const schema = this.#type(field.type, values ?? (hasEnums ? field.enum : undefined));
    if (this.#rendering === 'published' && field.description !== undefined) {
      schema.description = field.description;
    }
    const value = this.#rendering === 'published' ? publishedDefault(field) : field.default;
    if (value !== undefined) schema.default = value;
    if (field.listType !== undefined) {
      const isList = field.type.form === 'list' || field.type.form === 'scalar';
      if (isList) schema['x-kubernetes-list-type'] = field.listType;
      else schema['x-kubernetes-map-type'] = 'atomic';
    }
    if (field.isGranular === true) schema['x-kubernetes-map-type'] = 'granular';
    if (field.listKeys !== undefined) schema['x-kubernetes-list-map-keys'] = field.listKeys;
    if (field.patchStrategy !== undefined) {
      schema['x-kubernetes-patch-strategy'] = field.patchStrategy;
    }
    if (field.patchMergeKey !== undefined) {
      schema['x-kubernetes-patch-merge-key'] = field.patchMergeKey;
    }
    if (this.#rendering === 'published' && schema.$ref !== undefined) return wrapReference(schema);
    return schema;
  }

  /** A field without a description of its own gets what its name means everywhere. */
  #describe(property: Schema, { name }: Field, type: string): void {
    this.#descriptions ??= fieldDescriptions();
    const own = `${type.slice(type.indexOf('.') + 1)}.${name}`;
    const text =
      property.description ?? this.#descriptions.get(own) ?? this.#descriptions.get(name);
    if (text !== undefined) property.description = text;
    // Wrapped also where nothing stands beside it: in Kubernetes every field has a description.
    if (property.$ref === undefined) return;
    property.allOf = [{ $ref: property.$ref }];
    delete property.$ref;
  }

  #type(type: FieldType, values?: string[]): Schema {
    switch (type.form) {
      case 'scalar':
        return {
          ...this.#scalar(type.scalar),
          ...(values && values.length > 0 && { enum: values }),
        };
      case 'object':
        return this.reference(type.type);
      case 'list':
        return { type: 'array', items: this.#element(type.items, values) };
      case 'map':
        return { type: 'object', additionalProperties: this.#element(type.values, values) };
    }
  }

  /** What is in a list or map is never absent: published with the zero of its Go type. */
  #element(type: FieldType, values?: string[]): Schema {
    const schema = this.#type(type, values);
    if (this.#rendering === 'working') return schema;
    const zero = zeroOf(type);
    return wrapReference(zero === undefined ? schema : { ...schema, default: zero });
  }

  #scalar(scalar: Scalar): Schema {
    const named = this.#rendering === 'published' ? NAMED_SCALARS[scalar] : undefined;
    if (named !== undefined) return { $ref: REFERENCE + named.name };
    // What is not base64 was refused by the decoder; nothing at all is.
    if (this.#rendering === 'working' && scalar === 'bytes') return { type: 'string' };
    return SCALAR_SCHEMAS[scalar];
  }
}

/** As the generator of Kubernetes has it: a static default, else the zero of what is always written, and of every struct. */
function publishedDefault(field: Field): unknown {
  const { type, isPointer, keepsZero } = field;
  const value = field.publishedDefault === undefined ? field.default : field.publishedDefault;
  if (value !== undefined && value !== null) return value;
  if (isPointer || (!keepsZero && type.form !== 'object')) return undefined;
  return zeroOf(type);
}

/** The zero of a Go type, as JSON; undefined for what is null then. */
function zeroOf(type: FieldType): unknown {
  if (type.form === 'object') return {};
  return type.form === 'scalar' ? ZEROS[type.scalar] : undefined;
}

const ZEROS: Partial<Record<Scalar, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  double: 0,
  bool: false,
};

/** The field that tells which one is set, and those it tells of. */
const UNIONS: Record<string, [discriminator: string, fields: string[]]> = {
  'core.AppArmorProfile': ['type', ['localhostProfile']],
  'core.SeccompProfile': ['type', ['localhostProfile']],
  'flowcontrol.LimitResponse': ['type', ['queuing']],
  'flowcontrol.PriorityLevelConfigurationSpec': ['type', ['exempt', 'limited']],
  'flowcontrol.Subject': ['kind', ['group', 'serviceAccount', 'user']],
};

function unionOf(discriminator: string, fields: string[]): object {
  const named = fields.map((name) => [name, name.charAt(0).toUpperCase() + name.slice(1)]);
  return { discriminator, 'fields-to-discriminateBy': Object.fromEntries(named) };
}

/** What controllers and nodes report is not held to lists of known values; other kinds' strategies have words of their own. */
const UNCHECKED =
  /(?:Status|Condition|ConditionType)$|^admission\.(?:\w*Webhook|Rule\w*|MatchResources)$|^(?:apiextensions|apps|autoscaling|batch|core|discovery|networking|policy|scheduling|storage)\./;

const API_VERSION =
  'APIVersion defines the group and version of the schema this object is written in.';
const KIND = 'Name of the kind this object is of.';

/** Nothing may stand beside a `$ref`. */
function wrapReference(schema: Schema): Schema {
  const { $ref, ...siblings } = schema;
  const isAlone = $ref === undefined || Object.keys(siblings).length === 0;
  return isAlone ? schema : { ...siblings, allOf: [{ $ref }] };
}

export const workingSchemas = new SchemaRenderer(builtinTypes, 'working');
/** Schemas for one OpenAPI document. Everything rendered is kept by the renderer only: drop it with the document. */
export function publishedSchemas(): SchemaRenderer {
  return new SchemaRenderer(new TypeSet(typeGroups), 'published');
}

/** Root and references of one built-in type, as the API server uses them. */
export function builtinSource(type: string): SchemaSource {
  return {
    root: workingSchemas.schema(type),
    resolve: (reference) => workingSchemas.resolve(reference),
  };
}

/**
 * Object operations of a built-in type that may not be stored, e.g. `Eviction` of `policy/v1` or `DeleteOptions` of any
 * group version; `undefined` when there is no such type. Each call compiles anew: keep the result.
 */
export function builtinObjectSchema(apiVersion: string, kind: string): ObjectSchema | undefined {
  const type = builtinTypes.ofKind(apiVersion, kind);
  return type === undefined ? undefined : compileSource(builtinSource(type));
}
