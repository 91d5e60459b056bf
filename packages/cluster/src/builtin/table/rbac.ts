/** Types of rbac.authorization.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const rbac: TypeTable = {
  PolicyRule: `
    1 verbs []string ! @atomic # Actions such as get, list, watch, create; * for all.
    2 apiGroups []string @atomic # API groups of the resources; empty string for the core group.
    3 resources []string @atomic # Resource names in plural, with /subresource where needed.
    4 resourceNames []string @atomic # Limits the rule to these objects.
    5 nonResourceURLs []string @atomic # Paths outside the API groups; only in cluster roles.
  `,
  Subject: `%atomic
    1 kind string !
    2 apiGroup string
    3 name string !
    4 namespace string
  `,
  RoleRef: `%atomic
    1 apiGroup string ! :=rbac.authorization.k8s.io
    2 kind string ! # Role or ClusterRole.
    3 name string !
  `,
  Role: `%kind # Permissions within one namespace.
    1 metadata meta.ObjectMeta
    2 rules []PolicyRule ? @atomic
  `,
  RoleBinding: `%kind # Grants a role within one namespace.
    1 metadata meta.ObjectMeta
    2 subjects []Subject @atomic
    3 roleRef RoleRef !
  `,
  ClusterRole: `%kind # Permissions across the cluster.
    1 metadata meta.ObjectMeta
    2 rules []PolicyRule ? @atomic
    3 aggregationRule *AggregationRule
  `,
  AggregationRule: `
    1 clusterRoleSelectors []meta.LabelSelector @atomic
  `,
  ClusterRoleBinding: `%kind # Grants a cluster role everywhere.
    1 metadata meta.ObjectMeta
    2 subjects []Subject @atomic
    3 roleRef RoleRef !
  `,
};
