import { describe, expect, it } from 'vitest';

import { eventually, startTestPlatform } from '../../node/testing/test-platform.ts';
import { CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, SERVICE_ACCOUNTS } from '../objects.ts';

const blue = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } };
const REMAINING = 'NamespaceContentRemaining';

describe('NamespaceController', () => {
  it('gives every namespace a default ServiceAccount and the root certificate, and gives them back', async () => {
    await using platform = await startTestPlatform({ node: false });
    const { client } = platform;
    await client.create(NAMESPACES, blue);
    const account = { namespace: 'blue', name: 'default' };
    const certificate = { namespace: 'blue', name: 'kube-root-ca.crt' };
    await eventually(
      () => client.find(SERVICE_ACCOUNTS, account),
      (found) => found !== undefined,
    );
    await eventually(
      () => client.find(CONFIG_MAPS, certificate),
      (found) => found?.data?.['ca.crt'] !== undefined,
    );
    await client.delete(SERVICE_ACCOUNTS, account);
    await eventually(
      () => client.find(SERVICE_ACCOUNTS, account),
      (found) => found !== undefined,
    );
    const patch = { type: 'merge', body: { data: { 'ca.crt': 'forged' } } } as const;
    await client.patch(CONFIG_MAPS, { ...certificate, patch });
    const restored = await eventually(
      () => client.find(CONFIG_MAPS, certificate),
      (found) => found?.data?.['ca.crt'] !== 'forged',
    );
    expect(restored?.metadata.annotations).toBeDefined();
  });

  it('deletes what pods may need only when no pod is left', async () => {
    await using platform = await startTestPlatform({ node: false });
    const { client } = platform;
    await client.create(NAMESPACES, blue);
    const [pod, map] = [
      { namespace: 'blue', name: 'pod' },
      { namespace: 'blue', name: 'map' },
    ];
    await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: map });
    await client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...pod, finalizers: ['example.com/wait'] },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    });
    await client.delete(NAMESPACES, { name: 'blue' });
    await eventually(
      () => client.get(NAMESPACES, { name: 'blue' }),
      (found) => found.status?.conditions?.some(({ type }) => type === REMAINING) === true,
    );
    expect((await client.get(CONFIG_MAPS, map)).metadata.deletionTimestamp).toBeUndefined();
    const body = { metadata: { finalizers: null } };
    await client.patch(PODS, { ...pod, patch: { type: 'merge', body } });
    await eventually(
      () => client.find(NAMESPACES, { name: 'blue' }),
      (found) => found === undefined,
    );
  });

  it('empties a namespace that is deleted, then lets it go', async () => {
    await using platform = await startTestPlatform();
    const { client } = platform;
    await client.create(NAMESPACES, blue);
    await client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'blue' },
    });
    await client.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'blue' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    });
    const pods = async (): Promise<number> =>
      (await client.list(PODS, { namespace: 'blue' })).items.length;
    await eventually(pods, (found) => found === 1);
    await client.delete(NAMESPACES, { name: 'blue' });
    await eventually(
      () => client.find(NAMESPACES, { name: 'blue' }),
      (found) => found === undefined,
    );
    expect(await pods()).toBe(0);
    expect(await client.find(CONFIG_MAPS, { namespace: 'blue', name: 'a' })).toBeUndefined();
    expect(await client.find(NAMESPACES, { name: 'default' })).toBeDefined();
  });

  it('says what keeps a namespace from going', async () => {
    await using platform = await startTestPlatform({ node: false });
    const { client } = platform;
    await client.create(NAMESPACES, blue);
    const metadata = { name: 'held', namespace: 'blue', finalizers: ['example.com/hold'] };
    await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    await client.delete(NAMESPACES, { name: 'blue' });
    const stuck = await eventually(
      () => client.find(NAMESPACES, { name: 'blue' }),
      (found) => (found?.status?.conditions ?? []).length > 0,
    );
    const text = JSON.stringify(stuck?.status?.conditions);
    expect(stuck?.status?.phase).toBe('Terminating');
    expect(text).toContain('example.com/hold');
    const patch = { type: 'merge', body: { metadata: { finalizers: [] } } } as const;
    await client.patch(CONFIG_MAPS, { namespace: 'blue', name: 'held', patch });
    await eventually(
      () => client.find(NAMESPACES, { name: 'blue' }),
      (found) => found === undefined,
    );
  });
});
