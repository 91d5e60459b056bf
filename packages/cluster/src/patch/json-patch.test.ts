import { describe, expect, it } from 'vitest';
import { cloneJson, type JsonObject } from '../schema/json.ts';
import { PatchError } from './errors.ts';
import { applyJsonPatch } from './json-patch.ts';

function failure(document: JsonObject, operations: unknown): PatchError {
  try {
    applyJsonPatch(document, operations);
  } catch (error) {
    if (error instanceof PatchError) return error;
    throw error;
  }
  throw new Error('the patch applied');
}

describe('applyJsonPatch', () => {
  // RFC 6902 appendix A, and what the API server allows beyond it.
  it.each<{ name: string; before: JsonObject; patch: unknown[]; after: JsonObject }>([
    {
      name: 'add a member',
      before: { foo: 'bar' },
      patch: [{ op: 'add', path: '/baz', value: 'qux' }],
      after: { foo: 'bar', baz: 'qux' },
    },
    {
      name: 'add replaces a member',
      before: { a: 1 },
      patch: [{ op: 'add', path: '/a', value: 2 }],
      after: { a: 2 },
    },
    {
      name: 'add into a list',
      before: { foo: ['bar', 'baz'] },
      patch: [{ op: 'add', path: '/foo/1', value: 'qux' }],
      after: { foo: ['bar', 'qux', 'baz'] },
    },
    {
      name: 'add at the end',
      before: { foo: ['bar'] },
      patch: [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
      after: { foo: ['bar', ['abc', 'def']] },
    },
    {
      name: 'remove a member and an item',
      before: { a: 1, l: [1, 2, 3] },
      patch: [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/l/1' },
      ],
      after: { l: [1, 3] },
    },
    {
      name: 'remove the last item by negative index',
      before: { l: [1, 2, 3] },
      patch: [{ op: 'remove', path: '/l/-1' }],
      after: { l: [1, 2] },
    },
    {
      name: 'replace',
      before: { a: 1, l: [1, 2] },
      patch: [
        { op: 'replace', path: '/a', value: null },
        { op: 'replace', path: '/l/0', value: 9 },
      ],
      after: { a: null, l: [9, 2] },
    },
    {
      name: 'move a member',
      before: { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      patch: [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      after: { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    },
    {
      name: 'move an item',
      before: { foo: ['all', 'grass', 'cows', 'eat'] },
      patch: [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
      after: { foo: ['all', 'cows', 'eat', 'grass'] },
    },
    {
      name: 'copy',
      before: { a: { b: [1] } },
      patch: [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'add', path: '/c/b/-', value: 2 },
      ],
      after: { a: { b: [1] }, c: { b: [1, 2] } },
    },
    {
      name: 'test values of every type',
      before: { a: { x: 1, y: [1, 'b', null] }, 'm/n': 1, '~t': 2 },
      patch: [
        { op: 'test', path: '/a', value: { y: [1, 'b', null], x: 1 } },
        { op: 'test', path: '/m~1n', value: 1 },
        { op: 'test', path: '/~0t', value: 2 },
        { op: 'test', path: '/absent', value: null },
      ],
      after: { a: { x: 1, y: [1, 'b', null] }, 'm/n': 1, '~t': 2 },
    },
    {
      name: 'what is not there may be replaced and copied, and what is not given is null',
      before: { l: [1, 2] },
      patch: [
        { op: 'replace', path: '/a', value: 1 },
        { op: 'add', path: '/b' },
        { op: 'copy', from: '/x', path: '/c' },
        { op: 'replace', path: '/l/01', value: 9 },
        { op: 'add', path: 'before the slash/e', value: 5 },
      ],
      after: { l: [1, 9], a: 1, b: null, c: null, e: 5 },
    },
    {
      name: 'replace the document',
      before: { a: 1 },
      patch: [{ op: 'replace', path: '', value: { b: 1 } }],
      after: { b: 1 },
    },
    {
      name: 'ignores unknown members of operations',
      before: {},
      patch: [{ op: 'add', path: '/a', value: 1, xyz: 123 }],
      after: { a: 1 },
    },
  ])('$name', ({ before, patch, after }) => {
    const original = cloneJson(before);
    expect(applyJsonPatch(before, patch)).toEqual(after);
    expect(before).toEqual(original);
  });

  it.each<{ name: string; patch: unknown; status: number; detail: string }>([
    {
      name: 'a failing test',
      patch: [{ op: 'test', path: '/a', value: 2 }],
      status: 422,
      detail: 'testing value /a failed: test failed',
    },
    {
      name: 'a missing parent',
      patch: [{ op: 'add', path: '/x/y', value: 1 }],
      status: 422,
      detail: 'add operation does not apply: doc is missing path: "/x/y"',
    },
    {
      name: 'removing what is not there',
      patch: [{ op: 'remove', path: '/x' }],
      status: 422,
      detail: 'remove operation: Unable to remove nonexistent key: x',
    },
    {
      name: 'replacing an item that is not there',
      patch: [{ op: 'replace', path: '/l/2', value: 1 }],
      status: 422,
      detail:
        'replace operation does not apply: Unable to access invalid index: 2: invalid index referenced',
    },
    {
      name: 'an index beyond the end',
      patch: [{ op: 'add', path: '/l/3', value: 1 }],
      status: 422,
      detail:
        'add operation does not apply: Unable to access invalid index: 3: invalid index referenced',
    },
    {
      name: 'moving a value into itself',
      patch: [{ op: 'move', from: '/o', path: '/o/p' }],
      status: 422,
      detail: 'move operation does not apply: doc is missing path: "/o/p"',
    },
    {
      name: 'an unknown operation',
      patch: [{ op: 'spam', path: '/a' }],
      status: 422,
      detail: 'Unexpected kind: spam',
    },
    {
      name: 'no list',
      patch: { op: 'add' },
      status: 400,
      detail:
        'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    },
    {
      name: 'a path through the prototype',
      patch: [{ op: 'add', path: '/__proto__/polluted', value: 1 }],
      status: 422,
      detail: 'add operation does not apply: doc is missing path: "/__proto__/polluted"',
    },
  ])('refuses $name', ({ patch, status, detail }) => {
    const error = failure({ a: 1, l: [1, 2], o: {} }, patch);
    expect({ status: error.status, detail: error.detail }).toEqual({ status, detail });
  });

  it('answers what does not apply with the sentence of the API server', () => {
    const error = failure({}, [{ op: 'test', path: '/a', value: 1 }]);
    expect({ reason: error.reason, message: error.message }).toEqual({
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
  });

  it('takes at most 10,000 operations', () => {
    const add = { op: 'add', path: '/a', value: 1 };
    expect(
      applyJsonPatch(
        {},
        Array.from({ length: 10_000 }, () => add),
      ),
    ).toEqual({ a: 1 });
    const error = failure(
      {},
      Array.from({ length: 10_001 }, () => add),
    );
    expect({ status: error.status, reason: error.reason, message: error.message }).toEqual({
      status: 413,
      reason: 'RequestEntityTooLarge',
      message:
        'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    });
  });

  it('does not let copies grow without bound', () => {
    const copies = Array.from({ length: 60 }, () => ({ op: 'copy', from: '/a', path: '/a/x' }));
    expect(failure({ a: { text: 'x'.repeat(100_000) } }, copies).status).toBe(422);
  });
});
