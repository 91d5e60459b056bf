/** Evictions ask the PodDisruptionBudgets of the pod's namespace; a plain delete does not (policy/v1). */
import type { Pod } from '../workloads/objects.ts';
import {
  EVICTION_AMBIGUOUS,
  EVICTION_REFUSED,
  judgeEviction,
} from '../workloads/disruption-budgets/budget-status.ts';
import { POD_DISRUPTION_BUDGETS } from '../workloads/workload-objects.ts';
import type { PodDisruptionBudget } from '../workloads/workload-objects.ts';
import type { DeleteDependencies } from './delete.ts';
import { fromStorage, objectKey, resourcePrefix } from './object.ts';
import type { WriteTarget } from './object-writer.ts';
import { internalError, StatusError } from './status-error.ts';

/**
 * Takes one disruption from the budget that selects the pod. Throws 429 TooManyRequests with a cause of reason
 * `DisruptionBudget` when none is left, 500 when several budgets select the pod, NotFound without the pod.
 */
export function chargeDisruptionBudget(deps: DeleteDependencies, target: WriteTarget): void {
  const { storage, clock, writer } = deps;
  const pod = writer.read(target).object as unknown as Pod;
  const prefix = resourcePrefix(POD_DISRUPTION_BUDGETS);
  const { entries } = storage.list(objectKey(prefix, target.namespace, ''));
  const budgets = entries.map((entry) => fromStorage(entry) as unknown as PodDisruptionBudget);
  const outcome = judgeEviction(pod, budgets, clock.now());
  switch (outcome.verdict) {
    case 'allowed':
      return;
    case 'ambiguous':
      throw internalError(EVICTION_AMBIGUOUS);
    case 'refused':
      throw new StatusError({
        code: 429,
        reason: 'TooManyRequests',
        message: EVICTION_REFUSED,
        details: {
          causes: [{ reason: 'DisruptionBudget', message: outcome.cause }],
          ...(outcome.retryAfterSeconds > 0 && { retryAfterSeconds: outcome.retryAfterSeconds }),
        },
      });
    case 'charged': {
      const { budget, status } = outcome;
      const key = objectKey(prefix, target.namespace, budget.metadata.name);
      const { revision } = entries.find((entry) => entry.key === key)!;
      storage.update(key, { ...budget, metadata: { ...budget.metadata }, status }, revision);
    }
  }
}
