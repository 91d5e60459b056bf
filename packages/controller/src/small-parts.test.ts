import { describe, expect, it } from 'vitest';
import { mergeConditions } from './conditions.ts';
import { covers } from './covers.ts';
import { createDependencyIndex } from './dependencies.ts';
import { parseDuration } from './duration.ts';
import { compactJson, configHash, secretHash } from './hash.ts';
import { isNamespaceAllowed } from './namespaces.ts';
import { lookupOf, namespace } from './testing/fixtures.ts';

describe('duration', () => {
  it.each([
    ['30s', 30],
    ['1h30m', 5400],
    ['1.5s', 1.5],
    ['250ms', 0.25],
    ['0', 0],
    ['5m0s', 300],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', 'soon', '30', '-5s', '5 s', 's', '1h x'])('%j is no duration', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('hash', () => {
  it('reproduces the published config hash', () => {
    const config = `{"model":{"type":"openai","model":"gpt-4.1-mini","base_url":""},"description":"Adds numbers","instruction":${compactJson('Use <tool> & answer.')},"http_tools":null,"sse_tools":null,"remote_agents":null}`;
    const card =
      '{"name":"add_bot","description":"Adds numbers","url":"http://add-bot.shop-ops:8080","version":"","capabilities":{"streaming":true,"pushNotifications":false,"stateTransitionHistory":true},"defaultInputModes":["text"],"defaultOutputModes":["text"],"skills":[]}';
    expect(config).toContain('Use \\u003ctool\\u003e \\u0026 answer.');
    expect(configHash(config, card)).toBe('1834645867032029273');
  });

  it('reproduces the published secret hashes', () => {
    const data = { OPENAI_API_KEY: new TextEncoder().encode('sk-1') };
    expect(secretHash([{ namespace: 'shop-ops', name: 'openai-creds', data }])).toBe(
      '608930c917d843556f02987617978f863331bd450a5218c57edb12f1415f4d51',
    );
    expect(secretHash([])).toMatch(/^e3b0c442/);
  });
});

describe('covers', () => {
  it.each<[string, unknown, unknown, boolean]>([
    ['extra fields of the server', { a: 1 }, { a: 1, b: 2 }, true],
    ['a changed field', { a: 1 }, { a: 2 }, false],
    ['a missing field', { a: { b: 'x' } }, { a: {} }, false],
    ['an empty value the server left out', { a: '', b: {}, c: [], d: false }, {}, true],
    [
      'another spelling of a quantity',
      { limits: { cpu: '1000m', memory: '1Gi' } },
      { limits: { cpu: '1', memory: '1024Mi' } },
      true,
    ],
    ['another quantity', { limits: { cpu: '2' } }, { limits: { cpu: '1' } }, false],
    [
      'an entry added by somebody else',
      [{ name: 'a', value: '1' }],
      [
        { name: 'b', value: '2' },
        { name: 'a', value: '1' },
      ],
      true,
    ],
    ['a missing entry', [{ name: 'a', value: '1' }], [{ name: 'b', value: '1' }], false],
    [
      'mounts of one volume',
      [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/b' },
      ],
      [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/b' },
      ],
      true,
    ],
    ['a list of other length', ['a'], ['a', 'b'], false],
    ['another order', ['a', 'b'], ['b', 'a'], false],
  ])('%s', (_title, ...[desired, live, expected]) => {
    expect(covers(desired, live)).toBe(expected);
  });
});

describe('conditions', () => {
  const now = Date.parse('2026-01-02T03:04:05.678Z');
  const ready = { type: 'Ready', status: 'True', reason: 'Yes', message: '' } as const;

  it('keeps the transition time while the status is the same', () => {
    const [old] = mergeConditions([], [ready], { generation: 1, now });
    expect(old?.lastTransitionTime).toBe('2026-01-02T03:04:05Z');
    const same = mergeConditions(old === undefined ? [] : [old], [{ ...ready, reason: 'Still' }], {
      generation: 2,
      now: now + 60_000,
    });
    expect(same).toEqual([{ ...old, reason: 'Still', observedGeneration: 2 }]);
    const [changed] = mergeConditions(same, [{ ...ready, status: 'False' }], {
      generation: 2,
      now: now + 60_000,
    });
    expect(changed?.lastTransitionTime).toBe('2026-01-02T03:05:05Z');
  });

  it('keeps foreign types and drops those that do not apply', () => {
    const before = mergeConditions(
      [],
      [
        { ...ready, type: 'Theirs' },
        { ...ready, type: 'ToolsReady' },
      ],
      {
        generation: 1,
        now,
      },
    );
    const after = mergeConditions(before, [ready], { generation: 1, now, remove: ['ToolsReady'] });
    expect(after.map(({ type }) => type)).toEqual(['Ready', 'Theirs']);
  });
});

describe('dependency index', () => {
  it('finds dependents and forgets what is no longer referenced', () => {
    const index = createDependencyIndex();
    index.set('a', new Set(['Secret ns/x', 'Secret ns/y'] as const));
    index.set('b', new Set(['Secret ns/x'] as const));
    expect([...index.dependentsOf('Secret ns/x')]).toEqual(['a', 'b']);
    index.set('a', new Set(['Secret ns/y'] as const));
    expect([...index.dependentsOf('Secret ns/x')]).toEqual(['b']);
    index.set('a', new Set());
    expect([...index.dependentsOf('Secret ns/y')]).toEqual([]);
  });
});

describe('allowed namespaces', () => {
  const lookup = lookupOf(namespace('blue', { team: 'blue' }), namespace('red'));
  const selector = { matchLabels: { team: 'blue' } };
  it.each([
    [undefined, 'shop-ops', true],
    [undefined, 'blue', false],
    [{ from: 'Same' as const }, 'blue', false],
    [{ from: 'All' as const }, 'red', true],
    [{ from: 'Selector' as const, selector }, 'blue', true],
    [{ from: 'Selector' as const, selector }, 'red', false],
    [{ from: 'Selector' as const, selector }, 'unknown', false],
    [{ from: 'Selector' as const }, 'blue', false],
    [
      {
        from: 'Selector' as const,
        selector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
      },
      'blue',
      true,
    ],
    [
      {
        from: 'Selector' as const,
        selector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['blue'] }] },
      },
      'blue',
      false,
    ],
  ])('%j from %s: %s', (allowed, from, expected) => {
    expect(isNamespaceAllowed(allowed, { from, to: 'shop-ops' }, lookup)).toBe(expected);
  });
});
