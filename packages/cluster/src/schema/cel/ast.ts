/** The syntax tree of CEL. Macros keep their own form instead of being expanded, so that checks and costs can name them. */

/** Where a node starts, as an index into the source; errors point there. */
interface Positioned {
  at: number;
}

export type LiteralKind = 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'null_type';

export interface Literal extends Positioned {
  kind: 'literal';
  type: LiteralKind;
  /** boolean, bigint (int, uint), number, string, bytes, null */
  value: boolean | bigint | number | string | Uint8Array | null;
}
export interface Identifier extends Positioned {
  kind: 'identifier';
  name: string;
}
/** `operand.field`, or `operand.?field` when optional. */
export interface Select extends Positioned {
  kind: 'select';
  operand: Expression;
  field: string;
  isOptional: boolean;
}
/** `has(operand.field)` */
export interface Presence extends Positioned {
  kind: 'presence';
  operand: Expression;
  field: string;
}
/** Functions, methods and operators; operators are called `_+_`, `!_`, `_[_]`, … */
export interface Call extends Positioned {
  kind: 'call';
  name: string;
  target?: Expression;
  args: Expression[];
}
export interface ListLiteral extends Positioned {
  kind: 'list';
  items: { value: Expression; isOptional: boolean }[];
}
export interface MapLiteral extends Positioned {
  kind: 'map';
  entries: { key: Expression; value: Expression; isOptional: boolean }[];
}
/** A macro that binds variables: `range.all(x, …)`, `optional.optMap(x, …)`. */
export interface Macro extends Positioned {
  kind: 'macro';
  name: MacroName;
  /** The list, map or optional it runs over. */
  range: Expression;
  variables: string[];
  /** Expressions that see the variables. */
  bodies: Expression[];
}

export type MacroName =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'filter'
  | 'map'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'
  | 'sortBy'
  | 'optMap'
  | 'optFlatMap';

export type Expression =
  | Literal
  | Identifier
  | Select
  | Presence
  | Call
  | ListLiteral
  | MapLiteral
  | Macro;

/** `a.b.c` as text, when the expression is nothing but names. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === 'identifier') return expression.name;
  if (expression.kind !== 'select' || expression.isOptional) return undefined;
  const prefix = qualifiedName(expression.operand);
  return prefix === undefined ? undefined : `${prefix}.${expression.field}`;
}
