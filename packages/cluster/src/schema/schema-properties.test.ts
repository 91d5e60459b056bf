import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from './cel-expression.ts';
import { compileSchema } from './compile.ts';
import { cloneJson, type JsonObject } from './json.ts';
import type { Schema } from './schema.ts';
import { validateSchema } from './structural.ts';

const text: Schema = { type: 'string' };
const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      default: {},
      properties: {
        a: { ...text, default: 'x', maxLength: 5, pattern: '^[a-z]*$' },
        b: { type: 'integer', nullable: true, default: 1, minimum: 0 },
        list: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['a'],
          items: {
            type: 'object',
            required: ['a'],
            properties: { a: text, d: { ...text, default: 'y' } },
          },
        },
        map: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            properties: { e: { type: 'boolean', default: true } },
          },
        },
        open: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { a: text },
        },
        port: { 'x-kubernetes-int-or-string': true },
      },
      oneOf: [{ required: ['a'] }, { required: ['map'] }],
      'x-kubernetes-validations': [
        { rule: 'self.a.size() < 9 && (!has(self.list) || self.list.all(i, i.d != self.a))' },
        { rule: '!has(oldSelf.map) || oldSelf.map == self.map' },
      ],
    },
  },
};
const names = fc.constantFrom(
  'spec',
  'a',
  'b',
  'list',
  'map',
  'open',
  'port',
  'd',
  'e',
  'z',
  '__proto__',
  'constructor',
);
const { value: json } = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  object: fc
    .array(fc.tuple(names, tie('value')), { maxLength: 5 })
    .map(
      (entries) =>
        JSON.parse(
          `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
        ) as JsonObject,
    ),
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, -1, 1.5, 1e300, 'x', 'long text', ''),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
}));
const object = fc.record(
  { spec: json, extra: json },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

/** Keywords with values that mostly fit them. */
const { schema: looseSchema } = fc.letrec<{ schema: unknown }>((tie) => {
  const bound = fc.constantFrom<unknown>(0, 1, 5, -1, 1.5, 'x');
  const flag = fc.constantFrom<unknown>(true, false, 1);
  const rule = fc.constantFrom(
    'self == oldSelf',
    'self.size() > 0',
    'self.a.all(x, x)',
    '(',
    '',
    'true',
    'self.?a.hasValue()',
  );
  const schemas = fc.array(tie('schema'), { maxLength: 2 });
  return {
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constant<unknown>({ type: 'string' }),
      fc.record(
        {
          type: fc.constantFrom(
            'object',
            'array',
            'string',
            'integer',
            'number',
            'boolean',
            'null',
            1,
          ),
          format: fc.constantFrom('date-time', 'duration', 'byte', 'x'),
          properties: fc.dictionary(names, tie('schema'), { maxKeys: 3 }),
          additionalProperties: fc.oneof(tie('schema'), flag),
          items: tie('schema'),
          required: fc.constantFrom(['a'], [1], 'a'),
          default: json,
          enum: fc.constantFrom<unknown>(['a'], [], 'a'),
          nullable: flag,
          pattern: fc.constantFrom('^a$', '(', '(?=a)'),
          maxLength: bound,
          maxItems: bound,
          maxProperties: bound,
          minimum: bound,
          multipleOf: bound,
          anyOf: schemas,
          allOf: schemas,
          not: tie('schema'),
          'x-kubernetes-int-or-string': flag,
          'x-kubernetes-preserve-unknown-fields': flag,
          'x-kubernetes-embedded-resource': flag,
          'x-kubernetes-list-type': fc.constantFrom('set', 'map', 'atomic', 'x'),
          'x-kubernetes-list-map-keys': fc.constantFrom<unknown>(['a'], ['a', 'a'], [], 'a'),
          'x-kubernetes-map-type': fc.constantFrom('atomic', 'granular', 'x'),
          'x-kubernetes-validations': fc.array(
            fc.record(
              {
                rule,
                messageExpression: rule,
                fieldPath: fc.constantFrom('.a', 'a', ".a['b']"),
                optionalOldSelf: flag,
              },
              { requiredKeys: ['rule'] },
            ),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: [] },
      ),
    ),
  };
});

describe('any JSON against a schema', () => {
  const compiled = compileSchema(schema);

  it('pruning twice is pruning once', () => {
    fc.assert(
      fc.property(object, (given) => {
        const once = cloneJson(given);
        compiled.prune(once);
        const twice = cloneJson(once);
        expect(compiled.prune(twice)).toEqual([]);
        expect(twice).toEqual(once);
      }),
    );
  });

  it('defaulting twice is defaulting once', () => {
    fc.assert(
      fc.property(object, (given) => {
        const once = cloneJson(given);
        compiled.applyDefaults(once);
        const twice = cloneJson(once);
        compiled.applyDefaults(twice);
        expect(twice).toEqual(once);
      }),
    );
  });

  it('validation answers, whatever the object', () => {
    fc.assert(
      fc.property(object, object, (given, old) => {
        expect(Array.isArray(compiled.validate(given, old))).toBe(true);
        expect(compiled.validate(given, given).filter(({ type }) => type === 'TooLong')).toEqual(
          [],
        );
      }),
    );
  });

  it('anything can be offered as a schema', () => {
    fc.assert(
      fc.property(fc.oneof(looseSchema, json), (given) => {
        const errors = validateSchema(given as Schema, { hasStatus: true });
        if (errors.length === 0) compileSchema(given as Schema).validate({ spec: given });
        expect(Array.isArray(errors)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

const pieces = fc.constantFrom(
  'object',
  'object.a',
  'x',
  '1',
  '"a"',
  '[1, 2]',
  '{"a": 1}',
  'null',
  'true',
  '-',
  '!',
  '+',
  '*',
  '==',
  '<',
  '&&',
  '||',
  '?',
  ':',
  '(',
  ')',
  '[',
  ']',
  '.all(x,',
  '.map(x,',
  '.exists(x,',
  '.size()',
  '.matches("(a+)+$")',
  '.b',
  '.?b',
  ', ',
  ' in ',
  'size(',
  'has(',
  '"',
  "'",
  '\\',
  '\n',
  'b"',
  'é😀',
);

/** `value`, or the name of what was thrown. */
function outcomeOf(source: string, object: unknown): string {
  try {
    compileExpression(source, { variables: ['object'] }).evaluate({ object });
    return 'value';
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
}

describe('any text as an expression', () => {
  it('compiles or is refused with a place; running ends with a value or an error', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), json, (parts, value) => {
        const source = parts.join('');
        expect(outcomeOf(source, value)).toMatch(
          /^(value|CelCompileError|CelError|CostExceededError)$/,
        );
      }),
      { numRuns: 500 },
    );
  });

  const nested = (depth: number, wrap: (inner: string) => string, core: string): string =>
    depth === 0 ? core : wrap(nested(depth - 1, wrap, core));
  it.each([
    ['loops in loops', nested(8, (inner) => `object.all(x, ${inner})`, 'true')],
    [
      'lists of lists',
      `[[1,1,1,1,1,1,1,1]].exists(a, ${nested(12, (inner) => `[[a,a,a,a,a,a,a,a]].exists(a, ${inner})`, '[a] == [[a]] || a == a + a || [a, a] == [a, [a]]')})`,
    ],
    [
      'equal lists of lists',
      `[[1,2,3,4,5,6,7,8]].exists(a, [[1,2,3,4,5,6,7,8]].exists(b, ${nested(10, (inner) => `[[a,a,a,a,a,a,a,a]].exists(a, [[b,b,b,b,b,b,b,b]].exists(b, ${inner}))`, 'dyn(a) == dyn(b)')}))`,
    ],
    [
      'strings that double',
      nested(40, (inner) => `[s + s].exists(s, ${inner})`, 's.size() > 0').replace(
        /^/,
        '["aaaaaaaa"].exists(s, ',
      ) + ')',
    ],
    [
      'lists that double',
      nested(50, (inner) => `[s + s].exists(s, ${inner})`, 's.map(x, x).size() > 0').replace(
        /^/,
        '[[1, 2]].exists(s, ',
      ) + ')',
    ],
    [
      'patterns that backtrack',
      'object.all(x, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a|aa|a?)+$"))',
    ],
    [
      'long replacements',
      nested(6, (inner) => `[s.replace("", s)].exists(s, ${inner})`, 's.size() > 0').replace(
        /^/,
        '["aaaaaaaa"].exists(s, ',
      ) + ')',
    ],
    [
      'joins',
      nested(
        5,
        (inner) => `[l.map(x, l.join("xxxxxxxxxxxxxxxxxxxx"))].exists(l, ${inner})`,
        'l.size() > 0',
      ).replace(/^/, '[["a", "b", "c", "d", "e", "f", "g", "h"]].exists(l, ') + ')',
    ],
    ['long ranges', 'lists.range(100000000).size() > 0'],
    ['long sums', `1${'+1'.repeat(499)} > 0`],
  ])('%s end at once', (_, source) => {
    const items = Array.from({ length: 200 }, (_item, i) => i);
    const started = performance.now();
    expect(outcomeOf(source, items)).toMatch(/^(value|Cel|CostExceeded)/);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
