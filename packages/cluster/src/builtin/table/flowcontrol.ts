/** Types of flowcontrol.apiserver.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

const CONDITION = `
    1 type string
    2 status string
    3 lastTransitionTime Time
    4 reason string
    5 message string
  `;

export const flowcontrol: TypeTable = {
  FlowSchema: `%kind # Sorts requests into priority levels.
    1 metadata meta.ObjectMeta
    2 spec FlowSchemaSpec
    3 status FlowSchemaStatus
  `,
  FlowSchemaSpec: `
    1 priorityLevelConfiguration PriorityLevelConfigurationReference !
    2 matchingPrecedence int32 ? :=1000 # The smallest of the schemas that match wins.
    3 distinguisherMethod *FlowDistinguisherMethod
    4 rules []PolicyRulesWithSubjects @atomic # Which requests it is for.
  `,
  PriorityLevelConfigurationReference: `
    1 name string !
  `,
  FlowDistinguisherMethod: `
    1 type string !
  `,
  PolicyRulesWithSubjects: `
    1 subjects []Subject ! @atomic
    2 resourceRules []ResourcePolicyRule @atomic
    3 nonResourceRules []NonResourcePolicyRule @atomic
  `,
  Subject: `
    1 kind string !
    2 user *UserSubject
    3 group *GroupSubject
    4 serviceAccount *ServiceAccountSubject
  `,
  UserSubject: `
    1 name string !
  `,
  GroupSubject: `
    1 name string !
  `,
  ServiceAccountSubject: `
    1 namespace string !
    2 name string !
  `,
  ResourcePolicyRule: `
    1 verbs []string ! @set
    2 apiGroups []string ! @set
    3 resources []string ! @set
    4 clusterScope bool
    5 namespaces []string @set
  `,
  NonResourcePolicyRule: `
    1 verbs []string ! @set
    6 nonResourceURLs []string ! @set
  `,
  FlowSchemaStatus: `
    1 conditions []FlowSchemaCondition @map(type) +merge(type)
  `,
  FlowSchemaCondition: CONDITION,
  PriorityLevelConfiguration: `%kind # How many requests of a level run at a time.
    1 metadata meta.ObjectMeta
    2 spec PriorityLevelConfigurationSpec
    3 status PriorityLevelConfigurationStatus
  `,
  PriorityLevelConfigurationSpec: `
    1 type string ! # Exempt or Limited.
    2 limited *LimitedPriorityLevelConfiguration
    3 exempt *ExemptPriorityLevelConfiguration
  `,
  LimitedPriorityLevelConfiguration: `
    1 nominalConcurrencyShares *int32 :=30
    2 limitResponse LimitResponse
    3 lendablePercent *int32 :=0
    4 borrowingLimitPercent *int32
  `,
  ExemptPriorityLevelConfiguration: `
    1 nominalConcurrencyShares *int32 :=0
    2 lendablePercent *int32 :=0
  `,
  LimitResponse: `
    1 type string ! # Queue or Reject.
    2 queuing *QueuingConfiguration
  `,
  QueuingConfiguration: `
    1 queues int32 ? :=64
    2 handSize int32 ? :=8
    3 queueLengthLimit int32 ? :=50
  `,
  PriorityLevelConfigurationStatus: `
    1 conditions []PriorityLevelConfigurationCondition @map(type) +merge(type)
  `,
  PriorityLevelConfigurationCondition: CONDITION,
};
