/**
 * String formats the API server checks (apiextensions `formats.go`). An unknown format is ignored, as there. The names
 * are compared without dashes: `date-time` and `datetime` are the same.
 */
import { isIP, isIPv6 } from 'node:net';

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d)(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const duration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/;
const durationUnit = /(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const scalaDuration =
  /^\d+ *(ns|nanos?|us|µs|micros?|ms|millis?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/i;
const hostname =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.))+([a-zA-Z\p{L}]){2,63})$/u;
const ATOM = '[^\\s\\u0000-\\u001f\\u007f()<>\\[\\]:;@\\\\,."]+';
const QUOTED = '"(?:\\\\.|[^"\\\\])*"';
const WORD = `(?:${ATOM}(?:\\.${ATOM})*|${QUOTED})`;
const ADDRESS = `${WORD}@(?:${ATOM}(?:\\.${ATOM})*|\\[[^\\[\\]\\\\]*\\])`;
const email = new RegExp(`^\\s*(?:(?:${WORD}\\s*)*<${ADDRESS}>|${ADDRESS})\\s*$`);
const creditCard =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;
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

/** Labels and the whole are limited in bytes. */
function isHostname(text: string): boolean {
  if (text.length > 255 || !hostname.test(text) || Buffer.byteLength(text) > 255) return false;
  return text.split('.').every((part) => Buffer.byteLength(part) <= 63);
}

/** Absolute, or a path from the root (`url.ParseRequestURI`). */
function isUri(text: string): boolean {
  if (text.startsWith('/')) return !/[\s]/.test(text);
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && URL.canParse(text);
}

/** Leading zeros of IPv4 are passed over. */
function withoutZeros(text: string): string {
  return text.replaceAll(/(^|[.:])0+(?=\d+(?:\.|$))/g, '$1');
}

/** With dots, also when it is inside of IPv6. */
function isIpv4(text: string): boolean {
  return text.includes('.') && !text.includes('%') && isIP(withoutZeros(text)) !== 0;
}

/** `10.0.0.0/8`, `fd00::/8`. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(withoutZeros(address));
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  return !address.includes('%') && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Every second digit counts double, from the right (Luhn). */
function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  if (!creditCard.test(digits)) return false;
  const sum = Array.from(digits)
    .toReversed()
    .map((digit, i) => Number(digit) * (i % 2 === 0 ? 1 : 2))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return sum % 10 === 0;
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (total, digit, i) => total + (i + 1) * (digit === 'X' ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3),
    0,
  );
  return sum % 10 === 0;
}

function isByte(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
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
  ['email', matches(email)],
  ['hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', (text) => isIPv6(text) && !text.includes('%')],
  ['cidr', isCidr],
  [
    'mac',
    matches(
      /^([0-9a-f]{2}([:-])[0-9a-f]{2}(\2[0-9a-f]{2}){4}(\2[0-9a-f]{2}){0,14}|([0-9a-f]{4}\.){2,9}[0-9a-f]{4})$/i,
    ),
  ],
  ['uuid', uuid('[0-9a-f]', '[0-9a-f]')],
  ['uuid3', uuid('3', '[0-9a-f]')],
  ['uuid4', uuid('4', '[89ab]')],
  ['uuid5', uuid('5', '[89ab]')],
  ['byte', isByte],
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', matches(/^\d{3}[- ]\d{2}[- ]\d{4}$/)],
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
