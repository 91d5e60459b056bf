import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test, describe } from 'vitest';

import { createKubeClient } from '@kagent/kube';

import { startTestCluster } from '../testing/test-cluster.ts';
import type { Cluster } from '../start-cluster.ts';
import { ENDPOINT_SLICES, SERVICES } from '../workloads/objects.ts';
import { ENDPOINTS } from '../workloads/services/endpoints-object.ts';

const KEY = { namespace: 'default', name: 'kubernetes' };

async function ports(cluster: Cluster): Promise<unknown[]> {
  const client = createKubeClient(cluster.transport());
  const { spec } = await client.get(SERVICES, KEY);
  const { subsets } = await client.get(ENDPOINTS, KEY);
  const slice = await client.get(ENDPOINT_SLICES, KEY);
  return [spec?.ports?.[0]?.targetPort, subsets?.[0]?.ports?.[0]?.port, slice.ports?.[0]?.port];
}

describe('api/api-server-service: how the API server is found from inside', () => {
  test('the Service has the first address and leads to where the server listens', async () => {
    await using cluster = await startTestCluster();
    expect(await ports(cluster)).toEqual([cluster.port, cluster.port, cluster.port]);
    const target = { host: '127.0.0.1', port: cluster.port };
    await expect.poll(() => cluster.resolve('kubernetes.default.svc', 443)).toEqual(target);
    expect(cluster.resolve('10.96.0.1', 443)).toEqual(target);
  });

  test('it follows the port of the next start, and is one and the same object', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const storage = { sqlite: join(folder, 'cluster.db') };
    const uids: unknown[] = [];
    for (let start = 0; start < 2; start += 1) {
      await using cluster = await startTestCluster({ storage, workloads: false });
      expect(await ports(cluster)).toEqual([cluster.port, cluster.port, cluster.port]);
      const client = createKubeClient(cluster.transport());
      uids.push((await client.get(SERVICES, KEY)).metadata.uid);
    }
    expect(uids[0]).toBe(uids[1]);
  });
});
