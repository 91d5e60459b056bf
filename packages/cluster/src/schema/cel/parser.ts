/** CEL source to a syntax tree (language definition, section "Syntax"), with the messages of cel-go. */
import type { Expression } from './ast.ts';
import { LexError, tokenize, type Token } from './lexer.ts';
import { expandMacro } from './macros.ts';
import { compileError, ParseError, type SourceProblem } from './source-error.ts';

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
  const problems: SourceProblem[] = [];
  try {
    const read = tokenize(source);
    problems.push(...read.problems);
    const expression = new Parser(read.tokens).whole();
    if (problems.length === 0) return expression;
  } catch (error) {
    if (!(error instanceof LexError) && !(error instanceof ParseError)) throw error;
    problems.push(error.problem);
  }
  throw compileError(source, problems);
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
const LITERALS: ReadonlySet<string> = new Set(['true', 'false', 'null']);
const MAX_INT = (1n << 63n) - 1n;

function startsExpression(token: Token): boolean {
  if (token.kind === 'end') return false;
  if (token.kind === 'mark') return ['[', '{', '(', '.', '-', '!'].includes(token.text);
  return token.text !== 'in';
}

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
    if (token.kind === 'end') return expression;
    const isAlone = this.#tokens[this.#next + 1]?.kind === 'end';
    throw this.#unexpected(isAlone ? 'extraneous' : 'mismatched', token, '<EOF>');
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
    if (token.text === '-' && isNumber) return this.#member(token.at);
    if (++this.#depth > MAX_DEPTH) {
      throw new ParseError(token.at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    }
    const operand = this.#unary();
    this.#depth--;
    return { kind: 'call', at: token.at, name: `${token.text}_`, args: [operand] };
  }

  /** `minus`: where the sign of a number stands that comes next. */
  #member(minus?: number): Expression {
    let expression = this.#primary(minus);
    for (let count = 0; ; count++) {
      const token = this.#peek();
      this.#limitChain(count, token.at);
      if (this.#take('.')) expression = this.#afterDot(expression, token.at);
      else if (this.#take('[')) {
        this.#refuseEnd(startOfExpression.replace("'!', ", "'!', '?', "));
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
    if (token.kind !== 'name' || token.text === 'in') {
      const found = token.kind === 'end' ? '' : token.text;
      throw new ParseError(
        token.at,
        `Syntax error: no viable alternative at input '.${isOptional ? '?' : ''}${found}'`,
      );
    }
    if (token.quoted !== true && LITERALS.has(token.text))
      throw this.#unexpected('mismatched', token, 'IDENTIFIER');
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
    this.#refuseEnd(startOfExpression.replace("'(', ", "'(', ')', "));
    do args.push(this.#expression());
    while (this.#take(','));
    this.#expect(close);
    return args;
  }

  #primary(minus: number | undefined): Expression {
    const token = this.#peek();
    this.#next++;
    switch (token.kind) {
      case 'int':
        return this.#integer(token.value, token.at, minus);
      case 'uint':
        if (token.value > 2n * MAX_INT + 1n) throw new ParseError(token.at, 'invalid uint literal');
        return { kind: 'literal', type: 'uint', at: token.at, value: token.value };
      case 'double': {
        const value = minus === undefined ? token.value : -token.value;
        return { kind: 'literal', type: 'double', at: minus ?? token.at, value };
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

  #integer(digits: bigint, start: number, minus: number | undefined): Expression {
    const at = minus ?? start;
    const value = minus === undefined ? digits : -digits;
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
        throw this.#unexpected(
          startsExpression(this.#peek()) ? 'extraneous' : 'mismatched',
          token,
          startOfExpression,
        );
    }
  }

  #list(at: number): Expression {
    const items: { value: Expression; isOptional: boolean }[] = [];
    while (!this.#take(']')) {
      const isOptional = this.#take('?');
      items.push({ value: this.#expression(), isOptional });
      if (this.#take(',')) continue;
      this.#expect(']', "{']', ','}");
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
      this.#expect('}', "{'}', ','}");
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

  /** `expected`: all that might come here, when that is more than the one text. */
  #expect(text: string, expected?: string): void {
    if (this.#take(text)) return;
    const token = this.#peek();
    const isMissing =
      text === ':' ? startsExpression(token) : expected === undefined && token.kind === 'end';
    if (isMissing) {
      throw new ParseError(token.at, `Syntax error: missing '${text}' at '${token.text}'`);
    }
    const isExtra = this.#tokens[this.#next + 1]?.text === text;
    throw this.#unexpected(isExtra ? 'extraneous' : 'mismatched', token, expected ?? `'${text}'`);
  }

  #refuseEnd(expected: string): void {
    const token = this.#peek();
    if (token.kind === 'end') throw this.#unexpected('mismatched', token, expected);
  }

  #unexpected(how: string, token: Token, expected: string): ParseError {
    return new ParseError(
      token.at,
      `Syntax error: ${how} input '${token.text}' expecting ${expected}`,
    );
  }
}
