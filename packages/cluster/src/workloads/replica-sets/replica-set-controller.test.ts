import { describe, expect, it } from 'vitest';

import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import { REPLICATION_CONTROLLERS } from '../workload-objects.ts';
import { firstToGo } from './deletion-order.ts';

const namespace = 'default';
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'web:1' }] },
};

describe('ReplicaSetController', () => {
  it('says why pods cannot be made, also in the Deployment, until they can', async () => {
    await using test = await startTestControllers({ run: () => 'Running' });
    const spec = { ...template.spec, serviceAccountName: 'missing' };
    await test.client.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { ...template, spec },
      },
    });
    const failure = async (): Promise<string | undefined> => {
      const { status } = await test.client.get(DEPLOYMENTS, { namespace, name: 'web' });
      return status?.conditions?.find(({ type }) => type === 'ReplicaFailure')?.message;
    };
    expect(await until(failure, (message) => message !== undefined)).toMatch(
      /service ?account .*missing.* not found/,
    );
  });

  it('serves ReplicationControllers too', async () => {
    await using test = await startTestControllers({ run: () => 'Running' });
    await test.client.create(REPLICATION_CONTROLLERS, {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'web', namespace },
      spec: { replicas: 2, selector: { app: 'web' }, template },
    });
    const read = () => test.client.get(REPLICATION_CONTROLLERS, { namespace, name: 'web' });
    await until(read, ({ status }) => status?.readyReplicas === 2);
    const [pod] = await test.pods();
    expect(pod?.metadata.ownerReferences).toMatchObject([
      { kind: 'ReplicationController', apiVersion: 'v1', name: 'web' },
    ]);
    const web = { namespace, name: 'web' };
    await test.client.delete(REPLICATION_CONTROLLERS, web, { propagationPolicy: 'Background' });
    await until(test.pods, (pods) => pods.length === 0);
  });

  it('counts pods that end as terminating', async () => {
    await using test = await startTestControllers();
    await test.client.create(REPLICA_SETS, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web', namespace },
      spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
    });
    const [pod] = await until(test.pods, (pods) => pods.length === 1);
    const name = pod?.metadata.name ?? '';
    const finalizers = ['example.com/hold'];
    const patch = { type: 'merge', body: { metadata: { finalizers } } } as const;
    await test.client.patch(PODS, { namespace, name, patch });
    await test.client.delete(PODS, { namespace, name });
    const set = await until(
      () => test.client.get(REPLICA_SETS, { namespace, name: 'web' }),
      ({ status }) => status?.terminatingReplicas === 1,
    );
    expect(set.status?.replicas).toBe(1);
  });
});

describe('firstToGo', () => {
  const podOf = (name: string, facts: { ready?: boolean; cost?: string; node?: string }): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      annotations:
        facts.cost === undefined
          ? {}
          : { 'controller.kubernetes.io/pod-deletion-cost': facts.cost },
    },
    spec: { containers: [], ...(facts.node === undefined ? {} : { nodeName: facts.node }) },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: facts.ready === true ? 'True' : 'False' }],
    },
  });

  it('takes unassigned pods, then those not ready, then the cheap ones (KEP-2255)', () => {
    const pods = [
      podOf('dear', { ready: true, cost: '10', node: 'n' }),
      podOf('cheap', { ready: true, cost: '-1', node: 'n' }),
      podOf('down', { node: 'n' }),
      podOf('unassigned', {}),
    ];
    expect(firstToGo(pods).map(({ metadata }) => metadata.name)).toEqual([
      'unassigned',
      'down',
      'cheap',
      'dear',
    ]);
  });
});
