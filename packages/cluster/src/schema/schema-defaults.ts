/** Whether the defaults of a CRD schema fit it (apiextensions `defaulting/validation.go`). */
import { createRuleValidator } from './cel.ts';
import { invalid } from './field-error.ts';
import { cloneJson } from './json.ts';
import { createNodeSource, type SchemaNode } from './node.ts';
import { pruneObject } from './prune.ts';
import type { FieldError, Schema } from './schema.ts';
import { at } from './schema-path.ts';
import { validateObject } from './validate.ts';

/** Complaints about every default below `root`, except inside `additionalProperties`, where none is allowed. */
export function checkDefaults(root: SchemaNode): FieldError[] {
  const errors: FieldError[] = [];
  visit(root, '', errors);
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
  const found = validateObject(holder, rootNode, { listDuplicates: true });
  if (found.length === 0) found.push(...createRuleValidator(rootNode).validate(holder));
  for (const error of found) {
    const isPlaced = /^value(?=$|[.[])/.test(error.field);
    const detail = error.detail.replace(/(: )value(?=\S* in body )/, `$1${field}`);
    errors.push({ ...error, detail, field: isPlaced ? field + error.field.slice(5) : field });
  }
  return errors;
}
