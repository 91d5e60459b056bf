/**
 * Whether a schema may be used in a CRD: structural (apiextensions `schema/validation.go`), with consistent lists, defaults
 * that pass, patterns and rules that compile.
 */
import { CelCompileError, createCelCompiler, type CelCompiler } from './cel-environment.ts';
import { createCostMeter, DEFAULT_COST_BUDGET } from './cel-meter.ts';
import { undeclaredField } from './cel-types.ts';
import { compileRule } from './cel.ts';
import { forbidden, invalid, required } from './field-error.ts';
import { cloneJson, isObject } from './json.ts';
import { createNodeSource, type SchemaNode } from './node.ts';
import { compilePattern } from './pattern.ts';
import { pruneObject } from './prune.ts';
import type { FieldError, Schema, ValidationRule } from './schema.ts';
import { validateObject } from './validate.ts';

/**
 * All problems of a CRD version's schema. Field paths are relative to the schema (`properties[spec].items`); the caller
 * puts `spec.versions[0].schema.openAPIV3Schema` in front.
 */
export function validateSchema(schema: Schema): FieldError[] {
  const check = new SchemaCheck();
  check.structure(schema, { path: '', level: 'root' });
  if (check.errors.length > 0) return check.errors;
  const source = createNodeSource(
    { root: schema, resolve: () => ({}) },
    { freeFormObjects: false },
  );
  new ContentCheck(check.errors).visit(source.rootNode, '');
  return check.errors;
}

type Level = 'root' | 'item' | 'field';
interface Position {
  path: string;
  level: Level;
}

function at(path: string, child: string): string {
  return path === '' ? child : `${path}.${child}`;
}

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const types = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

/** The shape of the schema itself. */
class SchemaCheck {
  readonly errors: FieldError[] = [];

  structure(schema: Schema, { path, level }: Position): void {
    this.#type(schema, { path, level });
    this.#object(schema, { path, level });
    this.#embedded(schema, path);
    this.#list(schema, path);
    this.#junctors(schema, path);
    if (schema.items !== undefined) {
      this.structure(schema.items, { path: at(path, 'items'), level: 'item' });
    }
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      this.structure(child, { path: at(path, `properties[${name}]`), level: 'field' });
    }
    if (isObject(schema.additionalProperties)) {
      const childPath = at(path, 'additionalProperties');
      this.structure(schema.additionalProperties, { path: childPath, level: 'field' });
    }
  }

  #type(schema: Schema, { path, level }: Position): void {
    const { type } = schema;
    if (schema.$ref !== undefined) this.#forbid(at(path, '$ref'), '$ref is not supported');
    if (type === undefined) {
      const isOpen =
        schema['x-kubernetes-int-or-string'] === true ||
        schema['x-kubernetes-preserve-unknown-fields'] === true ||
        schema['x-kubernetes-embedded-resource'] === true;
      if (!isOpen || level === 'root') {
        this.errors.push(required(at(path, 'type'), emptyType[level]));
      }
    } else if (!types.has(type)) {
      this.errors.push(
        invalid(
          at(path, 'type'),
          type,
          'must be one of: array, boolean, integer, number, object, string',
        ),
      );
    } else if (level === 'root' && type !== 'object') {
      this.errors.push(invalid(at(path, 'type'), type, 'must be object at the root'));
    }
    if (type === 'array' && schema.items === undefined) {
      this.errors.push(required(at(path, 'items'), 'must be specified'));
    }
    if (level === 'root' && schema.nullable === true) {
      this.#forbid(at(path, 'nullable'), 'nullable cannot be true at the root');
    }
    if (schema.uniqueItems === true) {
      this.#forbid(
        at(path, 'uniqueItems'),
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      );
    }
    if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
      const field = at(path, 'x-kubernetes-preserve-unknown-fields');
      this.errors.push(invalid(field, false, 'must be true or undefined'));
    }
  }

  #object(schema: Schema, { path, level }: Position): void {
    const { additionalProperties, properties } = schema;
    if (additionalProperties !== undefined) {
      const field = at(path, 'additionalProperties');
      if (level === 'root') this.#forbid(field, 'must not be used at the root');
      if (additionalProperties === false) {
        this.#forbid(field, 'additionalProperties cannot be set to false');
      }
      if (properties !== undefined && Object.keys(properties).length > 0) {
        this.#forbid(field, 'additionalProperties and properties are mutual exclusive');
      }
    }
    const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
    if (!isResource) return;
    for (const name of ['apiVersion', 'kind']) {
      const type = properties?.[name]?.type;
      if (properties?.[name] !== undefined && type !== 'string') {
        this.errors.push(
          invalid(at(path, `properties[${name}].type`), type ?? '', 'must be string'),
        );
      }
    }
    this.#metadata(properties?.metadata, { path: at(path, 'properties[metadata]'), level });
  }

  #metadata(metadata: Schema | undefined, { path, level }: Position): void {
    if (metadata === undefined) return;
    if (metadata.type !== 'object') {
      this.errors.push(invalid(at(path, 'type'), metadata.type ?? '', 'must be object'));
    }
    const names = Object.keys(metadata.properties ?? {});
    if (level === 'root' && !names.every((name) => name === 'name' || name === 'generateName')) {
      this.#forbid(
        path,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      );
    }
  }

  #embedded(schema: Schema, path: string): void {
    if (schema['x-kubernetes-int-or-string'] === true) {
      for (const key of [
        'x-kubernetes-preserve-unknown-fields',
        'x-kubernetes-embedded-resource',
      ] as const) {
        if (schema[key] === true) {
          const detail = 'must be false if x-kubernetes-int-or-string is true';
          this.errors.push(invalid(at(path, key), true, detail));
        }
      }
    }
    if (schema['x-kubernetes-embedded-resource'] !== true) return;
    const mustBeObject = 'must be object if x-kubernetes-embedded-resource is true';
    if (schema.type === undefined) {
      this.errors.push(required(at(path, 'type'), mustBeObject));
    } else if (schema.type !== 'object') {
      this.errors.push(invalid(at(path, 'type'), schema.type, mustBeObject));
    }
    if (schema.additionalProperties !== undefined) {
      this.#forbid(
        at(path, 'additionalProperties'),
        'must not be used if x-kubernetes-embedded-resource is set',
      );
    }
    const isEmpty = Object.keys(schema.properties ?? {}).length === 0;
    if (isEmpty && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
      this.errors.push(
        required(
          at(path, 'properties'),
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      );
    }
  }

  #list(schema: Schema, path: string): void {
    const listType = schema['x-kubernetes-list-type'];
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    if (schema['x-kubernetes-map-type'] !== undefined && schema.type !== 'object') {
      const detail = 'must be object if x-kubernetes-map-type is specified';
      this.errors.push(invalid(at(path, 'type'), schema.type ?? '', detail));
    }
    if (listType !== undefined && schema.type !== 'array') {
      const detail = 'must be array if x-kubernetes-list-type is specified';
      this.errors.push(invalid(at(path, 'type'), schema.type ?? '', detail));
    }
    if (keys.length > 0 && listType !== 'map') {
      const field = at(path, 'x-kubernetes-list-type');
      const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
      this.errors.push(
        listType === undefined ? required(field, detail) : invalid(field, listType, detail),
      );
    }
    if (listType === 'set') this.#setItems(schema.items, at(path, 'items'));
    if (listType === 'map') this.#mapItems(schema, path);
  }

  #setItems(items: Schema | undefined, path: string): void {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    if (items?.nullable === true) {
      this.#forbid(at(path, 'nullable'), 'cannot be nullable when x-kubernetes-list-type is set');
    }
    if (items?.type === 'array' && items['x-kubernetes-list-type'] !== 'atomic') {
      const actual = items['x-kubernetes-list-type'] ?? null;
      if (actual !== null) {
        this.errors.push(invalid(at(path, 'x-kubernetes-list-type'), actual, detail));
      }
    }
    if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
      const actual = items['x-kubernetes-map-type'] ?? null;
      this.errors.push(invalid(at(path, 'x-kubernetes-map-type'), actual, detail));
    }
  }

  #mapItems(schema: Schema, path: string): void {
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    const field = at(path, 'x-kubernetes-list-map-keys');
    const itemsPath = at(path, 'items');
    const { items } = schema;
    if (keys.length === 0) {
      this.errors.push(required(field, 'must not be empty if x-kubernetes-list-type is map'));
    }
    if (new Set(keys).size < keys.length) {
      this.errors.push(invalid(field, keys, 'must not contain duplicate entries'));
    }
    if (items === undefined) return;
    if (items.nullable === true) {
      this.#forbid(
        at(itemsPath, 'nullable'),
        'cannot be nullable when x-kubernetes-list-type is map',
      );
    }
    if (items.type !== 'object') {
      this.errors.push(
        invalid(
          at(itemsPath, 'type'),
          items.type ?? '',
          "must be object if parent array's x-kubernetes-list-type is map",
        ),
      );
    }
    for (const key of keys) this.#mapKey(key, items, { field, itemsPath });
  }

  #mapKey(
    key: string,
    items: Schema,
    { field, itemsPath }: { field: string; itemsPath: string },
  ): void {
    const property = items.properties?.[key];
    if (property === undefined) {
      this.errors.push(invalid(field, key, 'entries must all be names of item properties'));
      return;
    }
    const path = at(itemsPath, `properties[${key}]`);
    if (property.type === 'object' || property.type === 'array') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      this.errors.push(invalid(at(path, 'type'), property.type, detail));
    }
    if (items.required?.includes(key) !== true && property.default === undefined) {
      this.errors.push(
        required(
          at(path, 'default'),
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    }
    if (property.nullable === true) {
      this.#forbid(
        at(path, 'nullable'),
        'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      );
    }
  }

  #junctors(schema: Schema, path: string): void {
    const { anyOf, allOf, oneOf, not } = schema;
    const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
    const nested = (name: string, schemas: Schema[] | undefined): void => {
      schemas?.forEach((child, i) => {
        const isAllowedPattern =
          isIntOrString && i === 0 && name === 'allOf' && isIntOrStringPattern(child.anyOf);
        this.#nested(child, at(path, `${name}[${i}]`), isAllowedPattern);
      });
    };
    if (!(isIntOrString && isIntOrStringPattern(anyOf))) nested('anyOf', anyOf);
    nested('allOf', allOf);
    nested('oneOf', oneOf);
    if (not !== undefined) this.#nested(not, at(path, 'not'), false);
  }

  /** Inside junctors only value validation may stand. */
  #nested(schema: Schema, path: string, allowsIntOrString: boolean): void {
    for (const [key, detail] of forbiddenInJunctors) {
      const value = schema[key];
      if (value !== undefined && value !== false && value !== '') {
        this.#forbid(at(path, key), detail);
      }
    }
    if (schema.properties?.metadata !== undefined) {
      this.#forbid(at(path, 'properties[metadata]'), 'must not be specified in a nested context');
    }
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      this.#nested(child, at(path, `properties[${name}]`), false);
    }
    if (schema.items !== undefined) this.#nested(schema.items, at(path, 'items'), false);
    const { anyOf, ...rest } = schema;
    this.#junctors(allowsIntOrString ? rest : { ...rest, anyOf }, path);
  }

  #forbid(path: string, detail: string): void {
    this.errors.push(forbidden(path, detail));
  }
}

const forbiddenInJunctors: readonly (readonly [keyof Schema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
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

/** Defaults, patterns and rules of a schema whose shape is sound. */
class ContentCheck {
  readonly #errors: FieldError[];
  readonly #compiler: CelCompiler = createCelCompiler(createCostMeter(DEFAULT_COST_BUDGET));

  constructor(errors: FieldError[]) {
    this.#errors = errors;
  }

  visit(node: SchemaNode, path: string): void {
    this.#pattern(node, path);
    this.#default(node, path);
    node.schema['x-kubernetes-validations']?.forEach((rule, i) => {
      this.#rule(rule, node, at(path, `x-kubernetes-validations[${i}]`));
    });
    for (const name of Object.keys(node.schema.properties ?? {})) {
      const child = node.properties.get(name);
      const isMetadata = node.isResource && name === 'metadata';
      if (child !== undefined && !isMetadata) this.visit(child, at(path, `properties[${name}]`));
    }
    if (node.items !== undefined) this.visit(node.items, at(path, 'items'));
    if (node.additional !== undefined) {
      this.visit(node.additional, at(path, 'additionalProperties'));
    }
  }

  #pattern({ schema: { pattern } }: SchemaNode, path: string): void {
    if (pattern === undefined) return;
    try {
      compilePattern(pattern);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const detail = `must be a valid regular expression, but isn't: ${reason}`;
      this.#errors.push(invalid(at(path, 'pattern'), pattern, detail));
    }
  }

  #default(node: SchemaNode, path: string): void {
    if (node.schema.default === undefined) return;
    const field = at(path, 'default');
    const holder = { value: cloneJson(node.schema.default) };
    const schema: Schema = { type: 'object', properties: { value: node.schema } };
    const root = createNodeSource(
      { root: schema, resolve: () => ({}) },
      { freeFormObjects: false },
    ).rootNode;
    const unknown = pruneObject(holder, root, { dropNulls: false });
    if (unknown.length > 0) {
      this.#errors.push(invalid(field, node.schema.default, 'must not have unknown fields'));
    }
    for (const error of validateObject(holder, root, { listDuplicates: true })) {
      const place = error.field.startsWith('value') ? error.field.slice('value'.length) : '';
      this.#errors.push({ ...error, field: field + place });
    }
  }

  #rule(rule: ValidationRule, node: SchemaNode, path: string): void {
    if (rule.rule.trim() === '') {
      this.#errors.push(required(at(path, 'rule'), 'rule is not specified'));
      return;
    }
    this.#ruleTexts(rule, path);
    const { problem } = compileRule(rule, this.#compiler);
    if (problem !== undefined) {
      this.#errors.push(invalid(at(path, 'rule'), rule, problem));
      return;
    }
    const undeclared =
      rule.optionalOldSelf === true ? undefined : undeclaredField(this.#compiler, rule.rule, node);
    if (undeclared !== undefined) {
      const detail = `compilation failed: ${undeclared.message}`;
      this.#errors.push(invalid(at(path, 'rule'), rule, detail));
    }
    this.#messageExpression(rule, path);
  }

  #ruleTexts(rule: ValidationRule, path: string): void {
    const message = rule.message ?? '';
    if (message !== '' && message.trim() === '') {
      this.#errors.push(invalid(at(path, 'message'), message, 'must be non-empty if specified'));
    } else if (message.trim().includes('\n')) {
      this.#errors.push(invalid(at(path, 'message'), message, 'must not contain line breaks'));
    } else if (message === '' && rule.rule.trim().includes('\n')) {
      const detail = 'message must be specified if rule contains line breaks';
      this.#errors.push(required(at(path, 'message'), detail));
    }
    const fieldPath = rule.fieldPath ?? '';
    if (fieldPath !== '' && !/^(\.[^.[\]\s]+|\['[^']+'\])+$/.test(fieldPath)) {
      this.#errors.push(invalid(at(path, 'fieldPath'), fieldPath, 'must be a valid path'));
    }
  }

  #messageExpression(rule: ValidationRule, path: string): void {
    if (rule.messageExpression === undefined || rule.messageExpression === '') return;
    const field = at(path, 'messageExpression');
    try {
      const { resultType } = this.#compiler.compile(rule.messageExpression, rule.optionalOldSelf);
      if (resultType === 'string' || resultType === 'dyn') return;
      this.#errors.push(invalid(field, rule, 'messageExpression must evaluate to a string'));
    } catch (error) {
      const reason = error instanceof CelCompileError ? error.message : String(error);
      const detail = `messageExpression compilation failed: ${reason}`;
      this.#errors.push(invalid(field, rule, detail));
    }
  }
}
