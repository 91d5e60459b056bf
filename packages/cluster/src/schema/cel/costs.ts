/** What calls cost, in the units of cel-go (`interpreter/runtimecost.go`, apiserver `cel/library/cost.go`). */
import { times } from './sizes.ts';
import { sizeOf, type Value } from './values.ts';

export const SELECT_COST = 1;
export const LIST_COST = 10;
export const MAP_COST = 30;
const TRAVERSAL = 0.1;
const PATTERN = 0.25;
/** Two checks of the authorizer in one expression at most. */
const AUTHORIZATION = 350_000;

function traverse(size: number, factor = TRAVERSAL): number {
  return Math.ceil(size * factor);
}

/** The cost of a call as a function of the sizes of its arguments; `undefined`: 1. */
type Cost = (sizes: readonly number[]) => number;

const first: Cost = ([size = 0]) => traverse(size);
const twice: Cost = ([size = 0]) => traverse(size, 2 * TRAVERSAL);
const pattern: Cost = ([text = 0, source = 0]) =>
  times(traverse(text + 1), traverse(source, PATTERN));
const smaller: Cost = ([a = 0, b = 0]) => traverse(Math.min(a, b));
const items: Cost = ([size = 0]) => size;

const costs: ReadonlyMap<string, Cost> = new Map<string, Cost>([
  ...['startsWith', 'endsWith', 'url', 'isURL', 'lowerAscii', 'upperAscii', 'substring'].map(
    (name) => [name, first] as const,
  ),
  ...['trim', 'cidr', 'isIP', 'isCIDR', 'ip', 'quantity', 'isQuantity', 'reverse'].map(
    (name) => [name, first] as const,
  ),
  ...['semver', 'isSemver', 'validate', 'format', 'charAt'].map((name) => [name, first] as const),
  ...['replace', 'split', 'ip.isCanonical'].map((name) => [name, twice] as const),
  ...['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'].map((name) => [name, smaller] as const),
  ...['matches', 'find', 'findAll'].map((name) => [name, pattern] as const),
  ...['isSorted', 'sum', 'min', 'max', 'sort', 'distinct', 'flatten', 'slice', 'unwrapOpt'].map(
    (name) => [name, items] as const,
  ),
  ['contains', ([text = 0, part = 0]) => times(traverse(text), traverse(part))],
  ['sets.contains', ([a = 0, b = 0]) => times(a, b)],
  ['sets.intersects', ([a = 0, b = 0]) => times(a, b)],
  ['sets.equivalent', ([a = 0, b = 0]) => times(2 * a, b)],
  ['containsIP', ([a = 0, b = 0]) => traverse(2 * a) + traverse(b)],
  ['containsCIDR', ([a = 0, b = 0]) => traverse(2 * a) + traverse(a) + 1 + traverse(b)],
  ['check', () => AUTHORIZATION],
]);

/** By what a call is charged before it runs; results count only for `join`. */
export type CallCost = (args: readonly Value[]) => number;

/** How a call of `name` is charged. `undefined`: always 1. */
export function callCost(name: string): CallCost | undefined {
  switch (name) {
    case '@in':
      return ([, range]) => (isMap(range) ? 1 : sizeOf(range!));
    case '_+_':
      return ([a, b]) =>
        typeof a === 'string' || a instanceof Uint8Array ? traverse(sizeOf(a) + sizeOf(b!)) : 1;
    case 'indexOf':
    case 'lastIndexOf':
      return ([range]) => (typeof range === 'string' ? traverse(sizeOf(range)) : sizeOf(range!));
    case 'join':
      return ([list]) => sizeOf(list!);
    case 'string':
    case 'bytes':
      return ([value]) =>
        typeof value === 'object' && !(value instanceof Uint8Array) ? 1 : traverse(sizeOf(value!));
    default: {
      const cost = costs.get(name);
      return cost && ((args) => cost(args.map(sizeOf)));
    }
  }
}

function isMap(value: Value | undefined): boolean {
  return (
    typeof value === 'object' && value !== null && 'celType' in value && value.celType === 'map'
  );
}

/** The largest cost of a call whose arguments have at most these sizes. */
export function estimatedCost(
  name: string,
  sizes: readonly number[],
  kinds: readonly string[],
): number {
  const [size = 0, other = 0] = sizes;
  switch (name) {
    case '@in':
      return kinds[1] === 'map' ? 1 : other;
    case '_==_':
    case '_!=_':
      if (kinds[0] === 'optional_type') return 1;
      return smaller(sizes);
    case '_+_':
      return kinds[0] === 'string' || kinds[0] === 'bytes' ? traverse(size + other) : 1;
    case 'startsWith':
    case 'endsWith':
      // Only what is looked for is estimated, not the text it may be in (cel-go `checker/cost.go`).
      return traverse(other);
    case 'indexOf':
    case 'lastIndexOf':
      return kinds[0] === 'string' ? traverse(size) : size;
    case 'string':
    case 'bytes':
      return kinds[0] === 'string' || kinds[0] === 'bytes' ? traverse(size) : 1;
    default:
      return costs.get(name)?.(sizes) ?? 1;
  }
}
