import { describe, expect, it } from 'vitest';

import { parseSchedule } from './schedule.ts';

const NEW_YORK = 'America/New_York';

describe('parseSchedule', () => {
  it.each<[string, string, string, string, string?]>([
    ['every minute', '* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01:00Z'],
    ['is strictly after', '0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['steps', '*/15 * * * *', '2026-01-01T00:46:00Z', '2026-01-01T01:00:00Z'],
    ['a step from a start', '5/20 * * * *', '2026-01-01T00:26:00Z', '2026-01-01T00:45:00Z'],
    ['ranges and lists', '0 9-11,17 * * *', '2026-01-01T11:30:00Z', '2026-01-01T17:00:00Z'],
    ['a range with a step', '0 8-18/5 * * *', '2026-01-01T08:30:00Z', '2026-01-01T13:00:00Z'],
    ['names', '30 6 * mar MON-fri', '2026-01-01T00:00:00Z', '2026-03-02T06:30:00Z'],
    ['@hourly', '@hourly', '2026-01-01T00:30:00Z', '2026-01-01T01:00:00Z'],
    ['@weekly is Sunday', '@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['@yearly', '@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['@every', '@every 1h30m', '2026-01-01T00:10:05.5Z', '2026-01-01T01:40:05Z'],
    ['date or weekday', '0 0 13 * 5', '2026-01-03T00:00:00Z', '2026-01-09T00:00:00Z'],
    ['date and any weekday', '0 0 13 * *', '2026-01-03T00:00:00Z', '2026-01-13T00:00:00Z'],
    ['leap days', '0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['a zone', '0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T14:00:00Z', NEW_YORK],
    ['summer time', '0 9 * * *', '2026-07-01T00:00:00Z', '2026-07-01T13:00:00Z', NEW_YORK],
    ['half hours', '0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T03:30:00Z', 'Asia/Kolkata'],
    // From robfig/cron v3 spec_test.go, "daylight savings time".
    [
      'skips 02:30 in spring',
      '30 2 8 3 *',
      '2026-03-08T05:00:00Z',
      '2027-03-08T07:30:00Z',
      NEW_YORK,
    ],
    ['hourly over spring', '0 * * * *', '2026-03-08T06:30:00Z', '2026-03-08T07:00:00Z', NEW_YORK],
    ['after spring', '0 3 * * *', '2026-03-08T06:30:00Z', '2026-03-08T07:00:00Z', NEW_YORK],
    [
      'first 01:30 in autumn',
      '30 1 * * *',
      '2026-11-01T04:00:00Z',
      '2026-11-01T05:30:00Z',
      NEW_YORK,
    ],
    [
      'second 01:30 in autumn',
      '30 1 * * *',
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:30:00Z',
      NEW_YORK,
    ],
    [
      'midnight after autumn',
      '0 0 * * *',
      '2026-11-01T04:00:00Z',
      '2026-11-02T05:00:00Z',
      NEW_YORK,
    ],
    [
      'a midnight that is skipped',
      '0 0 * * *',
      '2026-09-05T12:00:00Z',
      '2026-09-07T03:00:00Z',
      'America/Santiago',
    ],
  ])('%s', (_, text, after, expected, zone = 'UTC') => {
    const next = parseSchedule(text, zone).next(Date.parse(after)) ?? 0;
    expect(new Date(next).toISOString()).toBe(new Date(expected).toISOString());
  });

  it('has no next time when the date does not exist', () => {
    expect(parseSchedule('0 0 30 2 *', NEW_YORK).next(Date.parse('2026-01-01T00:00:00Z'))).toBe(
      undefined,
    );
  });

  it.each([
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['9-5 * * * *', 'beginning of range (9) beyond end of range (5): 9-5'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['x * * * *', 'failed to parse int from x'],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSchedule(text)).toThrow(message);
  });

  it('refuses an unknown zone', () => {
    expect(() => parseSchedule('@daily', 'Mars/Olympus')).toThrow(RangeError);
  });
});
