/** CEL source to a syntax tree (language definition, section "Syntax"), with the messages of cel-go. */
import type { Expression } from './ast.ts';
import { LexError, tokenize, type Token } from './lexer.ts';
import { expandMacro } from './macros.ts';
import { compileError, ParseError } from './source-error.ts';

/** Nesting a real server allows (`common.MaxRecursionDepth`). */
const MAX_DEPTH = 250;
/** Operators of one level, or steps of one path, that may follow each other. */
const MAX_CHAIN = 500;
/** Code points of one expression (`expressionSizeCodePointLimit`). */
const MAX_SIZE = 100_000;

/** Parses an expression. @throws CelCompileError */
export function parseExpression(source: string): Expression {
  if (source.length > MAX_SIZE) {
    throw compileError('', [
      {
        at: 0,
        text: `expression code point size exceeds limit: size: ${source.length}, limit ${MAX_SIZE}`,
      },
    ]);
  }
  try {
    return new Parser(tokenize(source)).whole();
  } catch (error) {
    if (error instanceof LexError || error instanceof ParseError) {
      throw compileError(source, [error.problem]);
    }
    throw error;
  }
}

const reserved: ReadonlySet<string> = new Set(
  (
    'as break const continue else false for function if import in let loop package ' +
    'namespace null return true var void while'
  ).split(' '),
);
const startOfExpression =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const binaryLevels: readonly ReadonlySet<string>[] = [
  new Set(['||']),
  new Set(['&&']),
  new Set(['==', '!=', '<', '<=', '>', '>=', 'in']),
  new Set(['+', '-']),
  new Set(['*', '/', '%']),
];
const MAX_INT = (1n << 63n) - 1n;

class Parser {
  readonly #tokens: Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#expression();
    const token = this.#peek();
    if (token.kind !== 'end') throw this.#unexpected('extraneous', token, '<EOF>');
    return expression;
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH) {
      throw new ParseError(this.#peek().at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    }
    const condition = this.#binary(0);
    let expression = condition;
    const question = this.#peek();
    if (this.#take('?')) {
      const truthy = this.#binary(0);
      this.#expect(':');
      const falsy = this.#expression();
      expression = {
        kind: 'call',
        at: question.at,
        name: '_?_:_',
        args: [condition, truthy, falsy],
      };
    }
    this.#depth--;
    return expression;
  }

  #binary(level: number): Expression {
    const operators = binaryLevels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    let count = 0;
    for (;;) {
      const token = this.#peek();
      if ((token.kind !== 'mark' && token.kind !== 'name') || !operators.has(token.text)) {
        return left;
      }
      this.#next++;
      const right = this.#binary(level + 1);
      const name = token.text === 'in' ? '@in' : `_${token.text}_`;
      if (level < 2 && count++ > 0 && left.kind === 'call') left.args.push(right);
      else left = { kind: 'call', at: token.at, name, args: [left, right] };
      if (level >= 2) this.#limitChain(++count, token.at);
    }
  }

  /** `a + b + c …` nests to the left; `&&` and `||` are flat. */
  #limitChain(count: number, at: number): void {
    if (count <= MAX_CHAIN) return;
    throw new ParseError(at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
  }

  #unary(): Expression {
    const token = this.#peek();
    if (token.kind !== 'mark' || (token.text !== '!' && token.text !== '-')) return this.#member();
    this.#next++;
    const following = this.#peek();
    const isNumber = following.kind === 'int' || following.kind === 'double';
    if (token.text === '-' && isNumber) return this.#member(true);
    if (++this.#depth > MAX_DEPTH) {
      throw new ParseError(token.at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    }
    const operand = this.#unary();
    this.#depth--;
    return { kind: 'call', at: token.at, name: `${token.text}_`, args: [operand] };
  }

  #member(isNegative = false): Expression {
    let expression = this.#primary(isNegative);
    for (let count = 0; ; count++) {
      const token = this.#peek();
      this.#limitChain(count, token.at);
      if (this.#take('.')) expression = this.#afterDot(expression, token.at);
      else if (this.#take('[')) {
        const isOptional = this.#take('?');
        const index = this.#expression();
        this.#expect(']');
        const name = isOptional ? '_[?_]' : '_[_]';
        expression = { kind: 'call', at: token.at, name, args: [expression, index] };
      } else return expression;
    }
  }

  #afterDot(operand: Expression, at: number): Expression {
    const isOptional = this.#take('?');
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#unexpected('mismatched', token, 'IDENTIFIER');
    this.#next++;
    const field = token.quoted === true ? token.text.slice(1, -1) : token.text;
    const open = this.#peek();
    if (isOptional || token.quoted === true || !this.#take('(')) {
      return { kind: 'select', at, operand, field, isOptional };
    }
    const args = this.#arguments(')');
    return (
      expandMacro({ name: field, target: operand, args, at: open.at }) ?? {
        kind: 'call',
        at: open.at,
        name: field,
        target: operand,
        args,
      }
    );
  }

  #arguments(close: string): Expression[] {
    const args: Expression[] = [];
    if (this.#take(close)) return args;
    do args.push(this.#expression());
    while (this.#take(','));
    this.#expect(close);
    return args;
  }

  #primary(isNegative: boolean): Expression {
    const token = this.#peek();
    this.#next++;
    switch (token.kind) {
      case 'int':
        return this.#integer(token.value, token.at, isNegative);
      case 'uint':
        if (token.value > 2n * MAX_INT + 1n) throw new ParseError(token.at, 'invalid uint literal');
        return { kind: 'literal', type: 'uint', at: token.at, value: token.value };
      case 'double': {
        const value = isNegative ? -token.value : token.value;
        return { kind: 'literal', type: 'double', at: token.at, value };
      }
      case 'string':
        return { kind: 'literal', type: 'string', at: token.at, value: token.value };
      case 'bytes':
        return { kind: 'literal', type: 'bytes', at: token.at, value: token.value };
      case 'name':
        return this.#named(token);
      case 'mark':
        return this.#marked(token);
      case 'end':
        throw this.#unexpected('mismatched', token, startOfExpression);
    }
  }

  #integer(digits: bigint, at: number, isNegative: boolean): Expression {
    const value = isNegative ? -digits : digits;
    if (value > MAX_INT || value < -MAX_INT - 1n) throw new ParseError(at, 'invalid int literal');
    return { kind: 'literal', type: 'int', at, value };
  }

  #named(token: Token & { kind: 'name' }): Expression {
    const { at, text } = token;
    if (text === 'true' || text === 'false') {
      return { kind: 'literal', type: 'bool', at, value: text === 'true' };
    }
    if (text === 'null') return { kind: 'literal', type: 'null_type', at, value: null };
    if (text === 'in' || token.quoted === true) {
      throw this.#unexpected('mismatched', token, startOfExpression);
    }
    if (reserved.has(text)) throw new ParseError(at, `reserved identifier: ${text}`);
    const open = this.#peek();
    if (!this.#take('(')) return { kind: 'identifier', at, name: text };
    const args = this.#arguments(')');
    return (
      expandMacro({ name: text, args, at: open.at }) ?? {
        kind: 'call',
        at: open.at,
        name: text,
        args,
      }
    );
  }

  #marked(token: Token): Expression {
    switch (token.text) {
      case '(': {
        const expression = this.#expression();
        this.#expect(')');
        return expression;
      }
      case '[':
        return this.#list(token.at);
      case '{':
        return this.#map(token.at);
      case '.': {
        const following = this.#peek();
        this.#next++;
        if (following.kind === 'name') return this.#named(following);
        throw this.#unexpected('mismatched', following, 'IDENTIFIER');
      }
      default:
        throw this.#unexpected('extraneous', token, startOfExpression);
    }
  }

  #list(at: number): Expression {
    const items: { value: Expression; isOptional: boolean }[] = [];
    while (!this.#take(']')) {
      const isOptional = this.#take('?');
      items.push({ value: this.#expression(), isOptional });
      if (this.#take(',')) continue;
      this.#expect(']');
      break;
    }
    return { kind: 'list', at, items };
  }

  #map(at: number): Expression {
    const entries: { key: Expression; value: Expression; isOptional: boolean }[] = [];
    while (!this.#take('}')) {
      const isOptional = this.#take('?');
      const key = this.#expression();
      this.#expect(':');
      entries.push({ key, value: this.#expression(), isOptional });
      if (this.#take(',')) continue;
      this.#expect('}');
      break;
    }
    return { kind: 'map', at, entries };
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!;
  }

  #take(text: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'mark' || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected('mismatched', this.#peek(), `'${text}'`);
  }

  #unexpected(how: string, token: Token, expected: string): ParseError {
    return new ParseError(
      token.at,
      `Syntax error: ${how} input '${token.text}' expecting ${expected}`,
    );
  }
}
