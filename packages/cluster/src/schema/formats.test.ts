import { describe, expect, it } from 'vitest';
import { hasFormat } from './formats.ts';

describe('hasFormat', () => {
  it.each([
    [
      'date-time',
      ['2024-02-29T12:00:00Z', '2024-01-01T00:00:00.123456789+02:00'],
      ['2023-02-29T12:00:00Z', '2024-01-01', '2024-01-01T25:00:00Z'],
    ],
    ['date', ['2024-02-29'], ['2024-02-30', '2024-2-3']],
    ['duration', ['1h30m', '22 ns', '-1.5h', '300ms', '0'], ['', '1', 'h', '1x', '1h 30m']],
    ['uri', ['https://a.b/c?d', '/path', 'mailto:a@b'], ['a.b/c', 'https://[bad', '']],
    ['email', ['a@b.c'], ['a', '@b', 'a b@c']],
    ['hostname', ['a.b-c.de', 'localhost'], ['', '-a', 'a..b']],
    ['ipv4', ['1.2.3.4'], ['1.2.3', '1.2.3.256', '::1']],
    ['ipv6', ['::1', 'fd00::1'], ['1.2.3.4', ':::']],
    ['cidr', ['10.0.0.0/8', 'fd00::/8'], ['10.0.0.0', '10.0.0.0/33']],
    ['mac', ['01:23:45:67:89:ab', '01-23-45-67-89-ab'], ['01:23:45', '0123456789ab']],
    ['uuid', ['6BA7B810-9dad-11d1-80b4-00c04fd430c8'], ['6ba7b810']],
    ['uuid4', ['6ba7b810-9dad-41d1-80b4-00c04fd430c8'], ['6ba7b810-9dad-11d1-80b4-00c04fd430c8']],
    ['byte', ['aGVsbG8='], ['a', '*===', '']],
    ['k8s-short-name', ['a-b'], ['-a', 'A', 'a'.repeat(64)]],
    ['hexcolor', ['#fff', 'A0B0C0'], ['#ffff']],
    ['rgbcolor', ['rgb(1,2,3)'], ['rgb(1,2,256)']],
  ])('%s', (format, good, bad) => {
    expect(good.filter((text) => !hasFormat(text, format))).toEqual([]);
    expect(bad.filter((text) => hasFormat(text, format))).toEqual([]);
  });

  it('does not judge formats it does not know', () => {
    expect(hasFormat('anything', 'made-up')).toBe(true);
  });
});
