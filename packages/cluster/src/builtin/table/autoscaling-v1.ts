/** Types of autoscaling/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const autoscalingV1: TypeTable = {
  Scale: `%kind
    1 metadata meta.ObjectMeta
    2 spec ScaleSpec
    3 status ScaleStatus
  `,
  ScaleSpec: `
    1 replicas int32 ^=0
  `,
  ScaleStatus: `
    1 replicas int32 !
    2 selector string
  `,
  HorizontalPodAutoscaler: `%kind # Sets the replicas of a workload from its CPU use.
    1 metadata meta.ObjectMeta
    2 spec HorizontalPodAutoscalerSpec
    3 status HorizontalPodAutoscalerStatus
  `,
  HorizontalPodAutoscalerSpec: `
    1 scaleTargetRef CrossVersionObjectReference ! # What is scaled.
    2 minReplicas *int32 :=1 # Fewest pods.
    3 maxReplicas int32 ! # Most pods.
    4 targetCPUUtilizationPercentage *int32 # Wanted average CPU use, in percent of the requests.
  `,
  CrossVersionObjectReference: `%atomic
    1 kind string !
    2 name string !
    3 apiVersion string
  `,
  HorizontalPodAutoscalerStatus: `
    1 observedGeneration *int64
    2 lastScaleTime *Time
    3 currentReplicas int32 !
    4 desiredReplicas int32 !
    5 currentCPUUtilizationPercentage *int32
  `,
};
