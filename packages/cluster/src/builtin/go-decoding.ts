/**
 * Finds the value that a Go program could not decode into the type of a built-in kind, and says so in the words of its JSON
 * decoder. A real API server refuses such bodies before it looks at anything else.
 */
import { isObject, type JsonObject } from '../schema/json.ts';
import type { FieldType, Scalar, TypeSet } from './types.ts';

/** What JSON values a scalar can be read from, and its Go type; scalars that read themselves are not in here. */
const SCALARS: Partial<Record<Scalar, { from: 'string' | 'number' | 'boolean'; go: string }>> = {
  string: { from: 'string', go: 'string' },
  int32: { from: 'number', go: 'int32' },
  int64: { from: 'number', go: 'int64' },
  double: { from: 'number', go: 'float64' },
  bool: { from: 'boolean', go: 'bool' },
  bytes: { from: 'string', go: '[]uint8' },
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
        const problem = this.inObject(object, { type: field.type.type, struct, path });
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
        const scalar = SCALARS[type.scalar];
        if (scalar === undefined) return undefined;
        const fits = typeof value === scalar.from && fitsInteger(value, scalar.go);
        if (!fits) return this.#mismatch(value, type, place);
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
      typeof value === 'number' && type.form === 'scalar' && type.scalar !== 'string';
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
