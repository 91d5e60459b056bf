/** Timestamps and durations of CEL: texts, parts, time zones. */
import type { Declarations } from './library.ts';
import { CelError, Duration, Timestamp } from './values.ts';

const NANO = 1_000_000_000n;
const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** RFC 3339. @throws CelError */
export function parseTimestamp(text: string): Timestamp {
  const found = rfc3339.exec(text);
  const bad = (): CelError =>
    new CelError(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  if (found === null) throw bad();
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) throw bad();
  date.setUTCHours(hour, minute, second);
  const offset =
    (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * (found[8] === '-' ? -1 : 1);
  const seconds = BigInt(date.getTime() / 1000 - offset * 60);
  const fraction = BigInt((found[7] ?? '').padEnd(9, '0').slice(0, 9));
  return new Timestamp(seconds * NANO + fraction);
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: NANO,
  m: 60n * NANO,
  h: 3600n * NANO,
};
const durationPart = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;

/** Go's `time.ParseDuration`. @throws CelError */
export function parseDuration(text: string): Duration {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body === '0') return new Duration(0n);
  let nanos = 0n;
  durationPart.lastIndex = 0;
  let at = 0;
  while (at < body.length) {
    durationPart.lastIndex = at;
    const found = durationPart.exec(body);
    const [whole, integer = '', fraction = '', unit = ''] = found ?? [''];
    if (found === null || (integer === '' && fraction === '') || whole.length > 60) {
      throw invalidDuration(text);
    }
    const scale = units[unit] ?? 1n;
    nanos += BigInt(integer === '' ? '0' : integer) * scale;
    if (fraction !== '') nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    at += whole.length;
  }
  if (body === '') throw invalidDuration(text);
  return new Duration(sign === '-' ? -nanos : nanos);
}

function invalidDuration(text: string): CelError {
  return new CelError(`time: invalid duration ${JSON.stringify(text)}`);
}

/** RFC 3339 in UTC, without trailing zeros. */
export function timestampText({ nanos }: Timestamp): string {
  const { millis, rest } = split(nanos);
  const seconds = new Date(millis).toISOString().slice(0, -5);
  const fraction = (BigInt(((millis % 1000) + 1000) % 1000) * 1_000_000n + rest)
    .toString()
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Seconds with a fraction: `90s`, `0.5s`. */
export function durationText({ nanos }: Duration): string {
  const absolute = nanos < 0n ? -nanos : nanos;
  const fraction = (absolute % NANO).toString().padStart(9, '0').replace(/0+$/, '');
  const sign = nanos < 0n ? '-' : '';
  return `${sign}${absolute / NANO}${fraction === '' ? '' : `.${fraction}`}s`;
}

function split(nanos: bigint): { millis: number; rest: bigint } {
  let rest = nanos % 1_000_000n;
  if (rest < 0n) rest += 1_000_000n;
  return { millis: Number((nanos - rest) / 1_000_000n), rest };
}

/** The moment as a Date whose UTC parts are those of the zone. @throws CelError for unknown zones */
function inZone(time: Timestamp, zone: string): Date {
  const { millis } = split(time.nanos);
  const fixed = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return new Date(millis + (fixed[1] === '-' ? -minutes : minutes) * 60_000);
  }
  if (zone === 'UTC' || zone === '') return new Date(millis);
  return new Date(millis + zoneOffset(new Date(millis), zone));
}

function zoneOffset(date: Date, zone: string): number {
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(date);
    const part = (type: string): number =>
      Number(parts.find((candidate) => candidate.type === type)?.value);
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return local - Math.floor(date.getTime() / 1000) * 1000;
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);

const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: dayOfYear,
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const ofDuration: Readonly<Record<string, bigint>> = {
  getHours: 3600n * NANO,
  getMinutes: 60n * NANO,
  getSeconds: NANO,
  getMilliseconds: 1_000_000n,
};

export const timeFunctions: Declarations = [
  ...Object.entries(parts).flatMap(([name, part]) => [
    [`timestamp.${name}() -> int`, (time: Timestamp) => BigInt(part(inZone(time, 'UTC')))] as const,
    [
      `timestamp.${name}(string) -> int`,
      (time: Timestamp, zone: string) => BigInt(part(inZone(time, zone))),
    ] as const,
  ]),
  ...Object.entries(ofDuration).map(
    ([name, unit]) => [`duration.${name}() -> int`, ({ nanos }: Duration) => nanos / unit] as const,
  ),
  ['string(timestamp) -> string', timestampText],
  ['string(duration) -> string', durationText],
];
