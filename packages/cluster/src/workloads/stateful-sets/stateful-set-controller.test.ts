import { describe, expect, it } from 'vitest';

import { canonicalJson } from '../names.ts';
import { PODS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../storage-objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import type { TestControllers } from '../testing/test-controllers.ts';
import { CONTROLLER_REVISIONS, STATEFUL_SETS } from '../workload-objects.ts';
import type { StatefulSet, StatefulSetSpec } from '../workload-objects.ts';
import { planStatefulSet } from './stateful-set-plan.ts';

const namespace = 'default';

function setOf(spec: Partial<StatefulSetSpec> = {}, image = 'web:1'): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace, generation: 1, uid: 'u1' },
    spec: {
      replicas: 3,
      serviceName: 'web',
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image }] },
      },
      ...spec,
    },
  };
}

const create = (test: TestControllers, set: StatefulSet): Promise<StatefulSet> =>
  test.client.create(STATEFUL_SETS, { ...set, metadata: { name: 'web', namespace } });

const change = (test: TestControllers, spec: unknown): Promise<StatefulSet> =>
  test.client.patch(STATEFUL_SETS, {
    namespace,
    name: 'web',
    patch: { type: 'strategic', body: { spec } },
  });

const read = (test: TestControllers): Promise<StatefulSet> =>
  test.client.get(STATEFUL_SETS, { namespace, name: 'web' });

const setImage = (test: TestControllers, image: string): Promise<StatefulSet> =>
  change(test, { template: { spec: { containers: [{ name: 'c', image }] } } });

const names = (pods: Pod[]): string[] => pods.map(({ metadata }) => metadata.name).toSorted();

/** What `kubectl rollout status` calls complete. */
function isDone({ spec, status, metadata }: StatefulSet): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    status?.readyReplicas === spec.replicas &&
    status?.replicas === spec.replicas &&
    status?.currentRevision === status?.updateRevision &&
    status?.availableReplicas === spec.replicas
  );
}

const imagesByName = (pods: Pod[]): string[] =>
  pods.map(({ metadata, spec }) => `${metadata.name}=${spec.containers[0]?.image}`).toSorted();

const running = (): 'Running' => 'Running';

describe('StatefulSetController', () => {
  it('makes pods in order, each when the one before is ready, with stable identity', async () => {
    await using test = await startTestControllers();
    await create(test, setOf());
    await until(test.pods, (pods) => pods.length === 1);
    await test.setPhase('web-0', 'Running');
    await until(test.pods, (pods) => pods.length === 2);
    expect(names(await test.pods())).toEqual(['web-0', 'web-1']);
    const pod = await test.client.get(PODS, { namespace, name: 'web-1' });
    const { updateRevision = '' } = (await read(test)).status ?? {};
    expect(updateRevision).toMatch(/^web-[a-z0-9]{10}$/);
    expect(pod.metadata.labels).toEqual({
      app: 'web',
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': updateRevision,
    });
    expect(pod.spec).toMatchObject({ hostname: 'web-1', subdomain: 'web' });
    expect(await test.events()).toContain(
      'SuccessfulCreate: Create Pod web-0 in StatefulSet web successful',
    );
  });

  it('makes all pods at once with podManagementPolicy Parallel, from ordinals.start', async () => {
    await using test = await startTestControllers();
    await create(test, setOf({ podManagementPolicy: 'Parallel', ordinals: { start: 5 } }));
    const pods = await until(test.pods, (found) => found.length === 3);
    expect(names(pods)).toEqual(['web-5', 'web-6', 'web-7']);
  });

  it('rolls out from the highest ordinal and keeps a history that undo goes back in', async () => {
    await using test = await startTestControllers({ run: running });
    await create(test, setOf({ replicas: 2 }));
    const before = await until(() => read(test), isDone);
    await setImage(test, 'web:2');
    const after = await until(
      () => read(test),
      (set) => isDone(set) && set.status?.updateRevision !== before.status?.updateRevision,
    );
    expect(imagesByName(await test.pods())).toEqual(['web-0=web:2', 'web-1=web:2']);
    const { items } = await test.client.list(CONTROLLER_REVISIONS, { namespace });
    expect(items.map(({ revision }) => revision).toSorted()).toEqual([1, 2]);
    const first = items.find(({ revision }) => revision === 1);
    expect(first?.data?.spec.template).toMatchObject({ $patch: 'replace' });
    // Go clients compare the bytes with what they make of the set.
    expect(JSON.stringify(first?.data)).toBe(canonicalJson(first?.data));
    await test.client.patch(STATEFUL_SETS, {
      namespace,
      name: 'web',
      patch: { type: 'strategic', body: first?.data },
    });
    const undone = await until(
      () => read(test),
      (set) => isDone(set) && set.status?.updateRevision !== after.status?.updateRevision,
    );
    expect(undone.status?.updateRevision).toBe(before.status?.updateRevision);
    const later = await test.client.list(CONTROLLER_REVISIONS, { namespace });
    expect(later.items.map(({ revision }) => revision).toSorted()).toEqual([2, 3]);
  });

  it('leaves pods below the partition as they are', async () => {
    await using test = await startTestControllers({ run: running });
    await create(test, setOf({ updateStrategy: { rollingUpdate: { partition: 2 } } }));
    await until(() => read(test), isDone);
    await setImage(test, 'web:2');
    await until(
      async () => imagesByName(await test.pods()),
      (found) => found.join() === 'web-0=web:1,web-1=web:1,web-2=web:2',
    );
    const old = await test.client.get(PODS, { namespace, name: 'web-0' });
    await test.client.delete(PODS, { namespace, name: 'web-0' });
    const fresh = await until(
      () => test.client.find(PODS, { namespace, name: 'web-0' }),
      (pod) => pod !== undefined && pod.metadata.uid !== old.metadata.uid,
    );
    expect(fresh?.spec.containers[0]?.image).toBe('web:1');
  });

  it('makes claims and deletes them as persistentVolumeClaimRetentionPolicy says (KEP-1847)', async () => {
    await using test = await startTestControllers({ run: running });
    const template = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    const policy = { whenScaled: 'Delete', whenDeleted: 'Retain' };
    await create(
      test,
      setOf({
        replicas: 2,
        volumeClaimTemplates: [template],
        persistentVolumeClaimRetentionPolicy: policy,
      }),
    );
    const claims = async (): Promise<string[]> =>
      (await test.client.list(PERSISTENT_VOLUME_CLAIMS, { namespace })).items.map(
        ({ metadata }) => metadata.name,
      );
    await until(() => read(test), isDone);
    expect(await claims()).toEqual(['data-web-0', 'data-web-1']);
    const pod = await test.client.get(PODS, { namespace, name: 'web-1' });
    expect(pod.spec.volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-web-1' },
    });
    await change(test, { replicas: 1 });
    await until(claims, (found) => found.join() === 'data-web-0');
    await test.client.delete(STATEFUL_SETS, { namespace, name: 'web' });
    await until(test.pods, (pods) => pods.length === 0);
    expect(await claims()).toEqual(['data-web-0']);
  });
});

describe('planStatefulSet', () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  const podOf = (ordinal: number, state: string, revision = 'new'): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-${ordinal}`,
      namespace,
      labels: { 'controller-revision-hash': revision },
      ...(state === 'gone' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [] },
    status: {
      phase: state === 'failed' ? 'Failed' : 'Running',
      conditions: [
        {
          type: 'Ready',
          status: state === 'ready' || state === 'gone' ? 'True' : 'False',
          lastTransitionTime: '2026-01-01T00:00:30Z',
        },
      ],
    },
  });
  const parallel = { podManagementPolicy: 'Parallel' };
  const onDelete = { updateStrategy: { type: 'OnDelete' } };
  const many = { updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } };

  it.each<[string, Partial<StatefulSetSpec>, Pod[], { create: number[]; remove: string[] }]>([
    ['starts with the first', {}, [], { create: [0], remove: [] }],
    ['waits for a pod that is not ready', {}, [podOf(0, 'up')], { create: [], remove: [] }],
    ['waits for a pod that ends', {}, [podOf(0, 'gone')], { create: [], remove: [] }],
    ['fills a gap', {}, [podOf(0, 'ready'), podOf(2, 'ready')], { create: [1], remove: [] }],
    ['replaces a failed pod', {}, [podOf(0, 'failed')], { create: [], remove: ['web-0'] }],
    ['does not wait in parallel', parallel, [podOf(0, 'up')], { create: [1, 2], remove: [] }],
    [
      'shrinks one at a time from the top',
      { replicas: 1 },
      [podOf(0, 'ready'), podOf(1, 'ready'), podOf(2, 'ready')],
      { create: [], remove: ['web-2'] },
    ],
    [
      'shrinks at once in parallel',
      { ...parallel, replicas: 1 },
      [podOf(0, 'ready'), podOf(1, 'up'), podOf(2, 'ready')],
      { create: [], remove: ['web-2', 'web-1'] },
    ],
    [
      'removes the unhealthy one first',
      { replicas: 1 },
      [podOf(0, 'ready'), podOf(1, 'up')],
      { create: [], remove: ['web-1'] },
    ],
    [
      'updates the highest ordinal',
      {},
      [0, 1, 2].map((ordinal) => podOf(ordinal, 'ready', 'old')),
      { create: [], remove: ['web-2'] },
    ],
    [
      'waits for the updated one',
      { ...parallel },
      [podOf(0, 'ready', 'old'), podOf(1, 'ready', 'old'), podOf(2, 'up')],
      { create: [], remove: [] },
    ],
    [
      'replaces as many as maxUnavailable says (KEP-961)',
      many,
      [0, 1, 2].map((ordinal) => podOf(ordinal, 'ready', 'old')),
      { create: [], remove: ['web-2', 'web-1'] },
    ],
    [
      'replaces nothing with OnDelete',
      onDelete,
      [0, 1, 2].map((ordinal) => podOf(ordinal, 'ready', 'old')),
      { create: [], remove: [] },
    ],
  ])('%s', (_, spec, pods, expected) => {
    const set = setOf(spec);
    const plan = planStatefulSet({
      set,
      pods,
      currentRevision: 'old',
      updateRevision: 'new',
      collisionCount: 0,
      now,
    });
    expect(plan.create.map(({ ordinal }) => ordinal)).toEqual(expected.create);
    expect(names(plan.remove).toReversed()).toEqual(expected.remove);
  });

  it('waits for minReadySeconds before the next one', () => {
    const state = { currentRevision: 'old', updateRevision: 'new', collisionCount: 0, now };
    const plan = planStatefulSet({
      ...state,
      set: setOf({ minReadySeconds: 60 }),
      pods: [podOf(0, 'ready')],
    });
    expect(plan).toMatchObject({ create: [], nextMs: 30_000 });
    expect(plan.status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
  });
});
