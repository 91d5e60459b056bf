/** Types of admissionregistration.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const admissionregistration: TypeTable = {
  Rule: `
    1 apiGroups []string @atomic
    2 apiVersions []string @atomic
    3 resources []string @atomic
    4 scope *string :=* {*|Cluster|Namespaced}
  `,
  ValidatingWebhookConfiguration: `%kind
    1 metadata meta.ObjectMeta
    2 webhooks []ValidatingWebhook @map(name) +merge(name)
  `,
  MutatingWebhookConfiguration: `%kind
    1 metadata meta.ObjectMeta
    2 webhooks []MutatingWebhook @map(name) +merge(name)
  `,
  ValidatingWebhook: `
    1 name string !
    2 clientConfig WebhookClientConfig !
    3 rules []RuleWithOperations @atomic
    4 failurePolicy *string :=Fail {Fail|Ignore}
    9 matchPolicy *string :=Equivalent {Equivalent|Exact}
    5 namespaceSelector *meta.LabelSelector :={}
    10 objectSelector *meta.LabelSelector :={}
    6 sideEffects *string ! {None|NoneOnDryRun|Some|Unknown}
    7 timeoutSeconds *int32 :=10
    8 admissionReviewVersions []string ! @atomic
    11 matchConditions []MatchCondition @map(name) +merge(name)
  `,
  MutatingWebhook: `
    1 name string !
    2 clientConfig WebhookClientConfig !
    3 rules []RuleWithOperations @atomic
    4 failurePolicy *string :=Fail {Fail|Ignore}
    9 matchPolicy *string :=Equivalent {Equivalent|Exact}
    5 namespaceSelector *meta.LabelSelector :={}
    11 objectSelector *meta.LabelSelector :={}
    6 sideEffects *string ! {None|NoneOnDryRun|Some|Unknown}
    7 timeoutSeconds *int32 :=10
    8 admissionReviewVersions []string ! @atomic
    10 reinvocationPolicy *string :=Never {IfNeeded|Never}
    12 matchConditions []MatchCondition @map(name) +merge(name)
  `,
  RuleWithOperations: `
    1 operations []string @atomic {*|CONNECT|CREATE|DELETE|UPDATE}
    2 ~ Rule
  `,
  WebhookClientConfig: `
    3 url *string
    1 service *ServiceReference
    2 caBundle bytes
  `,
  ServiceReference: `
    1 namespace string !
    2 name string !
    3 path *string
    4 port *int32 :=443
  `,
  MatchCondition: `
    1 name string !
    2 expression string !
  `,
  ValidatingAdmissionPolicy: `%kind
    1 metadata meta.ObjectMeta
    2 spec ValidatingAdmissionPolicySpec
    3 status ValidatingAdmissionPolicyStatus
  `,
  ValidatingAdmissionPolicySpec: `
    1 paramKind *ParamKind
    2 matchConstraints *MatchResources
    3 validations []Validation @atomic
    4 failurePolicy *string :=Fail {Fail|Ignore}
    5 auditAnnotations []AuditAnnotation @atomic
    6 matchConditions []MatchCondition @map(name) +merge(name)
    7 variables []Variable @map(name) +merge(name)
  `,
  ParamKind: `%atomic
    1 apiVersion string
    2 kind string
  `,
  Validation: `
    1 expression string !
    2 message string
    3 reason *string
    4 messageExpression string
  `,
  AuditAnnotation: `
    1 key string !
    2 valueExpression string !
  `,
  Variable: `%atomic
    1 name string !
    2 expression string !
  `,
  MatchResources: `%atomic
    1 namespaceSelector *meta.LabelSelector :={}
    2 objectSelector *meta.LabelSelector :={}
    3 resourceRules []NamedRuleWithOperations @atomic
    4 excludeResourceRules []NamedRuleWithOperations @atomic
    7 matchPolicy *string :=Equivalent {Equivalent|Exact}
  `,
  NamedRuleWithOperations: `%atomic
    1 resourceNames []string @atomic
    2 ~ RuleWithOperations
  `,
  ValidatingAdmissionPolicyStatus: `
    1 observedGeneration int64
    2 typeChecking *TypeChecking
    3 conditions []meta.Condition @map(type)
  `,
  TypeChecking: `
    1 expressionWarnings []ExpressionWarning @atomic
  `,
  ExpressionWarning: `
    2 fieldRef string !
    3 warning string !
  `,
  ValidatingAdmissionPolicyBinding: `%kind
    1 metadata meta.ObjectMeta
    2 spec ValidatingAdmissionPolicyBindingSpec
  `,
  ValidatingAdmissionPolicyBindingSpec: `
    1 policyName string
    2 paramRef *ParamRef
    3 matchResources *MatchResources
    4 validationActions []string @set {Audit|Deny|Warn}
  `,
  ParamRef: `%atomic
    1 name string
    2 namespace string
    3 selector *meta.LabelSelector
    4 parameterNotFoundAction *string {Allow|Deny} <>
  `,
};
