/** Rules about `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type` in CRD schemas. */
import { forbidden, invalid, notSupported, required } from './field-error.ts';
import type { FieldError, Schema } from './schema.ts';
import { at } from './schema-path.ts';

export function checkListAndMap(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const field = at(path, 'x-kubernetes-preserve-unknown-fields');
    errors.push(invalid(field, false, 'must be true or undefined'));
  }
  errors.push(...checkMapType(schema, path), ...checkListType(schema, path));
  if (schema['x-kubernetes-list-type'] === 'map') errors.push(...checkMapList(schema, path));
  return [...errors, ...checkKeys(schema, path)];
}

function wrongType(path: string, type: string | undefined, detail: string): FieldError {
  const field = at(path, 'type');
  return type === undefined ? required(field, detail) : invalid(field, type, detail);
}

function checkMapType(schema: Schema, path: string): FieldError[] {
  const mapType: string | undefined = schema['x-kubernetes-map-type'];
  const errors: FieldError[] = [];
  if (mapType === undefined) return errors;
  if (schema.type !== 'object') {
    const detail = 'must be object if x-kubernetes-map-type is specified';
    errors.push(wrongType(path, schema.type, detail));
  }
  if (mapType !== 'atomic' && mapType !== 'granular') {
    const field = at(path, 'x-kubernetes-map-type');
    errors.push(notSupported(field, mapType, ['atomic', 'granular']));
  }
  return errors;
}

function checkListType(schema: Schema, path: string): FieldError[] {
  const listType: string | undefined = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const field = at(path, 'x-kubernetes-list-type');
  const errors: FieldError[] = [];
  if (listType !== undefined && schema.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    errors.push(wrongType(path, schema.type, detail));
  } else if (listType === 'set') {
    errors.push(...checkSetItems(schema.items, at(path, 'items')));
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) {
    errors.push(notSupported(field, listType, ['atomic', 'set', 'map']));
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(
      listType === undefined ? required(field, detail) : invalid(field, listType, detail),
    );
  }
  return errors;
}

function checkSetItems(items: Schema | undefined, path: string): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalid(at(path, 'x-kubernetes-list-type'), listType, detail)];
  }
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    return [invalid(at(path, 'x-kubernetes-map-type'), listType ?? null, detail)];
  }
  return [];
}

function checkMapList(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const field = at(path, 'x-kubernetes-list-map-keys');
  if (keys.length === 0) {
    errors.push(required(field, 'must not be empty if x-kubernetes-list-type is map'));
  }
  const { items } = schema;
  if (items === undefined) {
    const detail = 'must have a schema if x-kubernetes-list-type is map';
    errors.push(required(at(path, 'items'), detail));
  } else if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(at(path, 'items.type'), items.type ?? '', detail));
  } else {
    const seen = new Set<string>();
    for (const key of keys) {
      const type = items.properties?.[key]?.type;
      if (items.properties?.[key] === undefined) {
        errors.push(invalid(field, keys, 'entries must all be names of item properties'));
      } else if (type === 'array' || type === 'object') {
        const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
        errors.push(invalid(at(path, `items.properties[${key}].type`), items.type, detail));
      }
      if (seen.has(key)) errors.push(invalid(field, keys, 'must not contain duplicate entries'));
      seen.add(key);
    }
  }
  return errors;
}

/** Items of sets and map lists cannot be null, and the keys of map lists must always be there. */
function checkKeys(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { items, 'x-kubernetes-list-type': listType } = schema;
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return errors;
  if (items.nullable === true) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbidden(at(path, 'items.nullable'), detail));
  }
  if (listType === 'set') return errors;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const field = at(path, `items.properties[${key}]`);
    if (items.required?.includes(key) !== true && property.default === undefined) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(at(field, 'default'), detail));
    }
    if (property.nullable === true) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(forbidden(at(field, 'nullable'), detail));
    }
  }
  return errors;
}
