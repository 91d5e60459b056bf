/** Largest sizes of what functions make, for the cost estimate (apiserver `cel/library/cost.go`, cel-go `checker/cost.go`). */
import type { Expression } from './ast.ts';
import type { Type } from './types.ts';

/** Largest `size()` of a value: what its type says, 1 for what has no size. */
export function maxSize(type: Type | undefined): number {
  if (type === undefined) return Number.POSITIVE_INFINITY;
  if (type.max !== undefined) return type.max;
  switch (type.kind) {
    case 'bool':
    case 'int':
    case 'uint':
    case 'double':
    case 'null_type':
    case 'type':
    case 'google.protobuf.Timestamp':
    case 'google.protobuf.Duration':
    case 'object':
      return 1;
    case 'net.IP':
    case 'net.CIDR':
      return 16;
    default:
      return type.kind.startsWith('kubernetes.') ? 1 : Number.POSITIVE_INFINITY;
  }
}

/** Smallest size, known only of literals. */
export function minSize(expression: Expression | undefined): number {
  if (expression?.kind === 'literal') {
    const { value } = expression;
    return typeof value === 'string' || value instanceof Uint8Array ? value.length : 1;
  }
  return expression?.kind === 'list' ? expression.items.length : 0;
}

/** Largest size of the result of a call, `undefined` when the type of the result says it already. */
export function resultSize(
  name: string,
  types: readonly Type[],
  args: readonly Expression[],
): number | undefined {
  const [first, second, third] = types;
  const isText = first?.kind === 'string';
  switch (name) {
    case '_+_':
      return first?.kind === 'string' || first?.kind === 'list' || first?.kind === 'bytes'
        ? maxSize(first) + maxSize(second)
        : undefined;
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
    case 'find':
    case 'findAll':
    case 'dyn':
      return first === undefined ? undefined : maxSize(first);
    case 'string':
    case 'bytes':
      return isText || first?.kind === 'bytes' ? maxSize(first) : Number.POSITIVE_INFINITY;
    case 'reverse':
    case 'sort':
    case 'distinct':
    case 'slice':
      return maxSize(first);
    case 'split':
      return maxSize(first);
    case 'replace':
      return isText ? replacedSize(maxSize(first), minSize(args[1]), maxSize(third)) : undefined;
    case 'join':
      return joinedSize(first, second);
    case 'charAt':
      return 1;
    default:
      return undefined;
  }
}

/** Every match replaced by the longest replacement; an empty match sits between all characters. */
function replacedSize(size: number, from: number, to: number): number {
  if (from === 0) return (size + 1) * to + size;
  return to <= from ? size : Math.ceil(size / from) * to;
}

function joinedSize(list: Type | undefined, separator: Type | undefined): number {
  const count = maxSize(list);
  const between = separator === undefined ? 0 : maxSize(separator);
  return times(count, maxSize(list?.params[0])) + times(Math.max(0, count - 1), between);
}

/** Product where nothing times unknown is nothing. */
export function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
