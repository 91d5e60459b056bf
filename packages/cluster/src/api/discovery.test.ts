import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

interface Group {
  metadata: { name: string };
  versions: {
    version: string;
    resources: { resource: string; verbs: string[]; subresources?: { subresource: string }[] }[];
  }[];
}

describe('api/discovery', () => {
  test('tells its version and health', async () => {
    using api = await createTestApi();
    expect((await api.call('GET', '/version')).body).toMatchObject({
      major: '1',
      minor: '35',
      gitVersion: 'v1.35.2-kagent',
    });
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/ping']) {
      expect(await api.open('GET', path)).toMatchObject({ kind: 'text', status: 200, body: 'ok' });
    }
    const nothing = { kind: 'text', status: 404, body: '404 page not found\n' };
    expect(await api.open('GET', '/nothing')).toMatchObject(nothing);
    expect((await api.call('POST', '/version')).status).toBe(405);
  });

  test('answers the old form', async () => {
    using api = await createTestApi();
    expect((await api.call('GET', '/api')).body).toMatchObject({
      kind: 'APIVersions',
      versions: ['v1'],
    });
    expect((await api.call('GET', '/apis')).body).toMatchObject({
      kind: 'APIGroupList',
      groups: expect.arrayContaining([expect.objectContaining({ name: 'apps' })]),
    });
    const core = (await api.call('GET', '/api/v1')).body as {
      resources: { name: string; kind: string; group?: string }[];
    };
    expect(core.resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'pods',
        'pods/log',
        'pods/status',
        'pods/eviction',
        'namespaces/finalize',
        'serviceaccounts/token',
      ]),
    );
    const apps = (await api.call('GET', '/apis/apps/v1')).body as {
      resources: { name: string; kind: string; group?: string }[];
    };
    expect(apps.resources).toContainEqual(
      expect.objectContaining({
        name: 'deployments/scale',
        kind: 'Scale',
        group: 'autoscaling',
        version: 'v1',
      }),
    );
    expect((await api.open('GET', '/apis/nope')).status).toBe(404);
    expect((await api.call('GET', '/apis/apps/v7')).status).toBe(404);
  });

  test('answers in one document, with an ETag', async () => {
    using api = await createTestApi();
    const headers = { accept: AGGREGATED };
    const response = await api.call('GET', '/apis', { headers });
    expect(response.headers['content-type']).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    );
    const { items } = response.body as { items: Group[] };
    const apps = items.find(({ metadata }) => metadata.name === 'apps')?.versions[0];
    const deployments = apps?.resources.find(({ resource }) => resource === 'deployments');
    expect(deployments).toMatchObject({
      responseKind: { group: '', version: '', kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
      shortNames: ['deploy'],
      categories: ['all'],
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    });
    const core = (await api.call('GET', '/api', { headers })).body as { items: Group[] };
    expect(core.items.map(({ metadata }) => metadata)).toEqual([{}]);
    const etag = String(response.headers['etag']);
    const again = await api.open('GET', '/apis', {
      headers: { ...headers, 'if-none-match': etag },
    });
    expect(again).toMatchObject({ status: 304, body: '' });
    const beta = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';
    const old = await api.call('GET', '/apis', { headers: { accept: beta } });
    expect(old.status).toBe(406);
    const either = await api.call('GET', '/apis', { headers: { accept: `${beta},${AGGREGATED}` } });
    expect(either.body).toMatchObject({ apiVersion: 'apidiscovery.k8s.io/v2' });
  });

  test('publishes OpenAPI with what kubectl reads in it', async () => {
    using api = await createTestApi();
    const index = (await api.call('GET', '/openapi/v3')).body as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const url = index.paths['apis/apps/v1']?.serverRelativeURL ?? '';
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
    const response = await api.call('GET', url);
    expect(response.headers['cache-control']).toContain('immutable');
    const { paths } = response.body as {
      paths: Record<
        string,
        { patch?: { parameters: { name: string }[]; requestBody: { content: object } } }
      >;
    };
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch;
    expect(patch).toMatchObject({
      'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'Deployment' },
    });
    expect(patch?.parameters.map(({ name }) => name)).toContain('fieldValidation');
    expect(Object.keys(patch?.requestBody.content ?? {})).toEqual(
      expect.arrayContaining([
        'application/apply-patch+yaml',
        'application/json-patch+json',
        'application/merge-patch+json',
        'application/strategic-merge-patch+json',
      ]),
    );
    const etag = String(response.headers['etag']);
    expect(await api.open('GET', url, { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
    });
    expect(await api.call('GET', '/openapi/v2')).toMatchObject({
      status: 200,
      body: { paths: {} },
    });
    expect((await api.open('GET', '/openapi/v3/apis/nope/v1')).status).toBe(404);
  });

  /** Hashes are those every Kubernetes cluster gives: they depend on group, version and kind of the stored form only. */
  test.each([
    [
      '/api/v1',
      'pods',
      { storageVersionHash: 'xPOwRZ+Yhw8=', shortNames: ['po'], categories: ['all'] },
    ],
    ['/api/v1', 'events', { storageVersionHash: 'r2yiGXH7wu8=' }],
    ['/apis/events.k8s.io/v1', 'events', { storageVersionHash: 'r2yiGXH7wu8=' }],
    [
      '/apis/apps/v1',
      'deployments',
      { storageVersionHash: '8aSe+NMegvE=', singularName: 'deployment' },
    ],
    ['/apis/autoscaling/v1', 'horizontalpodautoscalers', { storageVersionHash: 'qwQve8ut294=' }],
    [
      '/api/v1',
      'pods/exec',
      { kind: 'PodExecOptions', verbs: ['create', 'get'], singularName: '' },
    ],
    ['/api/v1', 'pods/eviction', { kind: 'Eviction', group: 'policy', version: 'v1' }],
    ['/api/v1', 'serviceaccounts/token', { kind: 'TokenRequest', group: 'authentication.k8s.io' }],
    ['/api/v1', 'namespaces', { verbs: expect.not.arrayContaining(['deletecollection']) }],
    [
      '/apis/certificates.k8s.io/v1',
      'certificatesigningrequests/approval',
      { kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] },
    ],
  ])('%s lists %s', async (path, name, expected) => {
    using api = await createTestApi();
    const { resources } = (await api.call('GET', path)).body as { resources: { name: string }[] };
    expect(resources.find((resource) => resource.name === name)).toMatchObject(expected);
    const own = resources.map((resource) => resource.name).filter((item) => !item.includes('/'));
    expect(own).toEqual(own.toSorted());
  });

  test('puts built-in groups in the order of kube-apiserver, the newest version first', async () => {
    using api = await createTestApi();
    const { groups } = (await api.call('GET', '/apis')).body as {
      groups: { name: string; preferredVersion: { version: string }; versions: object[] }[];
    };
    expect(groups.slice(0, 4).map(({ name }) => name)).toEqual([
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
    ]);
    expect(groups.find(({ name }) => name === 'autoscaling')).toMatchObject({
      preferredVersion: { version: 'v2' },
      versions: [{ version: 'v2' }, { version: 'v1' }],
    });
  });
});
