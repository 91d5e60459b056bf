import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { allows, compactRules, describeRule, missingRules } from './policy-rule.ts';
import type { PolicyRule } from './policy-rule.ts';

const USER = { name: 'ana', groups: [] };
const some = (...values: string[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const VERBS = ['get', 'list'];
const GROUPS = ['', 'apps'];
const RESOURCES = ['pods', 'pods/log', 'jobs/log'];
const NAMES = ['a', 'b'];
const PATHS = ['/a', '/a/b', '/b'];

const resourceRule: fc.Arbitrary<PolicyRule> = fc
  .record({
    verbs: some(...VERBS, '*'),
    apiGroups: some(...GROUPS, '*'),
    resources: some(...RESOURCES, '*/log', '*'),
    resourceNames: fc.option(some(...NAMES), { nil: undefined }),
  })
  .map(({ resourceNames, ...rule }) => ({ ...rule, ...(resourceNames && { resourceNames }) }));
const pathRule: fc.Arbitrary<PolicyRule> = fc.record({
  verbs: some(...VERBS, '*'),
  nonResourceURLs: some(...PATHS, '/a*', '*'),
});
const rules = fc.array(fc.oneof(resourceRule, pathRule), { maxLength: 4 });

/** Every request there can be in this small world. */
const REQUESTS = [...VERBS, 'delete'].flatMap((verb) => [
  ...PATHS.map((path) => ({ user: USER, verb, path })),
  ...[...GROUPS, 'batch'].flatMap((group) =>
    [...RESOURCES, 'secrets'].flatMap((text) =>
      ['', ...NAMES, 'c'].map((name) => {
        const [resource, subresource] = text.split('/');
        return { user: USER, verb, group, resource, subresource, name };
      }),
    ),
  ),
]);

const allowed = (of: PolicyRule[]) =>
  REQUESTS.filter((request) => of.some((rule) => allows(rule, request)));

describe('api/authorization/policy-rule', () => {
  test('rules that are covered allow nothing that is not held', () => {
    fc.assert(
      fc.property(rules, rules, (held, asked) => {
        if (missingRules(held, asked).length > 0) return;
        const own = new Set(allowed(held));
        expect(allowed(asked).filter((request) => !own.has(request))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('with what is missing, everything asked for is covered', () => {
    fc.assert(
      fc.property(rules, rules, (held, asked) => {
        const missing = missingRules(held, asked);
        expect(missingRules([...held, ...missing], asked)).toEqual([]);
        expect(missingRules([...held, ...compactRules(missing)], asked)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('are described as Go prints them', () => {
    const rule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
    expect(describeRule({ ...rule, resourceNames: ['a'] })).toBe(
      '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}',
    );
    expect(describeRule({ verbs: ['*'], nonResourceURLs: ['/a'] })).toBe(
      '{NonResourceURLs:["/a"], Verbs:["*"]}',
    );
  });
});
