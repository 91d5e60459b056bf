/** Types of expressions, as the checker knows them before anything runs. Sizes ride along for the cost estimate. */

export interface Type {
  /** Runtime name: `int`, `list`, `google.protobuf.Timestamp`, `kubernetes.Quantity`; `dyn` and `param` exist only here. */
  readonly kind: string;
  /** Element type, key and value type, type inside an optional. */
  readonly params: readonly Type[];
  /** Of objects: the fields by their CEL names. */
  readonly fields?: ReadonlyMap<string, Type>;
  /** Largest size (`size()`) a value can have; absent when unknown. */
  readonly max?: number;
  /** Smallest JSON text of a value in bytes, from which the number of siblings in a request follows. */
  readonly minBytes?: number;
  /** Of params and objects. */
  readonly name?: string;
}

function simple(kind: string): Type {
  return { kind, params: [] };
}

export const DYN = simple('dyn');
/** Of what was complained about already; fits everywhere. */
export const ERROR: Type = { kind: 'dyn', params: [] };
export const BOOL = simple('bool');
export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const NULL = simple('null_type');
export const TIMESTAMP = simple('google.protobuf.Timestamp');
export const DURATION = simple('google.protobuf.Duration');

export function listOf(element: Type, max?: number): Type {
  return { kind: 'list', params: [element], ...(max !== undefined && { max }) };
}

export function mapOf(key: Type, value: Type, max?: number): Type {
  return { kind: 'map', params: [key, value], ...(max !== undefined && { max }) };
}

export function optionalOf(type: Type): Type {
  return { kind: 'optional_type', params: [type] };
}

export function typeOfType(type: Type): Type {
  return { kind: 'type', params: [type] };
}

/** Types that exist only as values of functions, and the names expressions may use for types. */
export const NAMED_TYPES: ReadonlyMap<string, Type> = new Map([
  ...[BOOL, INT, UINT, DOUBLE, STRING, BYTES, NULL, TIMESTAMP, DURATION].map(
    (type) => [type.kind, type] as const,
  ),
  ['dyn', DYN],
  ['list', listOf(DYN)],
  ['map', mapOf(DYN, DYN)],
  ['type', typeOfType(DYN)],
  ['optional_type', optionalOf(DYN)],
]);

/** As cel-go prints types: `list(string)`, `map(string, int)`. */
export function formatType(type: Type): string {
  if (type === ERROR) return '!error!';
  if (type.kind === 'null_type') return 'null';
  if (type.kind === 'object') return type.name ?? 'object';
  if (type.kind === 'param') return type.name ?? 'T';
  if (type.params.length === 0) return type.kind;
  return `${type.kind}(${type.params.map(formatType).join(', ')})`;
}

/** What the type parameters of one call stand for. */
export type Bindings = Map<string, Type>;

/**
 * Whether a value of type `given` fits where `wanted` stands; binds the type parameters of `wanted`. `dyn` fits anything and
 * is decided when the expression runs.
 */
export function isAssignable(wanted: Type, given: Type, bindings: Bindings): boolean {
  if (wanted.kind === 'param') {
    const name = wanted.name ?? '';
    const bound = bindings.get(name);
    if (bound === undefined || bound.kind === 'dyn') {
      bindings.set(name, given);
      return true;
    }
    if (isAssignable(bound, given, bindings)) {
      if (bound.kind === 'param' || hasParam(bound)) bindings.set(name, given);
      return true;
    }
    if (isAssignable(given, bound, bindings)) {
      bindings.set(name, given);
      return true;
    }
    return false;
  }
  if (given.kind === 'param' || given.kind === 'dyn' || wanted.kind === 'dyn') return true;
  if (wanted.kind !== given.kind) return acceptsNull(wanted) && given.kind === 'null_type';
  if (wanted.kind === 'object') return wanted === given || wanted.name === given.name;
  if (wanted.kind === 'type') return true;
  return wanted.params.every((param, i) => isAssignable(param, given.params[i] ?? DYN, bindings));
}

function hasParam(type: Type): boolean {
  return type.kind === 'param' || type.params.some(hasParam);
}

/** Wrapper, message and opaque types take null; plain scalars, lists and maps do not. */
function acceptsNull(type: Type): boolean {
  return type.kind === 'object' || type.kind === 'optional_type' || type.kind.includes('.');
}

/** `type` with its parameters replaced; unbound ones become `dyn`. */
export function substitute(type: Type, bindings: Bindings, depth = 0): Type {
  if (type.kind === 'param') {
    const bound = bindings.get(type.name ?? '');
    if (bound === undefined || depth > 8) return DYN;
    return bound.kind === 'param' && bound.name === type.name
      ? DYN
      : substitute(bound, bindings, depth + 1);
  }
  if (!hasParam(type)) return type;
  return { ...type, params: type.params.map((param) => substitute(param, bindings, depth)) };
}

/** The type of something that is one or the other. */
export function joinTypes(a: Type, b: Type): Type {
  if (a === b) return a;
  const fits = isAssignable(a, b, new Map()) && isAssignable(b, a, new Map());
  if (!fits || a.kind === 'dyn' || b.kind === 'dyn') {
    return {
      ...DYN,
      ...(a.max !== undefined && b.max !== undefined && { max: Math.max(a.max, b.max) }),
    };
  }
  if (a.params.length === 0 && a.max === b.max) return a;
  const params = a.params.map((param, i) => joinTypes(param, b.params[i] ?? DYN));
  const { max: _, ...rest } = a;
  const max = a.max === undefined || b.max === undefined ? undefined : Math.max(a.max, b.max);
  return { ...rest, params, ...(max !== undefined && { max }) };
}
