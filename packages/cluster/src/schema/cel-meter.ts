/**
 * Keeps rules from running long. Work is counted in evaluated expression nodes and touched list items and characters, so
 * the verdict does not depend on the machine.
 */

/** Thrown inside an evaluation; `&&`, `||` and macros may swallow it, so ask `isExceeded` afterwards. */
export class CostExceededError extends Error {
  override readonly name = 'CostExceededError';
}

export interface CostMeter {
  /** Starts a new object with the full budget. */
  reset(): void;
  /** @throws CostExceededError once the budget is used up */
  charge(cost: number): void;
  readonly isExceeded: boolean;
}

/** At most about half a second of work, for one object. */
export const DEFAULT_COST_BUDGET = 5_000_000;

export function createCostMeter(budget: number): CostMeter {
  let left = budget;
  const error = new CostExceededError('operation cancelled: actual cost limit exceeded');
  return {
    reset() {
      left = budget;
    },
    charge(cost) {
      left -= cost;
      if (left < 0) throw error;
    },
    get isExceeded() {
      return left < 0;
    },
  };
}
