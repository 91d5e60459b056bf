/** Label and field selectors as `apimachinery` reads them: the same grammar, and the same complaints. */
import { labelValueProblems, qualifiedNameProblems } from './names.ts';
import { badRequest } from './status-error.ts';

/** True when an object is selected. */
export type LabelMatcher = (labels: Record<string, string>) => boolean;

/** Undefined for an empty selector. Throws a BadRequest `StatusError` when it cannot be read. */
export function parseLabelSelector(text: string | null): LabelMatcher | undefined {
  if (text === null || text.trim() === '') return undefined;
  const requirements = new LabelParser(text).parse();
  return (labels) =>
    requirements.every(({ key, matches }) =>
      matches(Object.hasOwn(labels, key) ? labels[key] : undefined),
    );
}

interface Requirement {
  key: string;
  matches(value: string | undefined): boolean;
}

type Token =
  | 'identifier'
  | 'end'
  | 'error'
  | ')'
  | ','
  | '!'
  | '='
  | '=='
  | 'in'
  | '!='
  | 'notin'
  | '('
  | '>'
  | '<';

interface Scanned {
  token: Token;
  text: string;
}

const SYMBOLS = new Set<string>([')', ',', '!', '=', '==', '!=', '(', '>', '<']);
const KEYWORDS = new Set<string>(['in', 'notin']);
const OPERATORS = 'in, notin, =, ==, !=, gt, lt';

/** One pass over the text; `k8s.io/apimachinery/pkg/labels` has the grammar in words. */
class LabelParser {
  readonly #tokens: Scanned[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = scan(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const first = this.#peek();
      if (first.token === 'end') return requirements;
      if (first.token !== 'identifier' && first.token !== '!')
        throw unexpected(first, "!, identifier, or 'end of string'");
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next.token === 'end') return requirements;
      if (next.token !== ',') throw unexpected(next, "',' or 'end of string'");
      const after = this.#peek();
      if (after.token !== 'identifier' && after.token !== '!')
        throw unexpected(after, "identifier after ','");
    }
  }

  /** `in` and `notin` are ordinary words where no operator can be. */
  #peek(): Scanned {
    const scanned = this.#tokens[this.#at] ?? { token: 'end', text: '' };
    return KEYWORDS.has(scanned.token) ? { token: 'identifier', text: scanned.text } : scanned;
  }

  #take(): Scanned {
    const scanned = this.#peek();
    this.#at += 1;
    return scanned;
  }

  #requirement(): Requirement {
    const isNegated = this.#peek().token === '!';
    if (isNegated) this.#take();
    const { token, text: key } = this.#take();
    if (token !== 'identifier') throw badRequirement(`found '${key}', expected: identifier`);
    const problems = qualifiedNameProblems(key);
    if (problems.length > 0) throw badRequirement(invalidText('<nil>', key, problems));
    const next = this.#peek().token;
    if (isNegated || next === 'end' || next === ',') {
      return { key, matches: (value) => (value === undefined) === isNegated };
    }
    const operator = this.#tokens[this.#at] ?? { token: 'end', text: '' };
    this.#at += 1;
    return { key, matches: this.#test(key, operator) };
  }

  #test(key: string, operator: Scanned): Requirement['matches'] {
    switch (operator.token) {
      case 'in':
      case 'notin':
        return membership(this.#checked(key, this.#set()), operator.token === 'in');
      case '=':
      case '==':
      case '!=':
        return membership(this.#checked(key, [this.#value()]), operator.token !== '!=');
      case '>':
      case '<':
        return this.#comparison(key, operator.token);
      default:
        throw badRequirement(`found '${operator.text}', expected: ${OPERATORS}`);
    }
  }

  #value(): string {
    const next = this.#peek();
    if (next.token === 'end' || next.token === ',') return '';
    this.#take();
    if (next.token !== 'identifier')
      throw badRequirement(`found '${next.text}', expected: identifier`);
    return next.text;
  }

  #comparison(key: string, operator: '>' | '<'): Requirement['matches'] {
    const bound = this.#value();
    const matches = comparison(bound, operator);
    this.#checked(key, [bound]);
    return matches;
  }

  /** `(a, b)`; between commas may be nothing, which is the empty value. */
  #set(): string[] {
    const open = this.#take();
    if (open.token !== '(') throw badRequirement(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    let isValueNext = true;
    for (;;) {
      const { token, text } = this.#take();
      if (token === ')') {
        if (isValueNext) values.push('');
        return values;
      }
      if (token === ',') {
        if (isValueNext) values.push('');
        isValueNext = true;
      } else if (token === 'identifier' && isValueNext) {
        values.push(text);
        isValueNext = false;
      } else {
        const expected = isValueNext ? "',', ')' or identifier" : "',' or ')'";
        throw badRequirement(`found '${text}', expected: ${expected}`);
      }
    }
  }

  #checked(key: string, values: string[]): Set<string> {
    for (const [i, value] of values.entries()) {
      const problems = labelValueProblems(value);
      if (problems.length > 0)
        throw badRequirement(invalidText(`values[${i}][${key}]`, value, problems));
    }
    return new Set(values);
  }
}

function scan(text: string): Scanned[] {
  const tokens: Scanned[] = [];
  const parts = /\s*(?:([=!(),<>]+)|([^\s=!(),<>]+))/gy;
  for (let match = parts.exec(text); match !== null; match = parts.exec(text)) {
    const [, symbols, word] = match;
    if (word !== undefined) {
      tokens.push({ token: KEYWORDS.has(word) ? (word as Token) : 'identifier', text: word });
    } else if (symbols !== undefined) {
      const symbol = SYMBOLS.has(symbols.slice(0, 2)) ? symbols.slice(0, 2) : symbols.slice(0, 1);
      parts.lastIndex -= symbols.length - symbol.length;
      tokens.push({ token: symbol as Token, text: symbol });
    }
  }
  return [...tokens, { token: 'end', text: '' }];
}

function membership(values: Set<string>, isWanted: boolean): Requirement['matches'] {
  return (value) => (value !== undefined && values.has(value)) === isWanted;
}

const INTEGER = /^[+-]?\d{1,18}$/;

function comparison(bound: string, operator: '>' | '<'): Requirement['matches'] {
  if (!INTEGER.test(bound)) {
    const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
    throw badRequirement(`values[0]: Invalid value: ${JSON.stringify(bound)}: ${detail}`);
  }
  const limit = BigInt(bound);
  return (value) => {
    if (value === undefined || !INTEGER.test(value)) return false;
    return operator === '>' ? BigInt(value) > limit : BigInt(value) < limit;
  };
}

const unexpected = ({ text }: Scanned, expected: string) =>
  badRequest(`found '${text}', expected: ${expected}`);

const badRequirement = (problem: string) => badRequest(`unable to parse requirement: ${problem}`);

const invalidText = (field: string, value: string, problems: string[]) =>
  `${field}: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`;

export interface FieldSelector {
  /** The one name that can match, when the selector fixes it: a watch of one object. */
  name?: string;
  matches(fields: (field: string) => string | undefined): boolean;
}

interface FieldRequirement {
  field: string;
  equal: boolean;
  value: string;
}

/**
 * Undefined for an empty selector. `refusal` tells why a field of the kind cannot be selected by; it and what cannot be
 * read are a BadRequest.
 */
export function parseFieldSelector(
  text: string | null,
  refusal: (field: string) => string | undefined,
): FieldSelector | undefined {
  const terms = (text ?? '').split(/(?<=(?<!\\)(?:\\\\)*),/).map((term) => term.replace(/,$/, ''));
  const requirements = terms
    .filter((term) => term !== '')
    .map((term) => fieldRequirement(term, text ?? ''));
  if (requirements.length === 0) return undefined;
  for (const { field } of requirements) {
    const problem = refusal(field);
    if (problem !== undefined) throw badRequest(problem);
  }
  const name = requirements.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
  return {
    name,
    matches: (fields) =>
      requirements.every(({ field, equal, value }) => ((fields(field) ?? '') === value) === equal),
  };
}

function fieldRequirement(term: string, selector: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, equal: operator !== '!=', value: unescape(value) };
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.?)|[,=]/gs, (found, escaped: string | undefined) => {
    if (escaped === undefined) {
      const code = found.codePointAt(0) ?? 0;
      throw badRequest(`invalid field selector: unescaped character in value: ${code}`);
    }
    if (['\\', ',', '='].includes(escaped)) return escaped;
    throw badRequest(`invalid field selector: invalid escape sequence: ${found}`);
  });
}
