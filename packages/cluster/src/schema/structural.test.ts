import { describe, expect, it } from 'vitest';
import type { Schema } from './schema.ts';
import { validateSchema } from './structural.ts';

const text: Schema = { type: 'string' };

function problems(schema: Schema): string[] {
  return validateSchema(schema).map(({ field, detail }) => `${field}: ${detail}`);
}

function withSpec(spec: Schema): Schema {
  return { type: 'object', properties: { spec } };
}

describe('validateSchema', () => {
  it.each<{ name: string; schema: Schema }>([
    { name: 'plain', schema: withSpec({ type: 'object', properties: { a: text } }) },
    {
      name: 'int-or-string in both forms',
      schema: withSpec({
        type: 'object',
        properties: {
          a: { 'x-kubernetes-int-or-string': true },
          b: {
            'x-kubernetes-int-or-string': true,
            anyOf: [{ type: 'integer' }, { type: 'string' }],
          },
          c: {
            'x-kubernetes-int-or-string': true,
            allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: '^a' }],
          },
        },
      }),
    },
    {
      name: 'preserved, embedded and restricted metadata',
      schema: {
        type: 'object',
        properties: {
          apiVersion: text,
          kind: text,
          metadata: { type: 'object', properties: { name: { ...text, maxLength: 10 } } },
          spec: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            'x-kubernetes-preserve-unknown-fields': true,
          },
        },
      },
    },
    {
      name: 'map list with defaulted key',
      schema: withSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name', 'protocol'],
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: text, protocol: { ...text, default: 'TCP' } },
        },
      }),
    },
    {
      name: 'rules over declared fields, escaped names and macros',
      schema: withSpec({
        type: 'object',
        properties: {
          namespace: text,
          list: { type: 'array', items: { type: 'object', properties: { x: text } } },
          map: { type: 'object', additionalProperties: text },
        },
        'x-kubernetes-validations': [
          { rule: 'self.__namespace__ != "" && self.list.all(i, has(i.x) && i.x != "")' },
          {
            rule: 'has(self.list[0].x) || "a" in self.map',
            messageExpression: '"not in " + self.__namespace__',
          },
        ],
      }),
    },
  ])('accepts: $name', ({ schema }) => {
    expect(problems(schema)).toEqual([]);
  });

  it.each<{ name: string; schema: Schema; says: string[] }>([
    {
      name: 'no type at the root',
      schema: {},
      says: ['type: Required value: must not be empty at the root'],
    },
    {
      name: 'a root that is no object',
      schema: { type: 'string' },
      says: ['type: Invalid value: "string": must be object at the root'],
    },
    {
      name: 'a field without type',
      schema: withSpec({ description: 'd' }),
      says: [
        'properties[spec].type: Required value: must not be empty for specified object fields',
      ],
    },
    {
      name: 'items without type',
      schema: withSpec({ type: 'array', items: {} }),
      says: [
        'properties[spec].items.type: Required value: must not be empty for specified array items',
      ],
    },
    {
      name: 'a list without items',
      schema: withSpec({ type: 'array' }),
      says: ['properties[spec].items: Required value: must be specified'],
    },
    {
      name: '$ref',
      schema: withSpec({ type: 'object', $ref: '#/x' }),
      says: ['properties[spec].$ref: Forbidden: $ref is not supported'],
    },
    {
      name: 'uniqueItems',
      schema: withSpec({ type: 'array', items: text, uniqueItems: true }),
      says: [
        'properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ],
    },
    {
      name: 'properties beside additionalProperties',
      schema: withSpec({ type: 'object', properties: { a: text }, additionalProperties: text }),
      says: [
        'properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
      ],
    },
    {
      name: 'metadata beyond names',
      schema: {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      },
      says: [
        'properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
      ],
    },
    {
      name: 'types inside junctors',
      schema: withSpec({
        type: 'object',
        properties: { a: text },
        anyOf: [{ properties: { a: { type: 'string' } } }],
      }),
      says: [
        'properties[spec].anyOf[0].properties[a].type: Forbidden: must be empty to be structural',
      ],
    },
    {
      name: 'map list without keys',
      schema: withSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        items: { type: 'object' },
      }),
      says: [
        'properties[spec].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
      ],
    },
    {
      name: 'a key that may be absent',
      schema: withSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { name: text } },
      }),
      says: [
        'properties[spec].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ],
    },
    {
      name: 'a pattern that is no RE2',
      schema: withSpec({ ...text, pattern: '(?=a)' }),
      says: [
        expect.stringMatching(
          /^properties\[spec\]\.pattern: Invalid value: "\(\?=a\)": must be a valid regular expression, but isn't: /,
        ) as string,
      ],
    },
    {
      name: 'a default that does not validate',
      schema: withSpec({
        type: 'object',
        properties: { a: { ...text, enum: ['x'], default: 'y' } },
      }),
      says: [
        'properties[spec].properties[a].default: Unsupported value: "y": supported values: "x"',
      ],
    },
    {
      name: 'a rule with a syntax error',
      schema: withSpec({ ...text, 'x-kubernetes-validations': [{ rule: 'self ==' }] }),
      says: [
        'properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self ==","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:8: Syntax error: mismatched input \'<EOF>\' expecting {\'[\', \'{\', \'(\', \'.\', \'-\', \'!\', \'true\', \'false\', \'null\', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self ==\n | .......^',
      ],
    },
    {
      name: 'a rule over a field that does not exist',
      schema: withSpec({
        type: 'object',
        properties: { a: text },
        'x-kubernetes-validations': [{ rule: 'self.a == self.b' }],
      }),
      says: [
        `properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.a == self.b","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:15: undefined field 'b'\n | self.a == self.b\n | ..............^`,
      ],
    },
    {
      name: 'a rule that is no condition',
      schema: withSpec({ ...text, 'x-kubernetes-validations': [{ rule: '"text"' }] }),
      says: [
        'properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"\\"text\\"","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool',
      ],
    },
    {
      name: 'an unknown function',
      schema: withSpec({
        ...text,
        'x-kubernetes-validations': [{ rule: 'self.shout() == ""', message: 'm' }],
      }),
      says: [expect.stringContaining('compilation failed: ERROR: <input>:1:') as string],
    },
    {
      name: 'an empty rule',
      schema: withSpec({ ...text, 'x-kubernetes-validations': [{ rule: ' ' }] }),
      says: [
        'properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified',
      ],
    },
  ])('refuses: $name', ({ schema, says }) => {
    expect(problems(schema)).toEqual(says);
  });
});
