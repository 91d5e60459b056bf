/** Conditions of a status: merged with what is there, so that an unchanged state is an unchanged object. */
import type { Condition } from '@kagent/spec';

export type ConditionUpdate = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The conditions after the updates, in their order; foreign types are kept behind them, types in `remove` are dropped.
 * `lastTransitionTime` moves only when `status` changes.
 */
export function mergeConditions(
  current: readonly Condition[] | undefined,
  updates: readonly ConditionUpdate[],
  options: { generation: number | undefined; now: number; remove?: readonly string[] },
): Condition[] {
  const before = new Map((current ?? []).map((condition) => [condition.type, condition]));
  const merged = updates.map((update): Condition => {
    const old = before.get(update.type);
    before.delete(update.type);
    return {
      type: update.type,
      status: update.status,
      reason: update.reason,
      message: update.message,
      lastTransitionTime:
        old !== undefined && old.status === update.status
          ? old.lastTransitionTime
          : new Date(options.now).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...(options.generation === undefined ? {} : { observedGeneration: options.generation }),
    };
  });
  for (const type of options.remove ?? []) before.delete(type);
  return [...merged, ...before.values()];
}
