/** Types of autoscaling/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const autoscalingV1: TypeTable = {
  Scale: `%kind
    1 metadata meta.ObjectMeta
    2 spec ScaleSpec
    3 status ScaleStatus
  `,
  ScaleSpec: `
    1 replicas int32
  `,
  ScaleStatus: `
    1 replicas int32 !
    2 selector string
  `,
};
