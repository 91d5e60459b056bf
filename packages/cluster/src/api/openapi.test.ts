import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { ProtobufReader } from '../builtin/protobuf-reader.ts';
import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const V2 = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.demo.dev' },
  spec: {
    group: 'demo.dev',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', description: 'How big.', minimum: 1, default: 2 },
                  port: {
                    'x-kubernetes-int-or-string': true,
                    anyOf: [{ type: 'integer' }, { type: 'string' }],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Field number → values of wire type 2; numbers are passed over. */
function fields(bytes: Uint8Array): Map<number, Buffer[]> {
  const reader = new ProtobufReader(bytes);
  const found = new Map<number, Buffer[]>();
  while (!reader.isAtEnd) {
    const { number, wire } = reader.tag();
    if (wire === 2) found.set(number, [...(found.get(number) ?? []), reader.bytes()]);
    else reader.skip(wire);
  }
  return found;
}

function texts(bytes: Uint8Array, field: number): string[] {
  return (fields(bytes).get(field) ?? []).map((value) => value.toString('utf8'));
}

/** {1 name, 2 value} messages of a field. */
function named(bytes: Uint8Array | undefined, field: number): Map<string, Buffer> {
  const entries = bytes === undefined ? [] : (fields(bytes).get(field) ?? []);
  return new Map(
    entries.map((entry) => [
      texts(entry, 1)[0] ?? '',
      fields(entry).get(2)?.[0] ?? Buffer.alloc(0),
    ]),
  );
}

/** Merges the repeated `paths` and `definitions` of a document as protobuf readers do. */
function merged(bytes: Uint8Array, field: number, inner: number): Map<string, Buffer> {
  const parts = fields(bytes).get(field) ?? [];
  return new Map(parts.flatMap((part) => [...named(part, inner)]));
}

async function v2(api: TestApi): Promise<Buffer> {
  const response = await api.open('GET', '/openapi/v2', { headers: { accept: V2 } });
  if (response.kind !== 'bytes') throw new Error(`answered with ${response.kind}`);
  return Buffer.from(response.body);
}

/** gnostic OpenAPIv2.proto, message Document and below. */
describe('api/openapi v2', () => {
  test('writes built-in kinds and paths as gnostic protobuf', async () => {
    using api = await createTestApi();
    const document = await v2(api);
    expect(texts(document, 1)).toEqual(['2.0']);
    expect(texts(fields(document).get(2)?.[0] ?? Buffer.alloc(0), 1)).toEqual(['Kubernetes']);
    const definitions = merged(document, 9, 1);
    const deployment = definitions.get('io.k8s.api.apps.v1.Deployment') ?? Buffer.alloc(0);
    const extensions = named(deployment, 31);
    expect(
      JSON.parse(texts(extensions.get('x-kubernetes-group-version-kind') ?? document, 2)[0] ?? ''),
    ).toEqual([{ group: 'apps', kind: 'Deployment', version: 'v1' }]);
    const podSpec = definitions.get('io.k8s.api.core.v1.PodSpec') ?? Buffer.alloc(0);
    expect(texts(podSpec, 19)).toEqual(['containers']);
    const properties = named(fields(podSpec).get(25)?.[0], 1);
    const containers = properties.get('containers') ?? Buffer.alloc(0);
    expect([...named(containers, 31).keys()].toSorted()).toEqual([
      'x-kubernetes-list-map-keys',
      'x-kubernetes-list-type',
      'x-kubernetes-patch-merge-key',
      'x-kubernetes-patch-strategy',
    ]);
    // A reference keeps its siblings.
    const securityContext = properties.get('securityContext') ?? Buffer.alloc(0);
    expect(texts(securityContext, 1)).toEqual([
      '#/definitions/io.k8s.api.core.v1.PodSecurityContext',
    ]);
    expect(texts(securityContext, 4)).toHaveLength(1);
    const item = merged(document, 8, 2).get(
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}',
    );
    const patch = fields(item ?? Buffer.alloc(0)).get(8)?.[0] ?? Buffer.alloc(0);
    expect(texts(patch, 7)).toContain('application/strategic-merge-patch+json');
    expect(fields(patch).get(8)?.length).toBeGreaterThan(3);
    expect([...named(patch, 13).keys()]).toContain('x-kubernetes-group-version-kind');
  });

  test('has every definition once and no reference without one', async () => {
    using api = await createTestApi();
    const names = (fields(await v2(api)).get(9) ?? []).flatMap((part) =>
      (fields(part).get(1) ?? []).map((entry) => texts(entry, 1)[0]),
    );
    expect(new Set(names).size).toBe(names.length);
    const { body } = await api.call('GET', '/openapi/v2', {
      headers: { accept: 'application/json' },
    });
    const text = JSON.stringify(body);
    const references = text.matchAll(/"#\/definitions\/([^"]+)"/g).map(([, name]) => name);
    expect([...new Set(references)].filter((name) => !names.includes(name))).toEqual([]);
    expect(text).not.toContain('#/components');
  });

  test('has a CRD as soon as it is there and no longer than that', async () => {
    using api = await createTestApi();
    const name = 'dev.demo.v1.Widget';
    await v2(api);
    await api.call('POST', CRDS, { body: CRD });
    const widget = merged(await v2(api), 9, 1).get(name) ?? Buffer.alloc(0);
    const spec = named(fields(widget).get(25)?.[0], 1).get('spec') ?? Buffer.alloc(0);
    expect(texts(spec, 19)).toEqual(['size']);
    const size = named(fields(spec).get(25)?.[0], 1).get('size') ?? Buffer.alloc(0);
    expect(texts(size, 4)).toEqual(['How big.']);
    expect(texts(fields(size).get(5)?.[0] ?? Buffer.alloc(0), 2)).toEqual(['2']);
    await api.call('DELETE', `${CRDS}/widgets.demo.dev`);
    expect(merged(await v2(api), 9, 1).has(name)).toBe(false);
  });

  test('negotiates form, compression and freshness', async () => {
    using api = await createTestApi();
    const headers = { accept: `${V2},application/json`, 'accept-encoding': 'gzip' };
    const packed = await api.open('GET', '/openapi/v2', { headers });
    expect(packed).toMatchObject({
      kind: 'bytes',
      status: 200,
      headers: {
        'content-type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
        'content-encoding': 'gzip',
      },
    });
    const body = packed.kind === 'bytes' ? packed.body : new Uint8Array();
    expect(gunzipSync(body).equals(await v2(api))).toBe(true);
    const etag = String(packed.headers['etag']);
    const again = await api.open('GET', '/openapi/v2', {
      headers: { ...headers, 'if-none-match': etag },
    });
    expect(again).toMatchObject({ status: 304, body: '' });
    expect(
      await api.open('GET', '/openapi/v2', { headers: { accept: 'text/html' } }),
    ).toMatchObject({ status: 406, body: '' });
    expect(
      await api.open('GET', '/openapi/v2', {
        headers: { accept: 'application/json', 'if-none-match': etag },
      }),
    ).toMatchObject({ kind: 'json', status: 200, body: { swagger: '2.0' } });
  });
});

describe('api/openapi v3', () => {
  test('compresses documents, pins them by hash and knows what the client has', async () => {
    using api = await createTestApi();
    const { body } = await api.call('GET', '/openapi/v3');
    const { paths } = body as { paths: Record<string, { serverRelativeURL: string }> };
    const url = paths['apis/batch/v1']?.serverRelativeURL ?? '';
    const packed = await api.open('GET', url, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(packed).toMatchObject({
      kind: 'bytes',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'cache-control': 'public, immutable, max-age=31536000',
      },
    });
    const plain = await api.call('GET', url);
    const bytes = packed.kind === 'bytes' ? packed.body : new Uint8Array();
    expect(JSON.parse(gunzipSync(bytes).toString('utf8'))).toEqual(plain.body);
    const etag = `W/${String(packed.headers['etag'])}`;
    expect(
      await api.open('GET', url, { headers: { 'if-none-match': `"other", ${etag}` } }),
    ).toMatchObject({ status: 304 });
    const unpinned = await api.call('GET', url.replace(/\?.*/, ''));
    expect(unpinned.headers['cache-control']).toBe('no-cache, private');
  });

  test.each([
    ['io.k8s.api.core.v1.Pod', 'metadata'],
    ['io.k8s.api.core.v1.PodSpec', 'hostAliases'],
    ['io.k8s.api.core.v1.Container', 'resources'],
    ['io.k8s.api.core.v1.Probe', 'timeoutSeconds'],
    ['io.k8s.api.core.v1.ServiceSpec', 'externalTrafficPolicy'],
    ['io.k8s.api.core.v1.ResourceRequirements', 'claims'],
  ])('describes %s.%s', async (type, field) => {
    using api = await createTestApi();
    const { body } = await api.call('GET', '/openapi/v3/api/v1');
    const { components } = body as {
      components: {
        schemas: Record<string, { properties: Record<string, { description: string }> }>;
      };
    };
    expect(components.schemas[type]?.properties[field]?.description).toMatch(/^[A-Z].{5,}\.$/s);
  });

  test('describes nine of ten fields of what people explain most', async () => {
    using api = await createTestApi();
    const read = async (path: string) =>
      (
        (await api.call('GET', path)).body as {
          components: {
            schemas: Record<string, { properties?: Record<string, { description?: string }> }>;
          };
        }
      ).components.schemas;
    const schemas = {
      ...(await read('/openapi/v3/api/v1')),
      ...(await read('/openapi/v3/apis/apps/v1')),
    };
    const types = [
      'PodSpec',
      'Container',
      'ServiceSpec',
      'DeploymentSpec',
      'StatefulSetSpec',
      'ObjectMeta',
    ];
    const all = Object.entries(schemas)
      .filter(([name]) => types.includes(name.split('.').at(-1) ?? ''))
      .flatMap(([, { properties = {} }]) => Object.values(properties));
    const described = all.filter(({ description }) => description !== undefined);
    expect(described.length / all.length).toBeGreaterThan(0.9);
  });
});
