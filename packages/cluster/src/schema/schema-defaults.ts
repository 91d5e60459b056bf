/** Whether the defaults of a CRD schema fit it (apiextensions `defaulting/validation.go`). */
import { createRuleValidator } from './cel.ts';
import { invalid, required } from './field-error.ts';
import { cloneJson, isObject } from './json.ts';
import { createNodeSource, type SchemaNode } from './node.ts';
import { pruneObject } from './prune.ts';
import type { FieldError, Schema } from './schema.ts';
import { at } from './schema-path.ts';
import { validateValue } from './validate.ts';

/** Complaints about every default below `root`, which stands at `path`, except inside `additionalProperties`, where none is allowed. */
export function checkDefaults(root: SchemaNode, path: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(root, path, errors);
  return errors;
}

function visit(node: SchemaNode, path: string, errors: FieldError[]): void {
  if (node.schema.default !== undefined) {
    errors.push(...checkDefault(node.schema, at(path, 'default')));
  }
  if (node.items !== undefined) visit(node.items, at(path, 'items'), errors);
  for (const name of Object.keys(node.schema.properties ?? {})) {
    const child = node.properties.get(name);
    const isMetadata = node.isResource && name === 'metadata';
    if (child !== undefined && !isMetadata) visit(child, at(path, `properties[${name}]`), errors);
  }
}

function hasField(value: unknown, name: string): boolean {
  return isObject(value) && Object.hasOwn(value, name);
}

/** The default must survive pruning, pass validation, and keep the rules. */
function checkDefault(schema: Schema, field: string): FieldError[] {
  const holder = { value: cloneJson(schema.default) };
  const { rootNode } = createNodeSource(
    { root: { type: 'object', properties: { value: schema } }, resolve: () => ({}) },
    { freeFormObjects: false },
  );
  const errors: FieldError[] = [];
  if (pruneObject(holder, rootNode, { dropNulls: false }).length > 0) {
    errors.push(invalid(field, schema.default, 'must not have unknown fields'));
  }
  const node = rootNode.properties.get('value');
  if (node?.isResource === true) {
    const missing = ['apiVersion', 'kind'].filter((name) => !hasField(holder.value, name));
    if (missing.length > 0)
      return [...errors, ...missing.map((name) => required(`${field}.${name}`))];
  }
  const found = node === undefined ? [] : validateValue(holder.value, node);
  for (const error of found) {
    const isPlaced = error.field !== '' && error.field !== '<nil>';
    errors.push({ ...error, field: isPlaced ? `${field}.${error.field}` : field });
  }
  if (found.length > 0) return errors;
  for (const error of createRuleValidator(rootNode).validate(holder))
    errors.push({ ...error, field: error.field.replace(/^value/, field) });
  return errors;
}
