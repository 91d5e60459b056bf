import { createFakeClock } from '@kagent/kube/testing';
import { describe, expect, it } from 'vitest';

import { LEASES, NODES, PODS } from '../objects.ts';
import type { NodeObject, Pod } from '../objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import type { TestControllers } from '../testing/test-controllers.ts';
import { microTimeText } from '../time-text.ts';
import { toleratedMs } from './node-health.ts';

const namespace = 'default';
const lease = { namespace: 'kube-node-lease', name: 'n1' };

async function renew(test: TestControllers, now: number): Promise<void> {
  const spec = { holderIdentity: 'n1', renewTime: microTimeText(now) };
  const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: lease, spec };
  await test.client.apply(LEASES, object, { fieldManager: 'kubelet', force: true });
}

const node = (test: TestControllers): Promise<NodeObject> => test.client.get(NODES, { name: 'n1' });
const ready = ({ status }: { status?: { conditions?: { type: string; status: string }[] } }) =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status;
const taints = ({ spec }: NodeObject) =>
  (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).toSorted();

const pod = (name: string, spec: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { containers: [{ name: 'a', image: 'a:1' }], nodeName: 'n1', ...spec },
});

const UNREACHABLE = [
  'node.kubernetes.io/unreachable:NoExecute',
  'node.kubernetes.io/unreachable:NoSchedule',
];

// https://kubernetes.io/docs/concepts/architecture/nodes/#heartbeats
describe('workloads/nodes', () => {
  it('marks a node that stops renewing its lease, takes its pods away after five minutes', async () => {
    const clock = createFakeClock();
    await using test = await startTestControllers({ clock });
    await renew(test, clock.now());
    await test.client.create(PODS, pod('web'));
    await test.setPhase('web', 'Running');
    await clock.advance(30_000);
    await renew(test, clock.now());
    await clock.advance(30_000);
    expect(ready(await node(test))).not.toBe('Unknown');
    await clock.advance(11_000);
    const silent = await until(
      () => node(test),
      (found) => taints(found).length === 2,
    );
    expect(taints(silent)).toEqual(UNREACHABLE);
    expect(silent.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      }),
    );
    const read = (name: string) => test.client.find(PODS, { namespace, name });
    await until(
      () => read('web'),
      (found) => found !== undefined && ready(found) === 'False',
    );
    await clock.advance(290_000);
    expect((await read('web'))?.metadata.deletionTimestamp).toBeUndefined();
    await clock.advance(20_000);
    await until(
      () => read('web'),
      (found) => found === undefined || found.metadata.deletionTimestamp !== undefined,
    );
    const events = await until(
      () => test.events(),
      (found) => found.some((line) => line.startsWith('TaintManagerEviction')),
    );
    expect(events).toContain('NodeNotReady: Node n1 status is now: NodeNotReady');
    expect(events).toContain('NodeNotReady: Node is not ready');
    expect(events).toContain('TaintManagerEviction: Marking for deletion Pod default/web');
  });

  it('takes a node back that reports again', async () => {
    const clock = createFakeClock();
    await using test = await startTestControllers({ clock });
    await renew(test, clock.now());
    await clock.advance(41_000);
    await until(
      () => node(test),
      (found) => taints(found).length === 2,
    );
    await renew(test, clock.now());
    const body = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    const patch = { name: 'n1', patch: { type: 'merge', body } } as const;
    await test.client.patch(NODES, patch, { subresource: 'status' });
    await until(
      () => node(test),
      (found) => taints(found).length === 0,
    );
    expect(ready(await node(test))).toBe('True');
  });

  it('leaves a node without a lease alone, but for a cordon', async () => {
    const clock = createFakeClock();
    await using test = await startTestControllers({ clock });
    await clock.advance(3_600_000);
    expect(ready(await node(test))).not.toBe('Unknown');
    const cordon = (unschedulable: boolean | null) =>
      test.client.patch(NODES, {
        name: 'n1',
        patch: { type: 'merge', body: { spec: { unschedulable } } },
      });
    await cordon(true);
    await until(
      () => node(test),
      (found) => taints(found).join() === 'node.kubernetes.io/unschedulable:NoSchedule',
    );
    await cordon(null);
    await until(
      () => node(test),
      (found) => taints(found).length === 0,
    );
  });

  it('drives pods away that do not tolerate a taint, and only those', async () => {
    await using test = await startTestControllers();
    await test.client.create(PODS, pod('goes'));
    await test.client.create(
      PODS,
      pod('stays', { tolerations: [{ key: 'maintenance', operator: 'Exists' }] }),
    );
    const spec = { taints: [{ key: 'maintenance', effect: 'NoExecute' }] };
    await test.client.patch(NODES, { name: 'n1', patch: { type: 'merge', body: { spec } } });
    await until(
      () => test.client.find(PODS, { namespace, name: 'goes' }),
      (found) => found === undefined || found.metadata.deletionTimestamp !== undefined,
    );
    const stays = await test.client.get(PODS, { namespace, name: 'stays' });
    expect(stays.metadata.deletionTimestamp).toBeUndefined();
  });

  it.each([
    ['no toleration', [], 0],
    ['one for ever', [{ key: 'a', operator: 'Exists' }], Infinity],
    ['one for a time', [{ key: 'a', operator: 'Exists', tolerationSeconds: 5 }], 5000],
    ['a time below zero', [{ key: 'a', operator: 'Exists', tolerationSeconds: -5 }], 0],
    ['one of another effect', [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }], 0],
    [
      'two times',
      [
        { operator: 'Exists', tolerationSeconds: 9 },
        { key: 'a', operator: 'Exists', tolerationSeconds: 3 },
      ],
      3000,
    ],
  ])('gives a pod with %s its time', (_name, tolerations, expected) => {
    const taint = { key: 'a', effect: 'NoExecute' };
    expect(toleratedMs(pod('a', { tolerations }), [taint])).toBe(expected);
  });
});
