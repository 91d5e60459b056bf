/** Types of policy/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const policy: TypeTable = {
  PodDisruptionBudgetSpec: `
    1 minAvailable *IntOrString # Pods that must stay, number or percentage.
    2 selector *meta.LabelSelector +replace
    3 maxUnavailable *IntOrString # Pods that may go, number or percentage.
    4 unhealthyPodEvictionPolicy *string {AlwaysAllow|IfHealthyBudget}
  `,
  PodDisruptionBudgetStatus: `
    1 observedGeneration int64
    2 disruptedPods map[string]Time
    3 disruptionsAllowed int32 !
    4 currentHealthy int32 !
    5 desiredHealthy int32 !
    6 expectedPods int32 !
    7 conditions []meta.Condition @map(type) +merge(type)
  `,
  PodDisruptionBudget: `%kind # Bounds voluntary disruptions of a set of pods.
    1 metadata meta.ObjectMeta
    2 spec PodDisruptionBudgetSpec
    3 status PodDisruptionBudgetStatus
  `,
  Eviction: `%kind
    1 metadata meta.ObjectMeta
    2 deleteOptions *meta.DeleteOptions
  `,
};
