import { describe, expect, it } from 'vitest';
import { cloneJson, isObject, jsonEqual, type JsonObject } from '../schema/json.ts';
import { applyMergePatch } from './merge-patch.ts';

/** The merge patch that turns `from` into `to`; both without nulls. */
function diff(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const old = from[key];
    if (isObject(old) && isObject(value)) patch[key] = diff(old, value);
    else if (!jsonEqual(old, value)) patch[key] = value;
  }
  return patch;
}

describe('applyMergePatch', () => {
  // RFC 7386 appendix A, as far as documents are objects.
  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: 'x' }, { a: { b: 1, c: null } }, { a: { b: 1 } }],
  ])('%j + %j', (document, patch, after) => {
    const before = cloneJson(document);
    expect(applyMergePatch(document, patch)).toEqual(after);
    expect(document).toEqual(before);
  });

  it('of a difference gives the other object, and again the same', () => {
    const objects: JsonObject[] = [
      {},
      { a: 1, b: { c: [1, 2], d: { e: 'x' } } },
      { a: { x: 1 }, b: { c: [2], f: true } },
      { b: 'text', g: { h: { i: {} } } },
    ];
    for (const from of objects) {
      for (const to of objects) {
        const patch = diff(from, to);
        const once = applyMergePatch(from, patch);
        expect(once).toEqual(to);
        expect(applyMergePatch(once, patch)).toEqual(to);
      }
    }
  });

  it('shares nothing with its inputs', () => {
    const document = { a: { b: [1] } };
    const patch = { c: { d: [1] } };
    const result = applyMergePatch(document, patch) as { a: { b: number[] }; c: { d: number[] } };
    result.a.b.push(2);
    result.c.d.push(2);
    expect({ document, patch }).toEqual({
      document: { a: { b: [1] } },
      patch: { c: { d: [1] } },
    });
  });

  it('cannot reach the prototype', () => {
    const patch = JSON.parse(
      '{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}',
    ) as unknown;
    expect(applyMergePatch({ a: {} }, patch)).toEqual({ a: {} });
    expect({}).not.toHaveProperty('polluted');
  });

  it('refuses a patch that is no object', () => {
    expect(() => applyMergePatch({}, [1])).toThrow('error decoding patch');
  });
});
