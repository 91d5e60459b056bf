import { describe, expect, it } from 'vitest';
import { builtinObjectSchema } from '../builtin/schemas.ts';
import { cloneJson, type JsonObject } from '../schema/json.ts';
import type { Schema, SchemaSource } from '../schema/schema.ts';
import { PatchError } from './errors.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

const text: Schema = { type: 'string' };
const source: SchemaSource = {
  root: {
    type: 'object',
    properties: {
      name: text,
      map: { type: 'object', additionalProperties: text },
      replaced: {
        type: 'object',
        'x-kubernetes-patch-strategy': 'replace',
        properties: { a: text },
      },
      retained: {
        type: 'object',
        'x-kubernetes-patch-strategy': 'retainKeys',
        properties: { type: text, rolling: { type: 'object', properties: { max: text } } },
      },
      words: { type: 'array', items: text, 'x-kubernetes-patch-strategy': 'merge' },
      plain: { type: 'array', items: text },
      items: {
        type: 'array',
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'name',
        items: {
          type: 'object',
          properties: {
            name: text,
            value: text,
            words: { type: 'array', items: text, 'x-kubernetes-patch-strategy': 'merge' },
          },
        },
      },
    },
  },
  resolve: () => ({}),
};

const one = { name: '1', value: 'a' };
const two = { name: '2', value: 'b' };
const three = { name: '3', value: 'c' };

describe('applyStrategicMerge', () => {
  it.each<{ name: string; original: JsonObject; patch: JsonObject; after: JsonObject }>([
    {
      name: 'objects are merged, null deletes',
      original: { name: 'x', map: { a: '1', b: '2' } },
      patch: { map: { a: '9', b: null, c: '3' } },
      after: { name: 'x', map: { a: '9', c: '3' } },
    },
    {
      name: 'a null for something absent does nothing, also inside something new',
      original: {},
      patch: { name: null, map: { a: null, b: '1' } },
      after: { map: { b: '1' } },
    },
    {
      name: 'patch strategy replace',
      original: { replaced: { a: '1', b: '2' } },
      patch: { replaced: { c: '3' } },
      after: { replaced: { c: '3' } },
    },
    {
      name: 'list without strategy is replaced',
      original: { plain: ['a'] },
      patch: { plain: ['b'] },
      after: { plain: ['b'] },
    },
    {
      name: 'primitive list is a union',
      original: { words: ['a', 'b'] },
      patch: { words: ['b', 'c'] },
      after: { words: ['a', 'b', 'c'] },
    },
    {
      name: '$deleteFromPrimitiveList',
      original: { words: ['a', 'b', 'c'] },
      patch: { '$deleteFromPrimitiveList/words': ['b'], words: ['d'] },
      after: { words: ['d', 'a', 'c'] },
    },
    {
      name: 'items are merged by key, those of the patch in its order',
      original: { items: [one, two] },
      patch: { items: [{ name: '2', value: 'B' }, three] },
      after: { items: [one, { name: '2', value: 'B' }, three] },
    },
    {
      name: 'deeper lists of items are merged too',
      original: { items: [{ name: '1', words: ['a'] }] },
      patch: { items: [{ name: '1', words: ['b'] }] },
      after: { items: [{ name: '1', words: ['b', 'a'] }] },
    },
    {
      name: '$patch: delete of an item',
      original: { items: [one, two] },
      patch: { items: [{ name: '1', $patch: 'delete' }] },
      after: { items: [two] },
    },
    {
      name: '$patch: delete of an item that is not there leaves no trace',
      original: {},
      patch: { items: [{ name: '1', $patch: 'delete' }, two] },
      after: { items: [two] },
    },
    {
      name: '$patch: replace of a list',
      original: { items: [one, two] },
      patch: { items: [three, { $patch: 'replace' }] },
      after: { items: [three] },
    },
    {
      name: '$patch: replace of an object',
      original: { map: { a: '1' } },
      patch: { map: { b: '2', $patch: 'replace' } },
      after: { map: { b: '2' } },
    },
    {
      name: '$patch: delete of an object',
      original: { map: { a: '1' } },
      patch: { map: { $patch: 'delete' } },
      after: { map: {} },
    },
    {
      name: '$retainKeys',
      original: { retained: { type: 'Rolling', rolling: { max: '1' } } },
      patch: { retained: { $retainKeys: ['type'], type: 'Recreate' } },
      after: { retained: { type: 'Recreate' } },
    },
    {
      name: '$setElementOrder of items',
      original: { items: [one, two, three] },
      patch: {
        '$setElementOrder/items': [{ name: '3' }, { name: '1' }],
        items: [{ name: '1', value: 'A' }],
      },
      after: { items: [two, three, { name: '1', value: 'A' }] },
    },
    {
      name: '$setElementOrder with an item only the server has',
      original: { items: [one, two] },
      patch: {
        '$setElementOrder/items': [{ name: '1' }, { name: '3' }],
        items: [three],
      },
      after: { items: [one, three, two] },
    },
    {
      name: '$setElementOrder without changes orders',
      original: { words: ['a', 'b', 'c'] },
      patch: { '$setElementOrder/words': ['c', 'b', 'a'] },
      after: { words: ['c', 'b', 'a'] },
    },
    {
      name: '$setElementOrder with deletion, as kubectl sends it',
      original: { items: [one, two] },
      patch: {
        '$setElementOrder/items': [{ name: '2' }],
        items: [{ name: '1', $patch: 'delete' }],
      },
      after: { items: [two] },
    },
    {
      name: 'unknown fields: objects merged, lists replaced',
      original: { other: { a: 1, l: [1] } },
      patch: { other: { b: 2, l: [2] } },
      after: { other: { a: 1, b: 2, l: [2] } },
    },
    {
      name: 'metadata of any kind',
      original: { metadata: { name: 'x', finalizers: ['a'], labels: { a: '1' } } },
      patch: { metadata: { finalizers: ['b'], labels: { b: '2' } } },
      after: { metadata: { name: 'x', finalizers: ['b', 'a'], labels: { a: '1', b: '2' } } },
    },
  ])('$name', ({ original, patch, after }) => {
    const before = cloneJson({ original, patch });
    expect(applyStrategicMerge({ original, patch, source })).toEqual(after);
    expect({ original, patch }).toEqual(before);
  });

  // Messages of apimachinery `util/mergepatch` and `util/strategicpatch`.
  it.each<{ name: string; patch: unknown; status?: number; message: string }>([
    {
      name: 'no object',
      patch: [],
      status: 400,
      message: 'json: cannot unmarshal array into Go value of type map[string]interface {}',
    },
    {
      name: 'an unknown directive',
      patch: { map: { $patch: 'explode', a: '1' } },
      message: 'unknown patch type: explode in map: map[$patch:explode a:1]',
    },
    {
      name: 'an unknown directive in a list',
      patch: { items: [{ name: '1', $patch: 'explode' }] },
      message: 'unknown patch type: explode in map: map[$patch:explode name:1]',
    },
    {
      name: 'merge as the directive of a list',
      patch: { items: [{ name: '1', $patch: 'merge' }] },
      message: 'merging lists cannot yet be specified in the patch',
    },
    {
      name: 'an item without its merge key',
      patch: { items: [{ value: 'x' }] },
      message: 'map: map[value:x] does not contain declared merge key: name',
    },
    {
      name: 'a deletion without its merge key',
      patch: { items: [{ $patch: 'delete' }] },
      message: 'map: map[$patch:delete] does not contain declared merge key: name',
    },
    {
      name: 'a list of lists',
      patch: { items: [{ name: '1' }, ['x']] },
      message: 'list element types are not identical: [[map[name:1 value:a]] [map[name:1] [x]]]',
    },
    {
      name: 'retained keys that leave out a patched one',
      patch: { retained: { $retainKeys: ['type'], rolling: { max: '1' } } },
      status: 400,
      message: 'invalid patch format of retainKeys',
    },
    {
      name: 'retained keys that are no list',
      patch: { retained: { $retainKeys: 'type' } },
      status: 400,
      message: 'invalid patch format of retainKeys',
    },
    {
      name: 'an order that is no list',
      patch: { '$setElementOrder/items': 1 },
      message: 'expected a []interface {}, but received a int64',
    },
    {
      name: 'an order that does not fit the patch',
      patch: { '$setElementOrder/items': [{ name: '1' }], items: [three] },
      message:
        "The order in patch list:\n[map[name:3 value:c]]\n doesn't match $setElementOrder list:\n[map[name:1]]\n",
    },
  ])('refuses $name', ({ patch, message, status = 400 }) => {
    const original = { map: {}, items: [one], words: ['a'], retained: { type: 'x' } };
    expect(() => applyStrategicMerge({ original, patch, source })).toThrow(
      expect.objectContaining({ name: 'PatchError', status, message }) as PatchError,
    );
  });

  it('merges a Deployment as kubectl set image and kubectl apply do', () => {
    const schema = builtinObjectSchema('apps/v1', 'Deployment');
    const container = {
      name: 'web',
      image: 'a:1',
      env: [{ name: 'A', value: '1' }],
      ports: [{ containerPort: 80, protocol: 'TCP' }],
    };
    const original = {
      spec: {
        template: {
          spec: { containers: [container, { name: 'side', image: 's' }], volumes: [{ name: 'v' }] },
        },
      },
    };
    const patch = {
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'web' }, { name: 'side' }],
            containers: [
              {
                name: 'web',
                image: 'a:2',
                env: [{ name: 'B', value: '2' }],
                ports: [{ containerPort: 81 }],
              },
            ],
            volumes: [{ name: 'v', $patch: 'delete' }],
          },
        },
      },
    };
    expect(schema).toBeDefined();
    if (schema === undefined) return;
    expect(applyStrategicMerge({ original, patch, source: schema.source })).toEqual({
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'web',
                image: 'a:2',
                env: [
                  { name: 'B', value: '2' },
                  { name: 'A', value: '1' },
                ],
                ports: [{ containerPort: 81 }, { containerPort: 80, protocol: 'TCP' }],
              },
              { name: 'side', image: 's' },
            ],
            volumes: [],
          },
        },
      },
    });
  });
});
