/**
 * String formats the API server checks (apiextensions `formats.go`). An unknown format is ignored, as there. The names
 * are compared without dashes: `date-time` and `datetime` are the same.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const duration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/;
const durationUnit = /(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const scalaDuration =
  /^\d+ *(ns|nanos?|us|µs|micros?|ms|millis?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/i;
const label = /^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$/;
const shortName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function isRealDate(pattern: RegExp, text: string): boolean {
  const found = pattern.exec(text);
  if (found === null) return false;
  const [, year, month, day] = found.map(Number);
  const days = new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
  return month! >= 1 && month! <= 12 && day! >= 1 && day! <= days;
}

/** Go's `time.ParseDuration`, or the older `22 ns` form. */
function isDuration(text: string): boolean {
  if (text === '0' || scalaDuration.test(text)) return true;
  if (!duration.test(text)) return false;
  durationUnit.lastIndex = /^[+-]/.test(text) ? 1 : 0;
  while (durationUnit.lastIndex < text.length) if (!durationUnit.test(text)) return false;
  return true;
}

function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name.length > 0 && name.length <= 255 && name.split('.').every((part) => label.test(part));
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  return at > 0 && !/[\s<>]/.test(text) && isHostname(text.slice(at + 1));
}

/** Absolute, or a path from the root (`url.ParseRequestURI`). */
function isUri(text: string): boolean {
  if (text.startsWith('/')) return !/[\s]/.test(text);
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && URL.canParse(text);
}

/** `10.0.0.0/8`, `fd00::/8`. */
export function isCidr(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits ?? '')) return false;
  return Number(bits) <= (family === 4 ? 32 : 128);
}

function isLuhn(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  return digits.length >= 13 && digits.length <= 16;
}

function isbn(length: 10 | 13): Check {
  return (text) => new RegExp(`^\\d{${length - 1}}[\\dXx]$`).test(text.replace(/[\s-]/g, ''));
}

function isByte(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text.replace(/[\r\n]/g, ''));
}

function isRgb(text: string): boolean {
  const found = /^rgb\( *(\d{1,3}) *, *(\d{1,3}) *, *(\d{1,3}) *\)$/.exec(text);
  return found !== null && found.slice(1).every((part) => Number(part) <= 255);
}

const uuid = (version: string, variant: string): Check =>
  matches(
    new RegExp(
      `^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`,
      'i',
    ),
  );

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['datetime', (text) => isRealDate(dateTime, text)],
  ['date', (text) => isRealDate(date, text)],
  ['duration', isDuration],
  ['uri', isUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIPv4],
  ['ipv6', isIPv6],
  ['cidr', isCidr],
  ['mac', matches(/^([0-9a-f]{2}([:-])[0-9a-f]{2}(\2[0-9a-f]{2}){4}(\2[0-9a-f]{2}){0,14})$/i)],
  ['uuid', uuid('[0-9a-f]', '[0-9a-f]')],
  ['uuid3', uuid('3', '[0-9a-f]')],
  ['uuid4', uuid('4', '[89ab]')],
  ['uuid5', uuid('5', '[89ab]')],
  ['byte', isByte],
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['isbn', (text) => isbn(10)(text) || isbn(13)(text)],
  ['isbn10', isbn(10)],
  ['isbn13', isbn(13)],
  ['creditcard', isLuhn],
  ['ssn', matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', isRgb],
  ['k8sshortname', (text) => text.length <= 63 && shortName.test(text)],
  [
    'k8slongname',
    (text) => text.length <= 253 && text.split('.').every((part) => shortName.test(part)),
  ],
]);

/** Whether `text` has the format; `true` for formats nobody checks. */
export function hasFormat(text: string, format: string): boolean {
  return checks.get(format.replaceAll('-', ''))?.(text) ?? true;
}
