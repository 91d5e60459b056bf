import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSchema } from '../schema/compile.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { serverSideApply, type ApplyInput } from './apply.ts';
import { fieldPaths, parseFields } from './fields.ts';
import { trackUpdate } from './track.ts';

const text: Schema = { type: 'string' };
const source = compileSchema({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: text,
        map: { type: 'object', additionalProperties: text },
        struct: { type: 'object', properties: { x: text, y: text } },
        list: { type: 'array', items: text },
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        ports: {
          type: 'array',
          items: {
            type: 'object',
            required: ['port'],
            properties: {
              port: { type: 'integer' },
              protocol: { ...text, default: 'TCP' },
              name: text,
            },
          },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
        },
      },
    },
  },
}).source;

const EARLY = '2026-01-01T00:00:00Z';
const LATER = '2026-01-02T00:00:00Z';
const apiVersion = 'g/v1';

const thing = (spec: JsonObject | undefined): JsonObject => ({
  apiVersion,
  kind: 'Thing',
  metadata: { name: 'a' },
  ...(spec !== undefined && { spec }),
});

function apply(
  live: JsonObject | undefined,
  spec: JsonObject | undefined,
  options: Partial<ApplyInput> = {},
): JsonObject {
  const defaults = { manager: 'one', force: true, source, apiVersion, now: EARLY };
  const applied = thing(spec);
  const result = serverSideApply({ live, applied, ...defaults, ...options });
  if (result.kind === 'conflict') throw new Error(result.message);
  return result.object;
}

const specOf = (object: JsonObject): JsonObject => (object.spec ?? {}) as JsonObject;

/** Where items and keys of a manager come from; disjoint pools make disjoint configurations. */
interface Pool {
  words: string[];
  ports: number[];
  fields: string[];
  structs: string[];
}

const COMMON: Pool = {
  words: ['x', 'y', 'z'],
  ports: [1, 2, 3],
  fields: ['a', 'b'],
  structs: ['x', 'y'],
};

/** A configuration that always states something of its own, so that its manager is never without fields. */
function configuration(manager: string, pool: Pool = COMMON): fc.Arbitrary<JsonObject> {
  const word = fc.constantFrom(...pool.words);
  const some = <T>(item: fc.Arbitrary<T>) => fc.uniqueArray(item, { maxLength: 3 });
  const port = fc.record(
    {
      port: fc.constantFrom(...pool.ports),
      protocol: fc.constantFrom('TCP', 'UDP'),
      name: word,
    },
    { requiredKeys: ['port'] },
  );
  return fc
    .record(
      {
        ...Object.fromEntries(pool.fields.map((field) => [field, word])),
        map: fc.dictionary(word, word, { maxKeys: 3 }),
        // Never empty: who states an empty object owns whatever others put into it (see the matrix).
        struct: fc
          .constantFrom(...pool.structs)
          .chain((field) => word.map((x) => ({ [field]: x }))),
        ...(pool === COMMON && { list: some(word) }),
        set: some(word),
        ports: fc.uniqueArray(port, {
          maxLength: 3,
          selector: (item) => `${item.port}/${item.protocol ?? 'TCP'}`,
        }),
      },
      { requiredKeys: [] },
    )
    .map((spec: JsonObject) => ({
      ...spec,
      map: { ...(isObject(spec.map) ? spec.map : {}), [`of-${manager}`]: '1' },
    }));
}

const step = fc
  .constantFrom('one', 'two')
  .chain((manager) => configuration(manager).map((spec) => ({ manager, spec })));
const history = fc.array(step, { maxLength: 6 });

function replay(steps: { manager: string; spec: JsonObject }[]): JsonObject | undefined {
  let live: JsonObject | undefined;
  for (const { manager, spec } of steps) live = apply(live, spec, { manager });
  return live;
}

/** `fieldsV1` of one manager as paths. */
function ownedBy(object: JsonObject, manager: string): string[] {
  const metadata = object.metadata as { managedFields?: { manager: string; fieldsV1: unknown }[] };
  const entry = metadata.managedFields?.find((item) => item.manager === manager);
  return [...fieldPaths(parseFields(entry?.fieldsV1))];
}

/** Lists as sorted sets of their items: what is compared where order may differ. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(unordered(item))).toSorted();
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, unordered(value[key])]),
  );
}

/** Empty lists that are not atomic belong to nobody. */
const withoutEmptyLists = (spec: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(spec).filter(
      ([key, value]) => key === 'list' || !Array.isArray(value) || value.length > 0,
    ),
  );

describe('apply/properties', () => {
  it('apply is idempotent, times included', () => {
    fc.assert(
      fc.property(history, step, (before, { manager, spec }) => {
        // A list that was emptied goes with its items, and is there as an empty one from the second time on.
        const twice = apply(apply(replay(before), spec, { manager }), spec, { manager });
        expect(apply(twice, spec, { manager, now: LATER })).toEqual(twice);
      }),
    );
  });

  it('an applied configuration is in the object, and its fields belong to the manager', () => {
    fc.assert(
      fc.property(history, step, (before, { manager, spec }) => {
        const object = apply(replay(before), spec, { manager });
        expect(ownedBy(object, manager)).toEqual(
          ownedBy(apply(undefined, spec, { manager }), manager),
        );
        const again = apply(object, withoutEmptyLists(specOf(object)), {
          manager: 'reader',
          force: false,
        });
        expect(specOf(again)).toEqual(specOf(object));
      }),
    );
  });

  it('what nobody states any longer goes away', () => {
    fc.assert(
      fc.property(history, (before) => {
        const last = replay([...before, { manager: 'one', spec: { a: 'x' } }]);
        const live = apply(apply(last, undefined), undefined, { manager: 'two' });
        expect(withoutEmptyLists(specOf(live))).toEqual({});
      }),
    );
  });

  it('A applies, B applies, A withdraws: everything B states stays', () => {
    fc.assert(
      fc.property(configuration('one'), configuration('two'), (a, b) => {
        const both = apply(apply(undefined, a), b, { manager: 'two' });
        const rest = apply(both, undefined);
        expect(ownedBy(rest, 'two')).toEqual(ownedBy(both, 'two'));
        const stated = withoutEmptyLists(b);
        expect(apply(rest, stated, { manager: 'two', now: LATER })).toEqual(rest);
        expect(unordered(withoutEmptyLists(specOf(rest)))).toEqual(
          unordered(withoutEmptyLists(specOf(apply(undefined, b, { manager: 'two' })))),
        );
      }),
    );
  });

  it('appliers of different fields never conflict and commute', () => {
    const first = configuration('one', {
      words: ['p', 'q'],
      ports: [1, 2],
      fields: ['a'],
      structs: ['x'],
    });
    const second = configuration('two', {
      words: ['r', 's'],
      ports: [3, 4],
      fields: ['b'],
      structs: ['y'],
    });
    fc.assert(
      fc.property(first, second, (a, b) => {
        const two = { manager: 'two', force: false };
        const one = { manager: 'one', force: false };
        const ab = apply(apply(undefined, a, one), b, two);
        const ba = apply(apply(undefined, b, two), a, one);
        expect(unordered(specOf(ab))).toEqual(unordered(specOf(ba)));
        for (const manager of ['one', 'two']) {
          expect(ownedBy(ab, manager)).toEqual(ownedBy(ba, manager));
        }
      }),
    );
  });

  it('an update takes exactly what it changes, and a repetition takes nothing', () => {
    fc.assert(
      fc.property(configuration('one'), configuration('two'), (a, b) => {
        const before = apply(undefined, a);
        const track = (from: JsonObject, to: JsonObject, now: string) =>
          trackUpdate({ before: from, after: to, manager: 'editor', source, apiVersion, now });
        const edited = { ...before, spec: b };
        const managedFields = track(before, edited, EARLY);
        const after = {
          ...edited,
          metadata: { ...(before.metadata as JsonObject), managedFields },
        };
        const taken = new Set(ownedBy(after, 'editor'));
        for (const path of ownedBy(after, 'one')) expect(taken.has(path)).toBe(false);
        expect(track(after, after, LATER)).toEqual(managedFields);
      }),
    );
  });
});
