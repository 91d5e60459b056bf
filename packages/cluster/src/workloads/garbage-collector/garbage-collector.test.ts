import { CRDS } from '@kagent/kube';
import type { KubeObject, ResourceType } from '@kagent/kube';
import { describe, expect, it } from 'vitest';

import { eventually, startTestPlatform } from '../../node/testing/test-platform.ts';
import type { TestPlatform } from '../../node/testing/test-platform.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  EVENTS,
  NAMESPACES,
  PODS,
  REPLICA_SETS,
  SECRETS,
} from '../objects.ts';

const namespace = 'default';

async function createMap(
  platform: TestPlatform,
  name: string,
  owners: KubeObject[] = [],
  block = false,
): Promise<KubeObject> {
  const ownerReferences = owners.map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    ...(block ? { blockOwnerDeletion: true } : {}),
  }));
  return platform.client.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ownerReferences },
  });
}

const find = (platform: TestPlatform, name: string): Promise<KubeObject | undefined> =>
  platform.client.find(CONFIG_MAPS, { namespace, name });

const isGone = (object: KubeObject | undefined): boolean => object === undefined;

const widgets: ResourceType = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};

async function createNamespace(platform: TestPlatform, name: string): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await platform.client.create(NAMESPACES, object);
}

async function installWidgets(platform: TestPlatform): Promise<void> {
  await platform.client.create(CRDS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  });
}

describe('GarbageCollector', () => {
  it('deletes dependents in the background, through all generations', async () => {
    await using platform = await startTestPlatform({ node: false });
    const parent = await createMap(platform, 'parent');
    const child = await createMap(platform, 'child', [parent]);
    await createMap(platform, 'grandchild', [child]);
    await createMap(platform, 'stranger');
    await platform.client.delete(
      CONFIG_MAPS,
      { namespace, name: 'parent' },
      { propagationPolicy: 'Background' },
    );
    await eventually(() => find(platform, 'grandchild'), isGone);
    expect(await find(platform, 'child')).toBeUndefined();
    expect(await find(platform, 'stranger')).toBeDefined();
  });

  it('keeps a dependent that has another owner, without the reference to the one that went', async () => {
    await using platform = await startTestPlatform({ node: false });
    const [one, two] = [await createMap(platform, 'one'), await createMap(platform, 'two')];
    await createMap(platform, 'child', [one, two]);
    await platform.client.delete(CONFIG_MAPS, { namespace, name: 'one' });
    const child = await eventually(
      () => find(platform, 'child'),
      (found) => found?.metadata.ownerReferences?.length === 1,
    );
    expect(child?.metadata.ownerReferences?.[0]?.uid).toBe(two.metadata.uid);
    await platform.client.delete(CONFIG_MAPS, { namespace, name: 'two' });
    await eventually(() => find(platform, 'child'), isGone);
  });

  it('ends a circle of owners that wait for each other', async () => {
    await using platform = await startTestPlatform({ node: false });
    const first = await createMap(platform, 'a');
    const second = await createMap(platform, 'b', [first], true);
    const third = await createMap(platform, 'c', [second], true);
    const [owner] = (await createMap(platform, 'model', [third], true)).metadata.ownerReferences!;
    await platform.client.patch(CONFIG_MAPS, {
      namespace,
      name: 'a',
      patch: { type: 'merge', body: { metadata: { ownerReferences: [owner] } } },
    });
    await platform.client.delete(
      CONFIG_MAPS,
      { namespace, name: 'a' },
      { propagationPolicy: 'Foreground' },
    );
    for (const name of ['a', 'b', 'c', 'model'])
      expect(await eventually(() => find(platform, name), isGone)).toBeUndefined();
  });

  it('deletes the owner last in the foreground', async () => {
    await using platform = await startTestPlatform({ node: false });
    const parent = await createMap(platform, 'parent');
    const child = await createMap(platform, 'child', [parent], true);
    const patch = {
      type: 'merge',
      body: { metadata: { finalizers: ['example.com/wait'] } },
    } as const;
    await platform.client.patch(CONFIG_MAPS, { namespace, name: child.metadata.name, patch });
    await platform.client.delete(
      CONFIG_MAPS,
      { namespace, name: 'parent' },
      { propagationPolicy: 'Foreground' },
    );
    await eventually(
      () => find(platform, 'child'),
      (found) => found?.metadata.deletionTimestamp !== undefined,
    );
    expect((await find(platform, 'parent'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
    const release = { type: 'merge', body: { metadata: { finalizers: [] } } } as const;
    await platform.client.patch(CONFIG_MAPS, { namespace, name: 'child', patch: release });
    await eventually(() => find(platform, 'parent'), isGone);
    expect(await find(platform, 'child')).toBeUndefined();
  });

  it('leaves dependents alone when they are orphaned', async () => {
    await using platform = await startTestPlatform({ node: false });
    const parent = await createMap(platform, 'parent');
    await createMap(platform, 'child', [parent]);
    await platform.client.delete(
      CONFIG_MAPS,
      { namespace, name: 'parent' },
      { propagationPolicy: 'Orphan' },
    );
    await eventually(() => find(platform, 'parent'), isGone);
    const child = await find(platform, 'child');
    expect(child?.metadata.ownerReferences ?? []).toEqual([]);
  });

  it('deletes an object whose owner never existed or was replaced by another of that name', async () => {
    await using platform = await startTestPlatform({ node: false });
    const parent = await createMap(platform, 'parent');
    const stale = { ...parent, metadata: { ...parent.metadata, uid: 'another-uid' } };
    await createMap(platform, 'child', [stale]);
    await eventually(() => find(platform, 'child'), isGone);
    expect(await find(platform, 'parent')).toBeDefined();
  });

  it('follows kinds that come with a CRD', async () => {
    await using platform = await startTestPlatform({ node: false });
    await installWidgets(platform);
    const widget = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace },
    };
    const owner = await eventually(
      () => platform.client.create(widgets, widget).catch(() => undefined),
      (found) => found !== undefined,
    );
    await createMap(platform, 'child', [owner!]);
    await platform.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'other',
        namespace,
        ownerReferences: [{ apiVersion: 'unknown.example/v1', kind: 'Gone', name: 'x', uid: 'u' }],
      },
    });
    await platform.client.delete(widgets, { namespace, name: 'w' });
    await eventually(() => find(platform, 'child'), isGone);
    expect(await platform.client.find(SECRETS, { namespace, name: 'other' })).toBeDefined();
  });

  it('takes a Deployment with everything it made', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    });
    const count = async (): Promise<number> =>
      (await platform.client.list(PODS, { namespace })).items.length;
    await eventually(count, (found) => found === 2);
    await platform.client.delete(
      DEPLOYMENTS,
      { namespace, name: 'web' },
      { propagationPolicy: 'Foreground' },
    );
    await eventually(count, (found) => found === 0);
    await eventually(
      async () => (await platform.client.list(REPLICA_SETS, { namespace })).items.length,
      (found) => found === 0,
    );
    const left = await eventually(
      () => platform.client.find(DEPLOYMENTS, { namespace, name: 'web' }),
      (found) => found === undefined,
    );
    expect(left).toBeUndefined();
  });

  it('deletes what names an owner of another namespace, with an event', async () => {
    await using platform = await startTestPlatform({ node: false });
    await createNamespace(platform, 'other');
    const owner = await platform.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owner', namespace: 'other' },
    });
    await createMap(platform, 'stray', [owner]);
    await eventually(() => find(platform, 'stray'), isGone);
    const { uid } = owner.metadata;
    await eventually(
      async () => (await platform.client.list(EVENTS, { namespace })).items,
      (events) =>
        events.some(
          ({ reason, message }) =>
            reason === 'OwnerRefInvalidNamespace' &&
            message ===
              `ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${uid}] does not exist in namespace "default"`,
        ),
    );
    expect(await platform.client.find(CONFIG_MAPS, owner.metadata)).toBeDefined();
  });
});
