/** CEL source to tokens (language definition, section "Syntax"). */
import type { SourceProblem } from './source-error.ts';

export type Token =
  | { kind: 'end'; at: number; text: '<EOF>' }
  /** Identifiers and keywords; `quoted` for names in backticks. */
  | { kind: 'name'; at: number; text: string; quoted?: boolean }
  /** Operators and punctuation. */
  | { kind: 'mark'; at: number; text: string }
  | { kind: 'int' | 'uint'; at: number; text: string; value: bigint }
  | { kind: 'double'; at: number; text: string; value: number }
  | { kind: 'string'; at: number; text: string; value: string }
  | { kind: 'bytes'; at: number; text: string; value: Uint8Array };

/** Thrown for text that is no CEL token. */
export class LexError extends Error {
  readonly problem: SourceProblem;
  constructor(at: number, text: string) {
    super(text);
    this.problem = { at, text };
  }
}

const space = /(?:[ \t\r\n\f]+|\/\/[^\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedName = /`([A-Za-z0-9_.\-/ ]+)`/y;
const number =
  /(0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+)([uU])?/y;
const escape = String.raw`\\(?:[abfnrtv"'\`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`;
const text = new RegExp(
  String.raw`([rRbB]{0,2})("""(?:${escape}|[^\\])*?"""|'''(?:${escape}|[^\\])*?'''|"(?:${escape}|[^\\"\n])*"|'(?:${escape}|[^\\'\n])*')`,
  'y',
);
/** As much of a text as can be read before it turns out to be none. */
const brokenText = new RegExp(`"(?:${escape}|[^\\\\"\n])*|'(?:${escape}|[^\\\\'\n])*`, 'y');
const rawText = /([rRbB]{1,2})("""[^]*?"""|'''[^]*?'''|"[^"\n]*"|'[^'\n]*')/y;
const mark = /&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y;

/**
 * All tokens, the last one being `end`; what is none is complained about and left out.
 * @throws LexError for a literal that stands for nothing
 */
export function tokenize(source: string): { tokens: Token[]; problems: SourceProblem[] } {
  const tokens: Token[] = [];
  const problems: SourceProblem[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  for (;;) {
    at += match(space)?.[0].length ?? 0;
    if (at >= source.length) break;
    const token = readToken(match, at);
    if (token === undefined) {
      const rest = source.slice(at, brokenEnd(match, source, at));
      const shown = rest.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
      problems.push({ at, text: `Syntax error: token recognition error at: '${shown}'` });
      at += rest.length;
      continue;
    }
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', at: source.length, text: '<EOF>' });
  return { tokens, problems };
}

/** Where reading goes on after a text that is none: behind the first character that cannot be part of it. */
function brokenEnd(match: Match, source: string, at: number): number {
  // One `&` or `|` is half an operator.
  if (source[at] === '&' || source[at] === '|') return Math.min(source.length, at + 2);
  let end = at + (match(brokenText)?.[0].length ?? 0);
  if (source[end] === '\\') {
    const digits =
      /\\(?:[xX][0-9a-fA-F]{0,2}|u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|[0-3][0-7]{0,2})?/y;
    digits.lastIndex = end;
    end += digits.exec(source)?.[0].length ?? 0;
  }
  return Math.min(source.length, end + 1);
}

type Match = (pattern: RegExp) => RegExpExecArray | null;

function readToken(match: Match, at: number): Token | undefined {
  const raw = match(rawText);
  const quoted = raw !== null && /r/i.test(raw[1] ?? '') ? raw : match(text);
  if (quoted !== null) return textToken(quoted, at);
  const named = match(name);
  if (named !== null) return { kind: 'name', at, text: named[0] };
  const escaped = match(quotedName);
  if (escaped !== null) return { kind: 'name', at, text: escaped[0], quoted: true };
  const numeric = match(number);
  if (numeric !== null) return numberToken(numeric, at);
  const found = match(mark);
  return found === null ? undefined : { kind: 'mark', at, text: found[0] };
}

function numberToken(found: RegExpExecArray, at: number): Token {
  const [whole, digits = '', unsigned] = found;
  if (unsigned !== undefined) return { kind: 'uint', at, text: whole, value: BigInt(digits) };
  const isDouble = !digits.startsWith('0x') && /[.eE]/.test(digits);
  return isDouble
    ? { kind: 'double', at, text: whole, value: Number(digits) }
    : { kind: 'int', at, text: whole, value: BigInt(digits) };
}

function textToken(found: RegExpExecArray, at: number): Token {
  const [whole, prefix = '', quoted = ''] = found;
  const quotes = /^("""|''')/.test(quoted) ? 3 : 1;
  const body = quoted.slice(quotes, -quotes).replaceAll(/\r\n?/g, '\n');
  const isBytes = /b/i.test(prefix);
  if (/r/i.test(prefix)) {
    return isBytes
      ? { kind: 'bytes', at, text: whole, value: new TextEncoder().encode(body) }
      : { kind: 'string', at, text: whole, value: body };
  }
  return isBytes
    ? { kind: 'bytes', at, text: whole, value: unescapeBytes(body, at) }
    : { kind: 'string', at, text: whole, value: unescapeText(body, at) };
}

const escapes =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]))/g;
const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

function unescapeText(body: string, at: number): string {
  return body.replace(escapes, (...groups: string[]) => {
    const code = codeOf(groups);
    if (code === undefined) return simpleEscape(groups[5], at);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      throw new LexError(at, 'invalid unicode code point');
    return String.fromCodePoint(code);
  });
}

/** In bytes `\x` and octal escapes are single bytes; everything else is UTF-8. */
function unescapeBytes(body: string, at: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const found of body.matchAll(escapes)) {
    parts.push(Buffer.from(body.slice(end, found.index)));
    end = found.index + found[0].length;
    if (found[2] !== undefined || found[3] !== undefined)
      throw new LexError(at, 'unable to unescape string');
    const code = codeOf(found as string[]);
    parts.push(
      code === undefined ? Buffer.from(simpleEscape(found[5], at)) : new Uint8Array([code]),
    );
  }
  parts.push(Buffer.from(body.slice(end)));
  return new Uint8Array(Buffer.concat(parts));
}

function codeOf([, hex2, hex4, hex8, octal]: (string | undefined)[]): number | undefined {
  const hex = hex2 ?? hex4 ?? hex8;
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return octal === undefined ? undefined : Number.parseInt(octal, 8);
}

function simpleEscape(letter: string | undefined, at: number): string {
  const replacement = letter === undefined ? undefined : simpleEscapes[letter];
  if (replacement === undefined) throw badEscape(at);
  return replacement;
}

function badEscape(at: number): LexError {
  return new LexError(at, 'Syntax error: invalid escape sequence');
}
