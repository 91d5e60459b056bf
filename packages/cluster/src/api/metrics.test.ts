import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createKubeClient } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { PODS } from '../workloads/objects.ts';
import { startTestCluster } from '../testing/test-cluster.ts';
import { createTestApi } from '../testing/test-api.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';

const KUBECTL = fileURLToPath(
  new URL('../../../../node_modules/.kagent-bin/kubectl', import.meta.url),
);

/** https://github.com/kubernetes/metrics: NodeMetrics and PodMetrics, get and list only. */
describe('metrics.k8s.io', () => {
  const home = mkdtempSync(join(tmpdir(), 'metrics-'));
  let cluster: Awaited<ReturnType<typeof startTestCluster>>;
  const call = (method: 'GET' | 'DELETE', path: string) => {
    const url = new URL(`https://x/apis/metrics.k8s.io/v1beta1${path}`);
    const query = Object.fromEntries(url.searchParams);
    const client = createKubeClient(cluster.transport());
    return client.raw({ method, path: url.pathname, query });
  };

  beforeAll(async () => {
    const start = async () => {
      const { promise: exited, resolve } = Promise.withResolvers<number>();
      return { exited, stop: async () => resolve(0) };
    };
    const image = { name: 'quiet', matches: () => true, run: { mode: 'tenant' as const, start } };
    cluster = await startTestCluster({ images: [image] });
    writeKubeconfig(join(home, 'kubeconfig'), cluster.kubeconfig);
    const client = createKubeClient(cluster.transport());
    for (const name of ['blue', 'green'])
      await client.create(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'quiet' }] },
      });
    await vi.waitFor(
      async () => {
        const { items } = await client.list(PODS, { namespace: 'default' });
        expect(items.filter(({ status }) => status?.phase === 'Running')).toHaveLength(2);
      },
      { interval: 5, timeout: 8000 },
    );
  });

  afterAll(async () => {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  });

  function kubectl(...args: string[]): Promise<string> {
    const env = { HOME: home, PATH: process.env['PATH'] };
    const all = ['--kubeconfig', join(home, 'kubeconfig'), ...args];
    return new Promise((resolve) => {
      execFile(KUBECTL, all, { env, timeout: 20_000 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
  }

  it('gives kubectl top what it shows', async () => {
    expect(await kubectl('top', 'nodes')).toMatch(/^NAME .*\nkagent +\d+m +\d+% +\d+Mi +\d+% *\n$/);
    expect(await kubectl('top', 'pods', '-A', '--containers')).toMatch(
      /^NAMESPACE .*\ndefault +blue +main +\d+m +\d+Mi *\ndefault +green +main +\d+m +\d+Mi *\n$/,
    );
    expect(await kubectl('top', 'pod', '-l', 'app=green', '--no-headers')).toMatch(
      /^green +\S+ +\S+ *\n$/,
    );
    expect(await kubectl('get', 'pods.metrics.k8s.io')).toMatch(
      /^NAME +CPU +MEMORY +WINDOW\nblue +\d+n +\d+Ki +[\d.]+s\n/,
    );
    expect(await kubectl('explain', 'podmetrics.containers.usage')).toContain('metrics.k8s.io');
  });

  it('answers in the shape of metrics-server', async () => {
    const { status, body } = await call('GET', '/namespaces/default/pods/blue');
    expect(status).toBe(200);
    expect(body).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name: 'blue',
        namespace: 'default',
        creationTimestamp: expect.any(String),
        labels: { app: 'blue' },
      },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      window: expect.stringMatching(/^[\d.]+s$/),
      containers: [
        {
          name: 'main',
          usage: { cpu: expect.stringMatching(/^\d+n$/), memory: expect.stringMatching(/^\d+Ki$/) },
        },
      ],
    });
  });

  it.each([
    ['labelSelector=app%3Dgreen', ['green']],
    ['labelSelector=app%21%3Dgreen', ['blue']],
    ['fieldSelector=metadata.name%3Dblue', ['blue']],
    ['', ['blue', 'green']],
  ])('selects with %j', async (query, names) => {
    const { body } = await call('GET', `/pods?${query}`);
    expect(body).toMatchObject({
      kind: 'PodMetricsList',
      items: names.map((name) => ({ metadata: { name } })),
    });
  });

  it.each([
    ['GET', '/namespaces/default/pods/red', 404],
    ['GET', '/nodes/other', 404],
    ['DELETE', '/nodes/kagent', 405],
    ['GET', '/nodes?watch=true', 405],
    ['GET', '/nodes?fieldSelector=spec.x%3D1', 400],
  ] as const)('refuses %s %s', async (method, path, code) => {
    const request = call(method, path);
    const status = await request.then(
      (response) => response.status,
      (error: { code: number }) => error.code,
    );
    expect(status).toBe(code);
  });

  it('is not served without a node', async () => {
    using api = await createTestApi();
    const { status } = await api.open('GET', '/apis/metrics.k8s.io/v1beta1');
    expect(status).toBe(404);
  });
});
