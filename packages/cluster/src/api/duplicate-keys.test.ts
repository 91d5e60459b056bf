import { describe, expect, test } from 'vitest';

import { findDuplicateKeys, readYaml } from './duplicate-keys.ts';

describe('api/duplicate-keys', () => {
  test.each([
    ['{}', []],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"spec":{"x":{"y":1},"x":2}}', ['spec.x']],
    ['{"spec":{"items":[{"n":1},{"n":1,"n":2}]}}', ['spec.items[1].n']],
    ['[[1,{"a":[],"a":1}]]', ['[0][1].a']],
    ['{"a\\"b":1,"a\\u0022b":2}', ['a"b']],
    ['{"text":"{\\"a\\":1,\\"a\\":2}","list":["a","a"]}', []],
    ['{"a":"x:y","b":"\\\\","a":null}', ['a']],
  ])('%s', (text, expected) => expect(findDuplicateKeys(text)).toEqual(expected));

  test.each([
    ['a: 1\nb: {a: 1}\n', []],
    ['spec:\n  x: 1\n  x: 2\n', ['line 3: key "x" already set in map']],
    ['- x: 1\n- {x: 1, x: 2}\n', ['line 2: key "x" already set in map']],
    ['a: &x {k: 1}\nb:\n  <<: *x\n  <<: *x\n  c: *x\n', []],
  ])('YAML %j', (text, expected) => expect(readYaml(text).duplicates().problems).toEqual(expected));
});
