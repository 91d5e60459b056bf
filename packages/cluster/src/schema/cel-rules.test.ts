import { describe, expect, it } from 'vitest';
import { compileSchema } from './compile.ts';
import type { JsonObject } from './json.ts';
import type { Schema, ValidationRule } from './schema.ts';
import { validateSchema } from './structural.ts';

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
const record = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
const asSet: Schema = { 'x-kubernetes-list-type': 'set' };
const byName: Schema = {
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
};
const named = record({ name: text, v: integer }, { required: ['name'] });

const fields: Record<string, Schema> = {
  set: list(text, asSet),
  otherSet: list(text, asSet),
  atomic: list(text),
  map: list(named, byName),
  otherMap: list(named, byName),
  scalar: integer,
  ratio: { type: 'number' },
  port: { 'x-kubernetes-int-or-string': true },
  anything: { 'x-kubernetes-preserve-unknown-fields': true },
  open: record({ known: text }, { 'x-kubernetes-preserve-unknown-fields': true }),
  resource: {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  },
  when: { type: 'string', format: 'date-time' },
  day: { type: 'string', format: 'date' },
  wait: { type: 'string', format: 'duration' },
  data: { type: 'string', format: 'byte' },
  choice: { type: 'string', enum: ['a', 'b'] },
  nothing: { type: 'string', nullable: true },
  labels: { type: 'object', additionalProperties: text },
  namespace: text,
  'a-b': text,
  'a.b': text,
  'a/b': text,
  a__b: text,
  int: integer,
  if: text,
  'with space': text,
};

const spec: JsonObject = {
  set: ['a', 'b'],
  otherSet: ['b', 'a'],
  atomic: ['b', 'a'],
  map: [
    { name: 'x', v: 1 },
    { name: 'y', v: 2 },
  ],
  otherMap: [
    { name: 'y', v: 2 },
    { name: 'x', v: 1 },
  ],
  scalar: 3,
  ratio: 2,
  port: 8080,
  anything: { x: 1 },
  open: { known: 'k', unknown: 'u' },
  resource: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { a: 'b' } },
    spec: {},
  },
  when: '2024-05-06T07:08:09Z',
  day: '2024-05-06',
  wait: '90s',
  data: 'aGVsbG8=',
  choice: 'a',
  nothing: null,
  labels: { 'a.b/c': 'v' },
  namespace: 'n',
  'a-b': 'dash',
  'a.b': 'dot',
  'a/b': 'slash',
  a__b: 'underscores',
  int: 7,
  if: 'keyword',
  'with space': 's',
};

function schemaWith(rules: ValidationRule[], extra: Record<string, Schema> = {}): Schema {
  const properties = { ...fields, ...extra };
  return record({ spec: record(properties, { 'x-kubernetes-validations': rules }) });
}

function check(rule: string): string[] {
  const schema = compileSchema(schemaWith([{ rule }]));
  return schema.validate({ spec }).map(({ field, detail }) => `${field}: ${detail}`);
}

describe('values as the schema types them', () => {
  const rows: [rule: string, source: string][] = [
    ['self.set == self.otherSet', 'KEP-2876: sets compare without order'],
    ['self.otherSet == self.set', 'KEP-2876: sets compare without order'],
    ['self.set + ["b", "c"] == ["c", "b", "a"]', 'KEP-2876: sets join without repetition'],
    ['(self.set + self.otherSet).size() == 2', 'KEP-2876: sets join without repetition'],
    ['self.atomic != ["a", "b"]', 'atomic lists compare in order'],
    ['self.atomic + ["c"] == ["b", "a", "c"]', 'atomic lists are concatenated'],
    ['self.map == self.otherMap', 'KEP-2876: map lists compare by key'],
    ['(self.map + self.otherMap).size() == 2', 'KEP-2876: map lists merge by key'],
    ['(self.map + self.otherMap)[0].name == "x"', 'KEP-2876: merging keeps places'],
    ['self.map[0] != self.map[1]', 'objects compare by field'],
    [
      'self.ratio == 2.0 && type(self.ratio) == double',
      'a whole number in a number field is a double',
    ],
    ['self.scalar + 1 == 4 && self.scalar < 3.5', 'integer is int'],
    ['type(self.port) == int && self.port == 8080', 'int-or-string is dyn'],
    ['type(self.port) == string ? self.port == "x" : self.port > 80', 'int-or-string is dyn'],
    ['self.open.known == "k"', 'declared fields of open objects are visible'],
    [
      'self.resource.kind == "Pod" && self.resource.metadata.name == "p"',
      'embedded resources show their names',
    ],
    [
      'self.when.getFullYear() == 2024 && self.when < timestamp("2025-01-01T00:00:00Z")',
      'date-time is a timestamp',
    ],
    ['self.day == timestamp("2024-05-06T00:00:00Z")', 'date is a timestamp'],
    ['self.wait == duration("1m30s")', 'duration is a duration'],
    ['self.data == b"hello" && size(self.data) == 5', 'byte is bytes'],
    ['self.choice + self.choice == "aa"', 'enum values are strings'],
    ['!has(self.nothing)', 'a field that is null is not there'],
    ['self.labels["a.b/c"] == "v" && "a.b/c" in self.labels', 'map keys are not escaped'],
    ['self.__namespace__ == "n" && self.__if__ == "keyword"', 'reserved words are escaped'],
    [
      'self.a__dash__b == "dash" && self.a__dot__b == "dot" && self.a__slash__b == "slash"',
      'KEP-2876: escaping',
    ],
    [
      'self.a__underscores__b == "underscores" && self.int == 7',
      'KEP-2876: escaping; type names need none',
    ],
    ['has(self.set) && self.set.all(s, s in self.otherSet)', 'has() and macros on fields'],
    ['self.map.exists(m, m.name == "y" && m.v == 2)', 'items of map lists are objects'],
    ['self.map.map(m, m.name).isSorted()', 'Kubernetes lists'],
    ['self == self && self.map == self.map', 'a value equals itself'],
    [
      'self.?set.hasValue() && self.map[?5].optMap(m, m.v).orValue(9) == 9',
      'optional access to fields',
    ],
  ];
  it.each(rows)('%s — %s', (rule) => {
    expect(check(rule)).toEqual([]);
  });

  const refused: [rule: string, says: string][] = [
    ['self.unknown', "undefined field 'unknown'"],
    ['self.open.unknown == "u"', "undefined field 'unknown'"],
    ['self.anything == 1', "undefined field 'anything'"],
    ['self.resource.metadata.labels.size() > 0', "undefined field 'labels'"],
    ['self.scalar == "3"', "found no matching overload for '_==_' applied to '(int, string)'"],
    ['self.nothing == null', "found no matching overload for '_==_' applied to '(string, null)'"],
    [
      'self.set == self.scalar',
      "found no matching overload for '_==_' applied to '(list(string), int)'",
    ],
    [
      'self.when > "2024"',
      "found no matching overload for '_>_' applied to '(google.protobuf.Timestamp, string)'",
    ],
    ['other == 1', "undeclared reference to 'other'"],
    ['self.scalar', 'cel expression must evaluate to a bool'],
    ['self.choice.matches("[")', 'invalid matches argument'],
  ];
  it.each(refused)('a CRD with the rule %s is refused: %s', (rule, says) => {
    const [error, ...others] = validateSchema(schemaWith([{ rule }]));
    expect(others).toEqual([]);
    expect(error).toMatchObject({
      type: 'Invalid',
      field: 'properties[spec].x-kubernetes-validations[0].rule',
    });
    expect(error?.detail).toContain(says);
  });
});

describe('estimated costs of rules (apiextensions compilation_test.go, TestCostEstimation)', () => {
  const bounded = { maxItems: 10 };
  const short = { ...text, maxLength: 10 };
  const tooExpensive = (schema: Schema): string[] =>
    validateSchema(record({ spec: schema })).map(({ field, detail }) => `${field}: ${detail}`);
  const withRule = (schema: Schema, rule: string): Schema => ({
    ...schema,
    'x-kubernetes-validations': [{ rule }],
  });

  const fits: [name: string, schema: Schema][] = [
    ['one loop over an unbounded list of integers', withRule(list(integer), 'self.all(x, x == 5)')],
    [
      'nested loops over bounded lists',
      withRule(list(short, bounded), 'self.all(x, self.all(y, x != y || x == y))'),
    ],
    [
      'three nested loops over small lists',
      withRule(list(integer, bounded), 'self.all(x, self.all(y, self.all(z, x + y > z)))'),
    ],
    ['a pattern over a bounded string', withRule(short, 'self.matches("^[a-z]+$")')],
    [
      'a rule on items of a bounded list',
      list(withRule(short, 'self.startsWith("a")'), { maxItems: 1000 }),
    ],
    ['transition rules', withRule(text, 'self == oldSelf')],
    [
      'Gateway API: unique names',
      withRule(
        list(record({ name: { ...text, maxLength: 253 }, port: integer }), { maxItems: 64 }),
        'self.all(l1, self.exists_one(l2, l1.name == l2.name && l1.port == l2.port))',
      ),
    ],
    [
      'has() on many fields',
      withRule(
        record({ a: text, b: text, c: text }),
        '[has(self.a), has(self.b), has(self.c)].filter(x, x).size() == 1',
      ),
    ],
  ];
  it.each(fits)('accepts %s', (_, schema) => {
    expect(tooExpensive(schema)).toEqual([]);
  });

  const exceeds: [name: string, schema: Schema, factor: string][] = [
    [
      'nested loops over an unbounded list',
      withRule(list(integer), 'self.all(x, self.all(y, x == y))'),
      'more than 100x',
    ],
    [
      'nested loops over an unbounded map',
      withRule(
        { type: 'object', additionalProperties: integer },
        'self.all(x, self.all(y, x == y))',
      ),
      'more than 100x',
    ],
    [
      'a long pattern over unbounded strings in a list',
      list(withRule(text, 'self.matches("^(a|b|c|d|e|f)+$")')),
      'more than 100x',
    ],
    [
      'a string rule in an unbounded list',
      list(withRule(text, 'self.contains(self)')),
      'more than 100x',
    ],
    [
      'a large list in a large list',
      list(list(withRule(integer, 'self > 0'), { maxItems: 10_000 }), { maxItems: 10_000 }),
      '20.0x',
    ],
  ];
  it.each(exceeds)('refuses %s', (_, schema, factor) => {
    const [error] = validateSchema(record({ spec: schema }));
    expect(error?.type).toBe('Forbidden');
    expect(error?.detail).toMatch(/^Forbidden: estimated rule cost exceeds budget by factor of /);
    expect(error?.detail).toContain(
      `${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`,
    );
  });

  it('refuses a CRD whose rules are too expensive together', () => {
    const rule = { rule: 'self.all(x, self.all(y, x != y || x == y))', message: 'm' };
    const costly = { ...list(integer, { maxItems: 1000 }), 'x-kubernetes-validations': [rule] };
    const properties = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, costly]));
    const errors = validateSchema(record({ spec: record(properties) }));
    expect(errors.at(-1)?.field).toBe('');
    expect(errors.at(-1)?.detail).toContain(
      'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of',
    );
    expect(errors.at(-2)?.detail).toBe(
      'Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
    );
  });
});

describe('oldSelf in schemas', () => {
  const oldRule: Schema = { 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
  it.each([
    ['items of an atomic list', list({ ...text, ...oldRule }, { maxItems: 5 }), 'properties[spec]'],
    [
      'items of a set',
      list({ ...text, ...oldRule }, { ...asSet, maxItems: 5 }),
      'properties[spec]',
    ],
  ])('is refused in %s', (_, schema, within) => {
    const errors = validateSchema(record({ spec: schema }));
    expect(errors.map(({ detail }) => detail)).toEqual([
      `Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${within}`,
    ]);
  });

  it('is allowed in items of a map list and in atomic maps', () => {
    const items = record({ name: text, v: { ...integer, ...oldRule } }, { required: ['name'] });
    expect(validateSchema(record({ spec: list(items, { ...byName, maxItems: 10 }) }))).toEqual([]);
    const map = record({ v: { ...integer, ...oldRule } }, { 'x-kubernetes-map-type': 'atomic' });
    expect(validateSchema(record({ spec: map }))).toEqual([]);
    const errors = compileSchema(record({ spec: map })).validate(
      { spec: { v: 1 } },
      { spec: { v: 2 } },
    );
    expect(errors).toHaveLength(1);
  });

  it('optionalOldSelf needs a rule that uses it', () => {
    const rule = { rule: 'self > 0', optionalOldSelf: true };
    const [error] = validateSchema(
      record({ spec: { ...integer, 'x-kubernetes-validations': [rule] } }),
    );
    expect(error).toEqual({
      type: 'Invalid',
      field: 'properties[spec].x-kubernetes-validations[0].optionalOldSelf',
      detail: 'Invalid value: true: may not be set if oldSelf is not used in rule',
    });
  });
});

describe('ratcheting (KEP-4008)', () => {
  const positive: Schema = {
    ...integer,
    'x-kubernetes-validations': [{ rule: 'self > 0', message: 'm' }],
  };
  const limited: Schema = { ...text, maxLength: 2 };
  const rows: {
    name: string;
    schema: Schema;
    old: unknown;
    object: unknown;
    errors: string[];
  }[] = [
    {
      name: 'unchanged value that breaks a new limit',
      schema: record({ a: limited, b: text }),
      old: { a: 'long' },
      object: { a: 'long', b: 'x' },
      errors: [],
    },
    {
      name: 'changed value',
      schema: record({ a: limited }),
      old: { a: 'long' },
      object: { a: 'longer' },
      errors: ['spec.a: Too long: may not be more than 2 bytes'],
    },
    {
      name: 'unchanged value that breaks a rule',
      schema: record({ a: positive, b: text }),
      old: { a: 0 },
      object: { a: 0, b: 'x' },
      errors: [],
    },
    {
      name: 'changed value that breaks a rule',
      schema: record({ a: positive }),
      old: { a: 0 },
      object: { a: -1 },
      errors: ['spec.a: Invalid value: -1: m'],
    },
    {
      name: 'item of a map list that moved',
      schema: list(record({ name: text, v: positive }), byName),
      old: [{ name: 'a', v: 0 }],
      object: [
        { name: 'b', v: 1 },
        { name: 'a', v: 0 },
      ],
      errors: [],
    },
    {
      name: 'item of a map list that changed',
      schema: list(record({ name: text, v: positive }), byName),
      old: [{ name: 'a', v: 0 }],
      object: [{ name: 'a', v: -1 }],
      errors: ['spec[0].v: Invalid value: -1: m'],
    },
    {
      name: 'item of a set that stayed',
      schema: list(limited, asSet),
      old: ['long'],
      object: ['ok', 'long'],
      errors: [],
    },
    {
      name: 'new item of a set',
      schema: list(limited, asSet),
      old: ['long'],
      object: ['long', 'longer'],
      errors: ['spec[1]: Too long: may not be more than 2 bytes'],
    },
    {
      name: 'item of an atomic list that changed elsewhere',
      schema: list(positive),
      old: [0],
      object: [0, 1],
      errors: ['spec[0]: Invalid value: 0: m'],
    },
    {
      name: 'unchanged atomic list beside a change',
      schema: record({ l: list(positive), b: text }),
      old: { l: [0] },
      object: { l: [0], b: 'x' },
      errors: [],
    },
    {
      name: 'value of a map',
      schema: { type: 'object', additionalProperties: positive },
      old: { a: 0 },
      object: { a: 0, b: 1 },
      errors: [],
    },
    {
      name: 'a field that became required stays required',
      schema: record({ a: text }, { required: ['b'] }),
      old: { a: 'x' },
      object: { a: 'y' },
      errors: [
        'spec.b: Required value',
        '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ],
    },
    {
      name: 'transition rules are never tolerated',
      schema: record({
        a: { ...integer, 'x-kubernetes-validations': [{ rule: 'oldSelf != self', message: 'm' }] },
      }),
      old: { a: 1 },
      object: { a: 1 },
      errors: ['spec.a: Invalid value: 1: m'],
    },
    {
      name: 'rules with optionalOldSelf are never tolerated',
      schema: record({
        a: {
          ...integer,
          'x-kubernetes-validations': [
            { rule: 'oldSelf.hasValue() && self > 5', message: 'm', optionalOldSelf: true },
          ],
        },
      }),
      old: { a: 1 },
      object: { a: 1 },
      errors: ['spec.a: Invalid value: 1: m'],
    },
  ];
  it.each(rows)('$name', ({ schema, old, object, errors }) => {
    const compiled = compileSchema(record({ spec: schema }));
    const found = compiled.validate({ spec: object }, { spec: old });
    const shown = found.map(({ field, detail }) => `${field}: ${detail}`);
    expect(shown).toEqual(
      hasRules(schema) ? errors : errors.filter((line) => !line.startsWith('<nil>')),
    );
  });
});

function hasRules(schema: Schema): boolean {
  return JSON.stringify(schema).includes('x-kubernetes-validations');
}
