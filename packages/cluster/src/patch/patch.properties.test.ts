import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneJson, isObject, jsonEqual, type JsonObject } from '../schema/json.ts';
import type { Schema, SchemaSource } from '../schema/schema.ts';
import { PatchError } from './errors.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

const KEYS = ['a', 'b', 'c', 'constructor', 'toString'];
const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('x', 'y'));
const { object } = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), tie('value')), {
      maxLength: 4,
      selector: ([key]) => key,
    })
    .map((members) => Object.fromEntries(members)),
}));

/** The merge patch from `from` to `to`, neither of which holds null. */
function mergeDiff(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const key of Object.keys(to)) {
    const [old, value] = [Object.hasOwn(from, key) ? from[key] : undefined, to[key]];
    if (isObject(old) && isObject(value)) patch[key] = mergeDiff(old, value);
    else if (!jsonEqual(old, value)) patch[key] = value;
  }
  return patch;
}

const text: Schema = { type: 'string' };
const source: SchemaSource = {
  root: {
    type: 'object',
    properties: {
      items: {
        type: 'array',
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'name',
        items: { type: 'object', properties: { name: text, value: text } },
      },
    },
  },
  resolve: () => ({}),
};
const items = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('1', '2', '3', '4'), value: fc.constantFrom('a', 'b') }),
  { selector: ({ name }) => name, minLength: 1 },
);

/** The patched object, or an empty one when the patch was refused. */
function patchedOrRefused(patch: unknown[]): JsonObject {
  try {
    return applyJsonPatch({ a: {} }, patch);
  } catch (error) {
    if (error instanceof PatchError) return {};
    throw error;
  }
}

describe('patch/properties', () => {
  it('merge patch: the difference between two objects makes one of the other, twice the same (RFC 7396)', () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        const before = cloneJson(from);
        const patch = mergeDiff(from, to);
        const once = applyMergePatch(from, patch);
        expect(once).toEqual(to);
        expect(applyMergePatch(once, patch)).toEqual(to);
        expect(from).toEqual(before);
      }),
    );
  });

  it('merge patch: an empty patch and the object itself change nothing', () => {
    fc.assert(
      fc.property(object, (document) => {
        expect(applyMergePatch(document, {})).toEqual(document);
        expect(applyMergePatch(document, document)).toEqual(document);
      }),
    );
  });

  it('JSON patch: remove undoes add, move there and back is nothing, and a failure changes nothing (RFC 6902)', () => {
    fc.assert(
      fc.property(object, scalar, (document, value) => {
        const before = cloneJson(document);
        const added = applyJsonPatch(document, [{ op: 'add', path: '/new', value }]);
        expect(added).toEqual({ ...document, new: value });
        expect(applyJsonPatch(added, [{ op: 'remove', path: '/new' }])).toEqual(document);
        const moves = [
          { op: 'move', from: '/new', path: '/other' },
          { op: 'move', from: '/other', path: '/new' },
        ];
        expect(applyJsonPatch(added, moves)).toEqual(added);
        const failing = [...moves, { op: 'test', path: '/absent/x', value: 1 }];
        expect(() => applyJsonPatch(added, failing)).toThrow(PatchError);
        expect(document).toEqual(before);
      }),
    );
  });

  it('strategic merge: the difference kubectl computes makes one list of the other, in its order', () => {
    fc.assert(
      fc.property(items, items, (from, to) => {
        const patch = {
          '$setElementOrder/items': to.map(({ name }) => ({ name })),
          items: [
            ...to.filter((item) => !from.some((old) => jsonEqual(old, item))),
            ...from
              .filter(({ name }) => !to.some((item) => item.name === name))
              .map(({ name }) => ({ name, $patch: 'delete' })),
          ],
        };
        const original = { items: from };
        const once = applyStrategicMerge({ original, patch, source });
        expect(once).toEqual({ items: to });
        expect(applyStrategicMerge({ original: once, patch, source })).toEqual(once);
      }),
    );
  });

  it('no patch reaches a prototype', () => {
    const names = ['__proto__', 'constructor', 'prototype'] as const;
    for (const name of names) {
      const evil = JSON.parse(
        `{"${name}":{"polluted":1},"a":{"${name}":{"${name}":{"polluted":1}}}}`,
      ) as JsonObject;
      for (const result of [
        applyMergePatch({ a: {} }, evil),
        applyStrategicMerge({ original: { a: {} }, patch: evil, source }),
        applyStrategicMerge({
          original: { a: {} },
          patch: JSON.parse(`{"$setElementOrder/${name}":["x"],"${name}":["x"]}`),
          source,
        }),
      ]) {
        expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
      }
      for (const path of [`/${name}`, `/${name}/polluted`, `/a/${name}/${name}/polluted`]) {
        const patch = [{ op: 'add', path, value: { polluted: 1 } }];
        expect(Object.getPrototypeOf(patchedOrRefused(patch))).toBe(Object.prototype);
      }
    }
    expect({}).not.toHaveProperty('polluted');
    expect(Object).not.toHaveProperty('polluted');
  });
});
