/** The largest cost an expression can have, from the sizes its types allow (cel-go `checker/cost.go`). */
import type { Call, Expression, Macro } from './ast.ts';
import type { Checked } from './checker.ts';
import { estimatedCost, LIST_COST, MAP_COST, SELECT_COST } from './costs.ts';
import { maxSize, times } from './sizes.ts';

/** Worst case in cost units; infinite when a size is unknown. */
export function estimateCost(expression: Expression, checked: Checked): number {
  const visit = (part: Expression): number => estimateCost(part, checked);
  const sum = (parts: readonly Expression[]): number =>
    parts.reduce((total, part) => total + visit(part), 0);
  switch (expression.kind) {
    case 'literal':
      return 0;
    case 'identifier':
      return SELECT_COST;
    case 'select':
      return SELECT_COST + (checked.names.has(expression) ? 0 : visit(expression.operand));
    case 'presence':
      return visit(expression.operand);
    case 'list':
      return LIST_COST + sum(expression.items.map(({ value }) => value));
    case 'map':
      return MAP_COST + sum(expression.entries.flatMap(({ key, value }) => [key, value]));
    case 'call':
      return estimateCall(expression, checked, visit);
    case 'macro':
      return estimateMacro(expression, checked, visit);
  }
}

/** Functions that look at every item of a list. */
const COMPARING: ReadonlySet<string> = new Set(
  'isSorted sum max min indexOf lastIndexOf'.split(' '),
);

type Visit = (part: Expression) => number;

function estimateCall(call: Call, checked: Checked, visit: Visit): number {
  if (call.name === '_&&_' || call.name === '_||_') {
    return call.args.reduce((total, part) => total + visit(part), 0);
  }
  if (call.name === '_?_:_') {
    const [condition = 0, truthy = 0, falsy = 0] = call.args.map(visit);
    return condition + Math.max(truthy, falsy);
  }
  const resolved = checked.calls.get(call);
  if (resolved === undefined) return 0;
  const types = resolved.args.map((arg) => checked.types.get(arg));
  const [list] = resolved.args;
  const item = types[0]?.kind === 'list' ? types[0].params[0] : undefined;
  const isText = item?.kind === 'string' || item?.kind === 'bytes';
  // How long the items are is known only of what stands in the schema.
  const isPlace = list?.kind === 'identifier' || list?.kind === 'select';
  const itemCost = isText ? 1 + 0.1 * (isPlace ? maxSize(item) : Number.POSITIVE_INFINITY) : 1;
  const inner = resolved.args.reduce((total, part) => total + visit(part), 0);
  const kinds = types.map((type) => type?.kind ?? 'dyn');
  if (resolved.name === 'join') {
    const size = isPlace ? maxSize(checked.types.get(call)) : Number.POSITIVE_INFINITY;
    return inner + Math.ceil(size * 0.1);
  }
  if (item !== undefined && COMPARING.has(resolved.name))
    return inner + times(maxSize(types[0]), itemCost);
  return inner + estimatedCost(resolved.name, types.map(maxSize), kinds);
}

/** Cost of one round beside that of the body, and of the frame around all rounds. */
export const LOOP_COSTS: Readonly<Record<string, readonly [round: number, frame: number]>> = {
  all: [3, 1],
  exists: [4, 1],
  existsOne: [2, 2],
  filter: [13, 11],
  map: [12, 11],
  transformList: [12, 11],
  transformMap: [3, 31],
  transformMapEntry: [3, 31],
  sortBy: [12, 11],
};

function estimateMacro(macro: Macro, checked: Checked, visit: Visit): number {
  const range = visit(macro.range);
  const bodies = macro.bodies.reduce((total, body) => total + visit(body), 0);
  if (macro.name === 'optMap' || macro.name === 'optFlatMap') return range + 2 + bodies;
  const [round, frame] = LOOP_COSTS[macro.name] ?? [1, 1];
  return range + frame + times(maxSize(checked.types.get(macro.range)), round + bodies);
}
