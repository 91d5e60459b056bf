import { describe, expect, test } from 'vitest';

import { humanAge, humanDuration } from './human-duration.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('api/human-duration', () => {
  test.each([
    [-2 * S, '<invalid>'],
    [0, '0s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [2 * M + S, '2m1s'],
    [10 * M + 59 * S, '10m'],
    [179 * M, '179m'],
    [3 * H, '3h'],
    [7 * H + 59 * M, '7h59m'],
    [8 * H + 5 * M, '8h'],
    [47 * H, '47h'],
    [2 * D, '2d'],
    [7 * D + 23 * H, '7d23h'],
    [8 * D, '8d'],
    [729 * D, '729d'],
    [730 * D, '2y'],
    [3 * 365 * D + 7 * D, '3y7d'],
    [8 * 365 * D, '8y'],
  ])('%d ms is %s', (milliseconds, text) => expect(humanDuration(milliseconds)).toBe(text));

  test('says what it does not know', () => {
    expect(humanAge(undefined, 0)).toBe('<unknown>');
    expect(humanAge('nonsense', 0)).toBe('<invalid>');
    expect(humanAge('1970-01-01T00:00:00Z', 90_000)).toBe('90s');
  });
});
