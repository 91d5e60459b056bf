/** What apiextensions-apiserver's integration tests ask of custom resources, each case named after the test it follows. */
import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FOOS = '/apis/demo.dev/v1/namespaces/default/foos';

interface Shape {
  plural?: string;
  group?: string;
  names?: object;
  properties?: object;
  version?: object;
  versions?: object[];
  annotations?: Record<string, string>;
  conversion?: object;
}

function version(name: string, properties: object, extra: object = {}): object {
  const openAPIV3Schema = { type: 'object', properties };
  return { name, served: true, storage: name === 'v1', schema: { openAPIV3Schema }, ...extra };
}

function crd(shape: Shape = {}): object {
  const { plural = 'foos', group = 'demo.dev', properties = {}, conversion } = shape;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: shape.annotations },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind: 'Foo', ...shape.names },
      versions: shape.versions ?? [version('v1', properties, shape.version)],
      ...(conversion && { conversion }),
    },
  };
}

const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };

const foo = (fields: object = {}, name = 'one'): object => ({
  apiVersion: 'demo.dev/v1',
  kind: 'Foo',
  metadata: { name },
  ...fields,
});

async function withCrd(shape: Shape = {}): Promise<TestApi> {
  const api = await createTestApi();
  expect((await api.call('POST', CRDS, { body: crd(shape) })).status).toBe(201);
  return api;
}

async function conditionOf(shape: Shape, type: string): Promise<unknown> {
  using api = await withCrd(shape);
  const { plural = 'foos', group = 'demo.dev' } = shape;
  const { body } = await api.call('GET', `${CRDS}/${plural}.${group}`);
  const { conditions } = (body as { status: { conditions: { type: string }[] } }).status;
  return conditions.find((condition) => condition.type === type);
}

describe('api/crd conformance', () => {
  describe('conditions', () => {
    const approval = 'api-approved.kubernetes.io';
    const type = 'KubernetesAPIApprovalPolicyConformant';
    test.each<[string, string, Record<string, string>, object]>([
      [
        'a URL',
        'demo.k8s.io',
        { [approval]: 'https://github.com/kubernetes/kubernetes/pull/79724' },
        { status: 'True', reason: 'ApprovedAnnotation' },
      ],
      [
        'an exception',
        'demo.k8s.io',
        { [approval]: 'unapproved, experimental' },
        { status: 'False', reason: 'UnapprovedAnnotation' },
      ],
    ])('TestAPIApproval: %s', async (_what, group, annotations, expected) => {
      const found = await conditionOf({ group, annotations }, type);
      expect(found ?? {}).toMatchObject(expected);
    });

    test('TestAPIApproval: not for other groups', async () => {
      expect(await conditionOf({ group: 'demo.dev' }, type)).toBeUndefined();
    });

    test('TestInvalidCABundle: a conversion webhook nobody can trust', async () => {
      const caBundle = Buffer.from('no certificate').toString('base64');
      const service = { namespace: 'default', name: 'converter' };
      const webhook = { clientConfig: { caBundle, service }, conversionReviewVersions: ['v1'] };
      const found = await conditionOf(
        { conversion: { strategy: 'Webhook', webhook } },
        'Established',
      );
      expect(found).toMatchObject({ status: 'False', reason: 'InvalidCABundle' });
    });

    test('TestNameConflict: a name is free when the CRD that had it is gone', async () => {
      using api = await withCrd({ names: { shortNames: ['f'] } });
      const second = crd({ plural: 'bars', names: { kind: 'Bar', shortNames: ['f'] } });
      await api.call('POST', CRDS, { body: second });
      const accepted = async (): Promise<unknown> => {
        const { body } = await api.call('GET', `${CRDS}/bars.demo.dev`);
        return (body as { status: { conditions: { status: string }[] } }).status.conditions.map(
          ({ status }) => status,
        );
      };
      expect(await accepted()).toEqual(['False', 'False']);
      await api.call('DELETE', `${CRDS}/foos.demo.dev`);
      expect(await accepted()).toEqual(['True', 'True']);
      expect((await api.call('GET', FOOS.replace('foos', 'bars'))).status).toBe(200);
    });
  });

  test('TestChangeCRD: watches end when the CRD changes', async () => {
    using api = await withCrd();
    const watching = await api.open('GET', `${FOOS}?watch=true&resourceVersion=1`);
    if (watching.kind !== 'watch') throw new Error(watching.kind);
    const changed = { spec: { names: { shortNames: ['changed'] } } };
    await api.call('PATCH', `${CRDS}/foos.demo.dev`, {
      body: changed,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    let frames = 0;
    for await (const _ of watching.frames) frames += 1;
    expect(frames).toBe(0);
  });

  test.each<[string, object, string | undefined]>([
    ['with its own text', { deprecated: true, deprecationWarning: 'move on' }, 'move on'],
    [
      'with a better version',
      { deprecated: true },
      'demo.dev/v1beta1 Foo is deprecated; use demo.dev/v1 Foo',
    ],
    ['not at all', {}, undefined],
  ])('TestCustomResourceDeprecation: %s', async (_what, extra, text) => {
    using api = await withCrd({ versions: [version('v1', {}), version('v1beta1', {}, extra)] });
    const { headers } = await api.call('GET', FOOS.replace('v1', 'v1beta1'));
    expect(headers['warning']).toEqual(
      text === undefined ? undefined : [`299 - ${JSON.stringify(text)}`],
    );
  });

  test.each<[string, object, string]>([
    [
      'specReplicasPath',
      { specReplicasPath: 'replicas' },
      'must be a simple json path starting with .',
    ],
    ['specReplicasPath', { specReplicasPath: '.status.n' }, 'should be a json path under .spec'],
    [
      'statusReplicasPath',
      { statusReplicasPath: '.spec.n' },
      'should be a json path under .status',
    ],
    [
      'labelSelectorPath',
      { labelSelectorPath: '.metadata.n' },
      'should be a json path under either .spec or .status',
    ],
  ])('TestScaleSubresource: %s', async (field, paths, text) => {
    using api = await createTestApi();
    const scale = { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n', ...paths };
    const { status, body } = await api.call('POST', CRDS, {
      body: crd({ version: { subresources: { scale } } }),
    });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain(text);
    expect(JSON.stringify(body)).toContain(`spec.subresources.scale.${field}`);
  });

  test.each<[string, string, number]>([
    ['POST', '/apis/demo.dev/v1/foos', 404],
    ['DELETE', '/apis/demo.dev/v1/foos', 404],
    ['GET', '/apis/demo.dev/v1/foos', 200],
    ['POST', '/api/v1/pods', 405],
  ])('TestHandlerScope: %s %s is %i', async (method, path, status) => {
    using api = await withCrd();
    const options = method === 'POST' ? { body: foo() } : {};
    expect((await api.open(method, path, options)).status).toBe(status);
  });

  test('TestSubresourcesDiscovery: status comes before scale', async () => {
    const scale = { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' };
    using api = await withCrd({ version: { subresources: { scale, status: {} } } });
    const { body } = await api.call('GET', '/apis/demo.dev/v1');
    const names = (body as { resources: { name: string }[] }).resources.map(({ name }) => name);
    expect(names).toEqual(['foos', 'foos/status', 'foos/scale']);
  });

  test('TestTableGet: a column without a description says where it looks', async () => {
    const column = { name: 'N', type: 'string', jsonPath: '.spec.n' };
    using api = await withCrd({ version: { additionalPrinterColumns: [column] } });
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await api.call('GET', FOOS, { headers: { accept } });
    const { columnDefinitions } = body as { columnDefinitions: { description: string }[] };
    expect(columnDefinitions.at(-1)?.description).toBe(
      'Custom resource definition column (in JSONPath format): .spec.n',
    );
  });

  test('TestForProperValidationErrors: another kind', async () => {
    using api = await withCrd();
    const { status, body } = await api.call('POST', FOOS, { body: { ...foo(), kind: 'Bar' } });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      message: 'Bar.demo.dev "one" is invalid: kind: Invalid value: "Bar": must be Foo',
    });
  });

  test('TestValidateOnlyStatus: the texts begin inside the status', async () => {
    const number = { type: 'integer', maximum: 10 };
    const status = { type: 'object', properties: { num: number } };
    using api = await withCrd({
      properties: { status },
      version: { subresources: { status: {} } },
    });
    await api.call('POST', FOOS, { body: foo() });
    const { body } = await api.call('PATCH', `${FOOS}/one/status`, {
      body: { status: { num: 15 } },
      ...MERGE,
    });
    expect(body).toMatchObject({
      message:
        'Foo.demo.dev "one" is invalid: status.num: Invalid value: 15: num in body should be less than or equal to 10',
    });
  });

  test('TestListTypes: lists are not judged again once the stored object repeats items', async () => {
    const list = (keys: string[]): object => ({
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': keys,
        items: {
          type: 'object',
          required: ['a', 'b'],
          properties: { a: { type: 'integer' }, b: { type: 'integer' } },
        },
      },
    });
    using api = await withCrd({ properties: list(['a', 'b']) });
    const stored = [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ];
    await api.call('POST', FOOS, { body: foo({ list: stored }) });
    const repeated = { body: { list: [...stored, { a: 1, b: 1 }] }, ...MERGE };
    expect((await api.call('PATCH', `${FOOS}/one`, repeated)).status).toBe(422);
    const { body: current } = await api.call('GET', `${CRDS}/foos.demo.dev`);
    const { metadata } = current as { metadata: object };
    const changed = { ...crd({ properties: list(['a']) }), metadata };
    expect((await api.call('PUT', `${CRDS}/foos.demo.dev`, { body: changed })).status).toBe(200);
    expect((await api.call('PATCH', `${FOOS}/one`, repeated)).status).toBe(200);
  });

  test.each<[string, object, string]>([
    ['kind', { kind: '%' }, 'part.kind: Invalid value: \\"%\\": may have mixed case'],
    [
      'name',
      { metadata: { name: '..' } },
      'part.metadata.name: Invalid value: \\"..\\": may not be',
    ],
    [
      'label',
      { metadata: { labels: { a: 'x y' } } },
      'part.metadata.labels: Invalid value: \\"x y\\"',
    ],
    ['group', { apiVersion: 'a/b/c' }, 'part.apiVersion: Invalid value: \\"a/b/c\\": unexpected'],
  ])('TestEmbeddedResources: %s', async (_what, fields, text) => {
    const part = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    };
    using api = await withCrd({ properties: { part } });
    const embedded = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, ...fields };
    const { status, body } = await api.call('POST', FOOS, { body: foo({ part: embedded }) });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain(text);
  });

  test('TestFieldSelectorOpenAPI: selectable fields are published', async () => {
    const spec = { type: 'object', properties: { color: { type: 'string' } } };
    const selectableFields = [{ jsonPath: '.spec.color' }];
    using api = await withCrd({ properties: { spec }, version: { selectableFields } });
    const { body } = await api.call('GET', '/openapi/v3/apis/demo.dev/v1');
    expect(JSON.stringify(body)).toContain(
      '"x-kubernetes-selectable-fields":[{"fieldPath":"spec.color"}]',
    );
  });

  test('TestRatchetingFunctionality: what is looked for costs, not the text it may be in', async () => {
    const rule = { rule: "self.startsWith('k8s')" };
    const text = { type: 'string', 'x-kubernetes-validations': [rule] };
    const item = { type: 'object', properties: { text } };
    const map = { type: 'object', additionalProperties: item };
    using api = await createTestApi();
    const { status } = await api.call('POST', CRDS, { body: crd({ properties: { map } }) });
    expect(status).toBe(201);
  });
});
