import { describe, expect, it } from 'vitest';

import { NODES, PODS } from '../objects.ts';
import type { NodeObject, Pod } from '../objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import type { TestControllers } from '../testing/test-controllers.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS } from '../workload-objects.ts';
import type { DaemonSet } from '../workload-objects.ts';
import { planDaemonSet } from './daemon-plan.ts';

const namespace = 'default';
const nodes = ['n1', 'n2', 'n3'];

function setOf(spec: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: {
        metadata: { labels: { app: 'agent' } },
        spec: { containers: [{ name: 'c', image: 'agent:1' }] },
      },
      ...spec,
    },
  };
}

const read = (test: TestControllers): Promise<DaemonSet> =>
  test.client.get(DAEMON_SETS, { namespace, name: 'agent' });

const setImage = (test: TestControllers, image: string): Promise<DaemonSet> => {
  const body = { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } };
  const patch = { type: 'strategic', body } as const;
  return test.client.patch(DAEMON_SETS, { namespace, name: 'agent', patch });
};

const places = (pods: Pod[]): string[] => pods.map(({ spec }) => spec.nodeName ?? '-').toSorted();

function isDone({ status, metadata }: DaemonSet, count: number): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    status?.desiredNumberScheduled === count &&
    status.updatedNumberScheduled === count &&
    status.numberAvailable === count
  );
}

const running = (): 'Running' => 'Running';

describe('DaemonSetController', () => {
  it('runs one pod on each node, also on one that comes later, and none where a taint forbids it', async () => {
    await using test = await startTestControllers({ run: running, nodes });
    await test.client.create(DAEMON_SETS, setOf());
    await until(
      () => read(test),
      (set) => isDone(set, 3),
    );
    expect(places(await test.pods())).toEqual(nodes);
    const later: NodeObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n4' },
    };
    await test.client.create(NODES, later);
    const set = await until(
      () => read(test),
      (found) => isDone(found, 4),
    );
    expect(set.status).toMatchObject({
      currentNumberScheduled: 4,
      numberMisscheduled: 0,
      numberReady: 4,
    });
    const [pod] = await test.pods();
    expect(pod?.metadata.labels?.['controller-revision-hash']).toMatch(/^[a-z0-9]{10}$/);
    expect(pod?.spec.tolerations).toContainEqual({
      key: 'node.kubernetes.io/unschedulable',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
    const body = { spec: { taints: [{ key: 'maintenance', effect: 'NoExecute' }] } };
    await test.client.patch(NODES, { name: 'n4', patch: { type: 'merge', body } });
    await until(test.pods, (pods) => places(pods).join() === nodes.join());
  });

  it('rolls over with a new revision', async () => {
    await using test = await startTestControllers({ run: running, nodes });
    await test.client.create(DAEMON_SETS, setOf());
    await until(
      () => read(test),
      (set) => isDone(set, 3),
    );
    await setImage(test, 'agent:2');
    await until(
      () => read(test),
      (set) => isDone(set, 3),
    );
    expect((await test.pods()).map(({ spec }) => spec.containers[0]?.image)).toEqual([
      'agent:2',
      'agent:2',
      'agent:2',
    ]);
    const { items } = await test.client.list(CONTROLLER_REVISIONS, { namespace });
    expect(items.map(({ revision }) => revision).toSorted()).toEqual([1, 2]);
  });

  it('replaces pods only when they are deleted with OnDelete', async () => {
    await using test = await startTestControllers({ run: running, nodes: ['n1', 'n2'] });
    await test.client.create(DAEMON_SETS, setOf({ updateStrategy: { type: 'OnDelete' } }));
    await until(
      () => read(test),
      (set) => isDone(set, 2),
    );
    await setImage(test, 'agent:2');
    await until(
      () => read(test),
      ({ status }) => status?.observedGeneration === 2,
    );
    const [first] = await test.pods();
    await test.client.delete(PODS, { namespace, name: first?.metadata.name ?? '' });
    const set = await until(
      () => read(test),
      ({ status }) => status?.updatedNumberScheduled === 1 && status.numberAvailable === 2,
    );
    expect(set.status?.numberReady).toBe(2);
  });
});

describe('planDaemonSet', () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  const nodeOf = (name: string): NodeObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
  });
  const podOn = (node: string, state: string, hash = 'new'): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${node}-${hash}`,
      namespace,
      labels: { 'controller-revision-hash': hash },
      ...(state === 'gone' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase: state === 'failed' ? 'Failed' : 'Running',
      conditions: [{ type: 'Ready', status: state === 'ready' ? 'True' : 'False' }],
    },
  });
  const rolling = (rollingUpdate: object): Partial<DaemonSet['spec']> => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate },
  });
  const old = nodes.map((node) => podOn(node, 'ready', 'old'));

  it.each<[string, Partial<DaemonSet['spec']>, Pod[], { create: string[]; remove: string[] }]>([
    ['starts everywhere', {}, [], { create: nodes, remove: [] }],
    ['replaces one at a time by default', {}, old, { create: [], remove: ['n1-old'] }],
    [
      'replaces as many as maxUnavailable says, rounded up',
      rolling({ maxUnavailable: '50%' }),
      old,
      { create: [], remove: ['n1-old', 'n2-old'] },
    ],
    [
      'waits for a new pod that is not available',
      {},
      [podOn('n1', 'up'), ...old.slice(1)],
      { create: [], remove: [] },
    ],
    [
      'waits for an old pod that ends',
      {},
      [podOn('n1', 'gone', 'old'), ...old.slice(1)],
      { create: [], remove: [] },
    ],
    [
      'replaces an old pod that is down whatever the budget',
      {},
      [podOn('n1', 'up', 'old'), ...old.slice(1)],
      { create: [], remove: ['n1-old'] },
    ],
    [
      'surges beside the old one (KEP-1591)',
      rolling({ maxSurge: 1, maxUnavailable: 0 }),
      old,
      { create: ['n1'], remove: [] },
    ],
    [
      'removes the old one when the surged one is available',
      rolling({ maxSurge: 1, maxUnavailable: 0 }),
      [podOn('n1', 'ready'), ...old],
      { create: ['n2'], remove: ['n1-old'] },
    ],
    [
      'does not surge further while one is coming up',
      rolling({ maxSurge: 1, maxUnavailable: 0 }),
      [podOn('n1', 'up'), ...old],
      { create: [], remove: [] },
    ],
    [
      'replaces a failed pod',
      {},
      [podOn('n1', 'failed'), podOn('n2', 'ready'), podOn('n3', 'ready')],
      { create: [], remove: ['n1-new'] },
    ],
    [
      'removes pods of nodes that are gone',
      {},
      [...nodes.map((node) => podOn(node, 'ready')), podOn('n9', 'ready')],
      { create: [], remove: ['n9-new'] },
    ],
  ])('%s', (_, spec, pods, expected) => {
    const plan = planDaemonSet({
      set: setOf(spec),
      nodes: nodes.map(nodeOf),
      pods,
      hash: 'new',
      collisionCount: 0,
      now,
    });
    expect(plan.create).toEqual(expected.create);
    expect(plan.remove.map(({ metadata }) => metadata.name)).toEqual(expected.remove);
  });
});
