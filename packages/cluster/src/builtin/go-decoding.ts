/**
 * Finds the value that a Go program could not decode into the type of a built-in kind, and says so in the words of its JSON
 * decoder. A real API server refuses such bodies before it looks at anything else.
 */
import { isObject, type JsonObject } from '../schema/json.ts';
import { quantityProblem } from './quantity.ts';
import type { FieldType, Scalar, TypeSet } from './types.ts';

/** What JSON values a scalar can be read from, and its Go type; scalars that read themselves are not in here. */
const SCALARS: Partial<Record<Scalar, { from: 'string' | 'number' | 'boolean'; go: string }>> = {
  string: { from: 'string', go: 'string' },
  int32: { from: 'number', go: 'int32' },
  int64: { from: 'number', go: 'int64' },
  double: { from: 'number', go: 'float64' },
  bool: { from: 'boolean', go: 'bool' },
  bytes: { from: 'string', go: '[]uint8' },
  IntOrString: { from: 'number', go: 'int32' },
};

/** The first value of the wrong type; undefined when there is none. Unknown fields and nulls are passed over. */
export function decodingProblem(
  types: TypeSet,
  type: string,
  object: JsonObject,
): string | undefined {
  return new Search(types).inObject(object, { type, struct: type, path: '' });
}

interface Place {
  type: string;
  /** The type whose fields are looked at, also inside inlined ones. */
  struct: string;
  /** Without list indexes, as Go's decoder reports it. */
  path: string;
}

class Search {
  readonly #types: TypeSet;

  constructor(types: TypeSet) {
    this.#types = types;
  }

  inObject(object: JsonObject, { type, struct, path }: Place): string | undefined {
    for (const field of this.#types.get(type).fields) {
      const { name } = field;
      if (name === '') {
        if (field.type.form !== 'object') continue;
        const inlined = field.type.type.slice(field.type.type.indexOf('.') + 1);
        const place = path === '' ? inlined : `${path}.${inlined}`;
        const problem = this.inObject(object, { type: field.type.type, struct, path: place });
        if (problem !== undefined) return problem;
        continue;
      }
      const value = object[name];
      if (value === undefined || value === null) continue;
      const place = { type, struct, path: path === '' ? name : `${path}.${name}` };
      const problem = this.#inValue(value, field.type, place);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #inValue(value: unknown, type: FieldType, place: Place): string | undefined {
    if (value === null || value === undefined) return undefined;
    switch (type.form) {
      case 'object': {
        if (!isObject(value)) return this.#mismatch(value, type, place);
        return this.inObject(value, { ...place, type: type.type, struct: type.type });
      }
      case 'list': {
        if (!Array.isArray(value)) return this.#mismatch(value, type, place);
        return this.#first(value, type.items, place);
      }
      case 'map': {
        if (!isObject(value)) return this.#mismatch(value, type, place);
        return this.#first(Object.values(value), type.values, place);
      }
      case 'scalar': {
        if (type.scalar === 'Time' || type.scalar === 'MicroTime')
          return timeProblem(value, type.scalar);
        if (type.scalar === 'Quantity') return quantityProblem(value);
        const scalar = SCALARS[type.scalar];
        if (scalar === undefined) return undefined;
        if (type.scalar === 'IntOrString' && typeof value === 'string') return undefined;
        const fits = typeof value === scalar.from && fitsInteger(value, scalar.go);
        if (!fits) return this.#mismatch(value, type, place);
        if (type.scalar === 'bytes') return base64Problem(String(value));
        if (scalar.go !== 'int64' || Number.isSafeInteger(value)) return undefined;
        return `${place.path}: ${value} is an integer beyond 2^53, which cannot be stored exactly`;
      }
    }
  }

  #first(values: unknown[], type: FieldType, place: Place): string | undefined {
    for (const value of values) {
      const problem = this.#inValue(value, type, place);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #mismatch(value: unknown, type: FieldType, { struct, path }: Place): string {
    const owner = struct.slice(struct.indexOf('.') + 1);
    const isFraction =
      typeof value === 'number' &&
      type.form === 'scalar' &&
      type.scalar !== 'string' &&
      type.scalar !== 'bytes';
    const found = isFraction ? `number ${value}` : jsonType(value);
    return `json: cannot unmarshal ${found} into Go struct field ${owner}.${path} of type ${this.#goType(type)}`;
  }

  #goType(type: FieldType): string {
    switch (type.form) {
      case 'object':
        return `${this.#types.groupOf(type.type).version}.${type.type.slice(type.type.indexOf('.') + 1)}`;
      case 'list':
        return `[]${this.#goType(type.items)}`;
      case 'map':
        return `map[string]${this.#goType(type.values)}`;
      case 'scalar':
        return SCALARS[type.scalar]?.go ?? type.scalar;
    }
  }
}

/** Whether a number is in the range of the Go type; true for types that are no integers. */
function fitsInteger(value: unknown, go: string): boolean {
  if (go !== 'int32' && go !== 'int64') return true;
  const limit = go === 'int32' ? 2 ** 31 : 2 ** 63;
  // The largest int64 has been rounded up to the limit.
  const most = go === 'int32' ? limit - 1 : limit;
  return Number.isInteger(value) && Number(value) >= -limit && Number(value) <= most;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const WHOLE_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Where Go's decoder stumbles over a text that is not base64; it passes over line breaks. */
function base64Problem(text: string): string | undefined {
  if (WHOLE_BASE64.test(text)) return undefined;
  const places = Array.from(text.matchAll(/[^\r\n]/g), ({ index }) => index);
  const chars = places.map((at) => text[at] ?? '');
  const problemAt = (index: number) =>
    `illegal base64 data at input byte ${places[index] ?? text.length}`;
  const stray = chars.findIndex((char) => !/[A-Za-z0-9+/]/.test(char));
  if (stray === -1) {
    const rest = chars.length % 4;
    return rest === 0 ? undefined : `illegal base64 data at input byte ${text.length - rest}`;
  }
  const position = stray % 4;
  if (chars[stray] !== '=' || position < 2) return problemAt(stray);
  const end = position === 2 ? stray + 2 : stray + 1;
  if (position === 2 && chars[stray + 1] !== '=') return problemAt(stray);
  return chars.length > end ? problemAt(end) : undefined;
}

/** The parts of a time in the order they are read: how Go calls them, and what fits. */
const TIME_PARTS: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^(?:0[1-9]|1[0-2])/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d{1,2}/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d/],
];
const ZONE: readonly [string, RegExp] = ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)$/];
const LAYOUTS = {
  Time: [...TIME_PARTS, ['', /^(?:[.,]\d+)?/], ZONE],
  MicroTime: [...TIME_PARTS, ['.000000', /^\.\d{6}(?!\d)/], ZONE],
} as const;

/** Where Go's parser stops in a text that is no time of the form the field takes. */
function timeProblem(value: unknown, scalar: 'Time' | 'MicroTime'): string | undefined {
  if (typeof value !== 'string') {
    return `json: cannot unmarshal ${jsonType(value)} into Go value of type string`;
  }
  const parts = LAYOUTS[scalar];
  let rest = value;
  for (const [name, pattern] of parts) {
    const found = pattern.exec(rest);
    if (found === null) {
      const layout = parts.map(([part]) => part).join('');
      return `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`;
    }
    rest = rest.slice(found[0].length);
  }
  return undefined;
}
