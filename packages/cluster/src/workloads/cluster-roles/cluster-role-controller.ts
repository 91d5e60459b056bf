/** ClusterRoles with an aggregationRule: their rules are those of the roles they select. */
import type { KubeObject, Reconciler, ResourceType } from '@kagent/kube';

import { aggregatedRules } from '../../api/authorization/aggregation.ts';
import type { PolicyRule } from '../../api/authorization/policy-rule.ts';
import { jsonEqual } from '../../schema/json.ts';
import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import type { LabelSelector } from '../objects.ts';
import { matchesSelector } from '../selectors.ts';

export interface ClusterRole extends KubeObject {
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] };
  rules?: PolicyRule[] | null;
}

export const CLUSTER_ROLES: ResourceType<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

const MANAGER = 'clusterrole-aggregation-controller';

/** Any change of a ClusterRole makes all aggregated ones be looked at; a role that is right is not written. */
export function createClusterRoleController(context: ControllerContext): Reconciler {
  const { client, informers } = context;
  const roles = informers.get(CLUSTER_ROLES);
  const controller = controllerFor(context, {
    name: 'clusterrole-aggregation',
    async reconcile(name) {
      const role = roles.get({ name });
      const selectors = role?.aggregationRule?.clusterRoleSelectors;
      if (role === undefined || selectors === undefined) return;
      const rules = aggregatedRules(name, roles.list(), (labels) =>
        selectors.some((selector) => selects(selector, labels)),
      );
      if (jsonEqual(rules, role.rules ?? [])) return;
      const patch = { type: 'merge', body: { rules } } as const;
      await client.patch(CLUSTER_ROLES, { name, patch }, { fieldManager: MANAGER });
    },
  });
  roles.onChange(() => {
    for (const { metadata, aggregationRule } of roles.list()) {
      if (aggregationRule !== undefined) controller.enqueue(metadata.name);
    }
  });
  return controller;
}

/** Unlike a workload's, an empty selector selects every role here. */
function selects(selector: LabelSelector, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isEmpty = Object.keys(matchLabels).length + matchExpressions.length === 0;
  return isEmpty || matchesSelector(selector, labels);
}
