/**
 * Whether a schema may be used in a CRD version (apiextensions `validation.go`, `schema/validation.go`, `schema/complete.go`):
 * it must be structural, its defaults must fit it, and its lists, maps and rules must be sound.
 */
import { forbidden, invalid, required } from './field-error.ts';
import { printSchema } from './internal-form.ts';
import { isObject } from './json.ts';
import { createNodeSource, type SchemaNode } from './node.ts';
import { compilePattern } from './pattern.ts';
import { at } from './schema-path.ts';
import { checkDefaults } from './schema-defaults.ts';
import { findMisshapen } from './schema-shape.ts';
import { checkSpecification } from './schema-specification.ts';
import type { FieldError, Schema } from './schema.ts';

export interface SchemaContext {
  /** The version has the status subresource, which limits what may stand at the root. */
  hasStatus?: boolean;
  /** Where the schema stands; put in front of all paths. */
  path?: string;
}

/**
 * All problems of a CRD version's schema, in the order of a real API server. A schema without problems can be given to `compileSchema`. Never throws; `schema` may be any JSON object.
 */
export function validateSchema(schema: Schema, context: SchemaContext = {}): FieldError[] {
  const { path = '' } = context;
  const misshapen = findMisshapen(schema, path);
  if (misshapen !== undefined) return [misshapen];
  const errors = context.hasStatus === true ? checkStatusRoot(schema, path) : [];
  if (schema.nullable === true) {
    errors.push(forbidden(at(path, 'nullable'), 'nullable cannot be true at the root'));
  }
  // The structure of a schema with keywords nobody knows here cannot be judged; they are complained about below.
  const isForeign = hasForeignKeywords(schema);
  const structural = isForeign ? [] : checkStructure(schema, path);
  let root: SchemaNode | undefined;
  if (structural.length === 0 && !isForeign) {
    root = createNodeSource(
      { root: schema, resolve: () => ({}) },
      { freeFormObjects: false },
    ).rootNode;
    structural.push(...checkDefaults(root, path));
  }
  errors.push(...structural);
  const isSound = structural.length === 0;
  return [...errors, ...checkSpecification(schema, { path, root: isSound ? root : undefined })];
}

const FOREIGN = [
  'id',
  '$ref',
  'definitions',
  'dependencies',
  'patternProperties',
  'additionalItems',
] as const;

function hasForeignKeywords(schema: Schema): boolean {
  if (FOREIGN.some((key) => schema[key] !== undefined) || Array.isArray(schema.items)) return true;
  const { additionalProperties, items, not, allOf = [], anyOf = [], oneOf = [] } = schema;
  const below = [...Object.values(schema.properties ?? {}), ...allOf, ...anyOf, ...oneOf];
  if (isObject(additionalProperties)) below.push(additionalProperties);
  return [...below, ...(items ? [items] : []), ...(not ? [not] : [])].some(hasForeignKeywords);
}

const atRoot: ReadonlySet<string> = new Set(
  (
    'description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern ' +
    'maxItems minItems uniqueItems multipleOf required items properties externalDocs example ' +
    'x-kubernetes-preserve-unknown-fields x-kubernetes-validations'
  ).split(' '),
);
const atRootText =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';

/** The schema of the status is taken out of the root, so nothing at the root may say more about it. */
function checkStatusRoot(schema: Schema, path: string): FieldError[] {
  if (schema.type !== undefined && schema.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    return [invalid(at(path, 'type'), schema.type, detail)];
  }
  const isAllowed = Object.entries(schema).every(
    ([key, value]) => atRoot.has(key) || value === false || value === undefined,
  );
  if (isAllowed) return [];
  const detail = `only [${atRootText}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalid(path, printSchema(schema), detail)];
}

/** Complaints about the structure, sorted by their text. */
function checkStructure(schema: Schema, path: string): FieldError[] {
  const check = new StructureCheck();
  check.visit(schema, { path, level: 'root' });
  return check.errors.toSorted((a, b) => compareText(textOf(a), textOf(b)));
}

function textOf({ field, detail }: FieldError): string {
  return `${field}: ${detail}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

type Level = 'root' | 'item' | 'field';
interface Position {
  path: string;
  level: Level;
}

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

class StructureCheck {
  readonly errors: FieldError[] = [];

  visit(schema: Schema, { path, level }: Position): void {
    this.#type(schema, { path, level });
    this.#additional(schema, { path, level });
    this.#extensions(schema, path);
    this.#resource(schema, { path, level });
    this.#pattern(schema, path);
    this.#junctors(schema, path);
    // What stands deeper is not looked at there either.
    if (level === 'root') this.#complete(schema, schema, { schemaPath: path, rulePath: path });
    if (schema.items !== undefined && !Array.isArray(schema.items)) {
      this.visit(schema.items, { path: at(path, 'items'), level: 'item' });
    }
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      this.visit(child, { path: at(path, `properties[${name}]`), level: 'field' });
    }
    if (isObject(schema.additionalProperties)) {
      const childPath = at(path, 'additionalProperties');
      this.visit(schema.additionalProperties, { path: childPath, level: 'field' });
    }
  }

  #type(schema: Schema, { path, level }: Position): void {
    const { type } = schema;
    const field = at(path, 'type');
    if (type === 'array' && schema.items === undefined) {
      this.errors.push(required(at(path, 'items'), 'must be specified'));
    }
    if (schema['x-kubernetes-embedded-resource'] === true) {
      const detail = 'must be object if x-kubernetes-embedded-resource is true';
      if (type === undefined) this.errors.push(required(field, detail));
      else if (type !== 'object') this.errors.push(invalid(field, type, detail));
    } else if (type === undefined) {
      const isOpen =
        schema['x-kubernetes-int-or-string'] === true ||
        schema['x-kubernetes-preserve-unknown-fields'] === true;
      if (!isOpen) this.errors.push(required(field, emptyType[level]));
    }
    if (level === 'root' && type !== undefined && type !== 'object') {
      this.errors.push(invalid(field, type, 'must be object at the root'));
    }
  }

  #additional({ additionalProperties }: Schema, { path, level }: Position): void {
    if (additionalProperties === undefined) return;
    const field = at(path, 'additionalProperties');
    if (level === 'root') this.errors.push(forbidden(field, 'must not be used at the root'));
  }

  #extensions(schema: Schema, path: string): void {
    if (schema['x-kubernetes-int-or-string'] !== true) return;
    const detail = 'must be false if x-kubernetes-int-or-string is true';
    for (const key of [
      'x-kubernetes-preserve-unknown-fields',
      'x-kubernetes-embedded-resource',
    ] as const) {
      if (schema[key] === true) this.errors.push(invalid(at(path, key), true, detail));
    }
  }

  /** The root and embedded resources: what they may say about apiVersion, kind and metadata. */
  #resource(schema: Schema, { path, level }: Position): void {
    const { properties } = schema;
    const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
    if (isEmbedded && schema.additionalProperties !== undefined) {
      const detail = 'must not be used if x-kubernetes-embedded-resource is set';
      this.errors.push(forbidden(at(path, 'additionalProperties'), detail));
    }
    const isEmpty = Object.keys(properties ?? {}).length === 0;
    if (isEmbedded && isEmpty && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
      const detail =
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
      this.errors.push(required(at(path, 'properties'), detail));
    }
    if (level !== 'root' && !isEmbedded) return;
    for (const name of ['kind', 'apiVersion']) {
      const declared = properties?.[name];
      if (declared === undefined || declared.type === 'string') continue;
      const field = at(path, `properties[${name}].type`);
      this.errors.push(invalid(field, declared.type ?? '', 'must be string'));
    }
    this.#metadata(properties?.metadata, { path: at(path, 'properties[metadata]'), level });
  }

  #metadata(metadata: Schema | undefined, { path, level }: Position): void {
    if (metadata === undefined) return;
    if (metadata.type !== 'object') {
      this.errors.push(invalid(at(path, 'type'), metadata.type ?? '', 'must be object'));
    }
    if (level !== 'root') return;
    const { type: _, default: __, properties = {}, ...rest } = metadata;
    const isNames = Object.keys(properties).every(
      (name) => name === 'name' || name === 'generateName',
    );
    if (isNames && Object.keys(rest).length === 0) return;
    const detail =
      'must not specify anything other than name and generateName, but metadata is implicitly specified';
    this.errors.push(forbidden(path, detail));
  }

  #pattern({ pattern }: Schema, path: string): void {
    if (pattern === undefined) return;
    try {
      compilePattern(pattern);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const detail = `must be a valid regular expression, but isn't: ${reason}`;
      this.errors.push(invalid(at(path, 'pattern'), pattern, detail));
    }
  }

  #junctors(schema: Schema, path: string, skipsAnyOf = isIntOrStringPattern(schema.anyOf)): void {
    const { anyOf, allOf, oneOf, not } = schema;
    if (!skipsAnyOf) anyOf?.forEach((child, i) => this.#nested(child, at(path, `anyOf[${i}]`)));
    allOf?.forEach((child, i) => {
      const isPattern = i === 0 && isIntOrStringPattern(child.anyOf);
      this.#nested(child, at(path, `allOf[${i}]`), isPattern);
    });
    oneOf?.forEach((child, i) => this.#nested(child, at(path, `oneOf[${i}]`)));
    if (not !== undefined) this.#nested(not, at(path, 'not'));
  }

  /** Inside junctors only value validation may stand. */
  #nested(schema: Schema, path: string, skipsAnyOf = false): void {
    for (const [key, detail] of forbiddenInJunctors) {
      const value = schema[key];
      const isEmpty = value === undefined || value === false || value === '';
      if (!isEmpty && !(Array.isArray(value) && value.length === 0)) {
        this.errors.push(forbidden(at(path, key), detail));
      }
    }
    if (schema.properties?.metadata !== undefined) {
      const field = at(path, 'properties[metadata]');
      this.errors.push(forbidden(field, 'must not be specified in a nested context'));
    }
    this.#pattern(schema, path);
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      this.#nested(child, at(path, `properties[${name}]`));
    }
    if (schema.items !== undefined) this.#nested(schema.items, at(path, 'items'));
    this.#junctors(schema, path, skipsAnyOf);
  }

  /** What junctors say something about must be declared outside of them. */
  #complete(
    rules: Schema,
    schema: Schema | undefined,
    { schemaPath, rulePath }: { schemaPath: string; rulePath: string },
  ): void {
    const nested: (readonly [string, Schema])[] = [
      ...(rules.not === undefined ? [] : [['not', rules.not] as const]),
      ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((key) =>
        (rules[key] ?? []).map((child, i) => [`${key}[${i}]`, child] as const),
      ),
    ];
    for (const [step, child] of nested) {
      this.#completeNested(child, schema, { schemaPath, rulePath: at(rulePath, step) });
    }
  }

  #completeNested(
    rules: Schema,
    schema: Schema | undefined,
    { schemaPath, rulePath }: { schemaPath: string; rulePath: string },
  ): void {
    if (schema === undefined) {
      this.errors.push(required(schemaPath, `because it is defined in ${rulePath}`));
      return;
    }
    this.#complete(rules, schema, { schemaPath, rulePath });
    if (rules.items !== undefined) {
      this.#completeNested(rules.items, schema.items, {
        schemaPath: at(schemaPath, 'items'),
        rulePath: at(rulePath, 'items'),
      });
    }
    for (const [name, child] of Object.entries(rules.properties ?? {})) {
      const step = `properties[${name}]`;
      const declared = schema.properties?.[name];
      const paths = { schemaPath: at(schemaPath, step), rulePath: at(rulePath, step) };
      this.#completeNested(child, declared, paths);
    }
  }
}

const forbiddenInJunctors: readonly (readonly [keyof Schema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function isIntOrStringPattern(anyOf: Schema[] | undefined): boolean {
  return (
    anyOf?.length === 2 &&
    anyOf[0]?.type === 'integer' &&
    anyOf[1]?.type === 'string' &&
    anyOf.every((schema) => Object.keys(schema).length === 1)
  );
}
