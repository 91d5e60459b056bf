import { describe, expect, it } from 'vitest';

import { canonicalQuantity } from './quantity.ts';

describe('canonicalQuantity', () => {
  it.each([
    [1, '1'],
    [0.5, '500m'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['512Ki', '512Ki'],
    ['100Ki', '100Ki'],
    ['0.5Ki', '512'],
    ['1000', '1k'],
    ['12e3', '12e3'],
    ['1E', '1E'],
    ['0', '0'],
    ['0.0001', '1m'],
    ['-0.5', '-500m'],
  ])('writes %s as %s', (given, text) => {
    expect(canonicalQuantity(given)).toBe(text);
  });

  it.each(['', 'lots', '1 Gi', '1KiB', '--1'])('refuses %j', (given) => {
    expect(canonicalQuantity(given)).toBeUndefined();
  });
});
