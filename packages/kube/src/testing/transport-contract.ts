/** What every Transport promises, seen through the client. Run against fakes, the embedded cluster, or a real one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient } from '../create-kube-client.ts';
import type { KubeClient } from '../client.ts';
import { CONFIG_MAPS, NAMESPACES, PODS, type ConfigMap } from '../resources.ts';
import type { Transport } from '../transport.ts';
import type { WatchEvent } from '../types.ts';

export interface TransportContractSetup {
  transport: Transport;
  /** An existing namespace that nobody else uses. */
  namespace: string;
  close?(): Promise<void>;
}

function configMap(namespace: string, name: string, data: Record<string, string> = {}): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name, labels: { app: name } },
    data,
  };
}

async function take<T>(events: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

function summary(event: WatchEvent<ConfigMap>): string {
  return event.type === 'BOOKMARK' || event.type === 'ERROR'
    ? event.type
    : `${event.type} ${event.object.metadata.name}`;
}

export function describeTransportContract(
  name: string,
  setup: () => Promise<TransportContractSetup>,
): void {
  describe(`Transport contract: ${name}`, () => {
    let world: TransportContractSetup;
    let client: KubeClient;
    let namespace: string;

    beforeEach(async () => {
      world = await setup();
      client = createKubeClient(world.transport);
      namespace = world.namespace;
    });
    afterEach(async () => {
      await world.close?.();
    });

    it('creates, gets, replaces and deletes', async () => {
      const created = await client.create(CONFIG_MAPS, configMap(namespace, 'a', { k: '1' }));
      expect(created.metadata.uid).toBeTruthy();
      expect(created.metadata.resourceVersion).toBeTruthy();
      const replaced = await client.replace(CONFIG_MAPS, { ...created, data: { k: '2' } });
      expect(replaced.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      expect((await client.get(CONFIG_MAPS, { namespace, name: 'a' })).data).toEqual({ k: '2' });
      await client.delete(CONFIG_MAPS, { namespace, name: 'a' });
      expect(await client.find(CONFIG_MAPS, { namespace, name: 'a' })).toBeUndefined();
    });

    it('gives reasons for refusals', async () => {
      const created = await client.create(CONFIG_MAPS, configMap(namespace, 'a'));
      await client.replace(CONFIG_MAPS, { ...created, data: { k: '2' } });
      await expect(client.create(CONFIG_MAPS, configMap(namespace, 'a'))).rejects.toMatchObject({
        reason: 'AlreadyExists',
        code: 409,
      });
      await expect(
        client.replace(CONFIG_MAPS, { ...created, data: { k: '3' } }),
      ).rejects.toMatchObject({ reason: 'Conflict', code: 409 });
      await expect(client.get(CONFIG_MAPS, { namespace, name: 'none' })).rejects.toMatchObject({
        reason: 'NotFound',
        code: 404,
      });
      await expect(client.logs({ namespace, name: 'none' })).rejects.toMatchObject({
        reason: 'NotFound',
      });
      await expect(client.watch({ ...PODS, group: 'nobody.example' })).rejects.toMatchObject({
        code: 404,
      });
    });

    it('patches and applies', async () => {
      await client.create(CONFIG_MAPS, configMap(namespace, 'a', { x: '1', y: '1' }));
      const merged = await client.patch(CONFIG_MAPS, {
        namespace,
        name: 'a',
        patch: { type: 'merge', body: { data: { x: null, z: '1' } } },
      });
      expect(merged.data).toEqual({ y: '1', z: '1' });
      const patched = await client.patch(CONFIG_MAPS, {
        namespace,
        name: 'a',
        patch: { type: 'json', body: [{ op: 'add', path: '/data/w', value: '2' }] },
      });
      expect(patched.data).toEqual({ w: '2', y: '1', z: '1' });
      const applied = await client.apply(CONFIG_MAPS, configMap(namespace, 'b', { x: '1' }), {
        fieldManager: 'contract',
        force: true,
      });
      expect(applied.data).toEqual({ x: '1' });
    });

    it('lists in pages, by label, with whole objects', async () => {
      for (const item of ['a', 'b', 'c'])
        await client.create(CONFIG_MAPS, configMap(namespace, item));
      const first = await client.list(CONFIG_MAPS, { namespace, limit: 2, labelSelector: 'app' });
      expect(first.items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
      const second = await client.list(CONFIG_MAPS, {
        namespace,
        limit: 2,
        labelSelector: 'app',
        continue: first.metadata.continue,
      });
      expect(second.items.map((item) => item.metadata.name)).toEqual(['c']);
      const selected = await client.list(CONFIG_MAPS, { namespace, labelSelector: 'app=b' });
      expect(selected.items).toMatchObject([
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } },
      ]);
    });

    it('watches from a resourceVersion, in order, until the signal aborts', async () => {
      const { metadata } = await client.list(CONFIG_MAPS, { namespace });
      const stop = new AbortController();
      const events = await client.watch(CONFIG_MAPS, {
        namespace,
        labelSelector: 'app',
        resourceVersion: metadata.resourceVersion,
        signal: stop.signal,
      });
      const created = await client.create(CONFIG_MAPS, configMap(namespace, 'a'));
      await client.replace(CONFIG_MAPS, { ...created, data: { k: '2' } });
      await client.delete(CONFIG_MAPS, { namespace, name: 'a' });
      const seen: string[] = [];
      for await (const event of events) {
        if (event.type !== 'BOOKMARK') seen.push(summary(event));
        if (seen.length === 3) stop.abort();
      }
      expect(seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    });

    it('streams the initial state up to a marked bookmark', async () => {
      await client.create(CONFIG_MAPS, configMap(namespace, 'a'));
      const stop = new AbortController();
      const events = await client.watch(CONFIG_MAPS, {
        namespace,
        labelSelector: 'app',
        sendInitialEvents: true,
        signal: stop.signal,
      });
      const [added, bookmark] = await take(events, 2);
      stop.abort();
      expect(added).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
      expect(bookmark).toMatchObject({
        type: 'BOOKMARK',
        object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
      });
    });

    it('accepts a watch before there is an event, and an abort before it is read', async () => {
      const stop = new AbortController();
      const events = await client.watch(CONFIG_MAPS, { namespace, signal: stop.signal });
      stop.abort();
      expect(await take(events, 1)).toEqual([]);
    });

    it('rejects with the reason of an aborted signal', async () => {
      const reason = new Error('stopped');
      await expect(client.list(NAMESPACES, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
    });
  });
}
