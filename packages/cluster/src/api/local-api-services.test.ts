import { systemClock } from '@kagent/kube';
import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';
import { followGroupVersions } from './local-api-services.ts';

const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.demo.dev' },
  spec: {
    group: 'demo.dev',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
    ],
  },
};

async function names(api: TestApi): Promise<string[]> {
  const { body } = await api.call('GET', SERVICES);
  return (body as { items: { metadata: { name: string } }[] }).items.map(
    ({ metadata }) => metadata.name,
  );
}

function follow({ storage, server }: TestApi): () => void {
  let ids = 0;
  const randomId = () => `id-${(ids += 1)}`;
  return followGroupVersions({ storage, registry: server.registry, clock: systemClock, randomId });
}

describe('api/local-api-services', () => {
  test('lists every group version as available', async () => {
    using api = await createTestApi();
    const stop = follow(api);
    expect(await names(api)).toEqual(
      expect.arrayContaining(['v1.', 'v1.apps', 'v2.autoscaling', 'v1.autoscaling']),
    );
    expect((await api.call('GET', `${SERVICES}/v1.apps`)).body).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: { group: 'apps', version: 'v1' },
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] },
    });
    stop();
  });

  test('follows CRDs and leaves the APIServices of people alone', async () => {
    using api = await createTestApi();
    const stop = follow(api);
    const own = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.other.dev' },
      spec: {
        group: 'other.dev',
        version: 'v1',
        groupPriorityMinimum: 1,
        versionPriority: 1,
        service: { name: 's', namespace: 'default' },
      },
    };
    expect(await api.call('POST', SERVICES, { body: own })).toMatchObject({
      status: 201,
      body: { status: { conditions: [{ status: 'False', reason: 'AggregationNotSupported' }] } },
    });
    await api.call('POST', CRDS, { body: CRD });
    expect(await names(api)).toEqual(expect.arrayContaining(['v1.demo.dev', 'v1.other.dev']));
    await api.call('DELETE', `${CRDS}/widgets.demo.dev`);
    expect(await names(api)).not.toContain('v1.demo.dev');
    expect(await names(api)).toContain('v1.other.dev');
    stop();
  });
});
