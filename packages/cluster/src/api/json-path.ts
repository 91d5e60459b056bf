/** The part of kubectl's JSONPath that CRD columns and scale paths use: fields, indexes, `[*]`, `[?(@.a=="b")]`. */
import { isObject, own } from '../schema/json.ts';

type Step = (value: unknown) => unknown[];

/** All values at a path, in order; empty when there are none or the path cannot be read. */
export type JsonPath = (value: unknown) => unknown[];

const FIELD = /^\.((?:\\.|[^.[\]\\])+)/;
const QUOTED = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/;
const INDEX = /^\[(-?\d+)\]/;
const ALL = /^(?:\[\*\]|\.\*)/;
const FILTER =
  /^\[\?\(\s*@((?:\.(?:\\.|[^.[\]\\\s=!<>)])+)*)\s*(?:(==|!=|<=|>=|<|>)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s)]+)\s*)?\)\]/;

/** Reads `.spec.type`, `.status.conditions[?(@.type=="Ready")].status`, also inside `{…}`. */
export function compileJsonPath(text: string): JsonPath {
  const steps = parseSteps(
    text
      .trim()
      .replace(/^\{(.*)\}$/s, '$1')
      .replace(/^\$/, ''),
  );
  if (!steps) return () => [];
  return (value) => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [value]);
}

/** The object keys of a path without indexes and filters, e.g. for writing to `.spec.replicas`. */
export function fieldPath(text: string): string[] {
  return [...text.matchAll(/\.((?:\\.|[^.[\]\\])+)/g)].map((match) => unescape(match[1] ?? ''));
}

function parseSteps(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const next = parseStep(rest);
    if (!next) return undefined;
    steps.push(next.step);
    rest = rest.slice(next.length);
  }
  return steps;
}

function parseStep(rest: string): { step: Step; length: number } | undefined {
  let match = ALL.exec(rest);
  if (match) return { step: members, length: match[0].length };
  match = FIELD.exec(rest) ?? QUOTED.exec(rest);
  if (match) return { step: field(unescape(match[1] ?? match[2] ?? '')), length: match[0].length };
  match = INDEX.exec(rest);
  if (match) return { step: index(Number(match[1])), length: match[0].length };
  match = FILTER.exec(rest);
  return match ? { step: filter(match), length: match[0].length } : undefined;
}

function members(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function field(name: string): Step {
  return (value) => {
    const found = isObject(value) ? own(value, name) : undefined;
    return found === undefined || found === null ? [] : [found];
  };
}

function index(at: number): Step {
  return (value) => {
    const found: unknown = Array.isArray(value) ? value.at(at) : undefined;
    return found === undefined ? [] : [found];
  };
}

function filter([, path = '', operator, literal = '']: RegExpExecArray): Step {
  const select = parseSteps(path) ?? [];
  const expected = literalValue(literal);
  return (value) =>
    members(value).filter((item) => {
      const [actual] = select.reduce<unknown[]>((values, step) => values.flatMap(step), [item]);
      return operator === undefined ? actual !== undefined : compare(actual, operator, expected);
    });
}

function compare(actual: unknown, operator: string, expected: string | number | boolean): boolean {
  if (operator === '==') return actual === expected;
  if (operator === '!=') return actual !== expected;
  if (typeof actual !== typeof expected || typeof actual === 'boolean') return false;
  const left = actual as string | number;
  switch (operator) {
    case '<':
      return left < expected;
    case '<=':
      return left <= expected;
    case '>':
      return left > expected;
    default:
      return left >= expected;
  }
}

function literalValue(text: string): string | number | boolean {
  if (/^["']/.test(text)) return unescape(text.slice(1, -1));
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1');
}
