import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CONFIG_MAPS, createKubeClient, NAMESPACES, SERVICE_ACCOUNTS } from '@kagent/kube';
import { afterAll, describe, expect, test } from 'vitest';

import { startCluster } from './start-cluster.ts';
import type { Cluster } from './start-cluster.ts';
import { startTestCluster } from './testing/test-cluster.ts';

/** Status code of a request with a token nobody gave out. */
function unauthorized({ url, caCertificate: ca }: Cluster): Promise<number | undefined> {
  const headers = { authorization: 'Bearer planted-token' };
  return new Promise((resolve, reject) => {
    request(`${url}/api/v1/secrets`, { ca, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('start-cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kagent-cluster-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('is complete when it is ready', async () => {
    await using cluster = await startTestCluster();
    const client = createKubeClient(cluster.transport());
    await expect
      .poll(() => client.find(SERVICE_ACCOUNTS, { namespace: 'default', name: 'default' }), {
        interval: 5,
      })
      .toBeDefined();
    const root = await client.get(CONFIG_MAPS, { namespace: 'default', name: 'kube-root-ca.crt' });
    expect(root).toMatchObject({ data: { 'ca.crt': cluster.caCertificate } });
    await client.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'blue' },
    });
    await client.delete(NAMESPACES, { name: 'blue' });
    await expect
      .poll(() => client.find(NAMESPACES, { name: 'blue' }), { interval: 5 })
      .toBeUndefined();
  });

  test('runs many at once, apart from each other', async () => {
    await using first = await startTestCluster({ workloads: false });
    await using second = await startTestCluster({ workloads: false });
    expect(first.port).not.toBe(second.port);
    const blue = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } };
    await createKubeClient(first.transport()).create(NAMESPACES, blue);
    expect(
      await createKubeClient(second.transport()).find(NAMESPACES, { name: 'blue' }),
    ).toBeUndefined();
  });

  test('finds everything as it was, and the old kubeconfig still works', async () => {
    const options = {
      storage: { sqlite: join(directory, 'a.db') },
      dataDir: join(directory, 'a'),
      workloads: false,
    };
    const before = await startCluster(options);
    const blue = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } };
    const created = await createKubeClient(before.transport()).create(NAMESPACES, blue);
    await before.stop();
    await before.stop();
    await using after = await startTestCluster({ ...options, port: before.port });
    expect(await createKubeClient(after.transport()).get(NAMESPACES, { name: 'blue' })).toEqual(
      created,
    );
    expect(after.kubeconfig).toBe(before.kubeconfig);
  });

  test('keeps the default policy over restarts, and an audit log of who was turned away', async () => {
    const path = join(directory, 'audit.log');
    const options = { storage: { sqlite: join(directory, 'policy.db') }, workloads: false };
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
    const read = async (cluster: Cluster) =>
      (await cluster.transport().request({ method: 'GET', path: roles })).body as {
        items: object[];
        metadata: { resourceVersion: string };
      };
    const first = await startCluster(options);
    const { items } = await read(first);
    await first.stop();
    const second = await startCluster({ ...options, audit: { path } });
    expect((await read(second)).items).toEqual(items);
    await expect(unauthorized(second)).resolves.toBe(401);
    await second.stop();
    expect(JSON.parse(readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '')).toMatchObject({
      verb: 'list',
      user: { username: 'system:anonymous' },
      sourceIPs: ['127.0.0.1'],
      requestURI: '/api/v1/secrets',
      responseStatus: { code: 401, reason: 'Unauthorized' },
    });
    expect(readFileSync(path, 'utf8')).not.toContain('planted-token');
  });

  test('answers connections while clients of the same process never pause', async () => {
    await using cluster = await startTestCluster({ workloads: false });
    const client = createKubeClient(cluster.transport());
    let isAnswered = false;
    const answered = unauthorized(cluster).then((status) => {
      isAnswered = true;
      return status;
    });
    let requests = 0;
    for (; !isAnswered && requests < 100_000; requests += 1)
      await client.get(NAMESPACES, { name: 'default' });
    expect(isAnswered).toBe(true);
    expect(await answered).toBe(401);
    expect(requests).toBeGreaterThan(0);
  });

  test('leaves nothing behind when it cannot start', async () => {
    await using running = await startTestCluster({ workloads: false });
    const path = join(directory, 'b.db');
    const options = { storage: { sqlite: path }, workloads: false };
    await expect(startCluster({ ...options, port: running.port })).rejects.toMatchObject({
      code: 'port_in_use',
      port: running.port,
    });
    expect(existsSync(path)).toBe(true);
    const cluster = await startCluster(options);
    await expect(startCluster(options)).rejects.toMatchObject({ code: 'in_use' });
    await cluster.stop();
  });
});
