/** Types of scheduling.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const scheduling: TypeTable = {
  PriorityClass: `%kind # A named scheduling priority.
    1 metadata meta.ObjectMeta
    2 value int32 !
    3 globalDefault bool
    4 description string
    5 preemptionPolicy *string :=PreemptLowerPriority {Never|PreemptLowerPriority}
  `,
};
