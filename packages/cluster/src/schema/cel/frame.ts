/** One evaluation: what it may see and what it has cost. */
import { CelError, CostExceededError, MapValue, type Value } from './values.ts';

/** Gives the value of a variable; called when it is first used. `undefined`: no such variable now. */
export type Activation = (variable: string, frame: Frame) => Value | undefined;

/** One evaluation: its variables and what it has cost. */
export class Frame {
  cost = 0;
  readonly limit: number;
  readonly activation: Activation;
  /** Variables of macros by depth. */
  readonly locals: Value[] = [];

  constructor(activation: Activation, limit: number) {
    this.activation = activation;
    this.limit = limit;
  }

  /** @throws CostExceededError when the limit is passed */
  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) throw new CostExceededError();
  }
}

/** Runs an expression. @throws CelError, CostExceededError */
export type Program = (frame: Frame) => Value;

/** @throws CelError when the value is no bool */
export function isTrue(value: Value): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload');
  return value;
}

/** @throws CelError when the value has no fields */
export function fieldsOf(value: Value): MapValue {
  if (value instanceof MapValue) return value;
  throw new CelError('no such overload');
}
