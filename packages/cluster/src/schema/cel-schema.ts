/**
 * How a place of a schema looks to CEL: its type with sizes, and the adapter of its values (apiserver `cel/common/schemas.go`,
 * `values.go`). Places CEL cannot see have none.
 */
import { escapeName } from './cel-escape.ts';
import {
  type Adapt,
  type Fields,
  JsonList,
  type ListIdentity,
  JsonMap,
  JsonRecord,
  misfit,
} from './cel/json-values.ts';
import { parseDuration, parseTimestamp } from './cel/times.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  STRING,
  TIMESTAMP,
  type Type,
} from './cel/types.ts';
import type { Value } from './cel/values.ts';
import { isObject } from './json.ts';
import type { SchemaNode } from './node.ts';
import type { Schema } from './schema.ts';

/** The largest request body the estimates reckon with. */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024;

export interface Shape {
  readonly type: Type;
  readonly adapt: Adapt;
  /** Bytes of the smallest JSON text. */
  readonly minBytes: number;
}

/** Makes shapes of the nodes of one schema, each once. */
export class Shapes {
  readonly #known = new Map<SchemaNode, Shape | undefined>();
  #count = 0;

  of(node: SchemaNode): Shape | undefined {
    if (this.#known.has(node)) return this.#known.get(node);
    const shape = this.#make(node);
    this.#known.set(node, shape && { ...shape, adapt: nullable(shape.adapt, node) });
    return this.#known.get(node);
  }

  #make(node: SchemaNode): Shape | undefined {
    const { schema } = node;
    if (node.isIntOrString) return intOrString(schema);
    switch (schema.type) {
      case 'array':
        return this.#list(node);
      case 'object':
        return node.additional === undefined
          ? this.#record(node)
          : this.#map(node, node.additional);
      case 'string':
        return textShape(schema);
      case 'boolean':
        return { type: BOOL, minBytes: 4, adapt: expect('boolean', 'bool') };
      case 'number':
        return { type: DOUBLE, minBytes: 1, adapt: expect('number', 'float') };
      case 'integer':
        return { type: INT, minBytes: 1, adapt: toInteger };
      default:
        return node.isResource ? this.#record(node) : undefined;
    }
  }

  #list(node: SchemaNode): Shape | undefined {
    const items = node.items && this.of(node.items);
    if (items === undefined) return undefined;
    const max = node.schema.maxItems ?? Math.floor((MAX_REQUEST_BYTES - 2) / (items.minBytes + 1));
    const identity = identityOf(node);
    return {
      type: listOf(items.type, Math.max(0, max)),
      minBytes: 2,
      adapt(json) {
        if (!Array.isArray(json)) throw misfit('an array', json);
        return new JsonList(json, items.adapt, identity);
      },
    };
  }

  #map(node: SchemaNode, additional: SchemaNode): Shape | undefined {
    const values = this.of(additional);
    if (values === undefined) return undefined;
    const estimate = Math.floor((MAX_REQUEST_BYTES - 2) / (values.minBytes + 6));
    const max = Math.max(0, node.schema.maxProperties ?? estimate);
    return {
      type: mapOf({ ...STRING, max: MAX_REQUEST_BYTES - 2 }, values.type, max),
      minBytes: 2,
      adapt(json) {
        if (!isObject(json)) throw misfit('a map', json);
        return new JsonMap(json, values.adapt);
      },
    };
  }

  #record(node: SchemaNode): Shape {
    const types = new Map<string, Type>();
    const fields = new Map<string, { property: string; adapt: Adapt }>();
    const required = new Set(node.schema.required);
    let minBytes = 2;
    for (const [property, child] of node.properties) {
      const isMetadata = property === 'metadata' && node.isResource;
      const shape = isMetadata ? this.#metadata() : this.of(child);
      const name = escapeName(property);
      if (shape === undefined) continue;
      if (name !== undefined) {
        types.set(name, shape.type);
        fields.set(name, { property, adapt: shape.adapt });
        // A keyword is a name of a field too.
        if (name === `__${property}__`) {
          types.set(property, shape.type);
          fields.set(property, { property, adapt: shape.adapt });
        }
      }
      if (required.has(property) && child.schema.default === undefined) {
        minBytes += property.length + shape.minBytes + 4;
      }
    }
    return this.#recordShape({ types, fields, minBytes });
  }

  /** Of a resource's metadata rules see the names only. */
  #metadata(): Shape {
    const text = textShape({ type: 'string' });
    const names = ['name', 'generateName'];
    return this.#recordShape({
      types: new Map(names.map((name) => [name, text.type])),
      fields: new Map(names.map((name) => [name, { property: name, adapt: text.adapt }])),
      minBytes: 2,
    });
  }

  #recordShape(parts: {
    types: ReadonlyMap<string, Type>;
    fields: Fields;
    minBytes: number;
  }): Shape {
    const name = `object${this.#count++}`;
    return {
      type: { kind: 'object', name, params: [], fields: parts.types },
      minBytes: parts.minBytes,
      adapt(json) {
        if (!isObject(json)) throw misfit('a map', json);
        return new JsonRecord(json, parts.fields);
      },
    };
  }
}

function nullable(adapt: Adapt, { schema }: SchemaNode): Adapt {
  return schema.nullable === true ? (json) => (json === null ? null : adapt(json)) : adapt;
}

function identityOf({ listType, listKeys }: SchemaNode): ListIdentity | undefined {
  switch (listType) {
    case 'atomic':
      return undefined;
    case 'set':
      return { kind: 'set' };
    case 'map':
      return { kind: 'map', keys: listKeys };
  }
}

function expect(kind: 'boolean' | 'number', name: string): Adapt {
  return (json) => {
    if (typeof json !== kind) throw misfit(name, json);
    return json as Value;
  };
}

const toInteger: Adapt = (json) => {
  if (typeof json !== 'number' || !Number.isInteger(json)) throw misfit('int', json);
  return BigInt(json);
};

function intOrString({ maxLength }: Schema): Shape {
  const max = maxLength === undefined ? MAX_REQUEST_BYTES - 2 : 4 * Math.max(0, maxLength);
  return {
    type: { ...DYN, max },
    minBytes: 1,
    adapt: (json) => (typeof json === 'string' ? json : toInteger(json)),
  };
}

const readText: Adapt = expectText((text) => text);

function expectText(read: (text: string) => Value): Adapt {
  return (json) => {
    if (typeof json !== 'string') throw misfit('string', json);
    return read(json);
  };
}

function textShape(schema: Schema): Shape {
  const { maxLength, format } = schema;
  const whole = MAX_REQUEST_BYTES - 2;
  switch (format) {
    case 'byte':
      return {
        type: { ...BYTES, max: maxLength ?? whole },
        minBytes: 2,
        adapt: expectText((text) => new Uint8Array(Buffer.from(text, 'base64'))),
      };
    case 'duration':
      return { type: { ...DURATION, max: 32 }, minBytes: 4, adapt: expectText(parseDuration) };
    case 'date':
      return {
        type: { ...TIMESTAMP, max: 12 },
        minBytes: 12,
        adapt: expectText((text) => parseTimestamp(`${text}T00:00:00Z`)),
      };
    case 'date-time':
      return { type: { ...TIMESTAMP, max: 38 }, minBytes: 22, adapt: expectText(parseTimestamp) };
    default:
      return { type: { ...STRING, max: textSize(schema) }, minBytes: 2, adapt: readText };
  }
}

/** Bytes a text can have: four for each allowed character, else the longest of its values, else a whole request. */
function textSize({ maxLength, enum: values }: Schema): number {
  if (maxLength !== undefined) return 4 * Math.max(0, maxLength);
  if (values === undefined || values.length === 0) return MAX_REQUEST_BYTES - 2;
  return Math.max(0, ...values.map((value) => (typeof value === 'string' ? value.length : 0)));
}
