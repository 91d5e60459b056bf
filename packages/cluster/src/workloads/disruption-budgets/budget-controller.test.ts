import { describe, expect, it } from 'vitest';

import { DEPLOYMENTS, PODS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import { POD_DISRUPTION_BUDGETS } from '../workload-objects.ts';
import type { PodDisruptionBudget } from '../workload-objects.ts';
import { budgetStatus } from './budget-status.ts';

const namespace = 'default';
const now = Date.parse('2026-01-01T00:01:00Z');

function budgetOf(spec: PodDisruptionBudget['spec']): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  };
}

const boxes = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'boxes.demo.dev' },
  spec: {
    group: 'demo.dev',
    scope: 'Namespaced',
    names: { plural: 'boxes', kind: 'Box' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
        subresources: {
          scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
        },
      },
    ],
  },
};

describe('PodDisruptionBudgets', () => {
  /** https://kubernetes.io/docs/tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors */
  it('count the size of a custom resource by its scale subresource', async () => {
    await using test = await startTestControllers();
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await test.api.call('POST', crds, { body: boxes });
    const made = await test.api.call('POST', '/apis/demo.dev/v1/namespaces/default/boxes', {
      body: {
        apiVersion: 'demo.dev/v1',
        kind: 'Box',
        metadata: { name: 'web' },
        spec: { size: 5 },
      },
    });
    const { uid } = (made.body as { metadata: { uid: string } }).metadata;
    const owner = { apiVersion: 'demo.dev/v1', kind: 'Box', name: 'web', uid, controller: true };
    await test.client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web-0', namespace, labels: { app: 'web' }, ownerReferences: [owner] },
      spec: { containers: [{ name: 'c', image: 'web:1' }] },
    });
    await test.client.create(POD_DISRUPTION_BUDGETS, budgetOf({ minAvailable: '60%' }));
    const budget = await until(
      () => test.client.get(POD_DISRUPTION_BUDGETS, { namespace, name: 'web' }),
      ({ status }) => (status?.expectedPods ?? 0) > 0,
    );
    expect(budget.status).toMatchObject({ expectedPods: 5, desiredHealthy: 3 });
  });

  it('allow evictions while enough pods are healthy, and refuse the others with 429', async () => {
    await using test = await startTestControllers({ run: () => 'Running' });
    await test.client.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'web:1' }] },
        },
      },
    });
    await test.client.create(POD_DISRUPTION_BUDGETS, budgetOf({ maxUnavailable: 1 }));
    const read = (): Promise<PodDisruptionBudget> =>
      test.client.get(POD_DISRUPTION_BUDGETS, { namespace, name: 'web' });
    await until(read, ({ status }) => status?.disruptionsAllowed === 1);
    await test.client.patch(POD_DISRUPTION_BUDGETS, {
      namespace,
      name: 'web',
      patch: { type: 'merge', body: { spec: { maxUnavailable: 0 } } },
    });
    const full = await until(
      read,
      ({ status, metadata }) =>
        status?.observedGeneration === metadata.generation && status?.disruptionsAllowed === 0,
    );
    expect(full.status).toMatchObject({
      currentHealthy: 2,
      desiredHealthy: 2,
      expectedPods: 2,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
    const [pod] = await test.pods();
    const name = pod?.metadata.name ?? '';
    const evict = () =>
      test.api.call('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
      });
    const refused = await evict();
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget web needs 2 healthy pods and has 2 currently',
          },
        ],
      },
    });
    await test.client.patch(POD_DISRUPTION_BUDGETS, {
      namespace,
      name: 'web',
      patch: { type: 'merge', body: { spec: { maxUnavailable: 1 } } },
    });
    await until(read, ({ status }) => status?.disruptionsAllowed === 1);
    expect((await evict()).status).toBe(201);
    await until(test.pods, (pods) => pods.every(({ metadata }) => metadata.name !== name));
  });
});

describe('budgetStatus', () => {
  const podOf = (name: string, isReady: boolean): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: 'web' } },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    },
  });
  const pods = [podOf('a', true), podOf('b', true), podOf('c', false)];

  it.each<[string, PodDisruptionBudget['spec'], object]>([
    [
      'minAvailable counts pods',
      { minAvailable: 1 },
      { expectedPods: 3, desiredHealthy: 1, disruptionsAllowed: 1 },
    ],
    [
      'a percentage counts the wanted size, rounded up',
      { minAvailable: '30%' },
      { expectedPods: 4, desiredHealthy: 2, disruptionsAllowed: 0 },
    ],
    [
      'maxUnavailable counts the wanted size',
      { maxUnavailable: 3 },
      { expectedPods: 4, desiredHealthy: 1, disruptionsAllowed: 1 },
    ],
    [
      'maxUnavailable in percent',
      { maxUnavailable: '50%' },
      { expectedPods: 4, desiredHealthy: 2, disruptionsAllowed: 0 },
    ],
  ])('%s', (_, spec, expected) => {
    expect(budgetStatus(budgetOf(spec), { pods, scale: 4, now }).status).toMatchObject(expected);
  });

  it('counts a pod whose eviction was allowed as gone for two minutes', () => {
    const budget = {
      ...budgetOf({ minAvailable: 1 }),
      status: { disruptedPods: { a: '2026-01-01T00:00:30Z', b: '2025-12-31T00:00:30Z' } },
    };
    const { status, nextMs } = budgetStatus(budget, { pods, scale: 0, now });
    expect(status).toMatchObject({
      currentHealthy: 1,
      disruptedPods: { a: '2026-01-01T00:00:30Z' },
    });
    expect(nextMs).toBe(90_000);
  });
});
