import { describe, expect, test } from 'vitest';

import { scheduleProblem } from './cron-schedule.ts';

/** The standard five-field format and the descriptors of kubernetes.io/docs/concepts/workloads/controllers/cron-jobs. */
describe('scheduleProblem', () => {
  test.each([
    '*/15 0-6,22 * jan-mar MON-fri',
    '0 0 1 1 ?',
    '5/10 * * * 0',
    '@daily',
    '@every 1h30m',
    '  0   4 * * 1 ',
  ])('%j is a schedule', (schedule) => expect(scheduleProblem(schedule)).toBeUndefined());

  test.each([
    ['', 'expected exactly 5 fields, found 0: []'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every day', 'failed to parse duration @every day: time: invalid duration "day"'],
    ['* 24 * * *', 'end of range (24) above maximum (23): 24'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 5-2', 'beginning of range (5) beyond end of range (2): 5-2'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['-5 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
  ])('%j is none', (schedule, problem) => expect(scheduleProblem(schedule)).toBe(problem));
});
