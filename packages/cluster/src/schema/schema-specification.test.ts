import { describe, expect, it } from 'vitest';
import type { Schema } from './schema.ts';
import { validateSchema } from './structural.ts';

const text: Schema = { type: 'string' };
const S = 'properties[spec]';

/** Complaints about `spec`, which stands below an object at the root. Cases follow apiextensions `validation_test.go`. */
const cases: [name: string, spec: unknown, says: string[]][] = [
  ['$ref', { ...text, $ref: '#/x' }, [`${S}.$ref: Forbidden: $ref is not supported`]],
  ['id', { ...text, id: 'x' }, [`${S}.id: Forbidden: id is not supported`]],
  [
    'patternProperties',
    { type: 'object', patternProperties: { a: text } },
    [`${S}.patternProperties: Forbidden: patternProperties is not supported`],
  ],
  [
    'definitions',
    { type: 'object', definitions: { a: text } },
    [`${S}.definitions: Forbidden: definitions is not supported`],
  ],
  [
    'dependencies',
    { type: 'object', dependencies: {} },
    [`${S}.dependencies: Forbidden: dependencies is not supported`],
  ],
  [
    'additionalItems',
    { type: 'array', items: text, additionalItems: true },
    [`${S}.additionalItems: Forbidden: additionalItems is not supported`],
  ],
  [
    'items as a list',
    { type: 'array', items: [text] },
    [`${S}.items: Forbidden: items must be a schema object and not an array`],
  ],
  [
    'type null',
    { type: 'null' },
    [
      `${S}.type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string"`,
      `${S}.type: Forbidden: type cannot be set to null, use nullable as an alternative`,
    ],
  ],
  [
    'unknown type',
    { type: 'file' },
    [
      `${S}.type: Unsupported value: "file": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    ],
  ],
  [
    'uniqueItems',
    { type: 'array', items: text, uniqueItems: true },
    [
      `${S}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  ],
  [
    'properties beside additionalProperties',
    { type: 'object', properties: { a: text }, additionalProperties: text },
    [
      `${S}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
    ],
  ],
  [
    'properties beside additionalProperties: true',
    { type: 'object', properties: { a: text }, additionalProperties: true },
    [],
  ],
  [
    'preserve-unknown-fields false',
    { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
    [`${S}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
  ],
  [
    'map-type on a string',
    { ...text, 'x-kubernetes-map-type': 'atomic' },
    [`${S}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`],
  ],
  [
    'unknown map-type',
    { type: 'object', 'x-kubernetes-map-type': 'x' },
    [`${S}.x-kubernetes-map-type: Unsupported value: "x": supported values: "atomic", "granular"`],
  ],
  [
    'list-type on a string',
    { ...text, 'x-kubernetes-list-type': 'atomic' },
    [`${S}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`],
  ],
  [
    'unknown list-type',
    { type: 'array', items: text, 'x-kubernetes-list-type': 'x' },
    [
      `${S}.x-kubernetes-list-type: Unsupported value: "x": supported values: "atomic", "set", "map"`,
    ],
  ],
  [
    'keys without list-type',
    { type: 'array', items: text, 'x-kubernetes-list-map-keys': ['a'] },
    [
      `${S}.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty`,
    ],
  ],
  [
    'keys of a set',
    {
      type: 'array',
      items: text,
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-list-map-keys': ['a'],
    },
    [
      `${S}.x-kubernetes-list-type: Invalid value: "set": must be map if x-kubernetes-list-map-keys is non-empty`,
    ],
  ],
  [
    'set of granular objects',
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' },
    [
      `${S}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
    ],
  ],
  [
    'set of sets',
    {
      type: 'array',
      items: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      'x-kubernetes-list-type': 'set',
    },
    [
      `${S}.items.x-kubernetes-list-type: Invalid value: "set": must be atomic as item of a list with x-kubernetes-list-type=set`,
    ],
  ],
  [
    'set of nullable items',
    { type: 'array', items: { ...text, nullable: true }, 'x-kubernetes-list-type': 'set' },
    [`${S}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set`],
  ],
  [
    'map list without keys',
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' },
    [
      `${S}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
    ],
  ],
  [
    'map list of strings',
    {
      type: 'array',
      items: text,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    },
    [
      `${S}.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`,
    ],
  ],
  [
    'key that is no property',
    {
      type: 'array',
      items: { type: 'object' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    },
    [
      `${S}.x-kubernetes-list-map-keys: Invalid value: ["a"]: entries must all be names of item properties`,
    ],
  ],
  [
    'key that may be absent',
    {
      type: 'array',
      items: { type: 'object', properties: { a: text } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    },
    [
      `${S}.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  ],
  [
    'key with a default',
    {
      type: 'array',
      items: { type: 'object', properties: { a: { ...text, default: 'x' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    },
    [],
  ],
  [
    'key given twice',
    {
      type: 'array',
      items: { type: 'object', required: ['a'], properties: { a: text } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a', 'a'],
    },
    [
      `${S}.x-kubernetes-list-map-keys: Invalid value: ["a","a"]: must not contain duplicate entries`,
    ],
  ],
  [
    'nullable key',
    {
      type: 'array',
      items: { type: 'object', required: ['a'], properties: { a: { ...text, nullable: true } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    },
    [
      `${S}.items.properties[a].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable`,
    ],
  ],
  ['array without items', { type: 'array' }, [`${S}.items: Required value: must be specified`]],
  ['no type', {}, [`${S}.type: Required value: must not be empty for specified object fields`]],
  [
    'no type in items',
    { type: 'array', items: {} },
    [`${S}.items.type: Required value: must not be empty for specified array items`],
  ],
  [
    'type inside anyOf',
    { ...text, anyOf: [{ type: 'string' }] },
    [`${S}.anyOf[0].type: Forbidden: must be empty to be structural`],
  ],
  [
    'description and default inside allOf',
    { ...text, allOf: [{ description: 'd', default: 'x' }] },
    [
      `${S}.allOf[0].default: Forbidden: must be undefined to be structural`,
      `${S}.allOf[0].description: Forbidden: must be empty to be structural`,
    ],
  ],
  [
    'property only inside oneOf',
    { type: 'object', oneOf: [{ properties: { a: { enum: ['x'] } } }] },
    [],
  ],
  ['items only inside not', { type: 'object', not: { items: { minLength: 1 } } }, []],
  [
    'bad pattern',
    { ...text, pattern: '(' },
    [
      expect.stringMatching(
        /^properties\[spec\]\.pattern: Invalid value: "\(": must be a valid regular expression, but isn't: error parsing regexp: /,
      ) as string,
    ],
  ],
  [
    'embedded string',
    {
      ...text,
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
    [
      `${S}.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true`,
    ],
  ],
  [
    'empty embedded resource',
    { type: 'object', 'x-kubernetes-embedded-resource': true },
    [
      `${S}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
    ],
  ],
  [
    'default of the wrong type',
    { ...text, default: 1 },
    [`${S}.default: Invalid value: "integer":  in body must be of type string: "integer"`],
  ],
  [
    'default with unknown fields',
    { type: 'object', default: { b: 1 }, properties: { a: text } },
    [`${S}.default: Invalid value: {"b":1}: must not have unknown fields`],
  ],
  [
    'default that breaks a rule',
    {
      type: 'integer',
      default: 1,
      'x-kubernetes-validations': [{ rule: 'self > 5', message: 'more' }],
    },
    [`${S}.default: Invalid value: 1: more`],
  ],
  [
    'rule without text',
    { ...text, 'x-kubernetes-validations': [{ rule: ' ' }] },
    [`${S}.x-kubernetes-validations[0].rule: Required value: rule is not specified`],
  ],
  [
    'blank message',
    { ...text, 'x-kubernetes-validations': [{ rule: 'true', message: ' ' }] },
    [
      `${S}.x-kubernetes-validations[0].message: Invalid value: " ": must be non-empty if specified`,
    ],
  ],
  [
    'message with a line break',
    { ...text, 'x-kubernetes-validations': [{ rule: 'true', message: 'a\nb' }] },
    [
      `${S}.x-kubernetes-validations[0].message: Invalid value: "a\\nb": must not contain line breaks`,
    ],
  ],
  [
    'rule of two lines without message',
    { ...text, 'x-kubernetes-validations': [{ rule: 'true\n&& true' }] },
    [
      `${S}.x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks`,
    ],
  ],
  [
    'unknown reason',
    { ...text, 'x-kubernetes-validations': [{ rule: 'true', reason: 'Because' }] },
    [
      `${S}.x-kubernetes-validations[0].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    ],
  ],
  [
    'fieldPath to nowhere',
    {
      type: 'object',
      properties: { a: text },
      'x-kubernetes-validations': [{ rule: 'true', fieldPath: '.b' }],
    },
    [`${S}.x-kubernetes-validations[0].fieldPath: Invalid value: ".b": must be a valid path`],
  ],
  [
    'fieldPath through a map',
    {
      type: 'object',
      properties: { a: { type: 'object', additionalProperties: text } },
      'x-kubernetes-validations': [{ rule: 'true', fieldPath: ".a['x.y']" }],
    },
    [],
  ],
  [
    'blank messageExpression',
    { ...text, 'x-kubernetes-validations': [{ rule: 'true', messageExpression: ' ' }] },
    [
      `${S}.x-kubernetes-validations[0].messageExpression: Required value: messageExpression must be non-empty if specified`,
    ],
  ],
  [
    'messageExpression that is no string',
    { ...text, 'x-kubernetes-validations': [{ rule: 'true', messageExpression: '1' }] },
    [
      `${S}.x-kubernetes-validations[0].messageExpression: Invalid value: {"Rule":"true","Message":"","MessageExpression":"1","Reason":null,"FieldPath":"","OptionalOldSelf":null}: messageExpression must evaluate to a string`,
    ],
  ],
  [
    'rules are not compiled beside other errors',
    {
      type: 'array',
      items: text,
      uniqueItems: true,
      'x-kubernetes-validations': [{ rule: 'nonsense(' }],
    },
    [
      `${S}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  ],
];

function problems(schema: unknown, hasStatus = false): string[] {
  return validateSchema(schema as Schema, { hasStatus }).map(
    ({ field, detail }) => `${field}: ${detail}`,
  );
}

describe('schemas a CRD may have', () => {
  it.each(cases)('%s', (_, spec, says) => {
    expect(problems({ type: 'object', properties: { spec } })).toEqual(says);
  });

  const roots: [name: string, schema: unknown, says: string[]][] = [
    ['no type', {}, ['type: Required value: must not be empty at the root']],
    [
      'an array',
      { type: 'array', items: text },
      ['type: Invalid value: "array": must be object at the root'],
    ],
    [
      'nullable',
      { type: 'object', nullable: true },
      ['nullable: Forbidden: nullable cannot be true at the root'],
    ],
    [
      'additionalProperties',
      { type: 'object', additionalProperties: text },
      ['additionalProperties: Forbidden: must not be used at the root'],
    ],
    [
      'metadata with labels',
      {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      },
      [
        'properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
      ],
    ],
    [
      'metadata with a name',
      {
        type: 'object',
        properties: {
          metadata: { type: 'object', properties: { name: { ...text, maxLength: 10 } } },
        },
      },
      [],
    ],
    [
      'a default in metadata',
      {
        type: 'object',
        properties: {
          metadata: { type: 'object', properties: { name: { ...text, default: 'x' } } },
        },
      },
      [
        'properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata',
      ],
    ],
    [
      'kind of another type',
      { type: 'object', properties: { kind: { type: 'integer' } } },
      ['properties[kind].type: Invalid value: "integer": must be string'],
    ],
    [
      'not a schema',
      { type: 'object', properties: { a: 1 } },
      ['properties[a]: Invalid value: 1: must be a schema'],
    ],
  ];
  it.each(roots)('at the root: %s', (_, schema, says) => {
    expect(problems(schema)).toEqual(says);
  });

  it('with the status subresource, limits what the root may say', () => {
    expect(problems({ type: 'object', properties: {}, description: 'd' }, true)).toEqual([]);
    expect(problems({ type: 'object', anyOf: [{ required: ['a'] }] }, true)[0]).toContain(
      'fields are allowed at the root of the schema if the status subresource is enabled',
    );
  });
});
