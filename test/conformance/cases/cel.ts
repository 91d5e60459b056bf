/** Expressions in the rules of a CRD: which compile, what they come to, and what is said when a rule is broken. */
import type { Area, ConformanceCase, Step } from '../case.ts';
import { EVALUATED } from './cel-evaluated.ts';
import { REFUSED } from './cel-refused.ts';
import { CRDS, crdOf, servedCrd, THINGS, thing } from './crd-parts.ts';

const text = (maxLength: number) => ({ type: 'string', maxLength });

/** A field of each kind, all but one with a bound. */
export const CEL_SPEC = {
  type: 'object',
  properties: {
    s: text(20),
    i: { type: 'integer' },
    d: { type: 'number' },
    l: { type: 'array', maxItems: 10, items: text(10) },
    m: { type: 'object', maxProperties: 10, additionalProperties: { type: 'integer' } },
    o: { type: 'object', properties: { x: text(5) } },
    set: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'set', items: text(5) },
    map: {
      type: 'array',
      maxItems: 5,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: {
        type: 'object',
        required: ['k'],
        properties: { k: text(5), v: { type: 'integer' } },
      },
    },
    ios: { 'x-kubernetes-int-or-string': true, maxLength: 5 },
    dt: { type: 'string', format: 'date-time' },
    dur: { type: 'string', format: 'duration' },
    date: { type: 'string', format: 'date' },
    by: { type: 'string', format: 'byte', maxLength: 20 },
    pu: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'integer' } },
    },
    nu: { ...text(5), nullable: true },
    missing: text(5),
    'kebab-case': { type: 'integer' },
    if: { type: 'integer' },
    'a.b': { type: 'integer' },
    'x/y': { type: 'integer' },
    under__score: { type: 'integer' },
    in: { type: 'integer' },
    namespace: text(5),
    emb: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
    e: { type: 'string', enum: ['a', 'b'] },
    long: { type: 'string' },
    ll: { type: 'array', items: { type: 'string' } },
  },
};

const VALUE = {
  s: 'hello',
  i: 5,
  d: 2,
  l: ['x', 'y'],
  m: { a: 1, b: 2 },
  o: { x: 'z' },
  set: ['a', 'b'],
  map: [
    { k: 'a', v: 1 },
    { k: 'b', v: 2 },
  ],
  ios: 5,
  dt: '2020-02-03T04:05:06Z',
  dur: '90s',
  date: '2020-02-03',
  by: 'aGVsbG8=',
  pu: { known: 1, unknown: 2 },
  nu: null,
  'kebab-case': 1,
  if: 2,
  'a.b': 3,
  'x/y': 4,
  under__score: 5,
  in: 6,
  namespace: 'ns',
  emb: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'emb' } },
  e: 'a',
  long: 'aaaa',
  ll: ['x'],
};

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

const withRules = (rules: unknown[], spec: object = CEL_SPEC) =>
  crdOf({ type: 'object', properties: { spec }, 'x-kubernetes-validations': rules });

/** Always broken, and says what the expression comes to. */
const showing = (expression: string, index: number) => ({
  rule: `dyn([${expression}]) == dyn('zz${index}')`,
  messageExpression: `'${index}: %s'.format([dyn(${expression})])`,
  fieldPath: '.spec',
});

const dryRun = (body: unknown): Step => ({ request: `POST ${CRDS}?dryRun=All`, body });

const evaluated: ConformanceCase[] = chunks(EVALUATED, 25).map((part, i) => ({
  name: `expressions ${i} have their values`,
  steps: [
    ...servedCrd(withRules(part.map(showing))),
    { request: `POST ${THINGS}?dryRun=All`, body: thing({ spec: VALUE }) },
  ],
}));

const refused: ConformanceCase[] = chunks(REFUSED, 30).map((part, i) => ({
  name: `expressions ${i} are refused`,
  steps: part.map((rule) => dryRun(withRules([{ rule }]))),
}));

const int = { type: 'integer' };
const on = (rules: unknown[]) => ({ 'x-kubernetes-validations': rules });
const update = (spec: unknown): Step => ({
  request: `PUT ${THINGS}/a?dryRun=All`,
  body: { ...thing({ spec }), metadata: { name: 'a', resourceVersion: '$rv' } },
});
const create = (spec: unknown): Step => ({
  request: `POST ${THINGS}?dryRun=All`,
  body: thing({ spec }),
});

export const CEL: Area = {
  name: 'cel',
  cases: [
    ...evaluated,
    ...refused,
    {
      name: 'a broken rule is told in its words, with its reason, at its place',
      steps: [
        ...servedCrd(
          crdOf({
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  a: { ...int, ...on([{ rule: 'self > 1', message: 'a is small' }]) },
                  b: { ...int, ...on([{ rule: 'self > 1', reason: 'FieldValueForbidden' }]) },
                  c: { ...int, ...on([{ rule: 'self > 1', reason: 'FieldValueRequired' }]) },
                  d: { ...int, ...on([{ rule: 'self > 1', reason: 'FieldValueDuplicate' }]) },
                  e: { ...int, ...on([{ rule: 'self > 1', reason: 'FieldValueInvalid' }]) },
                  f: {
                    type: 'object',
                    properties: { x: { type: 'string', maxLength: 5 }, y: int },
                    ...on([
                      {
                        rule: "self.x == 'a'",
                        fieldPath: '.x',
                        messageExpression: "'x: ' + self.x",
                      },
                    ]),
                  },
                  g: {
                    type: 'array',
                    maxItems: 5,
                    items: { ...int, ...on([{ rule: 'self > 1', message: '  spaced  ' }]) },
                  },
                  h: {
                    type: 'object',
                    maxProperties: 5,
                    additionalProperties: { ...int, ...on([{ rule: 'self > 1' }]) },
                  },
                  i: { ...int, ...on([{ rule: 'self > 1', messageExpression: "''" }]) },
                  j: { ...int, ...on([{ rule: '1 / self > 1' }]) },
                  k: { type: 'string', ...on([{ rule: "self == 'a'" }]) },
                },
              },
            },
          }),
        ),
        ...'abcdeijk'.split('').map((key) => create({ [key]: key === 'k' ? 'b' : 0 })),
        create({ f: { x: 'b' } }),
        create({ f: {} }),
        create({ g: [0, 2, 1] }),
        create({ h: { p: 0 } }),
        create({ a: 'x' }),
      ],
    },
    {
      name: 'rules of change look at the value before',
      steps: [
        ...servedCrd(
          crdOf({
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  a: { ...int, ...on([{ rule: 'self == oldSelf', message: 'a is immutable' }]) },
                  b: {
                    ...int,
                    ...on([
                      {
                        rule: '!oldSelf.hasValue() || self >= oldSelf.value()',
                        optionalOldSelf: true,
                      },
                    ]),
                  },
                  c: { ...int, ...on([{ rule: 'self < 5' }]) },
                  l: {
                    type: 'array',
                    maxItems: 5,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['k'],
                    items: {
                      type: 'object',
                      required: ['k'],
                      properties: {
                        k: { type: 'string' },
                        v: { ...int, ...on([{ rule: 'self >= oldSelf' }]) },
                      },
                    },
                  },
                },
                ...on([{ rule: 'has(self.a) == has(oldSelf.a)', message: 'a stays' }]),
              },
            },
          }),
        ),
        {
          request: `POST ${THINGS}`,
          body: thing({ spec: { a: 1, b: 2, c: 3, l: [{ k: 'x', v: 2 }] } }),
          quiet: true,
          keep: { rv: 'metadata.resourceVersion' },
        },
        update({ a: 2, b: 2 }),
        update({ b: 2 }),
        update({ a: 1, b: 1 }),
        update({ a: 1, b: 3, c: 9 }),
        update({
          a: 1,
          l: [
            { k: 'y', v: 1 },
            { k: 'x', v: 1 },
          ],
        }),
        update({ a: 1, l: [{ k: 'x', v: 3 }] }),
      ],
    },
    {
      name: 'rules that cost too much are refused',
      steps: [
        [{ rule: 'self.spec.ll.all(x, self.spec.ll.all(y, x == y))' }],
        [{ rule: "self.spec.long.matches('^([a-z]+)*$')" }],
        [{ rule: "self.spec.ll.all(x, x.matches('^[a-z]+$'))" }],
        [{ rule: 'true', messageExpression: 'self.spec.long + self.spec.long' }],
        [{ rule: 'self.spec.ll.exists(x, self.spec.long.contains(x))' }],
      ].map((rules) => dryRun(withRules(rules))),
    },
    {
      name: 'what may stand beside a rule',
      steps: [
        { rule: ' ' },
        { rule: 'true', message: ' ' },
        { rule: 'true', message: 'a\nb' },
        { rule: 'true &&\ntrue' },
        { rule: 'true &&\ntrue', message: 'm' },
        { rule: 'true', messageExpression: ' ' },
        { rule: 'true', messageExpression: '1' },
        { rule: 'true', messageExpression: 'self.nope' },
        { rule: 'true', fieldPath: ' ' },
        { rule: 'true', fieldPath: '.nope' },
        { rule: 'true', fieldPath: '.spec.s' },
        { rule: 'true', fieldPath: "['spec'].m['x']" },
        { rule: 'true', fieldPath: '.spec[0]' },
        { rule: 'true', optionalOldSelf: true },
        { rule: 'oldSelf.hasValue()', optionalOldSelf: true },
      ].map((rule) => dryRun(withRules([rule]))),
    },
  ],
};
