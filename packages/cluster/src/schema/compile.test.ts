import { describe, expect, it } from 'vitest';
import { compileSchema, compileSource } from './compile.ts';
import { cloneJson, type JsonObject } from './json.ts';
import type { ObjectSchema, Schema } from './schema.ts';

/** A schema for `spec` with the given fields. */
function withSpec(properties: Record<string, Schema>, spec: Schema = {}): ObjectSchema {
  return compileSchema({
    type: 'object',
    properties: { spec: { type: 'object', properties, ...spec } },
  });
}

function resource(spec: unknown): JsonObject {
  return { apiVersion: 'g/v1', kind: 'Thing', metadata: { name: 'a' }, spec };
}

function complaints(schema: ObjectSchema, spec: unknown, old?: unknown): string[] {
  const before = old === undefined ? undefined : resource(old);
  return schema.validate(resource(spec), before).map(({ field, detail }) => `${field}: ${detail}`);
}

const text: Schema = { type: 'string' };

describe('compileSchema prune', () => {
  const cases: {
    name: string;
    schema: Schema;
    spec: unknown;
    after: unknown;
    removed: string[];
  }[] = [
    {
      name: 'unknown fields on every level, also in lists and maps',
      schema: {
        type: 'object',
        properties: {
          a: text,
          list: { type: 'array', items: { type: 'object', properties: { b: text } } },
          map: {
            type: 'object',
            additionalProperties: { type: 'object', properties: { c: text } },
          },
        },
      },
      spec: { a: '1', x: 1, list: [{ b: '1' }, { y: 1 }], map: { k: { c: '1', z: 1 } } },
      after: { a: '1', list: [{ b: '1' }, {}], map: { k: { c: '1' } } },
      removed: ['spec.list[1].y', 'spec.map.k.z', 'spec.x'],
    },
    {
      name: 'nothing where unknown fields are preserved, but declared parts inside',
      schema: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { known: { type: 'object', properties: { a: text } } },
      },
      spec: { any: { deep: 1 }, known: { a: '1', b: 1 } },
      after: { any: { deep: 1 }, known: { a: '1' } },
      removed: ['spec.known.b'],
    },
    {
      name: 'an object that declares no fields has none',
      schema: { type: 'object', properties: { o: { type: 'object' } } },
      spec: { o: { a: 1 } },
      after: { o: {} },
      removed: ['spec.o.a'],
    },
    {
      name: 'an embedded resource keeps apiVersion, kind and metadata',
      schema: {
        type: 'object',
        properties: {
          e: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            properties: { spec: { type: 'object', properties: { a: text } } },
          },
        },
      },
      spec: {
        e: {
          apiVersion: 'v1',
          kind: 'X',
          metadata: { name: 'n', labels: { a: 'b' } },
          spec: { a: '1', b: 1 },
          other: 1,
        },
      },
      after: {
        e: {
          apiVersion: 'v1',
          kind: 'X',
          metadata: { name: 'n', labels: { a: 'b' } },
          spec: { a: '1' },
        },
      },
      removed: ['spec.e.other', 'spec.e.spec.b'],
    },
  ];
  it.each(cases)('$name', ({ schema, spec, after, removed }) => {
    const object = resource(cloneJson(spec));
    const paths = compileSchema({ type: 'object', properties: { spec: schema } }).prune(object);
    expect({ paths, spec: object.spec }).toEqual({ paths: removed, spec: after });
    expect(object).toMatchObject({ apiVersion: 'g/v1', kind: 'Thing', metadata: { name: 'a' } });
  });

  it('removes unknown metadata and unknown fields of the root', () => {
    const object = { ...resource({}), metadata: { name: 'a', colour: 'red' }, extra: 1 };
    expect(withSpec({}).prune(object)).toEqual(['extra', 'metadata.colour']);
    expect(object).toEqual(resource({}));
  });
});

describe('compileSchema applyDefaults', () => {
  const schema = withSpec({
    a: { type: 'string', default: 'x' },
    nullable: { type: 'string', nullable: true, default: 'y' },
    bare: text,
    object: {
      type: 'object',
      default: {},
      properties: { inner: { type: 'integer', default: 1 } },
    },
    absent: { type: 'object', properties: { inner: { type: 'integer', default: 1 } } },
    list: {
      type: 'array',
      items: { type: 'object', properties: { p: { type: 'string', default: 'TCP' } } },
    },
    map: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        nullable: true,
        properties: { q: { type: 'integer', default: 2 } },
      },
    },
  });
  const full = { a: 'x', nullable: 'y', object: { inner: 1 } };

  it.each([
    { name: 'fills absent fields and the defaults in defaults', spec: {}, after: full },
    {
      name: 'fills items and values that are present',
      spec: { list: [{}, { p: 'UDP' }], map: { k: {}, n: null } },
      after: { ...full, list: [{ p: 'TCP' }, { p: 'UDP' }], map: { k: { q: 2 }, n: null } },
    },
    {
      name: 'replaces a null that is not allowed, keeps one that is, drops one without default',
      spec: { a: null, nullable: null, bare: null, object: null },
      after: { a: 'x', nullable: null, object: { inner: 1 } },
    },
  ])('$name', ({ spec, after }) => {
    const object = resource(cloneJson(spec));
    schema.applyDefaults(object);
    expect(object.spec).toEqual(after);
  });

  it('does nothing in an object that is absent', () => {
    const object: JsonObject = { apiVersion: 'g/v1', kind: 'Thing', metadata: { name: 'a' } };
    schema.applyDefaults(object);
    expect(object).not.toHaveProperty('spec');
  });

  it('copies defaults, so that objects do not share them', () => {
    const [one, two] = [resource({}), resource({})];
    schema.applyDefaults(one);
    schema.applyDefaults(two);
    (one.spec as { object: JsonObject }).object.inner = 9;
    expect(two.spec).toEqual(full);
  });

  it('is idempotent', () => {
    const object = resource({ list: [{}], map: { k: {} } });
    schema.applyDefaults(object);
    const once = cloneJson(object);
    schema.applyDefaults(object);
    expect(object).toEqual(once);
  });
});

describe('compileSchema validate', () => {
  const cases: { name: string; schema: Schema; value: unknown; says: string[] }[] = [
    {
      name: 'required',
      schema: { type: 'object', required: ['a', 'b'] },
      value: { a: 1 },
      says: ['spec.v.b: Required value'],
    },
    {
      name: 'enum',
      schema: { type: 'string', enum: ['A', 'B'] },
      value: 'x',
      says: ['spec.v: Unsupported value: "x": supported values: "A", "B"'],
    },
    {
      name: 'enum of numbers',
      schema: { type: 'integer', enum: [1, 2] },
      value: 3,
      says: ['spec.v: Unsupported value: 3: supported values: "1", "2"'],
    },
    {
      name: 'minLength',
      schema: { type: 'string', minLength: 1 },
      value: '',
      says: ['spec.v: Invalid value: "": spec.v in body should be at least 1 chars long'],
    },
    {
      name: 'maxLength counts characters, not code units',
      schema: { type: 'string', maxLength: 2 },
      value: '😀😀',
      says: [],
    },
    {
      name: 'maxLength',
      schema: { type: 'string', maxLength: 2 },
      value: 'abc',
      says: ['spec.v: Too long: may not be more than 2 bytes'],
    },
    {
      name: 'pattern',
      schema: { type: 'string', pattern: '^[a-z]+$' },
      value: 'A1',
      says: [`spec.v: Invalid value: "A1": spec.v in body should match '^[a-z]+$'`],
    },
    {
      name: 'pattern in RE2 syntax',
      schema: { type: 'string', pattern: '^(?i)abc$' },
      value: 'ABC',
      says: [],
    },
    {
      name: 'minItems',
      schema: { type: 'array', items: text, minItems: 1 },
      value: [],
      says: ['spec.v: Invalid value: 0: spec.v in body should have at least 1 items'],
    },
    {
      name: 'maxItems',
      schema: { type: 'array', items: text, maxItems: 1 },
      value: ['a', 'b'],
      says: ['spec.v: Too many: 2: must have at most 1 item'],
    },
    {
      name: 'maxProperties',
      schema: { type: 'object', additionalProperties: text, maxProperties: 20 },
      value: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, ''])),
      says: ['spec.v: Too many: 21: must have at most 20 items'],
    },
    {
      name: 'minProperties',
      schema: { type: 'object', additionalProperties: text, minProperties: 1 },
      value: {},
      says: ['spec.v: Invalid value: 0: spec.v in body should have at least 1 properties'],
    },
    {
      name: 'minimum',
      schema: { type: 'integer', minimum: 1 },
      value: 0,
      says: ['spec.v: Invalid value: 0: spec.v in body should be greater than or equal to 1'],
    },
    {
      name: 'exclusive maximum',
      schema: { type: 'number', maximum: 2, exclusiveMaximum: true },
      value: 2,
      says: ['spec.v: Invalid value: 2: spec.v in body should be less than 2'],
    },
    {
      name: 'multipleOf',
      schema: { type: 'number', multipleOf: 0.1 },
      value: 0.25,
      says: ['spec.v: Invalid value: 0.25: spec.v in body should be a multiple of 0.1'],
    },
    {
      name: 'a multiple that binary fractions blur',
      schema: { type: 'number', multipleOf: 0.1 },
      value: 0.3,
      says: [],
    },
    {
      name: 'int32',
      schema: { type: 'integer', format: 'int32' },
      value: 3_000_000_000,
      says: [],
    },
    {
      name: 'type string',
      schema: text,
      value: 1.5,
      says: ['spec.v: Invalid value: "number": spec.v in body must be of type string: "number"'],
    },
    {
      name: 'type integer takes no fraction',
      schema: { type: 'integer' },
      value: 1.5,
      says: ['spec.v: Invalid value: "number": spec.v in body must be of type integer: "number"'],
    },
    {
      name: 'type integer takes what a double holds exactly',
      schema: { type: 'integer', format: 'int64' },
      value: 2 ** 53,
      says: [
        'spec.v: Invalid value: 9007199254740992: spec.v in body is an integer beyond 2^53, which cannot be stored exactly',
      ],
    },
    {
      name: 'type number takes any',
      schema: { type: 'number' },
      value: 2 ** 63,
      says: [],
    },
    {
      name: 'type array',
      schema: { type: 'array', items: text },
      value: {},
      says: ['spec.v: Invalid value: "object": spec.v in body must be of type array: "object"'],
    },
    {
      name: 'null where none is allowed',
      schema: text,
      value: null,
      says: ['spec.v: Invalid value: "null": spec.v in body must be of type string: "null"'],
    },
    { name: 'null where it is', schema: { ...text, nullable: true }, value: null, says: [] },
    {
      name: 'int-or-string',
      schema: { 'x-kubernetes-int-or-string': true },
      value: true,
      says: [
        'spec.v: Invalid value: "boolean": spec.v in body must be of type integer,string: "boolean"',
      ],
    },
    {
      name: 'format date-time',
      schema: { type: 'string', format: 'date-time' },
      value: '2024-13-01T00:00:00Z',
      says: [
        'spec.v: Invalid value: "2024-13-01T00:00:00Z": spec.v in body must be of type date-time: "2024-13-01T00:00:00Z"',
      ],
    },
    {
      name: 'repeated item of a set',
      schema: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      value: ['a', 'b', 'a'],
      says: ['spec.v[2]: Duplicate value: "a"'],
    },
    {
      name: 'repeated key of a map list, defaults of keys counted in',
      schema: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port', 'protocol'],
        items: {
          type: 'object',
          properties: { port: { type: 'integer' }, protocol: { ...text, default: 'TCP' } },
        },
      },
      value: [{ port: 80 }, { port: 80, protocol: 'UDP' }, { port: 80, protocol: 'TCP' }],
      says: ['spec.v[2]: Duplicate value: {"port":80,"protocol":"TCP"}'],
    },
    {
      name: 'items by index',
      schema: { type: 'array', items: { type: 'object', required: ['name'] } },
      value: [{ name: 'a' }, {}],
      says: ['spec.v[1].name: Required value'],
    },
    {
      name: 'values of maps by key',
      schema: { type: 'object', additionalProperties: { type: 'integer' } },
      value: { k: 'x' },
      says: [
        'spec.v.k: Invalid value: "string": spec.v.k in body must be of type integer: "string"',
      ],
    },
    {
      name: 'anyOf',
      schema: { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] },
      value: {},
      says: [
        '<nil>: Invalid value: "": "spec.v" must validate at least one schema (anyOf)',
        'spec.v.a: Required value',
      ],
    },
    {
      name: 'oneOf with none',
      schema: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      value: {},
      says: [
        '<nil>: Invalid value: "": "spec.v" must validate one and only one schema (oneOf). Found none valid',
        'spec.v.a: Required value',
      ],
    },
    {
      name: 'oneOf with two',
      schema: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      value: { a: 1, b: 1 },
      says: [
        '<nil>: Invalid value: "": "spec.v" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    },
    {
      name: 'allOf',
      schema: { type: 'object', allOf: [{ required: ['a'] }, { required: ['b'] }] },
      value: { a: 1 },
      says: [
        'spec.v.b: Required value',
        '<nil>: Invalid value: "": "spec.v" must validate all the schemas (allOf)',
      ],
    },
    {
      name: 'not',
      schema: { type: 'object', not: { required: ['a'] } },
      value: { a: 1 },
      says: ['<nil>: Invalid value: "": "spec.v" must not validate the schema (not)'],
    },
  ];
  it.each(cases)('$name', ({ schema, value, says }) => {
    expect(complaints(withSpec({ v: schema }), { v: value })).toEqual(says);
  });

  it('accepts an object without spec', () => {
    const schema = withSpec({ a: text }, { required: ['a'] });
    expect(schema.validate({ apiVersion: 'g/v1', kind: 'T', metadata: { name: 'a' } })).toEqual([]);
  });

  it('does not hang on a pattern that backtracking engines choke on', () => {
    const schema = withSpec({ v: { type: 'string', pattern: '^(a+)+$' } });
    expect(complaints(schema, { v: `${'a'.repeat(20_000)}b` })).toHaveLength(1);
  });

  it('reports several problems at once', () => {
    const schema = withSpec({ a: { type: 'string', enum: ['x'] }, b: { type: 'integer' } });
    expect(complaints(schema, { a: 'y', b: 'z' })).toHaveLength(2);
  });
});

describe('compileSchema validate on update', () => {
  const keyed: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: {
      type: 'object',
      required: ['name'],
      properties: { name: text, size: { type: 'integer', minimum: 1 } },
    },
  };
  const schema = withSpec({
    code: { type: 'string', pattern: '^[a-z]+$' },
    other: text,
    atomic: { type: 'array', items: { type: 'integer', minimum: 1 } },
    keyed,
  });

  it.each([
    {
      name: 'tolerates an old invalid value that did not change',
      old: { code: 'BAD', other: '1' },
      spec: { code: 'BAD', other: '2' },
      says: 0,
    },
    {
      name: 'refuses another invalid value',
      old: { code: 'BAD' },
      spec: { code: 'BAD2' },
      says: 1,
    },
    { name: 'refuses a new invalid value', old: {}, spec: { code: 'BAD' }, says: 1 },
    {
      name: 'tolerates an unchanged item of a map list that moved',
      old: { keyed: [{ name: 'a', size: 0 }] },
      spec: {
        keyed: [
          { name: 'b', size: 1 },
          { name: 'a', size: 0 },
        ],
      },
      says: 0,
    },
    {
      name: 'cannot tell items of an atomic list apart',
      old: { atomic: [0] },
      spec: { atomic: [0, 1] },
      says: 1,
    },
    {
      name: 'tolerates an atomic list that is the same',
      old: { atomic: [0] },
      spec: { atomic: [0], other: 'x' },
      says: 0,
    },
  ])('$name', ({ old, spec, says }) => {
    expect(complaints(schema, spec, old)).toHaveLength(says);
  });
});

describe('compileSource', () => {
  const definitions: Record<string, Schema> = {
    Meta: {
      type: 'object',
      properties: { name: text, labels: { type: 'object', additionalProperties: text } },
    },
    Tree: {
      type: 'object',
      properties: {
        size: { type: 'integer', default: 1 },
        left: { $ref: 'Tree' },
        raw: { type: 'object' },
      },
    },
  };
  const schema = compileSource({
    root: {
      type: 'object',
      properties: {
        metadata: { $ref: 'Meta' },
        tree: { allOf: [{ $ref: 'Tree' }], default: {} },
      },
    },
    resolve: (reference) => definitions[reference] ?? {},
  });

  it('follows references, also recursive ones and those in allOf', () => {
    const object: JsonObject = { tree: { left: { left: {}, x: 1 } } };
    expect(schema.prune(object)).toEqual(['tree.left.x']);
    schema.applyDefaults(object);
    expect(object).toEqual({ tree: { size: 1, left: { size: 1, left: { size: 1 } } } });
  });

  it('takes a null field for an absent one', () => {
    const object: JsonObject = { metadata: { name: 'a', labels: null }, tree: null };
    expect(schema.prune(object)).toEqual([]);
    schema.applyDefaults(object);
    expect(object).toEqual({ metadata: { name: 'a' }, tree: { size: 1 } });
  });

  it('keeps what a free-form object holds', () => {
    const object: JsonObject = { tree: { raw: { any: { thing: [1] } } } };
    expect(schema.prune(object)).toEqual([]);
    expect(object).toEqual({ tree: { raw: { any: { thing: [1] } } } });
  });

  it('checks types below references', () => {
    expect(schema.validate({ tree: { left: { size: 'x' } } })).toEqual([
      {
        type: 'TypeInvalid',
        field: 'tree.left.size',
        detail: 'Invalid value: "string": tree.left.size in body must be of type integer: "string"',
      },
    ]);
  });
});

describe('keys that mean something to JavaScript', () => {
  it.each(['__proto__', 'constructor', 'toString'])('%s is data', (key) => {
    const schema = withSpec({ map: { type: 'object', additionalProperties: text } });
    const object = JSON.parse(`{"spec":{"map":{"${key}":"x"},"${key}":1}}`) as JsonObject;
    expect(schema.prune(object)).toEqual([`spec.${key}`]);
    schema.applyDefaults(object);
    expect(schema.validate(object)).toEqual([]);
    expect(Object.getPrototypeOf(object.spec)).toBe(Object.prototype);
  });
});
