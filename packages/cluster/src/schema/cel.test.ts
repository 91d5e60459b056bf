import { describe, expect, it } from 'vitest';
import { compileSchema } from './compile.ts';
import type { JsonObject } from './json.ts';
import type { ObjectSchema, Schema, ValidationRule } from './schema.ts';

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };

/** Fields for rules to look at. */
const fields: Record<string, Schema> = {
  a: text,
  b: text,
  n: integer,
  d: { type: 'number' },
  port: { 'x-kubernetes-int-or-string': true },
  names: { type: 'array', items: text },
  numbers: { type: 'array', items: integer },
  map: { type: 'object', additionalProperties: text },
  nested: { type: 'object', properties: { x: text, y: integer } },
  namespace: text,
  'max-size': integer,
  'a.b': text,
  time: { type: 'string', format: 'date-time' },
  wait: { type: 'string', format: 'duration' },
  nothing: { type: 'string', nullable: true },
};

function schemaWith(rules: ValidationRule[], extra: Record<string, Schema> = {}): ObjectSchema {
  return compileSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { ...fields, ...extra },
        'x-kubernetes-validations': rules,
      },
    },
  });
}

function resource(spec: unknown): JsonObject {
  return { apiVersion: 'g/v1', kind: 'Thing', metadata: { name: 'the-name' }, spec };
}

function failures(schema: ObjectSchema, spec: unknown, old?: unknown): string[] {
  return schema
    .validate(resource(spec), old === undefined ? undefined : resource(old))
    .map(({ field, detail }) => `${field}: ${detail}`);
}

const spec = {
  a: 'hello',
  b: 'world',
  n: 3,
  d: 1.5,
  port: '80%',
  names: ['x', 'y'],
  numbers: [3, 1, 2],
  map: { k: 'v', constructor: 'c' },
  nested: { x: '1', y: 2 },
  namespace: 'default',
  'max-size': 5,
  'a.b': 'dotted',
  time: '2024-05-06T07:08:09Z',
  wait: '90s',
};

describe('rules that hold', () => {
  const rules = [
    'self.a == "hello" && self.n > 2 && self.n == 3 && self.d < 2.0',
    'self.n + 1 == 4 && self.n * 2 >= 6 && self.n / 2 == 1 && self.n % 2 == 1',
    'has(self.a) && !has(self.missing_is_absent) || true',
    'has(self.nested.x) && self.nested.y == 2',
    'size(self.names) == 2 && self.names.size() == 2 && "x" in self.names',
    'self.names.all(n, n.matches("^[xy]$")) && self.names.exists(n, n == "y")',
    'self.names.exists_one(n, n == "x") && self.names.map(n, n + "!") == ["x!", "y!"]',
    'self.numbers.filter(i, i > 1).size() == 2 && self.numbers[0] == 3',
    '"k" in self.map && self.map["k"] == "v" && self.map.all(k, self.map[k] != "")',
    'self.map.constructor == "c"',
    'type(self.port) == string && self.port == "80%"',
    'self.__namespace__ == "default" && self.max__dash__size == 5 && self.a__dot__b == "dotted"',
    'self.time < timestamp("2025-01-01T00:00:00Z") && self.time.getFullYear() == 2024',
    'self.wait == duration("1m30s") && self.wait > duration("1s")',
    '!has(self.nothing) ? true : dyn(self.nothing) == null',
    // lists
    '!self.numbers.isSorted() && self.names.isSorted()',
    'self.numbers.sum() == 6 && self.numbers.min() == 1 && self.numbers.max() == 3',
    'self.numbers.indexOf(2) == 2 && [1, 2, 1].lastIndexOf(1) == 2 && self.names.indexOf("q") == -1',
    'sets.contains(self.names, ["x"]) && sets.intersects(self.numbers, [3, 9]) && sets.equivalent([1, 2], [2, 1, 1])',
    // strings
    'self.a.indexOf("l") == 2 && self.a.lastIndexOf("l") == 3 && self.a.charAt(1) == "e"',
    'self.a.replace("l", "L") == "heLLo" && self.a.replace("l", "L", 1) == "heLlo"',
    '"a,b,c".split(",") == ["a", "b", "c"] && "a,b,c".split(",", 2) == ["a", "b,c"] && self.names.join("-") == "x-y"',
    'self.a.upperAscii() == "HELLO" && "ABC".lowerAscii() == "abc" && " x ".trim() == "x" && self.a.substring(1, 3) == "el"',
    'self.a.find("l+") == "ll" && self.a.findAll("l") == ["l", "l"] && self.a.findAll("l", 1) == ["l"]',
    '"%s has %d at %.1f".format([self.a, self.n, self.d]) == "hello has 3 at 1.5"',
    // urls
    'isURL("https://u@h.example:8443/p?q=1&q=2") && !isURL("no url") && isURL("/only/path")',
    'url("https://h.example:8443/p%20q?q=1&q=2").getHost() == "h.example:8443"',
    'url("https://[::1]:80/x").getHostname() == "::1" && url("https://h:80/").getPort() == "80" && url("http://h/a").getScheme() == "http"',
    'url("https://h/p%20q?q=1&q=2").getEscapedPath() == "/p%20q" && url("https://h/?q=1&q=2").getQuery()["q"] == ["1", "2"]',
    // quantities
    'isQuantity("1.5Gi") && !isQuantity("1.5 Gi") && quantity("1Gi").isGreaterThan(quantity("1G"))',
    'quantity("500m").add(quantity("1500m")) == quantity("2") && quantity("2k").sub(1).asInteger() == 1999',
    'quantity("1e3").compareTo(quantity("1k")) == 0 && sign(quantity("-1")) == -1 && quantity("100m").isLessThan(quantity("1"))',
    '!quantity("100m").isInteger() && quantity("1500m").asApproximateFloat() == 1.5',
    // addresses
    'isIP("10.0.0.1") && !isIP("10.0.0.256") && ip("::1").isLoopback() && ip("10.0.0.1").family() == 4',
    'string(ip("2001:DB8:0:0:1:0:0:1")) == "2001:db8::1:0:0:1" && ip.isCanonical("::1") && !ip.isCanonical("0:0::1")',
    'isCIDR("10.0.0.0/8") && cidr("10.0.0.0/8").containsIP("10.2.3.4") && !cidr("10.0.0.0/8").containsIP(ip("11.0.0.1"))',
    'cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && cidr("fd00::/8").prefixLength() == 8',
    // formats
    'format.dns1123Label().validate("Abc").hasValue() && !format.named("dns1123Label").value().validate("abc").hasValue()',
    // optionals, two variables
    'self.?missing.orValue("x") == "x" && self.?a.orValue("x") == "hello" && self.nested.?x.hasValue()',
    'self.?a.optMap(v, v + "!").orValue("") == "hello!" && optional.none().orValue(1) == 1',
    'self.map.all(k, v, v.size() == 1) && self.names.exists(i, v, i == 1 && v == "y") && self.numbers.existsOne(i, v, i == 0 && v == 3)',
    'self.map.transformMap(k, v, v + v)["k"] == "vv" && self.names.transformList(i, v, i > 0, v) == ["y"]',
    '[self.numbers.size()].exists(l, l == 3 && l < 4)',
    // errors are absorbed by the other side
    'self.?x.hasValue() || self.a == "hello" || self.numbers[99] == 1',
    'self.numbers[99] == 1 || self.a == "hello"',
    '!(self.numbers[99] == 1 && self.a == "no")',
  ];
  it.each(rules)('%s', (rule) => {
    const schema = schemaWith([{ rule }], { missing: text, x: text, missing_is_absent: text });
    expect(failures(schema, spec)).toEqual([]);
  });

  it('the root sees its own name and nothing else of metadata', () => {
    const schema = compileSchema({
      type: 'object',
      'x-kubernetes-validations': [
        { rule: 'self.metadata.name.startsWith("the-") && self.kind == "Thing"' },
      ],
    });
    const object = { ...resource({}), metadata: { name: 'the-name', labels: { a: 'b' } } };
    expect(schema.validate(object)).toEqual([]);
  });
});

describe('rules that fail', () => {
  const cases: { name: string; rule: ValidationRule; says: string }[] = [
    {
      name: 'message',
      rule: { rule: 'self.n < 3', message: ' n must be less than 3 ' },
      says: 'spec: Invalid value: n must be less than 3',
    },
    {
      name: 'no message',
      rule: { rule: ' self.n < 3 ' },
      says: 'spec: Invalid value: failed rule: self.n < 3',
    },
    {
      name: 'messageExpression',
      rule: { rule: 'self.n < 3', messageExpression: '"n is " + string(self.n)' },
      says: 'spec: Invalid value: n is 3',
    },
    {
      name: 'messageExpression that fails falls back',
      rule: { rule: 'self.n < 3', messageExpression: 'self.names[9]', message: 'fallback' },
      says: 'spec: Invalid value: fallback',
    },
    {
      name: 'fieldPath',
      rule: { rule: 'false', message: 'm', fieldPath: '.nested.x' },
      says: 'spec.nested.x: Invalid value: m',
    },
    {
      name: 'fieldPath into a map',
      rule: { rule: 'false', message: 'm', fieldPath: ".map['a.b']" },
      says: 'spec.map[a.b]: Invalid value: m',
    },
    {
      name: 'reason forbidden',
      rule: { rule: 'false', message: 'm', reason: 'FieldValueForbidden' },
      says: 'spec: Forbidden: m',
    },
    {
      name: 'reason required',
      rule: { rule: 'false', message: 'm', reason: 'FieldValueRequired' },
      says: 'spec: Required value: m',
    },
    {
      name: 'reason duplicate',
      rule: { rule: 'false', message: 'm', reason: 'FieldValueDuplicate' },
      says: 'spec: Duplicate value',
    },
    {
      name: 'an absent field is an error',
      rule: { rule: 'self.zone == "x"', message: 'm' },
      says: 'spec: Invalid value: "object": no such key: zone evaluating rule: m',
    },
    {
      name: 'so is has() below an absent field',
      rule: { rule: 'has(self.part.name)', message: 'm' },
      says: 'spec: Invalid value: "object": no such key: part evaluating rule: m',
    },
    {
      name: 'index',
      rule: { rule: 'self.names[5] == "x"' },
      says: 'spec: Invalid value: "object": index out of bounds: 5 evaluating rule: self.names[5] == "x"',
    },
    {
      name: 'division',
      rule: { rule: '1 / (self.n - 3) == 1', message: 'm' },
      says: 'spec: Invalid value: "object": division by zero evaluating rule: m',
    },
    {
      name: 'types that do not fit',
      rule: { rule: 'self.port > 3', message: 'm' },
      says: `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: m`,
    },
    {
      name: 'a rule that does not compile',
      rule: { rule: 'self.a ==' },
      says: `spec: Invalid value: "object": rule compile error: compilation failed: ERROR: <input>:1:10: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.a ==\n | .........^`,
    },
  ];
  it.each(cases)('$name', ({ rule, says }) => {
    expect(
      failures(
        schemaWith([rule], { zone: text, part: { type: 'object', properties: { name: text } } }),
        spec,
      ),
    ).toEqual([says]);
  });

  it('names items, map values and scalars', () => {
    const schema = compileSchema({
      type: 'object',
      properties: {
        list: {
          type: 'array',
          items: { ...text, 'x-kubernetes-validations': [{ rule: 'self != "bad"', message: 'm' }] },
        },
        map: {
          type: 'object',
          additionalProperties: {
            ...integer,
            'x-kubernetes-validations': [{ rule: 'self > 0', message: 'm' }],
          },
        },
      },
    });
    const errors = schema.validate({ list: ['ok', 'bad'], map: { a: 1, b: 0 } });
    expect(errors.map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
      'list[1]: Invalid value: "bad": m',
      'map[b]: Invalid value: 0: m',
    ]);
  });

  it('are not run on an object of the wrong shape, which is said', () => {
    const schema = schemaWith([{ rule: 'self.n < 3' }]);
    expect(failures(schema, { ...spec, a: 1 })).toEqual([
      'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ]);
  });

  it('are run beside errors that leave the shape alone', () => {
    const schema = schemaWith([{ rule: 'self.n < 3', message: 'm' }], {
      short: { type: 'string', minLength: 3 },
    });
    expect(failures(schema, { ...spec, short: '' })).toHaveLength(2);
  });
});

describe('transition rules', () => {
  const immutable: Schema = {
    ...text,
    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
  };

  it('are skipped on create and run on update', () => {
    const schema = schemaWith([], { fixed: immutable });
    expect(failures(schema, { fixed: 'a' })).toEqual([]);
    expect(failures(schema, { fixed: 'a' }, { fixed: 'a' })).toEqual([]);
    expect(failures(schema, { fixed: 'b' }, { fixed: 'a' })).toEqual([
      'spec.fixed: Invalid value: "b": is immutable',
    ]);
    expect(failures(schema, { fixed: 'b' }, {})).toEqual([]);
  });

  it('compare items of map lists by key', () => {
    const schema = schemaWith([], {
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { name: text, fixed: immutable } },
      },
    });
    const a = { name: 'a', fixed: '1' };
    const b = { name: 'b', fixed: '2' };
    expect(failures(schema, { list: [b, a] }, { list: [a, b] })).toEqual([]);
    expect(failures(schema, { list: [{ ...b, fixed: '1' }] }, { list: [a, b] })).toEqual([
      'spec.list[0].fixed: Invalid value: "1": is immutable',
    ]);
  });

  it('with optionalOldSelf run on create too', () => {
    const schema = schemaWith([
      {
        rule: 'oldSelf.hasValue() ? self.n >= oldSelf.value().n : self.n == 0',
        message: 'starts at 0 and grows',
        optionalOldSelf: true,
      },
    ]);
    expect(failures(schema, { n: 0 })).toEqual([]);
    expect(failures(schema, { n: 1 })).toHaveLength(1);
    expect(failures(schema, { n: 4 }, { n: 3 })).toEqual([]);
    expect(failures(schema, { n: 2 }, { n: 3 })).toHaveLength(1);
  });

  it('failures of other rules are tolerated where nothing changed', () => {
    const schema = compileSchema({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            other: text,
            part: {
              type: 'object',
              properties: { x: text },
              'x-kubernetes-validations': [{ rule: 'self.x == "good"', message: 'm' }],
            },
          },
        },
      },
    });
    const old = { part: { x: 'bad' }, other: '1' };
    expect(failures(schema, { ...old, other: '2' }, old)).toEqual([]);
    expect(failures(schema, { part: { x: 'worse' }, other: '1' }, old)).toHaveLength(1);
  });
});

describe('the cost of rules', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `item-${i}`);
  it.each([
    'self.names.all(a, self.names.all(b, self.names.all(c, a != "" || b != c)))',
    'self.names.all(a, self.names.all(b, self.names == self.names))',
    '[self.names + self.names].exists(a, [a+a].exists(b, [b+b].exists(c, [c+c].exists(d, [d+d].exists(e, [e+e].exists(f, [f+f].exists(g, [g+g].exists(h, [h+h].exists(i, [i+i].exists(j, j.all(x, x != ""))))))))))) ',
    'self.names.all(i, v, self.names.all(j, w, self.names.exists(k, x, x == "item-1999")))',
  ])('is bounded: %s', (rule) => {
    const schema = schemaWith([{ rule, message: 'm' }, { rule: 'self.names.size() > 0' }]);
    expect(failures(schema, { names: many })).toEqual([
      'spec: Invalid value: "object": \'operation cancelled: actual cost limit exceeded\': no further validation rules will be run due to call cost exceeds limit for rule: m',
    ]);
  });

  it('of one object does not count for the next', () => {
    const schema = compileSchema(
      {
        type: 'object',
        properties: { list: { type: 'array', items: integer } },
        'x-kubernetes-validations': [{ rule: 'self.list.all(i, i > 0)', message: 'm' }],
      },
      { costBudget: 1000 },
    );
    const list = Array.from({ length: 100 }, () => 1);
    for (let i = 0; i < 50; i++) expect(schema.validate({ list })).toEqual([]);
    expect(schema.validate({ list: Array.from({ length: 1000 }, () => 1) })).toHaveLength(1);
    expect(schema.validate({ list })).toEqual([]);
  });

  it('matches runs in linear time', () => {
    const schema = schemaWith([
      { rule: '!self.a.matches("^(a+)+$") && !matches(self.a, "(a|aa)+$")' },
    ]);
    expect(failures(schema, { a: `${'a'.repeat(5000)}!` })).toEqual([]);
  });
});
