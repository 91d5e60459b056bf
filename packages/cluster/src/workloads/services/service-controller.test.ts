import { describe, expect, it } from 'vitest';

import {
  eventually,
  readinessProbe,
  podOf,
  startTestPlatform,
} from '../../node/testing/test-platform.ts';
import type { TestPlatform } from '../../node/testing/test-platform.ts';
import { ENDPOINT_SLICES, PODS, SERVICES } from '../objects.ts';
import type { EndpointSlice, Pod, Service } from '../objects.ts';
import { ENDPOINTS } from './endpoints-object.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import { endpointSlices } from './endpoints.ts';

const namespace = 'default';

function serviceOf(name: string, spec: NonNullable<Service['spec']>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: `uid-${name}` },
    spec,
  };
}

function createService(
  platform: TestPlatform,
  name: string,
  spec: NonNullable<Service['spec']>,
): Promise<Service> {
  return platform.client.create(SERVICES, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec,
  });
}

async function slicesOf(platform: TestPlatform, service: string): Promise<EndpointSlice[]> {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return (await platform.client.list(ENDPOINT_SLICES, { namespace, labelSelector })).items;
}

const ready = (slices: EndpointSlice[]): number =>
  slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready === true).length;

const web = {
  name: 'web',
  image: 'web:1',
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: {
    ...readinessProbe,
    periodSeconds: 1,
    initialDelaySeconds: 0,
    failureThreshold: 1,
  },
};

describe('ServiceController', () => {
  it('publishes the ready pods of the selector with the number of a named port', async () => {
    await using platform = await startTestPlatform();
    const service = await createService(platform, 'web', {
      selector: { app: 'web' },
      ports: [{ name: 'main', port: 80, targetPort: 'http' }],
    });
    await platform.client.create(PODS, podOf('web', { containers: [web] }));
    await platform.client.create(PODS, podOf('other', { containers: [web] }));
    const [slice] = await eventually(
      () => slicesOf(platform, 'web'),
      (found) => ready(found) === 1,
    );
    const pod = await platform.pod('web');
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: 'main', port: 8080, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: [pod?.status?.podIP],
          nodeName: 'node-1',
          targetRef: { kind: 'Pod', name: 'web' },
        },
      ],
    });
    expect(slice?.metadata.ownerReferences).toMatchObject([
      { kind: 'Service', uid: service.metadata.uid },
    ]);
    const old = await eventually(
      () => platform.client.find(ENDPOINTS, { namespace, name: 'web' }),
      (found) => found !== undefined,
    );
    expect(old?.subsets).toMatchObject([
      { addresses: [{ ip: pod?.status?.podIP }], ports: [{ name: 'main', port: 8080 }] },
    ]);
    expect(platform.node.resolve('web.default', 80)).toEqual({
      host: pod?.status?.podIP,
      port: 8080,
    });
  });

  it('takes a pod out that is not ready any more, and one that is deleted', async () => {
    await using platform = await startTestPlatform();
    await createService(platform, 'web', { selector: { app: 'web' }, ports: [{ port: 8080 }] });
    await platform.client.create(PODS, podOf('web', { containers: [web] }));
    await eventually(
      () => slicesOf(platform, 'web'),
      (found) => ready(found) === 1,
    );
    const pod = await platform.pod('web');
    await fetch(`http://${pod?.status?.podIP}:8080/fail`);
    const [slice] = await eventually(
      () => slicesOf(platform, 'web'),
      (found) => ready(found) === 0,
    );
    expect(slice?.endpoints).toMatchObject([
      { conditions: { ready: false, serving: false, terminating: false } },
    ]);
    await platform.client.delete(PODS, { namespace, name: 'web' });
    await eventually(
      () => slicesOf(platform, 'web'),
      (found) => found.every(({ endpoints }) => (endpoints ?? []).length === 0),
    );
  });

  it('removes slices and Endpoints with the Service', async () => {
    await using platform = await startTestPlatform();
    await createService(platform, 'web', { selector: { app: 'web' }, ports: [{ port: 8080 }] });
    await platform.client.create(PODS, podOf('web', { containers: [web] }));
    await eventually(
      () => slicesOf(platform, 'web'),
      (found) => ready(found) === 1,
    );
    await platform.client.delete(SERVICES, { namespace, name: 'web' });
    await eventually(
      () => slicesOf(platform, 'web'),
      (found) => found.length === 0,
    );
    await eventually(
      () => platform.client.find(ENDPOINTS, { namespace, name: 'web' }),
      (found) => found === undefined,
    );
    expect(platform.node.resolve('web.default', 8080)).toBeUndefined();
  });

  it('leaves a Service without selector to whoever writes its slices', async () => {
    await using platform = await startTestPlatform();
    await createService(platform, 'outside', { ports: [{ port: 8083 }] });
    await platform.client.create(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'outside-1',
        namespace,
        labels: { 'kubernetes.io/service-name': 'outside' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'] }],
      ports: [{ name: '', port: 9999 }],
    });
    await eventually(
      () => platform.node.resolve('outside.default', 8083),
      (found) => found?.port === 9999,
    );
    expect(platform.node.resolve('outside', 8083, 'default')).toEqual({
      host: '127.0.0.1',
      port: 9999,
    });
  });
});

const bare = ({ metadata, ...rest }: Service): Service => ({
  ...rest,
  metadata: { name: metadata.name, namespace },
});

describe('mirrored endpoints', () => {
  it('mirrors Endpoints kept by hand into slices', async () => {
    await using test = await startTestControllers();
    await test.client.create(SERVICES, bare(serviceOf('outside', { ports: [{ port: 80 }] })));
    await test.client.create(ENDPOINTS, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'outside', namespace },
      subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 8080 }] }],
    });
    const slices = async (): Promise<EndpointSlice[]> =>
      (await test.client.list(ENDPOINT_SLICES, { namespace })).items;
    const [slice] = await until(slices, (found) => found.length === 1);
    expect(slice).toMatchObject({
      metadata: {
        labels: {
          'kubernetes.io/service-name': 'outside',
          'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Endpoints', name: 'outside' }],
      },
      endpoints: [{ addresses: ['192.0.2.7'], conditions: { ready: true } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
    await test.client.delete(ENDPOINTS, { namespace, name: 'outside' });
    await until(slices, (found) => found.length === 0);
  });
});

describe('endpointSlices', () => {
  const podWith = (name: string, port: number, status: Pod['status']): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: name },
    spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }] },
    status: {
      podIP: `127.1.0.${port % 100}`,
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      ...status,
    },
  });
  const service = serviceOf('s', {
    selector: { a: 'b' },
    ports: [{ port: 80, targetPort: 'http' }],
  });

  it('makes one slice for each set of target ports', () => {
    const slices = endpointSlices(service, [
      podWith('a', 8001, {}),
      podWith('b', 8002, {}),
      podWith('c', 8001, {}),
    ]);
    expect(slices.map(({ ports, endpoints }) => [ports?.[0]?.port, endpoints?.length])).toEqual([
      [8001, 2],
      [8002, 1],
    ]);
    expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  /** https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#distribution-of-endpointslices */
  it('puts at most a hundred endpoints into a slice, and new ones into the last', () => {
    const pods = Array.from({ length: 250 }, (_, index) => {
      const pod = podWith(`p${String(index).padStart(3, '0')}`, 8001, {});
      pod.metadata.creationTimestamp = '2026-01-01T00:00:00Z';
      return pod;
    });
    const slices = endpointSlices(service, pods);
    expect(slices.map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50]);
    expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(3);
    const fresh = podWith('a-new-one', 8001, {});
    fresh.metadata.creationTimestamp = '2026-01-01T00:00:01Z';
    const grown = endpointSlices(service, [...pods, fresh]);
    expect(grown.slice(0, 2)).toEqual(slices.slice(0, 2));
    expect(grown[2]?.endpoints).toHaveLength(51);
  });

  it('leaves out finished pods and pods without an address, and keeps terminating ones as not ready', () => {
    const leaving = podWith('leaving', 8001, {});
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    const slices = endpointSlices(service, [
      podWith('done', 8001, { phase: 'Succeeded' }),
      podWith('new', 8001, { podIP: '' }),
      leaving,
    ]);
    expect(
      slices.flatMap(({ endpoints }) => endpoints ?? []).map(({ conditions }) => conditions),
    ).toEqual([{ ready: false, serving: true, terminating: true }]);
  });
});
