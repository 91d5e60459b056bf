import { describe, expect, it } from 'vitest';

import { eventually, startTestPlatform } from '../../node/testing/test-platform.ts';
import { CLUSTER_ROLES } from './cluster-role-controller.ts';
import type { ClusterRole } from './cluster-role-controller.ts';

const LABEL = 'demo.dev/aggregate-to-sum';
const rule = (resource: string) => ({ verbs: ['get'], apiGroups: [''], resources: [resource] });

const role = (name: string, resources: string[], labels?: Record<string, string>): ClusterRole => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, ...(labels && { labels }) },
  rules: resources.map(rule),
});

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles */
describe('ClusterRoleController', () => {
  it('keeps an aggregated role the sum of the roles it selects', async () => {
    await using platform = await startTestPlatform({ node: false });
    const { client } = platform;
    const part = { [LABEL]: 'true' };
    await client.create(CLUSTER_ROLES, role('b', ['pods', 'services'], part));
    await client.create(CLUSTER_ROLES, role('a', ['services', 'nodes'], part));
    await client.create(CLUSTER_ROLES, role('other', ['secrets']));
    await client.create(CLUSTER_ROLES, {
      ...role('sum', ['secrets']),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: part }] },
    });
    const becomes = (name: string, resources: string[]) =>
      eventually(
        () => client.get(CLUSTER_ROLES, { name }),
        (found) => JSON.stringify(found.rules) === JSON.stringify(resources.map(rule)),
      );
    await becomes('sum', ['services', 'nodes', 'pods']);
    await client.create(CLUSTER_ROLES, {
      ...role('sums', []),
      aggregationRule: {
        clusterRoleSelectors: [{ matchExpressions: [{ key: LABEL, operator: 'Exists' }] }],
      },
    });
    await client.delete(CLUSTER_ROLES, { name: 'a' });
    const { metadata } = await becomes('sum', ['pods', 'services']);
    await becomes('sums', ['pods', 'services']);
    expect(metadata.managedFields?.map(({ manager }) => manager)).toContain(
      'clusterrole-aggregation-controller',
    );
    const patch = { type: 'merge', body: { rules: [] } } as const;
    await client.patch(CLUSTER_ROLES, { name: 'sum', patch });
    await becomes('sum', ['pods', 'services']);
  });
});
