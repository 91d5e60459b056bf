/** Types of batch/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const batch: TypeTable = {
  Job: `%kind # Runs pods until a number of them succeeded.
    1 metadata meta.ObjectMeta
    2 spec JobSpec
    3 status JobStatus
  `,
  PodFailurePolicyOnExitCodesRequirement: `
    1 containerName *string
    2 operator string ! {In|NotIn}
    3 values []int32 ! @set
  `,
  PodFailurePolicyOnPodConditionsPattern: `
    1 type string !
    2 status string ? :=True
  `,
  PodFailurePolicyRule: `
    1 action string ! {Count|FailIndex|FailJob|Ignore}
    2 onExitCodes *PodFailurePolicyOnExitCodesRequirement
    3 onPodConditions []PodFailurePolicyOnPodConditionsPattern @atomic
  `,
  PodFailurePolicy: `
    1 rules []PodFailurePolicyRule ! @atomic
  `,
  SuccessPolicy: `
    1 rules []SuccessPolicyRule ! @atomic
  `,
  SuccessPolicyRule: `
    1 succeededIndexes *string
    2 succeededCount *int32
  `,
  JobSpec: `
    1 parallelism *int32 # Most pods running at a time.
    2 completions *int32 # Successful pods needed.
    3 activeDeadlineSeconds *int64 # Seconds the job may be active.
    11 podFailurePolicy *PodFailurePolicy
    16 successPolicy *SuccessPolicy
    7 backoffLimit *int32 # Failures before the job is given up.
    12 backoffLimitPerIndex *int32
    13 maxFailedIndexes *int32
    4 selector *meta.LabelSelector
    5 manualSelector *bool
    6 template core.PodTemplateSpec ! # Blueprint of the pods.
    8 ttlSecondsAfterFinished *int32 # Seconds until a finished job is deleted.
    9 completionMode *string {Indexed|NonIndexed}
    10 suspend *bool # Do not run pods while true.
    14 podReplacementPolicy *string {Failed|TerminatingOrFailed}
    15 managedBy *string
  `,
  JobStatus: `
    1 conditions []JobCondition @atomic +merge(type)
    2 startTime *Time
    3 completionTime *Time
    4 active int32
    5 succeeded int32
    6 failed int32
    11 terminating *int32
    7 completedIndexes string
    10 failedIndexes *string
    8 uncountedTerminatedPods *UncountedTerminatedPods
    9 ready *int32
  `,
  UncountedTerminatedPods: `
    1 succeeded []string @set
    2 failed []string @set
  `,
  JobCondition: `
    1 type string !
    2 status string !
    3 lastProbeTime Time
    4 lastTransitionTime Time
    5 reason string
    6 message string
  `,
  JobTemplateSpec: `
    1 metadata meta.ObjectMeta
    2 spec JobSpec
  `,
  CronJob: `%kind # Makes jobs on a schedule.
    1 metadata meta.ObjectMeta
    2 spec CronJobSpec
    3 status CronJobStatus
  `,
  CronJobSpec: `
    1 schedule string ! # Five-field cron expression.
    8 timeZone *string # IANA time zone of the schedule.
    2 startingDeadlineSeconds *int64
    3 concurrencyPolicy string :=Allow {Allow|Forbid|Replace} # Allow, Forbid or Replace overlapping jobs.
    4 suspend *bool :=false # Make no further jobs while true.
    5 jobTemplate JobTemplateSpec ! # Blueprint of the jobs.
    6 successfulJobsHistoryLimit *int32 :=3
    7 failedJobsHistoryLimit *int32 :=1
  `,
  CronJobStatus: `
    1 active []core.ObjectReference @atomic
    4 lastScheduleTime *Time
    5 lastSuccessfulTime *Time
  `,
};
