/** The string, regular expression, encoding and URL functions (cel-go `ext.Strings`, Kubernetes `regex` and `urls`). */
import { parseUrl, type Url } from '../cel-url.ts';
import { formatText, quoteText } from './format-text.ts';
import type { Declarations } from './library.ts';
import { compileCelPattern } from './standard.ts';
import {
  ArrayList,
  CelError,
  CostExceededError,
  type List,
  LiteralMap,
  textSize,
} from './values.ts';

/** Characters one function may make; far above what the cost limits let through. */
const MAX_TEXT = 32 * 1024 * 1024;

/** Positions in CEL count code points; plain text needs no conversion. */
function characters(text: string): string | string[] {
  return textSize(text) === text.length ? text : Array.from(text);
}

function slice(text: string, from: number, to?: number): string {
  const all = characters(text);
  return typeof all === 'string' ? all.slice(from, to) : all.slice(from, to).join('');
}

function charAt(text: string, at: bigint): string {
  if (at < 0n || at > BigInt(textSize(text))) throw new CelError(`index out of range: ${at}`);
  return slice(text, Number(at), Number(at) + 1);
}

function substring(text: string, from: bigint, to = BigInt(textSize(text))): string {
  const size = BigInt(textSize(text));
  if (from < 0n || from > size) throw new CelError(`index out of range: ${from}`);
  if (to < 0n || to > size) throw new CelError(`index out of range: ${to}`);
  if (from > to) throw new CelError(`invalid substring range. start: ${from}, end: ${to}`);
  return slice(text, Number(from), Number(to));
}

function indexOf(text: string, part: string, offset = 0n): bigint {
  const size = BigInt(textSize(text));
  if (part === '') return offset;
  if (offset < 0n) throw new CelError(`index out of range: ${offset}`);
  if (offset > size) return -1n;
  const skipped = slice(text, 0, Number(offset)).length;
  const found = text.indexOf(part, skipped);
  return found < 0 ? -1n : BigInt(textSize(text.slice(0, found)));
}

function lastIndexOf(text: string, part: string, offset?: bigint): bigint {
  const size = BigInt(textSize(text));
  if (part === '') return offset ?? size;
  if (offset !== undefined && offset < 0n) throw new CelError(`index out of range: ${offset}`);
  if (offset !== undefined && offset > size) return -1n;
  const last = offset === undefined ? text.length : slice(text, 0, Number(offset)).length;
  const found = text.lastIndexOf(part, last);
  return found < 0 ? -1n : BigInt(textSize(text.slice(0, found)));
}

/** Replaces the first `limit` occurrences, all when it is negative. */
function replace(...[text, from, to, limit = -1n]: [string, string, string, bigint?]): string {
  const pieces = from === '' ? Array.from(text) : text.split(from);
  const gaps = from === '' ? pieces.length + 1 : pieces.length - 1;
  const count = limit < 0n ? gaps : Math.min(gaps, Number(limit));
  if (text.length + count * to.length > MAX_TEXT) throw new CostExceededError();
  let left = count;
  if (from !== '') {
    return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
  }
  let result = '';
  for (const piece of pieces) result += (left-- > 0 ? to : '') + piece;
  return left > 0 ? result + to : result;
}

function split(text: string, separator: string, limit = -1n): List {
  if (limit === 0n) return new ArrayList([]);
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return new ArrayList(parts);
  const head = parts.slice(0, Number(limit) - 1);
  return new ArrayList([...head, parts.slice(Number(limit) - 1).join(separator)]);
}

function join(list: List, separator = ''): string {
  if (list.size > 1_000_000) throw new CostExceededError();
  const parts: string[] = [];
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw new CelError('no such overload');
    length += item.length + separator.length;
    if (length > MAX_TEXT) throw new CostExceededError();
    parts.push(item);
  }
  return parts.join(separator);
}

const lower = (text: string): string =>
  text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
const upper = (text: string): string =>
  text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
const trim = (text: string): string =>
  text.replaceAll(/^[\p{White_Space}]+|[\p{White_Space}]+$/gu, '');

function findAll(text: string, pattern: string, limit = -1n): List {
  return new ArrayList(compileCelPattern(pattern).all(text, Number(limit)));
}

function url(text: string): Url {
  const parsed = parseUrl(text);
  if (parsed !== undefined) return parsed;
  throw new CelError(
    `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
  );
}

export const stringFunctions: Declarations = [
  ['string.charAt(int) -> string', charAt],
  ['string.indexOf(string) -> int', (text: string, part: string) => indexOf(text, part)],
  ['string.indexOf(string, int) -> int', indexOf],
  ['string.lastIndexOf(string) -> int', (text: string, part: string) => lastIndexOf(text, part)],
  ['string.lastIndexOf(string, int) -> int', lastIndexOf],
  ['string.lowerAscii() -> string', lower],
  ['string.upperAscii() -> string', upper],
  ['string.trim() -> string', trim],
  ['string.replace(string, string) -> string', replace],
  ['string.replace(string, string, int) -> string', replace],
  ['string.split(string) -> list(string)', (text: string, by: string) => split(text, by)],
  ['string.split(string, int) -> list(string)', split],
  ['string.substring(int) -> string', (text: string, from: bigint) => substring(text, from)],
  ['string.substring(int, int) -> string', substring],
  ['string.format(list(dyn)) -> string', formatText],
  ['strings.quote(string) -> string', quoteText],
  ['list(string).join() -> string', (list: List) => join(list)],
  ['list(string).join(string) -> string', join],
  [
    'string.find(string) -> string',
    (text: string, pattern: string) => compileCelPattern(pattern).first(text),
  ],
  [
    'string.findAll(string) -> list(string)',
    (text: string, pattern: string) => findAll(text, pattern),
  ],
  ['string.findAll(string, int) -> list(string)', findAll],
  ['url(string) -> kubernetes.URL', url],
  ['isURL(string) -> bool', (text: string) => parseUrl(text) !== undefined],
  ['kubernetes.URL.getScheme() -> string', ({ scheme }: Url) => scheme],
  ['kubernetes.URL.getHost() -> string', ({ host }: Url) => host],
  ['kubernetes.URL.getHostname() -> string', ({ hostname }: Url) => hostname],
  ['kubernetes.URL.getPort() -> string', ({ port }: Url) => port],
  ['kubernetes.URL.getEscapedPath() -> string', ({ path }: Url) => path],
  [
    'kubernetes.URL.getQuery() -> map(string, list(string))',
    ({ query }: Url) =>
      new LiteralMap(Object.entries(query).map(([key, values]) => [key, new ArrayList(values)])),
  ],
];
