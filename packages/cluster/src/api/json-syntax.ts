/** What Go's JSON decoder says of a text that is no JSON: clients see it in a 400 and people search the web for it. */

const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const LITERALS: Record<string, string> = { t: 'true', f: 'false', n: 'null' };
const END = 'unexpected end of JSON input';

/** Carries the complaint out of the depths of the text. */
class SyntaxComplaint extends Error {}

/** The first complaint about `bytes`, which must not be valid JSON; the given words when none is found. */
export function jsonSyntaxError(bytes: Uint8Array, otherwise: string): string {
  try {
    new Scanner(bytes).document();
  } catch (error) {
    if (error instanceof SyntaxComplaint) return error.message;
    if (!(error instanceof RangeError)) throw error;
    return 'exceeded max depth';
  }
  return otherwise;
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): void {
    this.#value();
    this.#skipSpace();
    if (this.#at < this.#bytes.length) throw this.#unexpected('after top-level value');
  }

  #value(): void {
    this.#skipSpace();
    const char = this.#char();
    if (char === '{') this.#object();
    else if (char === '[') this.#array();
    else if (char === '"') this.#string();
    else if (/[-\d]/.test(char)) this.#number();
    else if (Object.hasOwn(LITERALS, char)) this.#literal(LITERALS[char] ?? '');
    else throw this.#unexpected('looking for beginning of value');
  }

  #object(): void {
    this.#at += 1;
    if (this.#follows('}')) return;
    for (;;) {
      this.#skipSpace();
      if (this.#char() !== '"')
        throw this.#unexpected('looking for beginning of object key string');
      this.#string();
      if (!this.#follows(':')) throw this.#unexpected('after object key');
      this.#value();
      if (this.#follows('}')) return;
      if (!this.#follows(',')) throw this.#unexpected('after object key:value pair');
    }
  }

  #array(): void {
    this.#at += 1;
    if (this.#follows(']')) return;
    for (;;) {
      this.#value();
      if (this.#follows(']')) return;
      if (!this.#follows(',')) throw this.#unexpected('after array element');
    }
  }

  #string(): void {
    this.#at += 1;
    for (;;) {
      const char = this.#char();
      if (char < ' ') throw this.#unexpected('in string literal');
      this.#at += 1;
      if (char === '"') return;
      if (char === '\\') this.#escape();
    }
  }

  #escape(): void {
    const char = this.#charOrSpace();
    if (!'bfnrt\\/"u'.includes(char)) throw this.#unexpectedInside('in string escape code');
    this.#at += 1;
    if (char !== 'u') return;
    for (let digit = 0; digit < 4; digit += 1) {
      if (!/[\da-f]/i.test(this.#charOrSpace()))
        throw this.#unexpectedInside('in \\u hexadecimal character escape');
      this.#at += 1;
    }
  }

  #number(): void {
    if (this.#take('-')) this.#needDigit('in numeric literal');
    if (!this.#take('0')) this.#digits();
    if (this.#take('.')) {
      this.#needDigit('after decimal point in numeric literal');
      this.#digits();
    }
    if (!this.#take('e') && !this.#take('E')) return;
    if (!this.#take('+')) this.#take('-');
    this.#needDigit('in exponent of numeric literal');
    this.#digits();
  }

  #needDigit(where: string): void {
    if (!/\d/.test(this.#charOrSpace())) throw this.#unexpectedInside(where);
  }

  #digits(): void {
    while (this.#at < this.#bytes.length && /\d/.test(this.#char())) this.#at += 1;
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#charOrSpace() !== expected)
        throw this.#unexpectedInside(`in literal ${word} (expecting '${expected}')`);
      this.#at += 1;
    }
  }

  #take(char: string): boolean {
    if (this.#bytes[this.#at] !== char.codePointAt(0)) return false;
    this.#at += 1;
    return true;
  }

  /** Takes the character when it is the next one after space. */
  #follows(char: string): boolean {
    this.#skipSpace();
    return this.#take(char);
  }

  #skipSpace(): void {
    while (SPACE.has(this.#bytes[this.#at] ?? -1)) this.#at += 1;
  }

  /** The byte as a character; Go does not decode here either. */
  #char(): string {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new SyntaxComplaint(END);
    return String.fromCodePoint(byte);
  }

  /** In the middle of a word or number the end is taken for a space, which cannot be there. */
  #charOrSpace(): string {
    return this.#at < this.#bytes.length ? this.#char() : ' ';
  }

  #unexpected(where: string): SyntaxComplaint {
    return complaint(this.#char(), where);
  }

  #unexpectedInside(where: string): SyntaxComplaint {
    return complaint(this.#charOrSpace(), where);
  }
}

function complaint(char: string, where: string): SyntaxComplaint {
  return new SyntaxComplaint(`invalid character ${quoted(char)} ${where}`);
}

function quoted(char: string): string {
  if (char === "'") return String.raw`'\''`;
  if (char === '"') return `'"'`;
  return `'${goEscaped(char)}'`;
}

const ESCAPES: Record<string, string> = {
  '\u0007': String.raw`\a`,
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\v': String.raw`\v`,
  '\\': String.raw`\\`,
};

function goEscaped(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return String.raw`\x` + code.toString(16).padStart(2, '0');
  const isPrinted = code < 0x7f || (code > 0xa0 && code !== 0xad);
  return isPrinted ? char : String.raw`\u` + code.toString(16).padStart(4, '0');
}
