import { describe, expect, test } from 'vitest';

import { createMemoryStorage } from '../../storage/memory-storage.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';

const PATH = '/api/v1/namespaces/default/services';
const web = [{ port: 80 }];

interface Answer {
  code?: number;
  message?: string;
  spec: Record<string, unknown> & { ports?: Record<string, unknown>[] };
  metadata: Record<string, unknown>;
}

const body = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
});

async function create(api: TestApi, name: string, spec: object, query = ''): Promise<Answer> {
  const response = await api.call('POST', `${PATH}${query}`, { body: body(name, spec) });
  return response.body as unknown as Answer;
}

async function merge(api: TestApi, name: string, spec: object): Promise<Answer> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const response = await api.call('PATCH', `${PATH}/${name}`, { body: { spec }, headers });
  return response.body as unknown as Answer;
}

// What `pkg/registry/core/service/storage` of Kubernetes 1.35 does within the request.
describe('api/services: addresses and ports of Services', () => {
  test('the answer to a create has the address, and nobody owns it', async () => {
    using api = await createTestApi();
    const { spec, metadata } = await create(api, 'a', { ports: web });
    expect(spec.clusterIP).toMatch(/^10\.96\.\d+\.\d+$/);
    expect(spec.clusterIPs).toEqual([spec.clusterIP]);
    expect(JSON.stringify(metadata['managedFields'])).not.toContain('clusterIP');
    expect((await create(api, 'b', { ports: web })).spec.clusterIP).not.toBe(spec.clusterIP);
  });

  test.each([
    ['headless', { clusterIP: 'None', ports: web }, 'None'],
    ['of another name', { type: 'ExternalName', externalName: 'example.com' }, undefined],
  ])('a Service that is %s gets none', async (_name, spec, clusterIP) => {
    using api = await createTestApi();
    expect((await create(api, 'a', spec)).spec.clusterIP).toBe(clusterIP);
  });

  test.each([
    [
      'an address somebody has',
      { clusterIP: '10.96.7.7', ports: web },
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.7.7"]: failed to allocate IP 10.96.7.7: provided IP is already allocated',
    ],
    [
      'an address of another network',
      { clusterIP: '192.0.2.1', ports: web },
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    ],
    [
      'a port somebody has',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30123 }] },
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated',
    ],
    [
      'an address for an external name',
      { type: 'ExternalName', externalName: 'example.com', clusterIP: '10.96.7.8' },
      'Service "b" is invalid: spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
  ])('refuses %s', async (_name, spec, message) => {
    using api = await createTestApi();
    const first = {
      clusterIP: '10.96.7.7',
      type: 'NodePort',
      ports: [{ port: 1, nodePort: 30123 }],
    };
    await create(api, 'a', first);
    expect(await create(api, 'b', spec)).toMatchObject({ code: 422, message });
    await api.call('DELETE', `${PATH}/a`);
    if (!message.includes('allocated')) return;
    expect((await create(api, 'b', spec)).code).toBeUndefined();
  });

  test('ports of the same number share a node port, others do not', async () => {
    using api = await createTestApi();
    await create(api, 'fixed', { type: 'NodePort', ports: [{ port: 80, nodePort: 30000 }] });
    const { spec } = await create(api, 'free', {
      type: 'NodePort',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53 },
        { name: 'http', port: 80 },
      ],
    });
    const [dns, dnsTcp, http] = spec.ports?.map(({ nodePort }) => nodePort) ?? [];
    expect(dns).toBeGreaterThan(30000);
    expect(dnsTcp).toBe(dns);
    expect(http).not.toBe(dns);
  });

  test('a change of type gives and takes what the type has', async () => {
    using api = await createTestApi();
    const { clusterIP } = (await create(api, 'a', { ports: web })).spec;
    const open = (await merge(api, 'a', { type: 'NodePort' })).spec;
    expect(open).toMatchObject({ clusterIP, externalTrafficPolicy: 'Cluster' });
    const nodePort = open.ports?.[0]?.['nodePort'];
    expect(nodePort).toBeGreaterThanOrEqual(30000);
    const closed = (await merge(api, 'a', { type: 'ClusterIP' })).spec;
    expect(closed.ports?.[0]).not.toHaveProperty('nodePort');
    expect(closed).not.toHaveProperty('externalTrafficPolicy');
    const again = { type: 'NodePort', ports: [{ port: 80, nodePort }] };
    expect((await create(api, 'b', again)).code).toBeUndefined();
    const external = await merge(api, 'a', { type: 'ExternalName', externalName: 'example.com' });
    expect(external.spec).not.toHaveProperty('clusterIP');
    expect(external.spec).not.toHaveProperty('clusterIPs');
    expect((await create(api, 'c', { clusterIP, ports: web })).spec.clusterIP).toBe(clusterIP);
    const back = await merge(api, 'a', { type: 'ClusterIP' });
    expect(back.spec.clusterIP).toMatch(/^10\.96\./);
    expect(back.spec.clusterIP).not.toBe(clusterIP);
  });

  test('a load balancer that keeps addresses has a port for health checks', async () => {
    using api = await createTestApi();
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: web };
    const { spec: got } = await create(api, 'a', spec);
    expect(got['healthCheckNodePort']).toBeGreaterThanOrEqual(30000);
    expect(got['healthCheckNodePort']).not.toBe(got.ports?.[0]?.['nodePort']);
  });

  test('a dry run shows an address and takes none', async () => {
    using api = await createTestApi();
    const shown = (await create(api, 'a', { ports: web }, '?dryRun=All')).spec.clusterIP;
    expect(shown).toMatch(/^10\.96\./);
    expect((await create(api, 'b', { ports: web })).spec.clusterIP).toBe(shown);
  });

  test('what is taken is known after a restart', async () => {
    const storage = createMemoryStorage();
    const first = await createTestApi({ storage });
    const fixed = { type: 'NodePort', ports: [{ port: 80, nodePort: 30500 }] };
    const { clusterIP } = (await create(first, 'a', fixed)).spec;
    first.server.stop();
    using api = await createTestApi({ storage });
    expect(await create(api, 'b', { clusterIP, ports: web })).toMatchObject({ code: 422 });
    expect(await create(api, 'b', fixed)).toMatchObject({ code: 422 });
  });

  test('an update of something else leaves everything as it is', async () => {
    using api = await createTestApi();
    const { spec } = await create(api, 'a', { type: 'NodePort', ports: web });
    const after = await merge(api, 'a', { selector: { app: 'web' } });
    expect(after.spec).toEqual({ ...spec, selector: { app: 'web' } });
    const stored = await api.call('PUT', `${PATH}/a`, {
      body: body('a', { type: 'NodePort', ports: web }),
    });
    expect(stored.body).toMatchObject({ spec });
  });
});
