/**
 * Cron expressions as CronJobs know them: five fields with lists, ranges, steps and names, `@hourly` and the other macros,
 * `@every 1h30m`; times in any zone. Pure.
 */

export interface Schedule {
  /** The first time after `after`, both in milliseconds; undefined when there is none in five years. */
  next(after: number): number | undefined;
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEARS = 5;

interface Range {
  min: number;
  max: number;
  /** The name of `min` first. */
  names?: string[];
}

const FIELDS: Range[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

interface Field {
  values: Set<number>;
  /** `*` or `?`, possibly with a step: it does not restrict. */
  isStar: boolean;
}

function valueOf(text: string, { min, names = [] }: Range): number {
  const index = names.indexOf(text.toLowerCase());
  if (index !== -1) return index + min;
  if (!/^\d+$/.test(text)) throw new Error(`failed to parse int from ${text}`);
  return Number(text);
}

function addPart(part: string, range: Range, field: Field): void {
  const [span = '', step = '1', ...rest] = part.split('/');
  if (rest.length > 0) throw new Error(`too many slashes: ${part}`);
  if (!/^\d+$/.test(step)) throw new Error(`failed to parse int from ${step}`);
  const [low = '', high, ...more] = span.split('-');
  if (more.length > 0) throw new Error(`too many hyphens: ${part}`);
  const isStar = low === '*' || low === '?';
  const start = isStar ? range.min : valueOf(low, range);
  const isOpen = isStar || (high === undefined && part.includes('/'));
  const end = isOpen ? range.max : high === undefined ? start : valueOf(high, range);
  if (start < range.min)
    throw new Error(`beginning of range (${start}) below minimum (${range.min}): ${part}`);
  if (end > range.max)
    throw new Error(`end of range (${end}) above maximum (${range.max}): ${part}`);
  if (start > end)
    throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
  if (Number(step) === 0) throw new Error(`step of range should be a positive number: ${part}`);
  if (isStar && Number(step) === 1) field.isStar = true;
  for (let value = start; value <= end; value += Number(step)) field.values.add(value);
}

function parseField(text: string, range: Range): Field {
  const field: Field = { values: new Set(), isStar: false };
  for (const part of text.split(',').filter((one) => one !== '')) addPart(part, range, field);
  return field;
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: MINUTE,
  h: HOUR,
};

/** Go's duration text, e.g. `1h30m`, in milliseconds; not below one second. */
function everyMs(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text))
    throw new Error(`failed to parse duration @every ${text}: time: invalid duration "${text}"`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  return Math.max(1000, Math.trunc(total / 1000) * 1000);
}

interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

type Wall = (time: number) => WallTime;

function wallClock(zone: string): Wall {
  if (zone === 'UTC') {
    return (time) => {
      const date = new Date(time);
      return {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
      };
    };
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const wall: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(time)) wall[type] = Number(value);
    return wall as unknown as WallTime;
  };
}

interface Times {
  fields: Field[];
  wall: Wall;
}

/** A day matches by date or by weekday when both restrict, else by both (crontab(5)). */
function matchesDay({ fields }: Times, { year, month, day }: WallTime): boolean {
  const [, , dates, , weekdays] = fields as [Field, Field, Field, Field, Field];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const [byDate, byWeekday] = [dates.values.has(day), weekdays.values.has(weekday)];
  return dates.isStar || weekdays.isStar ? byDate && byWeekday : byDate || byWeekday;
}

/** The first moment of the next wall-clock day, whatever clock changes lie between. */
function nextDay(time: number, wall: Wall): number {
  const now = wall(time);
  const rest = DAY - ((now.hour * 60 + now.minute) * 60 + now.second) * 1000;
  let next = time + rest;
  const landed = wall(next);
  const past = (landed.hour * 60 + landed.minute) * MINUTE;
  // The day was longer or shorter than usual: go to its very end, or back to the start of the new one.
  if (landed.day === now.day) next += DAY - past;
  else if (past > 0 && wall(next - past).day === landed.day) next -= past;
  return next;
}

function nextTime(times: Times, after: number): number | undefined {
  const { fields, wall } = times;
  const [minutes, hours, , months] = fields as [Field, Field, Field, Field, Field];
  let time = Math.floor(after / MINUTE) * MINUTE + MINUTE;
  const last = wall(time).year + YEARS;
  for (;;) {
    const now = wall(time);
    if (now.year > last) return undefined;
    if (!months.values.has(now.month) || !matchesDay(times, now)) time = nextDay(time, wall);
    else if (!hours.values.has(now.hour)) time += HOUR - now.minute * MINUTE;
    else if (!minutes.values.has(now.minute)) {
      const following = [...minutes.values].filter((one) => one > now.minute);
      time += (Math.min(60, ...following) - now.minute) * MINUTE;
    } else return time;
  }
}

/**
 * Throws an Error that says what is wrong, in the words of the library Kubernetes uses; RangeError for an unknown zone.
 * A wall-clock time that a clock change skips has no run that day, one that comes twice has two (robfig/cron v3).
 */
export function parseSchedule(text: string, zone = 'UTC'): Schedule {
  const wall = wallClock(zone);
  if (text.startsWith('@every ')) {
    const step = everyMs(text.slice('@every '.length).trim());
    return { next: (after) => Math.trunc(after / 1000) * 1000 + step };
  }
  if (text.startsWith('@') && MACROS[text] === undefined)
    throw new Error(`unrecognized descriptor: ${text}`);
  const parts = (MACROS[text] ?? text).split(/\s+/).filter((part) => part !== '');
  if (parts.length !== FIELDS.length)
    throw new Error(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  const fields = parts.map((part, index) => parseField(part, FIELDS[index]!));
  return { next: (after) => nextTime({ fields, wall }, after) };
}
