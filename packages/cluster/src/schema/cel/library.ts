/** How functions of expressions are declared: one line of text for the types, and what they do. */
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  TIMESTAMP,
  UINT,
  type Type,
  typeOfType,
} from './types.ts';
import type { Value } from './values.ts';

/** What a function does; gets as many values as its signature has, the receiver first. @throws CelError */
export type Implementation = (...values: never[]) => Value;

export interface Overload {
  /** Called on a receiver, which is the first argument. */
  readonly isMember: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  readonly run: (...values: Value[]) => Value;
}

/** All functions by name. */
export type Library = ReadonlyMap<string, readonly Overload[]>;

/** A part of the library: `signature` → implementation, the signature being as in `string.charAt(int) -> string`. */
export type Declarations = readonly (readonly [signature: string, run: Implementation])[];

/** Puts parts together; overloads of one name are tried in order. */
export function createLibrary(parts: readonly Declarations[]): Library {
  const library = new Map<string, Overload[]>();
  for (const [signature, run] of parts.flat()) {
    const { name, ...types } = parseSignature(signature);
    const overload = { ...types, run: run as unknown as Overload['run'] };
    const known = library.get(name);
    if (known === undefined) library.set(name, [overload]);
    else known.push(overload);
  }
  return library;
}

const shorthands: Readonly<Record<string, Type>> = {
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
  null: NULL,
  dyn: DYN,
  timestamp: TIMESTAMP,
  duration: DURATION,
};

/** Names of types that only functions make and take. */
const opaque = /^(?:kubernetes|net)\./;

/** Reads `[receiver.]name(args) -> result`; a receiver is a type, a dotted name starting otherwise is a namespace. */
function parseSignature(text: string): Omit<Overload, 'run'> & { name: string } {
  const [left = '', result = ''] = text.split(' -> ');
  const open = openingOf(left);
  const head = left.slice(0, open);
  const args = splitList(left.slice(open + 1, -1)).map(parseType);
  const dot = head.lastIndexOf('.');
  const receiver = head.slice(0, dot);
  const isMember = dot > 0 && (isType(receiver) || receiver.endsWith(')'));
  return isMember
    ? {
        name: head.slice(dot + 1),
        isMember,
        args: [parseType(receiver), ...args],
        result: parseType(result),
      }
    : { name: head, isMember, args, result: parseType(result) };
}

/** Where the argument list starts: the parenthesis that closes at the end. */
function openingOf(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') depth++;
    else if (text[i] === '(' && --depth === 0) return i;
  }
  return -1;
}

function isType(text: string): boolean {
  return Object.hasOwn(shorthands, text) || opaque.test(text) || /^[A-Z]$/.test(text);
}

function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  return last === '' ? parts : [...parts, last];
}

function parseType(text: string): Type {
  const known = Object.hasOwn(shorthands, text) ? shorthands[text] : undefined;
  if (known !== undefined) return known;
  if (/^[A-Z]$/.test(text)) return { kind: 'param', params: [], name: text };
  const open = text.indexOf('(');
  if (open < 0) return { kind: text, params: [] };
  const [first = DYN, second = DYN] = splitList(text.slice(open + 1, -1)).map(parseType);
  switch (text.slice(0, open)) {
    case 'list':
      return listOf(first);
    case 'map':
      return mapOf(first, second);
    case 'type':
      return typeOfType(first);
    default:
      return optionalOf(first);
  }
}
